# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""For tests: what a coroutine can do that makes no sense. A mkdir's name says what."""
import errno
import gc
import time

from gluster.glupy.native import *

CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


class Canary:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        log_info(f'canary {self.name} is gone')


class xlator(Translator):
    def __init__(self):
        self.kept, self.event = [], Event()

    async def mkdir(self, loc):
        return await CASES[loc.name.split(',')[0]](self, loc)

    async def readlink(self):
        reply = await self.child.readlink()
        reply.path = 'abc'
        reply.op_ret = 3000
        return reply

    async def readv(self, fd):
        reply = await self.child.readv()
        reply.op_ret += 100
        return reply

    async def getxattr(self, loc, name):
        if name != 'user.scan':
            return await self.child.getxattr()
        fd, at = Fd(loc.inode, 0, anonymous=True), 0
        while (got := (await self.child.readv(fd, 131072, at, 0)).op_ret) > 0:
            at += got
        log_info(f'scanned {at}')
        raise OSError(errno.ENODATA, 'scanned')

    def stat_reply(self, reply):
        self.child.stat()


@case
async def gather_twice(self, loc):
    call = self.child.mkdir()
    first, second = await gather(call, call, return_exceptions=True)
    log_info(f'gather twice: {second!r}')
    return first


@case
async def gather_nothing(self, loc):
    nothing = gather()
    try:
        await gather(nothing, nothing)
    except RuntimeError as error:
        log_info(f'gather nothing: {error}')
    return await self.child.mkdir()


@case
async def gather_deep(self, loc):
    parts = gather()
    try:
        for _ in range(300000):
            parts = gather(parts)
    except RecursionError as error:
        log_info(f'gather deep: {error}')
    return await self.child.mkdir()


@case
async def early(self, loc):
    """Answers while its call is on its way."""
    call = self.child.mkdir()
    try:
        await gather(call, call)
    except RuntimeError:
        pass
    await sleep(0.05)
    raise OSError(errno.EXDEV, 'early')


@case
async def victim(self, loc):
    self.kept.append(self.child.mkdir())
    return await self.kept[0]


@case
async def attacker(self, loc):
    try:
        await gather(self.kept.pop())
    except RuntimeError as error:
        log_info(f'attacker: {error}')
    raise OSError(errno.EDQUOT, 'attacker')


@case
async def copied(self, loc):
    await self.child.mkdir(Loc(path=loc.path, inode=loc.inode, parent=loc.parent))
    raise KeyError('after a copied location')


@case
async def thread_fails(self, loc):
    def work(canary):
        time.sleep(1)
        raise ValueError('late')
    await run_in_thread(work, Canary('thread'))


@case
async def waits(self, loc):
    await self.event.wait()


@case
async def collect(self, loc):
    gc.collect()
    log_info(f'waiting {len(self.event._waiting)}')
    return await self.child.mkdir()


@case
async def spins(self, loc):
    try:
        await Event().wait()
    finally:
        try:
            while True:
                pass
        finally:
            log_info('spin is over')
