# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Files: open and create, truncate, and what kinds there are."""
import os
import stat
import threading
from errno import EEXIST, EINVAL, EISDIR, ENOENT, ENOTDIR, ENXIO, EBADF, EFBIG

from suite import fails, mode, opened, read, same, true, write


def test_create_makes_an_empty_file(d):
    with opened(f'{d}/a', os.O_WRONLY | os.O_CREAT, 0o640):
        pass
    s = os.stat(f'{d}/a')
    same((s.st_size, s.st_nlink, s.st_uid, s.st_gid), (0, 1, 0, 0), 'size, links, owner, group')
    true(stat.S_ISREG(s.st_mode), 'not a regular file')
    same(mode(f'{d}/a'), 0o640, 'mode')


def test_create_exclusively(d):
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with opened(f'{d}/a', flags):
        pass
    with fails(EEXIST):
        os.open(f'{d}/a', flags)
    os.unlink(f'{d}/a')
    with opened(f'{d}/a', flags):
        pass


def test_create_exclusively_in_ten_threads_has_one_winner(d):
    won, start = [], threading.Barrier(10)

    def try_it(i):
        start.wait()
        try:
            os.close(os.open(f'{d}/a', os.O_WRONLY | os.O_CREAT | os.O_EXCL))
            won.append(i)
        except FileExistsError:
            pass
    threads = [threading.Thread(target=try_it, args=(i,)) for i in range(10)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    same(len(won), 1, 'winners')


def test_create_truncates(d):
    write(f'{d}/a', b'long text')
    ino = os.stat(f'{d}/a').st_ino
    write(f'{d}/a', b'x')
    same(read(f'{d}/a'), b'x', 'content')
    same(os.stat(f'{d}/a').st_ino, ino, 'inode')


def test_create_without_truncating_keeps_content(d):
    write(f'{d}/a', b'long text')
    with opened(f'{d}/a', os.O_WRONLY | os.O_CREAT) as fd:
        os.write(fd, b'LONG')
    same(read(f'{d}/a'), b'LONG text', 'content')


def test_create_modes_and_umask(d):
    for umask in (0, 0o022, 0o077, 0o777):
        os.umask(umask)
        for m in (0o777, 0o666, 0o600, 0o444, 0):
            os.close(os.open(f'{d}/f', os.O_WRONLY | os.O_CREAT | os.O_EXCL, m))
            same(mode(f'{d}/f'), m & ~umask, f'mode {m:o} with umask {umask:o}')
            os.unlink(f'{d}/f')
            os.mkdir(f'{d}/f', m)
            same(mode(f'{d}/f'), m & ~umask, f'mode of a folder {m:o} with umask {umask:o}')
            os.rmdir(f'{d}/f')
            os.mkfifo(f'{d}/f', m)
            same(mode(f'{d}/f'), m & ~umask, f'mode of a fifo {m:o} with umask {umask:o}')
            os.unlink(f'{d}/f')


def test_create_readonly_file_for_writing(d):
    with opened(f'{d}/a', os.O_WRONLY | os.O_CREAT, 0o400) as fd:
        os.write(fd, b'x')
    same(read(f'{d}/a'), b'x', 'content')


def test_open_missing_file(d):
    with fails(ENOENT):
        os.open(f'{d}/a', os.O_RDONLY)


def test_open_folder_for_writing(d):
    for flags in (os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_TRUNC, os.O_WRONLY | os.O_CREAT):
        with fails(EISDIR):
            os.open(d, flags)


def test_open_file_as_a_folder(d):
    write(f'{d}/a')
    with fails(ENOTDIR):
        os.open(f'{d}/a', os.O_RDONLY | os.O_DIRECTORY)


def test_open_modes_are_kept(d):
    write(f'{d}/a', b'x')
    with opened(f'{d}/a', os.O_RDONLY) as fd, fails(EBADF):
        os.write(fd, b'x')
    with opened(f'{d}/a', os.O_WRONLY) as fd, fails(EBADF):
        os.read(fd, 1)


def test_same_file_opened_many_times(d):
    write(f'{d}/a', b'text')
    fds = [os.open(f'{d}/a', os.O_RDWR) for _ in range(200)]
    for fd in fds:
        same(os.pread(fd, 9, 0), b'text', 'content')
    for fd in fds:
        os.close(fd)


def test_truncate_shortens_and_extends(d):
    write(f'{d}/a', b'0123456789')
    os.truncate(f'{d}/a', 4)
    same(read(f'{d}/a'), b'0123', 'shortened')
    os.truncate(f'{d}/a', 8)
    same(read(f'{d}/a'), b'0123\0\0\0\0', 'extended')
    os.truncate(f'{d}/a', 0)
    same(read(f'{d}/a'), b'', 'emptied')


def test_ftruncate_shortens_and_extends(d):
    with opened(f'{d}/a', os.O_RDWR | os.O_CREAT) as fd:
        os.write(fd, b'0123456789')
        os.ftruncate(fd, 4)
        same(os.pread(fd, 99, 0), b'0123', 'shortened')
        same(os.lseek(fd, 0, os.SEEK_CUR), 10, 'offset')
        os.write(fd, b'x')
        same(os.pread(fd, 99, 0), b'0123\0\0\0\0\0\0x', 'written behind the end')
        os.ftruncate(fd, 200000)
        same(os.fstat(fd).st_size, 200000, 'size')
        same(os.pread(fd, 200000, 0)[11:].strip(b'\0'), b'', 'what was extended')


def test_truncate_is_seen_by_other_descriptors(d):
    write(f'{d}/a', b'0123456789')
    with opened(f'{d}/a', os.O_RDONLY) as fd:
        os.truncate(f'{d}/a', 3)
        same(os.fstat(fd).st_size, 3, 'size')
        same(os.pread(fd, 99, 0), b'012', 'content')


def test_truncate_of_a_folder(d):
    with fails(EISDIR):
        os.truncate(d, 0)


def test_truncate_to_a_negative_length(d):
    write(f'{d}/a')
    with fails(EINVAL):
        os.truncate(f'{d}/a', -1)


def test_truncate_missing_file(d):
    with fails(ENOENT):
        os.truncate(f'{d}/a', 0)


def test_ftruncate_of_a_readonly_descriptor(d):
    write(f'{d}/a', b'x')
    with opened(f'{d}/a', os.O_RDONLY) as fd, fails(EINVAL, EBADF):
        os.ftruncate(fd, 0)


def test_fifo(d):
    os.mkfifo(f'{d}/a')
    true(stat.S_ISFIFO(os.stat(f'{d}/a').st_mode), 'not a fifo')
    with fails(ENXIO):
        os.open(f'{d}/a', os.O_WRONLY | os.O_NONBLOCK)
    with opened(f'{d}/a', os.O_RDONLY | os.O_NONBLOCK) as r, opened(f'{d}/a', os.O_WRONLY) as w:
        os.write(w, b'x')
        same(os.read(r, 9), b'x', 'what came through')


def test_device(d):
    os.mknod(f'{d}/null', 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    s = os.stat(f'{d}/null')
    true(stat.S_ISCHR(s.st_mode), 'not a device')
    same(s.st_rdev, os.makedev(1, 3), 'number')
    os.mknod(f'{d}/b', 0o600 | stat.S_IFBLK, os.makedev(250, 70000))
    same(os.stat(f'{d}/b').st_rdev, os.makedev(250, 70000), 'number of the block device')


def test_mknod_of_a_regular_file(d):
    os.mknod(f'{d}/a', 0o640 | stat.S_IFREG)
    write(f'{d}/a', b'x')
    same(read(f'{d}/a'), b'x', 'content')
    with fails(EEXIST):
        os.mknod(f'{d}/a', 0o640 | stat.S_IFREG)


def test_socket(d):
    import socket
    os.chdir(d)  # a socket's address is short
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.bind('s')
            true(stat.S_ISSOCK(os.stat('s').st_mode), 'not a socket')
            s.listen()
            with socket.socket(socket.AF_UNIX) as c:
                c.connect('s')
    finally:
        os.chdir('/')


def test_statvfs(d):
    s = os.statvfs(d)
    true(s.f_blocks > 0 and s.f_bsize > 0 and s.f_frsize > 0, 'no blocks')
    true(s.f_bavail <= s.f_bfree <= s.f_blocks, 'more is free than there is')
    same(s.f_namemax, 255, 'longest name')
    with opened(f'{d}/a', os.O_RDWR | os.O_CREAT) as fd:
        same(os.fstatvfs(fd).f_namemax, 255, 'longest name by a descriptor')


def test_blocks_of_a_sparse_file(d):
    with opened(f'{d}/a', os.O_RDWR | os.O_CREAT) as fd:
        os.ftruncate(fd, 1 << 30)
        os.pwrite(fd, b'x', 1 << 29)
        os.fsync(fd)
    s = os.stat(f'{d}/a')
    same(s.st_size, 1 << 30, 'size')
    true(s.st_blocks * 512 < 1 << 24, f'{s.st_blocks} blocks')


def test_largest_offsets(d):
    with opened(f'{d}/a', os.O_RDWR | os.O_CREAT) as fd:
        os.pwrite(fd, b'x', (1 << 42) - 1)
        same(os.fstat(fd).st_size, 1 << 42, 'size')
        same(os.pread(fd, 2, (1 << 42) - 1), b'x', 'content')
        with fails(EFBIG, EINVAL):
            os.pwrite(fd, b'xx', (1 << 63) - 1)


def test_device_and_inode_are_stable(d):
    write(f'{d}/a')
    first = os.stat(f'{d}/a')
    with opened(f'{d}/a', os.O_RDONLY) as fd:
        again = os.fstat(fd)
    entry = [e.inode() for e in os.scandir(d)]
    same((again.st_dev, again.st_ino), (first.st_dev, first.st_ino), 'device and inode by fstat')
    same(entry, [first.st_ino], 'inode by readdir')
