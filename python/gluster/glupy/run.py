# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Runs a module over a folder of this machine, without any glusterd:

    python3 -m gluster.glupy.run MODULE.py DIRECTORY [MOUNTPOINT] [-- COMMAND...]

The folder's files appear below the mount point, through the module. Its log and
its tracebacks are shown; ctrl-C unmounts. With a command, that is run in the mount,
and its exit status is ours. docs/writing-modules.md begins with this.

    ... --record FILE MODULE.py DIRECTORY ...      writes down what reaches the module
    ... --replay FILE MODULE.py [DIRECTORY]        winds that again, and compares the answers

A replay is over a new folder, or a copy of DIRECTORY; its exit status is 0 or 1.
"""
import argparse
import ctypes
import errno
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time

from . import places, replay, showlog, volfile

PATIENCE = 30  # seconds that mounting, and the end of the process, may take


class Refused(Exception):
    """What was asked for cannot be done; the text says why and what to do."""


def programs():
    """Where glusterfs is: the sbin folders are not in everyone's PATH."""
    found = shutil.which('glusterfs', path=os.environ.get('PATH', '') + ':/usr/local/sbin:/usr/sbin')
    if found is None:
        raise Refused('the program glusterfs is not here: apt-get install glusterfs-client')
    return found


# -- the module ----------------------------------------------------------------------

def distrust(path):
    """Why the translator would not run the file, or None: the file and its folder must be
    root's, and writable by nobody else."""
    for what, one in (('the file', path), ('its folder', os.path.dirname(path))):
        st = os.stat(one)
        if st.st_uid != 0:
            return f'{what} is not root\'s'
        if st.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            return f'{what} can be written by others than root'
    return None


def find_module(word, private):
    """(name, folder or None) of what the command line calls the module: a file, or the name
    of a module that is deployed or packaged. A file that the translator would not run is
    copied into the folder private, which is ours alone."""
    if not word.endswith('.py') and os.sep not in word:
        if not volfile.is_module_name(word):
            raise Refused(f'"{word}" is neither a file NAME.py nor the name of a module')
        return word, None
    path = os.path.realpath(word)
    name = os.path.basename(path)[:-3]
    if not path.endswith('.py') or not volfile.is_module_name(name):
        raise Refused(f'{word} is not called NAME.py, with letters, digits, _ and - in NAME')
    if not os.path.isfile(path):
        raise Refused(f'{word}: there is no such file')
    why = distrust(path)
    if why is None:
        return name, os.path.dirname(path)
    copy = os.path.join(private, name + '.py')
    shutil.copyfile(path, copy)
    os.chmod(copy, 0o600)
    print(f'glupy.run: {why}: this run uses a copy of {word}. To run it where it is: '
          f'chown root and chmod go-w, the file and its folder', file=sys.stderr)
    return name, private


def check_directory(directory):
    path = os.path.realpath(directory)
    if not os.path.isdir(path):
        raise Refused(f'{directory}: there is no such folder; make it, it may be empty')
    try:
        os.getxattr(path, 'trusted.glusterfs.volume-id')
    except OSError as e:
        if e.errno in (errno.ENODATA, errno.ENOENT):
            return path
        raise Refused(f'{directory}: {e.strerror}: its file system must have extended '
                      f'attributes (ext4, XFS, ...)') from None
    raise Refused(f'{directory} is a brick of a volume: take a copy of it without .glusterfs, '
                  f'or any other folder; work behind the volume\'s back would harm it')


def parse_options(words):
    options = {}
    for word in words:
        key, equals, value = word.partition('=')
        if not equals or not key:
            raise Refused(f'-o {word}: KEY=VALUE is wanted')
        options[key] = value
    return options


# -- the process ---------------------------------------------------------------------

def is_mounted(path):
    """Without asking the mount, whose answer may be the module's to give."""
    escaped = re.sub(r'[ \t\n\\]', lambda c: f'\\{ord(c[0]):03o}', path)
    with open('/proc/self/mountinfo', encoding='utf-8', errors='surrogateescape') as f:
        return any(line.split(' ', 5)[4] == escaped for line in f)


def _end_with_parent():
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Mount:
    """A glusterfs process with a mount; a context manager that unmounts.

    text is the volfile. Nothing has a fixed name: volfile and, without mountpoint, the
    mount are in a new folder."""

    def __init__(self, text, mountpoint=None, log=None, names=(), private=None, caching=False):
        self.private = private or tempfile.mkdtemp(prefix='glupy-run.')
        self.owns_private = private is None
        self.mountpoint = os.path.realpath(mountpoint or os.path.join(self.private, 'mount'))
        self.text, self.names, self.caching = text, names, caching
        self.show = log or (lambda line: print(line, file=sys.stderr, flush=True))
        self.process = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        os.makedirs(self.mountpoint, exist_ok=True)
        if is_mounted(self.mountpoint):
            raise Refused(f'{self.mountpoint} is a mount point already')
        path = os.path.join(self.private, 'graph.vol')
        with open(path, 'w', encoding='utf-8', errors='surrogateescape') as f:
            f.write(self.text)
        command = [programs(), '--no-daemon', '-f', path, '-l', '-']
        if not self.caching:  # so that the module sees every operation
            command += ['--attribute-timeout=0', '--entry-timeout=0']
        self.process = subprocess.Popen(
            command + [self.mountpoint], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, start_new_session=True, preexec_fn=_end_with_parent, cwd='/')
        self.reader = threading.Thread(target=self.read_log, daemon=True)
        self.reader.start()
        end = time.monotonic() + PATIENCE
        while not is_mounted(self.mountpoint):
            if self.process.poll() is not None:
                self.reader.join(2)
                raise Refused('glusterfs ended before it mounted; what it said is above')
            if time.monotonic() > end:
                raise Refused(f'{self.mountpoint} was not mounted within {PATIENCE} s')
            time.sleep(.02)

    def read_log(self):
        shown = showlog.Filter(self.names)
        for line in self.process.stderr:
            text = shown.feed(line.decode('utf-8', 'replace').rstrip('\n'))
            if text is not None:
                self.show(text)

    def stop(self):
        process, self.process = self.process, None
        if process is not None:
            self.unmount(process)
            self.reader.join(2)
            process.stderr.close()
        if self.owns_private:
            remove(self.private)

    def unmount(self, process):
        quiet = {'stdout': subprocess.DEVNULL, 'stderr': subprocess.DEVNULL}
        if process.poll() is None and is_mounted(self.mountpoint) \
                and subprocess.run(['umount', self.mountpoint], **quiet).returncode:
            self.show(f'{self.mountpoint} is in use: it goes as soon as it is not')
            subprocess.run(['umount', '-l', self.mountpoint], **quiet)
            process.terminate()
        try:
            process.wait(PATIENCE / 3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            subprocess.run(['umount', '-l', self.mountpoint], **quiet)


def remove(folder):
    """Removes a folder of ours, but nothing that is mounted in it."""
    if not is_mounted(os.path.join(folder, 'mount')):
        shutil.rmtree(folder, ignore_errors=True)


# -- the command ---------------------------------------------------------------------

def arguments(argv):
    command = None
    if '--' in argv:
        at = argv.index('--')
        argv, command = argv[:at], argv[at + 1:]
    parser = argparse.ArgumentParser(
        prog='python3 -m gluster.glupy.run', allow_abbrev=False,
        usage='%(prog)s [options] MODULE DIRECTORY [MOUNTPOINT] [-- COMMAND...]',
        description='Runs a module over a folder, without glusterd; needs root.')
    parser.add_argument('module', help='NAME.py, or the NAME of an installed module')
    parser.add_argument('directory', nargs='?', help='the folder below; GlusterFS adds .glusterfs to it')
    parser.add_argument('mountpoint', nargs='?', help='default: a new folder')
    parser.add_argument('-o', '--option', action='append', default=[], metavar='KEY=VALUE',
                        help='an option of the module (self.options), may be repeated')
    parser.add_argument('--on-error', choices=('pass', 'fail'), default='fail',
                        help='when the module fails, the operation passes, or fails with '
                             'EIO (default here: fail, so that it is seen)')
    parser.add_argument('--timeout', default='1000', metavar='MS',
                        help='that Python may run for one operation; 0: no limit (1000)')
    parser.add_argument('--threads', default='2', metavar='N', help='workers, or inline (2)')
    parser.add_argument('--caching', action='store_true',
                        help='let the kernel keep names and attributes for a second, as mounts do')
    parser.add_argument('--record', metavar='FILE',
                        help='write every operation that reaches the module, and its answer')
    parser.add_argument('--replay', metavar='FILE',
                        help='no mount: wind what was recorded, and compare the answers')
    parser.add_argument('--verbose', action='store_true', help='show the whole log')
    args = parser.parse_intermixed_args(argv)
    args.command = command
    if command == []:
        parser.error('no command after --')
    if args.replay and (args.record or command or args.mountpoint):
        parser.error('--replay takes MODULE and at most DIRECTORY')
    if not args.replay and args.directory is None:
        parser.error('which DIRECTORY?')
    for name, value, other in (('timeout', args.timeout, ''), ('threads', args.threads, 'inline')):
        if not value.isdigit() and value != other:
            parser.error(f'--{name} {value}: a number is wanted' + (f', or {other}' if other else ''))
    return args


def wait_for_end(mount, what):
    """Until ctrl-C (or SIGTERM): our normal end; or until it is unmounted by others."""
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: done.set())
    print(f'{what}; ctrl-C unmounts', file=sys.stderr, flush=True)
    while not done.wait(.2):
        if mount.process.poll() is not None:
            return 0 if mount.process.returncode in (0, 15, -15) else 1
    return 0


def run_command(command, mount):
    """In the mount; signals are for the command, which is waited for."""
    environment = dict(os.environ, GLUPY_MOUNT=mount.mountpoint)
    try:
        process = subprocess.Popen(command, cwd=mount.mountpoint, env=environment)
    except OSError as e:
        print(f'glupy.run: {e.filename or command[0]}: {e.strerror}', file=sys.stderr)
        return 127 if e.errno == errno.ENOENT else 126
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda n, _: process.send_signal(n))
    status = process.wait()
    return 128 - status if status < 0 else status


def graph(args, private, directory):
    """(the module's name, the volfile)"""
    name, folder = find_module(args.module, private)
    settings = {'on-error': args.on_error, 'timeout': args.timeout, 'threads': args.threads}
    text = (volfile.posix(directory) +
            volfile.glupy(name, 'files', folder, parse_options(args.option), settings))
    if args.record:
        text += volfile.glupy('recorder', name, recorder(private), {'file': recording(args.record)},
                              {'timeout': '0'}, name='glupy-recorder')
    return name, text


def recorder(private):
    """The folder of a copy of our recorder: the package may be anybody's."""
    folder = os.path.join(private, 'recorder')
    os.mkdir(folder, 0o700)
    target = os.path.join(folder, 'recorder.py')
    shutil.copyfile(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'recorder.py'), target)
    os.chmod(target, 0o600)
    return folder


def recording(path):
    """An empty file there, which is ours: a recording that is there already stays."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise Refused(f'--record {path}: there is such a file already; take it away first') from None
    return os.path.realpath(path)


def run(args, private):
    name, text = graph(args, private, check_directory(args.directory))
    names = None if args.verbose else (name, 'glupy', 'glupy-recorder')
    with Mount(text, args.mountpoint, names=names, private=private,
               caching=args.caching) as mount:
        if args.command:
            return run_command(args.command, mount)
        return wait_for_end(mount, f'{args.directory} is at {mount.mountpoint} through {name}')


def run_replay(args, private):
    files = os.path.join(private, 'files')
    if args.directory is None:
        os.mkdir(files)
    else:  # with the names that GlusterFS gave its files
        subprocess.run(['cp', '-a', '--', check_directory(args.directory), files], check=True)
    name, text = graph(args, private, files)
    path = os.path.join(private, 'graph.vol')
    with open(path, 'w', encoding='utf-8', errors='surrogateescape') as f:
        f.write(text)
    shown = showlog.Filter(None if args.verbose else (name, 'glupy'))

    def log(line):
        line = shown.feed(line)
        if line is not None:
            print(line, file=sys.stderr)
    differ, count = replay.replay(drive(), args.replay, path, print, log)
    print(f'{count} operations, {differ} with another answer' if differ else
          f'{count} operations, all answered as recorded')
    return 1 if differ else 0


def drive():
    """The program that winds operations; it is installed beside the other programs."""
    for folder in (os.environ.get('VOLEXT_LIBEXEC'), places.VOLEXTDIR):
        path = os.path.join(folder, 'glupy-drive') if folder else ''
        if os.access(path, os.X_OK):
            return path
    raise Refused(f'{places.VOLEXTDIR}/glupy-drive is not there: make install')


def main(argv=None):
    args = arguments(sys.argv[1:] if argv is None else argv)
    try:
        if os.geteuid() != 0:
            raise Refused('root is needed, for the mount and for trusted extended attributes: sudo')
        private = tempfile.mkdtemp(prefix='glupy-run.')
        try:
            return run_replay(args, private) if args.replay else run(args, private)
        finally:
            remove(private)
    except (Refused, ValueError, OSError, subprocess.CalledProcessError) as e:
        print(f'glupy.run: {e}', file=sys.stderr)
        return 125
    except KeyboardInterrupt:
        return 130


if __name__ == '__main__':
    sys.exit(main())
