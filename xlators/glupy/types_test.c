/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Runs types_test.py, or the file that is its argument, in an interpreter that has the
 * native types and, as _probe, requests of every operation to look at.
 */
#include "xlators/glupy/types.h"
#include "xlators/glupy/native.h"

#include "xlators/drive/graph.h"
#include "xlators/glupy/context.h"

#include <sys/statvfs.h>

static struct drive_graph graph;
static struct glupy instance;
static inode_t *directory, *file;

/* ---- samples --------------------------------------------------------------- */

static dict_t *
sample_dict(void)
{
    dict_t *dict = dict_new();

    if (!dict || dict_set_str(dict, "text", "abc") || dict_set_int64(dict, "number", -7))
        abort();
    return dict;
}

static struct iatt
sample_iatt(void)
{
    struct iatt iatt = {.ia_ino = 42, .ia_size = 4096, .ia_nlink = 1, .ia_uid = 1000,
                        .ia_mtime = 1700000000, .ia_mtime_nsec = 5, .ia_type = IA_IFREG,
                        .ia_prot = ia_prot_from_st_mode(0644)};

    memset(iatt.ia_gfid, 7, sizeof(uuid_t));
    return iatt;
}

static void
fill_entries(gf_dirent_t *head)
{
    static const char *const names[] = {"one", "two", "three", "\xff\xfe", "five"};

    for (int i = 0; i < 5; i++) {
        gf_dirent_t *entry = gf_dirent_for_name(names[i]);

        entry->d_ino = (uint64_t)i + 1;
        entry->d_off = (uint64_t)i * 10;
        entry->d_type = 8;
        if (i != 4) {
            entry->d_stat = sample_iatt();
            entry->inode = inode_ref(file);
            entry->dict = sample_dict();
        }
        list_add_tail(&entry->list, &head->list);
    }
}

static void
fill_locks(lock_migration_info_t *head)
{
    for (int i = 0; i < 2; i++) {
        lock_migration_info_t *lock = GF_CALLOC(1, sizeof(*lock), gf_common_mt_lock_mig);

        lock->flock.l_len = i + 1;
        lock->client_uid = gf_strdup("client");
        lock->lk_flags = (uint32_t)i;
        list_add_tail(&lock->list, &head->list);
    }
}

/* What a child, or who winds, would pass. It is held by request_new or values_hold_all,
 * and then ours again. */
struct samples {
    loc_t loc;
    struct iatt iatt;
    struct gf_flock flock;
    struct gf_lease lease;
    struct statvfs statvfs;
    struct iovec vector[2];
    struct iobref *iobref;
    lock_migration_info_t locks;
    unsigned char checksum[32];
    fd_t *fd;
    dict_t *dict;
    gf_dirent_t entries; /* last: it has a flexible array */
};

static void
make_vector(struct samples *s)
{
    struct iobuf *iobuf = iobuf_get2(graph.ctx->iobuf_pool, 4096);

    s->iobref = iobref_new();
    iobref_add(s->iobref, iobuf);
    memset(iobuf_ptr(iobuf), 'a', 100);
    memset((char *)iobuf_ptr(iobuf) + 100, 'b', 50);
    s->vector[0] = (struct iovec){iobuf_ptr(iobuf), 100};
    s->vector[1] = (struct iovec){(char *)iobuf_ptr(iobuf) + 100, 50};
    iobuf_unref(iobuf);
}

static void
make_samples(struct samples *s)
{
    memset(s, 0, sizeof(*s));
    s->loc = (loc_t){.path = "/dir/f\xe9", .name = "f\xe9", .inode = file, .parent = directory};
    memcpy(s->loc.gfid, file->gfid, sizeof(uuid_t));
    s->iatt = sample_iatt();
    s->flock = (struct gf_flock){.l_type = 1, .l_start = 5, .l_len = 10, .l_pid = 77,
                                 .l_owner = {3, "own"}};
    s->lease = (struct gf_lease){.cmd = 2, .lease_type = 1};
    s->statvfs = (struct statvfs){.f_bsize = 4096, .f_blocks = 100};
    make_vector(s);
    INIT_LIST_HEAD(&s->entries.list);
    fill_entries(&s->entries);
    INIT_LIST_HEAD(&s->locks.list);
    fill_locks(&s->locks);
    memset(s->checksum, 9, sizeof(s->checksum));
    s->fd = fd_create(file, 1);
    s->dict = sample_dict();
}

static void
drop_samples(struct samples *s)
{
    iobref_unref(s->iobref);
    gf_dirent_free(&s->entries);
    values_free_locks(&s->locks);
    fd_unref(s->fd);
    dict_unref(s->dict);
}

static union value
sample(struct samples *s, enum kind kind, unsigned i, const struct param *params)
{
    if (i && params[i - 1].kind == KIND_VECTOR)
        return (union value){.i = 2};
    switch (kind) {
    case KIND_STR:
        return (union value){.p = "text\xff"};
    case KIND_LOC:
        return (union value){.p = &s->loc};
    case KIND_FD:
        return (union value){.p = s->fd};
    case KIND_INODE:
        return (union value){.p = file};
    case KIND_DICT:
        return (union value){.p = s->dict};
    case KIND_IATT:
        return (union value){.p = &s->iatt};
    case KIND_FLOCK:
        return (union value){.p = &s->flock};
    case KIND_VECTOR:
        return (union value){.p = s->vector};
    case KIND_IOBREF:
        return (union value){.p = s->iobref};
    case KIND_LEASE:
        return (union value){.p = &s->lease};
    case KIND_DIRENTS:
        return (union value){.p = &s->entries};
    case KIND_STATVFS:
        return (union value){.p = &s->statvfs};
    case KIND_CHECKSUM:
        return (union value){.p = s->checksum};
    case KIND_LOCKS:
        return (union value){.p = &s->locks};
    default:
        return (union value){.i = 3};
    }
}

/* ---- _probe --------------------------------------------------------------------- */

static void
drop_request(PyObject *capsule)
{
    struct request *r = PyCapsule_GetPointer(capsule, "request");

    call_frame_t *frame = r->frame;

    view_vectors_end(r);
    watchdog_remove(r);
    errand_unref(r);
    STACK_DESTROY(frame->root);
}

static struct request *
request_of(PyObject *capsule)
{
    return PyCapsule_GetPointer(capsule, "request");
}

/* The values as a dict, and the request's capsule. */
static PyObject *
show(struct request *r, const struct shown *shown, const struct param *params,
     const union value *values)
{
    PyObject *dict = PyDict_New();

    for (unsigned i = 0; dict && i < shown->count; i++) {
        AUTO_PY PyObject *value = marshal_to_python(r, params, values, shown->index[i]);

        if (!value || PyDict_SetItem(dict, shown->name[i], value))
            Py_CLEAR(dict);
    }
    PyObject *capsule = PyCapsule_New(r, "request", drop_request);

    return dict && capsule ? Py_BuildValue("NN", capsule, dict) : NULL;
}

static struct request *
new_request(int fop)
{
    struct request *r = request_new(&instance, NULL, drive_frame_new(&graph, fop), fop, NULL,
                                    false);

    if (!r)
        abort();
    r->first.r = r;
    r->first.fop = fop;
    return r;
}

/* sample(fop, answer=True) -> (request, {name: object}) */
static PyObject *
probe_sample(PyObject *module, PyObject *args)
{
    const char *name;
    int answer = 1;
    struct samples s;
    union value v[VALUES_MAX];

    (void)module;
    if (!PyArg_ParseTuple(args, "s|p", &name, &answer))
        return NULL;
    int fop = native_fop(name);

    if (fop < 0)
        return NULL;
    const struct fop *f = &glupy_fops[fop];
    const struct param *params = answer ? f->res : f->args;
    unsigned count = answer ? f->resc : f->argc;
    struct request *r = new_request(fop);
    struct values *values = answer ? &r->first.res : &r->args;

    make_samples(&s);
    for (unsigned i = 0; i < count; i++)
        v[i] = sample(&s, params[i].kind, i, params);
    if (values_hold_all(values, params, count, v, NULL))
        abort();
    drop_samples(&s);
    if (answer)
        r->first.has_res = true;
    else
        r->has_args = true;
    return show(r, answer ? shown_results(fop) : shown_args(fop), params, values->v);
}

static int
read_values(const struct shown *shown, const struct param *params, PyObject *dict,
            union value *v, PyObject **keep)
{
    memset(v, 0, VALUES_MAX * sizeof(*v));
    for (unsigned i = 0; i < shown->count; i++) {
        PyObject *value = PyDict_GetItem(dict, shown->name[i]);

        if (value && marshal_from_python(value, params, shown->index[i], v,
                                         &keep[shown->index[i]]))
            return -1;
    }
    return 0;
}

/* hold(fop, {name: object}) -> another request with these in its answer */
static PyObject *
probe_hold(PyObject *module, PyObject *args)
{
    const char *name;
    PyObject *dict, *keep[VALUES_MAX] = {NULL};
    union value v[VALUES_MAX];

    (void)module;
    if (!PyArg_ParseTuple(args, "sO!", &name, &PyDict_Type, &dict))
        return NULL;
    int fop = native_fop(name);

    if (fop < 0)
        return NULL;
    const struct fop *f = &glupy_fops[fop];
    int err = read_values(shown_results(fop), f->res, dict, v, keep);
    struct request *r = err ? NULL : new_request(fop);

    if (r) {
        values_init(&r->first.res);
        r->first.has_res = true;
        for (unsigned i = 0; i < f->resc; i++) {
            if (values_hold(&r->first.res, i, f->res[i].kind, v[i],
                            i + 1 < f->resc ? v[i + 1] : (union value){0}))
                abort();
        }
    }
    for (unsigned i = 0; i < VALUES_MAX; i++)
        Py_XDECREF(keep[i]);
    return r ? show(r, shown_results(fop), f->res, r->first.res.v) : NULL;
}

/* give(request): as if it were unwound; what its entries look like to who gets them */
static PyObject *
probe_give(PyObject *module, PyObject *capsule)
{
    struct request *r = request_of(capsule);
    const struct fop *f = &glupy_fops[r->fop];
    PyObject *list = PyList_New(0);
    gf_dirent_t *entry;

    (void)module;
    values_give(&r->first.res, f->res, f->resc);
    if (f->res[0].kind != KIND_DIRENTS)
        return list;
    list_for_each_entry(entry, &((gf_dirent_t *)r->first.res.v[0].p)->list, list)
    {
        AUTO_PY PyObject *item = Py_BuildValue(
            "NKKIK", text_new(entry->d_name), (unsigned long long)entry->d_ino,
            (unsigned long long)entry->d_off, entry->d_type,
            (unsigned long long)entry->d_stat.ia_size);

        if (!item || PyList_Append(list, item))
            return NULL;
    }
    return list;
}

/* graph_is_gone(yes) */
static PyObject *
probe_graph_is_gone(PyObject *module, PyObject *yes)
{
    (void)module;
    atomic_store(&instance.gone, PyObject_IsTrue(yes));
    Py_RETURN_NONE;
}

static PyObject *
probe_revoke(PyObject *module, PyObject *vector)
{
    (void)module;
    view_vector_revoke(vector);
    Py_RETURN_NONE;
}

/* inode_refs(): how many there are to the sample file */
static PyObject *
probe_inode_refs(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    return PyLong_FromUnsignedLong(file->ref);
}

/* time(fop, name, rounds): nanoseconds to make one object and drop it */
static PyObject *
probe_time(PyObject *module, PyObject *args)
{
    PyObject *capsule;
    int kind;
    unsigned rounds;

    (void)module;
    if (!PyArg_ParseTuple(args, "OiI", &capsule, &kind, &rounds))
        return NULL;
    struct request *r = request_of(capsule);
    struct timespec before, after;

    clock_gettime(CLOCK_MONOTONIC, &before);
    for (unsigned i = 0; i < rounds; i++)
        Py_XDECREF(view_new((enum kind)kind, r, &graph));
    clock_gettime(CLOCK_MONOTONIC, &after);
    return PyFloat_FromDouble(((double)(after.tv_sec - before.tv_sec) * 1e9 +
                               (double)(after.tv_nsec - before.tv_nsec)) / rounds);
}

static PyMethodDef functions[] = {
    {"sample", probe_sample, METH_VARARGS, NULL}, {"hold", probe_hold, METH_VARARGS, NULL},
    {"give", probe_give, METH_O, NULL},           {"graph_is_gone", probe_graph_is_gone, METH_O, NULL},
    {"revoke", probe_revoke, METH_O, NULL},
    {"inode_refs", probe_inode_refs, METH_NOARGS, NULL},
    {"time", probe_time, METH_VARARGS, NULL},     {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "_probe", .m_size = -1, .m_methods = functions};

static PyObject *
probe_init(void)
{
    return PyModule_Create(&definition);
}

#ifdef __SANITIZE_ADDRESS__
/* GlusterFS leaves some of its own behind. Seen by the sanitizer, though the rest of
 * this program hides its names. */
const char *
__lsan_default_suppressions(void) __attribute__((visibility("default")));
const char *
__lsan_default_suppressions(void)
{
    return "leak:__gf_calloc\nleak:__gf_malloc\n";
}
#endif

/* ---- the program ------------------------------------------------------------------- */

static int
start_graph(void)
{
    char why[256], path[] = "/tmp/types_test.XXXXXX";
    static const char volfile[] = "volume sink\n    type debug/sink\n    option none 1\nend-volume\n"
        "volume top\n    type debug/trace\n    subvolumes sink\nend-volume\n";
    int fd = mkstemp(path);

    if (fd < 0 || write(fd, volfile, sizeof(volfile) - 1) < 0)
        return -1;
    close(fd);
    int err = drive_graph_open(&graph, path, "gfapi.types_test", "-", GF_LOG_ERROR, why,
                               sizeof(why));

    unlink(path);
    if (err) {
        fprintf(stderr, "types_test: %s\n", why);
        return -1;
    }
    instance.xl = graph.top;
    instance.contexts = contexts_new(&instance);
    graph.top->private = &instance;
    directory = inode_new(graph.inodes);
    file = inode_new(graph.inodes);
    memset(directory->gfid, 1, sizeof(uuid_t));
    memset(file->gfid, 2, sizeof(uuid_t));
    directory->ia_type = IA_IFDIR;
    file->ia_type = IA_IFREG;
    return 0;
}

static int
run(const char *path)
{
    PyConfig config;
    PyPreConfig pre;

    PyPreConfig_InitIsolatedConfig(&pre);
    pre.utf8_mode = 1;
#ifdef __SANITIZE_ADDRESS__
    pre.allocator = PYMEM_ALLOCATOR_MALLOC; /* so that it sees every object */
#endif
    if (PyStatus_Exception(Py_PreInitialize(&pre)))
        return -1;
    PyImport_AppendInittab("_glupy", classic_init);
    PyImport_AppendInittab("_probe", probe_init);
    PyConfig_InitIsolatedConfig(&config);
    config.site_import = 0;
    config.write_bytecode = 0;
    PyConfig_SetBytesString(&config, &config.home, PYTHON_HOME);
    PyConfig_SetBytesString(&config, &config.program_name, PYTHON3);
    PyConfig_SetBytesString(&config, &config.run_filename, path);
    if (PyStatus_Exception(Py_InitializeFromConfig(&config)))
        return -1;
    PyConfig_Clear(&config);
    return Py_RunMain();
}

int
main(int argc, char **argv)
{
    const char *folder = getenv("srcdir");
    char path[4096];

    snprintf(path, sizeof(path), "%s/xlators/glupy/types_test.py", folder ? folder : ".");
    if (start_graph())
        return 1;
    int status = run(argc > 1 ? argv[1] : path);

    fflush(NULL);
    _exit(status); /* GlusterFS's threads still run */
}
