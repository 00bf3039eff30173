# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Makes disco.dfs.gluster importable, also beside an installed disco.

disco is an ordinary package: Python looks for disco.dfs only in the folder where it found
disco. A folder of ours of that name would hide the real one or be hidden by it. So this
finder, which volext_disco.pth adds after all others, is asked for three names, when nobody
else knows them. It is loaded by every Python that starts: it must not cost anything.
"""
import sys


class Finder:
    """Finds disco.dfs.gluster, and what is above it if that is not there."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name not in ('disco', 'disco.dfs', 'disco.dfs.gluster'):
            return None
        import os
        from importlib import machinery, util
        place = os.path.join(os.path.dirname(os.path.realpath(__file__)), *name.split('.'))
        if name == 'disco.dfs.gluster':
            return util.spec_from_file_location(name, place + '.py')
        spec = machinery.ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [place]
        return spec


if not any(getattr(finder, '__name__', '') == 'Finder' and finder.__module__ == __name__
           for finder in sys.meta_path):
    sys.meta_path.append(Finder)
