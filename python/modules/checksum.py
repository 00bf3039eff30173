# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Checksums of file data: what is read is what was written, or EIO.

Disks and the ways to them sometimes return other bytes than they got, and say nothing. This module
keeps a checksum (CRC-32) of every block of a file, and compares it when the block is read.

    gluster volume set v1 features.glupy-position cluster/distribute \\
        features.glupy-clients all features.glupy-on-error fail features.glupy-timeout 60000
    gluster volume set v1 features.glupy-module checksum
    gluster volume set v1 cluster.eager-lock off    # if several clients write to the same file at once

Options:
    block   bytes of a block, 4K to 1M, a power of two (default 64K); files keep what they began with
    strict  yes: a file whose checksums are out of date cannot be read (EIO); no (default): it is
            read as it is. Files from before, that have none, can always be read

How it works. The sums of a file are in one extended attribute (trusted.glupy.checksum), with the
size and modification time that the file had then. A change is made under a lock (of the domain
glupy.checksum) that all clients take: parts of blocks are read, compared and completed, the
data is written, then the sums. If size or time are others than the sums say, somebody changed the
file without this module (a client without it, or one that died before it wrote the sums, which also
may be how the module's own failure looks): then the sums are worth nothing, reads are not compared,
and blocks get sums again as they are written. So a failure costs protection, never data.
A block that fails is read again under the lock before it is called bad, so that a reader never takes
a write that is under way for an error.

What works: writes of any size and place, appending, truncation in both directions, holes, punched
and zeroed ranges, O_DIRECT, several writers and readers on several clients, rename, hard links, mmap.

Limits. The sums of a file must fit into an extended attribute: 64 KiB on XFS (1 GiB with blocks
of 64K, 16 GiB with 1M), about 3 KiB on ext4 (40 MiB and 700 MiB); a larger file loses its sums, and the log
says so. A write costs four more round trips, and up to two reads of a block; with cluster.eager-lock, as it is
by default on replicated volumes, each turn from one client's writing to another's can take a second (and those who
wait longer than features.glupy-timeout get EIO). Data is protected
from the bricks' disks to the client, not in the client's caches above. A change by others that
leaves size and time as they were (a clock that is set back) looks like bad data. On replicated volumes
features.ctime must be on (it is by default).
"""
import fcntl
import os
import struct
import threading
import zlib
from errno import EIO, ENODATA, ENOSYS, EOPNOTSUPP, EPERM

from gluster.glupy.native import (Dict, Event, Fd, IoVec, Loc, Lock, Translator, gather,
                                  log_error, log_warning, reply)

KEY = 'trusted.glupy.checksum'
DOMAIN = 'glupy.checksum'
CONTENT = 'glusterfs.content'
HEADER = struct.Struct('>4sIQq')  # magic, block size, file size, mtime in ns
MAGIC = b'GCS1'
UNKNOWN = 0
SET_MTIME = 32  # in valid of setattr
F_RDLCK, F_WRLCK, F_UNLCK, F_SETLKW = fcntl.F_RDLCK, fcntl.F_WRLCK, fcntl.F_UNLCK, fcntl.F_SETLKW


def checksum(data, block):
    """The sum of a block; behind its end a file is as if there were zeroes."""
    value = zlib.crc32(bytes(block - len(data)), zlib.crc32(data))
    return value or 1  # 0 stands for unknown


class Sums:
    """The sums of a file, and which state of it they are of."""

    def __init__(self, block, size=0, mtime=0, values=()):
        self.block, self.size, self.mtime = block, size, mtime
        self.values = list(values)
        self.zeroes = checksum(b'', block)

    @classmethod
    def parse(cls, data):
        """None if it is not what we write."""
        if len(data) < HEADER.size:
            return None
        magic, block, size, mtime = HEADER.unpack_from(data)
        rest = data[HEADER.size:]
        if magic != MAGIC or not block or len(rest) != 4 * -(-size // block):
            return None
        return cls(block, size, mtime, struct.unpack(f'>{len(rest) // 4}I', rest))

    def bytes(self):
        return (HEADER.pack(MAGIC, self.block, self.size, self.mtime) +
                struct.pack(f'>{len(self.values)}I', *self.values))

    def are_of(self, iatt):
        return iatt is not None and (self.size, self.mtime) == (iatt.st_size, iatt.st_mtime_ns)

    def resize(self, size):
        """The file has this size now, and zeroes where it grew."""
        count = -(-size // self.block)
        del self.values[count:]
        self.values += [self.zeroes] * (count - len(self.values))
        self.size = size

    def forget(self):
        self.values = [UNKNOWN] * len(self.values)

    def bad(self, offset, data):
        """The first block of data (which begins at a block's begin) that is another than it
        was, or None."""
        first = offset // self.block
        for n in range(-(-len(data) // self.block)):
            known = self.values[first + n] if first + n < len(self.values) else UNKNOWN
            part = data[n * self.block:(n + 1) * self.block]
            if known != UNKNOWN and checksum(part, self.block) != known:
                return first + n
        return None


class File:
    """What an inode's ctx holds: whose turn it is in this client, and the sums."""

    def __init__(self):
        self.guard = threading.Lock()
        self.busy, self.waiting = False, []
        self.sums = None
        self.given_up = False

    async def begin(self):
        with self.guard:
            if not self.busy:
                self.busy = True
                return
            turn = Event()
            self.waiting.append(turn)
        try:
            await turn.wait()
        except BaseException:
            with self.guard:
                if turn in self.waiting:
                    self.waiting.remove(turn)
                    raise
            self.end()  # it was ours already
            raise

    def end(self):
        with self.guard:
            if self.waiting:
                self.waiting.pop(0).set()
            else:
                self.busy = False


def block_size(text):
    units = {'K': 1024, 'M': 1 << 20}
    number = text[:-1] if text[-1:].upper() in units else text
    size = int(number) * units.get(text[-1:].upper(), 1) if number.isdigit() else 0
    if not 4096 <= size <= 1 << 20 or size & size - 1:
        raise ValueError(f'option block is "{text}"; a power of two from 4K to 1M is wanted')
    return size


class xlator(Translator):

    def __init__(self):
        unknown = set(self.options) - {'block', 'strict'}
        if unknown:
            raise ValueError(f'unknown option {", ".join(sorted(unknown))}; there are block, strict')
        self.block = block_size(self.options.get('block', '64K'))
        strict = self.options.get('strict', 'no')
        if strict not in ('yes', 'no'):
            raise ValueError(f'option strict is "{strict}"; yes or no is wanted')
        self.strict = strict == 'yes'
        self.making = threading.Lock()

    def file(self, inode):
        with self.making:
            file = inode.ctx
            if file is None:
                file = inode.ctx = File()
        return file

    # -- the lock ---------------------------------------------------------------------

    async def lock(self, inode, kind):
        """True: it is held. A graph without features/locks has no other clients either."""
        # not finodelk: replication cannot give that back
        loc = Loc(inode=inode, gfid=inode.gfid)
        try:
            await self.child.inodelk(DOMAIN, loc, F_SETLKW, Lock(l_type=kind, l_start=0, l_len=0))
        except OSError as e:
            if e.errno in (ENOSYS, EOPNOTSUPP):
                return False
            raise
        return True

    async def unlock(self, inode, locked):
        if not locked:
            return
        loc = Loc(inode=inode, gfid=inode.gfid)
        try:
            await self.child.inodelk(DOMAIN, loc, F_SETLKW, Lock(l_type=F_UNLCK, l_start=0, l_len=0))
        except OSError as e:  # the server drops it with the connection
            log_warning(f'checksum: a lock could not be given back: {e}', self.name)

    async def alone(self, fd, work, kind=F_WRLCK):
        """Awaits work() while nobody else, in this client or another, changes the file."""
        file = self.file(fd.inode)
        await file.begin()
        try:
            locked = await self.lock(fd.inode, kind)
            try:
                answer = await work(file)
            except OSError:
                await self.unlock(fd.inode, locked)
                raise
            await self.unlock(fd.inode, locked)
            return answer
        finally:
            file.end()

    # -- sums -------------------------------------------------------------------------

    @staticmethod
    def parse(found):
        """What fgetxattr answered, or raised."""
        if isinstance(found, BaseException):
            if getattr(found, 'errno', None) != ENODATA:
                raise found
            return None
        return Sums.parse(found.dict.get_bytes(KEY, b''))

    async def load(self, fd, file, iatt):
        """The sums of the file as iatt tells it; None: there are none that are of it."""
        if file.sums is not None and file.sums.are_of(iatt):
            return file.sums
        try:
            found = await self.child.fgetxattr(fd, KEY)
        except OSError as e:
            found = e
        file.sums = self.parse(found)
        return file.sums if file.sums is not None and file.sums.are_of(iatt) else None

    async def store(self, fd, file, sums, iatt):
        sums.mtime, sums.size = iatt.st_mtime_ns, iatt.st_size
        file.sums = None
        if file.given_up and iatt.st_size:
            return
        file.given_up = False
        try:
            await self.child.fsetxattr(fd, Dict({KEY: sums.bytes()}), 0)
            file.sums = sums
        except OSError as e:
            # what is there is of an older state, which everybody can see
            log_warning(f'checksum: the sums of a file of {iatt.st_size} bytes cannot be kept '
                        f'({e}): it is not protected', self.name)
            file.given_up = True

    async def now(self, fd, file):
        """With the lock: the file's attributes, and the sums if they are of them. What other
        clients stored counts: two states of a file can look the same."""
        iatt, found = await gather(self.child.fstat(fd), self.child.fgetxattr(fd, KEY),
                                   return_exceptions=True)
        if isinstance(iatt, BaseException):
            raise iatt
        file.sums = self.parse(found)
        return iatt.buf, file.sums if file.sums is not None and file.sums.are_of(iatt.buf) else None

    async def known(self, fd, file):
        """The sums to begin a change with, for the state that the file is in now."""
        iatt, sums = await self.now(fd, file)
        if sums is None:
            block = file.sums.block if file.sums is not None else self.block
            sums = Sums(block)
            sums.resize(iatt.st_size)
            sums.forget()
        return Sums(sums.block, iatt.st_size, iatt.st_mtime_ns, sums.values)

    async def read_block(self, fd, sums, number):
        """A block as it is now, compared."""
        begin = number * sums.block
        if begin >= sums.size:
            return b''
        data = (await self.child.readv(fd, sums.block, begin, 0)).vector.tobytes()
        if sums.bad(begin, data) is not None:
            raise self.broken(fd, sums, number)
        return data

    def broken(self, fd, sums, number):
        log_error(f'checksum: block {number} (of {sums.block} bytes) of gfid {fd.inode.gfid.hex()} '
                  f'is not what was written', self.name)
        return OSError(EIO, 'the data is not what was written')

    @staticmethod
    def readable(fd):
        """A descriptor that blocks can be read by: one that is open for writing only will not
        do, and one with O_DIRECT wants memory that is aligned."""
        return Fd(fd.inode, os.O_RDWR, anonymous=True)

    # -- changes ----------------------------------------------------------------------

    async def new_sums(self, fd, sums, offset, data):
        """number -> sum of the blocks that data at offset changes. Reads what it leaves of them."""
        block, end = sums.block, offset + len(data)
        result = {}
        for number in range(offset // block, -(-end // block)):
            begin = number * block
            part = data[max(0, begin - offset):begin + block - offset]
            at = max(0, offset - begin)
            if at or at + len(part) < min(block, sums.size - begin):
                old = await self.read_block(fd, sums, number)
                old += bytes(max(0, at - len(old)))
                part = old[:at] + bytes(part) + old[at + len(part):]
            result[number] = checksum(part, block)
        return result

    async def changed(self, fd, file, sums, blocks, pre, post):
        """The file was changed: blocks says which sums are others now."""
        before = sums.size, sums.mtime
        sums.resize(post.st_size)
        for number, value in blocks.items():
            if number < len(sums.values):
                sums.values[number] = value
        if before != (pre.st_size, pre.st_mtime_ns):
            sums.forget()  # somebody without the lock came between
        await self.store(fd, file, sums, post)

    async def writev(self, fd, vector, offset):
        async def work(file):
            sums = await self.known(fd, file)
            data = memoryview(vector.tobytes())
            begin = sums.size if fd.flags & os.O_APPEND else offset
            blocks = await self.new_sums(self.readable(fd), sums, begin, data)
            answer = await self.child.writev()
            if answer.op_ret < len(data):  # no space, for example
                blocks = {n: value if (n + 1) * sums.block <= begin + answer.op_ret else UNKNOWN
                          for n, value in blocks.items()}
            await self.changed(fd, file, sums, blocks, answer.prebuf, answer.postbuf)
            return answer
        return await self.alone(fd, work)

    async def zerofill(self, fd, offset, len):
        return await self.zero(fd, offset, offset + len, self.child.zerofill, True)

    async def discard(self, fd, offset, len):
        return await self.zero(fd, offset, offset + len, self.child.discard, False)

    async def zero(self, fd, begin, end, call, extends):
        async def work(file):
            sums = await self.known(fd, file)
            stop = end if extends else min(end, sums.size)
            first, last = -(-begin // sums.block), stop // sums.block
            blocks = dict.fromkeys(range(first, last), sums.zeroes)
            for low, high in ((begin, min(stop, first * sums.block)),
                              (max(begin, last * sums.block), stop)):
                if low < high:
                    blocks.update(await self.new_sums(self.readable(fd), sums, low,
                                                      bytes(high - low)))
            answer = await call()
            await self.changed(fd, file, sums, blocks, answer.preop_stbuf, answer.postop_stbuf)
            return answer
        return await self.alone(fd, work)

    async def copy_file_range(self, fd_out, off_out, len):
        async def work(file):
            sums = await self.known(fd_out, file)
            touched = range(off_out // sums.block, -(-(off_out + len) // sums.block))
            blocks = dict.fromkeys(touched, UNKNOWN)  # until they are written
            answer = await self.child.copy_file_range()
            await self.changed(fd_out, file, sums, blocks, answer.prebuf_dst, answer.postbuf_dst)
            return answer
        return await self.alone(fd_out, work)

    async def fallocate(self, fd):  # may make it longer, by zeroes
        return await self.resize(fd, self.child.fallocate)

    async def ftruncate(self, fd, offset):
        return await self.resize(fd, self.child.ftruncate, offset)

    async def truncate(self, loc, offset):
        fd = Fd(loc.inode, os.O_RDWR, anonymous=True)
        return await self.resize(fd, self.child.truncate, offset)

    async def resize(self, fd, call, size=None):
        async def work(file):
            sums = await self.known(fd, file)
            blocks = {}
            if size is not None and size < sums.size and size % sums.block:
                number = size // sums.block
                data = await self.read_block(self.readable(fd), sums, number)
                blocks[number] = checksum(data[:size % sums.block], sums.block)
            answer = await call()
            pre, post = ((answer.preop_stbuf, answer.postop_stbuf) if answer.fop == 'fallocate'
                         else (answer.prebuf, answer.postbuf))
            await self.changed(fd, file, sums, blocks, pre, post)
            return answer
        return await self.alone(fd, work)

    # Who sets the modification time says nothing of the data.

    async def fsetattr(self, fd, valid):
        if not valid & SET_MTIME:
            return await self.child.fsetattr()
        return await self.retime(fd, self.child.fsetattr)

    async def setattr(self, loc, valid):
        if not valid & SET_MTIME or not loc.inode.is_file:
            return await self.child.setattr()
        return await self.retime(Fd(loc.inode, os.O_RDWR, anonymous=True), self.child.setattr)

    async def retime(self, fd, call):
        async def work(file):
            _, sums = await self.now(fd, file)
            answer = await call()
            if sums is not None and sums.are_of(answer.preop_stbuf):
                await self.store(fd, file, Sums(sums.block, sums.size, 0, sums.values),
                                 answer.postop_stbuf)
            return answer
        return await self.alone(fd, work)

    # -- reading ----------------------------------------------------------------------

    async def readv(self, fd, size, offset, flags):
        file = self.file(fd.inode)
        block = file.sums.block if file.sums is not None else self.block
        begin = offset // block * block
        end = -(-(offset + size) // block) * block
        whole = (begin, end) == (offset, offset + size)
        reader = fd if whole else self.readable(fd)
        answer = await self.child.readv(reader, end - begin, begin, flags)
        sums = await self.load(fd, file, answer.stbuf)
        if sums is None and file.sums is None and not self.strict:
            if whole:
                return answer  # a file without sums
        elif sums is None or sums.block != block or sums.bad(begin, answer.vector.tobytes()) is not None:
            answer, begin = await self.read_alone(fd, size, offset, flags)
            whole = False
        if whole:
            return answer
        data = memoryview(answer.vector.tobytes())[offset - begin:offset - begin + size]
        return reply.readv(vector=IoVec(data), stbuf=answer.stbuf)

    async def read_alone(self, fd, size, offset, flags):
        """The same with the lock: what is wrong now is wrong. (answer, its offset)"""
        async def work(file):
            _, sums = await self.now(fd, file)
            block = sums.block if sums is not None else self.block
            begin = offset // block * block
            end = -(-(offset + size) // block) * block
            answer = await self.child.readv(self.readable(fd), end - begin, begin, flags)
            if sums is None:
                if self.strict and file.sums is not None:
                    raise OSError(EIO, 'the checksums are out of date')
                return answer, begin
            bad = sums.bad(begin, answer.vector.tobytes())
            if bad is not None and sums.are_of(answer.stbuf):
                raise self.broken(fd, sums, bad)
            return answer, begin
        return await self.alone(fd, work, F_RDLCK)

    def lookup(self, xdata):
        """The cache quick-read gets the data of small files by lookup; here it must read."""
        if xdata is None or CONTENT not in xdata:
            return None
        asked = Dict(xdata)
        del asked[CONTENT]
        return self.child.lookup(xdata=asked)

    # -- the attribute is nobody else's -----------------------------------------------

    def setxattr(self, dict):
        if KEY in dict:  # a copy with all attributes, of another file's
            raise PermissionError(EPERM, KEY)

    def fsetxattr(self, dict):
        self.setxattr(dict)

    def getxattr_reply(self, reply):
        self.hide(reply)

    def fgetxattr_reply(self, reply):
        self.hide(reply)

    @staticmethod
    def hide(reply):
        found = reply.dict if reply.op_ret >= 0 else None
        if found is not None and KEY in found and len(found) > 1:
            del found[KEY]
