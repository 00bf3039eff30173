/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Which watches an event is for, and by what name each of them is told of it: that of a file in a
 * folder, one anywhere below it, or none, of the watched file itself. Knows no operations.
 */
#include "libgnotify/events_pass.h"

#include "common/cleanup.h"

/* ---- out ------------------------------------------------------------------- */

void
pass_tell(struct pass *p, const struct watch_event *e)
{
    if (p->held && !p->ret) {
        p->event.more = e;
        p->ret = p->take(p->arg, p->r, &p->event);
    }
    p->held = e;
    if (e)
        p->event = *e;
}

void
pass_end(struct pass *p, struct watch *w)
{
    pass_tell(p, &(struct watch_event){.wd = w->wd, .mask = GNOTIFY_IGNORED, .path = w->path,
                                       .path_len = w->len});
    watch_end(p->set, w);
}

/* What a crawl has found may be of any of these; told is the first that the watch wants. */
static uint32_t
found_bit(const struct pass *p, const struct watch *w, uint32_t mask)
{
    static const uint32_t bits[] = {GNOTIFY_CREATE, GNOTIFY_MODIFY, GNOTIFY_CLOSE_WRITE,
                                    GNOTIFY_MOVED_TO, GNOTIFY_ATTRIB};

    if (p->only ? w->wd != p->only : !(w->mask & (GNOTIFY_CRAWL | GNOTIFY_CRAWL_FIRST)))
        return 0;
    for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
        if (w->mask & mask & bits[i])
            return bits[i] | (mask & GNOTIFY_ISDIR);
    }
    return 0;
}

void
pass_give(struct pass *p, struct watch *w, uint32_t mask, struct watch_event *e)
{
    if (p->found)
        mask = found_bit(p, w, mask);
    if (w->gone || !(w->mask & mask & GNOTIFY_ALL_EVENTS))
        return;
    e->wd = w->wd;
    e->mask = mask | (p->synthetic ? GNOTIFY_SYNTHETIC : 0);
    if (mask & GNOTIFY_MOVE)
        e->cookie = p->cookie;
    pass_tell(p, e);
    if (w->mask & (uint32_t)GNOTIFY_ONESHOT)
        pass_end(p, w);
}

/* ---- in a folder ----------------------------------------------------------- */

static void
fill_path(struct watch_event *e, const struct notify_name *n, bool name_only)
{
    if (name_only || !n->len)
        return;
    e->path = n->path;
    e->path_len = n->len;
}

/* A file of that name in the watched folder. */
static void
give_child(struct pass *p, struct watch *w, uint32_t mask, const struct notify_name *n,
           bool name_only, uint32_t flags)
{
    const struct notify_name base = notify_name_base(n);
    struct watch_event e = {.flags = flags, .name = base.path, .name_len = base.len,
                            .parent = n->parent};

    fill_path(&e, n, name_only);
    if (!base.len) { /* in this folder, but which of its files is not known */
        e.name = NULL;
        e.flags |= GNOTIFY_UNPLACED;
    }
    pass_give(p, w, mask, &e);
}

/* It may be anywhere. */
static void
give_unplaced(struct pass *p, struct watch *w, uint32_t mask, const struct notify_name *n,
              uint32_t flags)
{
    const struct notify_name base = notify_name_base(n);
    struct watch_event e = {.flags = flags | GNOTIFY_UNPLACED};

    if (base.len) {
        e.name = base.path;
        e.name_len = base.len;
    }
    if (gfid_known(n->parent))
        e.parent = n->parent;
    pass_give(p, w, mask, &e);
}

static bool
is_folder(const struct watch *w, const struct notify_name *n)
{
    return !memcmp(w->gfid, n->parent, WATCH_GFID);
}

/* To recursive watches of what is above the folder. */
static void
give_deep(struct pass *p, uint32_t mask, const struct notify_name *n, bool name_only,
          uint32_t flags)
{
    for (struct watch *w = p->set->deep, *next; w; w = next) {
        const char *rest;

        next = w->next_deep;
        if (is_folder(w, n) || !memcmp(w->gfid, p->r->gfid, WATCH_GFID))
            continue;
        if (name_only) {
            give_unplaced(p, w, mask, n, flags);
        } else if ((rest = watch_below(w, n->path, n->len, p->r->time))) {
            pass_give(p, w, mask, &(struct watch_event){
                .flags = flags, .name = rest, .name_len = (size_t)(n->path + n->len - rest),
                .path = n->path, .path_len = n->len, .parent = n->parent});
        }
    }
}

/* By the path. */
static bool
is_in(const struct watch *w, const struct notify_name *n)
{
    const struct notify_name base = notify_name_base(n);

    return base.len && w->len == (size_t)(base.path - n->path) - 1 &&
           !memcmp(w->path, n->path, w->len);
}

void
pass_to_parent(struct pass *p, uint32_t mask, const struct notify_name *n, bool name_only,
               uint32_t flags)
{
    bool folder_known = gfid_known(n->parent);

    name_only = name_only || !n->len || *n->path != '/';
    if (!name_only && n->len == 1)
        return; /* the root is in no folder */
    for (struct watch *w = folder_known ? watch_of(p->set, n->parent, NULL) : NULL, *next; w;
         w = next) {
        next = watch_of(p->set, n->parent, w);
        if (w->is_dir)
            give_child(p, w, mask, n, name_only, flags);
    }
    give_deep(p, mask, n, name_only, flags);
    for (struct watch *w = p->set->first; !folder_known && w; w = w->next) {
        if (!w->is_dir || w->mask & GNOTIFY_RECURSIVE ||
            !memcmp(w->gfid, p->r->gfid, WATCH_GFID))
            continue;
        if (name_only)
            give_unplaced(p, w, mask, n, flags);
        else if (is_in(w, n))
            give_child(p, w, mask, n, name_only, flags);
    }
}

void
pass_to_name(struct pass *p, uint32_t mask, uint32_t flags)
{
    pass_to_parent(p, mask, &p->r->name, !!(p->r->flags & NOTIFY_NAME_ONLY), flags);
}

/* ---- of itself ------------------------------------------------------------- */

void
pass_give_self(struct pass *p, struct watch *w, uint32_t mask, uint32_t flags)
{
    const struct notify_record *r = p->r;
    struct watch_event e = {.flags = flags, .path = w->path, .path_len = w->len};
    bool moved = r->op == NOTIFY_RENAME;
    const struct notify_name *n = moved ? &r->to : &r->name;

    if (!memcmp(w->gfid, r->gfid, WATCH_GFID)) { /* else it was replaced */
        if (gfid_known(n->parent))
            e.parent = n->parent;
        fill_path(&e, n, r->flags & (moved ? NOTIFY_TO_NAME_ONLY : NOTIFY_NAME_ONLY));
    }
    pass_give(p, w, mask, &e);
}

void
pass_to_self(struct pass *p, uint32_t mask, uint32_t flags)
{
    for (struct watch *w = watch_of(p->set, p->r->gfid, NULL), *next; w; w = next) {
        next = watch_of(p->set, p->r->gfid, w);
        pass_give_self(p, w, mask, flags);
    }
}

void
pass_to_both(struct pass *p, uint32_t mask, uint32_t flags)
{
    uint32_t dir = p->r->flags & NOTIFY_ISDIR ? GNOTIFY_ISDIR : 0;

    pass_to_name(p, mask | dir, flags);
    pass_to_self(p, mask | dir, flags);
}

void
pass_end_self(struct pass *p, struct watch *w)
{
    pass_give_self(p, w, GNOTIFY_DELETE_SELF, 0);
    if (!w->gone) /* by ONESHOT */
        pass_end(p, w);
}
