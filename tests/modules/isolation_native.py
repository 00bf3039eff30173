# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""For tests: misbehaves as the looked up name says; other names are passed on. Native;
isolation.py is the same in the classic interface. Option file: what was seen, a line
each."""
import asyncio
import os
import re
import subprocess
import sys
import threading
import time

from gluster.glupy.native import Event, Loc, Translator, gather, log_info, run_in_thread, sleep

kept = []
stuck = threading.Lock()
stuck.acquire()


class Raises:
    def __del__(self):
        raise RuntimeError('in a destructor')


class Cycle:
    def __init__(self, *things):
        self.things, self.itself = things, self


class Foreign:
    def __await__(self):
        yield object()


class xlator(Translator):

    async def lookup(self, loc, request):
        name = (loc.name or 'root').replace('-', '_')
        return await getattr(self, 'do_' + name, self.passes)(loc, request)

    async def passes(self, loc, request):
        return await self.child.lookup()

    async def do_returns_nothing(self, loc, request):
        await self.child.lookup()

    async def do_returns_junk(self, loc, request):
        return 17

    async def do_raises_before(self, loc, request):
        raise RuntimeError('before winding')

    async def do_raises_after(self, loc, request):
        await self.child.lookup()
        raise RuntimeError('after winding')

    async def do_raises_oserror(self, loc, request):
        raise OSError(28, 'as a module may')

    async def do_awaits_a_foreign_one(self, loc, request):
        await Foreign()

    async def do_awaits_asyncio(self, loc, request):
        await asyncio.sleep(1)

    async def do_never_unwinds(self, loc, request):
        await Event().wait()

    async def do_winds_and_never_unwinds(self, loc, request):
        await gather(self.child.lookup(), Event().wait())

    async def do_in_a_cycle(self, loc, request):
        event = Event()
        event.cycle = Cycle(event, loc, request, sys._getframe())
        await event.wait()

    async def do_keeps_all(self, loc, request):
        """And looks at it long after."""
        reply = await self.child.lookup()
        kept.append((loc, request, reply))
        kept.append(Cycle(loc, request, reply))
        for old in kept:
            if isinstance(old, tuple):
                repr((old[0].path, old[0].inode, old[1].uid, old[2].buf.st_size))
        return reply

    async def do_forgets_a_call(self, loc, request):
        kept.append(self.child.lookup())
        return await self.passes(loc, request)

    async def do_destructor_raises(self, loc, request):
        Raises()
        return await self.passes(loc, request)

    async def do_loops(self, loc, request):
        while True:
            pass

    async def do_loops_after(self, loc, request):
        await self.child.lookup()
        while True:
            pass

    async def do_sleeps(self, loc, request):
        time.sleep(10)

    async def do_sleeps_too_long(self, loc, request):
        await sleep(100)

    async def do_thread_blocks(self, loc, request):
        await run_in_thread(stuck.acquire)

    async def do_locks(self, loc, request):
        stuck.acquire()

    async def do_matches(self, loc, request):
        try:
            re.match('(a+)+$', 'a' * 25 + 'b')
        finally:
            log_info('the match is over')

    async def do_recurses(self, loc, request):
        await self.do_recurses(loc, request)

    async def do_allocates(self, loc, request):
        parts = []
        while True:
            parts.append(bytes(1 << 20))

    async def do_exits(self, loc, request):
        sys.exit(1)

    async def do_exits_after(self, loc, request):
        await self.child.lookup()
        sys.exit(1)

    async def do_generator_exit(self, loc, request):
        raise GeneratorExit

    async def do_swallows_its_end(self, loc, request):
        """Does not let itself be closed."""
        for _ in range(100):
            try:
                await Event().wait()
            except BaseException:
                continue

    async def do_forks(self, loc, request):
        os.fork()

    async def do_runs_a_program(self, loc, request):
        subprocess.run(['true'], check=True)
        return await self.passes(loc, request)

    async def do_busy_threads(self, loc, request):
        end, over = time.monotonic() + 20, self.options['file'] + '.busy-threads-over'

        def busy():  # until the test has seen what it waits for
            while time.monotonic() < end and not os.path.exists(over):
                pause = time.monotonic() + .05
                while time.monotonic() < pause:
                    pass
        for _ in range(4):
            threading.Thread(target=busy, daemon=True).start()
        return await self.passes(loc, request)

    async def do_one_of_three_fails(self, loc, request):
        other = Loc(path=loc.path + '-none', name=loc.name + '-none', parent=loc.parent,
                    inode=loc.inode)
        await gather(self.child.lookup(), self.child.lookup(other), self.child.lookup())

    async def do_one_of_three_raises(self, loc, request):
        async def bad():
            await self.child.lookup()
            raise RuntimeError('one of three')
        await gather(self.child.lookup(), bad(), self.child.lookup())

    async def readv(self, fd):
        reply = await self.child.readv()
        for view in kept:
            if isinstance(view, memoryview):
                try:
                    said = bytes(view[:1])
                except ValueError:
                    said = 'revoked'
                with open(self.options['file'], 'a') as out:
                    print(said, file=out)
        kept.extend(reply.vector.views)
        return reply
