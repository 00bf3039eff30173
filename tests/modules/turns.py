# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""For tests: lookups fail while the file of option `file` exists, and are passed on
when it does not. Every call is a line in that file's name with .seen."""
import os

from gluster.glupy import POINTER, Translator, dl, xlator_t

CHILD = POINTER(xlator_t)()


class xlator(Translator):

    def lookup_fop(self, frame, this, loc, xdata):
        with open(self.options['file'] + '.seen', 'a') as seen:
            print(loc.contents.name, file=seen)
        if os.path.exists(self.options['file']):
            raise RuntimeError('as the test wants it')
        dl.wind_lookup(frame, CHILD, loc, xdata)
