# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Does the judge (judge.py) see it?"""
import collections
import copy
import random

from judge import ATTRIB, CLOSE, KINDS, SYNTHETIC, Judge, base, key, where


class Trial:
    """Breaks what was told and sees whether the judge sees it."""

    def __init__(self, judge):
        self.judge, self.told = judge, judge.told
        self.faults = sum(judge.faults.values())
        self.places = [(n, i) for n, part in enumerate(self.told.parts) for i in range(len(part))]
        self.names = collections.Counter(key(e) for e in judge.events)
        again = collections.Counter(where(e) for e in judge.back)
        self.once_back = {e for e in judge.back if again[where(e)] == 1}
        self.sure = {k for k, times in self.names.items() if k and times == 1}
        self.count = collections.Counter((bit, e.gfid) for e in judge.events
                                         for bit in (ATTRIB, CLOSE) if e.mask & bit)
        self.wanted = collections.Counter()
        for d in judge.deeds.done:
            bit = {'chmod': ATTRIB, 'create': CLOSE, 'write': CLOSE}.get(d.what)
            if bit and d.how == 'ok':
                self.wanted[bit, judge.gfid.get(base(d.arguments[0]))] += 1
        self.done = {(kind, base(path)) for d in judge.deeds.done if d.how == 'ok' and d.what in KINDS
                     for kind, path in zip(KINDS[d.what], d.arguments)}

    def is_sure(self, e):
        """It is wanted, came once, and nothing excuses that it is not there."""
        if e.mask & SYNTHETIC or e.gfid in self.judge.healed or self.told.gaps:
            return e in self.once_back
        k = key(e)
        if k:
            return k in self.sure and k in self.done and k[1] not in self.judge.healed_names
        return any(e.mask & bit and self.count[bit, e.gfid] == self.wanted[bit, e.gfid]
                   for bit in (ATTRIB, CLOSE))

    def broken(self, place, new):
        told = copy.copy(self.told)
        n, i = place
        told.parts = list(told.parts)
        told.parts[n] = told.parts[n][:i] + new + told.parts[n][i + 1:]
        return sum(Judge(self.judge.deeds, told, True).run().faults.values()) > self.faults

    def run(self, count):
        sure = [p for p in self.places if self.is_sure(self.told.parts[p[0]][p[1]])]
        missed = 0
        back = [p for p in sure if self.told.parts[p[0]][p[1]] in self.once_back]
        for place in back + random.sample(sure, min(count, len(sure))):
            e = self.told.parts[place[0]][place[1]]
            ways = {'taken': []}
            if key(e):
                ways['given to another file'] = [e._replace(gfid='f' * 32)]
            if not e.mask & CLOSE:
                ways['given twice'] = [e, e]
            for way, new in ways.items():
                if not self.broken(place, new):
                    missed += 1
                    print('not seen: %s was %s' % (e, way))
        print('tried: %d events of %d, %d not seen' % (min(count, len(sure)), len(sure), missed))
        return missed
