# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""As native.py, and a thread that never rests in pure Python."""
import threading

from gluster.glupy.native import *


class xlator(Translator):
    async def lookup(self):
        return await self.child.lookup()

    async def readv(self):
        r = await self.child.readv()
        if r.op_ret > 0:
            self.first = r.vector.views[0][0]
        return r


def spin():
    n = 0
    while True:
        n += 1


threading.Thread(target=spin, daemon=True).start()
