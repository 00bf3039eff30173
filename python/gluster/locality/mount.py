# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Without the program: walks a mount and asks for each file's glusterfs.pathinfo."""
import errno
import os
import stat
from typing import Callable, Iterator, List, Optional, Tuple, Union

from .errors import AmbiguousBrick, LocalityError, NotGluster, NotLocated
from .graph import Brick, Found, Graph, Set, Told, parse_pathinfo
from .hosts import is_same

PATHINFO = 'glusterfs.pathinfo'
NODES = 'trusted.glusterfs.list-node-uuids'
NO_NODE = '00000000-0000-0000-0000-000000000000'


def _unescaped(text: str) -> str:
    for code, char in (('\\040', ' '), ('\\011', '\t'), ('\\012', '\n'), ('\\134', '\\')):
        text = text.replace(code, char)
    return text


def _mount_of(path: str) -> Tuple[str, str, str]:
    """Mount point, source, and the folder of what is mounted that is its root."""
    found = None
    with open('/proc/self/mountinfo', encoding='utf-8', errors='surrogateescape') as lines:
        for line in lines:
            words = line.split(' ')
            point, rest = _unescaped(words[4]), words[words.index('-', 6) + 1:]
            below = point if point.endswith('/') else point + '/'
            if path != point and not path.startswith(below):
                continue
            if found is None or len(point) >= len(found[0]):
                found = (point, _unescaped(rest[1]), _unescaped(words[3]), rest[0])
    if found is None or found[3] != 'fuse.glusterfs':
        raise NotGluster(path)
    return found[:3]


def find_mountpoint(path: str) -> str:
    """The mount point of the volume that `path` is on. NotGluster."""
    return _mount_of(os.path.realpath(path))[0]


def _read_meta(point: str, name: str) -> str:
    file = os.path.join(point, '.meta/graphs/active', name)
    try:
        with open(file, encoding='utf-8', errors='surrogateescape') as text:
            return text.read()
    except OSError as error:
        raise NotLocated(point, error.errno or 0, 'its graph cannot be read from %s: %s; '
                         'name a path on a whole mount of the volume' % (file, error.strerror)
                         ) from error


class Mount:
    """A mount of a volume: where it is, what it is of, and the volume's bricks."""

    def __init__(self, path: str) -> None:
        self.point, source, root = _mount_of(path)
        target = source.partition(':/')[2] or source.rpartition(':')[2]
        self.volume, _, subdir = target.partition('/')
        self.base = ('/' + subdir.strip('/') if subdir else '') + (root if root != '/' else '')
        self.graph = Graph(_read_meta(self.point, 'volfile'))

    def in_volume(self, path: str) -> bytes:
        """The path in the volume of one below the mount point."""
        return os.fsencode((self.base + path[len(self.point.rstrip('/')):]) or '/')

    def is_connected(self, brick: Brick) -> bool:
        """Does this mount reach the brick now?"""
        return 'connected = 1' in _read_meta(self.point, brick.client + '/private')

    def bricks_by_node(self, path: str, found: Set) -> Optional[Tuple[Brick, ...]]:
        """The bricks that have it, as replication and dispersion tell it to root."""
        try:
            uuids = os.getxattr(path, NODES, follow_symlinks=False)
        except OSError:
            return None
        words = uuids.rstrip(b'\0').decode(errors='replace').split()
        if len(words) < len(found.bricks):
            return None
        return tuple(b for b, word in zip(found.bricks, words) if word != NO_NODE)

    def dispersed_set(self, path: str) -> Set:
        """The set of a file that has no pathinfo."""
        if len(self.graph.sets) == 1:
            return self.graph.sets[0]
        raise NotLocated(path, errno.ENODATA, 'GlusterFS does not tell a mount in which of its '
                         'dispersed sets a file is; install volext-locate here')

    def bricks_of_dispersed(self, path: str, found: Set) -> Tuple[Brick, ...]:
        """Those that tell that they have a fragment, or, if not root asks, that are there."""
        return self.bricks_by_node(path, found) or tuple(
            b for b in found.bricks if self.is_connected(b))

    def bricks(self, path: str, told: Told) -> Tuple[Set, Tuple[Brick, ...]]:
        """Which set and bricks a pathinfo means."""
        if told.set is None:
            host = told.entries[0][0]
            sets = [s for s in told.lone if len(told.lone) == 1 or is_same(host, s.bricks[0].server)]
            if len(sets) != 1:
                raise AmbiguousBrick(path, host, [s.bricks[0].name for s in told.lone])
            return sets[0], (sets[0].bricks[0],)
        paths = [brick.path for brick in told.set.bricks]
        if told.clear and len(set(paths)) == len(paths):
            have = {brick for _, brick in told.entries}
            return told.set, tuple(b for b in told.set.bricks if b.path in have)
        by_node = self.bricks_by_node(path, told.set)
        if not by_node and told.clear:
            return told.set, self.bricks_by_name(path, told.set, told.entries)
        return told.set, by_node or self.bricks_of_dispersed(path, told.set)

    @staticmethod
    def bricks_by_name(path: str, found: Set, entries: List[Tuple[str, str]]
                       ) -> Tuple[Brick, ...]:
        """By the names that the machines give themselves."""
        have = set()
        for host, brick_path in entries:
            same = [b for b in found.bricks if b.path == brick_path]
            if len(same) > 1:
                same = [b for b in same if is_same(host, b.server)]
            if len(same) != 1:
                raise AmbiguousBrick(path, host, [b.name for b in found.bricks
                                                  if b.path == brick_path])
            have.add(same[0])
        return tuple(b for b in found.bricks if b in have)

    def locate(self, path: str, size: int) -> Found:
        """Where the regular file `path`, absolute and without links, is. OSError, NotLocated."""
        where = self.in_volume(path)
        block = self.graph.shard_block_size if size > self.graph.shard_block_size else 0
        try:
            text = os.getxattr(path, PATHINFO, follow_symlinks=False)
        except OSError as error:
            # GlusterFS 10 answers this of what is in a dispersed set
            if error.errno != errno.ENOMEM:
                raise
            seen = self.dispersed_set(path)
            return Found(where, self.volume, seen, self.bricks_of_dispersed(path, seen), block)
        try:
            told = parse_pathinfo(self.graph, where, text)
        except ValueError as error:
            raise NotLocated(path, errno.EBADMSG, 'its %s is strange: %s: %r'
                             % (PATHINFO, error, text)) from error
        found, bricks = self.bricks(path, told)
        return Found(where, self.volume, found, bricks, block)


def _walk(path: str, onerror: Callable[[NotLocated], None]) -> Iterator[Tuple[str, int]]:
    """The regular files below path, with their sizes."""
    try:
        status = os.lstat(path)
    except OSError as error:
        onerror(NotLocated(path, error.errno or 0, error.strerror or str(error)))
        return
    if not stat.S_ISDIR(status.st_mode):
        if stat.S_ISREG(status.st_mode):
            yield path, status.st_size
        return
    folders = [path]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        yield entry.path, entry.stat(follow_symlinks=False).st_size
        except FileNotFoundError:
            continue
        except OSError as error:
            onerror(NotLocated(folder, error.errno or 0, error.strerror or str(error)))


def found(path: str, onerror: Callable[[LocalityError], None]) -> Iterator[Union[bytes, Found]]:
    """What `path`, absolute and without links, is in its volume; then every file there.
    The errors name paths in the volume, as the program's do."""
    mount = Mount(path)

    def tell(error: NotLocated) -> None:
        error.path = os.fsdecode(mount.in_volume(error.path))
        onerror(error)

    yield mount.in_volume(path)
    for seen in mount.graph.sets:
        if not any(mount.is_connected(brick) for brick in seen.bricks):
            onerror(NotLocated(seen.name, errno.ENOTCONN, 'none of its bricks answers'))
    for file, size in _walk(path, tell):
        try:
            yield mount.locate(file, size)
        except (FileNotFoundError, ProcessLookupError):
            continue
        except OSError as error:
            if error.errno != errno.ESTALE:
                tell(NotLocated(file, error.errno or 0, error.strerror or str(error)))
        except NotLocated as error:
            tell(error)
