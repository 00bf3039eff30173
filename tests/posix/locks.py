# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Locks: fcntl's of two processes, open file descriptions', flock."""
import fcntl
import os
import signal
import struct
import tempfile
import time
from errno import EACCES, EAGAIN, EBADF, EWOULDBLOCK

from suite import Wrong, child, fails, opened, same, true, write

EX, SH, UN, NB = fcntl.LOCK_EX, fcntl.LOCK_SH, fcntl.LOCK_UN, fcntl.LOCK_NB
RW = os.O_RDWR | os.O_CREAT
OFD_SETLK = 37


def lock(fd, what, start=0, length=0):
    fcntl.lockf(fd, what if what == UN else what | NB, length, start)


def can(path, what, start=0, length=0):
    """Would another process get that lock?"""
    def other():
        with opened(path, os.O_RDWR) as fd:
            try:
                lock(fd, what, start, length)
                return True
            except OSError as e:
                if e.errno in (EACCES, EAGAIN):
                    return False
                raise
    return child(other)


def sleeping(pid):
    """Waits until that process waits for something."""
    while True:
        with open(f'/proc/{pid}/stat') as f:
            if f.read().rsplit(')', 1)[1].split()[0] != 'R':
                return
        os.sched_yield()


def test_exclusive_excludes(d):
    with opened(f'{d}/a', RW) as fd:
        lock(fd, EX)
        same((can(f'{d}/a', EX), can(f'{d}/a', SH)), (False, False), 'another gets it')
        lock(fd, UN)
        same(can(f'{d}/a', EX), True, 'another gets it after unlocking')


def test_shared_is_shared(d):
    with opened(f'{d}/a', RW) as fd:
        lock(fd, SH)
        same((can(f'{d}/a', SH), can(f'{d}/a', EX)), (True, False), 'shared, exclusive')


def test_ranges(d):
    with opened(f'{d}/a', RW) as fd:
        lock(fd, EX, 100, 50)
        for start, length, free in ((0, 100, True), (0, 101, False), (149, 1, False), (150, 0, True),
                                    (120, 5, False), (0, 0, False), (90, 10, True)):
            same(can(f'{d}/a', EX, start, length), free, f'{start}+{length}')


def test_unlocking_a_part_splits(d):
    with opened(f'{d}/a', RW) as fd:
        lock(fd, EX, 0, 100)
        lock(fd, UN, 40, 20)
        same([can(f'{d}/a', EX, s, 10) for s in (0, 30, 40, 50, 60, 90)],
             [False, False, True, True, False, False], 'free parts')


def test_upgrade_and_downgrade(d):
    with opened(f'{d}/a', RW) as fd:
        lock(fd, SH)
        lock(fd, EX)
        same(can(f'{d}/a', SH), False, 'shared after an upgrade')
        lock(fd, SH)
        same((can(f'{d}/a', SH), can(f'{d}/a', EX)), (True, False), 'after a downgrade')
        lock(fd, EX, 10, 10)
        same((can(f'{d}/a', SH, 0, 10), can(f'{d}/a', SH, 10, 10)), (True, False), 'a part upgraded')


def test_upgrade_while_another_reads(d):
    def other():
        with opened(f'{d}/a', os.O_RDWR) as fd:
            lock(fd, SH)
            with fails(EACCES, EAGAIN):
                lock(fd, EX)
    with opened(f'{d}/a', RW) as fd:
        lock(fd, SH)
        child(other)


def test_closing_any_descriptor_drops_the_processs_locks(d):
    with opened(f'{d}/a', RW) as fd:
        lock(fd, EX)
        os.close(os.open(f'{d}/a', os.O_RDONLY))
        same(can(f'{d}/a', EX), True, 'another gets it')


def test_the_end_of_a_process_drops_its_locks(d):
    write(f'{d}/a')

    def other():
        fd = os.open(f'{d}/a', os.O_RDWR)
        lock(fd, EX)  # and ends
    child(other)
    same(can(f'{d}/a', EX), True, 'another gets it')


def test_killing_a_process_drops_its_locks(d):
    write(f'{d}/a')
    r, w = os.pipe()
    pid = os.fork()
    if not pid:
        lock(os.open(f'{d}/a', os.O_RDWR), EX)
        os.write(w, b'x')
        signal.pause()
    os.read(r, 1)
    same(can(f'{d}/a', EX), False, 'another gets it while it lives')
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    same(can(f'{d}/a', EX), True, 'another gets it')
    os.close(r)
    os.close(w)


def test_a_child_inherits_no_locks(d):
    with opened(f'{d}/a', RW) as fd:
        lock(fd, EX)

        def other():
            try:
                lock(fd, EX)
                return True
            except OSError:
                return False
        same(child(other), False, 'the child has it')


def test_waiting_for_a_lock(d):
    """It comes when the other lets go, and not before."""
    with opened(f'{d}/a', RW) as fd:
        lock(fd, EX)
        r, w = os.pipe()
        pid = os.fork()
        if not pid:
            try:
                mine = os.open(f'{d}/a', os.O_RDWR)
                os.write(w, b'waits')
                fcntl.lockf(mine, EX)
                os.write(w, b'has')
            finally:
                os._exit(0)
        same(os.read(r, 5), b'waits', 'the other')
        sleeping(pid)
        same(os.waitpid(pid, os.WNOHANG), (0, 0), 'the other, while it is locked')
        lock(fd, UN)
        same(os.read(r, 5), b'has', 'the other')
        os.waitpid(pid, 0)
        os.close(r)
        os.close(w)


def test_a_signal_ends_the_wait(d):
    with opened(f'{d}/a', RW) as fd:
        lock(fd, EX)

        def other():
            class Rang(Exception):
                pass

            def ring(*unused):
                raise Rang
            signal.signal(signal.SIGALRM, ring)
            with opened(f'{d}/a', os.O_RDWR) as mine:
                try:
                    signal.setitimer(signal.ITIMER_REAL, .3)
                    fcntl.lockf(mine, EX)
                except Rang:
                    return 'interrupted'
            return 'locked'
        same(child(other), 'interrupted', 'the wait')


def test_getlk_names_the_holder(d):
    with opened(f'{d}/a', RW) as fd:
        lock(fd, EX, 5, 10)

        def other():
            with opened(f'{d}/a', os.O_RDWR) as mine:
                ask = struct.pack('hhqqi4x', fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
                return struct.unpack('hhqqi4x', fcntl.fcntl(mine, fcntl.F_GETLK, ask))
        kind, whence, start, length, pid = child(other)
        same((kind, start, length), (fcntl.F_WRLCK, 5, 10), 'kind, start, length')
        same(pid, os.getpid(), 'pid')


def test_lock_needs_the_open_mode(d):
    write(f'{d}/a')
    with opened(f'{d}/a', os.O_RDONLY) as fd:
        lock(fd, SH)
        with fails(EBADF):
            lock(fd, EX)
    with opened(f'{d}/a', os.O_WRONLY) as fd, fails(EBADF):
        lock(fd, SH)


def test_flock_between_descriptions(d):
    with opened(f'{d}/a', RW) as one, opened(f'{d}/a', RW) as two:
        fcntl.flock(one, EX)
        with fails(EWOULDBLOCK):
            fcntl.flock(two, EX | NB)
        with fails(EWOULDBLOCK):
            fcntl.flock(two, SH | NB)
        fcntl.flock(one, UN)
        fcntl.flock(two, EX | NB)


def test_flock_goes_with_the_last_descriptor(d):
    write(f'{d}/a')
    one = os.open(f'{d}/a', os.O_RDWR)
    again = os.dup(one)
    fcntl.flock(one, EX)
    with opened(f'{d}/a', os.O_RDWR) as two:
        os.close(one)
        with fails(EWOULDBLOCK):
            fcntl.flock(two, EX | NB)
        os.close(again)
        for _ in range(50):  # the release is not waited for by close
            try:
                fcntl.flock(two, EX | NB)
                break
            except BlockingIOError:
                time.sleep(.1)
        else:
            raise Wrong('it stays locked after the last close')


def test_locks_of_open_file_descriptions(d):
    def ofd(fd, kind):
        fcntl.fcntl(fd, OFD_SETLK, struct.pack('hhqqi4x', kind, os.SEEK_SET, 0, 0, 0))
    with opened(f'{d}/a', RW) as one, opened(f'{d}/a', RW) as two:
        ofd(one, fcntl.F_WRLCK)
        with fails(EAGAIN, EACCES):
            ofd(two, fcntl.F_WRLCK)
        ofd(one, fcntl.F_UNLCK)
        ofd(two, fcntl.F_WRLCK)


def test_counter_under_a_lock(d):
    """Two processes add one to a number, 200 times each. The number is in a local file: on
    GlusterFS a read after a lock may come from a cache that is older than the lock."""
    write(f'{d}/a')
    number = tempfile.TemporaryFile(buffering=0)
    number.write(b'0')

    def add():
        with opened(f'{d}/a', os.O_RDWR) as fd:
            for _ in range(200):
                fcntl.lockf(fd, EX)
                n = int(os.pread(number.fileno(), 20, 0))
                os.sched_yield()
                os.pwrite(number.fileno(), b'%d' % (n + 1), 0)
                fcntl.lockf(fd, UN)
    pid = os.fork()
    if not pid:
        code = 1
        try:
            add()
            code = 0
        finally:
            os._exit(code)
    add()
    _, status = os.waitpid(pid, 0)
    same(status, 0, 'status of the other')
    same(os.pread(number.fileno(), 20, 0), b'400', 'the number')
    true(can(f'{d}/a', EX), 'something stays locked')
