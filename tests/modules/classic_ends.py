# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""A classic module that sees nothing but how files and open files end.

Option file: where to write it."""
from gluster.glupy import *


class xlator(Translator):
    def __init__(self, c_this):
        super().__init__(c_this)
        self.out = open(self.options['file'], 'a', buffering=1)

    def forget_cbk(self, gfid):
        self.out.write(f'forget {len(gfid)}\n')

    def release_cbk(self, gfid):
        self.out.write(f'release {len(gfid)}\n')

    def releasedir_cbk(self, gfid):
        self.out.write(f'releasedir {len(gfid)}\n')
