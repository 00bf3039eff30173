# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""As replay.c, by the iterator of gluster.gnotify: replay.py VOLUME."""
import os
import resource
import sys
import time

from gluster.gnotify import ALL_EVENTS, CREATE, RECURSIVE, Gnotify

g = Gnotify(sys.argv[1], from_='oldest')
began, cpu, thread = time.monotonic(), time.process_time(), time.thread_time()
g.add_watch('/', ALL_EVENTS | RECURSIVE)
events = created = last = 0
for event in g:
    if event.is_caught_up:
        break
    if event.mask & CREATE:
        created += len(event.path)
    events += 1
    last = event.number
seconds = time.monotonic() - began
print('records %d events %d seconds %.3f cpu %.3f maxrss %d KiB; threads: python3 %.2f' % (
    last, events, seconds, time.process_time() - cpu,
    resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.thread_time() - thread))
sys.stdout.flush()
os._exit(0)  # libgfapi may want seconds to end
