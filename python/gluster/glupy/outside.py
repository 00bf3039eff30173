# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Stands for the built-in module _glupy outside the translator: a module can be
imported there, which is how it is checked before it is installed, and not run."""
from .names import FOPS


class StaleRequest(Exception):
    """A request was used after it had ended."""


def fops():
    return dict.fromkeys(FOPS, True)


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
