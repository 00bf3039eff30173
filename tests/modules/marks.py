# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Writes a line for each mkdir and its answer to the file of option `file`: what option
`word` says, and who it is. Refuses the name that option `refuse` gives."""
import os
from errno import EPERM
from gluster.glupy import *


class xlator(Translator):
    def note(self, what):
        fd = os.open(self.options['file'], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        os.write(fd, f"{self.options.get('word', '-')} {self.name} {what}\n".encode())
        os.close(fd)

    def mkdir_fop(self, frame, this, loc, mode, umask, xdata):
        self.note('fop')
        if loc.contents.name == self.options.get('refuse'):
            dl.unwind_mkdir(frame, 0, this, -1, EPERM, None, None, None, None, None)
            return
        dl.wind_mkdir(frame, POINTER(xlator_t)(), loc, mode, umask, xdata)

    def mkdir_cbk(self, frame, cookie, this, op_ret, op_errno, inode, buf, preparent,
                  postparent, xdata):
        self.note('cbk')
        dl.unwind_mkdir(frame, cookie, this, op_ret, op_errno, inode, buf, preparent,
                        postparent, xdata)
