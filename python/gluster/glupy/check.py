# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""What can be told of a module's class without making one: names and arguments of its
methods. Used before a module is installed, where a mistake is refused, and when one is
loaded, where it is logged."""
import difflib
import inspect
import sys

from .names import CLASSIC, FOPS

_BEFORE = {'fop': ('frame', 'this'), 'cbk': ('frame', 'cookie', 'this', 'op_ret', 'op_errno')}


def _takes(function, count):
    """Can it be called with so many arguments? Yes, where that cannot be told."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return True
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True


def _classic(cls):
    known = {f'{fop}_{phase}' for fop in FOPS for phase in ('fop', 'cbk')}
    for name in dir(cls):
        stem, _, phase = name.rpartition('_')
        function = inspect.getattr_static(cls, name)
        if phase not in _BEFORE or name.startswith('_') or not callable(getattr(cls, name)):
            continue
        if name not in known:
            near = difflib.get_close_matches(stem, FOPS, 1, 0.75)
            if near:
                raise TypeError(f'no operation is called {stem}, so that {name} would never be '
                                f'called; is {near[0]}_{phase} meant?')
            continue
        wanted = _BEFORE[phase] + CLASSIC[stem][phase == 'cbk']
        own = [] if isinstance(function, staticmethod) else ['self']
        if not _takes(getattr(cls, name), len(wanted) + len(own)
                      - isinstance(function, classmethod)):
            raise TypeError(f'{name} cannot be called with its arguments: they are '
                            f'({", ".join((*own, *wanted))})')


def check(cls):
    """Raises TypeError with a sentence."""
    package, native = sys.modules[__package__], sys.modules.get(__package__ + '.native')
    if native and issubclass(cls, native.Translator):
        native.check(cls)
    elif issubclass(cls, package.Translator):
        _classic(cls)
