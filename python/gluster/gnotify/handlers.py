# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""The events and handlers of gluster.gnotify.observer: watchdog's where that is installed, so that
isinstance() and handlers of its kinds work; else classes that do the same."""
from types import SimpleNamespace
from typing import Any

try:
    from watchdog import events as _watchdog
except ImportError:
    _watchdog = SimpleNamespace()  # type: ignore[assignment]


class _FileSystemEvent:
    event_type = ''
    is_directory = False
    is_synthetic = False

    def __init__(self, src_path: Any) -> None:
        self.src_path = src_path
        self.dest_path = ''

    @property
    def key(self) -> Any:
        return (self.event_type, self.src_path, self.dest_path, self.is_directory)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _FileSystemEvent) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return '<%s: src_path=%r, dest_path=%r>' % (type(self).__name__, self.src_path, self.dest_path)


class _FileSystemMovedEvent(_FileSystemEvent):
    event_type = 'moved'

    def __init__(self, src_path: Any, dest_path: Any) -> None:
        super().__init__(src_path)
        self.dest_path = dest_path


class _FileSystemEventHandler:
    """Calls on_any_event() and what there is for an event's type."""

    def dispatch(self, event: Any) -> None:
        self.on_any_event(event)
        getattr(self, 'on_' + event.event_type, lambda event: None)(event)

    def on_any_event(self, event: Any) -> None: pass
    def on_moved(self, event: Any) -> None: pass
    def on_created(self, event: Any) -> None: pass
    def on_deleted(self, event: Any) -> None: pass
    def on_modified(self, event: Any) -> None: pass
    def on_closed(self, event: Any) -> None: pass
    def on_closed_no_write(self, event: Any) -> None: pass
    def on_opened(self, event: Any) -> None: pass


FileSystemEvent: Any = getattr(_watchdog, 'FileSystemEvent', _FileSystemEvent)
FileSystemMovedEvent: Any = getattr(_watchdog, 'FileSystemMovedEvent', _FileSystemMovedEvent)
FileSystemEventHandler: Any = getattr(_watchdog, 'FileSystemEventHandler', _FileSystemEventHandler)


def _event(name: str, kind: str, base: Any = FileSystemEvent) -> Any:
    """watchdog's class of that name, or one that this version of it does not have."""
    own = type(name, (base,), {'event_type': kind, 'is_directory': name.startswith('Dir'),
                               '__module__': __name__})
    return getattr(_watchdog, name, own)


FileCreatedEvent = _event('FileCreatedEvent', 'created')
FileDeletedEvent = _event('FileDeletedEvent', 'deleted')
FileModifiedEvent = _event('FileModifiedEvent', 'modified')
FileMovedEvent = _event('FileMovedEvent', 'moved', FileSystemMovedEvent)
FileClosedEvent = _event('FileClosedEvent', 'closed')
FileClosedNoWriteEvent = _event('FileClosedNoWriteEvent', 'closed_no_write')
FileOpenedEvent = _event('FileOpenedEvent', 'opened')
DirCreatedEvent = _event('DirCreatedEvent', 'created')
DirDeletedEvent = _event('DirDeletedEvent', 'deleted')
DirModifiedEvent = _event('DirModifiedEvent', 'modified')
DirMovedEvent = _event('DirMovedEvent', 'moved', FileSystemMovedEvent)

#: Changes below src_path, the watch's path, may be missing: for on_gap(), which watchdog does not
#: know. `native` has from when to when.
GapEvent = type('GapEvent', (FileSystemEvent,), {'event_type': 'gap', 'is_directory': True,
                                                 '__module__': __name__})


def dispatch(handler: Any, event: Any) -> None:
    """Gives the event to the handler. Handlers of a watchdog that does not know its type get it by
    on_any_event() and their method for it, unless they sort events out by themselves."""
    kind = event.event_type
    if hasattr(FileSystemEventHandler, 'on_' + kind) or not isinstance(handler, FileSystemEventHandler):
        if kind != 'gap' or not hasattr(handler, 'on_gap'):
            handler.dispatch(event)
            return
    elif type(handler).dispatch is FileSystemEventHandler.dispatch:
        handler.on_any_event(event)
    elif kind != 'gap':
        return
    getattr(handler, 'on_' + kind, lambda event: None)(event)
