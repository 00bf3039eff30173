# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""For tests: intercepts every operation, both ways, and changes nothing. Option seen: a
file to which the name of each operation is written when it comes for the first time."""
from gluster.glupy import FOPS, POINTER, Translator, dl, xlator_t

CHILD = POINTER(xlator_t)()


class xlator(Translator):

    def __init__(self, c_this):
        self.seen = set(FOPS) if 'seen' not in self.options else set()
        Translator.__init__(self, c_this)

    def first(self, fop):
        self.seen.add(fop)
        with open(self.options['seen'], 'a') as f:
            f.write(fop + '\n')


def methods(fop):
    wind, unwind = getattr(dl, 'wind_' + fop), getattr(dl, 'unwind_' + fop)

    def down(self, frame, this, *args):
        if fop not in self.seen:
            self.first(fop)
        wind(frame, CHILD, *args)

    def up(self, frame, *args):
        unwind(frame, *args)

    setattr(xlator, fop + '_fop', down)
    setattr(xlator, fop + '_cbk', up)


for _fop in FOPS:
    methods(_fop)
