# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Folders: mkdir, rmdir, and reading them while they change."""
import ctypes
import os
import stat
import threading
from errno import EBUSY, EEXIST, EINVAL, ENOENT, ENOTDIR, ENOTEMPTY

from suite import check, fails, libc, same, true, write

MANY = int(os.environ.get('POSIX_ENTRIES', 10000))


class Dirent(ctypes.Structure):
    _fields_ = [('ino', ctypes.c_uint64), ('off', ctypes.c_int64), ('reclen', ctypes.c_uint16),
                ('type', ctypes.c_uint8), ('name', ctypes.c_char * 256)]


libc.opendir.restype = ctypes.c_void_p
libc.readdir.restype = ctypes.POINTER(Dirent)
libc.readdir.argtypes = libc.closedir.argtypes = [ctypes.c_void_p]
libc.telldir.argtypes = libc.rewinddir.argtypes = [ctypes.c_void_p]
libc.telldir.restype = ctypes.c_long
libc.seekdir.argtypes = [ctypes.c_void_p, ctypes.c_long]


class Stream:
    """opendir, readdir, telldir, seekdir as in C"""
    def __init__(self, path):
        self.dir = libc.opendir(os.fsencode(path))
        if not self.dir:
            check(-1)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        libc.closedir(self.dir)

    def next(self):
        ctypes.set_errno(0)
        e = libc.readdir(self.dir)
        if not e:
            if ctypes.get_errno():
                check(-1)
            return None
        return e.contents.name.decode()

    def rest(self):
        names = []
        while (name := self.next()) is not None:
            if name not in ('.', '..'):
                names.append(name)
        return names

    def tell(self):
        return check(libc.telldir(self.dir))

    def seek(self, where):
        libc.seekdir(self.dir, where)

    def rewind(self):
        libc.rewinddir(self.dir)


def fill(d, count, word='e'):
    for i in range(count):
        os.mknod(f'{d}/{word}{i}', 0o600 | stat.S_IFREG)


def once(got, want, what):
    same(len(got), len(set(got)), f'{what}: names that came twice, of')
    missing = set(want) - set(got)
    true(not missing, f'{what}: {len(missing)} of {len(set(want))} are missing, as {sorted(missing)[:1]}')


def test_mkdir_and_rmdir(d):
    os.mkdir(f'{d}/a')
    true(stat.S_ISDIR(os.stat(f'{d}/a').st_mode), 'not a folder')
    with fails(EEXIST):
        os.mkdir(f'{d}/a')
    os.rmdir(f'{d}/a')
    with fails(ENOENT):
        os.stat(f'{d}/a')
    with fails(ENOENT):
        os.rmdir(f'{d}/a')


def test_mkdir_over_a_file(d):
    write(f'{d}/a')
    with fails(EEXIST):
        os.mkdir(f'{d}/a')


def test_mkdir_counts_links(d):
    before = os.stat(d).st_nlink
    os.mkdir(f'{d}/a')
    os.mkdir(f'{d}/b')
    same(os.stat(d).st_nlink - before, 2, 'further links of the parent')
    same(os.stat(f'{d}/a').st_nlink, 2, 'links of an empty folder')
    os.rmdir(f'{d}/a')
    same(os.stat(d).st_nlink - before, 1, 'further links after rmdir')


def test_rmdir_of_a_full_folder(d):
    os.mkdir(f'{d}/a')
    write(f'{d}/a/x')
    with fails(ENOTEMPTY, EEXIST):
        os.rmdir(f'{d}/a')
    os.unlink(f'{d}/a/x')
    os.rmdir(f'{d}/a')


def test_rmdir_of_a_file(d):
    write(f'{d}/a')
    with fails(ENOTDIR):
        os.rmdir(f'{d}/a')


def test_rmdir_of_dot_and_dotdot(d):
    os.mkdir(f'{d}/a')
    with fails(EINVAL):
        os.rmdir(f'{d}/a/.')
    with fails(ENOTEMPTY, EINVAL, EBUSY, EEXIST):
        os.rmdir(f'{d}/a/..')


def test_rmdir_of_an_open_folder(d):
    os.mkdir(f'{d}/a')
    fd = os.open(f'{d}/a', os.O_RDONLY)
    os.rmdir(f'{d}/a')
    with fails(ENOENT):
        os.open('x', os.O_WRONLY | os.O_CREAT, dir_fd=fd)
    os.close(fd)


def test_empty_folder_has_two_entries(d):
    with Stream(d) as s:
        same(sorted([s.next(), s.next()]), ['.', '..'], 'entries')
        same(s.next(), None, 'the third')


def test_entries_tell_their_kind(d):
    write(f'{d}/f')
    os.mkdir(f'{d}/d')
    os.symlink('x', f'{d}/l')
    os.mkfifo(f'{d}/p')
    kinds = {e.name: (e.is_file(follow_symlinks=False), e.is_dir(follow_symlinks=False), e.is_symlink())
             for e in os.scandir(d)}
    same(kinds, {'f': (True, False, False), 'd': (False, True, False),
                 'l': (False, False, True), 'p': (False, False, False)}, 'kinds')


def test_rewind_shows_what_came(d):
    fill(d, 5)
    with Stream(d) as s:
        once(s.rest(), [f'e{i}' for i in range(5)], 'first')
        write(f'{d}/new')
        os.unlink(f'{d}/e0')
        s.rewind()
        same(sorted(s.rest()), ['e1', 'e2', 'e3', 'e4', 'new'], 'after rewinddir')


def test_removing_while_reading_skips_nothing(d):
    fill(d, 500)
    seen = []
    with Stream(d) as s:
        while (name := s.next()) is not None:
            if name not in ('.', '..'):
                seen.append(name)
                os.unlink(f'{d}/{name}')
    once(seen, [f'e{i}' for i in range(500)], 'entries')
    same(os.listdir(d), [], 'what is left')


def test_many_entries(d):
    """Read whole, in pieces by telldir and seekdir, and while others create."""
    fill(d, MANY)
    want = [f'e{i}' for i in range(MANY)]
    with Stream(d) as s:
        once(s.rest(), want, 'read at once')

    with Stream(d) as s:  # places in the middle, in any order
        places, names = [], []
        while True:
            where = s.tell()
            name = s.next()
            if name is None:
                break
            if len(names) % 997 == 0:
                places.append((where, len(names)))
            names.append(name)
        for where, index in reversed(places):
            s.seek(where)
            same(s.next(), names[index], f'the entry at place {index}')
        where, index = places[len(places) // 2]
        s.seek(where)
        same(s.rest(), [n for n in names[index:] if n not in ('.', '..')], 'the rest after seekdir')

    stop, failed = threading.Event(), []

    def create():
        i = 0
        try:
            while not stop.is_set():
                os.mknod(f'{d}/new{i}', 0o600 | stat.S_IFREG)
                i += 1
                if i % 2:
                    os.unlink(f'{d}/new{i - 1}')
        except OSError as e:
            failed.append(e)
    thread = threading.Thread(target=create)
    thread.start()
    try:
        with Stream(d) as s:
            got = s.rest()
    finally:
        stop.set()
        thread.join()
    same(failed, [], 'failures of who creates')
    once([n for n in got if n[0] == 'e'], want, 'read while others create')
    for n in os.listdir(d):
        os.unlink(f'{d}/{n}')
    same(os.listdir(d), [], 'after removing all')
    os.rmdir(d)


def test_tree_is_walked_completely(d):
    want = set()
    for a in range(6):
        for b in range(6):
            os.makedirs(f'{d}/{a}/{b}')
            for c in range(4):
                write(f'{d}/{a}/{b}/{c}', b'x')
                want.add(f'{d}/{a}/{b}/{c}')
    got = {os.path.join(p, f) for p, _, files in os.walk(d) for f in files}
    same(got, want, 'files')


def test_fsync_of_a_folder(d):
    fd = os.open(d, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(fd)
    os.fdatasync(fd)
    os.close(fd)


def test_two_readers_of_one_folder(d):
    fill(d, 300)
    want = [f'e{i}' for i in range(300)]
    with Stream(d) as a, Stream(d) as b:
        one, two = [], []
        for _ in range(302):
            one.append(a.next())
            two.append(b.next())
    once([n for n in one if n[0] == 'e'], want, 'the first')
    once([n for n in two if n[0] == 'e'], want, 'the second')


def test_folders_of_a_folder_in_threads(d):
    failed = []

    def work(t):
        try:
            for i in range(25):
                os.mkdir(f'{d}/{t}-{i}')
                write(f'{d}/{t}-{i}/f', b'x')
                os.rename(f'{d}/{t}-{i}', f'{d}/{t}+{i}')
                os.unlink(f'{d}/{t}+{i}/f')
                os.rmdir(f'{d}/{t}+{i}')
        except OSError as e:
            failed.append(str(e))
    threads = [threading.Thread(target=work, args=(t,)) for t in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    same(failed, [], 'failures')
    same(os.listdir(d), [], 'what is left')
