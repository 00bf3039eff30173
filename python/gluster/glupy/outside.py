# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Stands for the built-in module _glupy outside the translator: a module can be
imported there, which is how it is checked before it is installed, and not run."""
from .names import ARGUMENTS, FOPS


class StaleRequest(Exception):
    """A request was used after it had ended."""


def fops():
    return FOPS


def set_kinds(kinds):
    pass


def log(name, level, text):
    pass


def _refuse(*args, **kwargs):
    raise RuntimeError('only a process of GlusterFS can do this')


def call(fop, operation):
    def function(*args):
        _refuse()
    return function


get_id = get_rootunique = register = describe = set_this = _refuse
gather = sleep = future = child = handle = look_at = handle_end = _refuse


def arguments(fop):
    return ARGUMENTS[fop]


def reply_maker(fop):
    return _refuse


def _stand_in(name):
    def __init__(self, *args, **kwargs):
        _refuse()
    return type(name, (), {'__init__': __init__, '__module__': __name__})


(Reply, Loc, Inode, Fd, Iatt, Dict, IoVec, Dirents, Dirent, Lock, Lease, StatVfs, LockList,
 Request) = map(_stand_in, (
     'Reply', 'Loc', 'Inode', 'Fd', 'Iatt', 'Dict', 'IoVec', 'Dirents', 'Dirent', 'Lock', 'Lease',
     'StatVfs', 'LockList', 'Request'))
