/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What an instance is and does, said once, for statedump and `.meta` (lines) and for the
 * status socket (JSON). Nothing here waits for Python: also who has lost it can tell.
 */
#include "xlators/glupy/glupy.h"

#include <errno.h>
#include <stdio.h>

#include <glusterfs/statedump.h>

#include "common/json.h"
#include "common/tell.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct glupy *instances; /* by status_next; lock */

static bool
is_brick(const struct glupy *g)
{
    const char *name = g->xl->ctx->cmd_args.process_name;

    return name && !strcmp(name, "brick");
}

/* The instance in the graph before, which g takes the place of, or NULL. A brick's process
 * has no such: two of one name in it are of two bricks. Under the lock. */
static struct glupy *
replaced_by(const struct glupy *g)
{
    for (struct glupy *old = is_brick(g) ? NULL : instances; old; old = old->status_next) {
        if (old->xl->ctx == g->xl->ctx && old->xl->graph != g->xl->graph &&
            !strcmp(old->xl->name, g->xl->name))
            return old;
    }
    return NULL;
}

void
status_add(struct glupy *g)
{
    pthread_mutex_lock(&lock);
    struct glupy *old = replaced_by(g);

    latency_setup(g, old);
    if (old) {
        g->count.errors = atomic_load(&old->count.errors);
        g->count.timeouts = atomic_load(&old->count.timeouts);
        g->count.orphans = atomic_load(&old->count.orphans);
        g->count.refused = atomic_load(&old->count.refused);
    }
    g->status_next = instances;
    instances = g;
    pthread_mutex_unlock(&lock);
}

void
status_remove(struct glupy *g)
{
    pthread_mutex_lock(&lock);
    for (struct glupy **at = &instances; *at; at = &(*at)->status_next) {
        if (*at != g)
            continue;
        *at = g->status_next;
        break;
    }
    pthread_mutex_unlock(&lock);
}

/* ---- the writer ---------------------------------------------------------- */

/* Where a description goes: into a JSON object, or as GlusterFS's lines NAME=VALUE. */
struct writer {
    struct json *json; /* NULL: lines */
    const char *fop;   /* lines: what the names begin with, or NULL */
};

static void
say_text(const struct writer *w, const char *name, const char *value)
{
    if (w->json)
        json_string(w->json, name, value ? value : "");
    else
        gf_proc_dump_write((char *)name, "%s", value ? value : "");
}

static void
say_number(const struct writer *w, const char *name, unsigned long long value)
{
    char key[64];

    if (w->json) {
        json_number(w->json, name, (int64_t)value);
        return;
    }
    snprintf(key, sizeof(key), "%s%s%s", w->fop ? w->fop : "", w->fop ? "." : "", name);
    gf_proc_dump_write(key, "%llu", value);
}

static void
say_fops_begin(struct writer *w)
{
    if (w->json)
        json_array_begin(w->json, "fops");
}

static void
say_fop_begin(struct writer *w, const char *name)
{
    w->fop = name;
    if (!w->json)
        return;
    json_object_begin(w->json, NULL);
    json_string(w->json, "name", name);
}

static void
say_fop_end(struct writer *w)
{
    w->fop = NULL;
    if (w->json)
        json_object_end(w->json);
}

static void
say_fops_end(struct writer *w)
{
    if (w->json)
        json_array_end(w->json);
}

/* ---- an instance ---------------------------------------------------------- */

/* Volfiles of volumes name our nodes VOLUME-volext-glupy-MODULE; in others, what was asked
 * for. */
static void
volume_of(const struct glupy *g, char *out, size_t size)
{
    const char *ours = NULL;
    const char *id = g->xl->ctx->cmd_args.volfile_id;

    /* the last one: a volume may be called so */
    for (const char *at = g->xl->name; (at = strstr(at, "-volext-glupy-")); at++)
        ours = at;
    if (ours)
        snprintf(out, size, "%.*s", (int)(ours - g->xl->name), g->xl->name);
    else
        snprintf(out, size, "%s", id ? id + (*id == '/') : "");
}

/* The folder that a brick's graph serves, or NULL. */
static const char *
brick_folder(const xlator_t *xl)
{
    while (xl && strcmp(xl->type, "storage/posix"))
        xl = xl->children ? FIRST_CHILD(xl) : NULL;
    char *folder = NULL;

    return xl && !dict_get_str(xl->options, "directory", &folder) ? folder : NULL;
}

/* What kind of process it is, and which: where it is mounted, what it is called, which
 * brick it serves. */
static const char *
kind_of(const struct glupy *g, char *where, size_t size)
{
    const cmd_args_t *args = &g->xl->ctx->cmd_args;

    if (is_brick(g)) {
        const char *folder = brick_folder(g->xl);

        snprintf(where, size, "%s:%s", args->volfile_server ? args->volfile_server : "",
                 folder ? folder : args->brick_name ? args->brick_name : "");
        return "brick";
    }
    if (args->mount_point) {
        snprintf(where, size, "%s", args->mount_point);
        return "mount";
    }
    snprintf(where, size, "%s", program_invocation_short_name);
    return "application";
}

static const char *
option_of(const struct code *code, const char *name)
{
    char *text = NULL;

    return code && !dict_get_str(code->options, (char *)name, &text) ? text : "";
}

/* Sets reason, which stays valid as long as the instance, or is "". */
static const char *
state_of(struct glupy *g, const char **reason)
{
    static const char *const names[] = {[UNLOADED] = "not loaded yet",
                                        [LOADING] = "loading",
                                        [READY] = "running",
                                        [FAILED] = "failed"};
    enum load_state state = g->state;

    *reason = g->latest->reason;
    if (g->outsider) {
        *reason = g->outsider;
        return "passing through";
    }
    if (g->passthrough) {
        *reason = "the option passthrough is on";
        return "passing through";
    }
    if (stuck_is()) {
        *reason = "a call into C keeps Python; where it does not come back, mount again, or "
                  "restart the brick";
        return "stuck";
    }
    if (state == READY && atomic_load(&g->breaker.until)) {
        *reason = "it failed again and again; see the log of this process";
        return "left alone for a while";
    }
    if (state == FAILED && !**reason)
        *reason = g->latest->module ? "it is not known why" : "option module-name is not set";
    return names[state];
}

static void
say_counters(const struct writer *w, struct glupy *g)
{
    const struct {
        const char *name;
        atomic_ullong *value;
    } counters[] = {
        {"errors", &g->count.errors},
        {"timeouts", &g->count.timeouts},
        {"orphans", &g->count.orphans},
        {"refused", &g->count.refused},
    };
    long long in_flight = atomic_load(&g->count.in_flight);
    struct memory_use memory = memory_use();

    say_number(w, "queued", worker_queued(g));
    say_number(w, "in-flight", in_flight > 0 ? (unsigned long long)in_flight : 0);
    say_text(w, "breaker", atomic_load(&g->breaker.until) ? "open" : "closed");
    say_number(w, "breaker-seconds-left", breaker_seconds_left(g));
    say_number(w, "breaker-recent-failures", breaker_recent(g));
    say_number(w, "breaker-opened", atomic_load(&g->breaker.opened));
    say_number(w, "stuck-seconds", stuck_seconds());
    say_number(w, "stuck-times", stuck_count());
    /* of the process: all its instances have one Python */
    say_number(w, "memory-used", memory.used > 0 ? (unsigned long long)memory.used : 0);
    say_number(w, "memory-peak", (unsigned long long)memory.peak);
    say_number(w, "memory-limit", (unsigned long long)memory.limit);
    say_number(w, "memory-refused", memory.refused);
    say_number(w, "calls", latency_calls(g));
    for (size_t i = 0; i < ARRAY_SIZE(counters); i++)
        say_number(w, counters[i].name, atomic_load(counters[i].value));
}

static void
say_fops(struct writer *w, struct glupy *g)
{
    struct latency_figures figures;

    say_fops_begin(w);
    for (int i = 0; i < GF_FOP_MAXVALUE; i++) {
        if (!glupy_fops[i].name || !latency_read(g, i, &figures))
            continue;
        say_fop_begin(w, glupy_fops[i].name);
        say_number(w, "calls", figures.calls);
        say_number(w, "errors", figures.errors);
        say_number(w, "p50-ns", figures.p50);
        say_number(w, "p99-ns", figures.p99);
        say_fop_end(w);
    }
    say_fops_end(w);
}

static void
say_instance(struct writer *w, struct glupy *g)
{
    const struct code *runs = atomic_load(&g->code);
    char volume[256], where[4096];
    const char *reason;

    volume_of(g, volume, sizeof(volume));
    const char *kind = kind_of(g, where, sizeof(where));
    const char *state = state_of(g, &reason);

    say_text(w, "volume", volume);
    say_text(w, "kind", kind);
    say_text(w, "where", where);
    say_text(w, "module", g->latest->module);
    say_text(w, "interface", !runs ? "" : runs->is_native ? "native" : "classic");
    say_text(w, "digest", option_of(runs ? runs : g->latest, "module-digest"));
    /* what runs, and what is to run: they differ while it loads, and after it could not */
    say_text(w, "generation", option_of(runs, "module-generation"));
    say_text(w, "wanted-digest", option_of(g->latest, "module-digest"));
    say_text(w, "wanted-generation", option_of(g->latest, "module-generation"));
    say_text(w, "state", state);
    say_text(w, "reason", reason);
    say_counters(w, g);
    say_fops(w, g);
}

int32_t
status_dump(xlator_t *this)
{
    struct writer w = {0};

    if (!this->private)
        return 0;
    gf_proc_dump_add_section("%s.%s", this->type, this->name);
    say_instance(&w, this->private);
    return 0;
}

/* ---- the process ---------------------------------------------------------- */

/* Has a new graph taken its place? Then it counts only while something is under way in
 * it. Bricks never change their graph, and have many when multiplexed. */
static bool
is_of_old_graph(const struct glupy *g)
{
    const glusterfs_graph_t *active = g->xl->ctx->active;

    return !is_brick(g) && active && g->xl->graph != active &&
           atomic_load(&g->count.in_flight) <= 0;
}

/* What Python has in this process, in bytes. */
static void
say_memory(struct json *json)
{
    const struct memory_use use = memory_use();

    json_number(json, "memory-used", use.used);
    json_number(json, "memory-peak", use.peak);
    json_number(json, "memory-limit", use.limit);
    json_number(json, "memory-refused", (int64_t)use.refused);
}

/* On a thread that never enters Python. */
static void
describe(struct strbuf *out)
{
    struct json json = {.out = out};
    struct writer w = {.json = &json};

    worker_thread_is_ours();
    json_object_begin(&json, NULL);
    json_number(&json, "pid", getpid());
    json_string(&json, "program", program_invocation_short_name);
    say_memory(&json);
    json_array_begin(&json, "instances");
    pthread_mutex_lock(&lock);
    for (struct glupy *g = instances; g; g = g->status_next) {
        if (is_of_old_graph(g))
            continue;
        json_object_begin(&json, NULL);
        json_string(&json, "name", g->xl->name);
        say_instance(&w, g);
        json_object_end(&json);
    }
    pthread_mutex_unlock(&lock);
    json_array_end(&json);
    json_object_end(&json);
    strbuf_char(out, '\n');
}

void
status_tell(void)
{
    static const struct teller teller = {STATUSDIR_PARENT, STATUSDIR, describe, worker_thread};

    tell_start(&teller);
}
