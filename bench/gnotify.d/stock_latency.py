# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""stock_latency.py INTERVAL FOLDER CHANGELOGS: makes files in FOLDER for two of stock's intervals (seconds, at least 5 s) and
says how long after each create a finished file of the journal has its name."""
import os
import sys
import time

interval, folder, logs = float(sys.argv[1]), sys.argv[2], sys.argv[3]
STEPS = 100


def finished():
    """Of the journal's files those that are not written any more: CHANGELOG.TIME, in seconds, so that one may
    replace another."""
    found = {}
    for root, _, names in os.walk(logs):
        for name in names:
            if name.lower().startswith('changelog.') and name[10:].isdigit():
                path = os.path.join(root, name)
                found[path, os.stat(path).st_ino] = path
    return found


end, wait, seen, made, took = time.monotonic() + max(2 * interval, 5), 0, set(finished()), {}, []
step = (end - time.monotonic()) / STEPS
limit = end + 3 * interval + 30
while (made or time.monotonic() < end) and time.monotonic() < limit:
    now = time.monotonic()
    if wait <= now < end:
        name = 'told-%d-%d' % (interval, time.time_ns())
        os.close(os.open(os.path.join(folder, name), os.O_CREAT | os.O_WRONLY))
        made[name.encode()] = time.monotonic()
        wait = now + step
    files = finished()
    for file in files.keys() - seen:
        seen.add(file)
        path = files[file]
        with open(path, 'rb') as log:
            text = log.read()
        for name in [name for name in made if name in text]:
            took.append(time.monotonic() - made.pop(name))
    time.sleep(0.005)
took.sort()
if not took:
    sys.exit('none of %d names came in the journal' % len(made))
print("stock's journal, interval %g s: median %.2f s, p99 %.2f s (%d%s)" % (
    interval, took[len(took) // 2], took[len(took) * 99 // 100], len(took),
    '; %d more never came in a file of it that is finished' % len(made) if made else ''))
