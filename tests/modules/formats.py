# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""For tests: writes what it sees as modules of the original do: with str.format, names, pointers
and fds as {:s}, gfids by uuid, the bits of ia_prot, times; slices names that may be NULL."""
import stat
import time
from uuid import UUID

from gluster.glupy import *  # noqa: F403

dl.get_id.restype = c_long
dl.get_id.argtypes = [POINTER(call_frame_t)]
dl.get_rootunique.restype = c_uint64
dl.get_rootunique.argtypes = [POINTER(call_frame_t)]


def hexadecimal(gfid):
    return str(UUID(''.join(map('{0:02x}'.format, gfid))))


def describe(buf):
    """An iatt, or NULL."""
    if not buf:
        return '{0:s}'.format(buf)
    buf = buf.contents
    prot, mode = buf.ia_prot, 0
    for who, bits in ((prot.owner, (stat.S_IRUSR, stat.S_IWUSR, stat.S_IXUSR)),
                      (prot.group, (stat.S_IRGRP, stat.S_IWGRP, stat.S_IXGRP)),
                      (prot.other, (stat.S_IROTH, stat.S_IWOTH, stat.S_IXOTH))):
        for has, bit in zip((who.read, who.write, who.execn), bits):
            mode |= bit if has else 0
    when = time.strftime('%Y', time.localtime(buf.ia_mtime))
    return '(gfid={0:s} ino={1:d} mode={2:o} size={3:d} nlink={4:d} type={5:d} year={6:s})'.format(
        hexadecimal(buf.ia_gfid), buf.ia_no, mode, buf.ia_size, buf.ia_nlink, buf.ia_type, when)


class xlator(Translator):

    def __init__(self, c_this):
        self.paths = {}
        self.out = open(self.options['file'], 'a', buffering=1)
        Translator.__init__(self, c_this)

    def say(self, text):
        self.out.write(text + '\n')

    def lookup_fop(self, frame, this, loc, xdata):
        loc_ = loc.contents
        self.paths[dl.get_id(frame)] = (hexadecimal(loc_.pargfid), loc_.name[:])
        self.say('lookup {0:d} gfid={1:s} path={2:s} name={3:s} inode={4:s} xdata={5:s}'.format(
            dl.get_rootunique(frame), hexadecimal(loc_.gfid), loc_.path, loc_.name, loc_.inode, xdata))
        dl.wind_lookup(frame, POINTER(xlator_t)(), loc, xdata)
        return 0

    def lookup_cbk(self, frame, cookie, this, op_ret, op_errno, inode, buf, xdata, postparent):
        parent, name = self.paths.pop(dl.get_id(frame))
        self.say('looked {0:s}/{1:s} {2:d} {3:d} {4:s} {5:s} xdata={6:s}'.format(
            parent, name, op_ret, op_errno, describe(buf), describe(postparent), xdata))
        dl.unwind_lookup(frame, cookie, this, op_ret, op_errno, inode, buf, xdata, postparent)
        return 0

    def create_fop(self, frame, this, loc, flags, mode, umask, fd, xdata):
        self.say('create {0:s} fd={1:s} flags=0{2:o} mode=0{3:o}'.format(
            loc.contents.path, fd, flags, mode))
        dl.wind_create(frame, POINTER(xlator_t)(), loc, flags, mode, umask, fd, xdata)
        return 0

    def create_cbk(self, frame, cookie, this, op_ret, op_errno, fd, inode, buf, preparent,
                   postparent, xdata):
        self.say('created {0:s} fd={1:s} {2:s}'.format(
            hexadecimal(inode.contents.gfid), fd, describe(buf)))
        dl.unwind_create(frame, cookie, this, op_ret, op_errno, fd, inode, buf, preparent,
                         postparent, xdata)
        return 0

    def getxattr_fop(self, frame, this, loc, name, xdata):
        self.say('getxattr {0:s} name={1:s} {2}'.format(loc.contents.path, name, name == None))  # noqa: E711
        dl.wind_getxattr(frame, POINTER(xlator_t)(), loc, name, xdata)
        return 0

    def readv_fop(self, frame, this, fd, size, offset, flags, xdata):
        self.say('readv {0:s} fd={1:s} size={2:d}'.format(
            hexadecimal(fd.contents.inode.contents.gfid), fd, size))
        dl.wind_readv(frame, POINTER(xlator_t)(), fd, size, offset, flags, xdata)
        return 0
