# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Classic: lookup and its callback, doing nothing; the first byte of what is read."""
from gluster.glupy import *


class xlator(Translator):
    def lookup_fop(self, frame, this, loc, xdata):
        dl.wind_lookup(frame, POINTER(xlator_t)(), loc, xdata)

    def lookup_cbk(self, frame, cookie, this, op_ret, op_errno, inode, buf, xdata, postparent):
        dl.unwind_lookup(frame, cookie, this, op_ret, op_errno, inode, buf, xdata, postparent)

    def readv_fop(self, frame, this, fd, size, offset, flags, xdata):
        dl.wind_readv(frame, POINTER(xlator_t)(), fd, size, offset, flags, xdata)

    def readv_cbk(self, frame, cookie, this, op_ret, op_errno, vector, count, stbuf, iobref,
                  xdata):
        if op_ret > 0:
            self.first = cast(vector.contents.iov_base, POINTER(c_ubyte))[0]
        dl.unwind_readv(frame, cookie, this, op_ret, op_errno, vector, count, stbuf, iobref,
                        xdata)
