# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Names: rename, link, unlink, symlink, and what may be a name."""
import os
import stat
from errno import (EBUSY, EEXIST, EINVAL, EISDIR, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR,
                   ENOTEMPTY, EPERM)

from suite import check, fails, libc, opened, read, same, true, write


def test_rename_moves_a_file(d):
    write(f'{d}/a', b'text')
    ino = os.stat(f'{d}/a').st_ino
    os.rename(f'{d}/a', f'{d}/b')
    same(os.listdir(d), ['b'], 'names')
    same(os.stat(f'{d}/b').st_ino, ino, 'inode')
    same(read(f'{d}/b'), b'text', 'content')
    with fails(ENOENT):
        os.stat(f'{d}/a')


def test_rename_many_keeps_content(d):
    for i in range(40):  # some of them go to another brick
        write(f'{d}/a{i}', b'%d' % i)
        os.rename(f'{d}/a{i}', f'{d}/renamed-{i}')
    for i in range(40):
        same(read(f'{d}/renamed-{i}'), b'%d' % i, f'content of {i}')
    same(len(os.listdir(d)), 40, 'names')


def test_rename_over_a_file_replaces_it(d):
    write(f'{d}/a', b'new')
    write(f'{d}/b', b'old')
    os.rename(f'{d}/a', f'{d}/b')
    same(read(f'{d}/b'), b'new', 'content')
    same(os.stat(f'{d}/b').st_nlink, 1, 'links')
    same(os.listdir(d), ['b'], 'names')


def test_rename_over_an_open_file_keeps_its_content(d):
    write(f'{d}/a', b'new')
    write(f'{d}/b', b'old')
    with opened(f'{d}/b', os.O_RDONLY) as fd:
        os.rename(f'{d}/a', f'{d}/b')
        same(os.read(fd, 9), b'old', 'the open one')
        same(os.fstat(fd).st_nlink, 0, 'its links')
    same(read(f'{d}/b'), b'new', 'the new one')


def test_rename_of_an_open_file_goes_on(d):
    with opened(f'{d}/a', os.O_RDWR | os.O_CREAT) as fd:
        os.write(fd, b'one')
        os.rename(f'{d}/a', f'{d}/b')
        os.write(fd, b'two')
    same(read(f'{d}/b'), b'onetwo', 'content')


def test_rename_to_itself_does_nothing(d):
    write(f'{d}/a', b'x')
    os.rename(f'{d}/a', f'{d}/a')
    same(read(f'{d}/a'), b'x', 'content')


def test_rename_between_two_links_of_one_file_does_nothing(d):
    write(f'{d}/a', b'x')
    os.link(f'{d}/a', f'{d}/b')
    os.rename(f'{d}/a', f'{d}/b')
    same(sorted(os.listdir(d)), ['a', 'b'], 'names')


def test_rename_missing_source(d):
    with fails(ENOENT):
        os.rename(f'{d}/a', f'{d}/b')


def test_rename_into_a_missing_folder(d):
    write(f'{d}/a')
    with fails(ENOENT):
        os.rename(f'{d}/a', f'{d}/no/b')


def test_rename_file_onto_folder(d):
    write(f'{d}/a')
    os.mkdir(f'{d}/b')
    with fails(EISDIR):
        os.rename(f'{d}/a', f'{d}/b')


def test_rename_folder_onto_file(d):
    os.mkdir(f'{d}/a')
    write(f'{d}/b')
    with fails(ENOTDIR):
        os.rename(f'{d}/a', f'{d}/b')


def test_rename_folder_onto_empty_folder(d):
    os.mkdir(f'{d}/a')
    write(f'{d}/a/x', b'x')
    os.mkdir(f'{d}/b')
    os.rename(f'{d}/a', f'{d}/b')
    same(os.listdir(d), ['b'], 'names')
    same(read(f'{d}/b/x'), b'x', 'content')


def test_rename_folder_onto_full_folder(d):
    os.mkdir(f'{d}/a')
    os.mkdir(f'{d}/b')
    write(f'{d}/b/x')
    with fails(ENOTEMPTY, EEXIST):
        os.rename(f'{d}/a', f'{d}/b')
    same(sorted(os.listdir(d)), ['a', 'b'], 'names')


def test_rename_folder_into_itself(d):
    os.makedirs(f'{d}/a/b')
    with fails(EINVAL):
        os.rename(f'{d}/a', f'{d}/a/b/c')
    with fails(EINVAL):
        os.rename(f'{d}/a', f'{d}/a/c')


def test_rename_folder_with_content_to_another_parent(d):
    os.makedirs(f'{d}/a/sub/deep')
    write(f'{d}/a/sub/deep/x', b'x')
    os.mkdir(f'{d}/b')
    os.rename(f'{d}/a/sub', f'{d}/b/sub')
    same(read(f'{d}/b/sub/deep/x'), b'x', 'content')
    same(os.listdir(f'{d}/a'), [], 'old parent')
    same(os.path.realpath(f'{d}/b/sub/..'), os.path.realpath(f'{d}/b'), 'new parent')


def test_rename_dot(d):
    os.mkdir(f'{d}/a')
    with fails(EINVAL, EBUSY):
        os.rename(f'{d}/a/.', f'{d}/b')


def test_rename_of_a_symlink_renames_the_link(d):
    write(f'{d}/t', b't')
    os.symlink('t', f'{d}/a')
    os.rename(f'{d}/a', f'{d}/b')
    same(os.readlink(f'{d}/b'), 't', 'link')
    same(read(f'{d}/t'), b't', 'target')


def test_rename_through_a_file(d):
    write(f'{d}/f')
    write(f'{d}/a')
    with fails(ENOTDIR):
        os.rename(f'{d}/a', f'{d}/f/b')


def test_link_shares_the_file(d):
    write(f'{d}/a', b'one')
    os.link(f'{d}/a', f'{d}/b')
    a, b = os.stat(f'{d}/a'), os.stat(f'{d}/b')
    same((a.st_ino, a.st_nlink), (b.st_ino, 2), 'inode and links')
    write(f'{d}/b', b'two')
    same(read(f'{d}/a'), b'two', 'content by the other name')
    os.unlink(f'{d}/a')
    same(os.stat(f'{d}/b').st_nlink, 1, 'links')
    same(read(f'{d}/b'), b'two', 'content')


def test_link_into_another_folder(d):
    os.mkdir(f'{d}/s')
    write(f'{d}/a', b'x')
    for i in range(10):
        os.link(f'{d}/a', f'{d}/s/{i}')
    same(os.stat(f'{d}/a').st_nlink, 11, 'links')


def test_link_over_an_existing_name(d):
    write(f'{d}/a')
    write(f'{d}/b')
    with fails(EEXIST):
        os.link(f'{d}/a', f'{d}/b')
    with fails(EEXIST):
        os.link(f'{d}/a', f'{d}/a')


def test_link_missing_source(d):
    with fails(ENOENT):
        os.link(f'{d}/a', f'{d}/b')


def test_link_to_a_folder(d):
    os.mkdir(f'{d}/a')
    with fails(EPERM):
        os.link(f'{d}/a', f'{d}/b')


def test_link_of_a_symlink_is_a_symlink(d):
    os.symlink('nowhere', f'{d}/a')
    os.link(f'{d}/a', f'{d}/b', follow_symlinks=False)
    same(os.readlink(f'{d}/b'), 'nowhere', 'link')


def test_link_through_an_open_descriptor(d):
    with opened(f'{d}/a', os.O_RDWR | os.O_CREAT) as fd:
        os.write(fd, b'x')
        check(libc.linkat(-100, b'/proc/self/fd/%d' % fd, -100, os.fsencode(f'{d}/b'), 0x400))
    same(read(f'{d}/b'), b'x', 'content')


def test_unlink_removes(d):
    write(f'{d}/a')
    os.unlink(f'{d}/a')
    same(os.listdir(d), [], 'names')
    with fails(ENOENT):
        os.unlink(f'{d}/a')


def test_unlink_while_open_keeps_the_file(d):
    with opened(f'{d}/a', os.O_RDWR | os.O_CREAT) as fd:
        os.write(fd, b'before')
        os.unlink(f'{d}/a')
        with fails(ENOENT):
            os.stat(f'{d}/a')
        os.write(fd, b' after')
        same(os.pread(fd, 99, 0), b'before after', 'content')
        same(os.fstat(fd).st_nlink, 0, 'links')
        same(os.fstat(fd).st_size, 12, 'size')
        os.ftruncate(fd, 3)
        same(os.pread(fd, 99, 0), b'bef', 'content after ftruncate')
        os.fchmod(fd, 0o600)
        same(stat.S_IMODE(os.fstat(fd).st_mode), 0o600, 'mode')
    same(os.listdir(d), [], 'names')


def test_unlink_while_open_then_the_name_again(d):
    with opened(f'{d}/a', os.O_RDWR | os.O_CREAT) as fd:
        os.write(fd, b'first')
        os.unlink(f'{d}/a')
        write(f'{d}/a', b'second')
        same(os.pread(fd, 99, 0), b'first', 'the open one')
        same(read(f'{d}/a'), b'second', 'the other')


def test_unlink_of_a_folder(d):
    os.mkdir(f'{d}/a')
    with fails(EISDIR, EPERM):
        os.unlink(f'{d}/a')


def test_unlink_one_of_two_links_changes_ctime(d):
    write(f'{d}/a')
    os.link(f'{d}/a', f'{d}/b')
    before = os.stat(f'{d}/b').st_ctime_ns
    os.unlink(f'{d}/a')
    true(os.stat(f'{d}/b').st_ctime_ns >= before, 'ctime went back')


def test_symlink_holds_any_text(d):
    for i, text in enumerate(['a', '../..', '/no/such', 'x' * 1000, 'ä ö\n']):
        os.symlink(text, f'{d}/{i}')
        same(os.readlink(f'{d}/{i}'), text, f'link {i}')
        same(os.lstat(f'{d}/{i}').st_size, len(os.fsencode(text)), f'size of link {i}')
        true(stat.S_ISLNK(os.lstat(f'{d}/{i}').st_mode), 'not a link')


def test_symlink_of_4095_bytes(d):
    text = 'y' * 4095
    os.symlink(text, f'{d}/a')
    same(os.readlink(f'{d}/a'), text, 'link')


def test_symlink_is_followed(d):
    os.mkdir(f'{d}/dir')
    os.symlink('dir', f'{d}/l')
    write(f'{d}/l/x', b'x')
    same(read(f'{d}/dir/x'), b'x', 'content')
    os.symlink('dir/x', f'{d}/m')
    same(read(f'{d}/m'), b'x', 'content by a link')


def test_symlink_over_an_existing_name(d):
    write(f'{d}/a')
    with fails(EEXIST):
        os.symlink('x', f'{d}/a')


def test_symlink_loop(d):
    os.symlink('b', f'{d}/a')
    os.symlink('a', f'{d}/b')
    with fails(ELOOP):
        os.stat(f'{d}/a')


def test_symlink_to_nowhere_is_created_through(d):
    os.symlink('t', f'{d}/a')
    write(f'{d}/a', b'x')
    same(read(f'{d}/t'), b'x', 'content')
    with fails(EEXIST):
        os.open(f'{d}/a', os.O_CREAT | os.O_EXCL | os.O_WRONLY)


def test_symlink_is_not_followed_with_nofollow(d):
    write(f'{d}/t')
    os.symlink('t', f'{d}/a')
    with fails(ELOOP):
        os.open(f'{d}/a', os.O_RDONLY | os.O_NOFOLLOW)


def test_readlink_of_a_file(d):
    write(f'{d}/a')
    with fails(EINVAL):
        os.readlink(f'{d}/a')


def test_name_of_255_bytes(d):
    name = 'n' * 255
    write(f'{d}/{name}', b'x')
    same(os.listdir(d), [name], 'names')
    os.mkdir(f'{d}/' + 'm' * 255)
    os.rename(f'{d}/{name}', f'{d}/' + 'o' * 255)
    same(read(f'{d}/' + 'o' * 255), b'x', 'content')


def test_name_of_256_bytes_is_too_long(d):
    name = 'n' * 256
    write(f'{d}/a')
    for call in (lambda: write(f'{d}/{name}'), lambda: os.mkdir(f'{d}/{name}'),
                 lambda: os.stat(f'{d}/{name}'), lambda: os.unlink(f'{d}/{name}'),
                 lambda: os.symlink('x', f'{d}/{name}'), lambda: os.link(f'{d}/a', f'{d}/{name}'),
                 lambda: os.rename(f'{d}/a', f'{d}/{name}'), lambda: os.mkfifo(f'{d}/{name}')):
        with fails(ENAMETOOLONG):
            call()


def test_path_longer_than_path_max(d):
    with fails(ENAMETOOLONG):
        os.stat(d + '/x' * 2100)


def test_deep_path(d):
    path = d
    for i in range(60):
        path += '/' + 'd' * 20
    os.makedirs(path)
    write(path + '/f', b'deep')
    same(read(path + '/f'), b'deep', 'content')


def test_names_that_are_not_utf8(d):
    names = [b'\xff\xfe', b'\xc3', b'caf\xe9', b'\xed\xa0\x80', b'tab\tnew\nline', b'%s%n',
             b'quote"\'\\', b' ', b'-rf', 'ä漢😀'.encode(), bytes(range(1, 32)), b'\x80' * 255]
    base = os.fsencode(d)
    for n in names:
        write(base + b'/' + n, n)
    same(sorted(os.listdir(base)), sorted(names), 'names')
    for n in names:
        same(read(base + b'/' + n), n, 'content')
        os.rename(base + b'/' + n, base + b'/r')
        same(read(base + b'/r'), n, 'content after a rename')
        os.rename(base + b'/r', base + b'/' + n)
    os.symlink(b'\xff', base + b'/link')
    same(os.readlink(base + b'/link'), b'\xff', 'link')


def test_names_differ_by_case(d):
    write(f'{d}/a', b'1')
    write(f'{d}/A', b'2')
    same((read(f'{d}/a'), read(f'{d}/A')), (b'1', b'2'), 'contents')


def test_missing_part_of_a_path(d):
    write(f'{d}/f')
    for path, code in ((f'{d}/no/x', ENOENT), (f'{d}/f/x', ENOTDIR)):
        for call in (lambda: os.stat(path), lambda: write(path), lambda: os.mkdir(path),
                     lambda: os.unlink(path), lambda: os.rmdir(path), lambda: os.symlink('x', path)):
            with fails(code):
                call()


def test_a_name_comes_and_goes_a_hundred_times(d):
    for i in range(100):
        write(f'{d}/a', b'%d' % i)
        same(read(f'{d}/a'), b'%d' % i, 'content')
        os.unlink(f'{d}/a')
        with fails(ENOENT):
            os.stat(f'{d}/a')
