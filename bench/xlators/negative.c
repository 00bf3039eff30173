/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What the module negative is measured against: remembers for a second, in C, which
 * names were not there. To measure only: it does not see what makes names.
 */
#include <pthread.h>

#include <glusterfs/defaults.h>
#include <glusterfs/xlator.h>

enum { ENTRIES = 4096, LIFETIME = 1000000000 };

struct entry {
    uuid_t parent;
    char *name;
    uint64_t expires; /* ns */
};

struct negative {
    pthread_mutex_t lock;
    struct entry entries[ENTRIES];
};

struct local {
    uuid_t parent;
    uint64_t begun;
    char name[];
};

static uint64_t
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static struct entry *
slot(struct negative *negative, const uuid_t parent, const char *name)
{
    uint64_t hash = 14695981039346656037u;

    for (int i = 0; i < 16; i++)
        hash = (hash ^ parent[i]) * 1099511628211u;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 1099511628211u;
    return &negative->entries[hash % ENTRIES];
}

static bool
is_same(const struct entry *entry, const uuid_t parent, const char *name)
{
    return entry->name && !memcmp(entry->parent, parent, sizeof(uuid_t)) &&
           !strcmp(entry->name, name);
}

static int32_t
negative_lookup_cbk(call_frame_t *frame, void *cookie, xlator_t *this, int32_t op_ret,
                    int32_t op_errno, inode_t *inode, struct iatt *buf, dict_t *xdata,
                    struct iatt *postparent)
{
    struct negative *negative = this->private;
    struct local *local = frame->local;

    (void)cookie;
    frame->local = NULL;
    pthread_mutex_lock(&negative->lock);
    struct entry *entry = slot(negative, local->parent, local->name);

    if (op_ret < 0 && op_errno == ENOENT) {
        free(entry->name);
        entry->name = strdup(local->name);
        memcpy(entry->parent, local->parent, sizeof(uuid_t));
        entry->expires = local->begun + LIFETIME;
    } else if (is_same(entry, local->parent, local->name)) {
        entry->expires = 0;
    }
    pthread_mutex_unlock(&negative->lock);
    free(local);
    STACK_UNWIND_STRICT(lookup, frame, op_ret, op_errno, inode, buf, xdata, postparent);
    return 0;
}

static int32_t
negative_lookup(call_frame_t *frame, xlator_t *this, loc_t *loc, dict_t *xdata)
{
    struct negative *negative = this->private;
    struct local *local;

    if (!loc->name || gf_uuid_is_null(loc->pargfid)) {
        STACK_WIND_TAIL(frame, FIRST_CHILD(this), FIRST_CHILD(this)->fops->lookup, loc,
                        xdata);
        return 0;
    }
    pthread_mutex_lock(&negative->lock);
    const struct entry *entry = slot(negative, loc->pargfid, loc->name);
    bool absent = is_same(entry, loc->pargfid, loc->name) && now() < entry->expires;

    pthread_mutex_unlock(&negative->lock);
    local = absent ? NULL : malloc(sizeof(*local) + strlen(loc->name) + 1);
    if (!local) {
        STACK_UNWIND_STRICT(lookup, frame, -1, absent ? ENOENT : ENOMEM, NULL, NULL, NULL,
                            NULL);
        return 0;
    }
    local->begun = now();
    memcpy(local->parent, loc->pargfid, sizeof(uuid_t));
    memcpy(local->name, loc->name, strlen(loc->name) + 1);
    frame->local = local;
    STACK_WIND(frame, negative_lookup_cbk, FIRST_CHILD(this),
               FIRST_CHILD(this)->fops->lookup, loc, xdata);
    return 0;
}

static int32_t
negative_init(xlator_t *this)
{
    struct negative *negative = calloc(1, sizeof(*negative));

    if (!negative)
        return -1;
    pthread_mutex_init(&negative->lock, NULL);
    this->private = negative;
    return 0;
}

static void
negative_fini(xlator_t *this)
{
    (void)this;
}

static struct xlator_fops fops = {.lookup = negative_lookup};
static struct xlator_cbks cbks;
static volume_option_t options[] = {{.key = {NULL}}};

xlator_api_t xlator_api = {
    .init = negative_init,
    .fini = negative_fini,
    .notify = default_notify,
    .op_version = {1},
    .fops = &fops,
    .cbks = &cbks,
    .options = options,
    .identifier = "negative",
    .category = GF_EXPERIMENTAL,
};
