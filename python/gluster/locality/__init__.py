# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Where the files of a GlusterFS volume are: on which nodes, on which bricks.

    from gluster.locality import files, locate, iterate, by_node

    files('/mnt/v1/logs', '2026-07', {})   # [['dfs://node1/logs/2026-07-01', ...], ...]
    locate('/mnt/v1/logs/2026-07-01')      # Location(..., type='replicated', replicas=(...))
    for place in iterate('/mnt/v1'):       # trees of any size, in bounded memory
        ...
    by_node(iterate('/mnt/v1/logs'))       # {'node1': [Location, ...], 'node2': ...}

files() is what the old disco.dfs.gluster had, which is there under that name, too. The work
is done by the program volext-locate, which needs no mount; where that is not installed or
cannot reach the volume, the mount is walked and asked for each file's glusterfs.pathinfo.
docs/locality.md tells more.
"""
import errno
import os
import re
import stat
from dataclasses import dataclass
from typing import Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Pattern, Tuple, Union

from . import mount, program
from .errors import (AmbiguousBrick, HostnameMapMalformed, HostnameMapNotFound, LocalityError,
                     NotGluster, NotLocated, VolumeUnreachable)
from .graph import Brick, Found
from .hosts import is_local, load_hostname_map

__all__ = ['files', 'locate', 'iterate', 'by_node', 'load_hostname_map', 'find_mountpoint',
           'Location', 'Replica', 'LocalityError', 'NotGluster', 'NotLocated',
           'VolumeUnreachable', 'AmbiguousBrick', 'HostnameMapNotFound', 'HostnameMapMalformed']

Path = Union[str, bytes, 'os.PathLike[str]', 'os.PathLike[bytes]']
Filter = Union[None, str, Pattern]
HostnameMap = Optional[Mapping[str, str]]

find_mountpoint = mount.find_mountpoint


@dataclass(frozen=True)
class Replica:
    """One brick that has a file, or a fragment of it."""
    host: str  #: the node, as hostname_map has it; without a map the server
    server: str  #: as `gluster volume info` has it
    brick: str  #: SERVER:PATH, as `gluster volume info` has it
    client: str  #: the brick's translator in a client's graph: v1-client-0
    path: str  #: where the file is on the server
    arbiter: bool  #: it has the name and attributes, and no data


@dataclass(frozen=True)
class Location:
    """Where one file is."""
    path: str  #: as it was asked for: below a mount, or in the volume
    name: str  #: the path from the mount's root (with volume=: the volume's), with a slash first
    volume: str
    type: str  #: 'replicated', 'dispersed' (each brick has a fragment), 'distributed' (one brick)
    subvolume: str  #: the set of bricks it is in: v1-replicate-0
    replicas: Tuple[Replica, ...]
    shard_block_size: int = 0  #: bytes; then only the first so many are in these replicas

    @property
    def sharded(self) -> bool:
        """Are there pieces of the file elsewhere?"""
        return self.shard_block_size > 0

    @property
    def hosts(self) -> List[str]:
        """The nodes that have data of it, each once."""
        return list(dict.fromkeys(r.host for r in self.replicas if not r.arbiter))

    @property
    def urls(self) -> List[str]:
        """dfs://HOST/PATH for each of hosts."""
        return ['dfs://%s%s' % (host, self.name) for host in self.hosts]


def _wanted(filter: Filter) -> Callable[[str], bool]:
    if not filter:
        return lambda path: True
    if isinstance(filter, str):
        return lambda path: filter in path
    if isinstance(filter, re.Pattern):
        if isinstance(filter.pattern, bytes):
            return lambda path: bool(filter.match(os.fsencode(path)))
        return lambda path: bool(filter.match(path))
    raise TypeError('filter is a string or a compiled regular expression, not %r' % (filter,))


class _Naming:
    """Makes Locations: knows the map, the order, and what paths are to look like."""

    def __init__(self, hostname_map: Mapping[str, str], order: Optional[str]) -> None:
        if order not in (None, 'local-first'):
            raise ValueError("order is None or 'local-first', not %r" % (order,))
        self.map, self.order = hostname_map, order
        self.replicas: Dict[Tuple[Brick, ...], List[Tuple[Brick, str]]] = {}

    def host(self, brick: Brick) -> str:
        for key in (brick.name, brick.client, brick.server):
            if key in self.map:
                return self.map[key]
        return brick.server

    def ordered(self, bricks: Tuple[Brick, ...]) -> List[Tuple[Brick, str]]:
        known = self.replicas.get(bricks)
        if known is None:
            known = [(brick, self.host(brick)) for brick in bricks]
            if self.order:
                known.sort(key=lambda item: not is_local(item[0].server))
            self.replicas[bricks] = known
        return known

    def location(self, found: Found, path: str, name: str) -> Location:
        where = os.fsdecode(found.path)
        return Location(
            path, name, found.volume, found.set.type, found.set.name,
            tuple(Replica(host, b.server, b.name, b.client, b.path + where, b.arbiter)
                  for b, host in self.ordered(found.bricks)), found.shard_block_size)


def _found(real: str, volume: Optional[str], server: Optional[str], method: str,
           onerror: Callable[[LocalityError], None]) -> Iterator[Union[bytes, Found]]:
    """What `real` is in the volume, then what is there."""
    if method not in ('auto', 'program', 'mount'):
        raise ValueError("method is 'auto', 'program' or 'mount', not %r" % (method,))
    if volume is not None:
        if method == 'mount':
            raise ValueError("method 'mount' needs a path on a mount, not a volume's name")
        spec = '%s:%s' % (server, volume) if server else volume
        return program.found(spec, real, onerror)
    if method == 'mount' or (method == 'auto' and not program.is_installed()):
        return mount.found(real, onerror)
    results = program.found(real, None, onerror)
    if method == 'program':
        return results
    try:
        first = next(results)
    except VolumeUnreachable:
        return mount.found(real, onerror)
    return _chain(first, results)


def _clean(path: str) -> str:
    """`path` with one slash first and none last, without . and .. (as text: no link is read).
    normpath() alone leaves two slashes where a path begins with two."""
    return '/' + os.path.normpath('/' + path).lstrip('/')


def _chain(first: Union[bytes, Found], rest: Iterator[Union[bytes, Found]]
           ) -> Iterator[Union[bytes, Found]]:
    yield first
    yield from rest


def _missing(shown: str, real: str) -> Optional[NotLocated]:
    """Why there is nothing at `shown`, of which realpath() has made `real`."""
    try:
        if not stat.S_ISLNK(os.lstat(real).st_mode):
            return None
        code = errno.ELOOP  # it could not be followed
    except OSError as error:
        code = error.errno or 0
    return NotLocated(shown, code, os.strerror(code))


def _raise(error: LocalityError) -> None:
    raise error


def iterate(path: Path, filter: Filter = None, hostname_map: HostnameMap = {}, *,
            order: Optional[str] = None, method: str = 'auto', volume: Optional[str] = None,
            server: Optional[str] = None,
            onerror: Optional[Callable[[LocalityError], None]] = None) -> Iterator[Location]:
    """The Location of each regular file below `path`, one at a time and in no order.

    path is on a mount of the volume; with `volume` it is in that volume, of this machine's
    glusterd or `server`'s, and no mount is needed. Symbolic links are not followed. filter:
    see files(). hostname_map: as in files(), but by default names are left as they are.
    order='local-first' puts the replicas of this machine first; otherwise they are in the
    volume's order. method: 'program', 'mount' (walk the mount), or 'auto'. onerror is
    called with what cannot be told, and the walk goes on; without it that is raised."""
    wanted, tell = _wanted(filter), onerror or _raise
    path = os.fsdecode(path)
    if volume is not None:
        shown = real = _clean(path)
        root, missing = '/', None
    else:
        shown, real = _clean(os.path.abspath(path)), os.path.realpath(path)
        root, missing = mount.find_mountpoint(real), _missing(shown, real)
    if missing:
        tell(missing)
        return
    naming = _Naming(load_hostname_map(None if volume is not None else root)
                     if hostname_map is None else hostname_map, order)
    shown, prefix = shown.rstrip('/'), real[len(root.rstrip('/')):].rstrip('/')
    base = b''

    def tell_shown(error: LocalityError) -> None:
        if isinstance(error, NotLocated) and error.path.startswith('/'):
            below = os.fsdecode(os.fsencode(error.path)[len(base):]).rstrip('/')
            error.path = shown + below or '/'
        tell(error)

    for found in _found(real, volume, server, method, tell_shown):
        if isinstance(found, bytes):
            base = found.rstrip(b'/')
            continue
        below = os.fsdecode(found.path[len(base):])
        if wanted(shown + below):
            yield naming.location(found, shown + below, prefix + below)


def files(path: Path, filter: Filter = None, hostname_map: HostnameMap = None, *,
          order: Optional[str] = None, method: str = 'auto') -> List[List[str]]:
    """For each regular file below `path`, which is on a mount of a volume, the list of the
    addresses dfs://HOST/PATH of all its replicas; sorted by PATH, which is that from the
    mount's root.

    filter: only files whose absolute path contains this string, or is matched by this
    compiled regular expression, from its beginning (its match(), not search()).
    hostname_map: {VOLUME-OR-HOST: NODE}, where a host is a server as `gluster volume info`
    has it, and a volume a brick (SERVER:PATH) or its name in a client's graph (v1-client-0);
    {} leaves names as they are; None: read from the file that DISCO_HOSTNAME_MAP names,
    else from .hostname_map in the mount's root, one pair of words per line. Raises a LocalityError: NotGluster, HostnameMapNotFound,
    HostnameMapMalformed, NotLocated (nothing is there, or it cannot be told where), ..."""
    found = [(place.name, place.urls)
             for place in iterate(path, filter, hostname_map, order=order, method=method)]
    found.sort()
    return [urls for _, urls in found]


def locate(path: Path, hostname_map: HostnameMap = {}, *, order: Optional[str] = None,
           method: str = 'auto', volume: Optional[str] = None,
           server: Optional[str] = None) -> Location:
    """Where one file is. The arguments are iterate()'s. NotLocated if it is not a file."""
    path = os.fsdecode(path)
    if volume is None and os.path.exists(path) and not os.path.isfile(path):
        raise NotLocated(path, 22, 'not a regular file; iterate() takes folders')
    for place in iterate(path, None, hostname_map, order=order, method=method, volume=volume,
                         server=server):
        if volume is None or place.name == _clean(path):
            return place
        raise NotLocated(path, 21, 'a folder; iterate() takes those')
    raise NotLocated(path, 2, 'it went while it was looked at, or is an empty folder')


def by_node(places: Iterable[Location], *, every: bool = False) -> Dict[str, List[Location]]:
    """Files by node, for a scheduler: each file with one of the nodes that have its data,
    such that nodes get about as many files each; with `every` with all of them."""
    nodes: Dict[str, List[Location]] = {}
    for place in places:
        hosts = place.hosts
        if not hosts:
            continue
        if not every:
            hosts = [min(hosts, key=lambda host: len(nodes.get(host, ())))]
        for host in hosts:
            nodes.setdefault(host, []).append(place)
    return nodes
