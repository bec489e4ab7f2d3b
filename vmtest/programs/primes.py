# SPDX-License-Identifier: BSD-3-Clause
"""Primes, big integers, a generator that is suspended, and text in many scripts."""
import hashlib
import locale
import sys


def primes():
    found = []
    n = 2
    while True:
        if all(n % p for p in found if p * p <= n):
            found.append(n)
            yield n
        n += 1


def main():
    locale.setlocale(locale.LC_ALL, "")
    product = 1
    digest = hashlib.sha256()
    gen = primes()
    for i in range(1, 1201):
        product = product * next(gen) % (10**200 + 357)
        digest.update(str(product).encode())
        if i % 15 == 0:
            text = "Ελλάδα %d строка été 漢字" % i
            print(text, digest.hexdigest()[:16], locale.format_string("%d", i * 1000, grouping=True), flush=True)
    print("done", product, locale.setlocale(locale.LC_ALL))


sys.exit(main())
