# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""For tests: calls into C that do not let go of Python, as the looked up name says; other
names are passed on. Option file: what was seen, a line each; beside it, with .fifo, a pipe that
nobody writes to: Python is held until the test opens it."""
import ctypes
import os
import re
import threading
import time

from gluster.glupy import POINTER, Translator, dl, xlator_t

CHILD = POINTER(xlator_t)()
keeping = ctypes.PyDLL(None)  # its functions keep the GIL


class xlator(Translator):

    def lookup_fop(self, frame, this, loc, xdata):
        name = (loc.contents.name or 'root').replace('-', '_')
        with open(self.options['file'], 'a') as seen:
            print(name, file=seen)
        getattr(self, 'do_' + name, lambda: None)()
        dl.wind_lookup(frame, CHILD, loc, xdata)

    def hold(self):
        while (fd := keeping.open(os.fsencode(self.options['file'] + '.fifo'), os.O_RDONLY)) < 0:
            pass  # a signal
        keeping.close(fd)

    def do_holds(self):
        self.hold()

    def do_holds_elsewhere(self):
        def hold():
            time.sleep(.5)
            with open(self.options['file'], 'a') as seen:
                print('held', file=seen)
            self.hold()
        threading.Thread(target=hold).start()

    def do_matches(self):
        re.match('(a+)+$', 'a' * 26 + 'b')
