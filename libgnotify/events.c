/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * From what was done to inotify's events; see watch.h. The order of the events of one
 * operation is the Linux kernel's.
 */
#include "libgnotify/watch.h"

#include <errno.h>

#include "common/cleanup.h"

/* One record on its way. */
struct pass {
    struct watches *set;
    const struct notify_record *r;
    watch_take *take;
    void *arg;
    uint32_t cookie;
    bool synthetic;
    bool found; /* by a crawl: only for watches that asked for it, or for only the one */
    int only;   /* 0: all of them */
    /* An event is held back until it is known whether it is the last. */
    bool held;
    struct watch_event event;
    int ret;
};

/* ---- out ------------------------------------------------------------------- */

static void
tell(struct pass *p, const struct watch_event *e)
{
    if (p->held && !p->ret) {
        p->event.more = e;
        p->ret = p->take(p->arg, p->r, &p->event);
    }
    p->held = e;
    if (e)
        p->event = *e;
}

static void
end(struct pass *p, struct watch *w)
{
    tell(p, &(struct watch_event){.wd = w->wd, .mask = GNOTIFY_IGNORED, .path = w->path,
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

/* To one watch, if that wants it. */
static void
give(struct pass *p, struct watch *w, uint32_t mask, struct watch_event *e)
{
    if (p->found)
        mask = found_bit(p, w, mask);
    if (w->gone || !(w->mask & mask & GNOTIFY_ALL_EVENTS))
        return;
    e->wd = w->wd;
    e->mask = mask | (p->synthetic ? GNOTIFY_SYNTHETIC : 0);
    if (mask & GNOTIFY_MOVE)
        e->cookie = p->cookie;
    tell(p, e);
    if (w->mask & (uint32_t)GNOTIFY_ONESHOT)
        end(p, w);
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
    give(p, w, mask, &e);
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
    give(p, w, mask, &e);
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
            give(p, w, mask, &(struct watch_event){
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

/* To the watches of a folder and of those above it: something is done to what has this name. */
static void
to_parent(struct pass *p, uint32_t mask, const struct notify_name *n, bool name_only,
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

static void
to_parent_of_name(struct pass *p, uint32_t mask, uint32_t flags)
{
    to_parent(p, mask, &p->r->name, !!(p->r->flags & NOTIFY_NAME_ONLY), flags);
}

/* ---- of itself ------------------------------------------------------------- */

/* To one watch, of its own file. */
static void
give_self(struct pass *p, struct watch *w, uint32_t mask, uint32_t flags)
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
    give(p, w, mask, &e);
}

static void
to_self(struct pass *p, uint32_t mask, uint32_t flags)
{
    for (struct watch *w = watch_of(p->set, p->r->gfid, NULL), *next; w; w = next) {
        next = watch_of(p->set, p->r->gfid, w);
        give_self(p, w, mask, flags);
    }
}

static void
to_both(struct pass *p, uint32_t mask, uint32_t flags)
{
    uint32_t dir = p->r->flags & NOTIFY_ISDIR ? GNOTIFY_ISDIR : 0;

    to_parent_of_name(p, mask | dir, flags);
    to_self(p, mask | dir, flags);
}

/* It has no name any more. */
static void
end_self(struct pass *p, struct watch *w)
{
    give_self(p, w, GNOTIFY_DELETE_SELF, 0);
    if (!w->gone) /* by ONESHOT */
        end(p, w);
}

/* ---- operations ------------------------------------------------------------- */

static uint32_t
range(const struct pass *p)
{
    if (!(p->r->flags & NOTIFY_HAS_RANGE))
        return 0;
    return p->r->op == NOTIFY_TRUNCATE ? GNOTIFY_HAS_RANGE | GNOTIFY_TRUNCATED : GNOTIFY_HAS_RANGE;
}

static void
created(struct pass *p)
{
    uint32_t dir = p->r->op == NOTIFY_MKDIR ? GNOTIFY_ISDIR : 0;

    to_parent_of_name(p, GNOTIFY_CREATE | dir, 0);
    if (!(p->r->flags & NOTIFY_WRITTEN)) /* a whole file at once */
        return;
    to_both(p, GNOTIFY_MODIFY, range(p));
    to_both(p, GNOTIFY_CLOSE_WRITE, 0);
}

static void
linked(struct pass *p)
{
    to_self(p, GNOTIFY_ATTRIB, 0); /* the number of links */
    to_parent_of_name(p, GNOTIFY_CREATE, GNOTIFY_LINKED);
}

static void
removed(struct pass *p)
{
    bool dir = p->r->op == NOTIFY_RMDIR, last = dir || p->r->flags & NOTIFY_LAST_LINK;

    for (struct watch *w = watch_of(p->set, p->r->gfid, NULL), *next; w; w = next) {
        next = watch_of(p->set, p->r->gfid, w);
        if (!dir)
            give_self(p, w, GNOTIFY_ATTRIB, 0);
        if (last && !w->gone)
            end_self(p, w);
    }
    to_parent_of_name(p, GNOTIFY_DELETE | (dir ? GNOTIFY_ISDIR : 0),
                      !dir && last ? GNOTIFY_LAST_LINK : 0);
}

/* What is watched and had the name that a rename has given to another file. */
static struct watch *
replaced(const struct pass *p, struct watch *after)
{
    const struct notify_name *to = &p->r->to;
    const struct notify_name base = notify_name_base(to);
    struct watch *w = after;

    if (!gfid_known(to->parent) || !base.len)
        return NULL;
    while ((w = watch_in(p->set, to->parent, w))) {
        if (w->len > base.len && w->path[w->len - base.len - 1] == '/' &&
            !memcmp(w->path + w->len - base.len, base.path, base.len) &&
            memcmp(w->gfid, p->r->gfid, WATCH_GFID) != 0)
            return w;
    }
    return NULL;
}

static void
renamed(struct pass *p)
{
    const struct notify_record *r = p->r;
    uint32_t dir = r->flags & NOTIFY_ISDIR ? GNOTIFY_ISDIR : 0;
    uint32_t over = r->flags & NOTIFY_LAST_LINK ? GNOTIFY_REPLACED : 0;
    struct watch *next;

    if (!++p->set->last_cookie)
        p->set->last_cookie = 1;
    p->cookie = p->set->last_cookie;
    to_parent_of_name(p, GNOTIFY_MOVED_FROM | dir, 0);
    if (r->flags & NOTIFY_HAS_TO)
        to_parent(p, GNOTIFY_MOVED_TO | dir, &r->to, !!(r->flags & NOTIFY_TO_NAME_ONLY), over);
    for (struct watch *w = replaced(p, NULL); w && !dir; w = next) {
        next = replaced(p, w);
        give_self(p, w, GNOTIFY_ATTRIB, 0);
    }
    to_self(p, GNOTIFY_MOVE_SELF, 0);
    for (struct watch *w = replaced(p, NULL); w && (dir || over); w = next) {
        next = replaced(p, w);
        end_self(p, w);
    }
}

/* A heal says which operation brought a brick to what the others have. */
static void
missed(struct pass *p)
{
    static const struct { const char *detail; uint32_t mask; } known[] = {
        {"create", GNOTIFY_CREATE}, {"mknod", GNOTIFY_CREATE}, {"symlink", GNOTIFY_CREATE},
        {"link", GNOTIFY_CREATE}, {"mkdir", GNOTIFY_CREATE | GNOTIFY_ISDIR},
        {"unlink", GNOTIFY_DELETE}, {"rmdir", GNOTIFY_DELETE | GNOTIFY_ISDIR},
        {"rename", GNOTIFY_DELETE}, /* heals remove by renames to a hidden folder */
        {"setattr", GNOTIFY_ATTRIB}, {"fsetattr", GNOTIFY_ATTRIB},
        {"setxattr", GNOTIFY_ATTRIB}, {"fsetxattr", GNOTIFY_ATTRIB},
        {"removexattr", GNOTIFY_ATTRIB}, {"fremovexattr", GNOTIFY_ATTRIB},
    };
    const struct notify_record *r = p->r;
    uint32_t mask = GNOTIFY_MODIFY;

    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        if (strlen(known[i].detail) == r->detail_len &&
            !memcmp(known[i].detail, r->detail, r->detail_len))
            mask = known[i].mask;
    }
    if (mask & (GNOTIFY_CREATE | GNOTIFY_DELETE))
        to_parent_of_name(p, mask, 0);
    else
        to_both(p, mask, 0);
    if ((mask & GNOTIFY_DELETE) && (mask & GNOTIFY_ISDIR || r->flags & NOTIFY_LAST_LINK))
        for (struct watch *w = watch_of(p->set, r->gfid, NULL), *next; w; w = next) {
            next = watch_of(p->set, r->gfid, w);
            end_self(p, w);
        }
}

static void
convert(struct pass *p)
{
    switch ((int)p->r->op) {
    case NOTIFY_CREATE ... NOTIFY_SYMLINK:
        return created(p);
    case NOTIFY_LINK:
        return linked(p);
    case NOTIFY_UNLINK:
    case NOTIFY_RMDIR:
        return removed(p);
    case NOTIFY_RENAME:
        return renamed(p);
    case NOTIFY_WRITE ... NOTIFY_ZEROFILL:
        to_both(p, GNOTIFY_MODIFY, range(p));
        if (p->r->flags & NOTIFY_WRITTEN)
            to_both(p, GNOTIFY_CLOSE_WRITE, 0);
        return;
    case NOTIFY_SETATTR:
    case NOTIFY_SETXATTR:
        return to_both(p, GNOTIFY_ATTRIB, 0);
    case NOTIFY_REMOVEXATTR:
        return to_both(p, GNOTIFY_ATTRIB, GNOTIFY_XATTR_REMOVED);
    case NOTIFY_OPEN:
        return to_both(p, GNOTIFY_OPEN, 0);
    case NOTIFY_CLOSE:
        return to_both(p, p->r->flags & NOTIFY_WRITABLE ? GNOTIFY_CLOSE_WRITE : GNOTIFY_CLOSE_NOWRITE, 0);
    case NOTIFY_READ:
        return to_both(p, GNOTIFY_ACCESS, range(p));
    case NOTIFY_MISSED:
        return missed(p);
    }
}

int
watches_apply(struct watches *set, const struct notify_record *r, bool synthetic,
              watch_take *take, void *arg)
{
    struct pass p = {.set = set, .r = r, .take = take, .arg = arg, .synthetic = synthetic};

    convert(&p);
    tell(&p, NULL);
    return p.ret ? p.ret : watches_follow(set, r);
}

int
watches_found(struct watches *set, const struct notify_record *r, int only, watch_take *take,
              void *arg)
{
    bool dir = r->flags & NOTIFY_ISDIR;
    struct pass p = {.set = set, .r = r, .take = take, .arg = arg, .synthetic = true,
                     .found = true, .only = only};
    uint32_t of_both = GNOTIFY_ATTRIB | (dir ? GNOTIFY_ISDIR : GNOTIFY_MODIFY | GNOTIFY_CLOSE_WRITE);

    to_parent_of_name(&p, of_both | GNOTIFY_CREATE | GNOTIFY_MOVED_TO, 0);
    to_self(&p, of_both, 0);
    tell(&p, NULL);
    return p.ret;
}

int
watch_remove(struct watches *set, struct watch *watch, watch_take *take, void *arg)
{
    struct pass p = {.set = set, .take = take, .arg = arg};

    end(&p, watch);
    tell(&p, NULL);
    return p.ret;
}

int
watch_lost(struct watches *set, struct watch *watch, watch_take *take, void *arg)
{
    struct pass p = {.set = set, .take = take, .arg = arg, .synthetic = true};

    give(&p, watch, GNOTIFY_DELETE_SELF, &(struct watch_event){.path = watch->path,
                                                               .path_len = watch->len});
    if (!watch->gone)
        end(&p, watch);
    tell(&p, NULL);
    return p.ret;
}

uint64_t
events_ops(uint32_t mask)
{
    static const struct { uint32_t events; unsigned first, last; } ops[] = {
        /* names: watches go by them */
        {GNOTIFY_ALL_EVENTS, NOTIFY_CREATE, NOTIFY_RENAME},
        {GNOTIFY_MODIFY, NOTIFY_WRITE, NOTIFY_ZEROFILL},
        {GNOTIFY_ATTRIB, NOTIFY_SETATTR, NOTIFY_REMOVEXATTR},
        {GNOTIFY_OPEN, NOTIFY_OPEN, NOTIFY_OPEN},
        {GNOTIFY_CLOSE, NOTIFY_CLOSE, NOTIFY_CLOSE},
        /* a whole file that is put over one that is there, says WRITE */
        {GNOTIFY_CLOSE_WRITE, NOTIFY_WRITE, NOTIFY_WRITE},
        {GNOTIFY_ACCESS, NOTIFY_READ, NOTIFY_READ},
    };
    uint64_t set = 0;

    for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
        for (unsigned op = ops[i].first; op <= ops[i].last && mask & ops[i].events; op++)
            set |= (uint64_t)1 << op;
    }
    return set;
}
