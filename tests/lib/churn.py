# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# Changes a tree at random: churn.py FOLDER SEED COUNT. Files and folders are made, written,
# linked, moved and removed, folders with what is in them, too.
import os
import random
import shutil
import sys

root, count = sys.argv[1], int(sys.argv[3])
rng = random.Random(int(sys.argv[2]))


known = []  # folders and files, as they were a while ago: looking costs more than changing


def look():
    known[:] = [[root], []]
    for at, dirs, files in os.walk(root):
        known[0] += [os.path.join(at, d) for d in dirs]
        known[1] += [os.path.join(at, f) for f in files]


def folders():
    return known[0]


def entry(files_only=False):
    return rng.choice(known[1] if files_only else known[0][1:] + known[1])


def name():
    return os.path.join(rng.choice(folders()), 'n%d' % rng.randrange(12))


def step():
    what = rng.randrange(12)
    if what < 3:
        with open(name(), 'w', encoding='ascii') as out:
            out.write(str(rng.random()) * rng.randrange(1, 40))
    elif what < 5:
        os.mkdir(name())
    elif what < 8:
        os.rename(entry(), name())
    elif what < 9:
        os.link(entry(True), name())
    elif what < 10:
        os.chmod(entry(True), rng.choice((0o600, 0o644, 0o640)))
    elif what < 11:
        with open(entry(True), 'a', encoding='ascii') as out:
            out.write('more')
    else:
        gone = entry()
        if os.path.isdir(gone) and rng.randrange(3) == 0:
            shutil.rmtree(gone)
        else:
            os.unlink(gone)


for n in range(count):
    if n % 30 == 0:
        look()
    try:
        step()
    except (OSError, IndexError):
        pass  # there is nothing of that kind, or it does not go there
