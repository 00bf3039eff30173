# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Limits how many operations, and how many bytes, each user may have per second.

An operation that comes too early waits until its turn; nothing is refused. Waiting takes
no thread. Each user has a bucket: what was not used may be used at once later, up to
`burst` seconds' worth.

Options:
    ops     operations per second: whatever names, opens, lists, changes, reads or writes
            (not: lookup, stat, flush, locks). Default: no limit
    bytes   bytes per second read and written, as 500K, 20M, 1G. Default: no limit
    per     uid (default), gid, or client: whom a limit is for. client: a machine's mount;
            only a brick can tell them apart (features.glupy-side brick), a client's own
            translator sees one
    burst   seconds' worth that may be used at once (default 1)
    exempt  numbers, comma-separated, of users (or groups) without limit, as 0,1000

A limit holds in one process: with features.glupy-side client for each mount by itself, with
brick for each brick. An operation waits at most 50 s. A cache above, or the kernel's, saves
users from the limit, as it saves bricks from the work.
"""
import re
import threading
import time

from gluster.glupy.native import Translator, sleep

LONGEST = 50.0  # seconds; glupy lets one request sleep no longer than 60
UNITS = {'': 1, 'K': 1 << 10, 'M': 1 << 20, 'G': 1 << 30, 'T': 1 << 40}
BUCKETS = 65536

COUNTED = ('create', 'mknod', 'mkdir', 'symlink', 'link', 'rename', 'unlink', 'rmdir',
           'open', 'opendir', 'readdir', 'readdirp', 'readlink', 'truncate', 'ftruncate',
           'setattr', 'fsetattr', 'setxattr', 'fsetxattr', 'removexattr', 'fremovexattr',
           'getxattr', 'fgetxattr', 'fallocate', 'discard', 'zerofill', 'fsync', 'fsyncdir',
           'put')


def amount(key, text):
    found = re.fullmatch(r'(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?', text.strip(), re.I)
    number = float(found[1]) * UNITS[found[2].upper()] if found else 0
    if number <= 0:
        raise ValueError(f'option {key} is "{text}"; a positive number is wanted, as 100 or 20M')
    return number


class Bucket:
    """Virtual scheduling: `due` is when all that was let in so far is paid for."""
    __slots__ = ('due',)

    def __init__(self):
        self.due = 0.0

    def take(self, cost, burst, now):
        """Seconds to wait for something that takes `cost` seconds of the rate."""
        begins = max(self.due, now - burst)
        self.due = begins + cost
        return max(0.0, min(self.due - now, LONGEST))


class xlator(Translator):

    def __init__(self):
        unknown = set(self.options) - {'ops', 'bytes', 'per', 'burst', 'exempt'}
        if unknown:
            raise ValueError(f'unknown option {", ".join(sorted(unknown))}; see gluster glupy show limiter')
        options = self.options
        self.ops = amount('ops', options['ops']) if 'ops' in options else None
        self.bytes = amount('bytes', options['bytes']) if 'bytes' in options else None
        self.burst = amount('burst', options.get('burst', '1'))
        self.per = options.get('per', 'uid')
        if self.per not in ('uid', 'gid', 'client'):
            raise ValueError(f'option per is "{self.per}"; uid, gid or client is wanted')
        try:
            self.exempt = {int(n) for n in options.get('exempt', '').split(',') if n.strip()}
        except ValueError:
            raise ValueError(f'option exempt is "{options["exempt"]}"; numbers with commas '
                             f'between them are wanted') from None
        self.lock = threading.Lock()
        self.buckets = {}  # (who, what) -> Bucket

    def delay(self, request, nbytes=0):
        """How long this request has to wait."""
        who = getattr(request, self.per)
        if who in self.exempt:
            return 0.0
        now = time.monotonic()
        with self.lock:
            delay = 0.0
            if self.ops:
                delay = self.bucket(who, 'ops', now).take(1 / self.ops, self.burst, now)
            if self.bytes and nbytes:
                bucket = self.bucket(who, 'bytes', now)
                delay = max(delay, bucket.take(nbytes / self.bytes, self.burst, now))
        return delay

    def bucket(self, who, what, now):
        bucket = self.buckets.get((who, what))
        if bucket is None:
            if len(self.buckets) >= BUCKETS:
                self.buckets = {k: b for k, b in self.buckets.items() if b.due > now - self.burst}
            bucket = self.buckets[who, what] = Bucket()
        return bucket

    async def writev(self, vector, request):
        delay = self.delay(request, vector.nbytes)
        if delay > 0:
            await sleep(delay)
        return await self.child.writev()

    async def readv(self, size, request):
        """Charged for what is asked for: what comes is known too late."""
        delay = self.delay(request, size)
        if delay > 0:
            await sleep(delay)
        return await self.child.readv()


def counted(fop):
    async def handler(self, request):
        delay = self.delay(request) if self.ops else 0.0
        if delay > 0:
            await sleep(delay)
        return await getattr(self.child, fop)()
    setattr(xlator, fop, handler)


for _fop in COUNTED:
    counted(_fop)
