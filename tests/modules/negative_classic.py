# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""For tests: the module negative as the classic interface has it. Remembers for a second that
a name does not exist, and answers lookups of it.

Made for searches along long paths of folders (PATH, include folders, class paths),
which look up many names that are not there. What this client creates is seen at
once; what another client creates, when the entry's second is over.

Options: lifetime (seconds, at most 1), entries (how many names at most).
"""
import threading
import time
from errno import ENOENT

from gluster.glupy import POINTER, Translator, dl, xlator_t

CHILD = POINTER(xlator_t)()
NO_GFID = bytes(16)


class Lookup:
    """One that is on its way to the child."""
    __slots__ = ('key', 'spoiled')

    def __init__(self, key):
        self.key = key
        self.spoiled = False  # the name was being created meanwhile


class xlator(Translator):

    def __init__(self, c_this):
        self.lifetime = min(float(self.options.get('lifetime', 1.0)), 1.0)
        self.limit = max(int(self.options.get('entries', 65536)), 1)
        self.lock = threading.Lock()
        self.absent = {}     # key -> when it expires; oldest first
        self.lookups = {}    # request -> Lookup
        self.on_the_way = {} # key -> set of Lookups
        self.creating = {}   # request -> key
        Translator.__init__(self, c_this)

    @staticmethod
    def key(loc):
        """(parent's gfid, name), or None where the loc does not say."""
        loc = loc.contents
        parent = bytes(loc.pargfid)
        name = loc.name
        if parent == NO_GFID or not name:
            return None
        return parent, name

    # -- lookup -----------------------------------------------------------

    def lookup_fop(self, frame, this, loc, xdata):
        key = self.key(loc)
        if key is not None:
            expires = self.absent.get(key)
            if expires is not None and time.monotonic() < expires:
                dl.unwind_lookup(frame, 0, this, -1, ENOENT, None, None, None, None)
                return
            lookup = Lookup(key)
            with self.lock:
                self.drop_lost()
                # the entry's time runs from here: the child looks later than now
                self.lookups[dl.get_id(frame)] = lookup, time.monotonic()
                self.on_the_way.setdefault(key, set()).add(lookup)
        dl.wind_lookup(frame, CHILD, loc, xdata)

    def lookup_cbk(self, frame, cookie, this, op_ret, op_errno, inode, buf, xdata,
                   postparent):
        with self.lock:
            lookup, sent = self.lookups.pop(dl.get_id(frame), (None, 0))
            if lookup is not None:
                self.arrived(lookup)
                self.absent.pop(lookup.key, None)
                if op_ret < 0 and op_errno == ENOENT and not lookup.spoiled:
                    self.remember(lookup.key, sent + self.lifetime)
        dl.unwind_lookup(frame, cookie, this, op_ret, op_errno, inode, buf, xdata,
                         postparent)

    def arrived(self, lookup):
        same = self.on_the_way[lookup.key]
        same.discard(lookup)
        if not same:
            del self.on_the_way[lookup.key]

    def drop_lost(self):
        """What glupy ended without us (a timeout) never arrives."""
        while len(self.lookups) >= self.limit:
            lookup, _ = self.lookups.pop(next(iter(self.lookups)))
            self.arrived(lookup)

    def remember(self, key, expires):
        if len(self.absent) >= self.limit:
            del self.absent[next(iter(self.absent))]
        self.absent[key] = expires

    # -- what makes names -------------------------------------------------

    def forget(self, key):
        self.absent.pop(key, None)
        for lookup in self.on_the_way.get(key, ()):
            lookup.spoiled = True

    def before(self, frame, loc):
        """A lookup may be answered before or after the child makes the name; so
        the name is forgotten now, and again when it is made."""
        key = self.key(loc)
        if key is not None:
            with self.lock:
                while len(self.creating) >= self.limit:
                    del self.creating[next(iter(self.creating))]
                self.creating[dl.get_id(frame)] = key
                self.forget(key)

    def after(self, frame):
        with self.lock:
            key = self.creating.pop(dl.get_id(frame), None)
            if key is not None:
                self.forget(key)


def makes_name(fop, which):
    """Adds the two methods of an operation whose argument number `which` is the
    loc of the name that it makes."""
    wind, unwind = getattr(dl, 'wind_' + fop), getattr(dl, 'unwind_' + fop)

    def down(self, frame, this, *args):
        self.before(frame, args[which])
        wind(frame, CHILD, *args)

    def up(self, frame, *args):
        self.after(frame)
        unwind(frame, *args)

    setattr(xlator, fop + '_fop', down)
    setattr(xlator, fop + '_cbk', up)


for _fop, _which in (('create', 0), ('mknod', 0), ('mkdir', 0), ('symlink', 1),
                     ('link', 1), ('rename', 1), ('put', 0), ('icreate', 0),
                     ('namelink', 0)):
    makes_name(_fop, _which)
