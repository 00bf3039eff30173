# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""generate.py FOPS.DEF OUTPUT: a function for each fop that refuses it, and the table of them.
lookup is written by hand."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
sys.dont_write_bytecode = True
import fops  # noqa: E402

TEMPLATE = '''
static int32_t
refuse_{f}(call_frame_t *frame, xlator_t *this, {params})
{{
    (void)this, {unused};
    STACK_UNWIND_STRICT({f}, frame, -1, ENOTSUP, {nothing});
    return 0;
}}
'''


def function(fop):
    return TEMPLATE.format(f=fop.name, params=', '.join(map(str, fop.args)),
                           unused=', '.join(f'(void){p.name}' for p in fop.args),
                           nothing=', '.join('NULL' if p.member == 'p' else '0' for p in fop.results))


def main(definition, output):
    table = [fop for fop in fops.read(definition) if fop.name != 'lookup']
    fops.write(output, ''.join(
        ['/* Generated from fops.def: edit that, and generate.py. */\n'
         '#include "xlators/gnotify-client/node.h"\n'] +
        [function(fop) for fop in table] +
        ['\nstruct xlator_fops gnotify_client_fops = {\n    .lookup = gnotify_client_lookup,\n'] +
        [f'    .{fop.name} = refuse_{fop.name},\n' for fop in table] + ['};\n']))


main(*sys.argv[1:])
