# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""For tests: C code calls back into Python, at import and in every lookup, on a thread
that has the GIL already."""
import tracemalloc
from ctypes import PYFUNCTYPE, c_int

from gluster.glupy import POINTER, Translator, dl, xlator_t

CHILD = POINTER(xlator_t)()
seven = PYFUNCTYPE(c_int)(lambda: 7)
tracemalloc.start()
assert seven() == 7


class xlator(Translator):

    def lookup_fop(self, frame, this, loc, xdata):
        assert seven() == 7
        dl.wind_lookup(frame, CHILD, loc, xdata)
