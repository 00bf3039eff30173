# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""What gluster.glupy.native offers, in plain Python and without GlusterFS: for unit tests of
modules (testing.py). Values behave as the real ones do; what a test does not need
is not here. Time is the test's: sleep() moves the clock and takes none."""
import collections.abc
import inspect
import os
import stat as _stat
import types

from .names import FOPS, RESULTS

IA_INVAL, IA_IFREG, IA_IFDIR, IA_IFLNK, IA_IFBLK, IA_IFCHR, IA_IFIFO, IA_IFSOCK = range(8)
_IFMT = {0: 0, 1: _stat.S_IFREG, 2: _stat.S_IFDIR, 3: _stat.S_IFLNK, 4: _stat.S_IFBLK,
         5: _stat.S_IFCHR, 6: _stat.S_IFIFO, 7: _stat.S_IFSOCK}
NO_GFID = bytes(16)


class StaleRequest(RuntimeError):
    pass


class HandlerTimeout(BaseException):
    pass


# -- values --------------------------------------------------------------------------

class _WithContext:
    def __init__(self):
        self.ctx = None

    def __delattr__(self, name):
        if name != 'ctx':
            raise AttributeError(name)
        self.ctx = None


class Inode(_WithContext):
    """Two inodes are equal if they are the same."""

    def __init__(self, gfid=NO_GFID, ia_type=IA_IFREG):
        super().__init__()
        self.gfid, self.ia_type = bytes(gfid), ia_type

    is_dir = property(lambda self: self.ia_type == IA_IFDIR)
    is_file = property(lambda self: self.ia_type == IA_IFREG)
    is_symlink = property(lambda self: self.ia_type == IA_IFLNK)

    def new(self):
        return Inode()

    @property
    def root(self):
        return _root


_root = Inode(bytes(15) + b'\1', IA_IFDIR)


class Fd(_WithContext):
    def __init__(self, inode=None, flags=os.O_RDWR, anonymous=False, pid=0):
        super().__init__()
        self.inode, self.flags = inode or Inode(), flags
        self.pid, self.anonymous = pid, anonymous


class Loc:
    def __init__(self, path=None, name=None, inode=None, parent=None, gfid=NO_GFID,
                 pargfid=NO_GFID):
        if name is None and path is not None:
            name = path.rsplit('/', 1)[-1] or None
        self.path, self.name, self.inode, self.parent = path, name, inode, parent
        self.gfid = bytes(gfid or NO_GFID)
        self.pargfid = bytes(pargfid or NO_GFID)

    def replace(self, **changes):
        if 'path' in changes:
            changes.setdefault('name', (changes['path'] or '').rsplit('/', 1)[-1] or None)
        return Loc(**{**vars(self), **changes})


class Iatt:
    _TIMES = ('st_atime', 'st_mtime', 'st_ctime', 'st_btime')
    _FIELDS = ('st_mode', 'st_ino', 'st_dev', 'st_nlink', 'st_uid', 'st_gid', 'st_size',
               'st_blksize', 'st_blocks', 'st_rdev', 'ia_flags', 'ia_attributes',
               'ia_attributes_mask') + tuple(t + '_ns' for t in _TIMES)

    def __init__(self, ia_gfid=NO_GFID, **fields):
        self.ia_gfid = ia_gfid
        for name in self._FIELDS:
            object.__setattr__(self, name, 0)
        for name, value in fields.items():
            setattr(self, name, value)

    def __setattr__(self, name, value):
        if name in self._TIMES:
            name, value = name + '_ns', round(value * 1e9)
        if name not in self._FIELDS and name not in ('ia_gfid', 'ia_type'):
            raise AttributeError(name)
        object.__setattr__(self, name, value)

    def __getattr__(self, name):
        if name in Iatt._TIMES:
            return getattr(self, name + '_ns') / 1e9
        if name == 'ia_type':
            return next((t for t, m in _IFMT.items() if m == _stat.S_IFMT(self.st_mode)), 0)
        raise AttributeError(name)

    def stat_result(self):
        return os.stat_result((self.st_mode, self.st_ino, self.st_dev, self.st_nlink, self.st_uid,
                               self.st_gid, self.st_size, int(self.st_atime), int(self.st_mtime),
                               int(self.st_ctime)))

    def copy(self):
        return Iatt(**{n: getattr(self, n) for n in self._FIELDS}, ia_gfid=self.ia_gfid)


class Dict(collections.abc.MutableMapping):
    """str to bytes."""

    def __init__(self, items=()):
        self._items = {}
        self.update(items)

    def __setitem__(self, key, value):
        if isinstance(value, int):
            value = b'%d' % value
        elif isinstance(value, str):
            value = value.encode('utf-8', 'surrogateescape') + b'\0'
        self._items[key] = bytes(value)

    def __getitem__(self, key):
        return self._items[key]

    def __delitem__(self, key):
        del self._items[key]

    def __iter__(self):
        return iter(self._items)

    def __len__(self):
        return len(self._items)

    def get_bytes(self, key, default=None):
        return self._items.get(key, default)

    def get_str(self, key, default=None):
        value = self._items.get(key)
        return default if value is None else value.rstrip(b'\0').decode('utf-8', 'surrogateescape')

    def _get_number(self, key, default=None):
        value = self._items.get(key)
        return default if value is None else int(value.rstrip(b'\0'))

    def get_gfid(self, key, default=None):
        return self._items.get(key, default)

    def get_double(self, key, default=None):
        value = self._items.get(key)
        return default if value is None else float(value.rstrip(b'\0'))

    def set_gfid(self, key, value):
        self._items[key] = bytes(value)

    def set_double(self, key, value):
        self._items[key] = repr(float(value)).encode()

    def copy(self):
        return Dict(self._items)

    get_int32 = get_int64 = get_uint32 = get_uint64 = _get_number

    def _set(self, key, value):
        self[key] = value

    set_bytes = set_str = set_int32 = set_int64 = set_uint32 = set_uint64 = _set


class Dirent:
    def __init__(self, name, ino=0, off=0, type=0, stat=None, inode=None, dict=None):
        self.name, self.ino, self.off, self.type = name, ino, off, type
        self.stat, self.inode, self.dict = stat, inode, dict


class Dirents(list):
    def keep(self, function):
        self[:] = [entry for entry in self if function(entry)]


class IoVec:
    """Data, as a tuple of memoryviews. What came from a child is only for reading, and only
    until the request ends."""

    def __init__(self, data=b''):
        self.views = (memoryview(bytes(data)),)

    nbytes = property(lambda self: sum(v.nbytes for v in self.views))

    def tobytes(self):
        return b''.join(self.views)

    def __len__(self):
        return len(self.views)

    def __bytes__(self):
        return self.tobytes()


class _Fields:
    _names = ()

    def __init__(self, **fields):
        for name in self._names:
            setattr(self, name, fields.pop(name, b'' if name in ('l_owner', 'lease_id') else 0))
        if fields:
            raise TypeError(f'{type(self).__name__} has no {", ".join(fields)}')


class Lock(_Fields):
    _names = ('l_type', 'l_whence', 'l_start', 'l_len', 'l_pid', 'l_owner')


class Lease(_Fields):
    _names = ('cmd', 'lease_type', 'lease_id', 'lease_flags')


class LockList(list):
    """Of (client, Lock, flags)."""


class StatVfs(_Fields):
    _names = ('f_bsize', 'f_frsize', 'f_blocks', 'f_bfree', 'f_bavail', 'f_files', 'f_ffree',
              'f_favail', 'f_fsid', 'f_flag', 'f_namemax')


class Request:
    """Who asks."""

    def __init__(self, fop=None, uid=0, gid=0, pid=1, groups=(), lk_owner=b'', unique=0,
                 client=None, id=0):
        self.fop, self.uid, self.gid, self.pid, self.groups = fop, uid, gid, pid, groups
        self.lk_owner, self.unique, self.client, self.id = lk_owner, unique, client, id


# -- answers -------------------------------------------------------------------------

class Reply:
    def __init__(self, fop, op_ret=0, op_errno=0, **results):
        self.fop, self.op_ret, self.op_errno = fop, op_ret, op_errno
        for name in RESULTS[fop]:
            setattr(self, name, results.pop(name, None))
        if results:
            raise TypeError(f'{fop} has no result {", ".join(results)}')


def _reply(fop):
    def make(op_ret=None, op_errno=0, **results):
        if op_ret is None:
            vector = results.get('vector')
            op_ret = vector.nbytes if vector is not None else 0
        return Reply(fop, op_ret, op_errno, **results)
    return make


reply = types.SimpleNamespace(**{fop: _reply(fop) for fop in FOPS})


# -- awaiting ------------------------------------------------------------------------

class Wait:
    """What a coroutine of a module gives to whoever drives it. ready(): may it go on?"""

    def __init__(self, ready, result=lambda: None):
        self.ready, self.result = ready, result

    def __await__(self):
        while not self.ready():
            yield self
        return self.result()


class Clock:
    """The test's time: now stands until somebody sleeps and nothing else can run."""

    def __init__(self):
        self.now = 0.0
        self.alarms = []


clock = Clock()


def sleep(seconds):
    when = clock.now + seconds
    clock.alarms.append(when)
    return Wait(lambda: clock.now >= when)


class Event:
    def __init__(self):
        self._set = False

    def set(self):
        self._set = True

    def clear(self):
        self._set = False

    def is_set(self):
        return self._set

    def wait(self):
        return Wait(self.is_set, self.is_set)


def run_in_thread(function, *args):
    return Wait(lambda: True, lambda: function(*args))


class Task:
    """Drives one coroutine (or anything that can be awaited)."""

    def __init__(self, awaitable):
        async def follow():
            return await awaitable
        self.coroutine = awaitable if inspect.iscoroutine(awaitable) else follow()
        self.done, self.value, self.error = False, None, None

    def step(self):
        """Runs it as far as it gets now."""
        try:
            waits = self.coroutine.send(None)
            if not isinstance(waits, Wait):
                self.coroutine.throw(TypeError(f'{waits!r} cannot be awaited here'))
        except StopIteration as e:
            self.done, self.value = True, e.value
        except BaseException as e:  # noqa: B902  it is whoever awaits it that gets it
            self.done, self.error = True, e

    def take(self):
        if self.error is not None:
            raise self.error
        return self.value


def gather(*awaitables, return_exceptions=False):
    tasks = [Task(a) for a in awaitables]

    def ready():
        for task in tasks:
            if not task.done:
                task.step()
        return all(t.done for t in tasks)

    def result():
        if return_exceptions:
            return [t.value if t.error is None else t.error for t in tasks]
        for task in tasks:
            task.take()
        return [t.value for t in tasks]
    return Wait(ready, result)


# -- translators ---------------------------------------------------------------------

logged = []  # (level, text): what the module wrote to the log


def _log(level):
    def write(text, *_):
        logged.append((level, str(text)))
    return write


log_error, log_warning, log_info, log_debug = map(_log, ('error', 'warning', 'info', 'debug'))


class Translator:
    name, options, child, children = 'test', {}, None, ()


__all__ = [n for n in dir() if not n.startswith('_')
           and n not in ('collections', 'inspect', 'os', 'types', 'FOPS', 'RESULTS',
                         'Wait', 'Clock', 'clock', 'Task', 'logged', 'Request')]
