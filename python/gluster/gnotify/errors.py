# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""What goes wrong: an OSError with errno and a sentence that names the thing and the remedy."""
import errno
import os


class GnotifyError(OSError):
    """Any of them."""


class VolumeNotFound(GnotifyError, FileNotFoundError):
    """There is no such volume, file or folder."""


class NotPermitted(GnotifyError, PermissionError):
    """glusterd or the bricks refuse this reader: only root may read what happens."""


class NotConnected(GnotifyError, ConnectionError):
    """glusterd or the bricks cannot be reached."""


class NotEnabled(GnotifyError):
    """The volume has no notification: `gluster volume notify V enable`."""


_CLASSES = {errno.ENOENT: VolumeNotFound, errno.EPERM: NotPermitted, errno.EACCES: NotPermitted,
            errno.ENOTCONN: NotConnected, errno.ECONNREFUSED: NotConnected, errno.EIO: NotConnected,
            errno.EOPNOTSUPP: NotEnabled}


def of(number, sentence):
    """The error for a number of errno."""
    if number == errno.ENOMEM:
        return MemoryError(sentence or os.strerror(number))
    return _CLASSES.get(number, GnotifyError)(number, sentence or os.strerror(number))
