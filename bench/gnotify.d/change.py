# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""change.py TREE ROUND: writes to 1,000 files of a tree that bench/tree made, 200 in each of five folders spread over it."""
import os
import sys

tree = sys.argv[1]
folders = [name for name in os.listdir(tree) if name.isdigit()]
count = len(folders)
for folder in sorted({i * count // 5 for i in range(5)}):
    for name in range(200):
        with open('%s/%d/%d' % (tree, folder, name), 'w') as file:
            file.write(sys.argv[2])
