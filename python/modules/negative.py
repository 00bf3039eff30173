# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Remembers for a second that a name does not exist, and answers lookups of it.

Made for searches along long paths of folders (PATH, include folders, class paths),
which look up many names that are not there. What this client creates is seen at
once; what another client creates, when the entry's second is over.

Options: lifetime (seconds, at most 1), entries (how many names at most).
"""
import threading
import time
from errno import ENOENT

from gluster.glupy.native import Translator, reply

NO_GFID = bytes(16)


class Lookup:
    """One that is on its way to the child."""
    __slots__ = ('spoiled',)

    def __init__(self):
        self.spoiled = False  # the name was being created meanwhile


class xlator(Translator):

    def __init__(self):
        self.lifetime = min(float(self.options.get('lifetime', 1.0)), 1.0)
        self.limit = max(int(self.options.get('entries', 65536)), 1)
        self.lock = threading.Lock()
        self.absent = {}     # key -> when it expires; oldest first
        self.on_the_way = {} # key -> set of Lookups

    @staticmethod
    def key(loc):
        """(parent's gfid, name), or None where the loc does not say."""
        parent, name = loc.pargfid, loc.name
        if parent == NO_GFID or not name:
            return None
        return parent, name

    async def lookup(self, loc):
        key = self.key(loc)
        if key is None:
            return await self.child.lookup()
        sent = time.monotonic()
        expires = self.absent.get(key)
        if expires is not None and sent < expires:
            return reply.lookup(op_ret=-1, op_errno=ENOENT)
        lookup = Lookup()
        with self.lock:
            self.on_the_way.setdefault(key, set()).add(lookup)
        missing = False
        try:
            return await self.child.lookup()
        except FileNotFoundError:
            missing = True
            raise
        finally:
            # the entry's time runs since before the child looked
            self.arrived(key, lookup, sent + self.lifetime if missing else None)

    def arrived(self, key, lookup, expires):
        with self.lock:
            same = self.on_the_way[key]
            same.discard(lookup)
            if not same:
                del self.on_the_way[key]
            self.absent.pop(key, None)
            if expires is not None and not lookup.spoiled:
                if len(self.absent) >= self.limit:
                    del self.absent[next(iter(self.absent))]
                self.absent[key] = expires

    def made(self, loc):
        """The name is being made, or was."""
        key = self.key(loc)
        if key is not None:
            with self.lock:
                self.absent.pop(key, None)
                for lookup in self.on_the_way.get(key, ()):
                    lookup.spoiled = True


def makes_name(fop, argument):
    """Adds the handler of an operation that makes the name of its argument `loc` or
    `newloc`. A lookup may be answered before or after the child makes it; so the name is
    forgotten before, and again when it is made."""
    async def loc_is_made(self, loc):
        self.made(loc)
        try:
            return await getattr(self.child, fop)()
        finally:
            self.made(loc)

    async def newloc_is_made(self, newloc):
        self.made(newloc)
        try:
            return await getattr(self.child, fop)()
        finally:
            self.made(newloc)

    setattr(xlator, fop, loc_is_made if argument == 'loc' else newloc_is_made)


for _fop, _argument in (('create', 'loc'), ('mknod', 'loc'), ('mkdir', 'loc'),
                        ('symlink', 'loc'), ('link', 'newloc'), ('rename', 'newloc'),
                        ('put', 'loc'), ('icreate', 'loc'), ('namelink', 'loc')):
    makes_name(_fop, _argument)
