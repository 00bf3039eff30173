# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""For tests: what is the module's own and what is shared. Each mkdir adds to a global of
this module and to one of the standard library; option file gets a line for it: the
translator's name, VERSION, who used the module's global before, and how often. A mkdir
of a name that begins with `waits` first waits until the file of option go is there."""
import os
import sys

from gluster.glupy.native import *

VERSION = 1
users = {}


class xlator(Translator):

    async def mkdir(self, loc):
        if loc.name.startswith('waits'):
            while not os.path.exists(self.options['go']):
                await sleep(.05)
        answer = await self.child.mkdir()
        users[self.name] = users.get(self.name, 0) + 1
        everywhere = sys.modules['os'].__dict__.setdefault('_globals_test', [])
        if self.name not in everywhere:
            everywhere.append(self.name)
        if 'file' in self.options and not loc.name.startswith('load'):
            with open(self.options['file'], 'a') as f:
                f.write(f'{self.name} {loc.name} {VERSION} {users} {len(everywhere)}\n')
        return answer
