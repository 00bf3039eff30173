# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""For tests: a lookup of `blocks` goes on for some seconds after its operation was ended,
and then uses all that it has. What comes of it is written to option file. When the
xlator goes, that is written, too."""
import threading
import time

from gluster.glupy.native import Dict, IoVec, Loc, Translator, log_info

kept = []


class xlator(Translator):

    def __init__(self):
        self.ballast = bytearray(1 << 20)

    def __del__(self):
        self.say('dropped', self.name)

    def say(self, *words):
        with open(self.options['file'], 'a') as out:
            print(*words, file=out)

    def tries(self, **attempts):
        for what, attempt in attempts.items():
            try:
                attempt()
                self.say(what, 'works')
            except BaseException as error:
                self.say(what, type(error).__name__)

    async def lookup(self, loc, request):
        reply = await self.child.lookup()
        if loc.name == 'blocks':
            own = Loc(path=loc.path, name=loc.name, parent=loc.parent, inode=reply.inode)
            inode = loc.parent
            inode.ctx = [1, 2, 3]
            kept.append((loc, reply, own, inode))
            self.block(5)
            self.tries(path=lambda: loc.path, inode=lambda: loc.inode, size=lambda: reply.buf.st_size,
                       own=lambda: own.path, gfid=lambda: inode.gfid, ctx=lambda: inode.ctx,
                       uid=lambda: request.uid, log=lambda: log_info('still here'),
                       dict=lambda: Dict({'a': b'b'})['a'], call=lambda: self.child.lookup(own))
            del own, inode, loc, reply
            kept.clear()
            self.say('end')
            raise RuntimeError('long after')
        return reply

    def block(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                threading.Event().wait(end - time.monotonic())
            except BaseException:
                pass
