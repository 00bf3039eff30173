/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * inode.ctx and fd.ctx. GlusterFS keeps a number per translator in each inode and fd; here
 * it is the address of a struct context, or MARK: only the end is to be told. GlusterFS
 * tells of the end on any thread, which must not wait for Python: a worker does the rest.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "xlators/glupy/context.h"

#include "common/cleanup.h"

enum { MARK = 1, ENDS_AT_ONCE = 256 };

struct context {
    PyObject *object; /* a reference, or NULL */
    struct context *next, **link; /* all of the instance's; GIL */
};

/* An inode or fd that has gone. */
struct ended {
    struct ended *next;
    enum end end;
    uuid_t gfid;
    struct context *context; /* or NULL */
};

struct contexts {
    struct glupy *g;
    struct context *all;     /* GIL */
    struct context *emptied; /* their objects were dropped with the graph; GIL */
    pthread_mutex_t lock;
    struct ended *ended, **ended_end; /* lock */
    bool queued;                      /* lock: work is with the workers */
    bool drop;                        /* lock */
    atomic_bool dropped;
    struct job work;
};

static void work(struct job *job);

static const char *const names[END_COUNT] = {"forget", "release", "releasedir"};

struct contexts *
contexts_new(struct glupy *g)
{
    struct contexts *contexts = calloc(1, sizeof(*contexts));

    if (!contexts)
        return NULL;
    contexts->g = g;
    contexts->ended_end = &contexts->ended;
    contexts->work.run = work;
    pthread_mutex_init(&contexts->lock, NULL);
    return contexts;
}

/* ---- the numbers ----------------------------------------------------------- */

static uint64_t
number_locked(xlator_t *xl, enum kind kind, void *p)
{
    uint64_t number = 0;

    if (kind == KIND_INODE)
        __inode_ctx_get0(p, xl, &number);
    else
        __fd_ctx_get(p, xl, &number);
    return number;
}

static int
set_number_locked(xlator_t *xl, enum kind kind, void *p, uint64_t number)
{
    return kind == KIND_INODE ? __inode_ctx_set0(p, xl, &number)
                              : __fd_ctx_set(p, xl, number);
}

static gf_lock_t *
lock_of(enum kind kind, void *p)
{
    return kind == KIND_INODE ? &((inode_t *)p)->lock : &((fd_t *)p)->lock;
}

static struct context *
find(struct glupy *g, enum kind kind, void *p)
{
    LOCK(lock_of(kind, p));
    uint64_t number = number_locked(g->xl, kind, p);

    UNLOCK(lock_of(kind, p));
    return number > MARK ? (struct context *)(uintptr_t)number : NULL;
}

static void
mark(struct glupy *g, enum kind kind, void *p)
{
    LOCK(lock_of(kind, p));
    if (!number_locked(g->xl, kind, p))
        set_number_locked(g->xl, kind, p, MARK);
    UNLOCK(lock_of(kind, p));
}

/* ---- for Python -------------------------------------------------------------- */

PyObject *
context_get(struct glupy *g, enum kind kind, void *p)
{
    const struct context *context = find(g, kind, p);

    return context ? context->object : NULL;
}

static void
unlink_context(struct context *context)
{
    *context->link = context->next;
    if (context->next)
        context->next->link = context->link;
}

static void
link_context(struct context *context, struct context **list)
{
    context->next = *list;
    context->link = list;
    if (context->next)
        context->next->link = &context->next;
    *list = context;
}

static struct context *
add(struct glupy *g, enum kind kind, void *p)
{
    struct contexts *contexts = g->contexts;
    struct context *context = calloc(1, sizeof(*context));

    if (!context)
        return NULL;
    LOCK(lock_of(kind, p));
    int err = set_number_locked(g->xl, kind, p, (uintptr_t)context);

    UNLOCK(lock_of(kind, p));
    if (err) {
        free(context);
        return NULL;
    }
    link_context(context, &contexts->all);
    return context;
}

int
context_set(struct glupy *g, enum kind kind, void *p, PyObject *object)
{
    struct context *context = find(g, kind, p);

    if (!context && !object)
        return 0;
    if (!context && !(context = add(g, kind, p))) {
        PyErr_NoMemory();
        return -1;
    }
    Py_XSETREF(context->object, Py_XNewRef(object));
    return 0;
}

void
context_handle(struct code *code, enum end end, PyObject *handler)
{
    Py_XSETREF(code->ends[end], handler);
    for (int i = 0; i < GF_FOP_MAXVALUE; i++) {
        const struct fop *f = &glupy_fops[i];

        for (unsigned n = 0; n < f->resc; n++) {
            enum kind kind = f->res[n].kind;
            bool file = i == GF_FOP_OPENDIR ? end == END_RELEASEDIR : end == END_RELEASE;

            if ((kind == KIND_FD && file) ||
                ((kind == KIND_INODE || kind == KIND_DIRENTS) && end == END_FORGET))
                code->marks[i] = true;
        }
    }
}

/* handle_end(c_this, "forget", "release" or "releasedir", function) */
static PyObject *
handle_end(PyObject *module, PyObject *args)
{
    PyObject *c_this, *function;
    const char *name;

    (void)module;
    if (!PyArg_ParseTuple(args, "OsO", &c_this, &name, &function))
        return NULL;
    struct code *code = classic_code(c_this);

    if (!code)
        return NULL;
    for (int i = 0; i < END_COUNT; i++) {
        if (strcmp(names[i], name))
            continue;
        context_handle(code, (enum end)i, Py_NewRef(function));
        Py_RETURN_NONE;
    }
    return PyErr_Format(PyExc_ValueError, "nothing ends with %s", name);
}

int
context_init(PyObject *module)
{
    static PyMethodDef functions[] = {
        {"handle_end", handle_end, METH_VARARGS, NULL},
        {NULL, NULL, 0, NULL},
    };

    return PyModule_AddFunctions(module, functions);
}

/* ---- answers ------------------------------------------------------------------- */

static void
mark_entries(struct glupy *g, gf_dirent_t *head)
{
    gf_dirent_t *entry;

    list_for_each_entry(entry, &head->list, list)
    {
        if (entry->inode)
            mark(g, KIND_INODE, entry->inode);
    }
}

void
context_mark(struct glupy *g, glusterfs_fop_t fop, const union value *res)
{
    const struct fop *f = &glupy_fops[fop];

    for (unsigned i = 0; i < f->resc; i++) {
        enum kind kind = f->res[i].kind;

        if ((kind == KIND_INODE || kind == KIND_FD) && res[i].p)
            mark(g, kind, res[i].p);
        else if (kind == KIND_DIRENTS && res[i].p)
            mark_entries(g, res[i].p);
    }
}

/* A fop that Python does not see. Its address plus one is the cookie, where a request's
 * is that of a struct call. */
struct passing {
    struct glupy *g;
    call_frame_t *frame;
    glusterfs_fop_t fop;
};

void
context_tail(struct glupy *g, glusterfs_fop_t fop, call_frame_t *frame, xlator_t *child,
             const union value *args)
{
    const struct fop *f = &glupy_fops[fop];
    struct passing *passing = malloc(sizeof(*passing));

    if (!passing) {
        f->tail(frame, child, args);
        return;
    }
    *passing = (struct passing){g, frame, fop};
    f->wind(frame, (char *)passing + 1, child, args);
}

bool
context_answered(void *cookie, int32_t op_ret, int32_t op_errno, const union value *res)
{
    if (!((uintptr_t)cookie & 1))
        return false;
    AUTO_FREE struct passing *passing = (struct passing *)((char *)cookie - 1);

    if (op_ret >= 0)
        context_mark(passing->g, passing->fop, res);
    glupy_fops[passing->fop].unwind(passing->frame, op_ret, op_errno, res);
    return true;
}

/* ---- the end --------------------------------------------------------------------- */

/* Under contexts->lock: has a worker come, once. */
static void
queue(struct contexts *contexts)
{
    if (!contexts->queued)
        worker_queue_job(&contexts->work);
    contexts->queued = true;
}

static void
tell(struct glupy *g, const struct ended *ended)
{
    static const uuid_t none;
    const struct code *code = atomic_load(&g->code);
    PyObject *handler = code ? code->ends[ended->end] : NULL;

    if (!handler || atomic_load(&g->contexts->dropped) ||
        !memcmp(ended->gfid, none, sizeof(uuid_t)))
        return; /* the last: it never became a file */
    PyObject *object = ended->context ? ended->context->object : NULL;
    Py_INCREF(handler); /* the module may be dropped meanwhile */
    PyObject *result = PyObject_CallFunction(handler, "y#O", (const char *)ended->gfid,
                                             (Py_ssize_t)sizeof(uuid_t),
                                             object ? object : Py_None);

    if (!result)
        python_log_error(g, names[ended->end]);
    Py_XDECREF(result);
    Py_DECREF(handler);
}

static void
bury(struct contexts *contexts, struct ended *ended)
{
    struct context *context = ended->context;

    tell(contexts->g, ended);
    if (context) {
        unlink_context(context);
        Py_XDECREF(context->object);
        free(context);
    }
    free(ended);
}

static void
drop_objects(struct contexts *contexts)
{
    /* a destructor may take others away: from the front, each once */
    while (contexts->all) {
        struct context *context = contexts->all;

        unlink_context(context);
        link_context(context, &contexts->emptied);
        Py_CLEAR(context->object);
    }
}

/* Some of what has ended, and then the worker's other work, which may be requests. */
static void
work(struct job *job)
{
    struct contexts *contexts =
        (struct contexts *)((char *)job - offsetof(struct contexts, work));
    xlator_t *before = THIS;

    THIS = glupy_this(contexts->g);
    pthread_mutex_lock(&contexts->lock);
    for (int i = 0; contexts->ended && i < ENDS_AT_ONCE; i++) {
        struct ended *ended = contexts->ended;

        contexts->ended = ended->next;
        if (!contexts->ended)
            contexts->ended_end = &contexts->ended;
        pthread_mutex_unlock(&contexts->lock);
        bury(contexts, ended);
        pthread_mutex_lock(&contexts->lock);
    }
    bool drop = contexts->drop && !contexts->ended;

    contexts->queued = false;
    if (drop)
        contexts->drop = false;
    if (contexts->ended)
        queue(contexts);
    pthread_mutex_unlock(&contexts->lock);
    if (drop)
        drop_objects(contexts);
    THIS = before;
}

void
contexts_drop(struct contexts *contexts)
{
    atomic_store(&contexts->dropped, true);
    pthread_mutex_lock(&contexts->lock);
    contexts->drop = true;
    queue(contexts);
    pthread_mutex_unlock(&contexts->lock);
}

static int32_t
end(xlator_t *xl, enum end end, const unsigned char *gfid, uint64_t number)
{
    struct glupy *g = xl->private;
    const struct code *code = g ? atomic_load(&g->code) : NULL;
    bool told = code && code->ends[end];

    if (!number || !g || (number == MARK && !told))
        return 0;
    struct ended *ended = malloc(sizeof(*ended));

    if (!ended)
        return 0; /* it is lost, and so is its object */
    ended->next = NULL;
    ended->end = end;
    memcpy(ended->gfid, gfid, sizeof(uuid_t));
    ended->context = number > MARK ? (struct context *)(uintptr_t)number : NULL;
    pthread_mutex_lock(&g->contexts->lock);
    *g->contexts->ended_end = ended;
    g->contexts->ended_end = &ended->next;
    queue(g->contexts);
    pthread_mutex_unlock(&g->contexts->lock);
    return 0;
}

int32_t
context_forget(xlator_t *xl, inode_t *inode)
{
    uint64_t number = 0;

    inode_ctx_del(inode, xl, &number);
    return end(xl, END_FORGET, inode->gfid, number);
}

static int32_t
close_fd(xlator_t *xl, fd_t *fd, enum end which)
{
    uint64_t number = 0;

    fd_ctx_del(fd, xl, &number);
    return end(xl, which, fd->inode->gfid, number);
}

int32_t
context_release(xlator_t *xl, fd_t *fd)
{
    return close_fd(xl, fd, END_RELEASE);
}

int32_t
context_releasedir(xlator_t *xl, fd_t *fd)
{
    return close_fd(xl, fd, END_RELEASEDIR);
}
