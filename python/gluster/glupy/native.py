# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""The native interface of glupy: `from gluster.glupy.native import *`.

A module defines `class xlator(Translator)`. A method named like a file operation gets
the arguments of it that it names, in any order:

    class xlator(Translator):
        async def lookup(self, loc):
            reply = await self.child.lookup()
            log_info(f'{loc.path}: {reply.buf.st_size}')
            return reply

What the child is not given is the operation's own. A child's failure is an OSError; an
OSError that is raised is the operation's failure. A method that is no coroutine
(`def unlink(self, loc)`) is called before: it returns None to go on, or raises. A method
`<fop>_reply(self, reply)` sees the answer only.
"""
import difflib
import inspect
import queue
import threading
import types

try:
    import _glupy
except ImportError:
    from . import outside as _glupy
from . import FOPS, HandlerTimeout, StaleRequest, log_error, log_info, log_warning

gather = _glupy.gather
sleep = _glupy.sleep
Reply = _glupy.Reply
_TYPES = ('Loc', 'Inode', 'Fd', 'Iatt', 'Dict', 'IoVec', 'Dirents', 'Dirent', 'Lock', 'Lease',
          'StatVfs', 'LockList', 'Request')
for _name in _TYPES:
    if hasattr(_glupy, _name):
        globals()[_name] = getattr(_glupy, _name)

_ENDS = ('forget', 'release', 'releasedir')


class Child:
    """A translator below this one: `await child.lookup(loc)` and so on for all
    operations. child.name and child.type are as in the volfile."""
    __slots__ = ('name', 'type', *FOPS)

    def __init__(self, name, type_, fops):
        self.name, self.type = name, type_
        for fop, call in fops.items():
            setattr(self, fop, call)

    def __repr__(self):
        return f'<child {self.name} ({self.type})>'


class Translator:
    """The base of a native module's `class xlator`. Before its __init__ (which takes no
    arguments) is called, self.name, self.options (the module's, strings), self.child and
    self.children are there."""
    name = None
    options = types.MappingProxyType({})
    children = ()
    child = None


reply = types.SimpleNamespace(**{fop: _glupy.reply_maker(fop) for fop in FOPS})
reply.__doc__ = 'Answers to make: reply.lookup(inode=..., buf=..., postparent=...)'


class Event:
    """Something that handlers wait for: `await event.wait()`. Any thread sets it."""

    def __init__(self):
        # the two below; a destructor that runs inside may set it
        self._lock = threading.RLock()
        self._set = False
        self._waiting = []

    def is_set(self):
        return self._set

    def set(self):
        """Lets all who wait go on, and who will wait."""
        with self._lock:
            self._set = True
            waiting, self._waiting = self._waiting, []
        for future in waiting:
            future.set(True)

    def clear(self):
        self._set = False

    async def wait(self):
        """True, when it is set. The wait counts as the module's time."""
        with self._lock:
            if self._set:
                return True
            future = _glupy.future()
            self._waiting.append(future)
        try:
            return await future
        finally:  # also when its operation has ended without it
            with self._lock:
                if future in self._waiting:
                    self._waiting.remove(future)


class _Threads:
    """Threads for run_in_thread, made when they are needed."""
    LIMIT = 16

    def __init__(self):
        self.jobs = queue.SimpleQueue()
        self.lock = threading.Lock()  # the two below
        self.count = self.busy = 0

    def run(self, *job):
        self.jobs.put(job)
        with self.lock:
            self.busy += 1
            if self.busy <= self.count or self.count == self.LIMIT:
                return
            self.count += 1
        threading.Thread(target=self._main, name='glupy', daemon=True).start()

    def _main(self):
        while True:
            self._do(*self.jobs.get())
            with self.lock:
                self.busy -= 1

    @staticmethod
    def _do(future, function, args, kwargs):
        try:
            future.set(function(*args, **kwargs))
        except BaseException as error:
            # without this frame, in which the future is: they would keep each other
            future.fail(error.with_traceback(error.__traceback__.tb_next))
        finally:
            del future


_threads = _Threads()


async def run_in_thread(function, *args, **kwargs):
    """What the function returns, or raises, run on another thread, where it may block.
    There are at most 16; the wait counts as the module's time."""
    future = _glupy.future()
    _threads.run(future, function, args, kwargs)
    return await future


def _names(fop, function):
    """The names of the arguments that a handler wants."""
    known = set(_glupy.arguments(fop)) | {'request'}
    names = []
    for p in inspect.signature(function).parameters.values():
        if p.kind not in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD):
            raise TypeError(f'{fop}: the argument {p} cannot be given; name those that are '
                            f'wanted: {", ".join(sorted(known))}')
        if p.name not in known:
            raise TypeError(f'{fop} has no argument {p.name!r}; it has '
                            f'{", ".join(sorted(known))}')
        names.append(p.name)
    return tuple(names)


def check(cls):
    """Raises TypeError if the class cannot be a module's xlator: for its registration, and
    before it is installed."""
    for fop in FOPS:
        function = getattr(cls, fop, None)
        if function is None:
            continue
        if not callable(function):
            raise TypeError(f'{fop} is a {type(function).__name__}, not a method')
        _names(fop, function.__get__(object()))
        if inspect.iscoroutinefunction(function) and hasattr(cls, fop + '_reply'):
            raise TypeError(f'{fop} is a coroutine, which sees the answer itself: '
                            f'{fop}_reply would never be called')
    known = set(FOPS) | {fop + '_reply' for fop in FOPS} | set(_ENDS)
    for name, function in inspect.getmembers(cls, inspect.isfunction):
        if name.startswith('_') or name in known:
            continue
        near = difflib.get_close_matches(name, known, 1, 0.8)
        if near and (inspect.iscoroutinefunction(function) or '_rep' in name):
            raise TypeError(f'no operation is called {name}; is {near[0]} meant?')


def _make(c_this, cls):
    """Makes a module's xlator and registers its handlers."""
    check(cls)
    self = cls.__new__(cls)
    self.name, _, self.options = _glupy.describe(c_this)
    children = []
    while (child := _glupy.child(c_this, len(children))) is not None:
        children.append(Child(*child))
    self.children = tuple(children)
    self.child = children[0]
    self.__init__()
    for fop in FOPS:
        function = getattr(self, fop, None)
        if function is not None:
            _glupy.handle(c_this, fop, inspect.iscoroutinefunction(function), function,
                          _names(fop, function))
        function = getattr(self, fop + '_reply', None)
        if function is not None:
            _glupy.look_at(c_this, fop, function)
    for name in _ENDS:
        function = getattr(self, name, None)
        if function is not None:
            _glupy.handle_end(c_this, name, function)
    return self


__all__ = ['Translator', 'reply', 'gather', 'sleep', 'Event', 'run_in_thread', 'Reply',
           'StaleRequest', 'HandlerTimeout', 'log_error', 'log_warning', 'log_info',
           *(name for name in _TYPES if name in globals())]
