# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""A volume's bricks and sets, and what glusterfs.pathinfo says in terms of these.

gfapi/graph.c and gfapi/locate/pathinfo.c do the same for the program; here it is for a mount.
"""
import re
from dataclasses import dataclass, field
from typing import Dict, List, Optional, Tuple


@dataclass(frozen=True)
class Brick:
    """One brick of a volume."""
    client: str
    server: str
    path: str
    arbiter: bool = False

    @property
    def name(self) -> str:
        """As `gluster volume info` has it."""
        return '%s:%s' % (self.server, self.path)


@dataclass
class Set:
    """Bricks that hold the same files."""
    name: str
    type: str
    bricks: List[Brick] = field(default_factory=list)


@dataclass(frozen=True)
class Found:
    """One file: its path in the volume, and which bricks of which set have it."""
    path: bytes
    volume: str
    set: Set
    bricks: Tuple[Brick, ...]
    shard_block_size: int


TYPES = {'cluster/replicate': 'replicated', 'cluster/afr': 'replicated',
         'cluster/disperse': 'dispersed'}
DISTRIBUTE = ('cluster/distribute', 'cluster/dht', 'cluster/nufa', 'cluster/switch')


class Node:
    """One translator of a volfile."""

    def __init__(self, name: str) -> None:
        self.name, self.type = name, ''
        self.options: Dict[str, str] = {}
        self.subvolumes: List[str] = []

    def is_set(self) -> bool:
        """Does it hold whole files?"""
        return self.type in TYPES or self.type == 'protocol/client'

    def brick(self, arbiter: bool = False) -> Brick:
        """As a brick; a KeyError if it is none."""
        return Brick(self.name, self.options['remote-host'], self.options['remote-subvolume'],
                     arbiter)


def parse_volfile(text: str) -> Dict[str, Node]:
    """The translators of a volfile, in its order."""
    nodes: Dict[str, Node] = {}
    node: Optional[Node] = None
    for line in text.split('\n'):
        words = line.split(None, 2)
        if len(words) > 1 and words[0] == 'volume':
            node = nodes[words[1]] = Node(words[1])
        elif node and len(words) > 1 and words[0] == 'type':
            node.type = words[1]
        elif node and len(words) > 2 and words[0] == 'option':
            node.options[words[1]] = words[2].strip()
        elif node and words and words[0] == 'subvolumes':
            node.subvolumes = line.split()[1:]
    return nodes


def parse_size(text: str) -> int:
    """4MB, 64KB, 4194304, as GlusterFS writes sizes."""
    match = re.fullmatch(r'\s*([0-9.]+)\s*([KMGTP]?)B?\s*', text, re.IGNORECASE)
    if not match:
        return 0
    return int(float(match[1]) * 1024 ** ' KMGTP'.index(match[2].upper() or ' '))


class Graph:
    """The sets of a client volfile, in the order in which files are distributed. A
    ValueError: it has none."""

    def __init__(self, text: str) -> None:
        nodes = parse_volfile(text)
        self.shard_block_size = 0
        top: Optional[Node] = None
        only: Optional[Node] = None
        for node in nodes.values():
            if node.type == 'features/shard':
                self.shard_block_size = parse_size(node.options.get('shard-block-size', '64MB'))
            if node.type in DISTRIBUTE:
                top = node
            elif node.is_set() and (only is None or node.type in TYPES):
                only = node
        names = top.subvolumes if top else [only.name] if only else []
        try:
            self.sets = [self._set(nodes, nodes[name]) for name in names]
        except KeyError as error:
            raise ValueError('the volfile has no %s' % error) from error
        if not self.sets:
            raise ValueError('the volfile has no bricks')

    @staticmethod
    def _set(nodes: Dict[str, Node], node: Node) -> Set:
        if node.type not in TYPES:
            return Set(node.name, 'distributed', [node.brick()])
        names = node.subvolumes[:-1] if 'thin-arbiter' in node.options else node.subvolumes
        arbiter = node.options.get('arbiter-count', '0') != '0'
        return Set(node.name, TYPES[node.type],
                   [nodes[name].brick(arbiter and name == names[-1]) for name in names])


HANDLE = rb'/\.glusterfs/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f-]{36}'
ENTRY = rb'<POSIX\(%s\):([^:/<>() \n]+):%s(?:%s|%s)>'


@dataclass
class Told:
    """What a pathinfo says: a set (None: one of `lone`), and entries (HOST, BRICK-PATH);
    `clear`: all entries are known; else the bricks that have it must be found otherwise."""
    set: Optional[Set]
    lone: List[Set]
    entries: List[Tuple[str, str]]
    clear: bool


def parse_pathinfo(graph: Graph, path: bytes, text: bytes) -> Told:
    """Reads the pathinfo of the regular file `path`. A ValueError: it is not of the volume."""
    text = text.rstrip(b'\0')
    head = re.match(rb'(\(<DISTRIBUTE:[^> /]*> )?(\(<(?:REPLICATE|EC):([^> /]*)> )?', text)
    assert head
    depth = sum(1 for group in head.groups()[:2] if group)
    rest = text[head.end():len(text) - depth]
    if text[len(text) - depth:] != b')' * depth:
        raise ValueError('it does not end as it begins')
    if not head[2]:
        lone = [s for s in graph.sets if s.type == 'distributed']
        for brick in dict.fromkeys(s.bricks[0].path for s in lone):
            base = re.escape(brick.encode(errors='surrogateescape'))
            match = re.fullmatch(rb'<POSIX\(%s\):([^:/<>() \n]+):%s/.*>' % (base, base), rest,
                                 re.DOTALL)
            if match:
                return Told(None, [s for s in lone if s.bricks[0].path == brick],
                            [(match[1].decode(errors='surrogateescape'), brick)], True)
        raise ValueError('its brick is not of the volume')
    name = head[3].decode(errors='surrogateescape')
    for found in graph.sets:
        if found.name == name:
            return Told(found, [], *_entries(found, path, rest))
    raise ValueError('there is no set %s' % name)


def _entries(found: Set, path: bytes, rest: bytes) -> Tuple[List[Tuple[str, str]], bool]:
    entries = []
    bases = [(b, re.escape(b.encode(errors='surrogateescape')))
             for b in dict.fromkeys(brick.path for brick in found.bricks)]
    while True:
        for brick, base in bases:
            match = re.match(ENTRY % (base, base, re.escape(path), HANDLE), rest)
            if match and (match.end() == len(rest) or rest[match.end():match.end() + 1] == b' '):
                break
        else:
            return [], False
        entries.append((match[1].decode(errors='surrogateescape'), brick))
        if match.end() == len(rest):
            return entries, found.type != 'dispersed'
        rest = rest[match.end() + 1:]
