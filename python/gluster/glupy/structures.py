# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""GlusterFS's structures for ctypes, as the compiler laid them out (layout.py)."""
import ctypes
import os

from . import layout

__all__ = ['call_frame_t', 'checksum_t', 'dict_t', 'fd_t', 'gf_dirent_t', 'gf_flock', 'gf_lease',
           'ia_prot_t', 'iatt_t', 'inode_t', 'iobref_t', 'iovec_t', 'loc_t',
           'lock_migration_info_t',
           'rwxperm_t', 'statvfs_t', 'xlator_t',
           'IA_INVAL', 'IA_IFREG', 'IA_IFDIR', 'IA_IFLNK', 'IA_IFBLK', 'IA_IFCHR',
           'IA_IFIFO', 'IA_IFSOCK']

(IA_INVAL, IA_IFREG, IA_IFDIR, IA_IFLNK, IA_IFBLK, IA_IFCHR, IA_IFIFO,
 IA_IFSOCK) = range(8)


class _Structure(ctypes.Structure):
    def __format__(self, spec):
        return format(repr(self), spec)


class call_frame_t(_Structure):
    """Opaque: what handlers get as frame is a handle."""
    _fields_ = []


class dict_t(_Structure):
    """Opaque."""
    _fields_ = []


class gf_dirent_t(_Structure):
    """Opaque."""
    _fields_ = []


class iobref_t(_Structure):
    """Opaque."""
    _fields_ = []


class lock_migration_info_t(_Structure):
    """Opaque."""
    _fields_ = []


class checksum_t(_Structure):
    """A strong checksum: MD5, and then 16 zeroes, or SHA-256 where xdata has
    fips-mode-rchecksum."""
    _fields_ = [('data', ctypes.c_ubyte * 32)]


def _pointer(structure):
    """ctypes' pointer class, and printable with {:s}, as modules do."""
    def show(self, spec):
        return format(repr(self) if self else 'NULL', spec)
    made = type('LP_' + structure.__name__, (ctypes._Pointer,),
                {'_type_': structure, '__format__': show})
    ctypes._pointer_type_cache[structure] = made
    return made


class rwxperm_t:
    """Three permission bits of somebody: read, write, execn."""

    def __init__(self, prot, who):
        object.__setattr__(self, '_prot', prot)
        object.__setattr__(self, '_who', who)

    def __getattr__(self, name):
        return self._prot._get(self._who + '.' + name)

    def __setattr__(self, name, value):
        self._prot._set(self._who + '.' + name, value)


class ia_prot_t(_Structure):
    """Permission bits: suid, sgid, sticky, and owner, group, other."""
    _fields_ = [('_raw', ctypes.c_ubyte * (1 + max(b for _, b, _ in layout.PROT_BITS)))]
    _bits = {name: (byte, 1 << bit) for name, byte, bit in layout.PROT_BITS}

    def _get(self, name):
        try:
            byte, mask = self._bits[name]
        except KeyError:
            raise AttributeError(name) from None
        return 1 if self._raw[byte] & mask else 0

    def _set(self, name, value):
        byte, mask = self._bits[name]
        self._raw[byte] = self._raw[byte] & ~mask | (mask if value else 0)

    suid = property(lambda s: s._get('suid'), lambda s, v: s._set('suid', v))
    sgid = property(lambda s: s._get('sgid'), lambda s, v: s._set('sgid', v))
    sticky = property(lambda s: s._get('sticky'), lambda s, v: s._set('sticky', v))
    owner = property(lambda s: rwxperm_t(s, 'owner'))
    group = property(lambda s: rwxperm_t(s, 'group'))
    other = property(lambda s: rwxperm_t(s, 'other'))


class _Null(str):
    """A char pointer that is NULL: no text, equal to None. Modules slice names, and format
    them with {:s}, which None cannot."""
    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other):
        return other is None or str.__eq__(self, other)

    def __ne__(self, other):
        return not self == other

    def __format__(self, spec):
        return format('NULL', spec)

    def __repr__(self):
        return 'None'


NULL = _Null()


def _text(field):
    """A char pointer as str; bytes that are no UTF-8 survive (surrogateescape)."""
    raw = '_' + field

    def read(self):
        value = getattr(self, raw)
        return NULL if value is None else os.fsdecode(value)

    def write(self, value):
        setattr(self, raw, None if value is None or value is NULL else os.fsencode(value))
    return property(read, write)


_INTS = {1: (ctypes.c_uint8, ctypes.c_int8), 2: (ctypes.c_uint16, ctypes.c_int16),
         4: (ctypes.c_uint32, ctypes.c_int32), 8: (ctypes.c_uint64, ctypes.c_int64)}


def _ctype(kind, size, known):
    if kind in ('int', 'signed'):
        return _INTS[size][kind == 'signed']
    if kind == 'bytes':
        return ctypes.c_ubyte * size
    if kind == 'str':
        return ctypes.c_char_p
    if kind == 'void *':
        return ctypes.c_void_p
    if kind.endswith(' *'):
        return ctypes.POINTER(known[kind[:-2]])
    return known[kind]


def _build(name, known):
    """A ctypes structure with every field where the compiler has it."""
    size, fields = layout.STRUCTURES[name]
    members = {'_pack_': 1}
    laid, at = [], 0
    for field, kind, offset, length in sorted(fields, key=lambda f: f[2]):
        if offset > at:
            laid.append((f'_pad{at}', ctypes.c_ubyte * (offset - at)))
        if kind == 'str':
            members[field] = _text(field)
            field = '_' + field
        laid.append((field, _ctype(kind, length, known)))
        at = offset + length
    if size > at:
        laid.append((f'_pad{at}', ctypes.c_ubyte * (size - at)))
    made = type(name, (_Structure,), {**members, '_fields_': laid})
    if ctypes.sizeof(made) != size:
        raise TypeError(f'{name} has {ctypes.sizeof(made)} bytes, the compiler says {size}')
    known[name] = made
    return made


_known = {'ia_prot_t': ia_prot_t}
for _name in ('xlator_t', 'inode_t', 'fd_t', 'loc_t', 'iatt_t', 'statvfs_t', 'gf_flock',
              'iovec_t', 'gf_lease'):
    _pointer(_build(_name, _known))
xlator_t, inode_t, fd_t, loc_t, iatt_t = (
    _known[n] for n in ('xlator_t', 'inode_t', 'fd_t', 'loc_t', 'iatt_t'))
statvfs_t, gf_flock, iovec_t, gf_lease = (
    _known[n] for n in ('statvfs_t', 'gf_flock', 'iovec_t', 'gf_lease'))
iatt_t.ia_no = property(lambda s: s.ia_ino, lambda s, v: setattr(s, 'ia_ino', v))
for _structure in (call_frame_t, checksum_t, dict_t, gf_dirent_t, iobref_t,
                   lock_migration_info_t):
    _pointer(_structure)

# what the C side has to recognise, by the structure's name
KINDS = {s.__name__: (ctypes.POINTER(s), s) for s in (
    loc_t, fd_t, inode_t, dict_t, iatt_t, gf_flock, iovec_t, iobref_t, gf_lease,
    gf_dirent_t, statvfs_t, checksum_t, lock_migration_info_t, xlator_t)}
KINDS['NULL'] = NULL
