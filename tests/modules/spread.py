# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""For tests: makes each folder on all children, and says where it was."""
from gluster.glupy.native import *


class xlator(Translator):
    async def mkdir(self, loc):
        replies = await gather(*(child.mkdir() for child in self.children))
        log_info('made on ' + ' '.join(child.name for child in self.children))
        return replies[0]
