# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""The program volext-locate: runs it and reads its records (gfapi/locate/locate.c)."""
import os
import subprocess
import tempfile
from typing import Callable, Dict, IO, Iterator, List, Optional, Union

from . import places
from .errors import LocalityError, NotLocated, VolumeUnreachable
from .graph import Brick, Found, Set

PROGRAM = os.path.join(places.VOLEXTDIR, 'volext-locate')
CHUNK = 1 << 16


def is_installed() -> bool:
    """Is the program there?"""
    return os.access(PROGRAM, os.X_OK)


def records(stream: IO[bytes]) -> Iterator[List[bytes]]:
    """Each record as its fields. Only a part of the stream is held at a time."""
    rest = b''
    while True:
        data = os.read(stream.fileno(), CHUNK)
        if not data:
            return
        *whole, rest = (rest + data).split(b'\0\0')
        for record in whole:
            yield record.split(b'\0')


def _read(stream: IO[bytes], ended: List[bool], onerror: Callable[[LocalityError], None]
          ) -> Iterator[Union[bytes, Found]]:
    volume = ''
    sets: List[Set] = []
    bricks: List[Brick] = []
    combinations: Dict[bytes, tuple] = {}
    for record in records(stream):
        if record[0] == b'file':
            chosen = combinations.get(record[3])
            if chosen is None:
                chosen = tuple(bricks[int(number)] for number in record[3].split(b','))
                combinations[record[3]] = chosen
            block = 0 if record[4] == b'-' else int(record[4].split(b':')[0])
            yield Found(record[1], volume, sets[int(record[2])], chosen, block)
        elif record[0] == b'error':
            onerror(NotLocated(os.fsdecode(record[1]), int(record[2]), os.fsdecode(record[3])))
        elif record[0] == b'volume':
            volume = os.fsdecode(record[1])
            yield record[2]
        elif record[0] == b'set':
            sets.append(Set(os.fsdecode(record[2]), os.fsdecode(record[3])))
        elif record[0] == b'brick':
            brick = Brick(os.fsdecode(record[3]), os.fsdecode(record[4]), os.fsdecode(record[5]),
                          record[6] == b'arbiter')
            bricks.append(brick)
            sets[int(record[2])].bricks.append(brick)
        elif record[0] == b'end':
            ended.append(True)


def found(spec: str, path: Optional[str], onerror: Callable[[LocalityError], None]
          ) -> Iterator[Union[bytes, Found]]:
    """What `spec` means in its volume (or `path`, if that is given), then every regular
    file there. VolumeUnreachable: nothing was found out."""
    command = [PROGRAM, '--', os.fsencode(spec)] + ([] if path is None else [os.fsencode(path)])
    ended: List[bool] = []
    first = True
    with tempfile.TemporaryFile() as messages:
        try:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=messages)
        except OSError as error:
            raise VolumeUnreachable('%s: %s' % (PROGRAM, error.strerror)) from error
        try:
            assert process.stdout
            for result in _read(process.stdout, ended, onerror):
                if first and path is not None:
                    result = os.fsencode(path)
                first = False
                yield result
            process.wait()
            if ended:
                return
            messages.seek(0)
            text = messages.read().decode(errors='backslashreplace').strip()
            raise VolumeUnreachable(text or '%s ended early, with status %d'
                                    % (PROGRAM, process.returncode))
        finally:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()
