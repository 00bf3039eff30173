# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""GlusterFS's log for somebody who writes a module: of all that a process says, what
the module says and what went wrong, without the columns in front."""
import re

# [time] LEVEL [MSGID: n]? [source:line:function] graph-NAME: text
_LINE = re.compile(r'\[\d{4}-[^]]*\] ([A-Z]) (?:\[MSGID: \d+\] )?(?:\[[^]]*\] )?'
                   r'(?:\([^)]*\) )?\d+-([^:]*): (.*)')
_WORDS = {'M': 'emergency: ', 'A': 'alert: ', 'C': 'critical: ', 'E': 'error: ', 'W': 'warning: '}


class Filter:
    """feed() one line at a time: what to show, or None. names: the nodes whose messages
    are wanted whatever their level; None: everything, as it is."""

    def __init__(self, names):
        self.names = names
        self.showing = False

    def feed(self, line):
        if self.names is None:
            return line
        found = _LINE.match(line)
        if not found:  # goes on, a traceback; but the volfile is shown to nobody
            if line == 'Final graph:':
                self.showing = False
            return line if self.showing and not line.startswith('[20') else None
        level, name, text = found.groups()
        self.showing = name in self.names or level in 'MACE'
        return f'{name or "glusterfs"}: {_WORDS.get(level, "")}{text.rstrip()}' if self.showing else None
