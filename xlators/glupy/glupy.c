/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The xlator: its options, who may run modules, which fops are intercepted,
 * and the xlator's tables.
 */
#include "xlators/glupy/context.h"
#include "xlators/glupy/glupy.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <strings.h>

/* The least time an import may take, whatever the timeout of a fop is. */
enum { LOAD_MS = 10000 };

static _Atomic(struct code *) all_code;

bool
glupy_is_code(const struct code *code)
{
    for (struct code *c = atomic_load(&all_code); c; c = c->all_next) {
        if (c == code)
            return true;
    }
    return false;
}

void
glupy_each_code(struct glupy *g, void (*function)(struct code *))
{
    for (struct code *c = atomic_load(&all_code); c; c = c->all_next) {
        if (c->g == g)
            function(c);
    }
}

/* Why this process does not run modules, or NULL: only FUSE mounts, applications
 * on libgfapi, and bricks do. The client volfile is also loaded by commands and
 * daemons of GlusterFS that must see the volume as it is. */
static const char *
outsider(const glusterfs_ctx_t *ctx)
{
    const char *name = ctx->cmd_args.process_name;

    if (!strcmp(program_invocation_short_name, "glfsheal"))
        return "glfsheal";
    if (ctx->cmd_args.client_pid_set && ctx->cmd_args.client_pid < 0)
        return "an internal mount (--client-pid)";
    if (!name || !strncmp(name, "fuse", 4) || !strncmp(name, "gfapi", 5) ||
        !strcmp(name, "brick"))
        return NULL;
    return "a daemon or command of GlusterFS's own";
}

/* Fops of GlusterFS's own doings, but not geo-replication's (-1): its writes are
 * what users wrote elsewhere. */
static bool
is_internal(const call_frame_t *frame)
{
    return frame->root->pid < 0 && frame->root->pid != -1;
}

static void
wait_for_load(struct glupy *g, struct request *r)
{
    bool first = false, waits = false;
    uint64_t patience = LOAD_MS * 1000000ull;

    pthread_mutex_lock(&g->lock);
    if (g->state == UNLOADED) {
        g->load_deadline = now_ns() + patience;
        g->state = LOADING;
        first = true;
    }
    if (g->state == LOADING) {
        request_start_clock(r);
        r->deadline = g->load_deadline;
        r->uncharged = true;
        r->next = NULL;
        *g->waiting_end = r;
        g->waiting_end = &r->next;
        request_ref(r);
        waits = true;
        /* last: from here on the watchdog may end it */
        atomic_store(&r->word, QUEUED);
    }
    struct code *latest = g->latest;

    pthread_mutex_unlock(&g->lock);
    if (first) {
        worker_want(g->threads == THREADS_INLINE ? 1 : g->threads);
        worker_queue_load(latest);
    }
    if (!waits)
        request_queue(r);
}

bool
glupy_loaded(struct code *code, bool success)
{
    struct glupy *g = code->g;
    struct request *waiting = NULL;
    bool changed = false;

    pthread_mutex_lock(&g->lock);
    struct code *runs = atomic_load(&g->code);
    bool same_name = runs && !strcmp(runs->module, code->module);

    if (success && code == g->latest) {
        atomic_store(&g->code, code);
        atomic_store(&g->breaker.until, 0); /* it has not failed yet */
        g->state = READY;
        changed = true;
        /* before anything that waits for it goes on: a program may end right after that */
        gf_log(g->name, GF_LOG_INFO, "module %s is loaded", code->module);
    } else if (!success && code == g->latest && (g->state == LOADING || !same_name)) {
        g->state = FAILED;
        changed = true;
    }
    if (changed) {
        waiting = g->waiting;
        g->waiting = NULL;
        g->waiting_end = &g->waiting;
    }
    pthread_mutex_unlock(&g->lock);
    if (changed)
        glupy_set_slots(g);
    for (struct request *r = waiting, *next; r; r = next) {
        next = r->next;
        worker_queue(r);
    }
    if (changed && success && runs)
        code_retire(runs);
    return changed;
}

static void *
stock_slot(const struct fop *f)
{
    return *(void *const *)((const char *)default_fops + f->slot);
}

void
glupy_set_slots(struct glupy *g)
{
    pthread_mutex_lock(&g->lock); /* who comes last has seen the last state */
    for (int i = 0; i < GF_FOP_MAXVALUE; i++) {
        const struct fop *f = &glupy_fops[i];
        bool ours = f->name && !g->outsider && !g->gone;
        const struct code *code = atomic_load(&g->code);

        if (!f->name)
            continue;
        if (g->state == READY)
            ours = ours && (code->handlers[i][PHASE_FOP] || code->handlers[i][PHASE_CBK] ||
                            code->marks[i]);
        else if (g->state == FAILED)
            ours = ours && g->fail;
        void *entry = *(void *const *)((const char *)&glupy_entries + f->slot);

        __atomic_store_n((void **)((char *)&g->fops + f->slot),
                         ours ? entry : stock_slot(f), __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&g->lock);
}

/* By on-error, as if there were no Python. */
static void
end_without_python(struct glupy *g, call_frame_t *frame, const struct fop *f,
                   const union value *args)
{
    static const union value none[VALUES_MAX];

    if (g->fail)
        f->unwind(frame, -1, EIO, none);
    else
        f->tail(frame, FIRST_CHILD(g->xl), args);
}

int32_t
glupy_enter(call_frame_t *frame, xlator_t *this, glusterfs_fop_t fop,
            const union value *args)
{
    struct glupy *g = this->private;
    const struct fop *f = &glupy_fops[fop];
    enum load_state state = g->state;
    struct code *code = atomic_load(&g->code);
    bool handled = state != READY || code->handlers[fop][PHASE_FOP];

    fork_check();
    if (g->passthrough || is_internal(frame)) {
        f->tail(frame, FIRST_CHILD(this), args);
        return 0;
    }
    if (state == READY && !handled && !code->handlers[fop][PHASE_CBK]) {
        context_tail(g, fop, frame, FIRST_CHILD(this), args);
        return 0;
    }
    uint64_t trial = 0;

    if (state == FAILED || stuck_is() || breaker_is_open(g, &trial)) {
        end_without_python(g, frame, f, args);
        return 0;
    }
    struct request *r = request_new(g, code, frame, fop, handled ? args : NULL,
                                    state == READY && g->threads == THREADS_INLINE);

    if (!r) { /* no memory */
        f->tail(frame, FIRST_CHILD(this), args);
        return 0;
    }
    r->trial = trial;
    latency_call(g, fop);
    if (!handled) { /* the module looks at the answer only */
        request_ref(r);
        if (request_pass_down(r, args))
            request_continue(r, true);
        else
            request_unref(r);
    } else if (state == READY) {
        request_queue(r);
    } else {
        wait_for_load(g, r);
    }
    return 0;
}

/* ---- options ------------------------------------------------------------ */

/* The option's text, or NULL. Stays the dict's. */
static char *
option(dict_t *options, char *key)
{
    char *text = NULL;

    return dict_get_str(options, key, &text) ? NULL : text;
}

/* The option as a number of that range, or what it is by default. */
static unsigned
number(dict_t *options, char *key, unsigned min, unsigned max, unsigned def)
{
    const char *text = option(options, key);
    unsigned long n = text ? strtoul(text, NULL, 10) : def;

    return n < min ? min : n > max ? max : (unsigned)n;
}

static void
read_live_options(struct glupy *g, dict_t *options)
{
    const char *on_error = option(options, "on-error");
    const char *timeout = option(options, "timeout");
    const char *threads = option(options, "threads");
    char *passthrough = option(options, "passthrough");
    gf_boolean_t pass = _gf_false;
    unsigned long ms = timeout ? strtoul(timeout, NULL, 10) : 1000;
    unsigned long count = threads ? strtoul(threads, NULL, 10) : 2;

    g->fail = on_error && !strcasecmp(on_error, "fail");
    g->timeout_ms = ms > 86400000 ? 86400000 : (unsigned)ms;
    g->threads = count > THREADS_MAX ? THREADS_MAX : (unsigned)count;
    if (passthrough)
        gf_string2boolean(passthrough, &pass);
    g->passthrough = pass;
    g->breaker.failures = number(options, "breaker-failures", 0, BREAKER_FAILURES_MAX, 50);
    g->breaker.window_s = number(options, "breaker-window", 1, 3600, 10);
    g->breaker.pause_s = number(options, "breaker-pause", 1, 86400, 30);
    if (!g->outsider)
        memory_want(&g->memory, number(options, "memory", 0, 1 << 20, 512));
}

/* Keeps a reference to the options. NULL when out of memory. */
static struct code *
code_new(struct glupy *g, dict_t *options)
{
    struct code *code = calloc(1, sizeof(*code));

    if (!code)
        return NULL;
    code->g = g;
    code->options = dict_ref(options);
    code->module = option(options, "module-name");
    code->path = option(options, "module-path");
    code->digest = option(options, "module-digest");
    code->all_next = atomic_load(&all_code);
    while (!atomic_compare_exchange_weak(&all_code, &code->all_next, code))
        ;
    return code;
}

static int
is_other(dict_t *options, char *key, data_t *value, void *arg)
{
    data_t *other = dict_get(arg, key);

    (void)options;
    if (strncmp(key, "module-", 7))
        return 0;
    return other && !strcmp(other->data, value->data) ? 0 : -1;
}

/* Do both give the module the same file and the same options? */
static bool
same_module(dict_t *a, dict_t *b)
{
    return dict_foreach(a, is_other, b) >= 0 && dict_foreach(b, is_other, a) >= 0;
}

/* The volume wants another file, or another option, for the module: loads it; requests
 * that are under way finish with the old one. */
static void
reload(struct glupy *g, dict_t *options)
{
    struct code *code;

    if (same_module(g->latest->options, options) || !(code = code_new(g, options)))
        return;
    pthread_mutex_lock(&g->lock);
    bool now = g->state != UNLOADED;

    g->latest = code;
    if (g->state == LOADING)
        g->load_deadline = now_ns() + LOAD_MS * 1000000ull;
    pthread_mutex_unlock(&g->lock);
    if (now && code->module && !g->outsider) {
        worker_want(g->threads ? g->threads : 1);
        worker_queue_load(code);
    }
}

static int32_t
glupy_reconfigure(xlator_t *this, dict_t *options)
{
    struct glupy *g = this->private;

    read_live_options(g, options);
    if (g->state == READY && g->threads)
        worker_want(g->threads);
    reload(g, options);
    glupy_set_slots(g);
    return 0;
}

/* What is still running when GlusterFS closes the xlator's file is our code. */
static void
pin(void)
{
    Dl_info info;

    if (dladdr(&glupy_fops, &info) && info.dli_fname)
        dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

/* Never fails but for want of memory: where init fails, commands that need the
 * graph (heal, replace-brick) fail with it. */
static int32_t
glupy_init(xlator_t *this)
{
    struct glupy *g = calloc(1, sizeof(*g));

    if (!g)
        return -1;
    if (!this->children) {
        gf_log(this->name, GF_LOG_ERROR, "glupy wants a subvolume, or several");
        free(g);
        return -1; /* there is nothing to pass through to */
    }
    pin();
    g->xl = this;
    g->name = strdup(this->name);
    g->goes_with_graph = !this->ctx->cmd_args.mount_point;
    g->waiting_end = &g->waiting;
    pthread_mutex_init(&g->lock, NULL);
    pthread_mutex_init(&g->breaker.lock, NULL);
    g->contexts = contexts_new(g);
    g->latest = g->contexts && g->name ? code_new(g, this->options) : NULL;
    if (!g->latest) {
        free(g->name);
        free(g->contexts);
        free(g);
        return -1;
    }
    g->outsider = outsider(this->ctx);
    read_live_options(g, this->options);
    if (g->outsider)
        gf_log(this->name, GF_LOG_INFO, "passes through: this is %s", g->outsider);
    if (!g->latest->module) {
        gf_log(this->name, GF_LOG_ERROR, "option module-name is not set");
        g->state = FAILED;
    }
    glupy_set_slots(g);
    this->private = g;
    this->fops = &g->fops;
    status_add(g);
    if (!g->outsider)
        status_tell();
    return 0;
}

static int32_t
glupy_mem_acct_init(xlator_t *this)
{
    return xlator_mem_acct_init(this, gf_common_mt_end);
}

/* ---- the xlator ---------------------------------------------------------- */

static struct xlator_dumpops dumpops = {.priv = status_dump};
static struct xlator_fops unused_fops; /* each instance has its own */
static struct xlator_cbks cbks = {.forget = context_forget,
                                  .release = context_release,
                                  .releasedir = context_releasedir};

static volume_option_t options[] = {
    {.key = {"module-name"},
     .type = GF_OPTION_TYPE_STR,
     .description = "The Python module, NAME of NAME.py."},
    {.key = {"module-path"},
     .type = GF_OPTION_TYPE_STR,
     .description = "The folder of the module's file."},
    {.key = {"module-digest"},
     .type = GF_OPTION_TYPE_STR,
     .description = "The file's SHA-256; another file is not run."},
    {.key = {"module-generation"},
     .type = GF_OPTION_TYPE_STR,
     .description = "Another value than before: the module is loaded anew."},
    {.key = {"on-error"},
     .type = GF_OPTION_TYPE_STR,
     .default_value = "pass",
     .flags = OPT_FLAG_SETTABLE,
     .description = "pass: as if the operation were not intercepted; fail: EIO."},
    {.key = {"timeout"},
     .type = GF_OPTION_TYPE_STR,
     .default_value = "1000",
     .flags = OPT_FLAG_SETTABLE,
     .description = "Milliseconds that Python may run for one operation; 0: no limit."},
    {.key = {"threads"},
     .type = GF_OPTION_TYPE_STR,
     .default_value = "2",
     .description = "Number of worker threads, or inline."},
    {.key = {"passthrough"},
     .type = GF_OPTION_TYPE_BOOL,
     .default_value = "off",
     .flags = OPT_FLAG_SETTABLE,
     .description = "Leaves the module out while it is on."},
    {.key = {"breaker-failures"},
     .type = GF_OPTION_TYPE_STR,
     .default_value = "50",
     .flags = OPT_FLAG_SETTABLE,
     .description = "So many failed operations within breaker-window leave the module "
                    "out for breaker-pause; 0: never."},
    {.key = {"breaker-window"},
     .type = GF_OPTION_TYPE_STR,
     .default_value = "10",
     .flags = OPT_FLAG_SETTABLE,
     .description = "Seconds."},
    {.key = {"breaker-pause"},
     .type = GF_OPTION_TYPE_STR,
     .default_value = "30",
     .flags = OPT_FLAG_SETTABLE,
     .description = "Seconds, until one operation is tried."},
    {.key = {"memory"},
     .type = GF_OPTION_TYPE_STR,
     .default_value = "512",
     .flags = OPT_FLAG_SETTABLE,
     .description = "MB that Python may have in this process; the largest of its "
                    "instances' counts; 0: no limit."},
    {.key = {"module-option.*"},
     .type = GF_OPTION_TYPE_ANY,
     .description = "Handed to the module."},
    {.key = {NULL}},
};

__attribute__((visibility("default"))) xlator_api_t xlator_api = {
    .init = glupy_init,
    .fini = glupy_fini,
    .notify = glupy_notify,
    .reconfigure = glupy_reconfigure,
    .mem_acct_init = glupy_mem_acct_init,
    .op_version = {1},
    .dumpops = &dumpops,
    .fops = &unused_fops,
    .cbks = &cbks,
    .options = options,
    .identifier = "glupy",
    .category = GF_MAINTAINED,
};
