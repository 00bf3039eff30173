/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The xlator: its options, which fops are looked at, and the instance from init to fini.
 */
#include "xlators/gnotify/gnotify.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>

#include <glusterfs/common-utils.h>

/* ---- which fops ------------------------------------------------------------ */

/* A fop whose events nobody wants has GlusterFS's own function, which passes it on
 * without a frame. One that is under way already is answered to whom wound it. */
static void
set_slots(struct gnotify *g)
{
    uint64_t mask = atomic_load(&g->active) ? atomic_load(&g->mask) : 0;

    for (const struct gnotify_slot *s = gnotify_slots; s->entry; s++) {
        void *stock = *(void *const *)((const char *)default_fops + s->at);

        __atomic_store_n((void **)((char *)&g->fops + s->at), s->ops & mask ? s->entry : stock,
                         __ATOMIC_RELEASE);
    }
}

/* ---- options ----------------------------------------------------------------- */

static char *
option(dict_t *options, const char *key)
{
    char *text = NULL;

    return dict_get_str(options, (char *)key, &text) ? NULL : text;
}

static uint64_t
bytes(struct gnotify *g, dict_t *options, const char *key, uint64_t def)
{
    const char *text = option(options, key);
    uint64_t n = def;

    if (text && gf_string2bytesize_uint64(text, &n)) {
        gf_log(g->xl->name, GF_LOG_ERROR, "option %s: %s is no size; it stays %" PRIu64, key, text, def);
        n = def;
    }
    return n;
}

static const uint64_t mask_all = ((1ull << NOTIFY_OPS) - 2) | 1ull << GNOTIFY_OPENDIR;
static const uint64_t mask_default =
    ((1ull << NOTIFY_OPS) - 2) & ~(1ull << NOTIFY_READ | 1ull << NOTIFY_OPEN);

static uint64_t
event_bit(const char *name)
{
    if (!strcmp(name, "all"))
        return mask_all;
    if (!strcmp(name, "default"))
        return mask_default;
    if (!strcmp(name, "opendir"))
        return 1ull << GNOTIFY_OPENDIR;
    for (unsigned op = 1; op < NOTIFY_OPS; op++) {
        if (!strcmp(name, notify_op_name(op)))
            return 1ull << op;
    }
    return 0;
}

static uint64_t
events(struct gnotify *g, dict_t *options)
{
    const char *text = option(options, "events");
    AUTO_FREE char *copy = text ? strdup(text) : NULL;
    uint64_t mask = 0;
    char *rest = copy;

    for (char *name; rest && (name = strsep(&rest, ", "));) {
        uint64_t bit = *name ? event_bit(name) : 0;

        if (*name && !bit)
            gf_log(g->xl->name, GF_LOG_ERROR,
                   "option events: there is no event %s; known are all, default, create, write, …: "
                   "it is left out", name);
        mask |= bit;
    }
    return mask ? mask : mask_default;
}

/* 100 and less: percent of the disk. */
static double
reserve(struct gnotify *g, dict_t *options)
{
    const char *text = option(options, "reserve");
    size_t len = text ? strlen(text) : 0;
    double percent = 1;

    if (!len)
        return 1;
    if (text[len - 1] != '%')
        return (double)bytes(g, options, "reserve", 256 << 20) + 101;
    if (gf_string2percent(text, &percent) || percent < 0 || percent > 100) {
        gf_log(g->xl->name, GF_LOG_ERROR, "option reserve: %s is no percentage; it stays 1%%", text);
        return 1;
    }
    return percent;
}

static void
read_options(struct gnotify *g, dict_t *options)
{
    const char *active = option(options, "active"), *age = option(options, "retention-time");
    gf_boolean_t on = _gf_false;
    time_t seconds = 7 * 86400;

    if (active && gf_string2boolean(active, &on))
        gf_log(g->xl->name, GF_LOG_ERROR, "option active: %s is neither on nor off; it is off", active);
    if (age && gf_string2time(age, &seconds))
        gf_log(g->xl->name, GF_LOG_ERROR, "option retention-time: %s is no time; it stays 7d", age);
    pthread_mutex_lock(&g->lock);
    g->retention_size = bytes(g, options, "retention-size", 0);
    g->retention_time = (uint64_t)seconds;
    g->segment_size = bytes(g, options, "segment-size", 0);
    g->shard_block = bytes(g, options, "shard-block-size", 64 << 20);
    g->reserve = reserve(g, options);
    pthread_mutex_unlock(&g->lock);
    atomic_store(&g->buffer_size, bytes(g, options, "buffer-size", 16 << 20));
    atomic_store(&g->mask, events(g, options));
    atomic_store(&g->active, on);
    set_slots(g);
    atomic_store(&g->options_changed, true);
}

/* The brick's folder, as the translator at the bottom is told. */
static const char *
find_brick(xlator_t *xl)
{
    if (!strcmp(xl->type, "storage/posix"))
        return option(xl->options, "directory");
    for (xlator_list_t *c = xl->children; c; c = c->next) {
        const char *found = find_brick(c->xlator);

        if (found)
            return found;
    }
    return NULL;
}

static int
find_folders(struct gnotify *g)
{
    const char *brick = option(g->xl->options, "path"), *dir = option(g->xl->options, "directory");

    if (!brick)
        brick = find_brick(g->xl);
    if (brick && !(g->brick = strdup(brick)))
        return -ENOMEM;
    if (dir)
        return (g->directory = strdup(dir)) ? 0 : -ENOMEM;
    return brick && asprintf(&g->directory, "%s/.glusterfs/gnotify", brick) < 0 ? -ENOMEM : 0;
}

static int32_t
gnotify_reconfigure(xlator_t *this, dict_t *options)
{
    struct gnotify *g = this->private;

    read_options(g, options);
    writer_kick(g);
    return 0;
}

/* ---- from init to fini ----------------------------------------------------------- */

/* Our end is in a list of functions to be called at exit: the code must be there then. */
static void
pin(void)
{
    Dl_info info;

    if (dladdr(&gnotify_slots, &info) && info.dli_fname)
        dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

static struct gnotify *
instance_new(xlator_t *xl)
{
    struct gnotify *g = calloc(1, sizeof(*g));
    pthread_condattr_t attr;

    if (!g)
        return NULL;
    g->xl = xl;
    g->requests_end = &g->requests;
    pthread_mutex_init(&g->lock, NULL);
    pthread_mutex_init(&g->clients_lock, NULL);
    pthread_mutex_init(&g->serve_lock, NULL);
    pthread_mutex_init(&g->sessions_lock, NULL);
    pthread_rwlock_init(&g->journal_lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&g->serve_cond, &attr);
    pthread_condattr_destroy(&attr);
    sem_init(&g->wake, 0, 0);
    g->fops = *default_fops;
    g->fops.ipc = gnotify_ipc;
    return g;
}

static void
instance_free(struct gnotify *g)
{
    for (struct event *e = ring_take(g), *next; e; e = next) {
        next = e->next;
        event_free(e);
    }
    clients_free(g);
    free(g->last_names);
    free(g->sessions);
    sem_destroy(&g->wake);
    pthread_cond_destroy(&g->serve_cond);
    pthread_rwlock_destroy(&g->journal_lock);
    pthread_mutex_destroy(&g->sessions_lock);
    pthread_mutex_destroy(&g->serve_lock);
    pthread_mutex_destroy(&g->clients_lock);
    pthread_mutex_destroy(&g->lock);
    free(g->brick);
    free(g->directory);
    free(g);
}

/* Fails only where there is nothing to pass to, or no memory: whatever else is wrong is
 * told, and the brick serves without records. */
static int32_t
gnotify_init(xlator_t *this)
{
    if (!this->children || this->children->next) {
        gf_log(this->name, GF_LOG_ERROR, "gnotify wants exactly one subvolume");
        return -1;
    }
    struct gnotify *g = instance_new(this);

    if (!g)
        return -1;
    pin();
    if (find_folders(g) || writer_start(g) || serve_start(g)) {
        gf_log(this->name, GF_LOG_ERROR, "out of memory, or no thread can be started");
        writer_stop(g);
        instance_free(g);
        return -1;
    }
    this->private = g;
    this->fops = &g->fops;
    read_options(g, this->options);
    exit_add(g);
    status_tell();
    return 0;
}

static void
gnotify_fini(xlator_t *this)
{
    struct gnotify *g = this->private;

    if (!g)
        return;
    exit_remove(g);
    serve_stop(g);
    writer_stop(g);
    this->private = NULL;
    instance_free(g);
}

/* When the brick goes operations may still be under way, so only readers are sent away. */
static int32_t
gnotify_notify(xlator_t *this, int32_t event, void *data, ...)
{
    struct gnotify *g = this->private;

    if (event == GF_EVENT_PARENT_UP && g) { /* all below us were initialized */
        atomic_store(&g->up, true);
        writer_kick(g);
    }
    if (event == GF_EVENT_PARENT_DOWN && g)
        serve_stop(g);
    return default_notify(this, event, data);
}

static int32_t
gnotify_mem_acct_init(xlator_t *this)
{
    return xlator_mem_acct_init(this, gf_gnotify_mt_end);
}

/* ---- the xlator --------------------------------------------------------------------- */

static struct xlator_dumpops dumpops = {.priv = gnotify_dump};
static struct xlator_fops unused_fops; /* each instance has its own */
static struct xlator_cbks cbks = {.release = gnotify_release,
                                  .releasedir = gnotify_release,
                                  .client_destroy = gnotify_client_destroy,
                                  .client_disconnect = gnotify_client_disconnect};

static volume_option_t options[] = {
    {.key = {"active"},
     .type = GF_OPTION_TYPE_BOOL,
     .default_value = "off",
     .flags = OPT_FLAG_SETTABLE,
     .description = "Whether changes are recorded."},
    {.key = {"events"},
     .type = GF_OPTION_TYPE_STR,
     .default_value = "default",
     .flags = OPT_FLAG_SETTABLE,
     .description = "Comma-separated: create, mknod, mkdir, symlink, link, unlink, rmdir, rename, write, "
                    "truncate, fallocate, discard, zerofill, setattr, setxattr, removexattr, open, close, "
                    "read, opendir; all; or default, which is all but open, read and opendir."},
    {.key = {"retention-size"},
     .type = GF_OPTION_TYPE_SIZET,
     .default_value = "0",
     .flags = OPT_FLAG_SETTABLE,
     .description = "Bytes of the journal, the oldest go first; 0: 1% of the brick's disk, "
                    "256MB to 16GB."},
    {.key = {"retention-time"},
     .type = GF_OPTION_TYPE_TIME,
     .default_value = "604800",
     .flags = OPT_FLAG_SETTABLE,
     .description = "How long records are kept; 0: as long as there is room."},
    {.key = {"segment-size"},
     .type = GF_OPTION_TYPE_SIZET,
     .default_value = "0",
     .flags = OPT_FLAG_SETTABLE,
     .description = "Bytes of one file of the journal; 0: a 16th of all, 64MB at most."},
    {.key = {"reserve"},
     .type = GF_OPTION_TYPE_PERCENT_OR_SIZET,
     .default_value = "1%",
     .flags = OPT_FLAG_SETTABLE,
     .description = "With less free on the brick's disk nothing is recorded; readers are told of a gap."},
    {.key = {"buffer-size"},
     .type = GF_OPTION_TYPE_SIZET,
     .default_value = "16MB",
     .flags = OPT_FLAG_SETTABLE,
     .description = "Bytes of events that wait to be written; what does not fit is a gap."},
    {.key = {"shard-block-size"},
     .type = GF_OPTION_TYPE_SIZET,
     .default_value = "64MB",
     .flags = OPT_FLAG_SETTABLE,
     .description = "The volume's features.shard-block-size."},
    {.key = {"directory"},
     .type = GF_OPTION_TYPE_PATH,
     .description = "Where the journal is; by default .glusterfs/gnotify in the brick."},
    {.key = {"path"},
     .type = GF_OPTION_TYPE_PATH,
     .description = "The brick's folder; by default what storage/posix has."},
    {.key = {NULL}},
};

__attribute__((visibility("default"))) xlator_api_t xlator_api = {
    .init = gnotify_init,
    .fini = gnotify_fini,
    .notify = gnotify_notify,
    .reconfigure = gnotify_reconfigure,
    .mem_acct_init = gnotify_mem_acct_init,
    .op_version = {1},
    .dumpops = &dumpops,
    .fops = &unused_fops,
    .cbks = &cbks,
    .options = options,
    .identifier = "gnotify",
    .category = GF_MAINTAINED,
};
