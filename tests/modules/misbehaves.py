# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""For tests: does what the looked up name says; other names are passed on."""
import sys
import os
import threading
from ctypes import byref, pointer  # noqa: F401
from errno import ENOENT

from gluster.glupy import POINTER, Translator, dl, loc_t, xlator_t

CHILD = POINTER(xlator_t)()
kept = []
stuck = threading.Lock()
stuck.acquire()


class xlator(Translator):

    def lookup_fop(self, frame, this, loc, xdata):
        name = (loc.contents.name or 'root').replace('-', '_')
        getattr(self, name, self.other)(frame, loc, xdata)

    def other(self, frame, loc, xdata):
        dl.wind_lookup(frame, CHILD, loc, xdata)

    def forgets(self, frame, loc, xdata):
        pass

    def keeps(self, frame, loc, xdata):
        kept.append((frame, loc, xdata))

    def blocks(self, frame, loc, xdata):
        stuck.acquire()

    def loops(self, frame, loc, xdata):
        while True:
            pass

    def hogs(self, frame, loc, xdata):
        sum(range(200000000))  # in C, with the GIL
        self.other(frame, loc, xdata)

    def recurses(self, frame, loc, xdata):
        self.recurses(frame, loc, xdata)

    def exits(self, frame, loc, xdata):
        sys.exit(1)

    def forks(self, frame, loc, xdata):
        os.fork()

    def winds_twice(self, frame, loc, xdata):
        self.other(frame, loc, xdata)
        self.other(frame, loc, xdata)

    def unwinds_twice(self, frame, loc, xdata):
        for _ in range(2):
            dl.unwind_lookup(frame, 0, None, -1, ENOENT, None, None, None, None)

    def winds_nothing(self, frame, loc, xdata):
        dl.wind_lookup(frame, CHILD, None, xdata)

    def succeeds_with_nothing(self, frame, loc, xdata):
        dl.unwind_lookup(frame, 0, None, 0, 0, None, None, None, None)

    def of_another_kind(self, frame, loc, xdata):
        dl.unwind_open(frame, 0, None, -1, ENOENT, None, None)

    def wrong_type(self, frame, loc, xdata):
        dl.wind_lookup(frame, CHILD, xdata, loc)

    def too_few(self, frame, loc, xdata):
        dl.wind_lookup(frame)

    def uses_a_stale_one(self, frame, loc, xdata):
        for old, _, _ in kept:
            try:
                dl.wind_lookup(old, CHILD, loc, xdata)
            except RuntimeError:
                continue
            os._exit(3)
        self.other(frame, loc, xdata)

    def answers_later(self, frame, loc, xdata):
        threading.Thread(target=self.other, args=(frame, loc, xdata)).start()

    def winds_its_own(self, frame, loc, xdata):
        """Looks up `there` instead, by a structure of its own."""
        own = loc_t.from_buffer_copy(loc.contents)
        own.path = own.path.replace('winds-its-own', 'there')
        own.name = 'there'
        dl.wind_lookup(frame, CHILD, pointer(own), xdata)
