# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""storm.py FILES FOLDER: creates, writes (1,000 bytes) and unlinks FILES files, of names that make paths of
30 characters; prints how long it took (seconds)."""
import os
import sys
import time

count, root = int(sys.argv[1]), os.path.join(sys.argv[2], 'a-folder-of-20-chars')
os.makedirs(root, exist_ok=True)
start = time.monotonic()
for i in range(count):
    with open('%s/file%04d' % (root, i), 'wb', buffering=0) as out:
        out.write(b'x' * 1000)
for i in range(count):
    os.unlink('%s/file%04d' % (root, i))
print('%.4f' % (time.monotonic() - start))
