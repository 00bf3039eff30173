# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Who may do what: owner, group, others, supplementary groups, sticky and set-id bits."""
import os
import stat
from errno import EACCES, EPERM

from suite import as_user, fails, mode, read, same, true, write

USER, OTHER, GROUP = 4711, 4712, 4720


def open_to(path, m, uid=USER, gid=USER):
    os.chown(path, uid, gid)
    os.chmod(path, m)


def test_owner_group_and_others(d):
    write(f'{d}/a', b'x')
    who = {'owner': (USER, OTHER, 6), 'group': (OTHER, GROUP, 3), 'others': (OTHER, OTHER, 0)}
    for m in (0o400, 0o200, 0o040, 0o020, 0o004, 0o002, 0o644, 0o077, 0o707, 0):
        open_to(f'{d}/a', m, USER, GROUP)
        for name, (uid, gid, shift) in who.items():
            bits = (m >> shift) & 7
            for bit, flags in ((4, os.O_RDONLY), (2, os.O_WRONLY)):
                def attempt():
                    try:
                        os.close(os.open(f'{d}/a', flags))
                        return True
                    except PermissionError:
                        return False
                same(as_user(uid, attempt, gid), bool(bits & bit), f'{m:o}, {name}, {"r" if bit == 4 else "w"}')


def test_supplementary_group(d):
    write(f'{d}/a', b'x')
    open_to(f'{d}/a', 0o040, 0, GROUP)
    same(as_user(OTHER, lambda: read(f'{d}/a'), groups=[1, 2, 3, GROUP]), b'x', 'content')
    with fails(EACCES):
        as_user(OTHER, lambda: read(f'{d}/a'), groups=[1, 2, 3])


def test_access_says_what_open_does(d):
    write(f'{d}/a')
    open_to(f'{d}/a', 0o640, USER, GROUP)
    same(as_user(OTHER, lambda: [os.access(f'{d}/a', m) for m in (os.F_OK, os.R_OK, os.W_OK, os.X_OK)]),
         [True, False, False, False], 'access of others')
    same(as_user(USER, lambda: [os.access(f'{d}/a', m) for m in (os.R_OK, os.W_OK, os.X_OK)]),
         [True, True, False], 'access of the owner')
    same(os.access(f'{d}/a', os.X_OK), False, 'root may execute')


def test_folder_without_search(d):
    os.mkdir(f'{d}/s')
    write(f'{d}/s/a', b'x')
    open_to(f'{d}/s', 0o600)
    with fails(EACCES):
        as_user(USER, lambda: os.stat(f'{d}/s/a'))
    same(as_user(USER, lambda: os.listdir(f'{d}/s')), ['a'], 'names')
    open_to(f'{d}/s', 0o100)
    with fails(EACCES):
        as_user(USER, lambda: os.listdir(f'{d}/s'))
    same(as_user(USER, lambda: os.stat(f'{d}/s/a').st_size), 1, 'size')


def test_folder_without_write(d):
    os.mkdir(f'{d}/s')
    write(f'{d}/s/a')
    os.mkdir(f'{d}/s/b')
    open_to(f'{d}/s/a', 0o666)
    open_to(f'{d}/s', 0o555)
    for call in (lambda: write(f'{d}/s/n'), lambda: os.unlink(f'{d}/s/a'), lambda: os.mkdir(f'{d}/s/n'),
                 lambda: os.rmdir(f'{d}/s/b'), lambda: os.rename(f'{d}/s/a', f'{d}/s/n'),
                 lambda: os.symlink('x', f'{d}/s/n'), lambda: os.link(f'{d}/s/a', f'{d}/s/n'),
                 lambda: os.mkfifo(f'{d}/s/n')):
        with fails(EACCES):
            as_user(USER, call)
    as_user(USER, lambda: write(f'{d}/s/a', b'x'))


def test_new_files_belong_to_their_maker(d):
    os.chmod(d, 0o777)

    def make():
        write(f'{d}/f')
        os.mkdir(f'{d}/d')
        os.symlink('x', f'{d}/l')
        os.mkfifo(f'{d}/p')
    as_user(USER, make, GROUP)
    for name in 'fdlp':
        s = os.lstat(f'{d}/{name}')
        same((s.st_uid, s.st_gid), (USER, GROUP), f'owner of {name}')


def test_set_group_of_a_folder_is_inherited(d):
    os.mkdir(f'{d}/s')
    open_to(f'{d}/s', 0o2777, 0, GROUP)

    def make():
        write(f'{d}/s/f')
        os.mkdir(f'{d}/s/d')
    as_user(USER, make)
    same(os.stat(f'{d}/s/f').st_gid, GROUP, 'group of the file')
    same(os.stat(f'{d}/s/d').st_gid, GROUP, 'group of the folder')
    true(os.stat(f'{d}/s/d').st_mode & stat.S_ISGID, 'the folder has not the bit')


def test_sticky_folder(d):
    os.mkdir(f'{d}/s')
    os.chmod(f'{d}/s', 0o1777)
    as_user(USER, lambda: write(f'{d}/s/a'))
    for call in (lambda: os.unlink(f'{d}/s/a'), lambda: os.rename(f'{d}/s/a', f'{d}/s/b')):
        with fails(EPERM, EACCES):
            as_user(OTHER, call)
    as_user(USER, lambda: os.unlink(f'{d}/s/a'))


def test_chmod_is_the_owners(d):
    write(f'{d}/a')
    open_to(f'{d}/a', 0o666)
    with fails(EPERM):
        as_user(OTHER, lambda: os.chmod(f'{d}/a', 0o600))
    as_user(USER, lambda: os.chmod(f'{d}/a', 0o600))
    same(mode(f'{d}/a'), 0o600, 'mode')


def test_chmod_every_bit(d):
    write(f'{d}/a')
    os.mkdir(f'{d}/d')
    for m in (0, 0o7777, 0o4755, 0o2755, 0o1755, 0o644, 0o000, 0o123):
        for name in ('a', 'd'):
            os.chmod(f'{d}/{name}', m)
            same(mode(f'{d}/{name}'), m, f'mode of {name}')
            fd = os.open(f'{d}/{name}', os.O_RDONLY)
            os.fchmod(fd, m ^ 0o111)
            same(os.fstat(fd).st_mode & 0o7777, m ^ 0o111, f'mode of {name} by fchmod')
            os.close(fd)


def test_chown_is_roots(d):
    write(f'{d}/a')
    open_to(f'{d}/a', 0o644)
    with fails(EPERM):
        as_user(USER, lambda: os.chown(f'{d}/a', OTHER, -1))
    with fails(EPERM):
        as_user(USER, lambda: os.chown(f'{d}/a', -1, GROUP))
    as_user(USER, lambda: os.chown(f'{d}/a', -1, GROUP), groups=[GROUP])
    s = os.stat(f'{d}/a')
    same((s.st_uid, s.st_gid), (USER, GROUP), 'owner and group')


def test_chown_clears_set_id_bits(d):
    write(f'{d}/a')
    open_to(f'{d}/a', 0o6755, USER, USER)
    as_user(USER, lambda: os.chown(f'{d}/a', -1, GROUP), groups=[GROUP])
    same(mode(f'{d}/a'), 0o755, 'mode')


def test_chown_of_a_symlink(d):
    write(f'{d}/a')
    os.symlink('a', f'{d}/l')
    os.lchown(f'{d}/l', USER, GROUP)
    same((os.lstat(f'{d}/l').st_uid, os.stat(f'{d}/a').st_uid), (USER, 0), 'owners of link and file')


def test_chown_of_nothing(d):
    write(f'{d}/a')
    open_to(f'{d}/a', 0o644, USER, GROUP)
    os.chown(f'{d}/a', -1, -1)
    s = os.stat(f'{d}/a')
    same((s.st_uid, s.st_gid, mode(f'{d}/a')), (USER, GROUP, 0o644), 'owner, group, mode')


def test_write_clears_set_user_bit(d):
    write(f'{d}/a', b'x')
    open_to(f'{d}/a', 0o4777, USER, USER)

    def scribble():
        fd = os.open(f'{d}/a', os.O_WRONLY)
        os.write(fd, b'y')
        os.close(fd)
    as_user(OTHER, scribble)
    same(mode(f'{d}/a'), 0o777, 'mode')


def test_truncate_needs_write(d):
    write(f'{d}/a', b'xyz')
    open_to(f'{d}/a', 0o444)
    with fails(EACCES):
        as_user(USER, lambda: os.truncate(f'{d}/a', 0))
    same(read(f'{d}/a'), b'xyz', 'content')


def test_open_descriptor_keeps_its_rights(d):
    write(f'{d}/a', b'x')
    open_to(f'{d}/a', 0o600)

    def go():
        fd = os.open(f'{d}/a', os.O_RDWR)
        os.chmod(f'{d}/a', 0)
        os.pwrite(fd, b'y', 0)
        data = os.pread(fd, 1, 0)
        os.close(fd)
        return data
    same(as_user(USER, go), b'y', 'content')


def test_large_ids(d):
    write(f'{d}/a')
    os.chown(f'{d}/a', 0xfffffffd, 0xfffffffc)
    s = os.stat(f'{d}/a')
    same((s.st_uid, s.st_gid), (0xfffffffd, 0xfffffffc), 'owner and group')


def test_utime_rights(d):
    write(f'{d}/a')
    open_to(f'{d}/a', 0o622)
    with fails(EPERM):
        as_user(OTHER, lambda: os.utime(f'{d}/a', (1, 1)))
    as_user(OTHER, lambda: os.utime(f'{d}/a'))  # now: who may write may do that
    as_user(USER, lambda: os.utime(f'{d}/a', (1, 1)))
    open_to(f'{d}/a', 0o644)
    with fails(EACCES):
        as_user(OTHER, lambda: os.utime(f'{d}/a'))
