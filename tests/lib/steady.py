#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""The same load for as long as it is wanted: steady.py FOLDER WORKERS RATE STOP REPORT

WORKERS processes change files in folders of their own below FOLDER, each RATE times a second (and not
more often later where that was not possible), until the file STOP exists. No more than FILES files
are there at a time, and no name is used twice. REPORT gets a line for each worker,
`operations N files N`, the latter made, and one for each operation that failed."""
import os
import random
import sys
import time

FILES = 150


class Worker:
    def __init__(self, folder, number):
        self.folder, self.files, self.count, self.made = folder, [], 0, 0
        self.random = random.Random(number)

    def fresh(self, kind):
        self.count += 1
        return '%s/%s-%d' % (self.folder, kind, self.count)

    def some(self, take=False):
        at = self.random.randrange(len(self.files))
        if take:
            self.files[at], self.files[-1] = self.files[-1], self.files[at]
            return self.files.pop()
        return self.files[at]

    def make(self):
        path = self.fresh('file')
        with open(path, 'wb', buffering=0) as out:
            out.write(b'x' * self.random.choice((0, 100, 5000, 40000)))
        self.made += 1
        self.files.append(path)

    def append(self):
        with open(self.some(), 'ab', buffering=0) as out:
            for _ in range(3):
                out.write(b'y' * self.random.randrange(1, 3000))

    def shorten(self):
        os.truncate(self.some(), 10)

    def remove(self):
        os.unlink(self.some(take=True))

    def move(self):
        path, to = self.some(take=True), self.fresh('moved')
        os.rename(path, to)
        self.files.append(to)

    def attributes(self):
        path = self.some()
        os.chmod(path, self.random.choice((0o600, 0o640, 0o644)))
        os.setxattr(path, 'user.note', b'%d' % self.count)

    def link(self):
        to = self.fresh('link')
        os.link(self.some(), to)
        os.unlink(to)

    def folder_of_files(self):
        path = self.fresh('folder')
        os.mkdir(path)
        os.close(os.open(path + '/in', os.O_CREAT | os.O_WRONLY))
        self.made += 1
        os.unlink(path + '/in')
        os.rmdir(path)

    def read(self):
        with open(self.some(), 'rb') as f:
            f.read()

    def list(self):
        for entry in os.scandir(self.folder):
            entry.is_dir()

    def step(self):
        if len(self.files) < 20:
            return self.make()
        if len(self.files) >= FILES:
            return self.remove()
        return self.random.choices(
            (self.make, self.append, self.shorten, self.remove, self.move, self.attributes,
             self.link, self.folder_of_files, self.read, self.list),
            (30, 15, 5, 20, 12, 6, 3, 2, 6, 1))[0]()


def work(folder, number, rate, stop, report):
    os.mkdir(folder)
    worker, done, due = Worker(folder, number), 0, time.monotonic()
    while not os.path.exists(stop):
        try:
            worker.step()
        except OSError as error:
            with open(report, 'a') as out:
                out.write('failed: %s\n' % error)
        done += 1
        due = max(due + 1 / rate, time.monotonic() - 1 / rate)
        time.sleep(max(0, due - time.monotonic()))
    with open(report, 'a') as out:
        out.write('operations %d files %d\n' % (done, worker.made))


def main(folder, workers, rate, stop, report):
    pids = []
    for number in range(int(workers)):
        pid = os.fork()
        if not pid:
            try:
                work('%s-%d' % (folder, number), number, float(rate), stop, report)
            except BaseException as error:
                with open(report, 'a') as out:
                    out.write('failed: worker %d: %r\n' % (number, error))
            os._exit(0)
        pids.append(pid)
    for pid in pids:
        os.waitpid(pid, 0)


main(*sys.argv[1:])
