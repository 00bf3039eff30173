# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Reads fops.def, for the scripts that generate what exists once per fop. Run by itself
it prints their names as a Python module."""
import os
import re
import sys

# where the number's name is not the fop's
NUMBERS = {'readv': 'READ', 'writev': 'WRITE'}


class Param:
    """One argument: its C type and name, and which member of a union of int64_t i and
    void *p holds it."""

    def __init__(self, text):
        self.ctype, self.name = re.match(r'(.*?)\s*(\w+)$', text).groups()
        self.member = 'p' if self.ctype.endswith('*') else 'i'

    def __str__(self):
        return self.ctype + ('' if self.ctype.endswith('*') else ' ') + self.name


class Fop:
    """One file operation: name, its arguments, those of its callback."""

    def __init__(self, name, args, results):
        self.name = name
        self.number = NUMBERS.get(name, name.upper())  # GF_FOP_*
        self.args = [Param(p.strip()) for p in args.split(',')]
        self.results = [Param(p.strip()) for p in results.split(',')]


def values(params):
    """The parameters as initializers of such a union."""
    return ', '.join('{.%s = %s%s}' % (p.member, '(void *)' if p.ctype.startswith('const') else '',
                                       p.name) for p in params)


def accesses(params):
    """The arguments for the parameters, from the array `a` of such unions."""
    return ', '.join('a[%d].%s' % (i, p.member) for i, p in enumerate(params))


def read(path):
    with open(path, encoding='utf-8') as f:
        text = ''.join(line for line in f if not line.startswith('#'))
    fops = [Fop(*m) for m in re.findall(r'(\w+)\((.*?)\)\s*->\s*\((.*?)\)', text, re.S)]
    if len(fops) != 54:
        raise SystemExit(f'{path}: {len(fops)} operations, GlusterFS has 54')
    return fops


def write(path, text):
    """Makes a generated file whole or not at all: what is half there would be newer than what
    it is made from, and the next make would take it."""
    temporary = f'{path}.{os.getpid()}'
    try:
        with open(temporary, 'w', encoding='utf-8') as out:
            out.write(text)
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise


def shown(params):
    """The names that the native interface shows: count and iobref are parts of the vector
    before them."""
    names = []
    for before, p in zip([None, *params], params):
        if p.ctype != 'struct iobref *' and not (before and before.ctype == 'struct iovec *'):
            names.append(p.name)
    return tuple(names)


if __name__ == '__main__':
    table = read(sys.argv[1])
    print('# Generated while building: see fops.py.')
    print(f'FOPS = {[fop.name for fop in table]}')
    print(f'ARGUMENTS = {({fop.name: shown(fop.args) for fop in table})}')
    print(f'RESULTS = {({fop.name: shown(fop.results) for fop in table})}')
    classic = {fop.name: tuple(tuple(p.name for p in ps) for ps in (fop.args, fop.results))
               for fop in table}
    print(f'CLASSIC = {classic}')
