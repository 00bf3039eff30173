# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Defines neither lookup nor readv."""
from gluster.glupy import *


class xlator(Translator):
    def mkdir_fop(self, frame, this, loc, mode, umask, xdata):
        dl.wind_mkdir(frame, POINTER(xlator_t)(), loc, mode, umask, xdata)
