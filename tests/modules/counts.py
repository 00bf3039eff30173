# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""For tests: passes every operation on, and writes its name on the way down and up
to the file that option file names. Looks at every argument that it can."""
import ctypes

from gluster.glupy import FOPS, POINTER, Translator, dl, xlator_t


def look(value):
    """Reads what a pointer points to: a wrong layout or lifetime shows."""
    if isinstance(value, ctypes._Pointer) and value:
        for field, *_ in value.contents._fields_:
            getattr(value.contents, field.lstrip('_'), None)
    return '{}'.format(value)


class xlator(Translator):

    def __init__(self, c_this):
        self.out = open(self.options['file'], 'a', buffering=1)
        Translator.__init__(self, c_this)


def methods(fop):
    wind, unwind = getattr(dl, 'wind_' + fop), getattr(dl, 'unwind_' + fop)

    def down(self, frame, this, *args):
        for value in args:
            look(value)
        self.out.write(fop + ' fop\n')
        wind(frame, POINTER(xlator_t)(), *args)

    def up(self, frame, cookie, this, op_ret, op_errno, *args):
        for value in args:
            look(value)
        self.out.write(fop + ' cbk\n')
        unwind(frame, cookie, this, op_ret, op_errno, *args)

    setattr(xlator, fop + '_fop', down)
    setattr(xlator, fop + '_cbk', up)


for _fop in FOPS:
    methods(_fop)
