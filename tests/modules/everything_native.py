# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""For tests of the native interface: intercepts every operation and changes nothing.
Option seen: a file to which the name of each operation is written when it comes for the
first time. Option rebuilt: every argument is made a Python object and given on, and every
answer is a new one that is made of the results of the child's."""
from gluster.glupy import FOPS, native
from gluster.glupy.native import *

RESULTS = ('op_ret', 'buf', 'path', 'inode', 'preparent', 'postparent', 'preoldparent', 'postoldparent',
           'prenewparent', 'postnewparent', 'prebuf', 'postbuf', 'fd', 'vector', 'stbuf', 'dict',
           'xdata', 'flock', 'entries', 'weak_checksum', 'strong_checksum', 'preop_stbuf',
           'postop_stbuf', 'offset', 'lease', 'locklist', 'prebuf_dst', 'postbuf_dst', 'xattr',
           'spec_data')


class xlator(Translator):

    def __init__(self):
        self.seen = set(FOPS) if 'seen' not in self.options else set()
        self.rebuilt = self.options.get('rebuilt')
        self.results = {}

    def first(self, fop):
        self.seen.add(fop)
        with open(self.options['seen'], 'a') as f:
            f.write(fop + '\n')

    def again(self, fop, answer):
        """An answer like this one."""
        names = self.results.get(fop)
        if names is None:
            names = self.results[fop] = [n for n in RESULTS if hasattr(answer, n)]
        return getattr(reply, fop)(**{n: getattr(answer, n) for n in names})


def method(fop):
    arguments = ', '.join(native._glupy.arguments(fop))
    text = f'''async def {fop}(self, {arguments}):
    if {fop!r} not in self.seen:
        self.first({fop!r})
    if not self.rebuilt:
        return await self.child.{fop}()
    return self.again({fop!r}, await self.child.{fop}({arguments}))
'''
    space = {}
    exec(text, globals(), space)
    setattr(xlator, fop, space[fop])


for _fop in FOPS:
    method(_fop)
