# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Timestamps: what changes which, and what utimensat sets."""
import ctypes
import os
import time

from suite import check, libc, opened, read, same, true, write

CLOCK_REALTIME_COARSE = 5  # of <time.h>
UTIME_NOW, UTIME_OMIT = (1 << 30) - 1, (1 << 30) - 2


class Timespec(ctypes.Structure):
    _fields_ = [('sec', ctypes.c_long), ('nsec', ctypes.c_long)]


def utimens(path, atime, mtime, flags=0):
    both = (Timespec * 2)(Timespec(*atime), Timespec(*mtime))
    check(libc.utimensat(-100, os.fsencode(path), both, flags))


def stamps(path):
    s = os.lstat(path)
    return s.st_atime_ns, s.st_mtime_ns, s.st_ctime_ns


def tick():
    """Waits until the clock that stamps files has moved on."""
    def now():
        return time.clock_gettime_ns(CLOCK_REALTIME_COARSE)
    before = now()
    while now() == before:
        os.sched_yield()


def later(path, change, which, what):
    """change() must move these stamps (of `amc`) forward, and leave the others."""
    before = stamps(path)
    tick()
    change()
    after = stamps(path)
    for i, letter in enumerate('amc'):
        if letter in which:
            true(after[i] > before[i], f'{what}: {letter}time did not move')
        elif letter != 'a':
            same(after[i], before[i], f'{what}: {letter}time')


def test_utimens_sets_nanoseconds(d):
    write(f'{d}/a')
    os.utime(f'{d}/a', ns=(1234567890123456789, 987654321987654321))
    same(stamps(f'{d}/a')[:2], (1234567890123456789, 987654321987654321), 'stamps')
    with opened(f'{d}/a', os.O_RDWR) as fd:
        os.utime(fd, ns=(5, 7))
        s = os.fstat(fd)
        same((s.st_atime_ns, s.st_mtime_ns), (5, 7), 'stamps by a descriptor')


def test_utimens_omits(d):
    write(f'{d}/a')
    utimens(f'{d}/a', (100, 1), (200, 2))
    utimens(f'{d}/a', (300, 3), (0, UTIME_OMIT))
    same(stamps(f'{d}/a')[:2], (300000000003, 200000000002), 'mtime left out')
    utimens(f'{d}/a', (0, UTIME_OMIT), (400, 4))
    same(stamps(f'{d}/a')[:2], (300000000003, 400000000004), 'atime left out')


def test_utimens_now(d):
    write(f'{d}/a')
    utimens(f'{d}/a', (100, 1), (200, 2))
    utimens(f'{d}/a', (0, UTIME_NOW), (0, UTIME_OMIT))
    a, m, _ = stamps(f'{d}/a')
    true(abs(a / 1e9 - time.time()) < 60, 'atime is not now')
    same(m, 200000000002, 'mtime')


def test_utimens_moves_ctime(d):
    write(f'{d}/a')
    before = stamps(f'{d}/a')[2]
    tick()
    os.utime(f'{d}/a', (1, 1))
    true(stamps(f'{d}/a')[2] > before, 'ctime did not move')


def test_utimens_of_a_symlink(d):
    write(f'{d}/a')
    os.symlink('a', f'{d}/l')
    mtime = stamps(f'{d}/a')[1]
    os.utime(f'{d}/l', ns=(11, 12), follow_symlinks=False)
    same(stamps(f'{d}/l')[1], 12, 'mtime of the link')
    same(stamps(f'{d}/a')[1], mtime, 'mtime of the file')


def test_utimens_of_a_folder(d):
    os.mkdir(f'{d}/s')
    os.utime(f'{d}/s', ns=(10**18, 2 * 10**18))
    same(stamps(f'{d}/s')[:2], (10**18, 2 * 10**18), 'stamps')


def test_utimens_after_2038(d):
    write(f'{d}/a')
    when = 3000000000 * 10**9
    os.utime(f'{d}/a', ns=(when, when))
    same(stamps(f'{d}/a')[:2], (when, when), 'stamps')


def test_write_moves_mtime_and_ctime(d):
    write(f'{d}/a', b'x')

    def change():
        with opened(f'{d}/a', os.O_WRONLY) as fd:
            os.write(fd, b'y')
    later(f'{d}/a', change, 'mc', 'write')


def test_truncate_moves_mtime_and_ctime(d):
    write(f'{d}/a', b'xyz')
    later(f'{d}/a', lambda: os.truncate(f'{d}/a', 1), 'mc', 'truncate')


def test_chmod_moves_ctime_only(d):
    write(f'{d}/a')
    later(f'{d}/a', lambda: os.chmod(f'{d}/a', 0o600), 'c', 'chmod')


def test_chown_moves_ctime_only(d):
    write(f'{d}/a')
    later(f'{d}/a', lambda: os.chown(f'{d}/a', 4711, 4711), 'c', 'chown')


def test_link_moves_ctime_only(d):
    write(f'{d}/a')
    later(f'{d}/a', lambda: os.link(f'{d}/a', f'{d}/b'), 'c', 'link')


def test_xattr_moves_ctime_only(d):
    write(f'{d}/a')
    later(f'{d}/a', lambda: os.setxattr(f'{d}/a', 'user.x', b'1'), 'c', 'setxattr')


def test_stat_moves_nothing(d):
    write(f'{d}/a')
    later(f'{d}/a', lambda: [os.stat(f'{d}/a') for _ in range(5)], '', 'stat')


def test_read_moves_no_mtime(d):
    write(f'{d}/a', b'x')
    later(f'{d}/a', lambda: read(f'{d}/a'), '', 'read')


def of_a_folder(d, what, change):
    """change(path) moves its folder's stamps, whichever brick the name belongs to."""
    os.mkdir(f'{d}/s')
    write(f'{d}/target')
    for i in range(12):
        if what in ('rename', 'unlink'):
            write(f'{d}/s/{i}')
        elif what == 'rmdir':
            os.mkdir(f'{d}/s/{i}')
    for i in range(12):
        later(f'{d}/s', lambda: change(f'{d}/s/{i}'), 'mc', what)


def test_create_moves_its_folder(d):
    of_a_folder(d, 'create', write)


def test_mkdir_moves_its_folder(d):
    of_a_folder(d, 'mkdir', os.mkdir)


def test_symlink_moves_its_folder(d):
    of_a_folder(d, 'symlink', lambda path: os.symlink('x', path))


def test_link_moves_its_folder(d):
    of_a_folder(d, 'link', lambda path: os.link(f'{d}/target', path))


def test_rename_moves_its_folder(d):
    of_a_folder(d, 'rename', lambda path: os.rename(path, path + '.new'))


def test_unlink_moves_its_folder(d):
    of_a_folder(d, 'unlink', os.unlink)


def test_rmdir_moves_its_folder(d):
    of_a_folder(d, 'rmdir', os.rmdir)


def test_times_survive_a_rename(d):
    write(f'{d}/a')
    os.utime(f'{d}/a', ns=(123, 456))
    os.rename(f'{d}/a', f'{d}/b')
    same(stamps(f'{d}/b')[1], 456, 'mtime')
