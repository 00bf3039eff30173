# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Programs that modules start. The threads that run Python have all signals blocked. A
child that is forked gets them unblocked (fork.c), one made by vfork or posix_spawn does
not: it could not be terminated, nor could anything that it starts."""
import os
import subprocess


def prepare():
    """For the interpreter of a process that serves a volume."""
    subprocess._USE_VFORK = subprocess._USE_POSIX_SPAWN = False
    os.system = system


def system(command):
    """As os.system, whose children are not forked."""
    status = subprocess.call(command, shell=True)
    return -status if status < 0 else status << 8
