# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Writes a line for each time it is loaded to the file that option `file` names, and
passes lookups on. It does not load while the file of option `unless` is there."""
import os
from gluster.glupy import *


class xlator(Translator):
    def __init__(self, c_this):
        if os.path.exists(self.options.get('unless', '')):
            raise RuntimeError('it is not to be loaded now')
        if 'file' in self.options:
            with open(self.options['file'], 'a') as f:
                f.write(self.name + '\n')
        Translator.__init__(self, c_this)

    def lookup_fop(self, frame, this, loc, xdata):
        dl.wind_lookup(frame, POINTER(xlator_t)(), loc, xdata)
