# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Writes down who changed what: a line of JSON for each operation that changes the volume.

    {"time": "2026-11-21T12:00:00.123456Z", "op": "unlink", "path": "/a/b",
     "gfid": "…", "uid": 1000, "gid": 1000, "pid": 4711, "client": null, "result": "ok"}

result is ok or the name of the errno. rename and link also have "to"; setattr "set", what
was changed; setxattr and removexattr the "names". writev is written down once for each
opened file, with the first write ("op": "write"). pid is that of the machine with the mount.

Options:
    file    where to (absolute). Default: /var/log/glusterfs/audit-NAME.log, NAME that of the
            translator. Created with mode 0600. Several processes may share one
    syslog  yes: to syslog, facility AUTHPRIV, instead of a file
    ops     which, comma-separated, as create,unlink,rename; all: the default;
            open and readv (once for each opened file) only if they are named
    size    at which the file becomes file.1 and so on (default 64M; 0: never, for logrotate)
    keep    how many old files stay (default 9)
    wait    yes: an operation is answered when its line is written; no (default): the lines
            of a moment are written together. Lines that could not be written are counted,
            and the count is written as soon as it works again

Operations of GlusterFS's own (heal, rebalance) are not seen. A file that others rename away or
remove is made anew within a second.
"""
import errno
import fcntl
import json
import os
import re
import threading
import time
import uuid

from gluster.glupy.native import Translator, log_error, log_info, run_in_thread

DEFAULT = ('create', 'mknod', 'mkdir', 'symlink', 'link', 'rename', 'unlink', 'rmdir',
           'truncate', 'ftruncate', 'setattr', 'fsetattr', 'setxattr', 'fsetxattr',
           'removexattr', 'fremovexattr', 'writev', 'fallocate', 'discard', 'zerofill',
           'copy_file_range', 'put')
OPTIONAL = ('open', 'readv')
KNOWN = {'file', 'syslog', 'ops', 'size', 'keep', 'wait'}
UNITS = {'': 1, 'K': 1 << 10, 'M': 1 << 20, 'G': 1 << 30}
BACKLOG = 100000  # lines that wait to be written at most

# what `valid` of setattr says
SET_MODE, SET_UID, SET_GID, SET_SIZE, SET_ATIME, SET_MTIME = 1, 2, 4, 8, 16, 32


def yes_or_no(options, key):
    text = options.get(key, 'no').lower()
    if text not in ('yes', 'no', 'on', 'off', '1', '0'):
        raise ValueError(f'option {key} is "{options[key]}"; yes or no is wanted')
    return text in ('yes', 'on', '1')


class File:
    """Lines at the end of a file that several processes write to and rotate."""

    def __init__(self, path, size, keep):
        self.path, self.size, self.keep, self.fd = path, size, keep, -1
        self.open()

    def open(self):
        # not through a link: the folder may be writable by others
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        fd = os.open(self.path, flags, 0o600)
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = fd

    def is_current(self):
        mine = os.fstat(self.fd)
        try:
            named = os.stat(self.path, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return (mine.st_dev, mine.st_ino) == (named.st_dev, named.st_ino)

    def write(self, data):
        """All of it, by one process at a time."""
        while True:
            fcntl.flock(self.fd, fcntl.LOCK_EX)
            try:
                if self.is_current():
                    if self.size and os.fstat(self.fd).st_size >= self.size:
                        self.rotate()  # who waits for our lock sees that the file is another
                    else:
                        self.append(data)
                        return
            finally:
                fcntl.flock(self.fd, fcntl.LOCK_UN)
            self.open()

    def append(self, data):
        end = os.lseek(self.fd, 0, os.SEEK_END)
        done = 0
        try:
            while done < len(data):
                done += os.write(self.fd, data[done:])
        except OSError:
            os.ftruncate(self.fd, end)  # no half line
            raise

    def rotate(self):
        for n in range(self.keep, 1, -1):
            try:
                os.rename(f'{self.path}.{n - 1}', f'{self.path}.{n}')
            except FileNotFoundError:
                pass
        if self.keep:
            os.rename(self.path, f'{self.path}.1')
        else:
            os.unlink(self.path)


class Syslog:
    def __init__(self, name):
        import syslog
        self.syslog = syslog
        syslog.openlog(f'glusterfs-{name}', syslog.LOG_PID, syslog.LOG_AUTHPRIV)

    def write(self, data):
        for line in data.decode('utf-8', 'replace').splitlines():
            self.syslog.syslog(self.syslog.LOG_INFO, line)


class Opened:
    """fd.ctx: the path by which it was opened, and what was written down of it."""
    __slots__ = ('path', 'seen')

    def __init__(self, path):
        self.path, self.seen = path, set()


def gfid_of(inode):
    return str(uuid.UUID(bytes=inode.gfid)) if inode is not None and any(inode.gfid) else None


def changes(stbuf, valid):
    """What setattr sets."""
    was_set = {}
    for bit, name in ((SET_UID, 'uid'), (SET_GID, 'gid'), (SET_SIZE, 'size')):
        if valid & bit:
            was_set[name] = getattr(stbuf, 'st_' + name)
    if valid & SET_MODE:
        was_set['mode'] = '%04o' % (stbuf.st_mode & 0o7777)
    if valid & (SET_ATIME | SET_MTIME):
        was_set['times'] = True
    return was_set


class xlator(Translator):

    def __init__(self):
        options = self.options
        unknown = set(options) - KNOWN
        if unknown:
            raise ValueError(f'unknown option {", ".join(sorted(unknown))}; there are '
                             f'{", ".join(sorted(KNOWN))}')
        self.wait = yes_or_no(options, 'wait')
        self.ops = self.which(options.get('ops', 'all'))
        for fop in DEFAULT + OPTIONAL:
            if fop not in self.ops and fop not in ('open', 'create'):
                setattr(self, fop, None)  # never comes to Python
        self.sink = self.open_sink()
        self.lock = threading.Lock()       # the three below
        self.lines, self.lost, self.scheduled = [], 0, False
        self.writing = threading.Lock()    # the sink
        self.failing = False

    @staticmethod
    def which(text):
        if text == 'all':
            return frozenset(DEFAULT)
        ops = {'writev' if n == 'write' else 'readv' if n == 'read' else n
               for n in (n.strip() for n in text.split(',')) if n}
        for name in ops - set(DEFAULT + OPTIONAL):
            raise ValueError(f'option ops names "{name}"; there are all, '
                             f'{", ".join(DEFAULT + OPTIONAL)}')
        return frozenset(ops)

    def open_sink(self):
        if yes_or_no(self.options, 'syslog'):
            return Syslog(self.name)
        path = self.options.get('file', f'/var/log/glusterfs/audit-{self.name}.log')
        if not os.path.isabs(path):
            raise ValueError(f'option file is "{path}"; a path from / is wanted')
        found = re.fullmatch(r'(\d+)([KMG]?)', self.options.get('size', '64M'), re.I)
        if not found:
            raise ValueError(f'option size is "{self.options["size"]}"; as 500K, 64M or 0')
        keep = self.options.get('keep', '9')
        if not keep.isdigit() or int(keep) > 1000:
            raise ValueError(f'option keep is "{keep}"; 0 to 1000')
        return File(path, int(found[1]) * UNITS[found[2].upper()], int(keep))

    # -- lines ------------------------------------------------------------------------

    def line(self, op, request, error, **more):
        now = time.time()
        entry = {'time': time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now)) +
                 '.%06dZ' % (now % 1 * 1000000), 'op': op}
        entry.update((k, v) for k, v in more.items() if v is not None)
        entry.update(uid=request.uid, gid=request.gid, pid=request.pid, client=request.client,
                     result='ok' if error is None else
                     errno.errorcode.get(error.errno, str(error.errno)))
        # ASCII: a name that is no UTF-8 appears as \udcXX and can be told back
        return json.dumps(entry)

    async def record(self, line):
        with self.lock:
            if len(self.lines) >= BACKLOG:
                self.lost += 1
                return
            self.lines.append(line)
            if self.scheduled and not self.wait:
                return  # goes with those that are to be written
            self.scheduled = True
        await run_in_thread(self.flush)

    def flush(self):
        with self.writing:
            with self.lock:
                lines, self.lines = self.lines, []
                lost, self.lost = self.lost, 0
                self.scheduled = False
            if lost:
                lines.insert(0, json.dumps({'op': 'lost', 'lines': lost}))
            if not lines:
                return
            try:
                self.sink.write(('\n'.join(lines) + '\n').encode())
                if self.failing:
                    log_info('the audit log is written again', self.name)
                self.failing = False
            except OSError as e:
                with self.lock:
                    self.lost += lost + len(lines) - bool(lost)
                if not self.failing:
                    log_error(f'the audit log cannot be written: {e}; lines are counted until it can',
                              self.name)
                self.failing = True

    # -- operations -------------------------------------------------------------------

    async def by_path(self, op, request, call, loc, **more):
        """Awaits the call, of something that loc names, and writes down how it ended."""
        if op not in self.ops:
            return await call
        answer = error = None
        gfid = gfid_of(loc.inode)
        try:
            answer = await call
        except OSError as e:
            error = e
        if gfid is None and answer is not None and getattr(answer, 'buf', None) is not None:
            gfid = str(uuid.UUID(bytes=answer.buf.ia_gfid))  # it was made just now
        await self.record(self.line(op, request, error, path=loc.path, gfid=gfid, **more))
        if error is not None:
            raise error
        return answer

    async def by_fd(self, op, request, call, fd, once=False, **more):
        """The same for an opened file. once: one line for all that succeed."""
        answer = error = None
        try:
            answer = await call
        except OSError as e:
            error = e
        opened = fd.ctx
        if opened is None:
            opened = fd.ctx = Opened(None)  # opened before this translator was there
        if error is not None or not once or op not in opened.seen:
            if error is None:
                opened.seen.add(op)
            await self.record(self.line(op, request, error, path=opened.path,
                                        gfid=gfid_of(fd.inode), **more))
        if error is not None:
            raise error
        return answer

    async def open(self, loc, flags, fd, request):
        fd.ctx = Opened(loc.path)
        return await self.by_path('open', request, self.child.open(), loc, flags=flags)

    async def create(self, loc, mode, fd, request):
        fd.ctx = Opened(loc.path)
        return await self.by_path('create', request, self.child.create(), loc,
                                  mode='%04o' % (mode & 0o7777))

    async def mknod(self, loc, request):
        return await self.by_path('mknod', request, self.child.mknod(), loc)

    async def mkdir(self, loc, request):
        return await self.by_path('mkdir', request, self.child.mkdir(), loc)

    async def symlink(self, linkname, loc, request):
        return await self.by_path('symlink', request, self.child.symlink(), loc, to=linkname)

    async def put(self, loc, request):
        return await self.by_path('put', request, self.child.put(), loc)

    async def unlink(self, loc, request):
        return await self.by_path('unlink', request, self.child.unlink(), loc)

    async def rmdir(self, loc, request):
        return await self.by_path('rmdir', request, self.child.rmdir(), loc)

    async def link(self, oldloc, newloc, request):
        return await self.by_path('link', request, self.child.link(), oldloc, to=newloc.path)

    async def rename(self, oldloc, newloc, request):
        return await self.by_path('rename', request, self.child.rename(), oldloc, to=newloc.path)

    async def truncate(self, loc, offset, request):
        return await self.by_path('truncate', request, self.child.truncate(), loc,
                                  set={'size': offset})

    async def ftruncate(self, fd, offset, request):
        return await self.by_fd('ftruncate', request, self.child.ftruncate(), fd,
                                set={'size': offset})

    async def setattr(self, loc, stbuf, valid, request):
        return await self.by_path('setattr', request, self.child.setattr(), loc,
                                  set=changes(stbuf, valid))

    async def fsetattr(self, fd, stbuf, valid, request):
        return await self.by_fd('fsetattr', request, self.child.fsetattr(), fd,
                                set=changes(stbuf, valid))

    async def setxattr(self, loc, dict, request):
        return await self.by_path('setxattr', request, self.child.setxattr(), loc,
                                  names=list(dict))

    async def fsetxattr(self, fd, dict, request):
        return await self.by_fd('fsetxattr', request, self.child.fsetxattr(), fd,
                                names=list(dict))

    async def removexattr(self, loc, name, request):
        return await self.by_path('removexattr', request, self.child.removexattr(), loc,
                                  names=[name])

    async def fremovexattr(self, fd, name, request):
        return await self.by_fd('fremovexattr', request, self.child.fremovexattr(), fd,
                                names=[name])

    async def fallocate(self, fd, request):
        return await self.by_fd('fallocate', request, self.child.fallocate(), fd)

    async def discard(self, fd, request):
        return await self.by_fd('discard', request, self.child.discard(), fd)

    async def zerofill(self, fd, request):
        return await self.by_fd('zerofill', request, self.child.zerofill(), fd)

    async def copy_file_range(self, fd_out, request):
        return await self.by_fd('copy_file_range', request, self.child.copy_file_range(), fd_out)

    async def writev(self, fd, request):
        return await self.by_fd('write', request, self.child.writev(), fd, once=True)

    async def readv(self, fd, request):
        return await self.by_fd('read', request, self.child.readv(), fd, once=True)
