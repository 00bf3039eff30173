# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Contents: read, write, append, mmap, holes, copies, and a random mixture of them all."""
import ctypes
import hashlib
import mmap
import os
import random
import threading
from errno import EINVAL, ENODEV, ENOTSUP, ENXIO, EOPNOTSUPP

from suite import Skip, check, child, fails, libc, opened, read, same, true, write

KEEP_SIZE, PUNCH_HOLE, ZERO_RANGE = 1, 2, 16
libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long]
RW = os.O_RDWR | os.O_CREAT


def noise(size, seed=1):
    return random.Random(seed).randbytes(size)


def test_sizes_around_the_page_and_the_request(d):
    for size in (0, 1, 511, 4095, 4096, 4097, 65537, 131071, 131072, 131073, 1 << 20, 5000001):
        data = noise(size, size)
        write(f'{d}/a', data)
        same(hashlib.md5(read(f'{d}/a')).digest(), hashlib.md5(data).digest(), f'{size} bytes')
        same(os.stat(f'{d}/a').st_size, size, 'size')


def test_read_at_and_behind_the_end(d):
    write(f'{d}/a', b'0123')
    with opened(f'{d}/a', os.O_RDONLY) as fd:
        same(os.pread(fd, 9, 2), b'23', 'the end')
        same(os.pread(fd, 9, 4), b'', 'at the end')
        same(os.pread(fd, 9, 1 << 40), b'', 'far behind')


def test_vectors(d):
    with opened(f'{d}/a', RW) as fd:
        parts = [noise(n, n) for n in (1, 4096, 3, 100000, 7)]
        same(os.writev(fd, parts), sum(map(len, parts)), 'bytes written')
        into = [bytearray(n) for n in (5, 50000, 54102)]
        os.preadv(fd, into, 0)
        same(b''.join(into), b''.join(parts)[:104107], 'content')


def test_overwriting_in_the_middle(d):
    data = bytearray(noise(300000))
    write(f'{d}/a', bytes(data))
    with opened(f'{d}/a', os.O_RDWR) as fd:
        for i in range(100):
            at, piece = i * 2999, bytes([i]) * (i * 7 + 1)
            os.pwrite(fd, piece, at)
            data[at:at + len(piece)] = piece
        same(os.pread(fd, 400000, 0), bytes(data), 'content by the descriptor')
    same(read(f'{d}/a'), bytes(data), 'content')


def test_what_one_wrote_another_reads(d):
    with opened(f'{d}/a', RW) as w:
        for i in range(50):
            os.pwrite(w, b'%04d' % i, 0)
            same(child(lambda: read(f'{d}/a')), b'%04d' % i, 'content')


def test_direct_io(d):
    try:
        fd = os.open(f'{d}/a', RW | os.O_DIRECT)
    except OSError as e:
        if e.errno == EINVAL:
            raise Skip('no O_DIRECT')
        raise
    area = mmap.mmap(-1, 65536)
    area.write(noise(65536))
    os.pwrite(fd, area, 4096)
    back = mmap.mmap(-1, 65536)
    os.preadv(fd, [back], 4096)
    same(back[:], noise(65536), 'content')
    os.close(fd)
    same(read(f'{d}/a')[:4096], bytes(4096), 'the hole before it')


def test_append_is_at_the_end(d):
    write(f'{d}/a', b'1')
    with opened(f'{d}/a', os.O_WRONLY | os.O_APPEND) as fd:
        os.lseek(fd, 0, os.SEEK_SET)
        os.write(fd, b'2')
        child(lambda: write_to_end(f'{d}/a', b'3'))
        os.write(fd, b'4')
    same(read(f'{d}/a'), b'1234', 'content')


def write_to_end(path, data):
    with opened(path, os.O_WRONLY | os.O_APPEND) as fd:
        os.write(fd, data)


def test_append_from_two_writers_loses_nothing(d):
    write(f'{d}/a')

    def append(word):
        with opened(f'{d}/a', os.O_WRONLY | os.O_APPEND) as fd:
            for i in range(200):
                os.write(fd, b'%s%05d\n' % (word, i))
    pid = os.fork()
    if not pid:
        try:
            append(b'b')
        finally:
            os._exit(0)
    append(b'a')
    os.waitpid(pid, 0)
    lines = read(f'{d}/a').split()
    want = [b'%s%05d' % (w, i) for w in (b'a', b'b') for i in range(200)]
    same(sorted(lines), want, 'lines')
    for w in (b'a', b'b'):
        mine = [x for x in lines if x[:1] == w]
        same(mine, sorted(mine), 'order of one writer')


def test_mmap_shared_is_written_back(d):
    write(f'{d}/a', bytes(100000))
    with opened(f'{d}/a', os.O_RDWR) as fd:
        with mmap.mmap(fd, 100000) as m:
            m[0:5] = b'first'
            m[50000:50006] = b'middle'
            m[99996:] = b'last'
            m.flush()
            same(os.pread(fd, 5, 0), b'first', 'by read, while mapped')
    data = read(f'{d}/a')
    same((data[:5], data[50000:50006], data[99996:]), (b'first', b'middle', b'last'), 'content')


def test_mmap_shows_what_is_written(d):
    write(f'{d}/a', b'a' * 8192)
    with opened(f'{d}/a', os.O_RDWR) as fd, mmap.mmap(fd, 8192) as m:
        same(m[4096:4098], b'aa', 'before')
        os.pwrite(fd, b'bb', 4096)
        same(m[4096:4098], b'bb', 'after')


def test_mmap_private_changes_nothing(d):
    write(f'{d}/a', b'a' * 4096)
    with opened(f'{d}/a', os.O_RDWR) as fd, mmap.mmap(fd, 4096, mmap.MAP_PRIVATE) as m:
        m[0:1] = b'b'
    same(read(f'{d}/a')[:1], b'a', 'content')


def test_mmap_of_an_unlinked_file(d):
    with opened(f'{d}/a', RW) as fd:
        os.write(fd, b'x' * 4096)
        with mmap.mmap(fd, 4096) as m:
            os.unlink(f'{d}/a')
            m[1:2] = b'y'
            m.flush()
            same(os.pread(fd, 3, 0), b'xyx', 'content')


def test_mmap_of_two_processes(d):
    write(f'{d}/a', bytes(4096))

    def other():
        with opened(f'{d}/a', os.O_RDWR) as fd, mmap.mmap(fd, 4096) as m:
            m[0:1] = b'o'
    with opened(f'{d}/a', os.O_RDWR) as fd, mmap.mmap(fd, 4096) as m:
        child(other)
        same(m[0:1], b'o', 'what the other wrote')


def test_fallocate_gives_size(d):
    with opened(f'{d}/a', RW) as fd:
        os.posix_fallocate(fd, 0, 100000)
        same(os.fstat(fd).st_size, 100000, 'size')
        true(os.fstat(fd).st_blocks * 512 >= 100000, 'too few blocks')
        same(os.pread(fd, 100000, 0), bytes(100000), 'content')
        os.posix_fallocate(fd, 10, 10)
        same(os.fstat(fd).st_size, 100000, 'size after a part')


def test_fallocate_keep_size(d):
    with opened(f'{d}/a', RW) as fd:
        os.write(fd, b'x')
        check(libc.fallocate(fd, KEEP_SIZE, 0, 100000))
        same(os.fstat(fd).st_size, 1, 'size')
        true(os.fstat(fd).st_blocks * 512 >= 100000, 'too few blocks')


def test_fallocate_punches_holes(d):
    data = noise(65536)
    with opened(f'{d}/a', RW) as fd:
        os.write(fd, data)
        check(libc.fallocate(fd, PUNCH_HOLE | KEEP_SIZE, 8192, 16384))
        same(os.pread(fd, 65536, 0), data[:8192] + bytes(16384) + data[24576:], 'content')
        same(os.fstat(fd).st_size, 65536, 'size')


def test_fallocate_zeroes(d):
    data = noise(65536)
    with opened(f'{d}/a', RW) as fd:
        os.write(fd, data)
        try:
            check(libc.fallocate(fd, ZERO_RANGE, 100, 10000))
        except OSError as e:
            if e.errno in (EOPNOTSUPP, ENOTSUP):
                raise Skip('no FALLOC_FL_ZERO_RANGE')
            raise
        same(os.pread(fd, 65536, 0), data[:100] + bytes(10000) + data[10100:], 'content')


def test_fallocate_wrong_arguments(d):
    with opened(f'{d}/a', RW) as fd:
        for offset, length in ((-1, 10), (0, 0), (0, -5)):
            with fails(EINVAL):
                check(libc.fallocate(fd, 0, offset, length))
    r, w = os.pipe()
    with fails(ENODEV, 29):
        check(libc.fallocate(w, 0, 0, 10))
    os.close(r)
    os.close(w)


def test_seek_data_and_hole(d):
    with opened(f'{d}/a', RW) as fd:
        os.pwrite(fd, b'x' * 65536, 1 << 20)
        os.ftruncate(fd, 2 << 20)
        os.fsync(fd)
        data = os.lseek(fd, 0, os.SEEK_DATA)
        true(data <= 1 << 20, f'data at {data}')
        hole = os.lseek(fd, 1 << 20, os.SEEK_HOLE)
        true((1 << 20) + 65536 <= hole <= 2 << 20, f'hole at {hole}')
        with fails(ENXIO):
            os.lseek(fd, 3 << 20, os.SEEK_DATA)


def test_copy_file_range(d):
    data = noise(500000)
    write(f'{d}/a', data)
    with opened(f'{d}/a', os.O_RDONLY) as a, opened(f'{d}/b', RW) as b:
        done = 0
        while done < 400000:
            n = os.copy_file_range(a, b, 400000 - done, 1000 + done, done)
            true(n > 0, f'nothing more after {done}')
            done += n
        same(os.fstat(b).st_size, 400000, 'size')
    same(read(f'{d}/b'), data[1000:401000], 'content')


def test_copy_file_range_behind_the_end(d):
    write(f'{d}/a', b'x')
    with opened(f'{d}/a', os.O_RDONLY) as a, opened(f'{d}/b', RW) as b:
        same(os.copy_file_range(a, b, 10, 5), 0, 'bytes')


def test_sendfile(d):
    data = noise(300000)
    write(f'{d}/a', data)
    with opened(f'{d}/a', os.O_RDONLY) as a, opened(f'{d}/b', RW) as b:
        done = 0
        while done < len(data):
            done += os.sendfile(b, a, done, len(data) - done)
    same(read(f'{d}/b'), data, 'content')


def test_fsync(d):
    with opened(f'{d}/a', RW) as fd:
        os.write(fd, b'x' * 100000)
        os.fdatasync(fd)
        os.write(fd, b'y')
        os.fsync(fd)
    with opened(f'{d}/a', RW | os.O_SYNC) as fd:
        os.pwrite(fd, b'z', 5)
    same(read(f'{d}/a')[4:7], b'xzx', 'content')


def test_small_writes_in_threads_to_parts_of_a_file(d):
    write(f'{d}/a', bytes(4 * 50000))
    failed = []

    def fill(part):
        try:
            with opened(f'{d}/a', os.O_WRONLY) as fd:
                for i in range(0, 50000, 500):
                    os.pwrite(fd, bytes([part + 1]) * 500, part * 50000 + i)
        except OSError as e:
            failed.append(str(e))
    threads = [threading.Thread(target=fill, args=(p,)) for p in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    same(failed, [], 'failures')
    same(read(f'{d}/a'), b''.join(bytes([p + 1]) * 50000 for p in range(4)), 'content')


def test_random_operations_against_a_model(d):
    """Writes, reads, truncates, maps, holes and reopens at random, compared with a
    bytearray after each."""
    r = random.Random(7)
    limit, model = 300000, bytearray()
    fd = os.open(f'{d}/a', RW)
    for step in range(600):
        at, n = r.randrange(limit), r.randrange(1, 20000)
        what = r.choice(['write', 'write', 'read', 'read', 'truncate', 'append', 'map', 'punch', 'reopen', 'size'])
        if what in ('write', 'append'):
            at = len(model) if what == 'append' else at
            if at + n > limit:
                continue
            data = r.randbytes(n)
            os.pwrite(fd, data, at)
            model.extend(bytes(max(0, at + n - len(model))))
            model[at:at + n] = data
        elif what == 'read':
            same(os.pread(fd, n, at), bytes(model[at:at + n]), f'step {step}: {n} bytes at {at}')
        elif what == 'truncate':
            os.ftruncate(fd, at)
            del model[at:]
            model.extend(bytes(at - len(model)))
        elif what == 'map' and len(model) > at + n:
            with mmap.mmap(fd, len(model)) as m:
                same(m[at:at + n], bytes(model[at:at + n]), f'step {step}: {n} bytes at {at}, mapped')
                m[at:at + n] = model[at:at + n] = r.randbytes(n)
        elif what == 'punch' and at + n < len(model):
            check(libc.fallocate(fd, PUNCH_HOLE | KEEP_SIZE, at, n))
            model[at:at + n] = bytes(n)
        elif what == 'reopen':
            os.close(fd)
            fd = os.open(f'{d}/a', os.O_RDWR)
        same(os.fstat(fd).st_size, len(model), f'step {step} ({what}): size')
    same(os.pread(fd, limit, 0), bytes(model), 'content in the end')
    os.close(fd)
