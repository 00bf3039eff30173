# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""For tests: the oldest form of a module: decorated functions that a class, which
need not be a Translator, registers. Hides the name `hidden`."""
from gluster.glupy import *  # noqa: F403

dl.get_id.restype = c_long
dl.get_id.argtypes = [POINTER(call_frame_t)]
requests = {}


@lookup_fop_t
def lookup_fop(frame, this, loc, xdata):
    requests[dl.get_id(frame)] = (loc.contents.name or '')[:]
    dl.wind_lookup(frame, POINTER(xlator_t)(), loc, xdata)
    return 0


@lookup_cbk_t
def lookup_cbk(frame, cookie, this, op_ret, op_errno, inode, buf, xdata, postparent):
    name = requests.pop(dl.get_id(frame))
    if name == 'hidden':
        op_ret, op_errno = -1, 2
    dl.unwind_lookup(frame, cookie, this, op_ret, op_errno, inode, buf, xdata, postparent)
    return 0


class xlator:
    def __init__(self, xl):
        dl.set_lookup_fop(xl, lookup_fop)
        dl.set_lookup_cbk(xl, lookup_cbk)
