# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Native: lookup and its answer, doing nothing; the first byte of what is read."""
from gluster.glupy.native import *


class xlator(Translator):
    async def lookup(self):
        return await self.child.lookup()

    async def readv(self):
        r = await self.child.readv()
        if r.op_ret > 0:
            self.first = r.vector.views[0][0]
        return r
