/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The end of things: of a version of a module, when another one has taken its place and no
 * request is left that began with it; and of an instance, when its graph goes.
 *
 * Clients of GlusterFS 10 never call fini when they switch graphs: PARENT_DOWN is all that
 * an old graph gets. Libgfapi's glfs_fini, and a brick that is detached, go on from there:
 * inodes, open files, buffers and the translator itself are freed, whoever still has
 * references. Python may: a handler that blocks comes back whenever it likes. So, once the
 * graph of an instance is gone, Python sees nothing of what belonged to it (StaleRequest).
 * Nor does anybody give it back any more, but in mounts, where it stays.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "xlators/glupy/request.h"

#include <time.h>

#include "xlators/glupy/context.h"

enum { PATIENCE_S = 2, LET_GO_MS = 300 };

/* ---- a module ------------------------------------------------------------- */

/* GIL. What Python has of the module goes with what nobody else has. */
static void
drop(struct job *job)
{
    struct code *code = (struct code *)((char *)job - offsetof(struct code, drop));

    atomic_store(&code->is_dropped, false);
    for (int i = 0; i < GF_FOP_MAXVALUE; i++) {
        Py_CLEAR(code->handlers[i][PHASE_FOP]);
        Py_CLEAR(code->handlers[i][PHASE_CBK]);
    }
    for (size_t i = 0; i < sizeof(code->ends) / sizeof(*code->ends); i++)
        Py_CLEAR(code->ends[i]);
    Py_CLEAR(code->instance);
    Py_CLEAR(code->c_this);
    python_unload(code);
}

void
code_retire(struct code *code)
{
    code->drop.run = drop;
    watchdog_retire(code);
}

/* ---- an instance ---------------------------------------------------------- */

/* Waits until somebody has had the GIL since: then nobody looks at what is down. */
struct handshake {
    struct job job;
    pthread_mutex_t lock;
    pthread_cond_t done_cond;
    bool done, deserted;
};

static void
handshake_free(struct handshake *h)
{
    pthread_mutex_destroy(&h->lock);
    pthread_cond_destroy(&h->done_cond);
    free(h);
}

static void
shake(struct job *job)
{
    struct handshake *h = (struct handshake *)job;

    pthread_mutex_lock(&h->lock);
    h->done = true;
    bool deserted = h->deserted;

    pthread_cond_signal(&h->done_cond);
    pthread_mutex_unlock(&h->lock);
    if (deserted)
        handshake_free(h);
}

static void
wait_for_python(void)
{
    struct handshake *h = calloc(1, sizeof(*h));
    struct timespec until;
    int err = 0;

    if (!h)
        return;
    h->job.run = shake;
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->done_cond, NULL);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    worker_queue_job(&h->job);
    pthread_mutex_lock(&h->lock);
    while (!h->done && !err)
        err = pthread_cond_timedwait(&h->done_cond, &h->lock, &until);
    bool done = h->done;

    h->deserted = !done;
    pthread_mutex_unlock(&h->lock);
    if (done)
        handshake_free(h);
}

/* Operations that were answered just now are still in the hands of the threads that did
 * it. What Python keeps for longer is not waited for. */
static void
wait_for_requests(const struct glupy *g)
{
    const struct timespec moment = {.tv_nsec = 1000000};

    for (int i = 0; atomic_load(&g->live) && i < LET_GO_MS; i++)
        nanosleep(&moment, NULL);
}

/* Until those who were giving something back have done so. */
static void
wait_for_releases(const struct glupy *g)
{
    const struct timespec moment = {.tv_nsec = 1000000};

    for (int i = 0; atomic_load(&g->releasing) && i < PATIENCE_S * 1000; i++)
        nanosleep(&moment, NULL);
}

static void
go_down(struct glupy *g)
{
    if (!g->gone && g->goes_with_graph)
        wait_for_requests(g);
    if (atomic_exchange(&g->gone, true))
        return;
    glupy_set_slots(g);
    if (atomic_load(&g->state) == UNLOADED)
        return; /* Python has never had anything of it */
    contexts_drop(g->contexts);
    glupy_each_code(g, code_retire);
    if (!g->goes_with_graph)
        return;
    wait_for_python();
    wait_for_releases(g);
}

int32_t
glupy_notify(xlator_t *this, int32_t event, void *data, ...)
{
    if (event == GF_EVENT_PARENT_DOWN && this->private)
        go_down(this->private);
    return default_notify(this, event, data);
}

/* Threads may still be on their way through the instance, and Python may hold it for ever:
 * it stays; what it points to does not. */
void
glupy_fini(xlator_t *this)
{
    struct glupy *g = this->private;

    if (!g)
        return;
    go_down(g);
    g->passthrough = true;
    status_remove(g);
    memory_want_no_more(&g->memory);
    atomic_store(&g->freed, true);
    worker_forget_xlator(this);
}
