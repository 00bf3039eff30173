/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Events: made when a fop is wound, with copies of the names that it came with, for
 * neither these nor their inodes need to be there when it is answered; and the ring in
 * which they go to the writer.
 */
#include "xlators/gnotify/gnotify.h"

#include <glusterfs/common-utils.h>
#include <glusterfs/compat-uuid.h>

/* ---- the ring ------------------------------------------------------------- */

/* A stack that fops push to and the writer takes whole: no lock, no order of its own to
 * lose, and what is in it is bounded by its bytes. */
bool
ring_push(struct gnotify *g, struct event *e)
{
    size_t size = e->size;

    if (atomic_fetch_add(&g->queued, size) + size > atomic_load(&g->buffer_size)) {
        atomic_fetch_sub(&g->queued, size);
        atomic_fetch_add(&g->lost, 1);
        atomic_fetch_add(&g->dropped, 1);
        event_free(e);
        return false;
    }
    e->next = atomic_load_explicit(&g->ring, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(&g->ring, &e->next, e))
        ;
    return true;
}

struct event *
ring_take(struct gnotify *g)
{
    struct event *e = atomic_exchange(&g->ring, NULL), *list = NULL;

    for (struct event *next; e; e = next) {
        next = e->next;
        e->next = list;
        list = e;
    }
    return list;
}

/* ---- events --------------------------------------------------------------- */

struct event *
event_alloc(struct gnotify *g, size_t text)
{
    struct event *e = GF_MALLOC(sizeof(*e) + text, gf_gnotify_mt_event);

    if (!e) {
        atomic_fetch_add(&g->lost, 1);
        atomic_fetch_add(&g->dropped, 1);
        return NULL;
    }
    memset(e, 0, sizeof(*e));
    e->g = g;
    e->size = sizeof(*e) + text;
    return e;
}

void
event_free(struct event *e)
{
    GF_FREE(e);
}

void
event_append(struct event **list, struct event *e)
{
    while (*list)
        list = &(*list)->more;
    *list = e;
}

void
event_done(struct event *e, bool success)
{
    struct gnotify *g = e ? e->g : NULL;
    long count = 0;

    for (struct event *more; e; e = more, count++) {
        more = e->more;
        e->more = NULL;
        if (success && !resolve_is_index(g, &e->r))
            ring_push(g, e);
        else
            event_free(e);
    }
    if (!count)
        return;
    if (success)
        writer_push_wakes(g);
    atomic_fetch_sub(&g->in_flight, count);
}

static void
set_actor(struct gnotify *g, struct notify_record *r, const call_frame_t *frame)
{
    const struct client *client = client_of(g, frame);

    r->flags |= NOTIFY_HAS_ACTOR;
    r->pid = frame->root->pid;
    r->uid = frame->root->uid;
    r->gid = frame->root->gid;
    r->client = client ? client->number : 0;
}

static char *
put_spot(struct notify_name *name, const struct spot *spot, size_t len, char *text)
{
    memcpy(name->parent, spot->parent, sizeof(name->parent));
    memcpy(text, spot->path, len);
    name->path = text;
    name->len = (uint16_t)len;
    return text + len;
}

/* How much of a path a record can have. */
static size_t
usable(const struct spot *spot)
{
    return !spot ? 0 : spot->len > NOTIFY_PATH_MAX ? NOTIFY_PATH_MAX : spot->len;
}

/* What GlusterFS keeps beside users' files. */
static bool
is_hidden(const struct spot *spot)
{
    return spot && ((spot->len >= 11 && !memcmp(spot->path, "/.glusterfs", 11) &&
                     (spot->len == 11 || spot->path[11] == '/' || spot->path[11] == '-')) ||
                    is_shard_folder(spot->parent));
}

/* A heal has put the file, or a folder above it, aside, in a folder of its own, and a user who has it
 * changes it: not that path is the user's, but the change is. */
static const struct spot *
not_put_aside(const struct spot *spot, enum notify_op op, struct spot *room)
{
    enum { HIDDEN = 12 }; /* "/.glusterfs-" */

    if (!spot || spot->len <= HIDDEN || memcmp(spot->path, "/.glusterfs-", HIDDEN) != 0)
        return spot;
    *room = (struct spot){.path = "", .name_only = true};
    if (op >= NOTIFY_WRITE)
        return room;
    const char *base = memrchr(spot->path, '/', spot->len);
    const char *first = memchr(spot->path + HIDDEN, '/', spot->len - HIDDEN);

    if (!first || first == base) /* its own doing */
        return spot;
    memcpy(room->parent, spot->parent, sizeof(room->parent));
    room->path = base + 1;
    room->len = (size_t)(spot->path + spot->len - room->path);
    return room;
}

/* The folder in which heals put things aside is itself nothing that anybody missed. */
static bool
is_of_heals(const struct spot *spot)
{
    return is_hidden(spot) && !memchr(spot->path + 1, '/', spot->len - 1) &&
           !is_shard_folder(spot->parent);
}

struct event *
event_new(struct gnotify *g, const call_frame_t *frame, enum traffic traffic,
          enum notify_op op, const char *what, const uint8_t *gfid, const struct spot *name,
          const struct spot *to, const char *detail)
{
    /* what is written to shards is told of their files */
    bool is_change = op >= NOTIFY_WRITE && op <= NOTIFY_ZEROFILL;
    struct spot rooms[2];

    if (traffic == OF_A_USER) {
        name = not_put_aside(name, op, &rooms[0]);
        to = not_put_aside(to, op, &rooms[1]);
    }
    if (traffic == INTERNAL || (traffic == OF_A_HEAL && is_of_heals(name)) ||
        (traffic == OF_A_USER && ((is_hidden(name) && !(is_change && is_shard_folder(name->parent))) || is_hidden(to))))
        return NULL;
    if (traffic == OF_A_HEAL) {
        op = NOTIFY_MISSED;
        detail = what;
    }
    size_t len = usable(name), to_len = usable(to);
    size_t detail_len = detail ? strnlen(detail, NOTIFY_DETAIL_MAX) : 0;
    struct event *e = event_alloc(g, len + to_len + detail_len);

    if (!e)
        return NULL;
    struct notify_record *r = &e->r;
    char *text = e->text;

    atomic_fetch_add(&g->in_flight, 1);
    r->op = op;
    r->time = (uint64_t)frame->root->ctime.tv_sec * 1000000000u +
              (uint64_t)frame->root->ctime.tv_nsec;
    if (gfid)
        memcpy(r->gfid, gfid, sizeof(r->gfid));
    if (name) {
        r->flags |= NOTIFY_HAS_NAME | (name->name_only ? NOTIFY_NAME_ONLY : 0);
        text = put_spot(&r->name, name, len, text);
    }
    if (to) {
        r->flags |= NOTIFY_HAS_TO | (to->name_only ? NOTIFY_TO_NAME_ONLY : 0);
        text = put_spot(&r->to, to, to_len, text);
    }
    if (detail) {
        memcpy(text, detail, detail_len);
        r->flags |= NOTIFY_HAS_DETAIL;
        r->detail = text;
        r->detail_len = (uint8_t)detail_len;
    }
    if (traffic == OF_A_USER)
        set_actor(g, r, frame);
    return e;
}

/* ---- where a loc is -------------------------------------------------------- */

/* The server makes a path of what it knows of the inode and of the folders above it; of
 * an inode that it knows by gfid only that is <gfid:…>, or <gfid:…>/name. */
void
spot_of_loc(const loc_t *loc, struct spot *spot)
{
    const char *path = loc->path ? loc->path : "";
    inode_t *parent = loc->parent;

    memset(spot, 0, sizeof(*spot));
    if (path[0] == '/') {
        spot->path = path;
    } else {
        const char *slash = strrchr(path, '/');

        spot->name_only = true;
        spot->path = loc->name && loc->parent ? loc->name : slash ? slash + 1 : "";
    }
    spot->len = strlen(spot->path);
    if (parent && !is_null(parent->gfid)) {
        memcpy(spot->parent, parent->gfid, sizeof(spot->parent));
    } else if (!is_null(loc->pargfid)) {
        memcpy(spot->parent, loc->pargfid, sizeof(spot->parent));
    } else if (loc->inode && !is_root(loc->inode->gfid)) {
        parent = inode_parent(loc->inode, NULL, NULL);
        if (parent) {
            memcpy(spot->parent, parent->gfid, sizeof(spot->parent));
            inode_unref(parent);
        }
    }
}
