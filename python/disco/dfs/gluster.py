# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Input addresses for Disco from files on GlusterFS: gluster.locality under its old name.

    from disco.dfs.gluster import files

    files('/data/web_logs/', '2026-07')

This module may be used beside an installed disco, whose own modules come first.
"""
import os

from gluster.locality import (HostnameMapMalformed, HostnameMapNotFound, LocalityError, NotGluster,
                              NotLocated, VolumeUnreachable, files, find_mountpoint, locate)
from gluster.locality.hosts import VARIABLE, read_hostname_map as _read

__all__ = ['files', 'replicas', 'find_gluster_mountpoint', 'load_hostname_map', 'DFSException',
           'NotGluster', 'NotLocated', 'HostnameMapNotFound', 'HostnameMapMalformed',
           'VolumeUnreachable']

DFSException = LocalityError
find_gluster_mountpoint = find_mountpoint


def load_hostname_map(hmap):
    """The map in the file that DISCO_HOSTNAME_MAP names, else in the file `hmap`."""
    return _read(os.environ.get(VARIABLE) or hmap)


def replicas(path, hmap):
    """The nodes that have the file `path`, by the dictionary hmap."""
    return locate(path, hmap).hosts
