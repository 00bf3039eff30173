# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""The Python half of bench/xlators/gilstate.c; that gives LIBRARY."""
from ctypes import (CDLL, CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_long, c_ubyte,
                    c_void_p)


class call_frame_t(Structure):
    _fields_ = []


class xlator_t(Structure):
    _fields_ = []


class dict_t(Structure):
    _fields_ = []


class inode_t(Structure):
    _fields_ = []


class iatt_t(Structure):
    _fields_ = []


class loc_t(Structure):
    _fields_ = [('path', c_char_p), ('name', c_char_p), ('inode', c_void_p),
                ('parent', c_void_p), ('gfid', c_ubyte * 16), ('pargfid', c_ubyte * 16)]


dl = CDLL(LIBRARY)  # noqa: F821
lookup_fop_t = CFUNCTYPE(c_int, POINTER(call_frame_t), POINTER(xlator_t), POINTER(loc_t),
                         POINTER(dict_t))
lookup_cbk_t = CFUNCTYPE(c_int, POINTER(call_frame_t), c_long, POINTER(xlator_t), c_int,
                         c_int, POINTER(inode_t), POINTER(iatt_t), POINTER(dict_t),
                         POINTER(iatt_t))
dl.wind_lookup.restype = None
dl.wind_lookup.argtypes = [POINTER(call_frame_t), POINTER(xlator_t), POINTER(loc_t),
                           POINTER(dict_t)]
dl.unwind_lookup.restype = None
dl.unwind_lookup.argtypes = [POINTER(call_frame_t), c_long, POINTER(xlator_t), c_int, c_int,
                             POINTER(inode_t), POINTER(iatt_t), POINTER(dict_t),
                             POINTER(iatt_t)]


@lookup_fop_t
def lookup_fop(frame, this, loc, xdata):
    dl.wind_lookup(frame, POINTER(xlator_t)(), loc, xdata)
    return 0


@lookup_cbk_t
def lookup_cbk(frame, cookie, this, op_ret, op_errno, inode, buf, xdata, postparent):
    dl.unwind_lookup(frame, cookie, this, op_ret, op_errno, inode, buf, xdata, postparent)
    return 0


dl.set_lookup_fop(lookup_fop)
dl.set_lookup_cbk(lookup_cbk)
