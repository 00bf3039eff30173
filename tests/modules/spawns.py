# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""For tests: starts processes, in the way that the looked up name says; other names are
passed on. Option file: what came of it, a line each."""
import ctypes
import os
import subprocess
import threading

from gluster.glupy import POINTER, Translator, dl, xlator_t

CHILD = POINTER(xlator_t)()


class xlator(Translator):

    def lookup_fop(self, frame, this, loc, xdata):
        name = (loc.contents.name or 'root').replace('-', '_')
        getattr(self, 'do_' + name, lambda: None)()
        dl.wind_lookup(frame, CHILD, loc, xdata)

    def say(self, *words):
        with open(self.options['file'], 'a') as out:
            print(*words, file=out)

    def blocked(self, how):
        status = subprocess.check_output(['cat', '/proc/self/status'], text=True)
        self.say(how, *[line for line in status.splitlines() if 'SigBlk' in line])

    def do_runs(self):
        self.blocked('runs')
        thread = threading.Thread(target=self.blocked, args=('thread',))
        thread.start()
        thread.join()
        code = os.system('grep SigBlk /proc/self/status >>' + self.options['file'] + '; exit 3')
        self.say('system', code)

    def do_terminates(self):
        sleep = subprocess.Popen(['sleep', '1000'], close_fds=False)
        sleep.terminate()
        self.say('terminated', sleep.wait(20))

    def do_forks(self):
        try:
            os.fork()
        except PermissionError:
            self.say('fork refused')
        try:
            os.forkpty()
        except PermissionError:
            self.say('forkpty refused')

    def do_forks_in_c(self):
        """By no way that could be refused; both go on as if nothing was."""
        self.say('forks', ctypes.PyDLL(None).fork() > 0)

    def do_forks_in_c_and_raises(self):
        ctypes.PyDLL(None).fork()
        raise RuntimeError('both')
