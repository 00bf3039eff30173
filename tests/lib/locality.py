#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Compares what volext-locate says (its records on standard input) with what is on the
bricks of a pool, from outside:

    locality.py POOL_DIR [--moving] [SERVER:PATH...]      these bricks are down

Says how many files there are; exit 1 if anything differs. --moving: what is said may be
true now or have been true when the file FIRST (see --save) was written; some may be missing.

    locality.py POOL_DIR --save FIRST     writes down what is on the bricks
"""
import json
import os
import stat
import sys

HIDDEN = (b'.glusterfs', b'.shard', b'.landfill', b'.trashcan')


def is_linkto(path):
    """As GlusterFS has it: a file that moves has the attribute, too, with another mode."""
    try:
        return stat.S_IMODE(os.lstat(path).st_mode) == stat.S_ISVTX and bool(os.getxattr(path, 'trusted.glusterfs.dht.linkto', follow_symlinks=False))
    except OSError:
        return False


def data_files(root):
    """The regular files of a brick that are no linkto files, as paths in the volume."""
    root = os.fsencode(root)
    for folder, folders, names in os.walk(root):
        if folder == root:
            folders[:] = [name for name in folders if not name.startswith(HIDDEN)]
        for name in names:
            path = os.path.join(folder, name)
            try:
                if stat.S_ISREG(os.lstat(path).st_mode) and not is_linkto(path):
                    yield path[len(root):]
            except FileNotFoundError:
                pass


def outside(pool, brick):
    """Where a brick, SERVER:/srv/NAME, is seen from outside."""
    server, path = brick.split(':', 1)
    return os.path.join(pool, server.rsplit('.', 1)[1], 'bricks', os.path.relpath(path, '/srv'))


def has_data(pool, brick, path):
    there = os.fsencode(outside(pool, brick)) + path
    return os.path.isfile(there) and not is_linkto(there)


def read(stream):
    """The bricks, and {path: bricks}; files that are told twice count once."""
    bricks, files, ended = [], {}, False
    for record in stream.read().split(b'\0\0'):
        field = record.split(b'\0')
        if field[0] == b'brick':
            bricks.append(os.fsdecode(field[4] + b':' + field[5]))
        elif field[0] == b'file':
            files[field[1]] = {bricks[int(i)] for i in field[3].split(b',')}
        ended |= field[0] == b'end'
    return bricks, files, ended


def truth(pool, bricks):
    found = {}
    for brick in bricks:
        for path in data_files(outside(pool, brick)):
            found.setdefault(path, set()).add(brick)
    return found


def main():
    pool, arguments = sys.argv[1], sys.argv[2:]
    before = None
    if arguments[:1] == ['--moving']:
        with open(arguments[1], encoding='utf-8') as saved:
            before = {os.fsencode(path): set(have) for path, have in json.load(saved).items()}
        arguments = arguments[2:]
    if arguments[:1] == ['--save']:
        found = truth(pool, arguments[2:])
        with open(arguments[1], 'w', encoding='utf-8') as saved:
            json.dump({os.fsdecode(path): sorted(have) for path, have in found.items()}, saved)
        return 0
    bricks, told, ended = read(sys.stdin.buffer)
    real = truth(pool, [brick for brick in bricks if brick not in arguments])
    wrong = 0 if ended else 1
    for path in sorted(set(real) | set(told)):
        right = told.get(path) == real.get(path)
        if before is not None:
            # it may have moved while the bricks were walked, too: look again
            right = (path not in told or told[path] in (real.get(path), before.get(path)) or
                     all(has_data(pool, brick, path) for brick in told[path]))
        if not right:
            wrong += 1
            print('%r: told %s, there %s' % (path, sorted(told.get(path, ())),
                                            sorted(real.get(path, ()))))
    print('%d files, %d wrong%s' % (len(told), wrong, '' if ended else ', not ended'))
    return wrong > 0


sys.exit(main())
