#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""What POSIX asks of a file system, asked of a folder of it.

    suite.py FOLDER [WORD...]      as root; only tests with one of the WORDs in their names

Prints `ok NAME` or `not ok NAME: REASON`, one line each and in one order, so that the
lists of two file systems can be compared. A test is a function of the parts below; it
gets an empty folder of its own. It must leave nothing to chance: whatever it prints is
the same each time."""
import ctypes
import errno
import importlib
import os
import pickle
import shutil
import signal
import sys
import traceback
from contextlib import contextmanager

PARTS = ['names', 'files', 'folders', 'rights', 'data', 'xattrs', 'times', 'locks']
LIMIT = 300  # seconds for one test; a fop that is lost would never come back

libc = ctypes.CDLL(None, use_errno=True)


class Wrong(Exception):
    """What a test says when it fails; one line."""


class Skip(Exception):
    """There is nothing to be tested on this machine."""


def same(got, want, what):
    if got != want:
        raise Wrong(f'{what}: {short(got)}, not {short(want)}')


def true(condition, what):
    if not condition:
        raise Wrong(what)


def short(value):
    text = repr(value)
    return text if len(text) < 80 else text[:60] + f'... ({len(text)} characters)'


@contextmanager
def fails(*codes):
    """The block must raise OSError with one of these errnos."""
    want = ' or '.join(errno.errorcode[c] for c in codes)
    try:
        yield
    except OSError as e:
        if e.errno not in codes:
            raise Wrong(f'{line()}: {errno.errorcode.get(e.errno, e.errno)}, not {want}') from None
    else:
        raise Wrong(f'{line()}: succeeded, not {want}')


def line():
    """The line of the test that is running."""
    frame = sys._getframe()
    while not frame.f_code.co_name.startswith('test_') and frame.f_back:
        frame = frame.f_back
    return f'line {frame.f_lineno}'


def check(result):
    """The result of a C function that returns -1 and sets errno."""
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def child(function):
    """Runs function in another process. What it returns, or raises, is the caller's."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reader)
        try:
            result = (True, function())
        except BaseException as e:
            result = (False, e)
        with os.fdopen(writer, 'wb') as f:
            pickle.dump(result, f)
        os._exit(0)
    os.close(writer)
    try:
        with os.fdopen(reader, 'rb') as f:
            data = f.read()
    finally:
        os.waitpid(pid, 0)
    if not data:
        raise Wrong('the other process ended without a word')
    ok, value = pickle.loads(data)
    if not ok:
        raise value
    return value


def as_user(uid, function, gid=None, groups=()):
    def other():
        os.setgroups(list(groups))
        os.setgid(uid if gid is None else gid)
        os.setuid(uid)
        return function()
    return child(other)


def write(path, data=b'', mode=0o644):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        while data:
            data = data[os.write(fd, data):]
    finally:
        os.close(fd)


def read(path):
    with open(path, 'rb', buffering=0) as f:
        return f.read()


def mode(path):
    return os.lstat(path).st_mode & 0o7777


@contextmanager
def opened(path, flags, mode=0o644):
    fd = os.open(path, flags, mode)
    try:
        yield fd
    finally:
        os.close(fd)


def run(name, function, base):
    folder = os.path.join(base, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    os.umask(0o022)
    signal.alarm(LIMIT)
    try:
        function(folder)
    except Skip as e:
        return f'ok {name} # skip {e}'
    except Wrong as e:
        return f'not ok {name}: {e}'
    except Exception as e:
        at = [f for f in traceback.extract_tb(e.__traceback__) if f.name.startswith('test_')]
        where = f'line {at[-1].lineno}: ' if at else ''
        if isinstance(e, OSError) and e.errno:  # no path: it differs from mount to mount
            return f'not ok {name}: {where}{errno.errorcode.get(e.errno, e.errno)}'
        return f'not ok {name}: {where}{type(e).__name__}: {e}'.replace('\n', ' ')
    finally:
        signal.alarm(0)
        os.umask(0o022)
    shutil.rmtree(folder, ignore_errors=True)
    return f'ok {name}'


def main(base, *words):
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    sys.modules['suite'] = sys.modules[__name__]
    sys.dont_write_bytecode = True
    os.chmod(base, 0o755)
    failed = 0
    for part in PARTS:
        module = importlib.import_module(part)
        for name, function in list(vars(module).items()):
            if not name.startswith('test_'):
                continue
            name = f'{part}.{name[5:]}'
            if words and not any(w in name for w in words):
                continue
            verdict = run(name, function, base)
            failed += verdict.startswith('not')
            print(verdict, flush=True)
    return failed != 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
