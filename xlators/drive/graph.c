/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What a process must have before GlusterFS's graphs work in it, made by the
 * library's public functions; and the end of it in the order that GlusterFS's own
 * programs keep: graph, threads, log.
 */
#include "xlators/drive/graph.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <glusterfs/call-stub.h>
#include <glusterfs/defaults.h>
#include <glusterfs/gf-event.h>
#include <glusterfs/globals.h>
#include <glusterfs/iobuf.h>
#include <glusterfs/logging.h>
#include <glusterfs/syncop.h>
#include <glusterfs/timer.h>

#include "common/cleanup.h"

char *drive_subdir_mount;

enum { UP_SECONDS = 30, EVENTS = 1024, QUIET_MS = 300 };

static int PRINTF_LIKE(4, 5)
fail(int error, char *why, size_t why_size, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    vsnprintf(why, why_size, format, ap);
    va_end(ap);
    return -error;
}

/* ---- what translators expect of a process ---------------------------------- */

static bool
make_pools(glusterfs_ctx_t *ctx)
{
    call_pool_t *pool = calloc(1, sizeof(*pool));

    if (!pool)
        return false;
    INIT_LIST_HEAD(&pool->all_frames);
    LOCK_INIT(&pool->lock);
    ctx->pool = pool;
    pool->frame_mem_pool = mem_pool_new(call_frame_t, 4096);
    pool->stack_mem_pool = mem_pool_new(call_stack_t, 1024);
    ctx->stub_mem_pool = mem_pool_new(call_stub_t, 1024);
    ctx->dict_pool = mem_pool_new(dict_t, 1024);
    ctx->dict_pair_pool = mem_pool_new(data_pair_t, 1024);
    ctx->dict_data_pool = mem_pool_new(data_t, 1024);
    ctx->logbuf_pool = mem_pool_new(log_buf_t, 256);
    ctx->iobuf_pool = iobuf_pool_new();
    return pool->frame_mem_pool && pool->stack_mem_pool && ctx->stub_mem_pool &&
           ctx->dict_pool && ctx->dict_pair_pool && ctx->dict_data_pool &&
           ctx->logbuf_pool && ctx->iobuf_pool;
}

/* storage/posix keeps its threads' work here */
static void
make_lists(glusterfs_ctx_t *ctx)
{
    pthread_mutex_init(&ctx->notify_lock, NULL);
    pthread_mutex_init(&ctx->cleanup_lock, NULL);
    pthread_cond_init(&ctx->notify_cond, NULL);
    pthread_mutex_init(&ctx->fd_lock, NULL);
    pthread_cond_init(&ctx->fd_cond, NULL);
    pthread_mutex_init(&ctx->xl_lock, NULL);
    pthread_cond_init(&ctx->xl_cond, NULL);
    INIT_LIST_HEAD(&ctx->janitor_fds);
    INIT_LIST_HEAD(&ctx->diskth_xl);
    INIT_LIST_HEAD(&ctx->cmd_args.xlator_options);
    INIT_LIST_HEAD(&ctx->cmd_args.volfile_servers);
}

static int
make_context(struct drive_graph *g, const char *name, const char *log,
             gf_loglevel_t level)
{
    mem_pools_init();
    glusterfs_ctx_t *ctx = g->ctx = glusterfs_ctx_new();

    if (!ctx || glusterfs_globals_init(ctx))
        return -ENOMEM;
    THIS->ctx = ctx;
    if (xlator_mem_acct_init(THIS, gf_common_mt_end + 1))
        return -ENOMEM;
    make_lists(ctx);
    if (gf_log_init(ctx, log, NULL))
        return -EACCES;
    gf_log_set_loglevel(ctx, level);
    ctx->measure_latency = true; /* as glusterfsd */
    ctx->page_size = 128 * GF_UNIT_KB;
    ctx->process_mode = GF_CLIENT_PROCESS;
    ctx->cmd_args.process_name = gf_strdup(name);
    ctx->cmd_args.subdir_mount = drive_subdir_mount;
    ctx->process_uuid = generate_glusterfs_ctx_id();
    ctx->event_pool = gf_event_pool_new(EVENTS, 1);
    ctx->env = syncenv_new(0, 0, 0);
    return ctx->process_uuid && ctx->event_pool && ctx->env && make_pools(ctx) ? 0
                                                                               : -ENOMEM;
}

/* ---- the translator above the graph ----------------------------------------- */

static int32_t
root_notify(xlator_t *this, int32_t event, void *data, ...)
{
    struct drive_graph *g = this->private;

    (void)data;
    if (event == GF_EVENT_CHILD_UP || event == GF_EVENT_CHILD_DOWN) {
        pthread_mutex_lock(&g->lock);
        g->up = event == GF_EVENT_CHILD_UP;
        pthread_cond_broadcast(&g->changed);
        pthread_mutex_unlock(&g->lock);
    }
    return 0;
}

static int
make_root(struct drive_graph *g)
{
    xlator_t *root = g->root = calloc(1, sizeof(*root));

    if (!root)
        return -ENOMEM;
    root->name = gf_strdup("drive");
    root->type = gf_strdup("mount/drive");
    root->ctx = g->ctx;
    root->options = dict_new();
    root->private = g;
    root->notify = root_notify;
    root->fops = default_fops;
    root->init_succeeded = 1;
    INIT_LIST_HEAD(&root->volume_options);
    if (!root->name || !root->type || !root->options ||
        xlator_mem_acct_init(root, gf_common_mt_end + 1))
        return -ENOMEM;
    return 0;
}

static void *
poll_events(void *arg)
{
    struct drive_graph *g = arg;

    gf_event_dispatch(g->ctx->event_pool);
    return NULL;
}

/* ---- the graph ---------------------------------------------------------------- */

static bool
wait_until_up(struct drive_graph *g)
{
    struct timespec end;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += UP_SECONDS;
    pthread_mutex_lock(&g->lock);
    while (!g->up && pthread_cond_timedwait(&g->changed, &g->lock, &end) != ETIMEDOUT)
        ;
    bool up = g->up;

    pthread_mutex_unlock(&g->lock);
    return up;
}

static int
start(struct drive_graph *g, const char *path, char *why, size_t why_size)
{
    AUTO_FCLOSE FILE *f = fopen(path, "re");

    if (!f)
        return fail(errno, why, why_size, "open %s: %s", path, strerror(errno));
    glusterfs_graph_t *graph = glusterfs_graph_construct(f);

    if (!graph)
        return fail(EINVAL, why, why_size,
                    "%s is no volfile that can be loaded; see the log", path);
    if (glusterfs_graph_prepare(graph, g->ctx, NULL)) {
        glusterfs_graph_destroy(graph);
        return fail(EINVAL, why, why_size, "%s: the graph is not ready; see the log", path);
    }
    g->graph = graph;
    g->top = graph->top;
    g->ctx->root = g->root; /* only now: preparing would put `meta` on top */
    if (glusterfs_graph_activate(graph, g->ctx))
        return fail(EINVAL, why, why_size,
                    "%s: a translator does not start; see the log", path);
    if (!wait_until_up(g))
        return fail(ETIMEDOUT, why, why_size, "%s: %s does not come up within %d s", path,
                    g->top->name, UP_SECONDS);
    g->inodes = g->top->itable = inode_table_new(0, g->top, 0, 0);
    return g->inodes ? 0 : fail(ENOMEM, why, why_size, "out of memory");
}

int
drive_graph_open(struct drive_graph *g, const char *path, const char *name,
                 const char *log, gf_loglevel_t level, char *why, size_t why_size)
{
    memset(g, 0, sizeof(*g));
    pthread_mutex_init(&g->lock, NULL);
    pthread_cond_init(&g->changed, NULL);
    int error = make_context(g, name, log, level);

    if (!error)
        error = make_root(g);
    if (error == -EACCES)
        return fail(EACCES, why, why_size, "cannot write the log %s", log);
    if (error)
        return fail(-error, why, why_size, "out of memory");
    THIS = g->root;
    if (gf_thread_create(&g->poller, NULL, poll_events, g, "drivepoll"))
        return fail(EAGAIN, why, why_size, "no thread can be started");
    g->polls = true;
    return start(g, path, why, why_size);
}

/* Who has answered may still be on its way out on another thread, with inodes in hand. */
static void
wait_until_quiet(inode_table_t *inodes)
{
    for (int i = 0; i < QUIET_MS; i++) {
        pthread_mutex_lock(&inodes->lock);
        uint32_t active = inodes->active_size; /* the root always is */

        pthread_mutex_unlock(&inodes->lock);
        if (active <= 1)
            break;
        usleep(1000);
    }
}

void
drive_graph_close(struct drive_graph *g)
{
    glusterfs_ctx_t *ctx = g->ctx;

    if (g->ctx && g->ctx->active) {
        xlator_notify(g->top, GF_EVENT_PARENT_DOWN, g->top);
        if (g->inodes)
            wait_until_quiet(g->inodes);
        ctx->cleanup_started = 1;
        inode_table_destroy_all(ctx); /* before fini: forget wants the translators */
        glusterfs_graph_deactivate(g->graph);
    }
    if (ctx && ctx->env)
        syncenv_destroy(ctx->env);
    if (g->polls) {
        gf_event_dispatch_destroy(ctx->event_pool);
        pthread_join(g->poller, NULL);
    }
    if (ctx) {
        gf_log_fini(ctx); /* before the timers, which it uses */
        gf_timer_registry_destroy(ctx);
    }
    g->polls = false;
    g->inodes = NULL;
    g->top = NULL;
}

call_frame_t *
drive_frame_new(struct drive_graph *g, glusterfs_fop_t fop)
{
    call_frame_t *frame = create_frame(g->root, g->ctx->pool);

    if (!frame)
        return NULL;
    frame->root->op = fop;
    frame->root->type = GF_OP_TYPE_FOP;
    frame->root->pid = getpid();
    return frame;
}
