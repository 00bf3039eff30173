# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""What can go wrong in gluster.locality. Each says what, where, and what to do."""


class LocalityError(Exception):
    """Any of the errors below."""


class NotGluster(LocalityError):
    """`path` is not on a mount of a GlusterFS volume."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__('%s: not on a GlusterFS mount: mount the volume '
                         '(mount -t glusterfs SERVER:VOLUME FOLDER), or name a path on one' % path)


class HostnameMapNotFound(LocalityError):
    """There is no map of host names; `file` is where it was looked for."""

    def __init__(self, file: str, reason: str) -> None:
        self.file = file
        super().__init__('%s: no hostname map there (%s): write one, name another file in '
                         'DISCO_HOSTNAME_MAP, or give hostname_map={} to use the names that '
                         'the volume has' % (file, reason))


class HostnameMapMalformed(LocalityError):
    """Line `line` (from 1) of the map `file` is not a pair of words."""

    def __init__(self, file: str, line: int, text: str, reason: str) -> None:
        self.file, self.line, self.text = file, line, text
        super().__init__('%s, line %d: %s: %r; a line is: VOLUME-OR-HOST NODE'
                         % (file, line, reason, text))


class NotLocated(LocalityError):
    """Of `path` (a file or a folder, as it was asked for, or the name of a set of bricks) it
    cannot be told where it is; `errno` and `reason`: why."""

    def __init__(self, path: str, errno: int, reason: str) -> None:
        self.path, self.errno, self.reason = path, errno, reason
        super().__init__(path, errno, reason)

    def __str__(self) -> str:
        return '%s: cannot tell where it is: %s' % (self.path, self.reason)


class AmbiguousBrick(NotLocated):
    """Two bricks have the same path, and from a mount it cannot be told which one it is."""

    def __init__(self, path: str, host: str, bricks: 'list[str]') -> None:
        super().__init__(path, 76, 'it is on the machine that calls itself %r, which may be '
                         'that of any of %s: give those machines these names in /etc/hosts, or '
                         'install volext-locate here' % (host, ', '.join(bricks)))
        self.host, self.bricks = host, bricks
        self.args = path, host, bricks


class VolumeUnreachable(LocalityError):
    """The volume cannot be reached without a mount; the text says why."""
