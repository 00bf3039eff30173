# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
from os import PathLike
from types import TracebackType
from typing import Iterator, List, Optional, Type, Union

Path = Union[str, bytes, PathLike[str], PathLike[bytes]]

class Event:
    wd: int
    mask: int
    cookie: int
    number: int
    time: int
    gap_start: int
    gap_end: int
    flags: int
    name: Optional[str]
    name_bytes: Optional[bytes]
    path: Optional[str]
    path_bytes: Optional[bytes]
    client: Optional[str]
    client_bytes: Optional[bytes]
    detail: Optional[str]
    detail_bytes: Optional[bytes]
    gfid: Optional[str]
    parent: Optional[str]
    offset: Optional[int]
    length: Optional[int]
    pid: Optional[int]
    uid: Optional[int]
    gid: Optional[int]
    names: List[str]
    is_dir: bool
    is_gap: bool
    is_synthetic: bool
    is_caught_up: bool
    is_crawled: bool
    truncated: bool
    xattr_removed: bool
    last_link: bool
    linked: bool
    replaced: bool
    unplaced: bool

class Gnotify:
    closed: bool
    def __init__(self, volume: Path, *, cursor: Optional[str] = ..., from_: Optional[str] = ...,
                 behind: Optional[str] = ..., socket: Optional[str] = ..., log_file: Optional[str] = ...,
                 events: int = ..., memory: int = ...) -> None: ...
    def add_watch(self, path: Path, mask: int = ..., crawl: Union[bool, str] = ...) -> int: ...
    def rm_watch(self, wd: int) -> None: ...
    def read(self, timeout: Optional[float] = ...) -> List[Event]: ...
    def ack(self, event: Union[Event, int]) -> None: ...
    def forget(self) -> None: ...
    def fileno(self) -> int: ...
    def wake(self) -> None: ...
    def close(self) -> None: ...
    def __iter__(self) -> Iterator[Event]: ...
    def __next__(self) -> Event: ...
    def __enter__(self) -> 'Gnotify': ...
    def __exit__(self, kind: Optional[Type[BaseException]], value: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None: ...

def parse_events(list: str) -> int: ...
