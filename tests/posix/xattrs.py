# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Extended attributes, and the ACLs that are kept in them."""
import os
import struct
from errno import E2BIG, EEXIST, ENODATA, ENOSPC, EPERM, ERANGE, EOPNOTSUPP, EACCES

from suite import as_user, check, fails, libc, mode, opened, same, write


def test_set_get_list_remove(d):
    write(f'{d}/a')
    for path in (d, f'{d}/a'):
        os.setxattr(path, 'user.one', b'1')
        os.setxattr(path, 'user.two', b'\0\xff\n two')
        same(os.getxattr(path, 'user.one'), b'1', 'one')
        same(os.getxattr(path, 'user.two'), b'\0\xff\n two', 'two')
        same(sorted(n for n in os.listxattr(path) if n.startswith('user.')), ['user.one', 'user.two'], 'names')
        os.removexattr(path, 'user.one')
        with fails(ENODATA):
            os.getxattr(path, 'user.one')
        same([n for n in os.listxattr(path) if n.startswith('user.')], ['user.two'], 'names')


def test_by_a_descriptor(d):
    with opened(f'{d}/a', os.O_RDWR | os.O_CREAT) as fd:
        os.setxattr(fd, 'user.x', b'y')
        same(os.getxattr(fd, 'user.x'), b'y', 'value')
        same([n for n in os.listxattr(fd) if n.startswith('user.')], ['user.x'], 'names')
        os.unlink(f'{d}/a')
        same(os.getxattr(fd, 'user.x'), b'y', 'value after unlink')
        os.removexattr(fd, 'user.x')
        with fails(ENODATA):
            os.removexattr(fd, 'user.x')


def test_flags(d):
    write(f'{d}/a')
    with fails(ENODATA):
        os.setxattr(f'{d}/a', 'user.x', b'1', os.XATTR_REPLACE)
    os.setxattr(f'{d}/a', 'user.x', b'1', os.XATTR_CREATE)
    with fails(EEXIST):
        os.setxattr(f'{d}/a', 'user.x', b'2', os.XATTR_CREATE)
    os.setxattr(f'{d}/a', 'user.x', b'3', os.XATTR_REPLACE)
    same(os.getxattr(f'{d}/a', 'user.x'), b'3', 'value')


def test_missing_attribute(d):
    write(f'{d}/a')
    with fails(ENODATA):
        os.getxattr(f'{d}/a', 'user.x')
    with fails(ENODATA):
        os.removexattr(f'{d}/a', 'user.x')


def test_empty_value(d):
    write(f'{d}/a')
    os.setxattr(f'{d}/a', 'user.x', b'')
    same(os.getxattr(f'{d}/a', 'user.x'), b'', 'value')


def test_value_of_sizes(d):
    write(f'{d}/a')
    for size in (1, 255, 256, 1000, 3000):
        os.setxattr(f'{d}/a', 'user.x', b'v' * size)
        same(os.getxattr(f'{d}/a', 'user.x'), b'v' * size, f'{size} bytes')


def test_too_long_name_and_value(d):
    write(f'{d}/a')
    with fails(ERANGE):
        os.setxattr(f'{d}/a', 'user.' + 'n' * 251, b'')
    with fails(E2BIG, ENOSPC):
        os.setxattr(f'{d}/a', 'user.x', bytes(65537))


def test_buffer_that_is_too_small(d):
    import ctypes
    write(f'{d}/a')
    os.setxattr(f'{d}/a', 'user.x', b'0123456789')
    path, area = os.fsencode(f'{d}/a'), ctypes.create_string_buffer(5)
    same(check(libc.getxattr(path, b'user.x', None, 0)), 10, 'size asked for')
    with fails(ERANGE):
        check(libc.getxattr(path, b'user.x', area, 5))
    with fails(ERANGE):
        check(libc.listxattr(path, area, 3))


def test_many(d):
    write(f'{d}/a')
    for i in range(30):
        os.setxattr(f'{d}/a', f'user.{i}', b'%d' % i)
    same(sorted(n for n in os.listxattr(f'{d}/a') if n.startswith('user.')),
         sorted(f'user.{i}' for i in range(30)), 'names')
    for i in range(30):
        same(os.getxattr(f'{d}/a', f'user.{i}'), b'%d' % i, f'value {i}')


def test_kept_by_rename_and_link(d):
    write(f'{d}/a')
    os.setxattr(f'{d}/a', 'user.x', b'1')
    os.rename(f'{d}/a', f'{d}/b')
    os.link(f'{d}/b', f'{d}/c')
    same((os.getxattr(f'{d}/b', 'user.x'), os.getxattr(f'{d}/c', 'user.x')), (b'1', b'1'), 'values')


def test_user_attributes_need_the_files_rights(d):
    write(f'{d}/a')
    os.chown(f'{d}/a', 4711, 4711)
    os.chmod(f'{d}/a', 0o600)
    with fails(EACCES):
        as_user(4712, lambda: os.setxattr(f'{d}/a', 'user.x', b'1'))
    as_user(4711, lambda: os.setxattr(f'{d}/a', 'user.x', b'1'))
    with fails(EACCES):
        as_user(4712, lambda: os.getxattr(f'{d}/a', 'user.x'))


def test_user_attribute_of_a_symlink(d):
    os.symlink('x', f'{d}/l')
    with fails(EPERM):
        os.setxattr(f'{d}/l', 'user.x', b'1', follow_symlinks=False)


def test_unknown_namespace(d):
    write(f'{d}/a')
    with fails(EOPNOTSUPP):
        os.setxattr(f'{d}/a', 'nonsense.x', b'1')


def test_security_capability(d):
    write(f'{d}/a', mode=0o755)
    value = struct.pack('<IIIII', 0x02000001, 1 << 13, 0, 0, 0)
    os.setxattr(f'{d}/a', 'security.capability', value)
    same(os.getxattr(f'{d}/a', 'security.capability'), value, 'value')


def test_acl_of_a_mount_without_acls_is_refused_or_kept(d):
    """An ACL is either kept whole or refused; never half."""
    write(f'{d}/a')
    acl = struct.pack('<I', 2) + b''.join(
        struct.pack('<HHI', *e) for e in ((1, 6, 0xffffffff), (2, 4, 4711), (4, 0, 0xffffffff),
                                          (16, 4, 0xffffffff), (32, 0, 0xffffffff)))
    try:
        os.setxattr(f'{d}/a', 'system.posix_acl_access', acl)
    except OSError as e:
        same(e.errno, EOPNOTSUPP, 'errno')
        same(mode(f'{d}/a'), 0o644, 'mode')
    else:
        same(os.getxattr(f'{d}/a', 'system.posix_acl_access'), acl, 'the acl')
        same(mode(f'{d}/a'), 0o640, 'mode')
