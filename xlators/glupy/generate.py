# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""generate.py FOPS.DEF OUTPUT: glupy's typed functions, four per fop, and the
table of them. Everything untyped, which is all the rest, works on that table."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
sys.dont_write_bytecode = True
import fops  # noqa: E402

# C type -> kind
KINDS = {
    'int': 'KIND_INT32', 'int32_t': 'KIND_INT32',
    'uint32_t': 'KIND_UINT32', 'mode_t': 'KIND_UINT32',
    'entrylk_cmd': 'KIND_INT32', 'entrylk_type': 'KIND_INT32',
    'gf_xattrop_flags_t': 'KIND_INT32', 'gf_seek_what_t': 'KIND_INT32',
    'off_t': 'KIND_INT64', 'off64_t': 'KIND_INT64',
    'size_t': 'KIND_UINT64', 'dev_t': 'KIND_UINT64',
    'loc_t *': 'KIND_LOC', 'fd_t *': 'KIND_FD',
    'inode_t *': 'KIND_INODE', 'dict_t *': 'KIND_DICT',
    'struct iatt *': 'KIND_IATT', 'const char *': 'KIND_STR',
    'char *': 'KIND_STR', 'struct gf_flock *': 'KIND_FLOCK',
    'struct iovec *': 'KIND_VECTOR', 'struct iobref *': 'KIND_IOBREF',
    'struct gf_lease *': 'KIND_LEASE', 'gf_dirent_t *': 'KIND_DIRENTS',
    'struct statvfs *': 'KIND_STATVFS',
    'uint8_t *': 'KIND_CHECKSUM', 'lock_migration_info_t *': 'KIND_LOCKS',
}

TEMPLATE = '''
static int32_t
{f}_entry(call_frame_t *frame, xlator_t *this, {params})
{{
    const union value args[] = {{{arg_values}}};

    return glupy_enter(frame, this, GF_FOP_{F}, args);
}}

static void
{f}_tail(call_frame_t *frame, xlator_t *child, const union value *a)
{{
    STACK_WIND_TAIL(frame, child, child->fops->{f}, {args});
}}

static int32_t
{f}_answer(call_frame_t *frame, void *cookie, xlator_t *this, int32_t op_ret,
           int32_t op_errno, {results})
{{
    const union value res[] = {{{result_values}}};

    (void)frame;
    (void)this;
    return glupy_answered(cookie, op_ret, op_errno, res);
}}

static void
{f}_wind(call_frame_t *frame, void *cookie, xlator_t *child, const union value *a)
{{
    STACK_WIND_COOKIE(frame, {f}_answer, cookie, child, child->fops->{f}, {args});
}}

static void
{f}_unwind(call_frame_t *frame, int32_t op_ret, int32_t op_errno, const union value *a)
{{
    STACK_UNWIND_STRICT({f}, frame, op_ret, op_errno, {unwind_args});
}}
'''


def descriptions(params):
    return ', '.join('{"%s", %s}' % (p.name, KINDS[p.ctype]) for p in params)


def emit(table, out):
    out('/* Generated from fops.def: edit that. */\n')
    out('#include "xlators/glupy/glupy.h"\n\n')
    out('_Static_assert(offsetof(struct xlator_fops, stat_cbk) / sizeof(void *) ==\n'
        '               %d + 4, "GlusterFS has fops that fops.def has not");\n' % len(table))
    for fop in table:
        name = fop.name
        out(TEMPLATE.format(
            f=name, F=fop.number,
            params=', '.join(map(str, fop.args)), arg_values=fops.values(fop.args),
            args=fops.accesses(fop.args), results=', '.join(map(str, fop.results)),
            result_values=fops.values(fop.results), unwind_args=fops.accesses(fop.results)))
    out('\nconst struct fop glupy_fops[GF_FOP_MAXVALUE] = {\n')
    for fop in table:
        name = fop.name
        out('    [GF_FOP_%s] = {\n' % fop.number)
        out('        .name = "%s",\n' % name)
        out('        .slot = offsetof(struct xlator_fops, %s),\n' % name)
        out('        .argc = %d,\n        .args = {%s},\n' % (len(fop.args), descriptions(fop.args)))
        out('        .resc = %d,\n        .res = {%s},\n' % (len(fop.results), descriptions(fop.results)))
        out('        .tail = {0}_tail,\n        .wind = {0}_wind,\n        .unwind = {0}_unwind,\n    }},\n'.format(name))
    out('};\n\n')
    out('const struct xlator_fops glupy_entries = {\n')
    for fop in table:
        out('    .{0} = {0}_entry,\n'.format(fop.name))
    out('};\n')


def main():
    table = fops.read(sys.argv[1])
    text = []
    emit(table, text.append)
    fops.write(sys.argv[2], ''.join(text))


main()
