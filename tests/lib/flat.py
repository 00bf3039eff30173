#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""What processes take of memory, and whether that is flat.

    flat.py sample ROLE=PID...

A line for each: role, seconds since boot, KB of Rss, Pss and Private_Dirty, open files, threads.

    flat.py judge FILE SHARE [ROLE:BESIDE...]

FILE has such lines. The time is cut into three; a ROLE is flat when the median of what its
processes have written (Private_Dirty, of all that have that role together) is in the last third not above the
second third's by more than SHARE percent; where BESIDE is not empty, less what that role grew, which has the same load
without. Nor may it have more open files or threads. Ends with 1 if one is not flat."""
import collections
import os
import statistics
import sys
import time

MORE = 6  # files and threads of a process that come and go: GlusterFS's own pools follow the load


def sample(pairs):
    at = time.clock_gettime(time.CLOCK_BOOTTIME)
    for pair in pairs:
        role, pid = pair.split('=')
        kept = {}
        try:
            for line in open('/proc/%s/smaps_rollup' % pid):
                word, _, rest = line.partition(':')
                if rest.endswith('kB\n'):
                    kept[word] = int(rest.split()[0])
            print(role, '%.1f' % at, kept['Rss'], kept['Pss'], kept['Private_Dirty'],
                  len(os.listdir('/proc/%s/fd' % pid)), len(os.listdir('/proc/%s/task' % pid)))
        except (OSError, KeyError) as error:
            print('gone', '%.1f' % at, pair, error)


def read(file):
    """{role: [(time, numbers of all its processes added up, and how many these are)]}"""
    roles = collections.defaultdict(lambda: collections.defaultdict(list))
    for line in open(file):
        role, at, *rest = line.split()
        if role == 'gone':
            sys.exit('a process is gone: %s' % line.rstrip())
        roles[role][float(at)].append([int(n) for n in rest])
    return {role: sorted((at, [sum(column) for column in zip(*rows)] + [len(rows)])
                         for at, rows in times.items())
            for role, times in roles.items()}


def thirds(samples):
    begin, end = samples[0][0], samples[-1][0]
    step = (end - begin) / 3
    return [[row for at, row in samples if begin + n * step <= at <= begin + (n + 1) * step]
            for n in range(3)]


def judge(file, share, *pairs):
    roles, flat = read(file), True

    def dirty(role):
        return [statistics.median(row[2] for row in third) for third in thirds(roles[role])]

    for pair in pairs:
        role, _, beside = pair.partition(':')
        kept = dirty(role)
        grew = kept[2] - kept[1]
        others = max(0, dirty(beside)[2] - dirty(beside)[1]) if beside else 0
        parts = thirds(roles[role])
        text = ['%s: KB written to in each third %s, growth of the last %d' % (
            role, ' '.join('%d' % k for k in kept), grew)]
        if beside:
            text.append('(beside it %s, %d)' % (' '.join('%d' % k for k in dirty(beside)), others))
        is_flat = grew - others <= kept[1] * float(share) / 100
        for n, what in ((3, 'open files'), (4, 'threads')):
            most = [max(row[n] for row in part) for part in parts]
            text.append('; at most %s %s' % (' '.join(map(str, most)), what))
            is_flat = is_flat and most[2] <= most[1] + MORE * parts[2][0][5]
        print(' '.join(text) + ('' if is_flat else ': NOT FLAT'))
        flat = flat and is_flat
    sys.exit(not flat)


if sys.argv[1] == 'sample':
    sample(sys.argv[2:])
else:
    judge(*sys.argv[2:])
