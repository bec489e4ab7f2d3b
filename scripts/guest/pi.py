# SPDX-License-Identifier: BSD-3-Clause
"""Prints digits of pi, one a line: pi.py COUNT SECONDS-BETWEEN."""
import sys
import time


def digits():
    """Gibbons' spigot: its state is a handful of integers that keep growing."""
    q, r, t, k, m, x = 1, 0, 1, 1, 3, 3
    while True:
        if 4 * q + r - t < m * t:
            yield m
            q, r, m = 10 * q, 10 * (r - m * t), 10 * (3 * q + r) // t - 10 * m
        else:
            q, r, t, k, m, x = (q * k, (2 * q + r) * x, t * x, k + 1,
                                (q * (7 * k + 2) + r * x) // (t * x), x + 2)


text = ""
for n, digit in enumerate(digits(), 1):
    text += str(digit)
    print(f"digit {n}: {text}", flush=True)
    if n == int(sys.argv[1]):
        break
    time.sleep(float(sys.argv[2]))
