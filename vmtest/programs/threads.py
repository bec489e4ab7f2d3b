# SPDX-License-Identifier: BSD-3-Clause
"""Threads that take work from a queue, wait for each other and for a clock."""
import hashlib
import os
import queue
import threading

ROUNDS = 20
THREADS = 6


class Results:
    """Hands out results in the order of their numbers."""

    def __init__(self):
        self.ready = threading.Condition()
        self.early = {}

    def put(self, number, value):
        with self.ready:
            self.early[number] = value
            self.ready.notify_all()

    def take(self, number):
        with self.ready:
            self.ready.wait_for(lambda: number in self.early)
            return self.early.pop(number)


def digest(number):
    value = b"%d" % number
    for _ in range(600):
        value = hashlib.sha256(value).digest()
    return value.hex()[:16]


def worker(todo, results, together):
    while True:
        number = todo.get()
        if number is None:
            return
        results.put(number, digest(number))
        if number % THREADS == 0:
            together.release()


def clock(over, beats):
    while not over.wait(0.002):
        beats.append(1)


def lines_of(end):
    with os.fdopen(end) as lines:
        for line in lines:
            print("through the pipe:", line.rstrip(), flush=True)


def main():
    todo = queue.Queue(maxsize=10)
    results = Results()
    together = threading.Semaphore(0)
    over, beats = threading.Event(), []
    receiving, sending = os.pipe()
    threads = [threading.Thread(target=worker, args=(todo, results, together)) for _ in range(THREADS)]
    ticking = threading.Thread(target=clock, args=(over, beats))
    printing = threading.Thread(target=lines_of, args=(receiving,))
    for thread in [*threads, ticking, printing]:
        thread.start()
    with os.fdopen(sending, "w") as sink:
        for number in range(ROUNDS):
            base = number * THREADS
            for i in range(THREADS):
                todo.put(base + i)
            together.acquire()
            print(number, *(results.take(base + i) for i in range(THREADS)), file=sink, flush=True)
    for _ in threads:
        todo.put(None)
    for thread in threads:
        thread.join()
    printing.join()
    over.set()
    ticking.join()
    print("done", bool(beats), threading.active_count())


main()
