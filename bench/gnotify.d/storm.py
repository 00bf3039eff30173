# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""storm.py ROUNDS FILES FOLDER...: in each folder by turns, creates, writes (1,000 bytes), closes and unlinks FILES
files of names that make paths of 30 characters on the volume.

A round visits every folder once, each round in another order (turned by one, every second one backwards), so that none
always comes after the same one. Prints for each folder the median time, and of its rate the ratio to that of the
first folder in the same round: median, the interval in which that median is with 95 % (by rank), quartiles. One
round before is not counted. With ROUNDS 0: one storm, in the first folder, and nothing printed.
"""
import math
import os
import sys
import time

PAUSE = 0.03  # what a volume still does after its turn is done before the next one's


def storm(folder, count):
    """Seconds of one storm."""
    start = time.monotonic()
    for i in range(count):
        with open('%s/file%04d' % (folder, i), 'wb', buffering=0) as out:
            out.write(b'x' * 1000)
    for i in range(count):
        os.unlink('%s/file%04d' % (folder, i))
    return time.monotonic() - start


def order(number, count):
    turned = [(i + number) % count for i in range(count)]
    return turned if number // count % 2 else turned[::-1]


def median(values):
    values, half = sorted(values), len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2


def spread(values):
    values, n = sorted(values), len(values)
    off = 0.98 * math.sqrt(n)
    low, high = max(0, int(n / 2 - off)), min(n - 1, math.ceil(n / 2 + off))
    return '%.3f (95%%: %.3f-%.3f; quartiles %.3f-%.3f)' % (
        median(values), values[low], values[high], values[n // 4], values[n * 3 // 4])


def main():
    rounds, count = int(sys.argv[1]), int(sys.argv[2])
    folders = [os.path.join(root, 'a-folder-of-20-chars') for root in sys.argv[3:]]
    for folder in folders:
        os.makedirs(folder, exist_ok=True)
    if not rounds:
        storm(folders[0], count)
        return
    took = [[] for _ in folders]
    for number in range(-1, rounds):
        for i in order(number, len(folders)):
            time.sleep(PAUSE)
            seconds = storm(folders[i], count)
            if number >= 0:
                took[i].append(seconds)
    for i, root in enumerate(sys.argv[3:]):
        line = '%-12s %.0f files/s' % (os.path.basename(root), count / median(took[i]))
        if i:
            line += ', of the rate of %s: %s' % (os.path.basename(sys.argv[3]),
                                                 spread([a / b for a, b in zip(took[0], took[i])]))
        print(line, flush=True)


main()
