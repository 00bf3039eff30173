/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The set of watches; see watch.h.
 */
#include "watch.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include <glusterfs/api/glfs-handles.h>

enum { FIRST_BUCKETS = 1024 };

int
watch_set_init(struct watch_set *set)
{
    pthread_condattr_t attr;

    *set = (struct watch_set){.bucket_count = FIRST_BUCKETS};
    set->queue_end = &set->queue;
    pthread_mutex_init(&set->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&set->wake, &attr);
    pthread_condattr_destroy(&attr);
    set->buckets = calloc(FIRST_BUCKETS, sizeof(*set->buckets));
    return set->buckets ? 0 : -ENOMEM;
}

/* A gfid is random, so part of it is as good as a hash. (Of the root's, all but the last
 * byte are 0.) */
static size_t
bucket_of(size_t buckets, const unsigned char gfid[GFID_SIZE])
{
    uint64_t tail;

    memcpy(&tail, gfid + GFID_SIZE - sizeof(tail), sizeof(tail));
    return tail % buckets;
}

/* With the lock held. If memory runs out the chains just get longer. */
static void
grow(struct watch_set *set)
{
    size_t count = set->bucket_count * 4;
    struct watch **buckets = calloc(count, sizeof(*buckets));

    if (!buckets)
        return;
    for (struct watch *w = set->first; w; w = w->next) {
        struct watch **bucket = &buckets[bucket_of(count, w->gfid)];

        w->next_same = *bucket;
        *bucket = w;
    }
    free(set->buckets);
    set->buckets = buckets;
    set->bucket_count = count;
}

struct watch *
watch_add(struct watch_set *set, struct watch *parent, const char *name,
          const unsigned char gfid[GFID_SIZE], struct glfs_object *object)
{
    struct watch *w = calloc(1, sizeof(*w));

    if (!w || !(w->name = strdup(name))) {
        free(w);
        return NULL;
    }
    if ((w->parent = parent))
        parent->children++;
    w->object = object;
    memcpy(w->gfid, gfid, GFID_SIZE);
    pthread_mutex_lock(&set->lock);
    struct watch **bucket = &set->buckets[bucket_of(set->bucket_count, gfid)];

    w->next_same = *bucket;
    *bucket = w;
    w->prev = set->last;
    if (set->last)
        set->last->next = w;
    else
        set->first = w;
    set->last = w;
    if (++set->count > set->bucket_count)
        grow(set);
    pthread_mutex_unlock(&set->lock);
    return w;
}

static void
unqueue(struct watch_set *set, struct watch *w)
{
    struct watch **at = &set->queue;

    while (*at != w)
        at = &(*at)->next_queued;
    *at = w->next_queued;
    if (!*at)
        set->queue_end = at;
}

void
watch_remove(struct watch_set *set, struct watch *w)
{
    pthread_mutex_lock(&set->lock);
    struct watch **at = &set->buckets[bucket_of(set->bucket_count, w->gfid)];

    while (*at != w)
        at = &(*at)->next_same;
    *at = w->next_same;
    if (w->queued)
        unqueue(set, w);
    *(w->prev ? &w->prev->next : &set->first) = w->next;
    *(w->next ? &w->next->prev : &set->last) = w->prev;
    set->count--;
    pthread_mutex_unlock(&set->lock);
    if (w->parent)
        w->parent->children--;
    /* not under the lock: this may end in calls to the bricks */
    if (w->object)
        glfs_h_close(w->object);
    free(w->name);
    free(w);
}

struct watch *
watch_find(const struct watch_set *set, const unsigned char gfid[GFID_SIZE],
           const struct watch *after)
{
    struct watch *w = after ? after->next_same : set->buckets[bucket_of(set->bucket_count, gfid)];

    while (w && memcmp(w->gfid, gfid, GFID_SIZE) != 0)
        w = w->next_same;
    return w;
}

void
watch_mark(struct watch_set *set, const unsigned char gfid[GFID_SIZE], uint32_t flags,
           const unsigned char *target, bool recalled)
{
    pthread_mutex_lock(&set->lock);
    for (struct watch *w = watch_find(set, gfid, NULL); w; w = watch_find(set, gfid, w)) {
        w->flags |= flags;
        w->recalled |= recalled;
        if (target)
            memcpy(w->target, target, GFID_SIZE);
        if (w->queued)
            continue;
        w->queued = true;
        w->next_queued = NULL;
        *set->queue_end = w;
        set->queue_end = &w->next_queued;
    }
    pthread_cond_signal(&set->wake);
    pthread_mutex_unlock(&set->lock);
}

bool
watch_take(struct watch_set *set, struct upcall *upcall)
{
    pthread_mutex_lock(&set->lock);
    struct watch *w = set->queue;

    if (w) {
        unqueue(set, w);
        *upcall = (struct upcall){.watch = w, .flags = w->flags, .recalled = w->recalled};
        memcpy(upcall->target, w->target, GFID_SIZE);
        memset(w->target, 0, GFID_SIZE);
        w->flags = 0;
        w->recalled = w->queued = false;
    }
    pthread_mutex_unlock(&set->lock);
    return w != NULL;
}

bool
watch_wait(struct watch_set *set, const struct timespec *until)
{
    int ret = 0;

    pthread_mutex_lock(&set->lock);
    while (!set->queue && ret != ETIMEDOUT)
        ret = pthread_cond_timedwait(&set->wake, &set->lock, until);
    bool queued = set->queue != NULL;
    pthread_mutex_unlock(&set->lock);
    return queued;
}

int
watch_rename(struct watch *w, struct watch *parent, const char *name)
{
    char *copy = strdup(name);

    if (!copy)
        return -ENOMEM;
    free(w->name);
    w->name = copy;
    if (parent)
        parent->children++;
    if (w->parent)
        w->parent->children--;
    w->parent = parent;
    return 0;
}

void
watch_path(const struct watch *w, struct strbuf *out)
{
    if (w->parent) {
        watch_path(w->parent, out);
        if (out->len && out->data[out->len - 1] != '/')
            strbuf_char(out, '/');
    }
    strbuf_str(out, w->name);
}
