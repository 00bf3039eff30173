# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Says which names files may have, by suffix, and how many bytes those of a suffix.

    gluster volume set v1 features.glupy-option.policy.refuse .exe,.torrent
    gluster volume set v1 features.glupy-option.policy.quota .mp4=10G,.iso=500M

Options:
    refuse  suffixes, comma-separated: nothing can get such a name (EPERM), by create,
            mkdir, mknod, symlink, link, rename. What has one already may be used, renamed
            and removed
    quota   SUFFIX=BYTES, comma-separated (500M, 10G): files with the suffix may have so many
            bytes together; what would make it more fails with EDQUOT
    case    ignore (default: .MP4 is .mp4) or match
    A file whose data is written by a mount counts when it gets to the bricks, at the latest when it is
    closed: there, or at fsync, the writer is told of EDQUOT.

How the quota is counted. Each file that is made with, or renamed to, such a suffix carries a mark
(trusted.glupy.policy) and how much of it is counted (trusted.glupy.policy.counted); what it grows or
shrinks is added to a sum on the volume's root, which all
clients share. Sizes count, not blocks: a hole is as long as it looks. Files without a mark, as
those that were there before, are not counted until they are renamed. A hard link must
have the suffix of the file (EPERM). A crash between a change and its addition loses that change.
With the volume out of use and the files of a suffix removed, removing
trusted.glupy.policy.used.SUFFIX of the root sets the sum to 0.
While clients write at once, the sum may get larger than allowed by what is under way.

With a quota, the module must see what bricks answer: features.glupy-position cluster/distribute,
features.glupy-clients all, and features.glupy-on-error fail.
"""
import os
import re
import struct
import threading
from errno import EDQUOT, ENODATA, EPERM

from gluster.glupy.native import Dict, Loc, Translator, log_warning

MARK = 'trusted.glupy.policy'
SUM = MARK + '.used.'
COUNTED = MARK + '.counted'
ADD_ARRAY64, GET_AND_SET = 1, 4  # gf_xattrop_flags_t
UNITS = {'': 1, 'K': 1 << 10, 'M': 1 << 20, 'G': 1 << 30, 'T': 1 << 40}
ROOT = bytes(15) + b'\1'
FRESH = 1 << 20  # so far from its limit, what we know of a sum needs no second look


def suffixes(key, text):
    found = [s.strip() for s in text.split(',') if s.strip()]
    for suffix in found:
        if '/' in suffix:
            raise ValueError(f'option {key}: "{suffix}" has a slash; a suffix as .mp4 is wanted')
    return found


def sizes(text):
    limits = {}
    for word in suffixes('quota', text):
        found = re.fullmatch(r'(.+)=(\d+)([KMGT]?)', word, re.I)
        if not found:
            raise ValueError(f'option quota: "{word}" is not SUFFIX=BYTES, as .mp4=10G')
        limits[found[1]] = int(found[2]) * UNITS[found[3].upper()]
    return limits


class Suffix:
    """One with a quota. used: the sum, as far as this client knows."""

    def __init__(self, text, limit):
        self.text, self.limit = text, limit
        self.used, self.under_way = None, 0


class xlator(Translator):

    def __init__(self):
        unknown = set(self.options) - {'refuse', 'quota', 'case'}
        if unknown:
            raise ValueError(f'unknown option {", ".join(sorted(unknown))}; there are case, quota, refuse')
        case = self.options.get('case', 'ignore')
        if case not in ('ignore', 'match'):
            raise ValueError(f'option case is "{case}"; ignore or match is wanted')
        self.fold = str.casefold if case == 'ignore' else str
        self.refused = tuple(map(self.fold, suffixes('refuse', self.options.get('refuse', ''))))
        limits = sizes(self.options.get('quota', ''))
        self.quotas = {self.fold(s): Suffix(self.fold(s), n) for s, n in limits.items()}
        self.warned = False
        self.lock = threading.Lock()
        self.under_way = {}  # inode -> (how long it gets, changes that make it so)
        if not self.quotas:
            for fop in ('writev', 'truncate', 'ftruncate', 'fallocate', 'zerofill',
                        'copy_file_range', 'unlink'):
                setattr(self, fop, None)  # never comes to Python

    # -- names ------------------------------------------------------------------------

    def check(self, loc):
        name = loc.name
        if name and self.fold(name).endswith(self.refused or ('\0',)):
            raise PermissionError(EPERM, f'{name}: a name that the policy refuses')

    def quota_of(self, loc):
        """The longest suffix of the name that has a quota, or None."""
        name = self.fold(loc.name or '')
        found = [s for s in self.quotas if name.endswith(s)]
        return self.quotas[max(found, key=len)] if found else None

    def mkdir(self, loc):
        self.check(loc)

    def symlink(self, loc):
        self.check(loc)

    async def create(self, loc, xdata):
        self.check(loc)
        return await self.make(self.child.create, loc, xdata)

    async def mknod(self, loc, xdata):
        self.check(loc)
        return await self.make(self.child.mknod, loc, xdata)

    async def make(self, call, loc, xdata):
        """The brick gives the new file the mark that xdata has."""
        quota = self.quota_of(loc)
        if quota is None:
            return await call()
        marked = Dict(xdata or {})
        marked[MARK] = quota.text.encode()
        answer = await call(xdata=marked)
        answer.inode.ctx = quota.text
        return answer

    async def link(self, oldloc, newloc):
        self.check(newloc)
        if self.quotas:
            mark, quota = await self.mark_of(oldloc.inode), self.quota_of(newloc)
            if (quota.text if quota else '') != mark:
                raise PermissionError(EPERM, 'a hard link must have the suffix of the file')
        return await self.child.link()

    async def rename(self, oldloc, newloc):
        self.check(newloc)
        if not self.quotas or oldloc.inode.is_dir:
            return await self.child.rename()
        old, new = await self.mark_of(oldloc.inode), self.quota_of(newloc)
        if (new.text if new else '') == old:
            return await self.without(newloc, self.child.rename)
        return await self.without(newloc, lambda: self.move(oldloc, old, new))

    async def move(self, oldloc, old, new):
        """A rename to another suffix: the bytes are counted there from now on."""
        loc = Loc(inode=oldloc.inode, gfid=oldloc.inode.gfid)
        before = (await self.child.stat(loc)).buf
        if before.st_nlink > 1:
            raise PermissionError(EPERM, 'a file with several names keeps its suffix')
        if new is not None:
            await self.want(oldloc.inode, new, before.st_size)
        answer = await self.child.rename()
        text = new.text if new else ''
        await self.child.setxattr(loc, Dict({MARK: text.encode() or b'-'}), 0)
        oldloc.inode.ctx = text or '-'
        if old in self.quotas:
            await self.add(oldloc.inode, self.quotas[old], -await self.counted(loc, 0))
        if new is not None:
            await self.count(oldloc.inode, new, loc)
        return answer

    async def unlink(self, loc):
        return await self.without(loc, self.child.unlink)

    async def without(self, loc, call):
        """Awaits a call that takes the name from loc, if it is there: a file whose last name
        that is counts no more."""
        quota, file = await self.going(loc)
        if quota is None:
            return await call()
        gone = await self.counted(file, 0)
        try:
            answer = await call()
        except OSError:
            await self.add(loc.inode, quota, -gone)
            await self.count(loc.inode, quota, file)
            raise
        await self.add(loc.inode, quota, -gone)
        return answer

    async def going(self, loc):
        """The quota that the file counts for whose last name loc is, and where it is; or None."""
        if loc.inode is None or not loc.inode.is_file:
            return None, None
        quota = self.quotas.get(await self.mark_of(loc.inode))
        if quota is None:
            return None, None
        file = Loc(inode=loc.inode, gfid=loc.inode.gfid)
        try:
            now = (await self.child.stat(file)).buf
        except OSError:
            return None, None
        return (quota, file) if now.st_nlink == 1 else (None, None)

    async def mark_of(self, inode):
        """The suffix with a quota that the file is counted for; '' for none."""
        if not inode.is_file:
            return ''
        mark = inode.ctx
        if mark is None:
            try:
                found = await self.child.getxattr(Loc(inode=inode, gfid=inode.gfid), MARK)
                mark = found.dict.get_bytes(MARK, b'-').rstrip(b'\0').decode()
            except OSError as e:
                if e.errno != ENODATA:
                    raise
                mark = '-'
            inode.ctx = mark
        return mark if mark in self.quotas else ''

    # -- bytes ------------------------------------------------------------------------

    async def add(self, inode, quota, size):
        """To the sum, which all clients share, in one step at the brick."""
        if quota is not None and size:
            await self.sum(inode, quota, size)

    async def sum(self, inode, quota, size):
        root = Loc(path='/', inode=inode.root, gfid=ROOT)
        answer = await self.child.xattrop(root, ADD_ARRAY64,
                                          Dict({SUM + quota.text: struct.pack('>q', size)}))
        quota.used = struct.unpack('>q', answer.xattr[SUM + quota.text][:8])[0]

    async def counted(self, file, size):
        """How much of the file was counted; from now on, so the file says, it is `size`. In one
        step at the brick, so of several who count the file, none counts what another did."""
        call = self.child.xattrop if isinstance(file, Loc) else self.child.fxattrop
        answer = await call(file, GET_AND_SET, Dict({COUNTED: struct.pack('>q', size)}))
        return struct.unpack('>q', answer.xattr.get_bytes(COUNTED, bytes(8))[:8])[0]

    async def length(self, file):
        """How long the file is; 0 if it has no name any more."""
        call = self.child.stat if isinstance(file, Loc) else self.child.fstat
        now = (await call(file)).buf
        return now.st_size if now.st_nlink else 0

    async def count(self, inode, quota, file):
        """Lets the sum have of the file what it is long. Writes of one file may be under way
        together, here and at other clients, and what each is told of the size before and after
        overlaps. So what is added is what is not yet counted of the size now; and who has said
        so looks again: the last to do so sees the last size."""
        size = await self.length(file)
        while True:
            await self.add(inode, quota, size - await self.counted(file, size))
            now = await self.length(file)
            if now == size:
                return
            size = now

    async def want(self, inode, quota, size, ahead=None):
        """Raises EDQUOT where so much more would be too much, with all that this client has under
        way; where `size` is in that already, with what is left of `ahead`: what was before it."""
        if quota.used is None or quota.used + quota.under_way + size > quota.limit - FRESH:
            await self.sum(inode, quota, 0)
        others = quota.under_way
        if ahead is not None:
            others = max(0, min(ahead, others - size))
        if quota.used + others + size > quota.limit:
            raise OSError(EDQUOT, f'{quota.text}: {quota.used} of {quota.limit} bytes are used')

    async def grow(self, inode, file, call, end, pre, post):
        """Awaits a call that may make the file, an Fd or a Loc, as long as `end`."""
        quota = self.quotas.get(await self.mark_of(inode))
        if quota is None:
            return await call
        now = await self.length(file)
        with self.lock:  # several writes of a file may be under way: each counts what it adds
            high, count = self.under_way.get(inode, (0, 0))
            growth = max(0, end - max(now, high))
            self.under_way[inode] = max(high, end), count + 1
            ahead = quota.under_way
            quota.under_way += growth  # before others ask for the sum, and until that has it
        try:
            try:
                if growth:
                    await self.want(inode, quota, growth, ahead)
                answer = await call
            finally:
                with self.lock:
                    high, count = self.under_way.pop(inode)
                    if count > 1:
                        self.under_way[inode] = high, count - 1
            await self.count_answered(inode, quota, file, getattr(answer, pre), getattr(answer, post))
        finally:
            with self.lock:
                quota.under_way -= growth
        return answer

    async def count_answered(self, inode, quota, file, before, after):
        """What a call did that says how long the file was before and after it."""
        if before is None or after is None or not after.st_nlink:
            if not self.warned:
                log_warning('policy: sizes are not answered here: features.glupy-position must '
                            'be cluster/distribute', self.name)
            self.warned = True
        elif before.st_size == after.st_size:
            return
        await self.count(inode, quota, file)

    async def writev(self, fd, vector, offset):
        end = await self.length(fd) if fd.flags & os.O_APPEND else offset
        return await self.grow(fd.inode, fd, self.child.writev(), end + vector.nbytes,
                               'prebuf', 'postbuf')

    async def truncate(self, loc, offset):
        return await self.grow(loc.inode, loc, self.child.truncate(), offset, 'prebuf', 'postbuf')

    async def ftruncate(self, fd, offset):
        return await self.grow(fd.inode, fd, self.child.ftruncate(), offset, 'prebuf', 'postbuf')

    async def fallocate(self, fd, keep_size, offset, len):
        return await self.grow(fd.inode, fd, self.child.fallocate(), 0 if keep_size else offset + len,
                               'preop_stbuf', 'postop_stbuf')

    async def zerofill(self, fd, offset, len):
        return await self.grow(fd.inode, fd, self.child.zerofill(), offset + len,
                               'preop_stbuf', 'postop_stbuf')

    async def copy_file_range(self, fd_out, off_out, len):
        return await self.grow(fd_out.inode, fd_out, self.child.copy_file_range(), off_out + len,
                               'prebuf_dst', 'postbuf_dst')
