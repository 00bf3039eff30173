# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""For tests: takes more than a second to load, and passes lookups on."""
import time

from gluster.glupy.native import *

time.sleep(1.2)


class xlator(Translator):

    async def lookup(self):
        return await self.child.lookup()
