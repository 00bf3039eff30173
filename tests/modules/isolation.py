# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""For tests: misbehaves as the looked up name says; other names are passed on. Classic;
isolation_native.py is the same in the native interface."""
import ctypes
import os
import re
import subprocess
import sys
import threading
import time
from errno import ENOENT

from gluster.glupy import POINTER, Translator, dl, log_info, xlator_t

CHILD = POINTER(xlator_t)()
kept = []
stuck = threading.Lock()
stuck.acquire()


class Raises:
    def __del__(self):
        raise RuntimeError('in a destructor')


class Cycle:
    def __init__(self, *things):
        self.things, self.itself = things, self


def ends_with_enoent(frame):
    dl.unwind_lookup(frame, 0, None, -1, ENOENT, None, None, None, None)


class xlator(Translator):

    def computes(self, name, end):
        """Until then, or until the test has seen what it waits for."""
        over = f'{self.options.get("file", "")}.{name}-over'
        while time.monotonic() < end and not os.path.exists(over):
            pause = time.monotonic() + .05
            while time.monotonic() < pause:
                pass

    def lookup_fop(self, frame, this, loc, xdata):
        name = (loc.contents.name or 'root').replace('-', '_')
        getattr(self, 'do_' + name, self.passes)(frame, loc, xdata)

    def passes(self, frame, loc, xdata):
        dl.wind_lookup(frame, CHILD, loc, xdata)

    def do_returns_nothing(self, frame, loc, xdata):
        pass

    def do_raises_before(self, frame, loc, xdata):
        raise RuntimeError('before winding')

    def do_raises_after(self, frame, loc, xdata):
        self.passes(frame, loc, xdata)
        raise RuntimeError('after winding')

    def do_winds_twice(self, frame, loc, xdata):
        self.passes(frame, loc, xdata)
        self.passes(frame, loc, xdata)

    def do_unwinds_twice(self, frame, loc, xdata):
        ends_with_enoent(frame)
        ends_with_enoent(frame)

    def do_never_unwinds(self, frame, loc, xdata):
        kept.append(frame)

    def do_in_a_cycle(self, frame, loc, xdata):
        Cycle(frame, loc, xdata)

    def do_keeps_all(self, frame, loc, xdata):
        """And looks at it long after."""
        kept.append((loc, xdata))
        kept.append(Cycle(frame, loc))
        for thing in kept:
            if isinstance(thing, tuple):
                repr((thing[0].contents.path, bytes(thing[0].contents.gfid)))
        self.passes(frame, loc, xdata)

    def do_destructor_raises(self, frame, loc, xdata):
        Raises()
        self.passes(frame, loc, xdata)

    def do_loops(self, frame, loc, xdata):
        while True:
            pass

    def do_loops_on(self, frame, loc, xdata):
        """Does not let itself be interrupted, for as long as the test is likely to last."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                self.computes('loops-on', end)
                return
            except BaseException:
                continue

    def do_sleeps(self, frame, loc, xdata):
        time.sleep(10)

    def do_locks(self, frame, loc, xdata):
        stuck.acquire()

    def do_matches(self, frame, loc, xdata):
        try:
            re.match('(a+)+$', 'a' * 25 + 'b')
        finally:
            log_info('the match is over')

    def do_recurses(self, frame, loc, xdata):
        self.do_recurses(frame, loc, xdata)

    def do_recurses_in_c(self, frame, loc, xdata):
        deep = []
        for _ in range(1000000):
            deep = [deep]
        repr(deep)

    def do_allocates(self, frame, loc, xdata):
        parts = []
        while True:
            parts.append(bytes(1 << 20))

    def do_exits(self, frame, loc, xdata):
        sys.exit(1)

    def do_forks(self, frame, loc, xdata):
        os.fork()

    def do_runs_a_program(self, frame, loc, xdata):
        subprocess.run(['true'], check=True)
        self.passes(frame, loc, xdata)

    def do_busy_threads(self, frame, loc, xdata):
        for _ in range(4):
            threading.Thread(target=self.computes, args=('busy-threads', time.monotonic() + 20),
                             daemon=True).start()
        self.passes(frame, loc, xdata)

    def do_thread_raises(self, frame, loc, xdata):
        thread = threading.Thread(target=lambda: 1 // 0)
        thread.start()
        thread.join()
        self.passes(frame, loc, xdata)

    def do_gives_junk(self, frame, loc, xdata):
        dl.wind_lookup(frame, CHILD, 17, xdata)

    def do_raises_oddly(self, frame, loc, xdata):
        class Odd(Exception):
            def __str__(self):
                raise RuntimeError('even this')
            __repr__ = __str__
        raise Odd

    # a buffer that is looked at after the answer went up
    def readv_cbk(self, frame, cookie, this, op_ret, op_errno, vector, count, stbuf, iobref, xdata):
        kept.append(vector)
        for old in kept:
            if isinstance(old, ctypes._Pointer) and old:
                ctypes.string_at(old.contents.iov_base, min(old.contents.iov_len, 16))
        dl.unwind_readv(frame, cookie, this, op_ret, op_errno, vector, count, stbuf, iobref, xdata)
