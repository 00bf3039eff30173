/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What Python sees of an event: a copy of the library's, of which Python's objects are made
 * when they are asked for.
 */
#include "python/gluster/gnotify/native.h"

#include <stddef.h>
#include <string.h>
#include <structmember.h>

static void
shift(const char **text, const struct gnotify_event *from, struct gnotify_event *to)
{
    if (*text)
        *text = (const char *)to + (*text - (const char *)from);
}

PyObject *
event_new(const struct gnotify_event *is)
{
    struct event *e = PyObject_NewVar(struct event, &event_type, is->size);

    if (!e)
        return NULL;
    memcpy(&e->is, is, is->size);
    shift(&e->is.name, is, &e->is);
    shift(&e->is.path, is, &e->is);
    shift(&e->is.client, is, &e->is);
    shift(&e->is.detail, is, &e->is);
    return (PyObject *)e;
}

/* The getters' closures: which string, which flag. */
static const char *
string_at(PyObject *self, void *offset)
{
    return *(const char **)((char *)&((struct event *)self)->is + (size_t)offset);
}

static PyObject *
get_text(PyObject *self, void *offset)
{
    const char *text = string_at(self, offset);

    if (!text)
        Py_RETURN_NONE;
    return PyUnicode_DecodeFSDefault(text);
}

static PyObject *
get_bytes(PyObject *self, void *offset)
{
    const char *text = string_at(self, offset);

    if (!text)
        Py_RETURN_NONE;
    return PyBytes_FromString(text);
}

static PyObject *
get_bit(PyObject *self, void *bit)
{
    return PyBool_FromLong(((struct event *)self)->is.mask & (uint32_t)(uintptr_t)bit);
}

static PyObject *
get_flag(PyObject *self, void *flag)
{
    return PyBool_FromLong(((struct event *)self)->is.flags & (uint32_t)(uintptr_t)flag);
}

/* A number that is only there where flags say so: None elsewhere. */
struct sometimes {
    uint32_t flag;
    size_t offset;
    enum { UINT32, INT32, UINT64 } type;
};

static PyObject *
get_sometimes(PyObject *self, void *closure)
{
    const struct gnotify_event *e = &((struct event *)self)->is;
    const struct sometimes *s = closure;
    const char *at = (const char *)e + s->offset;

    if (!(e->flags & s->flag))
        Py_RETURN_NONE;
    if (s->type == INT32)
        return PyLong_FromLong(*(const int32_t *)at);
    return PyLong_FromUnsignedLongLong(s->type == UINT32 ? *(const uint32_t *)at
                                                        : *(const uint64_t *)at);
}

static PyObject *
get_gfid(PyObject *self, void *offset)
{
    const uint8_t *g = (const uint8_t *)&((struct event *)self)->is + (size_t)offset;
    static const uint8_t none[16];
    char text[37], *at = text;

    if (!memcmp(g, none, sizeof(none)))
        Py_RETURN_NONE;
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = "0123456789abcdef"[g[i] >> 4];
        *at++ = "0123456789abcdef"[g[i] & 15];
    }
    return PyUnicode_FromStringAndSize(text, at - text);
}

static PyObject *
get_names(PyObject *self, void *closure)
{
    uint32_t mask = ((struct event *)self)->is.mask;
    PyObject *names = PyList_New(0);

    (void)closure;
    for (uint32_t bit = 1; names && bit; bit <<= 1) {
        const char *text = mask & bit ? gnotify_event_name(bit) : NULL;
        PyObject *name = text ? PyUnicode_FromString(text) : NULL;

        if (text && (!name || PyList_Append(names, name)))
            Py_CLEAR(names);
        Py_XDECREF(name);
    }
    return names;
}

static PyObject *
event_repr(PyObject *self)
{
    PyObject *names = get_names(self, NULL), *path = NULL, *bar = NULL, *all = NULL, *text = NULL;

    if (names && (path = get_text(self, (void *)offsetof(struct gnotify_event, path))) &&
        (bar = PyUnicode_FromString("|")) && (all = PyUnicode_Join(bar, names)))
        text = PyUnicode_FromFormat("<Event %U %R>", all, path);
    Py_XDECREF(names);
    Py_XDECREF(path);
    Py_XDECREF(bar);
    Py_XDECREF(all);
    return text;
}

#define AT(member) offsetof(struct gnotify_event, member)
#define TEXT(member, doc)                                                              \
    {#member, get_text, NULL, doc, (void *)AT(member)},                                \
    {#member "_bytes", get_bytes, NULL, "The same as bytes.", (void *)AT(member)}
#define SOMETIMES(what, flag_, type_, doc)                                             \
    {#what, get_sometimes, NULL, doc,                                                  \
     &(struct sometimes){.flag = (flag_), .offset = AT(what), .type = (type_)}}
#define BIT(what, bit, doc) {#what, get_bit, NULL, doc, (void *)(uintptr_t)(bit)}
#define FLAG(what, flag, doc) {#what, get_flag, NULL, doc, (void *)(uintptr_t)(flag)}

static PyGetSetDef event_getset[] = {
    TEXT(name, "Below the watched folder: 'f' or 'a/b/f'; None: the watched file itself."),
    TEXT(path, "From the volume's root: '/dir/f'; None: could not be found out."),
    TEXT(client, "Who: GlusterFS's name of the client process."),
    TEXT(detail, "Of ATTRIB: the extended attribute; of GAP: brick and reason."),
    {"gfid", get_gfid, NULL, "The file's, as text; None.", (void *)AT(gfid)},
    {"parent", get_gfid, NULL, "The folder's, as text; None.", (void *)AT(parent)},
    SOMETIMES(offset, GNOTIFY_HAS_RANGE, UINT64, "First byte concerned by MODIFY; or None."),
    SOMETIMES(length, GNOTIFY_HAS_RANGE, UINT64, "How many bytes; or None."),
    SOMETIMES(pid, GNOTIFY_HAS_ACTOR, INT32, "The process, by its client's numbers; or None."),
    SOMETIMES(uid, GNOTIFY_HAS_ACTOR, UINT32, "Its user; or None."),
    SOMETIMES(gid, GNOTIFY_HAS_ACTOR, UINT32, "Its group; or None."),
    {"names", get_names, NULL, "['CREATE', 'ISDIR']: the words of mask.", NULL},
    BIT(is_dir, GNOTIFY_ISDIR, "It happened to a folder."),
    BIT(is_gap, GNOTIFY_GAP, "Changes of the time from gap_start to gap_end may be missing."),
    BIT(is_synthetic, GNOTIFY_SYNTHETIC, "Not recorded, but found out."),
    BIT(is_caught_up, GNOTIFY_CAUGHT_UP, "All that was recorded before the beginning was read."),
    BIT(is_crawled, GNOTIFY_CRAWLED, "All that crawls had to find was told."),
    FLAG(truncated, GNOTIFY_TRUNCATED, "MODIFY: the size was set, to offset."),
    FLAG(xattr_removed, GNOTIFY_XATTR_REMOVED, "ATTRIB: the attribute `detail` is gone."),
    FLAG(last_link, GNOTIFY_LAST_LINK, "DELETE: the file has no other name."),
    FLAG(linked, GNOTIFY_LINKED, "CREATE: another name of a file that was there."),
    FLAG(replaced, GNOTIFY_REPLACED, "MOVED_TO: what had that name before is gone."),
    FLAG(unplaced, GNOTIFY_UNPLACED, "Where it is could not be found out."),
    {NULL, NULL, NULL, NULL, NULL},
};

#define MEMBER(what, type, member, doc) {what, type, offsetof(struct event, is) + AT(member), READONLY, doc}

static PyMemberDef event_members[] = {
    MEMBER("wd", T_INT, wd, "The watch; -1: of the whole volume."),
    MEMBER("mask", T_UINT, mask, "What happened."),
    MEMBER("cookie", T_UINT, cookie, "The same in both events of a move; else 0."),
    MEMBER("number", T_ULONGLONG, number, "For ack(); never falls."),
    MEMBER("time", T_ULONGLONG, time, "ns since 1970 by the client's clock; 0: not known."),
    MEMBER("gap_start", T_ULONGLONG, from, "Of a gap: ns since 1970; 0: not known."),
    MEMBER("gap_end", T_ULONGLONG, to, "Of a gap: ns since 1970."),
    MEMBER("flags", T_UINT, flags, "GNOTIFY_HAS_… of gnotify.h."),
    {NULL, 0, 0, 0, NULL},
};

PyTypeObject event_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "gluster.gnotify.Event",
    .tp_doc = "One thing that happened; see docs/gnotify-python.md.",
    .tp_basicsize = offsetof(struct event, is),
    .tp_itemsize = 1,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_repr = event_repr,
    .tp_getset = event_getset,
    .tp_members = event_members,
};
