# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""One client that changes a tree at random and writes down what it did.

    driver.py FOLDER CLIENT SEED SIGNALS

First 60 operations of which nobody is told; then, when the file SIGNALS/go exists, more
until SIGNALS/stop exists; none while SIGNALS/pause does. No name is ever used twice. A
line of SIGNALS/ledger-CLIENT for each operation that has returned, with tabs: how it ended (ok, or an
error's name; then it may have been done or not), begin and end (ns since 1970), the
operation and its arguments: paths below FOLDER's parent, and for a write offset and length.

    driver.py --list FOLDER

All that is there: path, gfid, type, size, time of data and of attributes.
"""
import errno
import os
import random
import sys
import time

BLOCK = 4096


class Client:
    def __init__(self, folder, name, seed, ledger):
        self.base, self.top = os.path.dirname(folder), '/' + os.path.basename(folder)
        self.name = name
        self.random = random.Random(seed)
        self.ledger = open(ledger, 'w')
        self.files = {}   # path: its size
        self.linked = set()
        self.folders = [self.top]
        self.count = 0

    def fresh(self, kind):
        self.count += 1
        return '%s/%s-%s-%d' % (self.random.choice(self.folders), kind, self.name, self.count)

    def real(self, path):
        return self.base + path

    def do(self, what, function, *arguments):
        begin = time.time_ns()
        try:
            function()
            how = 'ok'
        except OSError as error:
            how = errno.errorcode.get(error.errno, str(error.errno))
        self.ledger.write('\t'.join([how, str(begin), str(time.time_ns()), what]
                                    + [str(a) for a in arguments]) + '\n')
        self.ledger.flush()
        return how == 'ok'

    def write(self, path, flags, offset, size):
        handle = os.open(self.real(path), os.O_WRONLY | flags, 0o644)
        try:
            done = 0
            while done < size:
                part = min(BLOCK, size - done)
                os.pwrite(handle, b'x' * part, offset + done)
                done += part
        finally:
            os.close(handle)

    def create(self):
        path, size = self.fresh('f'), self.random.choice((0, 10, 5000, 20000))
        # what was not closed well is not used any more
        if self.do('create', lambda: self.write(path, os.O_CREAT | os.O_EXCL, 0, size), path, 0, size):
            self.files[path] = size

    def append(self):
        path = self.some()
        size = self.random.randrange(1, 9000)
        if self.do('write', lambda: self.write(path, 0, self.files[path], size),
                   path, self.files[path], size):
            self.files[path] += size
        else:
            self.forget(path)

    def rename(self):
        path, to = self.some(), self.fresh('r')
        if self.do('rename', lambda: os.rename(self.real(path), self.real(to)), path, to):
            self.files[to] = self.files[path]
            if path in self.linked:
                self.linked.add(to)
        self.forget(path)

    def unlink(self):
        path = self.some()
        self.do('unlink', lambda: os.unlink(self.real(path)), path)
        self.forget(path)

    def chmod(self):
        path = self.some()
        mode = self.random.choice((0o600, 0o640, 0o755))
        self.do('chmod', lambda: os.chmod(self.real(path), mode), path)

    def link(self):
        path, to = self.some(), self.fresh('l')
        if self.do('link', lambda: os.link(self.real(path), self.real(to)), path, to):
            self.files[to] = self.files[path]
            # by which name a change comes is not certain from now on, and so is the size
            self.forget(path)
        else:
            self.forget(path)

    def mkdir(self):
        path = self.fresh('d')
        if self.do('mkdir', lambda: os.mkdir(self.real(path)), path):
            self.folders.append(path)

    def rmdir(self):
        empty = [d for d in self.folders[1:]
                 if not any(p.startswith(d + '/') for p in list(self.files) + self.folders)]
        if not empty:
            return self.mkdir()
        path = self.random.choice(empty)
        self.do('rmdir', lambda: os.rmdir(self.real(path)), path)
        self.folders.remove(path)
        return None

    def rename_folder(self):
        if len(self.folders) < 2:
            return self.mkdir()
        path = self.random.choice(self.folders[1:])
        to = '%s/m-%s-%d' % (self.top, self.name, self.count)
        self.count += 1
        done = self.do('rename', lambda: os.rename(self.real(path), self.real(to)), path, to)
        inside = path + '/'
        for old in [f for f in self.files if f.startswith(inside)]:
            size = self.files.pop(old)
            if done:
                self.files[to + old[len(path):]] = size
        old_folders = [d for d in self.folders if d == path or d.startswith(inside)]
        for old in old_folders:
            self.folders.remove(old)
            if done:
                self.folders.append(to + old[len(path):])
        return None

    def some(self):
        return self.random.choice(list(self.files))

    def forget(self, path):
        self.files.pop(path, None)

    def step(self):
        # a tree that neither empties nor grows for ever
        if len(self.files) < 20:
            return self.create()
        return self.random.choices(
            (self.create, self.append, self.rename, self.unlink, self.chmod, self.link,
             self.mkdir, self.rmdir, self.rename_folder),
            (30, 15, 15, 25 if len(self.files) < 100 else 60, 8, 4, 3, 3, 1))[0]()


def listing(folder):
    top = os.path.dirname(folder)
    for where, _, files in os.walk(folder):
        for path in [where] + [os.path.join(where, name) for name in files]:
            s = os.lstat(path)
            gfid = os.getxattr(path, 'glusterfs.gfid.string', follow_symlinks=False).decode()
            print(path[len(top):], gfid.strip('\0').replace('-', ''),
                  'd' if os.path.isdir(path) else 'f', s.st_size if not os.path.isdir(path) else 0,
                  s.st_mtime_ns, s.st_ctime_ns, sep='\t')


def main():
    if sys.argv[1] == '--list':
        listing(sys.argv[2])
        return
    folder, name, seed, signals = sys.argv[1:]
    client = Client(folder, name, '%s-%s' % (seed, name), signals + '/ledger-' + name)
    for _ in range(60):
        client.step()
    client.ledger.write('go\n')
    client.ledger.flush()
    while not os.path.exists(signals + '/go'):
        time.sleep(.05)
    while not os.path.exists(signals + '/stop'):
        if os.path.exists(signals + '/pause'):
            time.sleep(.05)
        else:
            client.step()
    client.ledger.write('end\n')
    client.ledger.flush()


main()
