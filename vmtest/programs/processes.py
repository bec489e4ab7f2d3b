# SPDX-License-Identifier: BSD-3-Clause
"""Processes with pipes to and from them, and memory that all of them write."""
import hashlib
import mmap
import multiprocessing
from multiprocessing.connection import wait

JOBS = 60
PROCESSES = 4


def digest(number):
    value = b"%d" % number
    for _ in range(800):
        value = hashlib.sha256(value).digest()
    return value.hex()[:16]


def worker(place, orders, answers, shared):
    """Answers orders, and counts them in its own place of the shared memory."""
    while True:
        number = orders.recv()
        if number is None:
            break
        text = digest(number)
        shared[place * 64] = (shared[place * 64] + 1) % 256
        shared[1024 + number * 16 : 1024 + number * 16 + 16] = text.encode()
        answers.send((place, number))
    answers.close()
    raise SystemExit(place + 10)


def main():
    shared = mmap.mmap(-1, 1024 + JOBS * 16)
    workers, orders, answers = [], [], []
    for place in range(PROCESSES):
        theirs, mine = multiprocessing.Pipe(duplex=False)
        back, there = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.Process(target=worker, args=(place, theirs, there, shared))
        process.start()
        theirs.close()
        there.close()
        workers.append(process)
        orders.append(mine)
        answers.append(back)
    for place in range(PROCESSES):
        orders[place].send(place)
    following, done, printed = PROCESSES, set(), 0
    while printed < JOBS:
        for ready in wait(answers):
            place, number = ready.recv()
            done.add(number)
            if following < JOBS:
                orders[place].send(following)
                following += 1
        while printed in done:
            at = 1024 + printed * 16
            print("job", printed, shared[at : at + 16].decode(), flush=True)
            printed += 1
    for order in orders:
        order.send(None)
    for process in workers:
        process.join()
    print("done", sum(shared[p * 64] for p in range(PROCESSES)), [p.exitcode for p in workers])


main()
