/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Iatt, what stat tells, with the names of os.stat_result; and StatVfs.
 */
#include "xlators/glupy/types.h"

#include <sys/statvfs.h>

/* ---- mode ------------------------------------------------------------------ */

static PyObject *
get_mode(PyObject *self, void *unused)
{
    struct iatt *iatt = view_address(self);

    (void)unused;
    return iatt ? PyLong_FromUnsignedLong(st_mode_from_ia(iatt->ia_prot, iatt->ia_type))
                : NULL;
}

/* Without type bits the type stays as it is. */
static int
set_mode(PyObject *self, PyObject *value, void *unused)
{
    struct iatt *iatt = view_address(self);
    int64_t mode;

    (void)unused;
    if (!iatt || number_read(value, "st_mode", 0, 0177777, &mode))
        return -1;
    iatt->ia_prot = ia_prot_from_st_mode((mode_t)mode);
    iatt->ia_flags |= IATT_MODE;
    if (mode & S_IFMT) {
        iatt->ia_type = ia_type_from_st_mode((mode_t)mode);
        iatt->ia_flags |= IATT_TYPE;
    }
    return 0;
}

static PyObject *
get_type(PyObject *self, void *unused)
{
    struct iatt *iatt = view_address(self);

    (void)unused;
    return iatt ? PyLong_FromLong(iatt->ia_type) : NULL;
}

static int
set_type(PyObject *self, PyObject *value, void *unused)
{
    struct iatt *iatt = view_address(self);
    int64_t type;

    (void)unused;
    if (!iatt || number_read(value, "ia_type", IA_INVAL, IA_IFSOCK, &type))
        return -1;
    iatt->ia_type = (ia_type_t)type;
    iatt->ia_flags |= IATT_TYPE;
    return 0;
}

static PyObject *
get_gfid(PyObject *self, void *unused)
{
    struct iatt *iatt = view_address(self);

    (void)unused;
    return iatt ? gfid_new(iatt->ia_gfid) : NULL;
}

static int
set_gfid(PyObject *self, PyObject *value, void *unused)
{
    struct iatt *iatt = view_address(self);

    (void)unused;
    if (!iatt || gfid_read(value, "ia_gfid", iatt->ia_gfid))
        return -1;
    iatt->ia_flags |= IATT_GFID;
    return 0;
}

/* ---- times ------------------------------------------------------------------- */

struct moment {
    const char *name, *name_ns;
    uint16_t seconds, nanoseconds;
    uint32_t flag;
};

static PyObject *
get_time(PyObject *self, void *closure)
{
    const struct moment *m = closure;
    const char *base = view_address(self);

    if (!base)
        return NULL;
    return PyFloat_FromDouble((double)*(const int64_t *)(base + m->seconds) +
                              1e-9 * *(const uint32_t *)(base + m->nanoseconds));
}

static void
put_time(char *base, const struct moment *m, int64_t seconds, uint32_t nanoseconds)
{
    memcpy(base + m->seconds, &seconds, sizeof(seconds));
    memcpy(base + m->nanoseconds, &nanoseconds, sizeof(nanoseconds));
    ((struct iatt *)base)->ia_flags |= m->flag;
}

static int
set_time(PyObject *self, PyObject *value, void *closure)
{
    const struct moment *m = closure;
    char *base = view_address(self);

    if (!base)
        return -1;
    if (!value) {
        PyErr_Format(PyExc_TypeError, "%s cannot be deleted", m->name);
        return -1;
    }
    if (PyFloat_Check(value)) {
        double t = PyFloat_AS_DOUBLE(value);

        if (!(t > -9e18 && t < 9e18)) {
            PyErr_Format(PyExc_OverflowError, "%s: %R is no time", m->name, value);
            return -1;
        }
        int64_t whole = (int64_t)t - ((double)(int64_t)t > t);
        uint32_t ns = (uint32_t)((t - (double)whole) * 1e9);

        put_time(base, m, whole, ns > 999999999 ? 999999999 : ns);
        return 0;
    }
    int64_t seconds;

    if (number_read(value, m->name, INT64_MIN, INT64_MAX, &seconds))
        return -1;
    put_time(base, m, seconds, 0);
    return 0;
}

static PyObject *
get_time_ns(PyObject *self, void *closure)
{
    const struct moment *m = closure;
    const char *base = view_address(self);

    if (!base)
        return NULL;
    int64_t seconds = *(const int64_t *)(base + m->seconds), all;
    uint32_t ns = *(const uint32_t *)(base + m->nanoseconds);

    if (!__builtin_mul_overflow(seconds, (int64_t)1000000000, &all) &&
        !__builtin_add_overflow(all, (int64_t)ns, &all))
        return PyLong_FromLongLong(all);
    AUTO_PY PyObject *s = PyLong_FromLongLong(seconds);
    AUTO_PY PyObject *billion = PyLong_FromLong(1000000000);
    AUTO_PY PyObject *product = s && billion ? PyNumber_Multiply(s, billion) : NULL;
    AUTO_PY PyObject *rest = PyLong_FromUnsignedLong(ns);

    return product && rest ? PyNumber_Add(product, rest) : NULL;
}

static int
set_time_ns(PyObject *self, PyObject *value, void *closure)
{
    const struct moment *m = closure;
    char *base = view_address(self);
    int64_t ns;

    if (!base || number_read(value, m->name_ns, INT64_MIN, INT64_MAX, &ns))
        return -1;
    int64_t seconds = ns / 1000000000, rest = ns % 1000000000;

    if (rest < 0) {
        rest += 1000000000;
        seconds--;
    }
    put_time(base, m, seconds, (uint32_t)rest);
    return 0;
}

/* ---- os.stat_result ------------------------------------------------------------ */

static int
add_float_and_ns(PyObject *self, PyObject *dict, const char *name, const char *name_ns)
{
    AUTO_PY PyObject *seconds = PyObject_GetAttrString(self, name);
    AUTO_PY PyObject *ns = PyObject_GetAttrString(self, name_ns);

    if (!seconds || !ns || PyDict_SetItemString(dict, name, seconds))
        return -1;
    return PyDict_SetItemString(dict, name_ns, ns);
}

static int
add_number(PyObject *self, PyObject *dict, const char *name)
{
    AUTO_PY PyObject *value = PyObject_GetAttrString(self, name);

    return value ? PyDict_SetItemString(dict, name, value) : -1;
}

static PyObject *
stat_result(PyObject *self, PyObject *unused)
{
    struct iatt *iatt = view_address(self);

    (void)unused;
    if (!iatt)
        return NULL;
    AUTO_PY PyObject *os = PyImport_ImportModule("os");
    AUTO_PY PyObject *dict = PyDict_New();

    if (!os || !dict || add_float_and_ns(self, dict, "st_atime", "st_atime_ns") ||
        add_float_and_ns(self, dict, "st_mtime", "st_mtime_ns") ||
        add_float_and_ns(self, dict, "st_ctime", "st_ctime_ns") ||
        add_number(self, dict, "st_blksize") || add_number(self, dict, "st_blocks") ||
        add_number(self, dict, "st_rdev"))
        return NULL;
    AUTO_PY PyObject *ten = Py_BuildValue(
        "IKKIIIKLLL", st_mode_from_ia(iatt->ia_prot, iatt->ia_type),
        (unsigned long long)iatt->ia_ino, (unsigned long long)iatt->ia_dev,
        iatt->ia_nlink, iatt->ia_uid, iatt->ia_gid, (unsigned long long)iatt->ia_size,
        (long long)iatt->ia_atime, (long long)iatt->ia_mtime, (long long)iatt->ia_ctime);

    return ten ? PyObject_CallMethod(os, "stat_result", "OO", ten, dict) : NULL;
}

static PyObject *
iatt_copy(PyObject *self, PyObject *unused)
{
    struct iatt *iatt = view_address(self);
    struct view *v = iatt ? view_new_memory(KIND_IATT, sizeof(*iatt)) : NULL;

    (void)unused;
    if (v)
        memcpy(((struct own *)v->p)->memory, iatt, sizeof(*iatt));
    return (PyObject *)v;
}

static PyObject *
iatt_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *self = (PyObject *)view_new_memory(KIND_IATT, sizeof(struct iatt));

    (void)type;
    if (self && attributes_set(self, args, kwargs))
        Py_CLEAR(self);
    return self;
}

static PyObject *
iatt_repr(PyObject *self)
{
    struct iatt *iatt = view_address(self);
    char mode[16], gfid[40];

    if (!iatt)
        return NULL;
    snprintf(mode, sizeof(mode), "%o", st_mode_from_ia(iatt->ia_prot, iatt->ia_type));
    uuid_utoa_r(iatt->ia_gfid, gfid);
    return PyUnicode_FromFormat(
        "Iatt(st_mode=0o%s, st_ino=%llu, st_nlink=%u, st_uid=%u, st_gid=%u, st_size=%llu, "
        "ia_gfid='%s')", mode, (unsigned long long)iatt->ia_ino, iatt->ia_nlink,
        iatt->ia_uid, iatt->ia_gid, (unsigned long long)iatt->ia_size, gfid);
}

/* A number, with the bit that says it is there. */
struct flagged {
    struct number number; /* first: it is a number_get's closure */
    uint32_t flag;
};

static int
set_flagged(PyObject *self, PyObject *value, void *closure)
{
    const struct flagged *f = closure;
    struct iatt *iatt = view_address(self);

    if (!iatt || number_set(self, value, closure))
        return -1;
    iatt->ia_flags |= f->flag;
    return 0;
}

#define FLAGGED(name, member, flag, doc)                                          \
    {name, number_get, set_flagged, doc,                                          \
     &(struct flagged){{name, offsetof(struct iatt, member),                      \
                        sizeof(((struct iatt *)0)->member), false}, flag}}
#define MOMENT(x, flag)                                                           \
    &(struct moment){"st_" #x, "st_" #x "_ns", offsetof(struct iatt, ia_##x),                     \
                     offsetof(struct iatt, ia_##x##_nsec), flag}
#define TIME(x, flag, doc)                                                        \
    {"st_" #x, get_time, set_time, doc, MOMENT(x, flag)},                         \
    {"st_" #x "_ns", get_time_ns, set_time_ns, doc ", in nanoseconds", MOMENT(x, flag)}

static PyGetSetDef iatt_attributes[] = {
    {"st_mode", get_mode, set_mode,
     "Type and permissions, as of os.stat. Set without type bits, the type stays.", NULL},
    FLAGGED("st_ino", ia_ino, IATT_INO, "Inode number."),
    FLAGGED("st_dev", ia_dev, 0, "The brick's device."),
    FLAGGED("st_nlink", ia_nlink, IATT_NLINK, "Number of hard links."),
    FLAGGED("st_uid", ia_uid, IATT_UID, "The owner's number."),
    FLAGGED("st_gid", ia_gid, IATT_GID, "The group's number."),
    FLAGGED("st_size", ia_size, IATT_SIZE, "Size in bytes."),
    FLAGGED("st_blksize", ia_blksize, 0, "Good size of one read or write, in bytes."),
    FLAGGED("st_blocks", ia_blocks, IATT_BLOCKS, "Number of 512-byte blocks allocated."),
    FLAGGED("st_rdev", ia_rdev, 0, "The device that a device file stands for."),
    TIME(atime, IATT_ATIME, "Last access, in seconds"),
    TIME(mtime, IATT_MTIME, "Last change of the contents, in seconds"),
    TIME(ctime, IATT_CTIME, "Last change of the inode, in seconds"),
    TIME(btime, IATT_BTIME, "Creation, in seconds"),
    {"ia_gfid", get_gfid, set_gfid, "The file's gfid: bytes of length 16.", NULL},
    {"ia_type", get_type, set_type, "GlusterFS's type of file: IA_IFREG, IA_IFDIR ….", NULL},
    NUMBER(struct iatt, ia_flags, "ia_flags",
           "Which members are valid, as bits; setting an attribute sets its bit."),
    NUMBER(struct iatt, ia_attributes, "ia_attributes", "Attributes of chattr, as statx."),
    NUMBER(struct iatt, ia_attributes_mask, "ia_attributes_mask",
           "Which of ia_attributes the file system knows."),
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef iatt_methods[] = {
    {"stat_result", stat_result, METH_NOARGS,
     "stat_result()\n--\n\nThe same as an os.stat_result."},
    {"copy", iatt_copy, METH_NOARGS,
     "copy()\n--\n\nAn Iatt of its own, that changes with nothing else."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject iatt_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "gluster.glupy.native.Iatt",
    .tp_basicsize = sizeof(struct view),
    .tp_dealloc = view_dealloc,
    .tp_repr = iatt_repr,
    .tp_new = iatt_new,
    .tp_getset = iatt_attributes,
    .tp_methods = iatt_methods,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "Iatt(**attributes)\n--\n\n"
              "What stat tells of a file: attributes as of os.stat_result, which can be "
              "set. Iatt(st_mode=0o100644, st_size=3) makes one; what is not given is 0.",
};

/* ---- StatVfs --------------------------------------------------------------------- */

static PyObject *
statvfs_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *self = (PyObject *)view_new_memory(KIND_STATVFS, sizeof(struct statvfs));

    (void)type;
    if (self && attributes_set(self, args, kwargs))
        Py_CLEAR(self);
    return self;
}

#define F(name, doc) NUMBER(struct statvfs, name, #name, doc)
static PyGetSetDef statvfs_attributes[] = {
    F(f_bsize, "Block size, in bytes."),
    F(f_frsize, "Fragment size, in bytes: the unit of f_blocks, f_bfree and f_bavail."),
    F(f_blocks, "Size of the file system, in fragments."),
    F(f_bfree, "Free fragments."),
    F(f_bavail, "Free fragments for users other than root."),
    F(f_files, "Number of inodes."),
    F(f_ffree, "Free inodes."),
    F(f_favail, "Free inodes for users other than root."),
    F(f_fsid, "The file system's number."),
    F(f_flag, "Mount flags."),
    F(f_namemax, "The longest file name, in bytes."),
    {NULL, NULL, NULL, NULL, NULL},
};
#undef F

static PyObject *
statvfs_repr(PyObject *self)
{
    struct statvfs *s = view_address(self);

    return s ? PyUnicode_FromFormat("StatVfs(f_bsize=%lu, f_blocks=%lu, f_bfree=%lu)",
                                    s->f_bsize, (unsigned long)s->f_blocks,
                                    (unsigned long)s->f_bfree)
             : NULL;
}

PyTypeObject statvfs_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "gluster.glupy.native.StatVfs",
    .tp_basicsize = sizeof(struct view),
    .tp_dealloc = view_dealloc,
    .tp_repr = statvfs_repr,
    .tp_new = statvfs_new,
    .tp_getset = statvfs_attributes,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "StatVfs(**attributes)\n--\n\n"
              "What statfs tells of a file system: attributes as of os.statvfs_result, "
              "which can be set.",
};
