#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Load that knows what it should find: soak.py FOLDER WORKERS STOP REPORT

WORKERS processes work in folders of their own below FOLDER until the file STOP exists.
Whatever is read, listed or looked up is compared with what was written; an operation that
fails, or does not return in two minutes, is a line of REPORT, `TIME STEP ERRNO NAME`
where a system call failed. At the end, when all that is left is looked at once more, a
name may be wrong for some seconds (see glupy-soak), and REPORT gets one line
`operations N slowest S` per worker."""
import errno
import os
import random
import signal
import sys
import time

LIMIT = 120
PATIENCE = 10


def content(name, version, size):
    return random.Random(f'{name}/{version}').randbytes(size)


class Worker:
    def __init__(self, folder, number, stop, report):
        self.folder, self.stop, self.report = f'{folder}/{number}', stop, report
        self.random = random.Random(number)
        self.files = {}  # name -> (seed, version, size)
        self.operations, self.slowest, self.now, self.name = 0, 0.0, '', '-'

    def wrong(self, text):
        with open(self.report, 'a') as f:
            f.write(f'{time.strftime("%T")} {self.now}: {text}\n')

    def work(self):
        signal.signal(signal.SIGALRM, lambda *unused: (self.wrong('no answer'), os._exit(3)))
        os.mkdir(self.folder)
        while not os.path.exists(self.stop):
            step = self.random.choice([self.make, self.make, self.check, self.check, self.check, self.append,
                                       self.move, self.remove, self.list, self.missing, self.folders, self.shorten])
            self.now, self.name = step.__name__, '-'
            begun = time.monotonic()
            signal.alarm(LIMIT)
            try:
                step()
            except OSError as e:
                self.failed(e)
            signal.alarm(0)
            self.slowest = max(self.slowest, time.monotonic() - begun)
            self.operations += 1
        self.now = 'end'
        for name in self.files:
            self.check_in_time(name)
        self.list()
        with open(self.report, 'a') as f:
            f.write(f'operations {self.operations} slowest {self.slowest:.2f}\n')

    def failed(self, error):
        with open(self.report, 'a') as f:
            f.write(f'{time.strftime("%T")} {self.now} {errno.errorcode[error.errno]} {self.name}\n')

    def check_in_time(self, name):
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return self.check(name)
            except OSError as e:
                if time.monotonic() > end:
                    return self.wrong(f'{name}: {e}')

    def path(self, name):
        return f'{self.folder}/{name}'

    def pick(self):
        if self.files:
            self.name = self.random.choice(list(self.files))
            return self.name
        return None

    def make(self):
        name = self.pick() if len(self.files) > 40 else f'f{self.random.randrange(200)}'
        self.name = name
        seed, version, size = name, self.operations, self.random.randrange(70000)
        with open(self.path(name), 'wb', buffering=0) as f:
            data = content(seed, version, size)
            while data:
                data = data[f.write(data):]
        self.files[name] = (seed, version, size)

    def check(self, name=None):
        name = name or self.pick()
        if not name:
            return
        with open(self.path(name), 'rb') as f:
            got = f.read()
        want = content(*self.files[name])
        if got != want:
            at = next((i for i, (a, b) in enumerate(zip(got, want)) if a != b), min(len(got), len(want)))
            self.wrong(f'{name}: {len(got)} bytes, not {len(want)}; differ from {at}')
        size = os.stat(self.path(name)).st_size
        if size != len(want):
            self.wrong(f'{name}: size {size}, not {len(want)}')

    def append(self):
        name = self.pick()
        if not name or self.files[name][2] > 60000:
            return
        seed, version, size = self.files[name]
        more = self.random.randrange(1, 5000)
        fd = os.open(self.path(name), os.O_WRONLY | os.O_APPEND)
        try:
            os.write(fd, b'x' * more)
            os.ftruncate(fd, size + more)
        finally:
            os.close(fd)
        with open(self.path(name), 'rb') as f:
            tail = f.read()[size:]
        if tail != b'x' * more:
            self.wrong(f'{name}: {more} bytes appended, {len(tail)} found')
        os.truncate(self.path(name), size)

    def shorten(self):
        name = self.pick()
        if not name:
            return
        os.truncate(self.path(name), 0)
        self.files[name] = (name, 0, 0)

    def move(self):
        name = self.pick()
        if not name:
            return
        other = f'm{self.random.randrange(200)}'
        os.rename(self.path(name), self.path(other))
        if other != name:
            self.files[other] = self.files.pop(name)

    def remove(self):
        name = self.pick()
        if not name:
            return
        os.unlink(self.path(name))
        del self.files[name]

    def list(self):
        got = sorted(os.listdir(self.folder))
        if got != sorted(self.files):
            extra, lost = set(got) - set(self.files), set(self.files) - set(got)
            self.wrong(f'{len(got)} names; too many {sorted(extra)[:3]}, missing {sorted(lost)[:3]}')

    def missing(self):
        try:
            os.stat(self.path('never'))
        except FileNotFoundError:
            return
        self.wrong('a name that nobody made is there')

    def folders(self):
        path = self.path('d')
        os.mkdir(path)
        for i in range(3):
            open(f'{path}/{i}', 'w').close()
        names = sorted(os.listdir(path))
        if names != ['0', '1', '2']:
            self.wrong(f'names of a new folder: {names}')
        for i in range(3):
            os.unlink(f'{path}/{i}')
        os.rmdir(path)


def main(folder, workers, stop, report):
    pids = []
    for number in range(int(workers)):
        pid = os.fork()
        if not pid:
            try:
                Worker(folder, f'w{number}', stop, report).work()
            except BaseException as e:
                with open(report, 'a') as f:
                    f.write(f'worker {number} ended: {type(e).__name__}: {e}\n')
            os._exit(0)
        pids.append(pid)
    for pid in pids:
        os.waitpid(pid, 0)


main(*sys.argv[1:])
