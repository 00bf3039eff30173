#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""locality_fill.py MOUNT: folders and files with names of every kind, and what is no file."""
import os
import sys

NAMES = [b'plain', b'sp ace', b'new\nline', b'par)en', b'gt>', b'a> <POSIX(', b'\xff\xfe\x80',
         b')) (<', b'tab\t"q\'', b'\\040', b'-dash', b'*', 'gr\u00fc\u00df'.encode()]
root = os.fsencode(sys.argv[1])
os.makedirs(root + b'/d/e e')
for number, name in enumerate(NAMES + [b'f%d' % i for i in range(12)]):
    for folder in (b'/', b'/d/', b'/d/e e/'):
        with open(root + folder + name, 'wb') as file:
            file.write(name * number)
# of those whose hash says another brick, a linkto file is left there
for i in range(8):
    os.rename(root + b'/f%d' % i, root + b'/moved-%d' % i)
os.link(root + b'/f10', root + b'/d/hard')
os.symlink('f10', root + b'/link')
os.symlink('d', root + b'/folder')
os.mkfifo(root + b'/fifo')
os.chmod(root + b'/f11', 0o1000)  # the mode of a linkto file
os.makedirs(root + b'/x> <POSIX(/srv/b2):2:/srv/b2')
with open(root + b'/x> <POSIX(/srv/b2):2:/srv/b2/y', 'wb'):
    pass
