#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""locality_same.py MOUNT...: the program and a walk of the mount say the same."""
import os
import sys

from gluster.locality import iterate, locate

for mount in sys.argv[1:]:
    errors = {'program': [], 'mount': []}
    by_program, by_mount = (
        sorted(iterate(mount, method=method, onerror=errors[method].append),
               key=lambda place: os.fsencode(place.name)) for method in ('program', 'mount'))
    for one, other in zip(by_program, by_mount):
        if one != other:
            sys.exit('%s:\n%s\n%s' % (mount, one, other))
    if len(by_program) != len(by_mount):
        sys.exit('%s: %d files, %d files' % (mount, len(by_program), len(by_mount)))
    told = [[(e.path, e.errno) for e in errors[method]] for method in ('program', 'mount')]
    if told[0] != told[1]:
        sys.exit('%s: errors %s, %s' % (mount, told[0], told[1]))
    for place in by_program[::17]:
        if locate(place.path) != place:
            sys.exit('%s: alone: %s' % (place, locate(place.path)))
    print(mount, len(by_program), 'files')
