# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Keeps objects with files and open files, and writes down how they end.

Option file: where to. Option only: ends are told, nothing is kept."""
from gluster.glupy.native import *


class Kept:
    """Says so when it is dropped."""

    def __init__(self, out, name):
        self.out, self.name = out, name

    def __del__(self):
        self.out.write(f'dropped {self.name}\n')


class xlator(Translator):
    def __init__(self):
        self.out = open(self.options['file'], 'a', buffering=1)
        if 'only' in self.options:
            self.lookup = self.open = self.create = self.opendir = None

    async def lookup(self, loc):
        reply = await self.child.lookup()
        if loc.name and loc.name.startswith('k'):
            if reply.inode.ctx is None:
                reply.inode.ctx = Kept(self.out, loc.name)
            self.out.write(f'lookup {loc.name} {reply.inode.ctx.name}\n')
        return reply

    async def open(self, loc, fd):
        reply = await self.child.open()
        fd.ctx = ('open', loc.path)  # an open need not have a name
        return reply

    async def create(self, loc, fd):
        reply = await self.child.create()
        reply.fd.ctx = ('create', loc.name)
        return reply

    async def opendir(self, loc, fd):
        reply = await self.child.opendir()
        fd.ctx = loc.path
        del fd.ctx
        fd.ctx = loc.path + ' again'
        return reply

    def forget(self, gfid, ctx):
        self.out.write(f'forget {len(gfid)} {ctx and ctx.name}\n')

    def release(self, gfid, ctx):
        self.out.write(f'release {len(gfid)} {ctx}\n')

    def releasedir(self, gfid, ctx):
        self.out.write(f'releasedir {len(gfid)} {ctx}\n')
