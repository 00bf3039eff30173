# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""inotify for a whole GlusterFS volume, from any client. No mount is needed.

    from gluster.gnotify import Gnotify, ALL_CHANGES, RECURSIVE

    with Gnotify('v1') as g:
        g.add_watch('/', ALL_CHANGES | RECURSIVE)
        for event in g:
            print(event.names, event.path, event.pid, event.client)

With cursor='NAME' it goes on behind what was acknowledged last, by g.ack(event), under that name.
gluster.gnotify.observer has an Observer as watchdog's. docs/gnotify-python.md tells more.
"""
from ._native import Event, Gnotify, parse_events
from .errors import GnotifyError, NotConnected, NotEnabled, NotPermitted, VolumeNotFound

ACCESS = 0x1  #: incomplete: reads that are cached do not reach a brick
MODIFY = 0x2
ATTRIB = 0x4
CLOSE_WRITE = 0x8
CLOSE_NOWRITE = 0x10
OPEN = 0x20
MOVED_FROM = 0x40
MOVED_TO = 0x80
CREATE = 0x100
DELETE = 0x200
DELETE_SELF = 0x400
MOVE_SELF = 0x800
CLOSE = CLOSE_WRITE | CLOSE_NOWRITE
MOVE = MOVED_FROM | MOVED_TO
ALL_EVENTS = 0xfff
#: what changes something: names, data, attributes, and the end of writing
ALL_CHANGES = ALL_EVENTS & ~(ACCESS | OPEN | CLOSE_NOWRITE)

# only in events
GAP = 0x4000
IGNORED = 0x8000
SYNTHETIC = 0x20000
CAUGHT_UP = 0x40000
CRAWLED = 0x80000
ISDIR = 0x40000000

# only for add_watch
RECURSIVE = 0x100000
CRAWL = 0x200000
CRAWL_FIRST = 0x400000
ONLYDIR = 0x1000000
DONT_FOLLOW = 0x2000000
ONESHOT = 0x80000000

__all__ = ['Gnotify', 'Event', 'parse_events', 'GnotifyError', 'VolumeNotFound', 'NotPermitted',
           'NotConnected', 'NotEnabled'] + [name for name in dir() if name.isupper()]
