# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Names of nodes: the map from GlusterFS's to others, and which ones are this machine."""
import functools
import os
import socket
from typing import Dict, Optional, Set

from .errors import HostnameMapMalformed, HostnameMapNotFound

VARIABLE = 'DISCO_HOSTNAME_MAP'


def read_hostname_map(file: str) -> Dict[str, str]:
    """Reads the map `file`. HostnameMapNotFound, HostnameMapMalformed."""
    try:
        # -sig: without the mark that some editors put before the first line
        with open(file, encoding='utf-8-sig', errors='surrogateescape') as lines:
            return parse_hostname_map(file, lines.read())
    except OSError as error:
        raise HostnameMapNotFound(file, error.strerror or str(error)) from error


def load_hostname_map(root: Optional[str]) -> Dict[str, str]:
    """Reads the file that DISCO_HOSTNAME_MAP names, else .hostname_map in the folder
    `root`. HostnameMapNotFound, HostnameMapMalformed."""
    file = os.environ.get(VARIABLE)
    if not file and root is None:
        raise HostnameMapNotFound('$' + VARIABLE, 'it is not set')
    if not file:
        file = os.path.join(root or '/', '.hostname_map')
    return read_hostname_map(file)


def _unbracketed(word: str) -> str:
    return word[1:-1] if len(word) > 2 and word[0] == '[' and word[-1] == ']' else word


def parse_hostname_map(file: str, text: str) -> Dict[str, str]:
    """Two words per line; brackets around them, empty lines and # comments are fine."""
    found: Dict[str, str] = {}
    for number, line in enumerate(text.split('\n'), 1):
        words = line.split()
        if not words or words[0].startswith('#'):
            continue
        if len(words) != 2:
            raise HostnameMapMalformed(file, number, line, '%d word%s instead of two'
                                       % (len(words), '' if len(words) == 1 else 's'))
        name, node = map(_unbracketed, words)
        if found.get(name, node) != node:
            raise HostnameMapMalformed(file, number, line, '%s was %s before'
                                       % (name, found[name]))
        found[name] = node
    return found


def addresses(host: str) -> Set[str]:
    """The addresses of a host, none if it is not known."""
    try:
        return {str(info[4][0]) for info in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return set()


@functools.lru_cache(maxsize=4096)
def is_local(host: str) -> bool:
    """Is it this machine? One of its addresses can be bound to here."""
    for address in addresses(host):
        family = socket.AF_INET6 if ':' in address else socket.AF_INET
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.bind((address, 0))
            return True
        except OSError:
            continue
    return False


@functools.lru_cache(maxsize=4096)
def is_same(host: str, server: str) -> bool:
    """May a machine that calls itself `host` be the one that the volume calls `server`?"""
    if host == server or host.split('.')[0] == server.split('.')[0] and not server[0].isdigit():
        return True
    theirs = {a for a in addresses(host) if not a.startswith('127.') and a != '::1'}
    return bool(theirs & addresses(server))
