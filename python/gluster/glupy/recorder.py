# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""The module that the harness puts above another to record what reaches it: a line of JSON for
each operation, with arguments and results, as glupy-drive reads them (docs/drive.md).

Of the results that is written which another run on another disk will have, too: no times,
no device, no blocks, no sizes of folders. Option file: where to.
"""
import base64
import errno
import inspect
import json
import threading
import uuid

from gluster.glupy.names import ARGUMENTS, RESULTS
from gluster.glupy.native import Translator

S_IFMT, S_IFDIR = 0o170000, 0o040000
OPENS = ('open', 'create', 'opendir')
STABLE = ('st_mode', 'st_nlink', 'st_uid', 'st_gid', 'st_rdev', 'st_size', 'ia_gfid')
NOT_STABLE = ('statfs',)  # the disk's


def data(raw):
    """bytes as the script has them: text where they are text."""
    raw = bytes(raw)
    try:
        text = raw.decode('utf-8')
        if text.isprintable() or text.replace('\n', '').isprintable():
            return text
    except UnicodeDecodeError:
        pass
    return {'base64': base64.b64encode(raw).decode('ascii')}


def values(items):
    """Those of a Dict, to the byte."""
    return {key: {'base64': base64.b64encode(items[key]).decode('ascii')} for key in items}


def text(name):
    return data(name.encode('utf-8', 'surrogateescape'))


def gfid(raw):
    return str(uuid.UUID(bytes=bytes(raw)))


def loc(value):
    if value.path is not None and not value.path.startswith('<gfid'):
        return {'path': text(value.path)}
    inode = value.inode
    return {'gfid': gfid(value.gfid if any(value.gfid) or inode is None else inode.gfid)}


def stat(value):
    """What of an Iatt another run has."""
    found = {name: getattr(value, name) for name in STABLE}
    found['ia_gfid'] = gfid(found['ia_gfid'])
    if value.st_mode & S_IFMT == S_IFDIR:
        del found['st_size'], found['st_nlink']
    return found


def lock(value):
    return {'l_type': value.l_type, 'l_whence': value.l_whence, 'l_start': value.l_start,
            'l_len': value.l_len, 'l_pid': value.l_pid, 'l_owner': bytes(value.l_owner).hex()}


class xlator(Translator):

    def __init__(self):
        self.lock = threading.Lock()
        self.out = open(self.options['file'], 'a', encoding='ascii', buffering=1)
        self.opened = 0

    # -- values -----------------------------------------------------------------------

    def fd(self, value):
        if value.anonymous:
            return {'anonymous': {'gfid': gfid(value.inode.gfid)}, 'flags': value.flags}
        # opened before the recording: the next best
        return value.ctx or {'anonymous': {'gfid': gfid(value.inode.gfid)}, 'flags': value.flags}

    def new_fd(self, value):
        with self.lock:
            self.opened += 1
            name = value.ctx = f'f{self.opened}'
        return name

    def release(self, gfid, ctx):
        self.write({'close': ctx})

    releasedir = release

    def argument(self, name, value):
        """Its JSON, or None: it is not written."""
        if value is None or name == 'xdata':
            return None
        kind = type(value).__name__
        if kind == 'Loc':
            return loc(value)
        if kind == 'Fd':
            return self.fd(value)
        if kind == 'Iatt':
            return dict(stat(value), st_size=value.st_size, st_atime_ns=value.st_atime_ns,
                        st_mtime_ns=value.st_mtime_ns)
        if kind == 'Dict':
            return values(value)
        if kind == 'IoVec':
            return data(value.tobytes())
        if kind == 'Lock':
            return lock(value)
        if isinstance(value, str):
            return text(value)
        return value if isinstance(value, int) else None

    def arguments(self, fop, values):
        found = {n: self.argument(n, v) for n, v in values.items() if n != 'fd' or fop not in OPENS}
        if fop in OPENS:
            found['fd'] = self.new_fd(values['fd'])
        xdata = values.get('xdata')
        wanted = xdata.get_gfid('gfid-req') if xdata is not None else None
        if wanted is not None:  # so that the next run's files have the same
            found['xdata'] = {'gfid-req': {'gfid': gfid(wanted)}}
        return {n: v for n, v in found.items() if v is not None}

    @staticmethod
    def result(fop, name, value):
        kind = type(value).__name__
        if kind == 'Iatt' and 'parent' not in name:
            return stat(value)
        if kind == 'IoVec':
            return data(value.tobytes())
        if kind == 'Dict' and name != 'xdata':
            return {k: v for k, v in values(value).items() if k.startswith('user.')}
        if kind == 'Dirents':
            return [{'name': text(entry.name)} for entry in value]
        if kind == 'Lock':
            return {'l_type': value.l_type}
        return text(value) if isinstance(value, str) else None

    def results(self, fop, reply):
        found = {name: self.result(fop, name, getattr(reply, name)) for name in RESULTS[fop]}
        return {n: v for n, v in found.items() if v is not None}

    @staticmethod
    def asker(request):
        found = {'uid': request.uid, 'gid': request.gid, 'pid': request.pid}
        if request.groups:
            found['groups'] = list(request.groups)
        if any(request.lk_owner):
            found['lk_owner'] = request.lk_owner.hex()
        return found

    # -- lines ------------------------------------------------------------------------

    def write(self, line):
        with self.lock:
            self.out.write(json.dumps(line) + '\n')

    async def record(self, fop, values, request):
        line = {'fop': fop, 'args': self.arguments(fop, values), 'request': self.asker(request)}
        if fop in ('readdir', 'readdirp') and values['offset']:
            # where a folder's reading goes on is a number of the disk's
            return await getattr(self.child, fop)()
        try:
            reply = await getattr(self.child, fop)()
        except OSError as e:
            line.update(op_ret=-1, op_errno=errno.errorcode.get(e.errno, e.errno))
            self.write(line)
            raise
        line['op_ret'] = reply.op_ret
        if fop not in NOT_STABLE:
            line['results'] = self.results(fop, reply)
        self.write(line)
        return reply


def handler(fop):
    names = ARGUMENTS[fop]

    async def handle(self, request, *values):
        return await self.record(fop, dict(zip(names, values)), request)
    handle.__signature__ = inspect.Signature(
        [inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD)
         for n in ('self', 'request', *names)])
    setattr(xlator, fop, handle)


for _fop in ARGUMENTS:
    handler(_fop)
