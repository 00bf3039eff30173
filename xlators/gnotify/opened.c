/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Open files: a context of the fd knows by which of its names the file was opened, and by
 * whom; its release is the file's CLOSE.
 *
 * The name is looked at again when something was renamed since, for it may be another one
 * now. A file that has lost its name goes by the one that it had.
 */
#include "xlators/gnotify/gnotify.h"

#include <fcntl.h>

#include <glusterfs/common-utils.h>
#include <glusterfs/compat-uuid.h>
#include <glusterfs/fd.h>

/* ns: a rename is answered before the inodes know of it; so long nobody trusts them. */
enum { UNSETTLED = 500000000 };

void
names_changed(struct gnotify *g)
{
    atomic_store(&g->renamed_at, clock_ns(CLOCK_MONOTONIC));
    atomic_fetch_add(&g->renames, 1);
}

static struct opened *
opened_of(xlator_t *this, fd_t *fd)
{
    uint64_t value = 0;

    return fd_ctx_get(fd, this, &value) < 0 ? NULL : (struct opened *)(uintptr_t)value;
}

static void
opened_free(struct opened *o)
{
    pthread_mutex_destroy(&o->lock);
    GF_FREE(o->path);
    GF_FREE(o);
}

/* Of fd: a new one, or the one that another thread made meanwhile. */
static struct opened *
opened_new(struct gnotify *g, const call_frame_t *frame, fd_t *fd)
{
    struct opened *o = GF_CALLOC(1, sizeof(*o), gf_gnotify_mt_opened), *theirs = NULL;
    uint64_t value = 0;

    if (!o)
        return NULL;
    pthread_mutex_init(&o->lock, NULL);
    o->names = atomic_load(&g->renames) - 1; /* to be looked for */
    o->silent = fd->anonymous;
    o->is_dir = IA_ISDIR(fd->inode->ia_type);
    o->pid = frame->root->pid;
    o->uid = frame->root->uid;
    o->gid = frame->root->gid;
    o->time = (uint64_t)frame->root->ctime.tv_sec * 1000000000u +
              (uint64_t)frame->root->ctime.tv_nsec;
    const struct client *client = client_of(g, frame);

    o->client = client ? client->number : 0;
    LOCK(&fd->lock);
    if (!__fd_ctx_get(fd, g->xl, &value) && value)
        theirs = (struct opened *)(uintptr_t)value;
    else if (__fd_ctx_set(fd, g->xl, (uint64_t)(uintptr_t)o) < 0)
        theirs = o;
    UNLOCK(&fd->lock);
    if (!theirs)
        return o;
    opened_free(o);
    return theirs == o ? NULL : theirs;
}

static void
set_path(struct opened *o, const uint8_t *parent, const char *path)
{
    char *copy = gf_strdup(path);

    if (!copy)
        return;
    GF_FREE(o->path);
    o->path = copy;
    o->len = strlen(copy);
    memcpy(o->parent, parent, sizeof(o->parent));
}

void
opened_remember(struct gnotify *g, const call_frame_t *frame, fd_t *fd, const loc_t *loc,
                bool written)
{
    struct opened *o = opened_new(g, frame, fd);
    struct spot spot;

    if (!o)
        return;
    o->silent = true; /* until it is confirmed */
    o->written = written;
    o->is_dir = o->is_dir || (loc->inode && IA_ISDIR(loc->inode->ia_type));
    spot_of_loc(loc, &spot);
    if (spot.name_only)
        return;
    pthread_mutex_lock(&o->lock);
    set_path(o, spot.parent, spot.path);
    o->names = atomic_load(&g->renames);
    pthread_mutex_unlock(&o->lock);
}

void
opened_confirm(struct gnotify *g, fd_t *fd)
{
    struct opened *o = fd ? opened_of(g->xl, fd) : NULL;

    if (o)
        o->silent = fd->anonymous;
}

void
opened_written(struct gnotify *g, const call_frame_t *frame, fd_t *fd)
{
    struct opened *o = opened_of(g->xl, fd);

    if (!o) /* it was open before events were wanted */
        o = opened_new(g, frame, fd);
    if (o)
        atomic_store_explicit(&o->written, true, memory_order_relaxed);
}

/* ---- the name -------------------------------------------------------------- */

/* The path of the inode as its folders are now: by the name it is known by, or by any.
 * GF_* memory of the caller, and its folder's gfid; NULL where it is not known. */
static char *
look(inode_t *inode, const struct opened *o, uint8_t parent_gfid[16])
{
    char *path = NULL;
    const char *name = o->path ? strrchr(o->path, '/') + 1 : NULL;
    inode_t *parent = name ? inode_parent(inode, (unsigned char *)o->parent, name) : NULL;

    if (!parent) {
        name = NULL;
        parent = inode_parent(inode, NULL, NULL);
    }
    if (!parent)
        return NULL;
    if ((name ? inode_path(parent, name, &path) : inode_path(inode, NULL, &path)) < 0)
        path = NULL;
    memcpy(parent_gfid, parent->gfid, 16);
    inode_unref(parent);
    if (path && path[0] != '/') {
        GF_FREE(path);
        path = NULL;
    }
    return path;
}

/* Under its lock. */
static void
refresh(struct gnotify *g, struct opened *o, inode_t *inode)
{
    unsigned names = atomic_load(&g->renames);
    uint8_t parent[16];

    if (o->path && o->names == names)
        return;
    char *path = look(inode, o, parent);

    if (path) {
        GF_FREE(o->path);
        o->path = path;
        o->len = strlen(path);
        memcpy(o->parent, parent, sizeof(parent));
    }
    if (clock_ns(CLOCK_MONOTONIC) - atomic_load(&g->renamed_at) > UNSETTLED)
        o->names = names;
}

struct event *
event_of_fd(struct gnotify *g, const call_frame_t *frame, enum traffic traffic,
            enum notify_op op, const char *what, fd_t *fd, const char *detail)
{
    static const struct spot nowhere = {.path = "", .name_only = true};

    if (traffic == INTERNAL || !wants(g, op))
        return NULL;
    struct opened *o = opened_of(g->xl, fd);

    if (!o)
        o = opened_new(g, frame, fd);
    if (!o)
        return event_new(g, frame, traffic, op, what, fd->inode->gfid, &nowhere, NULL, detail);
    if (traffic == OF_A_HEAL)
        o->silent = true;
    pthread_mutex_lock(&o->lock);
    refresh(g, o, fd->inode);
    struct spot spot = nowhere;

    if (o->path) {
        spot = (struct spot){.path = o->path, .len = o->len};
        memcpy(spot.parent, o->parent, sizeof(spot.parent));
    }
    struct event *e = event_new(g, frame, traffic, op, what, fd->inode->gfid, &spot, NULL, detail);

    pthread_mutex_unlock(&o->lock);
    return e;
}

/* ---- the end ----------------------------------------------------------------- */

static void
push_close(struct gnotify *g, struct opened *o, fd_t *fd)
{
    struct event *e = event_alloc(g, o->len);

    if (!e)
        return;
    struct notify_record *r = &e->r;

    r->op = NOTIFY_CLOSE;
    r->time = o->time;
    r->flags = NOTIFY_HAS_NAME | NOTIFY_HAS_ACTOR | (o->path ? 0 : NOTIFY_NAME_ONLY) |
               (atomic_load(&o->written) ? NOTIFY_WRITTEN : 0) |
               ((fd->flags & O_ACCMODE) != O_RDONLY ? NOTIFY_WRITABLE : 0) |
               (o->is_dir ? NOTIFY_ISDIR : 0);
    memcpy(r->gfid, fd->inode->gfid, sizeof(r->gfid));
    memcpy(r->name.parent, o->parent, sizeof(r->name.parent));
    if (o->len)
        memcpy(e->text, o->path, o->len);
    r->name.path = e->text;
    r->name.len = (uint16_t)(o->len > NOTIFY_PATH_MAX ? NOTIFY_PATH_MAX : o->len);
    r->pid = o->pid;
    r->uid = o->uid;
    r->gid = o->gid;
    r->client = o->client;
    ring_push(g, e);
    writer_push_wakes(g);
}

int32_t
gnotify_release(xlator_t *this, fd_t *fd)
{
    struct gnotify *g = this->private;
    uint64_t value = 0;

    if (fd_ctx_del(fd, this, &value) < 0 || !value)
        return 0;
    struct opened *o = (struct opened *)(uintptr_t)value;

    if (g && !o->silent && atomic_load(&g->active) &&
        (o->is_dir ? wants(g, GNOTIFY_OPENDIR) : wants(g, NOTIFY_CLOSE)) &&
        !is_shard_folder(o->parent)) {
        refresh(g, o, fd->inode);
        push_close(g, o, fd);
    }
    opened_free(o);
    return 0;
}
