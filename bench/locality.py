# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""What bench/locality measures, on a node of its pool. locality.py PAIRS"""
import os
import statistics
import subprocess
import sys
import time

from gluster.locality import iterate, program


def walk(root):
    """What is done without volext."""
    found = 0
    for folder, _, names in os.walk(root):
        for name in names:
            os.getxattr(os.path.join(folder, name), 'glusterfs.pathinfo')
            found += 1
    return found


def library(root):
    return sum(1 for _ in iterate(root))


def alone(root):
    out = subprocess.run([program.PROGRAM, root], stdout=subprocess.PIPE, check=True).stdout
    return out.count(b'\0\0file\0')


def seconds(what, root):
    begin = time.perf_counter()
    found = what(root)
    return time.perf_counter() - begin, found


def memory():
    """KiB that this process and its descendants have, shared pages once."""
    parents, total = {}, 0
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open('/proc/%s/stat' % pid, encoding='ascii', errors='replace') as stat:
                parents[int(pid)] = int(stat.read().rsplit(')', 1)[1].split()[1])
        except OSError:
            pass
    for pid in parents:
        up = pid
        while up not in (0, os.getpid()):
            up = parents.get(up, 0)
        if up:
            try:
                with open('/proc/%d/smaps_rollup' % pid, encoding='ascii') as lines:
                    total += sum(int(line.split()[1]) for line in lines if line.startswith('Pss:'))
            except OSError:
                pass
    return total


def peak(root):
    """The most memory while iterating, and the number of files."""
    most = count = 0
    for count, _ in enumerate(iterate(root), 1):
        if count % 250 == 1:
            most = max(most, memory())
    return most, count


def compare(what, root, pairs):
    ours, theirs = [], []
    for _ in range(pairs):
        one, found = seconds(what, root)
        other, there = seconds(walk, root)
        assert found == there, (found, there)
        ours.append(one)
        theirs.append(other)
    ratio = statistics.median(b / a for a, b in zip(ours, theirs))
    print('%s, %d files in %s, against os.walk and os.getxattr on the mount (at least 5 times as '
          'fast): %.2f s against %.2f s, %.1f times (slowest pair %.1f)'
          % (what.__name__, there, root.rsplit('/', 1)[1], statistics.median(ours),
             statistics.median(theirs), ratio, min(b / a for a, b in zip(ours, theirs))), flush=True)


def main():
    pairs = int(sys.argv[1])
    for tree in 'many', 'one':
        for what in (library, alone) if pairs else ():
            compare(what, '/mnt/v1/' + tree, pairs)
    list(iterate('/mnt/v1/few'))
    for tree in 'few', 'many', 'one':
        most = [peak('/mnt/v1/' + tree) for _ in range(3)]
        print('memory while iterating over %d files in %s: at most %.1f MiB'
              % (most[0][1], tree, max(m for m, _ in most) / 1024), flush=True)


main()
