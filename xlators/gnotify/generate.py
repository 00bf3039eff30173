# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""generate.py FOPS.DEF OUTPUT: for each fop that gnotify looks at the function that is
wound to and its callback, and the table of them. What is particular to a fop is written by
hand in begin.c: NAME_begin() for all, NAME_end() for those of ENDS."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
sys.dont_write_bytecode = True
import fops  # noqa: E402

# which events each can make
EVENTS = {
    'create': 'CREATE OPEN CLOSE', 'put': 'CREATE', 'mknod': 'CREATE MKNOD', 'mkdir': 'MKDIR',
    'symlink': 'SYMLINK', 'link': 'LINK', 'unlink': 'UNLINK RENAME', 'rmdir': 'RMDIR',
    'rename': 'RENAME', 'writev': 'WRITE CLOSE', 'copy_file_range': 'WRITE CLOSE',
    'truncate': 'TRUNCATE', 'ftruncate': 'TRUNCATE CLOSE', 'fallocate': 'FALLOCATE CLOSE',
    'discard': 'DISCARD CLOSE', 'zerofill': 'ZEROFILL CLOSE', 'setattr': 'SETATTR',
    'fsetattr': 'SETATTR', 'setxattr': 'SETXATTR', 'fsetxattr': 'SETXATTR',
    'removexattr': 'REMOVEXATTR', 'fremovexattr': 'REMOVEXATTR', 'open': 'OPEN CLOSE TRUNCATE',
    'opendir': 'OPENDIR', 'readv': 'READ', 'xattrop': 'TRUNCATE', 'fxattrop': 'TRUNCATE CLOSE',
}
# whose answers tell more than success
ENDS = {'create', 'put', 'mknod', 'mkdir', 'symlink', 'unlink', 'rename', 'open', 'opendir',
        'writev', 'readv', 'copy_file_range', 'xattrop', 'fxattrop'}
# the bottom is asked how many links there were
LINKS = {'unlink'}

TEMPLATE = '''
static int32_t
{f}_cbk(call_frame_t *frame, void *cookie, xlator_t *this, int32_t op_ret, int32_t op_errno,
        {results})
{{
    struct event *e = TAKE(frame->local);

    (void)cookie, (void)this;
{end}    event_done(e, op_ret >= 0);
    STACK_UNWIND_STRICT({f}, frame, op_ret, op_errno, {result_names});
    return 0;
}}

static int32_t
{f}_fop(call_frame_t *frame, xlator_t *this, {params})
{{
    struct gnotify *g = this->private;
    struct event *e = NULL;

    if (!{f}_begin(g, frame, &e, {args}))
        return default_{f}(frame, this, {args});
    if (atomic_load(&g->ending)) {{ /* see exit.c */
        event_done(e, false);
        return 0;
    }}
    frame->local = e;
{wind}    return 0;
}}
'''

END = '''    if (op_ret >= 0)
        {f}_end(this->private, e, op_ret, {result_names});
'''

WIND = '''    STACK_WIND(frame, {f}_cbk, FIRST_CHILD(this), FIRST_CHILD(this)->fops->{f},
               {args});
'''

WIND_LINKS = '''    dict_t *asked = links_asked(xdata);

    STACK_WIND(frame, {f}_cbk, FIRST_CHILD(this), FIRST_CHILD(this)->fops->{f},
               {args});
    if (asked)
        dict_unref(asked);
'''


def function(fop):
    args = ', '.join(p.name for p in fop.args)
    results = ', '.join(p.name for p in fop.results)
    return TEMPLATE.format(
        f=fop.name, params=', '.join(map(str, fop.args)), args=args,
        results=', '.join(map(str, fop.results)), result_names=results,
        end=END.format(f=fop.name, result_names=results) if fop.name in ENDS else '',
        wind=WIND_LINKS.format(f=fop.name, args=args.replace('xdata', 'asked ? asked : xdata'))
        if fop.name in LINKS else WIND.format(f=fop.name, args=args))


def bits(events):
    return ' | '.join(f'1ull << {"GNOTIFY" if e == "OPENDIR" else "NOTIFY"}_{e}' for e in events.split())


def main(definition, output):
    ours = [fop for fop in fops.read(definition) if fop.name in EVENTS]
    rows = [f'    {{offsetof(struct xlator_fops, {fop.name}), {fop.name}_fop, {bits(EVENTS[fop.name])}}},'
            for fop in ours]
    fops.write(output, ''.join(
        ['/* Generated from fops.def: edit that, and generate.py. */\n'
         '#include "xlators/gnotify/begin.h"\n'] +
        [function(fop) for fop in ours] +
        ['\nconst struct gnotify_slot gnotify_slots[] = {\n', '\n'.join(rows),
         '\n    {0, NULL, 0},\n};\n']))


main(*sys.argv[1:])
