# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""For tests: what is left of a mkdir that timed out blocks for ever when it is dropped."""
import threading

from gluster.glupy.native import *


class Blocks:
    def __del__(self):
        threading.Lock().acquire()
        threading.Semaphore(0).acquire()


class xlator(Translator):
    async def mkdir(self, loc):
        kept = Blocks()
        await Event().wait()
        return kept

    async def stat(self, loc):
        return await self.child.stat()
