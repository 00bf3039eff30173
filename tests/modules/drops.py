# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""For tests: drops every stat (but not lookups)."""
from gluster.glupy import Translator


class xlator(Translator):

    def stat_fop(self, frame, this, loc, xdata):
        pass
