# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""For tests: allocates without end, in the way that the looked up name says; other names
are passed on."""
import _thread
import sys
import time

from gluster.glupy import POINTER, Translator, dl, xlator_t

CHILD = POINTER(xlator_t)()
kept = []


class xlator(Translator):

    def lookup_fop(self, frame, this, loc, xdata):
        name = (loc.contents.name or 'root').replace('-', '_')
        getattr(self, 'lookup_' + name, lambda: None)()
        dl.wind_lookup(frame, CHILD, loc, xdata)

    def lookup_large(self):
        parts = []
        while True:
            parts.append(bytes(1 << 20))

    def lookup_at_once(self):
        bytes(1 << 40)

    def lookup_doubles(self):
        text = 'x'
        while True:
            text += text

    def lookup_small(self):
        parts = []
        while True:
            parts.append((len(parts), str(len(parts))))

    def lookup_dicts(self):
        parts = {}
        while True:
            parts[len(parts)] = {len(parts): [len(parts)]}

    def lookup_handles(self):
        """Handles its own MemoryError, and goes on."""
        parts = []
        try:
            while True:
                parts.append(bytes(1 << 20))
        except MemoryError:
            parts = [f'{i}' for i in range(10000)]

    def lookup_frames(self):
        sys.setrecursionlimit(1 << 30)

        def deeper(n):
            a = b = c = d = e = f = g = h = n  # noqa: F841
            return deeper(n + 1)
        try:
            deeper(0)
        finally:
            sys.setrecursionlimit(1000)

    def lookup_threads(self):
        def take():
            parts = []
            while len(parts) < 1 << 20:
                parts.append(bytes(1 << 16))
        before = _thread._count()
        for _ in range(4):
            # Thread.start waits for ever where the thread has no memory to begin
            _thread.start_new_thread(take, ())
        while _thread._count() > before:
            time.sleep(.01)

    def lookup_keeps(self):
        while True:
            kept.append(bytes(1 << 19))

    def lookup_keeps_small(self):
        while True:
            kept.append([len(kept)])

    def lookup_lets_go(self):
        kept.clear()
