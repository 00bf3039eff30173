# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""For the soak: passes every operation on, but for one in so many (option every, 400),
which it fails in one of these ways (option ways, separated by blanks):

before    raises, before the child is asked
after     raises, when the child has answered
never     waits for what never happens
blocks    keeps the thread for longer than an operation has
loops     runs for ever
nothing   returns nothing
forgets   drops the coroutine's answer and returns something else
slow      answers, but later"""
import time

from gluster.glupy import FOPS
from gluster.glupy.native import *

VERSION = 1


class xlator(Translator):

    def __init__(self):
        self.every = int(self.options.get('every', 400))
        self.ways = self.options.get('ways', 'before').split()
        self.count = self.failed = 0
        if 'version' in self.options:
            with open(self.options['version'], 'a') as f:
                f.write(f'{VERSION}\n')

    def way(self):
        self.count += 1
        if self.count % self.every:
            return None
        self.failed += 1
        return self.ways[self.failed % len(self.ways)]

    async def falter(self, way, fop):
        child = getattr(self.child, fop)
        if way == 'before':
            raise RuntimeError('before ' + fop)
        if way == 'never':
            await Event().wait()
        if way == 'blocks':
            time.sleep(2)
        while way == 'loops':
            pass
        if way == 'nothing':
            return None
        if way == 'slow':
            await sleep(.2)
        answer = await child()
        if way == 'after':
            raise RuntimeError('after ' + fop)
        if way == 'forgets':
            return self
        return answer


def method(fop):
    async def handler(self):
        way = self.way()
        if way:
            return await self.falter(way, fop)
        return await getattr(self.child, fop)()
    handler.__name__ = fop
    setattr(xlator, fop, handler)


for _fop in FOPS:
    method(_fop)
