# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""For tests: raises on every operation.

Option where: fop (before winding, the default), wound (after winding), cbk (before
unwinding), unwound (after). Option but: an operation that is left alone."""
from gluster.glupy import FOPS, POINTER, Translator, dl, xlator_t


class xlator(Translator):

    def __init__(self, c_this):
        but = self.options.get('but')
        for phase in ('fop', 'cbk') if but else ():
            setattr(self, f'{but}_{phase}', None)
        Translator.__init__(self, c_this)


def methods(fop):
    wind, unwind = getattr(dl, 'wind_' + fop), getattr(dl, 'unwind_' + fop)

    def down(self, frame, this, *args):
        where = self.options.get('where', 'fop')
        if where == 'fop':
            raise RuntimeError('before winding ' + fop)
        wind(frame, POINTER(xlator_t)(), *args)
        if where == 'wound':
            raise RuntimeError('after winding ' + fop)

    def up(self, frame, *args):
        where = self.options.get('where', 'fop')
        if where == 'cbk':
            raise RuntimeError('before unwinding ' + fop)
        unwind(frame, *args)
        if where == 'unwound':
            raise RuntimeError('after unwinding ' + fop)

    setattr(xlator, fop + '_fop', down)
    setattr(xlator, fop + '_cbk', up)


for _fop in FOPS:
    methods(_fop)
