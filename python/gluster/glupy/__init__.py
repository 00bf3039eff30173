# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""The classic interface of glupy: `from gluster.glupy import *`.

A module defines `class xlator(Translator)` with a method `<fop>_fop` for each
operation it wants to see on the way down, and `<fop>_cbk` for the way up:

    def lookup_fop(self, frame, this, loc, xdata):
        dl.wind_lookup(frame, POINTER(xlator_t)(), loc, xdata)

    def lookup_cbk(self, frame, cookie, this, op_ret, op_errno, inode, buf,
                   xdata, postparent):
        dl.unwind_lookup(frame, cookie, this, op_ret, op_errno, inode, buf,
                         xdata, postparent)

`loc`, `buf` and the like are ctypes pointers (`loc.contents.name`). A frame is
wound once, or unwound once; a second time raises StaleRequest. forget_cbk(self, gfid),
release_cbk(self, gfid) and releasedir_cbk(self, gfid) hear that GlusterFS has forgotten
a file, or that an open file or directory was closed.
"""
import ctypes
import gc
import sys
import types
from ctypes import *  # noqa: F401,F403  modules expect it

try:
    import _glupy
except ImportError:
    from . import outside as _glupy
from . import check, errors, structures
from .structures import *  # noqa: F401,F403


StaleRequest = _glupy.StaleRequest


class HandlerTimeout(BaseException):
    """Raised inside a handler that ran longer than its operation may take."""


FOPS = _glupy.fops()
_glupy.set_kinds(structures.KINDS)


def _log(level):
    def write(text, name='glupy'):
        _glupy.log(name, level, str(text))
    return write


log_error, log_warning, log_info = _log(4), _log(5), _log(7)


class _Library:
    """What used to be the C library: wind, unwind and set functions."""

    def __init__(self):
        for fop in FOPS:
            for operation in ('wind', 'unwind'):
                setattr(self, f'{operation}_{fop}', _glupy.call(fop, operation))
            for phase in ('fop', 'cbk'):
                setattr(self, f'set_{fop}_{phase}', self._setter(fop, phase))

    @staticmethod
    def _setter(fop, phase):
        def set_handler(c_this, function):
            _register(c_this, fop, phase, function)
        return set_handler

    # functions of Python: modules assign restype and argtypes
    @staticmethod
    def get_id(frame):
        """A number that is the request's own, from its fop to its callback."""
        return _glupy.get_id(frame)

    @staticmethod
    def get_rootunique(frame):
        """The number of the whole call that the request belongs to."""
        return _glupy.get_rootunique(frame)


def _register(c_this, fop, phase, function):
    _glupy.register(c_this, fop, phase, function)


dl = _Library()


def _marker(name):
    def mark(function):
        return function
    mark.__name__ = mark.__qualname__ = name
    mark.__doc__ = f'Decorator: the function is a {name[:-2]}.'
    return mark


_markers = []
for _fop in FOPS:
    for _phase in ('fop', 'cbk'):
        _markers.append(f'{_fop}_{_phase}_t')
        globals()[_markers[-1]] = _marker(_markers[-1])
    _op = type('Op' + _fop.capitalize(), (), {
        'fop_type': staticmethod(globals()[f'{_fop}_fop_t']),
        'cbk_type': staticmethod(globals()[f'{_fop}_cbk_t'])})
    _markers.append(_op.__name__)
    globals()[_op.__name__] = _op


class Translator:
    """The base of a module's `class xlator`: registers its methods.

    self.name is the translator's name in the volfile, self.options a dict of the
    module's options."""

    def __new__(cls, c_this, *args, **kwargs):
        self = super().__new__(cls)
        self.name, _, self.options = _glupy.describe(c_this)
        return self

    def __init__(self, c_this):
        for fop in FOPS:
            for phase in ('fop', 'cbk'):
                method = getattr(self, f'{fop}_{phase}', None)
                if method is not None:
                    _register(c_this, fop, phase, method)
        for name in ('forget', 'release', 'releasedir'):
            method = getattr(self, f'{name}_cbk', None)
            if method is not None:
                _glupy.handle_end(c_this, name, lambda gfid, _, method=method: method(gfid))


def _prepare():
    """For the interpreter of a process that serves a volume."""
    from . import processes
    processes.prepare()
    errors.catch_others(log_error)


_describe = errors.describe
_loaded = 0
_modules = {}  # c_this: its module's name


def _warn_of(cls):
    try:
        check.check(cls)
    except TypeError as error:
        log_warning(str(error))


def _load(c_this, name, text, file):
    """Runs a module's text in a namespace of its own and makes its xlator."""
    global _loaded
    _loaded += 1
    code = compile(text, file, 'exec', dont_inherit=True)
    module = types.ModuleType(f'_glupy_module_{name.replace("-", "_")}_{_loaded}')
    module.__file__ = file
    sys.modules[module.__name__] = module
    _modules[c_this] = module.__name__
    _, address, _ = _glupy.describe(c_this)
    _glupy.set_this(c_this, ctypes.cast(address, ctypes.POINTER(structures.xlator_t)))
    try:
        exec(code, module.__dict__)
        native = sys.modules.get(f'{__name__}.native')
        if native and issubclass(module.xlator, native.Translator):
            return native._make(c_this, module.xlator)
        _warn_of(module.xlator)
        return module.xlator(c_this)
    except BaseException:
        sys.modules.pop(module.__name__, None)
        raise


def _unload(c_this):
    """A module that no operation uses any more: what only it has goes with it."""
    sys.modules.pop(_modules.pop(c_this, None), None)
    gc.collect()


__all__ = (['StaleRequest', 'HandlerTimeout', 'Translator', 'dl', 'log_error', 'log_warning',
            'log_info'] + structures.__all__ + _markers
           + [n for n in dir(ctypes) if not n.startswith('_')])
