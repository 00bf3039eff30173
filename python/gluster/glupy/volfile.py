# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Volfiles of the harness: a folder of this machine, and modules above it."""
import re

_NAME = re.compile(r'[A-Za-z_][A-Za-z0-9_-]{0,63}\Z')


def quoted(text):
    """A value as a volfile writes it. ValueError where the grammar has no way."""
    if not text or re.search(r'[\n\r\0]', text):
        raise ValueError(f'{text!r} cannot stand in a volfile: it is empty or has a line end')
    return '"' + re.sub(r'(["\\`])', r'\\\1', text) + '"'


def is_module_name(name):
    return _NAME.match(name) is not None


def node(name, kind, options, below=()):
    lines = [f'volume {name}', f'    type {kind}']
    lines += [f'    option {key} {quoted(value)}' for key, value in options.items()]
    if below:
        lines.append('    subvolumes ' + ' '.join(below))
    return '\n'.join(lines + ['end-volume', ''])


def posix(directory, name='files'):
    return node(name, 'storage/posix', {'directory': directory})


def glupy(module, below, path=None, options=None, settings=None, name=None):
    """A node that runs module, from the folder path (None: where modules are deployed
    or packaged). options are the module's, settings the translator's."""
    all_options = {'module-name': module}
    if path is not None:
        all_options['module-path'] = path
    all_options.update({f'{k}': v for k, v in (settings or {}).items()})
    all_options.update({f'module-option.{k}': v for k, v in (options or {}).items()})
    return node(name or module, 'features/glupy', all_options, (below,))
