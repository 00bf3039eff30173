# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""storm.py [--times FILE] ROUNDS FILES [NAME=]FOLDER...: in each folder by turns, creates, writes (1,000 bytes), closes and unlinks FILES
files of names that make paths of 30 characters on the volume.

A round visits every folder once, each round in another order (turned by one, every second one backwards), so that none
always comes after the same one. Prints for each folder the median time, and of its rate the ratio to that of the
first folder in the same round: median, the interval in which that median is with 95 % (by rank), quartiles. One
round before is not counted. With ROUNDS 0: one storm, in the first folder, and nothing printed.

storm.py --join FILE FILE: of what --times wrote of two runs, the mean of a round of one and a round of the other: the ratio
of the rate to the first's, and how much more processor time than in the first a brick's process takes for each create, write,
close and unlink.
"""
import json
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


def processes(volume):
    """(kind, pid) of what serves this volume and runs now."""
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open('/proc/%s/cmdline' % pid) as file:
                words = file.read().split('\0')
        except OSError:
            continue
        name = os.path.basename(words[0])
        if name == 'glusterfsd' and any(word.startswith(volume + '.') for word in words):
            yield 'bricks', pid
        elif name == 'glusterfs' and '--volfile-id=/' + volume in words:
            yield 'mount', pid
        elif name == 'gnotifywait' and volume in words:
            yield 'reader', pid


def used(pids):
    """Seconds of processor time so far, by kind."""
    total = {}
    for kind, pid in pids:
        with open('/proc/%s/stat' % pid) as file:
            fields = file.read().rpartition(')')[2].split()
        total[kind] = total.get(kind, 0) + (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')
    return total


def used_by_bricks(pids):
    """ns of processor time so far, all threads, for a brick."""
    total, count = 0, 0
    for kind, pid in pids:
        if kind == 'bricks':
            count += 1
            for task in os.listdir('/proc/%s/task' % pid):
                try:
                    with open('/proc/%s/task/%s/schedstat' % (pid, task)) as file:
                        total += int(file.read().split()[0])
                except OSError:
                    pass
    return total / max(count, 1)


def median(values):
    values, half = sorted(values), len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2


def spread(values, form='%.3f (95%%: %.3f-%.3f; quartiles %.3f-%.3f)'):
    values, n = sorted(values), len(values)
    off = 0.98 * math.sqrt(n)
    low, high = max(0, int(n / 2 - off)), min(n - 1, math.ceil(n / 2 + off))
    return form % (
        median(values), values[low], values[high], values[n // 4], values[n * 3 // 4])


def join(names):
    runs = []
    for name in names:
        with open(name) as file:
            runs.append(json.load(file))
    first = next(iter(runs[0]))
    for name in runs[0]:
        if name == first:
            continue
        rounds = [list(zip(run[first], run[name])) for run in runs]
        print('%-10s of the rate of %s: %s' % (name, first, spread(
            [math.sqrt(a[0] / b[0] * c[0] / d[0]) for (a, b), (c, d) in zip(*rounds)])))
        print('%-10s us of a brick for each of 4 operations more than %s: %s' % (name, first, spread(
            [(b[1] - a[1] + d[1] - c[1]) / 2 for (a, b), (c, d) in zip(*rounds)],
            '%.1f (95%%: %.1f to %.1f; quartiles %.1f to %.1f)')))


def main():
    if sys.argv[1] == '--join':
        return join(sys.argv[2:])
    times = sys.argv[2] if sys.argv[1] == '--times' else None
    del sys.argv[1:3 if times else 1]
    rounds, count = int(sys.argv[1]), int(sys.argv[2])
    names, roots = zip(*[(os.path.basename(spec), spec) if '=' not in spec else spec.split('=', 1) for spec in sys.argv[3:]])
    folders = [os.path.join(root, 'a-folder-of-20-chars') for root in roots]
    for folder in folders:
        os.makedirs(folder, exist_ok=True)
    if not rounds:
        storm(folders[0], count)
        return
    took, pids = [[] for _ in folders], [list(processes(os.path.basename(root))) for root in roots]
    cost = [[] for _ in folders]  # us of a brick for an operation
    for number in range(-1, rounds):
        for i in order(number, len(folders)):
            cpu = used_by_bricks(pids[i])
            seconds = storm(folders[i], count)
            time.sleep(PAUSE)
            if number >= 0:
                took[i].append(seconds)
                cost[i].append((used_by_bricks(pids[i]) - cpu) / count / 4e3)
        if number < 0:
            before = [used(some) for some in pids]
    if times:
        with open(times, 'w') as file:
            json.dump({name: list(zip(took[i], cost[i])) for i, name in enumerate(names)}, file)
    for i, name in enumerate(names):
        line = '%-10s %.0f files/s' % (name, count / median(took[i]))
        if i:
            line += ', of the rate of %s: %s' % (names[0], spread([a / b for a, b in zip(took[0], took[i])]))
        after = used(pids[i])
        print('%s; us for a file: %s' % (line, ', '.join(
            '%s %.0f' % (kind, (after[kind] - before[i][kind]) / rounds / count * 1e6) for kind in sorted(after))), flush=True)


main()
