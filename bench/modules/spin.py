# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""A thread that never rests in pure Python. bench/glupy appends it to native.py and
classic.py, which makes busy.py and busyclassic.py."""
import threading


def spin():
    n = 0
    while True:
        n += 1


threading.Thread(target=spin, daemon=True).start()
