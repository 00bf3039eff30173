# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""For tests: keeps Python busy, so that answers are over their time before they are seen."""
import time

from gluster.glupy.native import *


class xlator(Translator):
    def readdirp_reply(self, reply):
        time.sleep(0.2)

    def stat_reply(self, reply):
        time.sleep(0.2)
