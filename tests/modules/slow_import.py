# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""For tests: its import takes longer than a worker may be away."""
import time

from gluster.glupy.native import Translator

time.sleep(1.5)


class xlator(Translator):

    async def stat(self):
        return await self.child.stat()
