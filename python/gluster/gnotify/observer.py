# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""An Observer as watchdog's, for volumes: what any client does is seen, not only this one.

    from gluster.gnotify.observer import Observer

    observer = Observer()                     # paths on a mount; Observer('v1'): in the volume
    observer.schedule(handler, '/mnt/v1/in', recursive=True)
    observer.start()
"""
import logging
import os
import threading
from typing import Any, Dict, FrozenSet, Iterable, List, Optional, Set, Tuple

import gluster.gnotify as gnotify

from . import handlers as h

_LOG = logging.getLogger('gluster.gnotify')
_MASK = gnotify.ALL_EVENTS & ~gnotify.ACCESS
_PAIR_SECONDS = 0.05  # how long the other half of a move is waited for


class ObservedWatch:
    """What schedule() returns."""

    def __init__(self, path: Any, recursive: bool, event_filter: Optional[Iterable[type]]) -> None:
        self.path = os.fspath(path)
        self.is_recursive = recursive
        self.event_filter: Optional[FrozenSet[type]] = \
            None if event_filter is None else frozenset(event_filter)

    @property
    def key(self) -> Tuple:
        return (self.path, self.is_recursive, self.event_filter)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ObservedWatch) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return '<ObservedWatch: path=%r, is_recursive=%r>' % (self.path, self.is_recursive)

    def wants(self, event: Any) -> bool:
        return self.event_filter is None or isinstance(event, tuple(self.event_filter))

    def place(self, name: Optional[bytes]) -> Any:
        """The path of what is called that below the watch, in the type of the watch's own."""
        whole = os.fsencode(self.path) if name is None else os.path.join(os.fsencode(self.path), name)
        return whole if isinstance(self.path, bytes) else os.fsdecode(whole)


def _translated(watch: ObservedWatch, event: Any, moved_from: Any) -> List[Any]:
    """watchdog's events for one of ours; moved_from: the other half, if it is a move."""
    if '/' in (event.name or '') and not watch.is_recursive:
        return []
    if event.unplaced:
        return [h.DirModifiedEvent(watch.path)]
    mask, path, is_dir = event.mask, watch.place(event.name_bytes), event.is_dir
    around = [h.DirModifiedEvent(os.path.dirname(path))] if event.name else []
    if moved_from is not None:
        old = watch.place(moved_from.name_bytes)
        made = (h.DirMovedEvent if is_dir else h.FileMovedEvent)(old, path)
        return [made, h.DirModifiedEvent(os.path.dirname(old))] + around
    if mask & (gnotify.CREATE | gnotify.MOVED_TO):
        return [(h.DirCreatedEvent if is_dir else h.FileCreatedEvent)(path)] + around
    if mask & (gnotify.DELETE | gnotify.MOVED_FROM | gnotify.DELETE_SELF):
        return [(h.DirDeletedEvent if is_dir else h.FileDeletedEvent)(path)] + around
    if mask & (gnotify.MODIFY | gnotify.ATTRIB):
        return [(h.DirModifiedEvent if is_dir else h.FileModifiedEvent)(path)]
    if is_dir:
        return []
    if mask & gnotify.CLOSE_WRITE:
        return [h.FileClosedEvent(path)] + around
    if mask & gnotify.CLOSE_NOWRITE:
        return [h.FileClosedNoWriteEvent(path)]
    return [h.FileOpenedEvent(path)] if mask & gnotify.OPEN else []


class _Reader(threading.Thread):
    """Reads one volume."""

    def __init__(self, observer: 'Observer', volume: Any, options: Dict[str, Any]) -> None:
        super().__init__(name='gnotify-observer', daemon=True)
        self.observer = observer
        self.handle = gnotify.Gnotify(volume, **options)
        self.lock = threading.Lock()
        self.watches: Dict[int, Set[ObservedWatch]] = {}

    def add(self, path: Any, watch: ObservedWatch) -> None:
        with self.lock:  # what happens at once must find it here
            recursive = watch.is_recursive
            wd = self.handle.add_watch(path, _MASK | (gnotify.RECURSIVE if recursive else 0))
            others = self.watches.setdefault(wd, set())
            if not recursive and any(other.is_recursive for other in others):
                self.handle.add_watch(path, _MASK | gnotify.RECURSIVE)
            others.add(watch)

    def remove(self, watch: ObservedWatch) -> None:
        with self.lock:
            for wd, watches in list(self.watches.items()):
                if watch in watches:
                    watches.remove(watch)
                    if not watches:
                        del self.watches[wd]
                        self.handle.rm_watch(wd)

    def run(self) -> None:
        try:
            pending = None
            while not self.handle.closed:
                events = self.handle.read(None if pending is None else _PAIR_SECONDS)
                if pending is not None and not events:
                    self.tell(pending)
                    pending = None
                for event in events:
                    pending = self.take(pending, event)
        except gnotify.GnotifyError as error:
            self.observer.failed(error)
        except ValueError:
            if not self.handle.closed:
                raise

    def take(self, pending: Any, event: Any) -> Any:
        """Tells the event, or returns it: half of a move."""
        if pending is not None:
            if event.mask & gnotify.MOVED_TO and (event.cookie, event.wd) == (pending.cookie, pending.wd):
                self.tell(event, pending)
                return None
            self.tell(pending)
        if event.mask & gnotify.MOVED_FROM:
            return event
        self.tell(event)
        return None

    def tell(self, event: Any, moved_from: Any = None) -> None:
        with self.lock:
            if event.wd < 0:
                watches = set().union(*self.watches.values())
            else:
                watches = set(self.watches.get(event.wd, ()))
            if event.mask & gnotify.IGNORED:
                self.watches.pop(event.wd, None)
        for watch in watches:
            made = [h.GapEvent(watch.path)] if event.is_gap else _translated(watch, event, moved_from)
            for one in made:
                one.native = event
                if watch.wants(one):
                    self.observer.dispatch(watch, one)


class Observer:
    """Tells handlers what happens on volumes, on a thread for each. Without `volume`, watched
    paths are on FUSE mounts; with one (v1, server:v1, …), they are the volume's own. options: those
    of Gnotify, as cursor= and log_file=."""

    def __init__(self, volume: Any = None, **options: Any) -> None:
        self._volume = volume
        self._options = options
        self._lock = threading.RLock()
        self._handlers: Dict[ObservedWatch, Set[Any]] = {}
        self._readers: Dict[Any, _Reader] = {}
        self._watched: Dict[ObservedWatch, _Reader] = {}
        self._started = self._stopped = False
        #: why an observer that ended by itself did
        self.error: Optional[OSError] = None

    def _place(self, path: Any) -> Tuple[Any, Any]:
        """Which volume, and which path in it."""
        if self._volume is not None:
            return self._volume, path
        point = real = os.path.realpath(path)
        while not os.path.ismount(point):
            point = os.path.dirname(point)
        below = os.path.relpath(real, point)
        return point, below[:0] if real == point else below

    def schedule(self, event_handler: Any, path: Any, recursive: bool = False, *,
                 event_filter: Optional[Iterable[type]] = None) -> ObservedWatch:
        """Begins to watch a file or folder. The watch, for unschedule(). GnotifyError."""
        watch = ObservedWatch(path, recursive, event_filter)
        with self._lock:
            if watch not in self._watched:
                volume, below = self._place(watch.path)
                reader = self._readers.get(volume)
                if reader is None:
                    reader = self._readers[volume] = _Reader(self, volume, self._options)
                    if self._started:
                        reader.start()
                reader.add(below, watch)
                self._watched[watch] = reader
            self._handlers.setdefault(watch, set()).add(event_handler)
        return watch

    def unschedule(self, watch: ObservedWatch) -> None:
        """Ends a watch. KeyError: there is none."""
        with self._lock:
            del self._handlers[watch]
            self._watched.pop(watch).remove(watch)

    def unschedule_all(self) -> None:
        with self._lock:
            for watch in list(self._watched):
                self.unschedule(watch)

    def add_handler_for_watch(self, event_handler: Any, watch: ObservedWatch) -> None:
        with self._lock:
            self._handlers[watch].add(event_handler)

    def remove_handler_for_watch(self, event_handler: Any, watch: ObservedWatch) -> None:
        with self._lock:
            self._handlers[watch].remove(event_handler)

    def start(self) -> None:
        """Begins to tell, also what happened since schedule()."""
        with self._lock:
            if self._started:
                raise RuntimeError('an Observer is started once')
            self._started = True
            for reader in self._readers.values():
                reader.start()

    def stop(self) -> None:
        """Ends all; handlers may be called until join() returns."""
        with self._lock:
            self._stopped = True
            readers = list(self._readers.values())
        for reader in readers:
            reader.handle.close()

    def join(self, timeout: Optional[float] = None) -> None:
        for reader in list(self._readers.values()):
            if reader.ident is not None:
                reader.join(timeout)

    def is_alive(self) -> bool:
        return any(reader.is_alive() for reader in list(self._readers.values()))

    def failed(self, error: OSError) -> None:
        """A reader ended by an error: the sentence is logged, `error` has it."""
        if not self._stopped:
            self.error = error
            _LOG.error('%s', error)

    def dispatch(self, watch: ObservedWatch, event: Any) -> None:
        with self._lock:
            handlers = list(self._handlers.get(watch, ()))
        for handler in handlers:
            try:
                h.dispatch(handler, event)
            except Exception:  # a handler's: the others want theirs
                _LOG.exception('a handler failed with %r', event)
