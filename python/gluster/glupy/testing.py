# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Unit tests of native modules, without GlusterFS and without root:

    import unittest
    from errno import EPERM
    from gluster.glupy import testing

    class NoTmp(unittest.TestCase):
        def test_refuses_tmp(self):
            module = testing.load('notmp.py')
            with self.assertRaises(PermissionError):
                module.create(loc=testing.Loc('/a.tmp'))
            module.create(loc=testing.Loc('/a.txt'))
            self.assertEqual(module.child.fops(), ['create'])

    if __name__ == '__main__':
        unittest.main()

A call of module.FOP(...) is one request: it returns the Reply that would be unwound, or
raises the OSError. What the child answers is module.child.answers['FOP'], a Reply, an
OSError or a function of the call; without one it succeeds with results that are None.
Time stands still but for sleep(): testing.clock.now.
"""
import importlib.util
import inspect
import itertools
import sys

from . import standin
from .names import ARGUMENTS
from .standin import *  # noqa: F401,F403
from .standin import Request, Task, Wait, clock, logged, reply  # noqa: F401

_numbers = itertools.count(1)
_current = None  # the Run whose step it is


class Call:
    """A fop that reached the child: its name, and its arguments as attributes."""

    def __init__(self, fop, arguments, request, held):
        self.fop, self.arguments, self.request = fop, arguments, request
        self.held, self.own_answer = held, None

    def answer(self, answer=None):
        """Ends one that is held, with this answer instead of the child's for all."""
        self.held, self.own_answer = False, answer

    def __getattr__(self, name):
        try:
            return self.arguments[name]
        except KeyError:
            raise AttributeError(name) from None

    def __repr__(self):
        return f'{self.fop}({", ".join(self.arguments)})'


class Child:
    """What is below the module: keeps the calls, and answers them from answers.

    After hold('FOP') its calls wait until they are told: calls[-1].answer()."""

    name, type = 'child', 'test/child'

    def __init__(self):
        self.answers, self.calls, self._held = {}, [], set()

    def fops(self):
        """The names of what came, in order."""
        return [call.fop for call in self.calls]

    def hold(self, *fops):
        self._held.update(fops)

    def reached(self, call):
        """It was awaited. May it be answered?"""
        if not any(call is c for c in self.calls):
            self.calls.append(call)
        return not call.held

    def answer(self, call):
        answer = call.own_answer or self.answers.get(call.fop)
        if callable(answer) and not isinstance(answer, type):
            answer = answer(call)
        if isinstance(answer, BaseException):
            answer.reply = getattr(reply, call.fop)(op_ret=-1, op_errno=answer.errno or 0)
            raise answer
        if answer is None:
            answer = getattr(reply, call.fop)()
        if answer.op_ret < 0:
            error = OSError(answer.op_errno, f'{call.fop} failed')
            error.reply = answer
            raise error
        return answer

    def __getattr__(self, fop):
        if fop not in ARGUMENTS:
            raise AttributeError(fop)

        def wind(*args, **kwargs):
            names = ARGUMENTS[fop]
            if len(args) > len(names) or set(kwargs) - set(names):
                raise TypeError(f'{fop} takes {", ".join(names)}')
            given = dict(zip(names, args), **kwargs)
            run = _current
            mine = run.arguments if run is not None and run.request.fop == fop else {}
            call = Call(fop, {n: given.get(n, mine.get(n)) for n in names},
                        run.request if run is not None else None, fop in self._held)
            return Wait(lambda: self.reached(call), lambda: self.answer(call))
        return wind


class Run:
    """One request, on its way through the module."""

    def __init__(self, module, fop, arguments, request):
        self.module, self.fop, self.request = module, fop, request
        self.arguments = {n: arguments.get(n) for n in ARGUMENTS[fop]}
        unknown = set(arguments) - set(ARGUMENTS[fop])
        if unknown:
            raise TypeError(f'{fop} has no argument {", ".join(unknown)}: {ARGUMENTS[fop]}')
        self.task = Task(self._serve())

    async def _serve(self):
        handler = getattr(self.module, self.fop, None)
        result = None
        if handler is not None:
            wanted = inspect.signature(handler).parameters
            known = dict(self.arguments, request=self.request)
            result = handler(**{n: known[n] for n in wanted})
            if inspect.isawaitable(result):
                result = await result
                if result is None:
                    raise TypeError(f'{self.fop} returned None: return the reply')
            elif isinstance(result, Wait):
                result = await result
        if result is None:
            result = await getattr(self.module.child, self.fop)(**self.arguments)
        return result

    def step(self):
        """Goes on as far as it gets. True when it is over."""
        global _current
        before, _current = _current, self
        try:
            if not self.task.done:
                self.task.step()
        finally:
            _current = before
        if self.task.done and not getattr(self, '_seen', False):
            self._seen = True
            self._answered()
        return self.task.done

    def _answered(self):
        """A <fop>_reply method sees the result, success or failure."""
        see = getattr(self.module, self.fop + '_reply', None)
        error = self.task.error
        if see is None or error is not None and not isinstance(error, OSError):
            return
        answer = self.task.value if error is None else getattr(
            error, 'reply', None) or getattr(reply, self.fop)(op_ret=-1, op_errno=error.errno)
        try:
            answer = see(answer) or answer
            if answer.op_ret < 0:
                raise OSError(answer.op_errno, f'{self.fop} failed')
            self.task.value, self.task.error = answer, None
        except BaseException as e:  # noqa: B902
            self.task.error = e

    @property
    def done(self):
        return self.task.done

    def finish(self):
        """The answer; lets the clock run while it sleeps."""
        while not self.step():
            _next_alarm(self)
        return self.task.take()


def _next_alarm(run):
    clock.alarms = sorted(a for a in clock.alarms if a > clock.now)
    if not clock.alarms:
        raise AssertionError(f'{run.fop} waits for what never comes')
    clock.now = clock.alarms.pop(0)


class Module:
    """An instance of a module's xlator, with a method for each fop."""

    def __init__(self, xlator):
        self.xlator, self.child = xlator, xlator.child

    def begin(self, fop, *, request=None, uid=0, **arguments):
        """A request that has begun: a Run; step() and finish() it."""
        request = request or Request(uid=uid, unique=next(_numbers))
        request.fop = fop
        run = Run(self.xlator, fop, arguments, request)
        run.step()
        return run

    def __getattr__(self, fop):
        if fop not in ARGUMENTS:
            raise AttributeError(fop)
        return lambda **arguments: self.begin(fop, **arguments).finish()

    def at_once(self, *runs):
        """Finishes several that have begun, all going on as they can. Their results; an
        exception in place of a result."""
        while not all([run.step() for run in runs]):
            if not any(run.step() for run in runs if not run.done):
                clock.alarms = sorted(a for a in clock.alarms if a > clock.now)
                if clock.alarms:
                    clock.now = clock.alarms.pop(0)
        return [run.task.value if run.task.error is None else run.task.error for run in runs]


def load(path, options=(), child=None, children=None, name='test'):
    """The module of the file path, with its options (a dict of str) and a Child."""
    children = tuple(children or (child or Child(),))
    spec = importlib.util.spec_from_file_location(f'_glupy_test_{next(_numbers)}', path)
    module = importlib.util.module_from_spec(spec)
    real = sys.modules.get('gluster.glupy.native')
    sys.modules['gluster.glupy.native'] = standin
    bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
        made = module.xlator.__new__(module.xlator)
        made.name, made.options = name, dict(options)
        made.children, made.child = children, children[0]
        made.__init__()
    finally:
        sys.dont_write_bytecode = bytecode
        if real is None:
            del sys.modules['gluster.glupy.native']
        else:
            sys.modules['gluster.glupy.native'] = real
    result = Module(made)
    result.module = module
    return result


__all__ = standin.__all__ + ['Call', 'Child', 'Module', 'Request', 'Run', 'clock', 'load', 'logged']
