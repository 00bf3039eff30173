# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""matrix.py FOPS.DEF SINK DRIVE WORKDIR INTERFACE BELOW: each of the 54 operations through
a module that does one thing with all of them, and the same without the module.

Modules are generated from the table of operations, in a folder of WORKDIR: one that
defines none of half of them, ones that pass, raise, answer with an error, and answer late.
What comes up must be what comes up without a module, or the error that the module makes. The
module's notes tell that its handlers really ran. The last line counts.

INTERFACE: classic or native. BELOW: sink (all 54), posix (those that it has), or memory (sink,
many times: does the process grow?).
"""
import base64
import json
import os
import select
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'xlators'))
sys.dont_write_bytecode = True
import fops as fops_def  # noqa: E402

POSIX_HAS_NOT = {'getspec', 'getactivelk', 'setactivelk', 'icreate', 'namelink'}
MAKERS = ('mknod', 'mkdir', 'symlink', 'create', 'put', 'icreate')
OPENERS = ('open', 'opendir', 'create')
UP_TIME = 60
ROUNDS, GROWTH = 60, 80  # 75 bytes for each operation would be too much
PIPE = 1 << 20  # holds what is asked at once, and the answers: neither side waits for the other
PATIENCE = float(os.environ.get('MATRIX_PATIENCE', 20))
WRAPPER = os.environ.get('MATRIX_WRAPPER', '').split()


# -- the script ---------------------------------------------------------------------

# arguments that mean something to storage/posix; the rest goes by type
SPECIAL = {
    ('mknod', 'mode'): 0o100644, ('mkdir', 'mode'): 0o755, ('create', 'mode'): 0o100640,
    ('put', 'mode'): 0o100640, ('icreate', 'mode'): 0o100640,
    ('open', 'flags'): 2, ('create', 'flags'): 0o102, ('put', 'flags'): 2,
    ('setxattr', 'flags'): 0, ('fsetxattr', 'flags'): 0, ('readv', 'flags'): 0,
    ('writev', 'flags'): 0, ('copy_file_range', 'flags'): 0, ('rename', 'mode'): 0,
    ('getxattr', 'name'): 'user.x', ('fgetxattr', 'name'): 'user.x',
    ('removexattr', 'name'): 'user.x', ('fremovexattr', 'name'): 'user.x',
    ('setattr', 'valid'): 1, ('fsetattr', 'valid'): 1, ('access', 'mask'): 4,
    ('xattrop', 'optype'): 0, ('fxattrop', 'optype'): 0, ('seek', 'what'): 0,
    ('readdir', 'offset'): 0, ('readdirp', 'offset'): 0, ('writev', 'offset'): 3,
    ('readv', 'offset'): 1, ('rchecksum', 'offset'): 0, ('rchecksum', 'len'): 4,
    ('fallocate', 'keep_size'): 0, ('fallocate', 'offset'): 0, ('fallocate', 'len'): 100,
    ('discard', 'offset'): 0, ('discard', 'len'): 2, ('zerofill', 'offset'): 0,
    ('zerofill', 'len'): 2, ('copy_file_range', 'off_in'): 0, ('copy_file_range', 'off_out'): 1,
    ('copy_file_range', 'len'): 3, ('lease', 'lease'): {'cmd': 1, 'lease_type': 1, 'lease_id': '0f' * 16},
    ('xattrop', 'xattr'): {'trusted.count': {'base64': 'AAAAAQAAAAIAAAAD'}},
    ('fxattrop', 'xattr'): {'trusted.count': {'base64': 'AAAAAQAAAAIAAAAD'}},
    ('rmdir', 'xflags'): 0, ('unlink', 'xflags'): 0, ('put', 'offset'): 0, ('seek', 'offset'): 0,
    ('put', 'xattr'): {}, ('truncate', 'offset'): 2, ('ftruncate', 'offset'): 9,
    ('entrylk', 'cmd'): 0, ('fentrylk', 'cmd'): 0,
}


def path_of(fop, param='loc'):
    if param == 'newloc' or fop in MAKERS:
        return f'/d/{"d" if fop == "mkdir" else ""}new-{fop}'
    return {'rmdir': '/d/drmdir', 'opendir': '/d'}.get(fop, f'/d/{fop}')


def argument(fop, p, number):
    by_type = {
        'dict_t *': {'user.k': 'text', 'user.n': {'base64': 'AP8B'}},
        'struct iatt *': {'st_mode': 0o100640, 'st_uid': 7, 'st_atime_ns': 5000000001},
        'const char *': f'the {p.name}', 'struct gf_flock *':
            {'l_type': 1, 'l_start': 5, 'l_len': 6, 'l_pid': 77, 'l_owner': 'abcd'},
        'struct iovec *': ['ab', {'base64': '/wAB'}],
        'lock_migration_info_t *': [{'client_uid': 'me', 'lock': {'l_type': 1}, 'lk_flags': 3}],
        'struct iobref *': None,
    }
    if p.ctype == 'loc_t *':
        return {'path': path_of(fop, p.name)}
    if p.ctype == 'fd_t *':
        return f'new {fop}' if fop in OPENERS else \
            'folder' if fop in ('readdir', 'readdirp', 'fsyncdir', 'fentrylk') else \
            'other' if p.name == 'fd_out' else 'file'
    if (fop, p.name) in SPECIAL:
        return SPECIAL[fop, p.name]
    if p.name == 'xdata':
        xdata = {'asked.for': 'something', 'a.number': number}
        if fop in MAKERS:
            xdata['gfid-req'] = {'gfid': '12345678-1234-4234-8234-%012x' % number}
        return xdata
    if p.ctype in by_type:
        return by_type[p.ctype]
    return None if p.name == 'count' else 100 + number


def setup_lines(table):
    """Makes what the operations need, and looks it all up."""
    paths = sorted({path_of(f.name) for f in table if f.name not in MAKERS and
                    any(p.ctype == 'loc_t *' for p in f.args)} - {'/d', '/d/drmdir', '/d/readlink'})
    paths += [path_of(f.name, p.name) for f in table for p in f.args if p.name == 'oldloc']
    xdata = {'gfid-req': {'gfid': '00000000-1111-4111-8111-000000000000'}}

    def made(line, count=[0]):
        count[0] += 1
        line['args']['xdata'] = {'gfid-req': {'gfid': xdata['gfid-req']['gfid'][:-8] + '%08x' % count[0]}}
        return line
    yield made({'fop': 'mkdir', 'args': {'loc': '/d', 'mode': 0o755}})
    yield made({'fop': 'mkdir', 'args': {'loc': '/d/drmdir', 'mode': 0o755}})
    yield made({'fop': 'symlink', 'args': {'linkname': 'target', 'loc': '/d/readlink'}})
    for path in sorted(set(paths)):
        yield made({'fop': 'create', 'args': {'loc': path, 'flags': 2, 'mode': 0o640, 'fd': path}})
        yield {'fop': 'fsetxattr', 'args': {'fd': path, 'dict': {'user.x': 'value'}}}
        yield {'close': path}
    yield made({'fop': 'create', 'args': {'loc': '/d/file', 'flags': 2, 'mode': 0o640, 'fd': 'file'}})
    yield made({'fop': 'create', 'args': {'loc': '/d/other', 'flags': 2, 'mode': 0o640, 'fd': 'other'}})
    yield {'fop': 'writev', 'args': {'fd': 'file', 'vector': 'some text in it', 'offset': 0}}
    yield {'fop': 'fsetxattr', 'args': {'fd': 'file', 'dict': {'user.x': 'value'}}}
    yield {'fop': 'opendir', 'args': {'loc': '/d', 'fd': 'folder'}}
    for path in sorted(set(paths) | {'/d/drmdir', '/d/readlink'}):
        yield {'fop': 'lookup', 'args': {'loc': path}}


def line_of(fop, number):
    args = {p.name: v for p in fop.args if (v := argument(fop.name, p, number)) is not None}
    return {'fop': fop.name, 'args': args,
            'request': {'uid': 0, 'gid': 5, 'pid': 4321, 'groups': [5, 6], 'lk_owner': 'abcd'}}


# -- the modules ----------------------------------------------------------------------

COPYABLE = ('loc_t', 'iatt_t', 'gf_flock', 'gf_lease', 'statvfs_t')  # names of ctypes structures
CLASSIC_HEAD = '''
import errno, os, threading
from gluster.glupy import *
NOTES, ARMED = {notes!r}, {armed!r}
CHILD = POINTER(xlator_t)()
def note(text):
    if NOTES:
        with open(NOTES, 'a') as f:
            f.write(text + '\\n')
    return os.path.exists(ARMED)
def later(function, *args):
    threading.Timer(0.002, function, args).start()
def again(value):
    kind = type(getattr(value, 'contents', None)) if value else None
    if kind is None or kind.__name__ not in {copyable!r}:
        return value
    copy = kind()
    memmove(byref(copy), value, sizeof(copy))
    return pointer(copy)
class xlator(Translator):
    pass
'''

# behaviour -> what a handler does when the operation under test comes
CLASSIC_FOP = {
    'pass': 'dl.wind_{f}(frame, CHILD, {args})',
    'raise': 'raise RuntimeError("before {f}")',
    'raise-after': 'dl.wind_{f}(frame, CHILD, {args})',
    'raise-wound': 'dl.wind_{f}(frame, CHILD, {args}); raise RuntimeError("wound {f}")',
    'error': 'dl.unwind_{f}(frame, 0, this, -1, errno.EDQUOT, {nothing})',
    'error-after': 'dl.wind_{f}(frame, CHILD, {args})',
    'late': 'later(dl.wind_{f}, frame, CHILD, {args})',
    'pass-copied': 'dl.wind_{f}(frame, CHILD, *map(again, [{args}]))',
    'spoil': 'dl.wind_{f}(frame, CHILD, {args})',
}
CLASSIC_CBK = {
    'raise-after': 'raise RuntimeError("after {f}")',
    'error-after': 'dl.unwind_{f}(frame, cookie, this, -1, errno.EDQUOT, {nothing})',
    'late': 'later(dl.unwind_{f}, frame, cookie, this, op_ret, op_errno, {results})',
    'pass-copied': 'dl.unwind_{f}(frame, cookie, this, op_ret, op_errno, *map(again, [{results}]))',
    'spoil': 'dl.unwind_{f}(frame, cookie, this, op_ret + 1, op_errno, {results})',
}


def classic(fop, behaviour):
    names = {'f': fop.name, 'args': ', '.join(p.name for p in fop.args),
             'results': ', '.join(p.name for p in fop.results),
             'nothing': ', '.join('None' if p.member == 'p' else '0' for p in fop.results)}
    plain = {'fop': 'dl.wind_{f}(frame, CHILD, {args})',
             'cbk': 'dl.unwind_{f}(frame, cookie, this, op_ret, op_errno, {results})'}
    does = {'fop': CLASSIC_FOP[behaviour], 'cbk': CLASSIC_CBK.get(behaviour, plain['cbk'])}
    text = ''
    for phase, args in (('fop', 'self, frame, this, {args}'),
                        ('cbk', 'self, frame, cookie, this, op_ret, op_errno, {results}')):
        text += (f'def h({args}):\n    if note("{fop.name} {phase}"):\n'
                 f'        {does[phase]}\n    else:\n        {plain[phase]}\n'
                 f'xlator.{fop.name}_{phase} = h\n').format(**names)
    return text


NATIVE_HEAD = '''
import errno, os, threading, time
from gluster.glupy.native import *
NOTES, ARMED = {notes!r}, {armed!r}
def note(text):
    if NOTES:
        with open(NOTES, 'a') as f:
            f.write(text + '\\n')
    return os.path.exists(ARMED)
def again(value):
    kind = type(value)
    if kind is Dict:
        return value.copy()
    if kind is IoVec:
        return IoVec(value.tobytes())
    if kind is LockList:
        return LockList([(uid, again(lock), flags) for uid, lock, flags in value])
    if kind in (Loc, Iatt, StatVfs, Lock, Lease):
        names = [n for n in dir(value) if not n.startswith('_') and not callable(getattr(value, n))
                 and n not in ('st_atime', 'st_mtime', 'st_ctime', 'st_btime')]
        copy = kind(**{{n: getattr(value, n) for n in names}})
        if kind is Iatt:  # setting a member marks it as valid there
            copy.ia_flags = value.ia_flags
        return copy
    return value
class xlator(Translator):
    pass
'''

# behaviour -> (kind of handler, body); kinds: async, plain, reply
NATIVE = {
    'pass': ('async', 'return await self.child.{f}({keywords})'),
    'pass-same': ('async', 'return await self.child.{f}()'),
    'pass-rebuilt': ('async', 'r = await self.child.{f}({positional}); '
                              'return reply.{f}(op_ret=r.op_ret, op_errno=r.op_errno, {rebuilt})'),
    'pass-copied': ('async', 'r = await self.child.{f}({copied}); '
                             'return reply.{f}(op_ret=r.op_ret, op_errno=r.op_errno, {copies})'),
    'pass-plain': ('plain', 'return None'),
    'pass-call': ('plain', 'return self.child.{f}({keywords})'),
    'pass-reply': ('reply', '[getattr(reply, name) for name in {names}]; return None'),
    'raise': ('async', 'raise RuntimeError("before {f}")'),
    'raise-after': ('async', 'await self.child.{f}(); raise RuntimeError("after {f}")'),
    'raise-plain': ('plain', 'raise RuntimeError("in {f}")'),
    'raise-reply': ('reply', 'raise RuntimeError("reply of {f}")'),
    'error': ('async', 'raise OSError(errno.EDQUOT, "no")'),
    'error-after': ('async', 'await self.child.{f}(); raise OSError(errno.EDQUOT, "no")'),
    'error-plain': ('plain', 'raise OSError(errno.EDQUOT, "no")'),
    'error-reply': ('reply', 'raise OSError(errno.EDQUOT, "no")'),
    'error-made': ('async', 'return reply.{f}(op_ret=-1, op_errno=errno.EDQUOT)'),
    'late': ('async', 'await sleep(0.002); r = await self.child.{f}({keywords}); await sleep(0.002); return r'),
    'late-thread': ('async', 'await run_in_thread(time.sleep, 0.002); r = await self.child.{f}(); '
                             'await run_in_thread(time.sleep, 0.002); return r'),
    'spoil': ('async', 'r = await self.child.{f}(); r.op_errno += 1; return r'),
}
NATIVE_PLAIN = {'async': 'return await self.child.{f}()', 'plain': 'return None', 'reply': 'return None'}
NATIVE_DEF = {'async': 'async def h(self, {args})', 'plain': 'def h(self, {args})',
              'reply': 'def h(self, reply)'}


def shown(params):
    """What of the parameters a native module sees."""
    out = []
    for i, p in enumerate(params):
        after_vector = i and params[i - 1].ctype == 'struct iovec *'
        if p.ctype != 'struct iobref *' and not after_vector:
            out.append(p.name)
    return out


def native(fop, behaviour):
    kind, body = NATIVE[behaviour]
    args, results = shown(fop.args), shown(fop.results)
    names = {'f': fop.name, 'args': ', '.join(args), 'names': results,
             'keywords': ', '.join(f'{a}={a}' for a in args), 'positional': ', '.join(args),
             'rebuilt': ', '.join(f'{r}=r.{r}' for r in results),
             'copied': ', '.join(f'{a}=again({a})' for a in args),
             'copies': ', '.join(f'{r}=again(r.{r})' for r in results)}
    phase = 'cbk' if kind == 'reply' else 'fop'
    name = fop.name + ('_reply' if kind == 'reply' else '')
    return (f'{NATIVE_DEF[kind]}:\n    if note("{fop.name} {phase}"):\n        {body}\n'
            f'    {NATIVE_PLAIN[kind]}\nxlator.{name} = h\n').format(**names)


def write_module(work, name, interface, table, behaviour, notes=True):
    head = CLASSIC_HEAD if interface == 'classic' else NATIVE_HEAD
    text = head.format(notes=f'{work}/notes' if notes else '', armed=f'{work}/armed', copyable=COPYABLE)
    for fop in table:
        text += (classic if interface == 'classic' else native)(fop, behaviour)
    path = f'{work}/modules/{name}.py'
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)
    os.chmod(path, 0o600)


# -- runs -----------------------------------------------------------------------------

def joined(answer):
    """With the segments of vectors in one: a copy is in one piece."""
    def data(piece):
        return base64.b64decode(piece['base64']) if isinstance(piece, dict) else piece.encode()

    def walk(o, name=None):
        if name == 'vector' and o is not None:
            return b''.join(map(data, o if isinstance(o, list) else [o])).hex()
        if name == 'sink.args':
            return walk(json.loads(o)) if isinstance(o, str) else o
        if isinstance(o, dict):
            return {k: walk(v, k) for k, v in o.items()}
        return [walk(v) for v in o] if isinstance(o, list) else o
    return walk(answer)


class Drive:
    """A glupy-drive that is asked line by line."""

    def __init__(self, program, work, volfile):
        self.log = f'{work}/log'
        self.errors = open(f'{work}/stderr', 'a+')
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(
            [*WRAPPER, program, '-l', self.log, '-t', str(int(PATIENCE)), volfile],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
            pipesize=PIPE)

    def ask(self, line):
        try:
            self.process.stdin.write((json.dumps(line) + '\n').encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        if not select.select([self.process.stdout], [], [], UP_TIME + PATIENCE)[0]:
            raise SystemExit(f'no answer to {line}')
        answer = self.process.stdout.readline()
        if not answer:
            self.errors.seek(0)
            raise SystemExit(f'glupy-drive ended with {self.process.wait()} at {line}:\n'
                             f'{self.errors.read()[-2000:]}')
        return json.loads(answer)

    def ask_many(self, lines, count):
        """All lines at once, where nothing is wanted but that each has an answer."""
        assert len(lines) < PIPE
        self.process.stdin.write(lines)
        self.process.stdin.flush()
        out = self.process.stdout.fileno()
        while count > 0:
            if not select.select([out], [], [], UP_TIME + PATIENCE)[0]:
                raise SystemExit(f'{count} answers are missing')
            answers = os.read(out, PIPE)
            if not answers:
                raise SystemExit(f'glupy-drive ended with {self.process.wait()}')
            count -= answers.count(b'\n')

    def end(self):
        self.process.stdin.close()
        status = self.process.wait(60)
        if status:
            self.errors.seek(0)
            raise SystemExit(f'glupy-drive ended with {status}:\n{self.errors.read()[-4000:]}')


class Matrix:

    def __init__(self, fops_path, sink, drive, work, interface, below):
        self.all = fops_def.read(fops_path)
        self.table = [f for f in self.all if below == 'sink' or f.name not in POSIX_HAS_NOT]
        self.sink, self.drive, self.work = sink, drive, work
        self.interface, self.below = interface, below
        self.cells, self.extra, self.wrong = {}, 0, []
        os.makedirs(f'{work}/modules', 0o700, exist_ok=True)

    def volfile(self, module, options, below_options):
        path = f'{self.work}/graph.vol'
        up = '../' * 20
        with open(path, 'w', encoding='utf-8') as f:
            if self.below == 'sink':
                f.write(f'volume below\n    type {up}{self.sink}\n    option echo on\n')
            else:
                shutil.rmtree(f'{self.work}/brick', ignore_errors=True)
                os.mkdir(f'{self.work}/brick')
                f.write(f'volume below\n    type storage/posix\n    option directory {self.work}/brick\n')
            for key, value in below_options.items():
                f.write(f'    option {key} {value}\n')
            f.write('end-volume\n')
            if module:
                f.write(f'volume glupy\n    type features/glupy\n    option module-name {module}\n'
                        f'    option module-path {self.work}/modules\n')
                for key, value in options.items():
                    f.write(f'    option {key} {value}\n')
                f.write('    subvolumes below\nend-volume\n')
        return path

    def notes(self):
        try:
            with open(f'{self.work}/notes', encoding='utf-8') as f:
                return f.read().split('\n')[:-1]
        except FileNotFoundError:
            return []

    def run(self, module=None, options={}, below_options={}):
        """{fop: (answer, what the module noted)}"""
        for name in ('notes', 'armed'):
            if os.path.exists(f'{self.work}/{name}'):
                os.unlink(f'{self.work}/{name}')
        drive = Drive(self.drive, self.work, self.volfile(module, options, below_options))
        for line in setup_lines(self.table):
            drive.ask(line)
        with open(f'{self.work}/armed', 'w', encoding='utf-8'):
            pass
        out = {}
        for number, fop in enumerate(self.table):
            before = len(self.notes())
            answer = drive.ask(line_of(fop, number))
            answer.pop('line')
            out[fop.name] = (self.normal(answer), self.notes()[before:])
        os.unlink(f'{self.work}/armed')
        drive.end()
        self.check_log(module, options, below_options)
        return out

    def check_log(self, *run):
        with open(f'{self.work}/log', encoding='utf-8', errors='replace') as f:
            leaks = [line for line in f if 'found during cleanup' in line]
        os.unlink(f'{self.work}/log')
        if leaks and self.below == 'sink':  # storage/posix keeps one of its own
            self.wrong.append(f'{self.interface} {self.below} {run}: inodes are still held: {leaks}')

    def normal(self, answer):
        """Without what differs between two runs of the same over storage/posix."""
        if self.below == 'sink':
            return answer

        def walk(o):
            if isinstance(o, dict):
                return {k: walk(v) for k, v in o.items()
                        if not k.endswith('time_ns') and k not in ('off', 'st_blocks') and
                        not k.startswith('f_')}
            return [walk(v) for v in o] if isinstance(o, list) else o
        if answer['fop'] in ('readdir', 'readdirp') and answer['results']['entries']:
            answer['results']['entries'].sort(key=lambda e: str(e['name']))
        return walk(answer)

    # -- what is compared

    def cell(self, fop, behaviour, variant):
        key = fop, behaviour.split('-')[0]
        if key in self.cells:
            self.extra += 1
        self.cells.setdefault(key, variant)

    def compare(self, variant, behaviour, got, wanted, noted):
        for fop in self.table:
            answer, notes = got[fop.name]
            same = joined if 'copied' in variant else lambda a: a
            self.cell(fop.name, behaviour, variant)
            if same(answer) != same(wanted[fop.name]):
                self.wrong.append(f'{self.interface} {self.below} {variant} {fop.name}:\n'
                                  f'   got    {json.dumps(answer)}\n   wanted {json.dumps(wanted[fop.name])}')
            phases = [f'{fop.name} {p}' for p in noted]
            if notes != phases:
                self.wrong.append(f'{self.interface} {self.below} {variant} {fop.name}: '
                                  f'handlers that ran are {notes}, not {phases}')

    def failed(self, errno_name):
        """Each fop's answer with that error and nothing else."""
        out = {}
        for fop in self.table:
            results = {name: (None if p.member == 'p' else 0) for p in fop.results
                       for name in shown([p])}
            out[fop.name] = {'fop': fop.name, 'op_ret': -1, 'op_errno': errno_name,
                             'results': results}
            if any(p.name == 'count' for p in fop.results):
                del results['count']
        return out

    def module(self, behaviour, table=None, notes=True):
        name = 'm_' + behaviour.replace('-', '_')
        write_module(self.work, name, self.interface, self.table if table is None else table,
                     behaviour, notes)
        return name

    def absent(self, base):
        """Modules that define every other operation: the rest is not theirs."""
        got = {}
        for half in (0, 1):
            write_module(self.work, 'half', self.interface, self.table[half::2], 'pass')
            run = self.run('half')
            for fop in self.table[1 - half::2]:
                got[fop.name] = run[fop.name]
        self.compare('absent', 'absent', got, base, [])

    def has_teeth(self, base):
        """A module that changes one number of each answer is found out each time."""
        got = self.run(self.module('spoil'))
        return [fop.name for fop in self.table if got[fop.name][0] == base[fop.name]]

    def all_runs(self):
        def answers(run):
            return {fop: answer for fop, (answer, _) in run.items()}
        base = answers(self.run())
        both = ['fop', 'cbk'] if self.interface == 'classic' else ['fop']
        self.absent(base)
        if self.below == 'sink':
            self.wrong += [f'{self.interface}: a change of {fop} is not found out'
                           for fop in self.has_teeth(base)]
        behaviours = CLASSIC_FOP if self.interface == 'classic' else NATIVE
        for behaviour in behaviours:
            kind = behaviour.split('-')[0]
            if kind == 'spoil':
                continue
            module = self.module(behaviour)
            reply = self.interface == 'native' and NATIVE[behaviour][0] == 'reply'
            after = behaviour.endswith(('after', 'wound'))
            noted = ['cbk'] if reply else both if kind in ('pass', 'late') or after else ['fop']
            # a coroutine does not get beyond a child's failure
            native_after = after and self.interface == 'native'
            beyond = {fop: answer for fop, answer in base.items()
                      if native_after and answer['op_ret'] < 0}
            if kind == 'raise':
                # the breaker must not open: each operation raises
                never = {'breaker-failures': '0'}
                self.compare(behaviour + ' on-error pass', kind,
                             self.run(module, {'on-error': 'pass', **never}), base, noted)
                # what is wound stands
                wanted = base if behaviour == 'raise-wound' else {**self.failed('EIO'), **beyond}
                self.compare(behaviour + ' on-error fail', kind,
                             self.run(module, {'on-error': 'fail', **never}), wanted, noted)
                continue
            wanted = {**self.failed('EDQUOT'), **beyond} if kind == 'error' else base
            self.compare(behaviour, kind, self.run(module), wanted, noted)
            self.compare(behaviour + ' inline', kind, self.run(module, {'threads': 'inline'}),
                         wanted, noted)
            if kind in ('pass', 'late') and self.below == 'sink':
                late = {'late': '1'}
                self.compare(behaviour + ' late child', kind, self.run(module, {}, late), base, noted)
                self.child_fails(behaviour, module, noted)

    def child_fails(self, behaviour, module, noted):
        """The child answers with an error, but where the script's beginning needs it."""
        needed = {'mkdir', 'symlink', 'create', 'fsetxattr', 'writev', 'opendir', 'lookup'}
        only = ','.join(f.name for f in self.table if f.name not in needed)
        options = {'error': 'ENOSPC', 'only': only}
        base = {fop: answer for fop, (answer, _) in self.run(None, {}, options).items()}
        self.compare(behaviour + ' child fails', behaviour.split('-')[0],
                     self.run(module, {}, options), base, noted)

    # -- memory

    def grows(self, behaviour):
        """KB that the process has more after many of each operation than after some: the lesser
        of two measurements, since what leaks does it in both, and a thread's arena comes once."""
        options = {'breaker-failures': '0'}
        module = self.module(behaviour, notes=False)
        drive = Drive(self.drive, self.work, self.volfile(module, options, {}))
        for line in setup_lines(self.table):
            drive.ask(line)
        with open(f'{self.work}/armed', 'w', encoding='utf-8'):
            pass
        sizes, lines = [], []
        for number, fop in enumerate(self.table):
            lines.append(line_of(fop, number))
            if fop.name in OPENERS and not behaviour.startswith('error'):
                lines.append({'close': f'new {fop.name}'})
        text = ''.join(json.dumps(line) + '\n' for line in lines).encode()
        for i in range(ROUNDS):
            drive.ask_many(text, len(lines))
            if i in (ROUNDS // 3, 2 * ROUNDS // 3, ROUNDS - 1):
                with open(f'/proc/{drive.process.pid}/statm', encoding='ascii') as f:
                    sizes.append(int(f.read().split()[1]) * os.sysconf('SC_PAGESIZE') // 1024)
        os.unlink(f'{self.work}/armed')
        drive.end()
        return min(sizes[1] - sizes[0], sizes[2] - sizes[1])

    def memory(self):
        good = True
        behaviours = [b for b in (CLASSIC_FOP if self.interface == 'classic' else NATIVE) if b != 'spoil']
        for behaviour in behaviours:
            grown = self.grows(behaviour)
            good = good and grown < GROWTH
            print(f'{self.interface} {behaviour}: {grown} KB more after '
                  f'{ROUNDS // 3 * len(self.table)} operations')
        return good

    def report(self):
        for text in self.wrong[:int(os.environ.get('MATRIX_SHOW', 20))]:
            print(text)
        kinds = ('absent', 'pass', 'raise', 'error', 'late')
        missing = [(f.name, k) for f in self.table for k in kinds if (f.name, k) not in self.cells]
        print(f'{self.interface} over {self.below}: {len(self.table)} operations x {len(kinds)} = '
              f'{len(self.cells)} cells, {self.extra} more in variants, {len(missing)} missing, '
              f'{len(self.wrong)} wrong')
        return not self.wrong and not missing and len(self.cells) == 5 * len(self.table)


def main():
    matrix = Matrix(*sys.argv[1:])
    if matrix.below == 'memory':
        matrix.below, matrix.table = 'sink', matrix.all
        sys.exit(0 if matrix.memory() else 1)
    matrix.all_runs()
    sys.exit(0 if matrix.report() else 1)


main()
