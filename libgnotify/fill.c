/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The thread that crawls, and its queue; see fill.h.
 */
#include "libgnotify/fill.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"

enum { QUEUE = 1 << 20 /* bytes that wait to be taken */, STACK_SIZE = 1 << 20, ERRORS = 100 };
/* ms: so long after a change all bricks have told it. Only those that stand still take longer. */
enum { SETTLES = 300 };

struct fill {
    struct glfs *fs;
    struct fill_root *roots;
    unsigned count;
    void (*wake)(void *arg);
    void *arg;
    pthread_t thread;

    const struct fill_root *root; /* the thread's */
    unsigned errors;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct fill_item *first, **end;
    size_t bytes;
    bool cancelled, done;
};

/* ---- the queue ------------------------------------------------------------------------- */

static size_t
size_of(const struct fill_item *item)
{
    return sizeof(*item) + strlen(item->path) + 1;
}

static int
put(struct fill *f, struct fill_item *item)
{
    pthread_mutex_lock(&f->lock);
    while (f->bytes > QUEUE && !f->cancelled)
        pthread_cond_wait(&f->changed, &f->lock);
    bool cancelled = f->cancelled, first = !f->first;

    if (cancelled) {
        free(item);
    } else {
        f->bytes += size_of(item);
        *f->end = item;
        f->end = &item->next;
    }
    pthread_mutex_unlock(&f->lock);
    if (first && !cancelled)
        f->wake(f->arg);
    return cancelled ? -ECANCELED : 0;
}

static struct fill_item *
item_new(const struct fill *f, enum fill_kind kind, const char *path)
{
    size_t len = strlen(path) + 1;
    struct fill_item *item = calloc(1, sizeof(*item) + len);

    if (!item)
        return NULL;
    item->kind = kind;
    item->only = f->root->only;
    memcpy(item->path, path, len);
    return item;
}

struct fill_item *
fill_next(struct fill *f)
{
    pthread_mutex_lock(&f->lock);
    struct fill_item *item = f->first;

    if (item) {
        f->first = item->next;
        f->end = f->first ? f->end : &f->first;
        f->bytes -= size_of(item);
        pthread_cond_broadcast(&f->changed);
    }
    pthread_mutex_unlock(&f->lock);
    return item;
}

bool
fill_is_ready(struct fill *f)
{
    pthread_mutex_lock(&f->lock);
    bool ready = f->first || f->done;

    pthread_mutex_unlock(&f->lock);
    return ready;
}

bool
fill_is_over(struct fill *f)
{
    pthread_mutex_lock(&f->lock);
    bool over = f->done && !f->first;

    pthread_mutex_unlock(&f->lock);
    return over;
}

/* ---- the crawl ------------------------------------------------------------------------- */

static int
found(void *arg, const struct crawl_entry *entry)
{
    struct fill *f = arg;
    struct fill_item *item = item_new(f, FILL_FOUND, entry->path);

    if (!item)
        return -ENOMEM;
    memcpy(item->gfid, entry->gfid, sizeof(item->gfid));
    item->time = (uint64_t)entry->stat->st_ctim.tv_sec * 1000000000 +
                 (uint64_t)entry->stat->st_ctim.tv_nsec;
    item->dir = S_ISDIR(entry->stat->st_mode);
    return put(f, item);
}

/* Of many that fail the first are told; the last of these stands for the rest. */
static void
failed(void *arg, const char *path, int error)
{
    struct fill *f = arg;

    if (++f->errors > ERRORS)
        return;
    struct fill_item *item = item_new(f, FILL_FAILED, path);

    if (!item)
        return; /* the gap stays */
    item->error = f->errors < ERRORS ? error : -ETOOMANYREFS;
    put(f, item);
}

static bool
over(void *arg)
{
    struct fill *f = arg;

    pthread_mutex_lock(&f->lock);
    bool cancelled = f->cancelled;

    pthread_mutex_unlock(&f->lock);
    return cancelled;
}

/* Under the lock, for SETTLES, or until it is cancelled. */
static void
settle(struct fill *f)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += SETTLES * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (!f->cancelled && pthread_cond_timedwait(&f->changed, &f->lock, &until) != ETIMEDOUT)
        ;
}

static void *
run(void *arg)
{
    struct fill *f = arg;

    for (unsigned i = 0; i < f->count && !over(f); i++) {
        f->root = &f->roots[i];
        const struct crawl_options options = {
            .below = f->root->path, .since = f->root->since, .itself = true, .flat = !f->root->deep,
            .entry = found, .error = failed, .over = over, .arg = f,
        };
        int ret = crawl(f->fs, &options);

        /* what is gone has nothing to be found; if it has only moved, an event tells that */
        if (ret && ret != -EIO && ret != -ENOENT && ret != -ESTALE && ret != -ENOTDIR &&
            ret != -ECANCELED)
            failed(f, *f->root->path ? f->root->path : "/", ret);
    }
    pthread_mutex_lock(&f->lock);
    settle(f);
    bool told = !f->cancelled;

    f->done = true;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
    if (told)
        f->wake(f->arg);
    return NULL;
}

/* ---- begin and end ----------------------------------------------------------------------- */

void
fill_roots_free(struct fill_root *roots, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        free(roots[i].path);
    free(roots);
}

static void
release(struct fill *f)
{
    while (f->first) {
        struct fill_item *item = f->first;

        f->first = item->next;
        free(item);
    }
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
    fill_roots_free(f->roots, f->count);
    free(f);
}

int
fill_start(struct glfs *fs, struct fill_root *roots, unsigned count, void (*wake)(void *arg),
           void *arg, struct fill **out)
{
    struct fill *f = calloc(1, sizeof(*f));
    pthread_condattr_t clock;
    pthread_attr_t attr;
    sigset_t all, old;

    if (!f) {
        fill_roots_free(roots, count);
        return -ENOMEM;
    }
    *f = (struct fill){.fs = fs, .roots = roots, .count = count, .wake = wake, .arg = arg};
    f->end = &f->first;
    pthread_mutex_init(&f->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&f->changed, &clock);
    pthread_condattr_destroy(&clock);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_SIZE); /* libgfapi's calls are deep */
    sigfillset(&all); /* the program's signals are not for these threads */
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int ret = -pthread_create(&f->thread, &attr, run, f);

    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
    if (ret)
        release(f);
    else
        *out = f;
    return ret;
}

void
fill_cancel(struct fill *f)
{
    pthread_mutex_lock(&f->lock);
    f->cancelled = true;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

bool
fill_wait(struct fill *f, int timeout)
{
    struct timespec until;
    int ret = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout / 1000;
    until.tv_nsec += timeout % 1000 * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    pthread_mutex_lock(&f->lock);
    while (!f->done && !ret)
        ret = timeout < 0 ? pthread_cond_wait(&f->changed, &f->lock)
                          : pthread_cond_timedwait(&f->changed, &f->lock, &until);
    bool done = f->done;

    pthread_mutex_unlock(&f->lock);
    return done;
}

void
fill_free(struct fill *f)
{
    if (!f)
        return;
    pthread_join(f->thread, NULL);
    release(f);
}
