# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""generate.py FOPS.DEF OUTPUT: the table of fops.h with typed functions to wind, to
answer, and to receive each fop."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
sys.dont_write_bytecode = True
import fops  # noqa: E402

# C type -> kind; the rest are numbers
POINTERS = {
    'const char *': 'STR', 'char *': 'STR', 'loc_t *': 'LOC', 'fd_t *': 'FD',
    'inode_t *': 'INODE', 'dict_t *': 'DICT', 'struct iatt *': 'IATT',
    'struct gf_flock *': 'FLOCK', 'struct iovec *': 'VECTOR', 'struct iobref *': 'IOBREF',
    'struct gf_lease *': 'LEASE', 'gf_dirent_t *': 'DIRENTS', 'struct statvfs *': 'STATVFS',
    'uint8_t *': 'CHECKSUM', 'lock_migration_info_t *': 'LOCKS',
}
NUMBERS = {'uint32_t': 'UINT32', 'mode_t': 'UINT32', 'off_t': 'INT64', 'off64_t': 'INT64',
           'size_t': 'UINT64', 'dev_t': 'UINT64'}  # others: int, enumerations

TEMPLATE = '''
#ifdef DRIVE_SINK
static int32_t
{f}_entry(call_frame_t *frame, xlator_t *this, {params})
{{
    const union drive_value args[] = {{{arg_values}}};

    drive_entered(frame, this, GF_FOP_{F}, args);
    return 0;
}}

static void
{f}_unwind(call_frame_t *frame, int32_t op_ret, int32_t op_errno,
           const union drive_value *a)
{{
    STACK_UNWIND_STRICT({f}, frame, op_ret, op_errno, {unwind_args});
}}
#else
static int32_t
{f}_answer(call_frame_t *frame, void *cookie, xlator_t *this, int32_t op_ret,
           int32_t op_errno, {results})
{{
    const union drive_value res[] = {{{result_values}}};

    (void)this;
    drive_answered(frame, cookie, op_ret, op_errno, res);
    return 0;
}}

static void
{f}_wind(call_frame_t *frame, void *cookie, xlator_t *to, const union drive_value *a)
{{
    STACK_WIND_COOKIE(frame, {f}_answer, cookie, to, to->fops->{f}, {args});
}}
#endif
'''

HEAD = '''/* Generated from fops.def: edit that. */
#include "xlators/drive/fops.h"

#ifdef DRIVE_SINK
#define WIND(f) NULL
#define UNWIND(f) f##_unwind
#else
#define WIND(f) f##_wind
#define UNWIND(f) NULL
#endif
'''


def kind(params, i):
    ctype = params[i].ctype
    if i and params[i - 1].ctype == 'struct iovec *':
        return 'COUNT'
    return POINTERS[ctype] if params[i].member == 'p' else NUMBERS.get(ctype, 'INT32')


def descriptions(params):
    return ', '.join('{"%s", DRIVE_%s}' % (p.name, kind(params, i))
                     for i, p in enumerate(params))


def main():
    table = fops.read(sys.argv[1])
    text = [HEAD]
    for fop in table:
        text.append(TEMPLATE.format(
            f=fop.name, F=fop.number, params=', '.join(map(str, fop.args)),
            arg_values=fops.values(fop.args), args=fops.accesses(fop.args),
            results=', '.join(map(str, fop.results)), result_values=fops.values(fop.results),
            unwind_args=fops.accesses(fop.results)))
    text.append('\nconst struct drive_fop drive_fops[GF_FOP_MAXVALUE] = {\n')
    for fop in table:
        text.append(f'    [GF_FOP_{fop.number}] = {{\n        .name = "{fop.name}",\n'
                    f'        .argc = {len(fop.args)},\n        .args = {{{descriptions(fop.args)}}},\n'
                    f'        .resc = {len(fop.results)},\n        .res = {{{descriptions(fop.results)}}},\n'
                    f'        .wind = WIND({fop.name}),\n        .unwind = UNWIND({fop.name}),\n    }},\n')
    text.append('};\n\n#ifdef DRIVE_SINK\nstruct xlator_fops drive_entries = {\n')
    text += [f'    .{fop.name} = {fop.name}_entry,\n' for fop in table]
    text.append('};\n#endif\n')
    fops.write(sys.argv[2], ''.join(text))


main()
