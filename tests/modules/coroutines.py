# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""For tests of the native interface: what a mkdir does is said by the folder's name, as
it is written below."""
import asyncio
import errno
import threading

from gluster.glupy.native import *

CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


class xlator(Translator):
    def __init__(self):
        self.event, self.kept = Event(), []

    async def mkdir(self, loc, mode, request):
        return await CASES[loc.name.split(',')[0]](self, loc, mode, request)

    def rmdir(self, loc, xflags):
        if loc.name == 'stays':
            raise OSError(errno.EBUSY, 'it stays')
        if loc.name == 'other':
            return self.child.rmdir(Loc(path='/another', name='another', parent=loc.parent,
                                        inode=loc.inode))
        if loc.name == 'bad':
            return 5

    def symlink(self, linkname, loc):
        if linkname == 'answered':
            raise OSError(errno.EXDEV, 'no')
        return self.child.symlink('to/' + linkname)

    def readlink_reply(self, reply):
        if reply.op_ret >= 0:
            reply.path = '<' + reply.path + '>'
            reply.op_ret = len(reply.path)

    async def readv(self, fd):
        reply = await self.child.readv()
        reply.vector = IoVec(reply.vector.tobytes().swapcase())
        return reply

    async def writev(self, fd, vector, offset):
        data = b''.join(vector.views)
        return await self.child.writev(vector=IoVec(data.swapcase()))

    async def readdirp(self, fd):
        reply = await self.child.readdirp()
        reply.entries.keep(lambda entry: not entry.name.startswith('hidden'))
        return reply

    async def rename(self, oldloc, newloc):
        self.event.set()
        return await self.child.rename()


@case
async def plain(self, loc, mode, request):
    return await self.child.mkdir()


@case
async def who(self, loc, mode, request):
    log_info(f'uid {request.uid} gid {request.gid} groups {sorted(request.groups)} '
             f'fop {request.fop} client {request.client} mode {mode & 0o777:o}')
    return await self.child.mkdir(loc, mode=0o711)


@case
async def refused(self, loc, mode, request):
    raise OSError(errno.EDQUOT, 'enough')


@case
async def textual(self, loc, mode, request):
    raise OSError('an error without number')


@case
async def raises(self, loc, mode, request):
    raise KeyError('before')


@case
async def raises_later(self, loc, mode, request):
    await self.child.mkdir()
    raise KeyError('after')


@case
async def none(self, loc, mode, request):
    await self.child.mkdir()


@case
async def child_fails(self, loc, mode, request):
    try:
        await self.child.stat(Loc(path='/none', inode=loc.parent.new(), gfid=bytes(range(16))))
    except OSError as error:
        log_info(f'child: {type(error).__name__} {error.reply!r}')
    return await self.child.mkdir()


@case
async def sleeps(self, loc, mode, request):
    for _ in range(4):
        await sleep(0.1)
    return await self.child.mkdir()


@case
async def sleeps_long(self, loc, mode, request):
    await sleep(61)


@case
async def waits(self, loc, mode, request):
    await self.event.wait()
    return await self.child.mkdir()


@case
async def waits_in_vain(self, loc, mode, request):
    await Event().wait()


@case
async def threaded(self, loc, mode, request):
    name = await run_in_thread(lambda: threading.current_thread().name)
    try:
        await run_in_thread(lambda: 1 // 0)
    except ZeroDivisionError as error:
        log_info(f'thread {name}: {error}')
    return await self.child.mkdir()


@case
async def foreign(self, loc, mode, request):
    try:
        await asyncio.sleep(0.1)
    except (TypeError, RuntimeError) as error:
        log_info(f'asyncio: {type(error).__name__}')

    class Awaitable:
        def __await__(self):
            yield 7
    try:
        await Awaitable()
    except TypeError as error:
        log_info(f'foreign: {error}')
    return await self.child.mkdir()


@case
async def together(self, loc, mode, request):
    async def slow():
        await sleep(0.02)
        return 'slow'
    root = Loc(path='/', inode=loc.parent)
    stat, text, access = await gather(self.child.stat(root), slow(), self.child.access(root, 4))
    log_info(f'together: {stat.buf.st_mode & 0o170000 == 0o40000} {text} {access.op_ret}')
    return await self.child.mkdir()


@case
async def one_fails(self, loc, mode, request):
    root = Loc(path='/', inode=loc.parent)
    none = Loc(path='/none', inode=loc.parent.new(), gfid=bytes(range(16)))
    three = [self.child.stat(root), self.child.stat(none), self.child.stat(root)]
    three = await gather(*three, return_exceptions=True)
    log_info('one fails: ' + ' '.join(type(t).__name__ for t in three))
    try:
        await gather(self.child.stat(none), self.child.mkdir())
    except FileNotFoundError:
        raise OSError(errno.EXDEV, 'one failed') from None # FUSE would try ENOENT again


@case
async def many(self, loc, mode, request):
    root = Loc(path='/', inode=loc.parent)
    for _ in range(3000):
        await self.child.access(root, 4)
    return await self.child.mkdir()


@case
async def twice(self, loc, mode, request):
    call = self.child.mkdir()
    reply = await call
    try:
        await call
    except RuntimeError as error:
        log_info(f'twice: {error}')
    return reply


@case
async def keeps(self, loc, mode, request):
    self.kept.append((loc, request, self.child.mkdir()))
    return await self.child.mkdir()


@case
async def uses_kept(self, loc, mode, request):
    old, who, call = self.kept[0]
    try:
        await call
    except RuntimeError as error:
        log_info(f'kept: {old.path} {who.uid} {error}')
    return await self.child.mkdir()


@case
async def outside(self, loc, mode, request):
    try:
        await run_in_thread(lambda: self.child.stat(loc))
    except RuntimeError as error:
        log_info(f'outside: {error}')
    return await self.child.mkdir()


@case
async def wrong_reply(self, loc, mode, request):
    return reply.stat()


@case
async def empty_reply(self, loc, mode, request):
    return reply.mkdir()


@case
async def wrong_arguments(self, loc, mode, request):
    for call in (lambda: self.child.mkdir(7), lambda: self.child.mkdir(mode=1 << 40),
                 lambda: self.child.mkdir(colour=1), lambda: self.child.stat(),
                 lambda: self.child.mkdir(loc, loc=loc), lambda: sleep(-1),
                 lambda: gather(7)):
        try:
            call()
        except (TypeError, OverflowError, ValueError) as error:
            log_info(f'wrong: {error}')
    return await self.child.mkdir()


@case
async def loops(self, loc, mode, request):
    while True:
        pass


@case
async def looks_elsewhere(self, loc, mode, request):
    other = Loc(path='/elsewhere', name='elsewhere', parent=loc.parent,
                inode=loc.parent.new())
    try:
        await self.child.mkdir(other)
    finally:
        raise KeyError('elsewhere')
