# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Uses what native handlers get, each kind by the name of the file it is asked for.

Option file: where it writes what it saw."""
import os

from gluster.glupy.native import *


class xlator(Translator):
    def __init__(self):
        self.out = open(self.options['file'], 'a', buffering=1)
        self.kept = {}
        self.entry = self.view = None

    def say(self, *words):
        print(*words, file=self.out)

    # stat of `big...` tells another size
    def edit(self, name, stat):
        if stat and name and name.startswith('big'):
            stat.st_size = 1 << 40
            stat.st_mode = 0o600

    async def lookup(self, loc):
        if loc.name == 'alias':  # another file's answer, by a Loc of its own
            return await self.child.lookup(loc.replace(name='real', inode=loc.inode))
        reply = await self.child.lookup()
        self.edit(loc.name, reply.buf)
        return reply

    async def stat(self, loc):
        reply = await self.child.stat()
        self.edit(loc.path and os.path.basename(loc.path), reply.buf)
        return reply

    # directories: nothing hidden is seen, names have their letters turned
    async def readdirp(self, fd):
        reply = await self.child.readdirp()
        self.old(lambda: self.entry.name)
        reply.entries.keep(lambda e: not e.name.startswith('hidden'))
        for entry in reply.entries:
            self.edit(entry.name, entry.stat)
            if entry.name == 'olleh':
                entry.name = 'hello, with a longer name'
            self.entry = entry
        return reply

    # data: a copy of each file's first answer is enough for all further ones
    async def readv(self, fd, offset):
        if (fd.inode, offset) in self.kept:
            self.old(lambda: self.view[0])
            return reply.readv(vector=self.kept[fd.inode, offset], stbuf=fd.inode.ctx)
        r = await self.child.readv()
        self.kept[fd.inode, offset] = r.vector
        fd.inode.ctx = r.stbuf
        if r.vector.nbytes:
            self.view = r.vector.views[0][:1]
            self.say('first byte', bytes(self.view))
        return r

    async def writev(self, vector):
        if vector.tobytes().startswith(b'rot13'):
            text = vector.tobytes().decode().translate(
                str.maketrans('abcdefghijklmnopqrstuvwxyz', 'nopqrstuvwxyzabcdefghijklm'))
            return await self.child.writev(vector=IoVec(text.encode()))
        return await self.child.writev()

    async def getxattr(self, loc, name):
        if name == 'user.made':
            return reply.getxattr(dict=Dict({name: b'by Python'}), op_ret=9)
        return await self.child.getxattr()

    async def statfs(self):
        reply = await self.child.statfs()
        reply.buf.f_blocks = 12345
        return reply

    def old(self, look):
        """What another operation had is not to be seen."""
        try:
            look()
        except (StaleRequest, ValueError, AttributeError, TypeError) as error:
            self.say(type(error).__name__)
