# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""stubs.py FOPS.DEF TEMPLATE: the template of native.pyi with what exists once per file
operation: the answers, how they are made, and a child's methods."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../xlators'))
sys.dont_write_bytecode = True
import fops  # noqa: E402

# C type -> Python's; all others are numbers
TYPES = {
    'loc_t *': 'Loc', 'fd_t *': 'Fd', 'inode_t *': 'Inode', 'dict_t *': 'Dict',
    'struct iatt *': 'Iatt', 'const char *': 'str', 'char *': 'str',
    'struct gf_flock *': 'Lock', 'struct iovec *': 'IoVec', 'struct gf_lease *': 'Lease',
    'gf_dirent_t *': 'Dirents', 'struct statvfs *': 'StatVfs', 'uint8_t *': 'bytes',
    'lock_migration_info_t *': 'LockList',
}


def shown(params):
    """(name, type) of those that Python sees."""
    names = fops.shown(params)
    return [(p.name, TYPES.get(p.ctype, 'int')) for p in params if p.name in names]


def can_be_none(name):
    return name in ('xdata', 'xattr')


def title(fop):
    return ''.join(part.capitalize() for part in fop.name.split('_')) + 'Reply'


def answers(table):
    for fop in table:
        yield f'class {title(fop)}(Reply):'
        for name, type_ in shown(fop.results):
            yield f'    {name}: {type_}' + (' | None' if can_be_none(name) else '')
        yield ''


def makers(table):
    for fop in table:
        args = ', '.join(f'{name}: {type_} | None = ...' for name, type_ in shown(fop.results))
        yield (f'    def {fop.name}(self, {args}, *, op_ret: int = ..., op_errno: int = ...)'
               f' -> {title(fop)}: ...')


def calls(table):
    for fop in table:
        args = ', '.join(
            f'{name}: {type_}' + (' | None' if can_be_none(name) or type_ == 'str' else '')
            + ' = ...' for name, type_ in shown(fop.args))
        yield f'    def {fop.name}(self, {args}) -> Awaitable[{title(fop)}]: ...'


def main():
    table = fops.read(sys.argv[1])
    parts = {'@ANSWERS@': answers, '@MAKERS@': makers, '@CALLS@': calls}
    with open(sys.argv[2], encoding='utf-8') as f:
        for line in f:
            make = parts.get(line.strip())
            sys.stdout.write('\n'.join(make(table)) + '\n' if make else line)


main()
