# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Compares what was told with what was done.

    judge.py FOLDER [--no-gaps] [--try N]

FOLDER holds ledger-* (driver.py), told (consumer.c), before and after (driver.py --list).
Ends with 1 if a change was told neither by an event nor by a synthetic one nor within a
gap; if an event came twice to a consumer that had acknowledged it, or twice to one that
was not ended between; if events, put into effect on the listing before, do not give the
one behind, each name in its folder; or if files that events tell of and files that
differ between the listings are not the same. What GlusterFS's heals bring back is told by synthetic events,
once; these are put into effect, and excuse nothing.

--try N: does the judge see it? From what was told one event is taken, or given twice, N
times each, at random; it is a fault if that is not a fault. Of names, attributes and ends of writing,
where nothing says that it may be so.

Documented cases: a write may be told again, in parts or as a whole; a file that is open while
its client loses a brick is closed by the brick and by the client.
"""
import collections
import glob
import os
import sys

MODIFY, ATTRIB, CLOSE, FROM, TO, CREATE, DELETE = 2, 4, 8, 0x40, 0x80, 0x100, 0x200
NAMES = {CREATE: 'create', DELETE: 'delete', FROM: 'moved_from', TO: 'moved_to'}
MADE = ('create', 'moved_to')
SYNTHETIC = 0x20000
SLACK = 2 * 10**9  # clocks of bricks and clients, and what was under way

Event = collections.namedtuple('Event', 'number mask time gfid parent offset length flags path')
Done = collections.namedtuple('Done', 'how begin end what arguments')
KINDS = {'create': ['create'], 'mkdir': ['create'], 'unlink': ['delete'], 'rmdir': ['delete'],
         'rename': ['moved_from', 'moved_to'], 'link': [None, 'create']}


def base(path):
    return path.rsplit('/', 1)[-1]


def where(event):
    return event.parent, base(event.path)


def key(event):
    """What can happen once only, or None."""
    for bit, name in NAMES.items():
        if event.mask & bit:
            return name, base(event.path)
    return None


class Told:
    """What the consumers wrote down."""

    def __init__(self, file):
        self.parts = []    # for each consumer: its events in order
        self.acked = []    # and the last number that it acknowledged
        self.gaps = []
        with open(file, 'rb') as told:
            for line in told.read().decode('utf-8', 'surrogateescape').split('\n'):
                self.take(line.split('\t'))

    def take(self, f):
        if f[0] == 'begun':
            self.parts.append([])
            self.acked.append(0)
        elif not self.parts:
            return
        elif f[0] == 'event' and len(f) == 9:
            gfid, _, parent = f[4].partition('/')
            self.parts[-1].append(Event(int(f[1]), int(f[2], 16), int(f[3]), gfid, parent,
                                        int(f[5]), int(f[6]), int(f[7], 16), f[8]))
        elif f[0] == 'gap':
            self.gaps.append((int(f[2]), int(f[3]), f[4]))
        elif f[0] == 'acked':
            self.acked[-1] = max(self.acked[-1], int(f[1]))

    def all(self):
        return [e for part in self.parts for e in part]

    def events(self):
        return [e for e in self.all() if not e.mask & SYNTHETIC]

    def synthetic(self):
        return [e for e in self.all() if e.mask & SYNTHETIC]

    def brought_back(self):
        """Those of names that were told to be gone."""
        gone, back = set(), []
        for e in self.all():
            if e.mask & (DELETE | FROM):
                gone.add(where(e))
            elif e.mask & CREATE and e.mask & SYNTHETIC and where(e) in gone:
                back.append(e)
        return back

    def in_gap(self, begin, end):
        return any(begin <= to + SLACK and end >= from_ - SLACK for from_, to, _ in self.gaps)


class Deeds:
    """What the clients wrote down, and what was there before and after."""

    def __init__(self, folder):
        self.done, self.uncertain, self.earlier = [], set(), set()
        for file in glob.glob(folder + '/ledger-*'):
            self.read_ledger(file)
        # where each was when it was made, or met first
        self.names = {}
        for path in (a for d in self.done for a in d.arguments if a.startswith('/')):
            self.names.setdefault(base(path), path)
        self.before, self.after = (self.read_list(folder + '/' + n) for n in ('before', 'after'))
        self.gfid = {}  # of each name
        for path, what in list(self.before.items()) + list(self.after.items()):
            self.gfid[base(path)] = what[0]

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
        """path: gfid, type, size, times"""
        there = {}
        for line in open(file):
            path, *what = line.rstrip('\n').split('\t')
            there[path] = what
        return there


class Judge:
    def __init__(self, deeds, told, quiet=False):
        self.deeds, self.told, self.quiet = deeds, told, quiet
        self.events, self.synthetic = told.events(), told.synthetic()
        self.faults, self.excused = collections.Counter(), 0
        self.back = set(told.brought_back())
        others = [e for e in self.synthetic if e not in self.back]
        self.healed = {e.gfid for e in others}
        self.healed_names = {base(e.path) for e in others}
        self.gfid = dict(deeds.gfid)
        for e in self.events + self.synthetic:
            if key(e):
                self.gfid.setdefault(base(e.path), e.gfid)

    def fault(self, kind, text):
        self.faults[kind] += 1
        if self.faults[kind] <= 15 and not self.quiet:
            print('%s: %s' % (kind, text))

    def is_excused(self, name):
        """Something that is not an event says that it changed."""
        return name in self.healed_names or self.gfid.get(name) in self.healed

    # what was done was told

    def names_are_told(self):
        told = {key(e) for e in self.events}
        for d in self.deeds.done:
            if d.how != 'ok' or d.what not in KINDS:
                continue
            for kind, path in zip(KINDS[d.what], d.arguments):
                if not kind or (kind, base(path)) in told:
                    continue
                if self.told.in_gap(d.begin, d.end) or self.is_excused(base(path)):
                    self.excused += 1
                else:
                    self.fault('missing', '%s of %s %s, done %d' % (kind, d.what, d.arguments, d.begin))

    def contents_are_told(self):
        ranges = collections.defaultdict(list)
        told, wanted = collections.Counter(), collections.Counter()
        for e in self.events:
            if e.mask & MODIFY:
                ranges[e.gfid].append((e.offset, e.offset + e.length, e.time))
            for bit in (ATTRIB, CLOSE):
                told[bit, e.gfid] += bool(e.mask & bit)
        for d in self.deeds.done:
            gfid = self.gfid.get(base(d.arguments[0]))
            if d.how != 'ok' or gfid in self.healed or self.told.in_gap(d.begin, d.end):
                continue
            if d.what in ('create', 'write'):
                wanted[CLOSE, gfid] += 1
                at, end = int(d.arguments[1]), int(d.arguments[1]) + int(d.arguments[2])
                for first, last, when in sorted(ranges[gfid]):
                    if first <= at < last and when >= d.begin - SLACK:
                        at = last
                if at < end:
                    self.fault('missing', 'bytes %d.. of %s %s, done %d' % (at, d.what, d.arguments, d.begin))
            elif d.what == 'chmod':
                wanted[ATTRIB, gfid] += 1
        for (bit, gfid), count in wanted.items():
            if told[bit, gfid] < count:
                self.fault('missing', '%d of %d %s of %s' % (
                    count - told[bit, gfid], count, 'chmods' if bit == ATTRIB else 'closes', gfid))

    # and once

    def nothing_comes_twice(self):
        chmods = collections.Counter(self.gfid.get(base(d.arguments[0])) for d in self.deeds.done
                                     if d.what == 'chmod')
        settled = {}  # acknowledged by an earlier consumer
        for n, (part, acked) in enumerate(zip(self.told.parts, self.told.acked)):
            here, attributes, times, back = {}, collections.Counter(), set(), set()
            for e in part:
                k = key(e)
                if e.mask & SYNTHETIC:
                    if e in self.back and where(e) in back:
                        self.fault('twice', '%s by consumer %d' % (e, n))
                    back.add(where(e))
                    continue
                if e.mask & ATTRIB:
                    attributes[e.gfid] += 1
                    if (e.gfid, e.time) in times:
                        self.fault('twice', '%s by consumer %d' % (e, n))
                    times.add((e.gfid, e.time))
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
        for e in self.events:
            if key(e) and e.path.startswith('/t/') and base(e.path) not in self.deeds.names:
                self.fault('made up', str(e))

        for e in self.synthetic:  # not what heals keep for themselves
            name = base(e.path).replace('-', '')
            if len(name) == 32 and not set(name) - set('0123456789abcdef'):
                self.fault('made up', str(e))

    def it_is_the_same_file(self):
        """Each name is of one file for ever, and of a rename or link both are."""
        for e in self.events:
            if key(e) and self.gfid[base(e.path)] != e.gfid:
                self.fault('another file', '%s, not %s' % (e, self.gfid[base(e.path)]))
        for d in self.deeds.done:
            if d.how == 'ok' and d.what in ('rename', 'link'):
                old, new = (self.gfid.get(base(path)) for path in d.arguments)
                if old and new and old != new:
                    self.fault('another file', '%s %s: %s, %s' % (d.what, d.arguments, old, new))

    # and leads from what was there before to what is there now

    @staticmethod
    def tree(listing):
        """Of a listing: what is where. {(folder's gfid, name): gfid}"""
        return {(listing[os.path.dirname(path)][0], base(path)): what[0]
                for path, what in listing.items() if os.path.dirname(path) in listing}

    def replayed(self):
        there, seen = self.tree(self.deeds.before), set()
        for e in self.told.all():
            k = key(e)
            if not k or (e not in self.back and (k in seen or e.mask & SYNTHETIC)):
                continue
            seen.add(k)
            if k[0] in MADE:
                there[e.parent, k[1]] = e.gfid
            else:
                there.pop((e.parent, k[1]), None)
        return there

    def trees_agree(self):
        """As every folder is the one that it was, so are all paths."""
        replayed, after = self.replayed(), self.tree(self.deeds.after)
        in_gap = {base(p) for d in self.deeds.done if self.told.in_gap(d.begin, d.end)
                  for p in d.arguments} if self.told.gaps else ()
        for at in sorted(set(replayed.items()) ^ set(after.items())):
            name = at[0][1]
            if name in self.deeds.uncertain or name not in self.deeds.names:
                continue
            if name in in_gap or self.is_excused(name):
                self.excused += 1
            else:
                self.fault('trees', 'name %s in folder %s is %s, and is told to be %s' % (
                    name, at[0][0], after.get(at[0]), replayed.get(at[0])))

    def files_agree(self):
        changes = {e.gfid for e in self.events if e.mask & ~(CLOSE | 0x40000000)}
        before, after = ({w[0]: (p, w) for p, w in there.items()}
                         for there in (self.deeds.before, self.deeds.after))
        for gfid in before.keys() & after.keys():
            (old, was), (path, what) = before[gfid], after[gfid]
            if what[1] != 'f' or gfid in self.healed or self.told.gaps:
                continue
            if was[2:] != what[2:] and gfid not in changes:
                self.fault('untold', '%s %s was %s' % (path, what, was))
            if was[2:] == what[2:] and gfid in changes and base(path) not in self.deeds.uncertain:
                self.fault('unchanged', '%s %s' % (path, what))

    def misplaced(self):
        """How often something was told of a name elsewhere than where it was: by a brick that was
        away, and whose folders are not healed yet."""
        names = self.deeds.names
        return sum(1 for e in self.events
                   if e.mask & CREATE and names.get(base(e.path), e.path) != e.path)

    def run(self):
        self.names_are_told()
        self.contents_are_told()
        self.nothing_comes_twice()
        self.nothing_is_made_up()
        self.it_is_the_same_file()
        self.trees_agree()
        self.files_agree()
        return self

    def say(self):
        how = collections.Counter(d.how for d in self.deeds.done)
        print('operations %d (%s), events %d, synthetic %d (bring back %d, excuse %d), consumers %d, gaps %d, '
              'misplaced %d, names %d before and %d after, faults %s' % (
                  len(self.deeds.done), ', '.join('%s %d' % h for h in how.items()), len(self.events),
                  len(self.synthetic), len(self.back), self.excused, len(self.told.parts), len(self.told.gaps),
                  self.misplaced(), len(self.deeds.before), len(self.deeds.after), dict(self.faults)))
        for gap in self.told.gaps:
            print('gap of %.1f s: %d to %d, %s' % ((gap[1] - gap[0]) / 1e9, *gap))


def main():
    folder, *words = sys.argv[1:]
    judge = Judge(Deeds(folder), Told(folder + '/told')).run()
    judge.say()
    if '--no-gaps' in words and judge.told.gaps:
        judge.faults['gap'] += 1
    if '--try' in words and not judge.faults:
        from trial import Trial
        judge.faults['not seen'] += Trial(judge).run(int(words[words.index('--try') + 1]))
    sys.exit(1 if any(judge.faults.values()) else 0)


if __name__ == '__main__':
    main()
