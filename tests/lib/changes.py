#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Every kind of change, and what is told of it.

    changes.py prepare FOLDER        makes what the changes need
    changes.py make FOLDER           makes them, one after the other
    changes.py told TYPE             what `gnotifywait -mr --format '%e %w%f'` says of them on a
                                     volume of that type: one expectation, and differences

A change is a function named for it; its docstring is what is told, a name in it is below the
folder. Where a type differs, all that it tells stands in lines with its name:

disperse    truncates by opening the file; has no copy_file_range, so the kernel reads and writes
sharded     has no copy_file_range; a brick that has a shard, and no name of the file, cannot say
            what is changed there (MODIFY,UNPLACED, which the test leaves out)
"""
import ctypes
import mmap
import os
import sys

CHANGES = []
LIBC = ctypes.CDLL(None, use_errno=True)


def change(function):
    CHANGES.append(function)
    return function


def write(path, data, flags=0):
    fd = os.open(path, os.O_WRONLY | flags, 0o644)
    os.write(fd, data)
    os.close(fd)


def make(path, data=b'some text'):
    write(path, data, os.O_CREAT)


PREPARED = ('append', 'overwrite', 'trunc', 'truncate', 'ftruncate', 'fallocate', 'punch', 'linked', 'two-names',
            'renamed', 'over-from', 'over-to', 'across', 'unlinked', 'open-unlinked', 'chmod', 'chown', 'utimes',
            'setxattr', 'removexattr', 'dup', 'mapped', 'copy-from', 'copy-to', 'large', *(f'r{i}' for i in range(6)))
FOLDERS = ('empty', 'other', 'full', 'full/deep', 'chmod-folder')


def prepare():
    for name in PREPARED:
        make(name)
    for name in FOLDERS:
        os.mkdir(name)
    make('full/deep/f')
    os.setxattr('removexattr', 'user.k', b'v')
    os.link('two-names', 'second-name')


@change
def create():
    """CREATE created
    CLOSE_WRITE,CLOSE created"""
    os.close(os.open('created', os.O_WRONLY | os.O_CREAT))


@change
def create_and_write():
    """CREATE written
    MODIFY written
    CLOSE_WRITE,CLOSE written"""
    make('written')


@change
def append():
    """MODIFY append
    CLOSE_WRITE,CLOSE append"""
    write('append', b'more', os.O_APPEND)


@change
def overwrite():
    """MODIFY overwrite
    CLOSE_WRITE,CLOSE overwrite"""
    write('overwrite', b'SOME')


@change
def trunc():
    """MODIFY trunc
    MODIFY trunc
    CLOSE_WRITE,CLOSE trunc"""
    write('trunc', b'new', os.O_TRUNC)


@change
def truncate():
    """MODIFY truncate
    disperse: MODIFY truncate
    disperse: CLOSE_WRITE,CLOSE truncate"""
    os.truncate('truncate', 3)


@change
def ftruncate():
    """MODIFY ftruncate
    CLOSE_WRITE,CLOSE ftruncate"""
    fd = os.open('ftruncate', os.O_WRONLY)
    os.ftruncate(fd, 3)
    os.close(fd)


@change
def fallocate():
    """MODIFY fallocate
    CLOSE_WRITE,CLOSE fallocate"""
    fd = os.open('fallocate', os.O_WRONLY)
    os.posix_fallocate(fd, 0, 5000)
    os.close(fd)


@change
def punch_a_hole():
    """MODIFY punch
    CLOSE_WRITE,CLOSE punch"""
    fd = os.open('punch', os.O_RDWR)
    KEEP_SIZE, PUNCH_HOLE = 1, 2
    if LIBC.fallocate(fd, KEEP_SIZE | PUNCH_HOLE, ctypes.c_long(2), ctypes.c_long(3)):
        raise OSError(ctypes.get_errno(), 'fallocate')
    os.close(fd)


@change
def mapped():
    """MODIFY mapped
    CLOSE_WRITE,CLOSE mapped"""
    fd = os.open('mapped', os.O_RDWR)
    with mmap.mmap(fd, 0) as m:
        m[:4] = b'SOME'
        m.flush()
    os.close(fd)


@change
def copy_file_range():
    """MODIFY copy-to
    CLOSE_WRITE,CLOSE copy-to
    disperse: CLOSE_NOWRITE,CLOSE copy-from
    disperse: MODIFY copy-to
    disperse: CLOSE_WRITE,CLOSE copy-to
    sharded: CLOSE_NOWRITE,CLOSE copy-from
    sharded: MODIFY copy-to
    sharded: CLOSE_WRITE,CLOSE copy-to"""
    there, here = os.open('copy-from', os.O_RDONLY), os.open('copy-to', os.O_WRONLY)
    os.copy_file_range(there, here, 5, 1, 2)
    os.close(there)
    os.close(here)


@change
def odd_names():
    for name in b'two words', b'\xff\xe4', b'n' * 255:
        os.mkdir(name)


odd_names.__doc__ = f'CREATE,ISDIR two words\nCREATE,ISDIR \udcff\udce4\nCREATE,ISDIR {"n" * 255}'


@change
def mkdir():
    """CREATE,ISDIR folder"""
    os.mkdir('folder')


@change
def rmdir():
    """DELETE_SELF empty/
    DELETE,ISDIR empty"""
    os.rmdir('empty')


@change
def mkfifo():
    """CREATE fifo"""
    os.mkfifo('fifo')


@change
def symlink():
    """CREATE symlink"""
    os.symlink('somewhere', 'symlink')


@change
def link():
    """CREATE another"""
    os.link('linked', 'another')


@change
def write_by_a_second_name():
    """MODIFY two-names
    CLOSE_WRITE,CLOSE two-names"""
    write('second-name', b'by it')


@change
def rename():
    """MOVED_FROM renamed
    MOVED_TO renamed-to"""
    os.rename('renamed', 'renamed-to')


@change
def renames_of_many():
    for i in range(6):  # some of them to another subvolume
        os.rename(f'r{i}', f's{i}')


renames_of_many.__doc__ = '\n'.join(f'MOVED_FROM r{i}\nMOVED_TO s{i}' for i in range(6))


@change
def rename_over():
    """MOVED_FROM over-from
    MOVED_TO over-to"""
    os.rename('over-from', 'over-to')


@change
def rename_across():
    """MOVED_FROM across
    MOVED_TO other/across"""
    os.rename('across', 'other/across')


@change
def rename_folder():
    """MOVED_FROM,ISDIR full
    MOVED_TO,ISDIR moved
    MOVE_SELF moved/"""
    os.rename('full', 'moved')


@change
def write_below_it():
    """MODIFY moved/deep/f
    CLOSE_WRITE,CLOSE moved/deep/f"""
    write('moved/deep/f', b'by it')


@change
def unlink():
    """DELETE unlinked"""
    os.unlink('unlinked')


@change
def unlink_while_it_is_open():
    """DELETE open-unlinked
    MODIFY open-unlinked
    CLOSE_WRITE,CLOSE open-unlinked"""
    fd = os.open('open-unlinked', os.O_WRONLY)
    os.unlink('open-unlinked')
    os.write(fd, b'more')
    os.close(fd)


@change
def unlink_one_name():
    """DELETE another"""
    os.unlink('another')


@change
def chmod():
    """ATTRIB chmod"""
    os.chmod('chmod', 0o600)


@change
def chmod_folder():
    """ATTRIB,ISDIR chmod-folder
    ATTRIB,ISDIR chmod-folder/"""
    os.chmod('chmod-folder', 0o700)


@change
def chown():
    """ATTRIB chown"""
    os.chown('chown', 7, 8)


@change
def utimes():
    """ATTRIB utimes"""
    os.utime('utimes', (5, 5))


@change
def setxattr():
    """ATTRIB setxattr"""
    os.setxattr('setxattr', 'user.k', b'v')


@change
def removexattr():
    """ATTRIB removexattr"""
    os.removexattr('removexattr', 'user.k')


@change
def dup_and_close_twice():
    """MODIFY dup
    CLOSE_WRITE,CLOSE dup"""
    fd = os.open('dup', os.O_WRONLY)
    again = os.dup(fd)
    os.write(fd, b'one')
    os.close(fd)
    os.close(again)


@change
def large():
    """MODIFY large
    CLOSE_WRITE,CLOSE large"""
    write('large', bytes(9 << 20))


@change
def end():
    """CREATE,ISDIR end"""
    os.mkdir('end')


def main():
    what, where = sys.argv[1:]
    if what == 'told':
        for function in CHANGES:
            lines = [line.strip() for line in function.__doc__.split('\n')]
            own = [line[len(where) + 2:] for line in lines if line.startswith(where + ': ')]
            text = '\n'.join(own or [line for line in lines if ': ' not in line])
            sys.stdout.buffer.write(os.fsencode(text) + b'\n')
        return
    os.chdir(where)
    if what == 'prepare':
        prepare()
    else:
        for function in CHANGES:
            function()


main()
