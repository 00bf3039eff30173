# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Compares what was told with what was done.

    judge.py FOLDER [--no-gaps]

FOLDER holds ledger-* (driver.py), told (consumer.c), before and after (driver.py --list).
Ends with 1 if a change was told neither by an event nor by a synthetic one nor within a
gap; if an event came twice to a consumer that had acknowledged it, or twice to one that
was not ended between; or if what events say of names and files is not what is there.
"""
import collections
import glob
import sys

MODIFY, ATTRIB, CLOSE, FROM, TO, CREATE, DELETE = 2, 4, 8, 0x40, 0x80, 0x100, 0x200
NAMES = {CREATE: 'create', DELETE: 'delete', FROM: 'moved_from', TO: 'moved_to'}
SYNTHETIC = 0x20000
SLACK = 2 * 10**9  # clocks of bricks and clients, and what was under way

Event = collections.namedtuple('Event', 'number mask time gfid offset length flags path')
Done = collections.namedtuple('Done', 'how begin end what arguments')


def base(path):
    return path.rsplit('/', 1)[-1]


class Told:
    def __init__(self, file):
        self.parts = []    # for each consumer: its events in order
        self.acked = []    # and the last number that it acknowledged
        self.gaps = []
        for line in open(file, 'rb').read().decode('utf-8', 'surrogateescape').split('\n'):
            f = line.split('\t')
            if f[0] == 'begun':
                self.parts.append([])
                self.acked.append(0)
            elif not self.parts:
                continue
            elif f[0] == 'event' and len(f) == 9:
                self.parts[-1].append(Event(int(f[1]), int(f[2], 16), int(f[3]), f[4], int(f[5]),
                                            int(f[6]), int(f[7], 16), f[8]))
            elif f[0] == 'gap':
                self.gaps.append((int(f[2]), int(f[3]), f[4]))
            elif f[0] == 'acked':
                self.acked[-1] = max(self.acked[-1], int(f[1]))
        self.events = [e for part in self.parts for e in part if not e.mask & SYNTHETIC]
        self.synthetic = [e for part in self.parts for e in part if e.mask & SYNTHETIC]

    def in_gap(self, begin, end):
        return any(begin <= to + SLACK and end >= from_ - SLACK for from_, to, _ in self.gaps)


def key(event):
    """What can happen once only, or None."""
    for bit, name in NAMES.items():
        if event.mask & bit:
            return name, base(event.path)
    return None


class Judge:
    def __init__(self, folder):
        self.told = Told(folder + '/told')
        self.done, self.uncertain = [], set()
        for file in glob.glob(folder + '/ledger-*'):
            self.read_ledger(file)
        # where each was when it was made, or met first
        self.names = {}
        for path in (a for d in self.done for a in d.arguments if a.startswith('/')):
            self.names.setdefault(base(path), path)
        self.before, self.after = (self.read_list(folder + '/' + n) for n in ('before', 'after'))
        self.faults = collections.Counter()
        self.gfid = {}  # of each name
        for path, what in list(self.before.items()) + list(self.after.items()):
            self.gfid[base(path)] = what[0]
        for e in self.told.events + self.told.synthetic:
            if key(e):
                self.gfid.setdefault(base(e.path), e.gfid)

    def read_ledger(self, file):
        began = False
        for line in open(file):
            f = line.rstrip('\n').split('\t')
            if f[0] == 'go':
                began = True
            if len(f) < 5:
                continue
            done = Done(f[0], int(f[1]), int(f[2]), f[3], f[4:])
            if done.how != 'ok':
                self.uncertain.update(base(a) for a in done.arguments if a.startswith('/'))
            if began:
                self.done.append(done)

    @staticmethod
    def read_list(file):
        there = {}
        for line in open(file):
            path, *what = line.rstrip('\n').split('\t')
            there[path] = what
        return there

    def fault(self, kind, text):
        self.faults[kind] += 1
        if self.faults[kind] <= 15:
            print('%s: %s' % (kind, text))

    # what was done was told

    def names_are_told(self):
        told = {key(e) for e in self.told.events}
        synthetic = {e.gfid for e in self.told.synthetic}
        synthetic_names = {base(e.path) for e in self.told.synthetic}
        kinds = {'create': ['create'], 'mkdir': ['create'], 'unlink': ['delete'],
                 'rmdir': ['delete'], 'rename': ['moved_from', 'moved_to'], 'link': [None, 'create']}
        for d in self.done:
            if d.how != 'ok' or d.what not in kinds:
                continue
            for kind, path in zip(kinds[d.what], d.arguments):
                if not kind or (kind, base(path)) in told or self.told.in_gap(d.begin, d.end):
                    continue
                if base(path) in synthetic_names or self.gfid.get(base(path)) in synthetic:
                    continue
                self.fault('missing', '%s of %s %s, done %d' % (kind, d.what, d.arguments, d.begin))

    def contents_are_told(self):
        ranges, attributes = collections.defaultdict(list), collections.Counter()
        synthetic = {e.gfid for e in self.told.synthetic}
        for e in self.told.events:
            if e.mask & MODIFY:
                ranges[e.gfid].append((e.offset, e.offset + e.length, e.time))
            if e.mask & ATTRIB:
                attributes[e.gfid] += 1
        wanted = collections.Counter()
        for d in self.done:
            gfid = self.gfid.get(base(d.arguments[0]))
            if d.how != 'ok' or gfid in synthetic or self.told.in_gap(d.begin, d.end):
                continue
            if d.what in ('create', 'write') and int(d.arguments[2]):
                at, end = int(d.arguments[1]), int(d.arguments[1]) + int(d.arguments[2])
                for first, last, when in sorted(ranges[gfid]):
                    if first <= at < last and when >= d.begin - SLACK:
                        at = last
                if at < end:
                    self.fault('missing', 'bytes %d.. of %s %s, done %d' % (at, d.what, d.arguments, d.begin))
            elif d.what == 'chmod':
                wanted[gfid] += 1
        for gfid, count in wanted.items():
            if attributes[gfid] < count:
                self.fault('missing', '%d of %d chmods of %s' % (count - attributes[gfid], count, gfid))

    # and once

    def nothing_comes_twice(self):
        chmods = collections.Counter(self.gfid.get(base(d.arguments[0])) for d in self.done
                                     if d.what == 'chmod')
        settled = {}  # acknowledged by an earlier consumer
        for n, (part, acked) in enumerate(zip(self.told.parts, self.told.acked)):
            here, attributes = {}, collections.Counter()
            for e in part:
                k = key(e)
                if e.mask & SYNTHETIC:
                    continue
                if e.mask & ATTRIB:
                    attributes[e.gfid] += 1
                if not k:
                    continue
                if k in here:
                    self.fault('twice', '%s %s by consumer %d: numbers %d and %d' % (*k, n, here[k], e.number))
                elif k in settled:
                    self.fault('again', '%s %s by consumer %d, acknowledged by %s (number %d of %d)'
                               % (*k, n, *settled[k]))
                here[k] = e.number
            for k, number in here.items():
                # the first half of a move has the number of what is before it
                if number < acked or (number == acked and k[0] != 'moved_from'):
                    settled.setdefault(k, (n, number, acked))
            for gfid, count in attributes.items():
                if count > chmods[gfid]:
                    self.fault('twice', '%d events of %d chmods of %s' % (count, chmods[gfid], gfid))

    def nothing_is_made_up(self):
        for e in self.told.events:
            if key(e) and e.path.startswith('/t/') and base(e.path) not in self.names:
                self.fault('made up', str(e))

        for e in self.told.synthetic:  # not what heals keep for themselves
            name = base(e.path).replace('-', '')
            if len(name) == 32 and not set(name) - set('0123456789abcdef'):
                self.fault('made up', str(e))

    # and leads from what was there before to what is there now

    def replayed(self):
        there, seen = {base(p) for p in self.before}, set()
        for e in self.told.events:
            k = key(e)
            if not k or k in seen:
                continue
            seen.add(k)
            if k[0] in ('create', 'moved_to'):
                there.add(k[1])
            else:
                there.discard(k[1])
        return there

    def trees_agree(self):
        if self.told.gaps or self.told.synthetic:
            return
        after = {base(p) for p in self.after}
        for name in sorted(self.replayed() ^ after):
            if name not in self.uncertain and name in self.names:
                self.fault('trees', '%s is %sthere' % (name, '' if name in after else 'not '))

    def files_agree(self):
        told = {e.gfid for e in self.told.events + self.told.synthetic}
        before = {w[0]: w for w in self.before.values()}
        after = {w[0]: (p, w) for p, w in self.after.items()}
        for gfid, (path, what) in after.items():
            was = before.get(gfid)
            if what[1] != 'f' or gfid in told or (was and was == what):
                continue
            if not self.told.gaps:
                self.fault('untold', '%s %s was %s' % (path, what, was))

    def misplaced(self):
        """How often something was told of a name elsewhere than where it was: by a brick that was
        away, and whose folders are not healed yet."""
        return sum(1 for e in self.told.events
                   if e.mask & CREATE and self.names.get(base(e.path), e.path) != e.path)

    def run(self):
        self.names_are_told()
        self.contents_are_told()
        self.nothing_comes_twice()
        self.nothing_is_made_up()
        self.trees_agree()
        self.files_agree()
        how = collections.Counter(d.how for d in self.done)
        print('operations %d (%s), events %d, synthetic %d, consumers %d, gaps %d, misplaced %d, '
              'faults %s' % (
            len(self.done), ', '.join('%s %d' % h for h in how.items()), len(self.told.events),
            len(self.told.synthetic), len(self.told.parts), len(self.told.gaps), self.misplaced(),
            dict(self.faults)))
        for gap in self.told.gaps:
            print('gap of %.1f s: %d to %d, %s' % ((gap[1] - gap[0]) / 1e9, *gap))


def main():
    judge = Judge(sys.argv[1])
    judge.run()
    if '--no-gaps' in sys.argv and judge.told.gaps:
        judge.faults['gap'] += 1
    sys.exit(1 if judge.faults else 0)


main()
