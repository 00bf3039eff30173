# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Native. mkdir waits until the file of option `gate` is there, which is when another
generation of the module is loaded, say; then a line goes to the file of option `file`: the
name, and the number of the module's object in the order in which they were made."""
import os

from gluster.glupy.native import *


class xlator(Translator):
    def __init__(self):
        with open(self.options['file'] + '.made', 'a+') as f:
            f.write('x\n')
            f.seek(0)
            self.number = len(f.readlines())

    async def mkdir(self, loc):
        while loc.name.startswith('slow') and not os.path.exists(self.options['gate']):
            await sleep(0.05)
        reply = await self.child.mkdir()
        with open(self.options['file'], 'a') as f:
            f.write(f'{loc.name} {self.number}\n')
        return reply

    async def lookup(self):
        return await self.child.lookup()
