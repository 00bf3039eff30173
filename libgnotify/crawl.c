/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Threads that list folders; see crawl.h.
 *
 * Folders that wait are on a stack, so that few of them do, whatever the tree's size: what
 * was found last is listed first.
 */
#include "libgnotify/crawl.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <glusterfs/api/glfs-handles.h>
#include <glusterfs/api/glfs.h>

#include "common/clock.h"
#include "common/strbuf.h"
#include "libgnotify/crawl-own.h"

enum {
    THREADS = 8, /* more are not faster: docs/benchmarks.md */
    THREADS_MAX = 64,
    STACK_SIZE = 1 << 20, /* libgfapi's calls are deep */
    AT_ONCE = 256,        /* entries for which the lock is taken once */
    GFID = 16,
    LOOK = 1000,          /* ms: a brick that was away is not back within a second */
    TRIES = 100,
};

struct crawl {
    struct glfs *fs;
    const struct crawl_options *options;
    uint64_t since;
    pthread_mutex_t lock;
    pthread_cond_t more;
    char **stack;
    size_t room;
    unsigned busy; /* threads that list, and may find folders */
    int result;    /* why the crawl ends early */
    struct crawl_progress progress;
    struct crawl_xtime xtime;
    int64_t next_look; /* for bricks that are away */
    bool set_away;     /* that was told */
};

/* Entries of a folder that were read and not told yet. */
struct part {
    unsigned count;
    struct {
        struct stat stat;
        uint8_t gfid[GFID];
        char name[256];
    } entries[AT_ONCE];
};

/* ---- with the lock held ------------------------------------------------------------------- */

static void
end(struct crawl *c, int result)
{
    if (!c->result)
        c->result = result;
    pthread_cond_broadcast(&c->more);
}

static int
push(struct crawl *c, char *path)
{
    if (c->progress.waiting == c->room) {
        size_t room = c->room ? 2 * c->room : 256;
        char **stack = realloc(c->stack, room * sizeof(*stack));

        if (!stack)
            return -ENOMEM;
        c->stack = stack;
        c->room = room;
    }
    c->stack[c->progress.waiting++] = path;
    pthread_cond_signal(&c->more);
    return 0;
}

static int
tell(struct crawl *c, const char *path, const struct stat *stat, const uint8_t *gfid)
{
    const struct crawl_entry entry = {.path = path, .stat = stat, .gfid = gfid};
    uint64_t changed = (uint64_t)stat->st_ctim.tv_sec * 1000000000 + (uint64_t)stat->st_ctim.tv_nsec;

    if (changed < c->since)
        return 0;
    c->progress.told++;
    return c->options->entry(c->options->arg, &entry);
}

static void
tell_error(struct crawl *c, const char *path, int error)
{
    if (error == -ENOENT || error == -ESTALE || error == -ENOTDIR)
        return; /* it went, or something else has its name now */
    c->progress.failed++;
    if (c->options->error)
        c->options->error(c->options->arg, path, error);
}

static int
tell_part(struct crawl *c, const char *folder, const struct part *part)
{
    for (unsigned i = 0; i < part->count && !c->result; i++) {
        AUTO_FREE char *path = str_fmt("%s/%s", folder, part->entries[i].name);
        int ret = path ? tell(c, path, &part->entries[i].stat, part->entries[i].gfid) : -ENOMEM;

        c->progress.entries++;
        if (!ret && S_ISDIR(part->entries[i].stat.st_mode) && !c->options->flat) {
            ret = push(c, path);
            path = ret ? path : NULL;
        }
        if (ret)
            return ret;
    }
    if (c->options->progress)
        c->options->progress(c->options->arg, &c->progress);
    return 0;
}

static void
tell_away(void *arg, const char *set)
{
    struct crawl *c = arg;

    if (!c->set_away)
        tell_error(c, set, -ENOTCONN);
    c->set_away = true;
}

static void
look_for_bricks(struct crawl *c)
{
    int ret = -EAGAIN;

    for (int i = 0; i < TRIES && ret == -EAGAIN && !c->set_away; i++) {
        ret = crawl_sets_away(c->fs, tell_away, c);
        if (ret == -EAGAIN)
            usleep(10000);
    }
    if (ret && !c->set_away)
        tell_error(c, "/", ret == -EAGAIN ? -ESHUTDOWN : ret);
    c->next_look = now_ms() + LOOK;
}

/* ---- one folder --------------------------------------------------------------------------- */

static bool
is_dots(const char *name)
{
    return !strcmp(name, ".") || !strcmp(name, "..");
}

static int
look_up_path(struct crawl *c, const char *path, struct stat *stat, uint8_t *gfid)
{
    errno = 0;
    struct glfs_object *object = glfs_h_lookupat(c->fs, NULL, path, stat, 0);

    if (!object)
        return errno ? -errno : -EIO;
    ssize_t len = glfs_h_extract_handle(object, gfid, GFID);

    glfs_h_close(object);
    return len == GFID ? 0 : -EIO;
}

/* What the listing did not bring, or not as it is on all bricks: a folder's times are those of
 * one of them. */
static int
look_up(struct crawl *c, const char *folder, const char *name, struct stat *stat, uint8_t *gfid)
{
    AUTO_FREE char *path = str_fmt("%s/%s", folder, name);

    return path ? look_up_path(c, path, stat, gfid) : -ENOMEM;
}

static int
take_entry(struct crawl *c, const char *folder, int brought, struct glfs_xreaddirp_stat *more,
           const char *name, struct part *part)
{
    struct stat *stat = brought & GFAPI_XREADDIRP_STAT ? glfs_xreaddirplus_get_stat(more) : NULL;
    struct glfs_object *object =
        brought & GFAPI_XREADDIRP_HANDLE ? glfs_xreaddirplus_get_object(more) : NULL;
    int ret = 0;

    if (is_dots(name) || strlen(name) >= sizeof(part->entries->name))
        return 0;
    memcpy(part->entries[part->count].name, name, strlen(name) + 1);
    struct stat *to = &part->entries[part->count].stat;
    uint8_t *gfid = part->entries[part->count].gfid;

    if (stat)
        *to = *stat;
    if (!stat || !object || glfs_h_extract_handle(object, gfid, GFID) != GFID ||
        (c->since && S_ISDIR(stat->st_mode)))
        ret = look_up(c, folder, name, to, gfid);
    if (ret == -ENOENT || ret == -ESTALE)
        return 0;
    part->count += !ret;
    return ret;
}

/* Fills part. 1; 0: the folder ends; -errno. */
static int
read_part(struct crawl *c, struct glfs_fd *fd, const char *folder, struct part *part)
{
    part->count = 0;
    while (part->count < AT_ONCE) {
        struct glfs_xreaddirp_stat *more = NULL;
        struct dirent space, *entry = NULL;
        int brought = glfs_xreaddirplus_r(fd, GFAPI_XREADDIRP_STAT | GFAPI_XREADDIRP_HANDLE, &more,
                                          &space, &entry);

        if (brought < 0)
            return -errno;
        int ret = entry ? take_entry(c, folder, brought, more, entry->d_name, part) : 0;

        if (more)
            glfs_free(more);
        if (ret)
            return ret;
        if (!entry)
            return 0;
    }
    return 1;
}

static bool
is_over(const struct crawl *c)
{
    return c->options->over && c->options->over(c->options->arg);
}

/* folder: "" is the root. */
static void
list(struct crawl *c, const char *folder, struct part *part)
{
    uint64_t changed;

    if (c->since && crawl_xtime_of(c->fs, &c->xtime, *folder ? folder : "/", &changed) &&
        changed < c->since)
        return;
    struct glfs_fd *fd = glfs_opendir(c->fs, *folder ? folder : "/");
    int ret = fd ? 1 : -errno, result = 0;

    while (ret > 0 && !result) {
        ret = read_part(c, fd, folder, part);
        bool over = is_over(c);

        pthread_mutex_lock(&c->lock);
        result = c->result ? c->result : over ? -ECANCELED : tell_part(c, folder, part);
        if (result)
            end(c, result);
        pthread_mutex_unlock(&c->lock);
    }
    if (fd)
        glfs_closedir(fd);
    pthread_mutex_lock(&c->lock);
    c->progress.folders++;
    if (ret < 0)
        tell_error(c, *folder ? folder : "/", ret);
    if (now_ms() >= c->next_look)
        look_for_bricks(c);
    pthread_mutex_unlock(&c->lock);
}

static void *
work(void *arg)
{
    struct crawl *c = arg;
    AUTO_FREE struct part *part = malloc(sizeof(*part));

    pthread_mutex_lock(&c->lock);
    if (!part)
        end(c, -ENOMEM);
    while (!c->result && (c->progress.waiting || c->busy)) {
        if (!c->progress.waiting) {
            pthread_cond_wait(&c->more, &c->lock);
            continue;
        }
        AUTO_FREE char *folder = c->stack[--c->progress.waiting];

        c->busy++;
        pthread_mutex_unlock(&c->lock);
        list(c, folder, part);
        pthread_mutex_lock(&c->lock);
        c->busy--;
    }
    pthread_cond_broadcast(&c->more);
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

/* ---- the crawl ---------------------------------------------------------------------------- */

/* The first folder, without slashes at the end: "" is the root. */
static int
begin(struct crawl *c)
{
    const char *below = c->options->below ? c->options->below : "/";
    size_t len = strlen(below);
    uint8_t gfid[GFID];
    struct stat stat;

    while (len && below[len - 1] == '/')
        len--;
    AUTO_FREE char *folder = strndup(below, len);

    if (!folder)
        return -ENOMEM;
    int ret = look_up_path(c, len ? folder : "/", &stat, gfid);

    if (!ret && c->options->itself)
        ret = tell(c, len ? folder : "/", &stat, gfid);
    if (!ret && !S_ISDIR(stat.st_mode))
        return c->options->itself ? 0 : -ENOTDIR;
    if (!ret)
        ret = push(c, folder);
    folder = ret ? folder : NULL;
    if (c->since)
        crawl_xtime_init(c->fs, &c->xtime);
    c->next_look = now_ms() + LOOK;
    return ret;
}

static void
run(struct crawl *c)
{
    unsigned wanted = c->options->threads ? c->options->threads : THREADS, count = 0;
    pthread_t threads[THREADS_MAX];
    pthread_attr_t attr;

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    while (count + 1 < wanted && count < THREADS_MAX &&
           !pthread_create(&threads[count], &attr, work, c))
        count++;
    pthread_attr_destroy(&attr);
    work(c); /* fewer threads than wanted are slower, no more */
    while (count)
        pthread_join(threads[--count], NULL);
}

int
crawl(struct glfs *fs, const struct crawl_options *options)
{
    struct crawl c = {.fs = fs, .options = options, .since = options->since,
                      .lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};
    int ret = begin(&c);

    if (!ret) {
        run(&c);
        if (!c.result)
            look_for_bricks(&c);
        if (options->progress)
            options->progress(options->arg, &c.progress);
        ret = c.result ? c.result : c.progress.failed ? -EIO : 0;
    }
    while (c.progress.waiting)
        free(c.stack[--c.progress.waiting]);
    free(c.stack);
    pthread_cond_destroy(&c.more);
    pthread_mutex_destroy(&c.lock);
    return ret;
}
