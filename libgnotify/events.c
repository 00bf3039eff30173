/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * From what was done to inotify's events; see watch.h. The order of the events of one
 * operation is the Linux kernel's.
 */
#include "libgnotify/events_pass.h"

#include "common/cleanup.h"

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

    pass_to_name(p, GNOTIFY_CREATE | dir, 0);
    if (!(p->r->flags & NOTIFY_WRITTEN)) /* a whole file at once */
        return;
    pass_to_both(p, GNOTIFY_MODIFY, range(p));
    pass_to_both(p, GNOTIFY_CLOSE_WRITE, 0);
}

static void
linked(struct pass *p)
{
    pass_to_self(p, GNOTIFY_ATTRIB, 0); /* the number of links */
    pass_to_name(p, GNOTIFY_CREATE, GNOTIFY_LINKED);
}

static void
removed(struct pass *p)
{
    bool dir = p->r->op == NOTIFY_RMDIR, last = dir || p->r->flags & NOTIFY_LAST_LINK;

    for (struct watch *w = watch_of(p->set, p->r->gfid, NULL), *next; w; w = next) {
        next = watch_of(p->set, p->r->gfid, w);
        if (!dir)
            pass_give_self(p, w, GNOTIFY_ATTRIB, 0);
        if (last && !w->gone)
            pass_end_self(p, w);
    }
    pass_to_name(p, GNOTIFY_DELETE | (dir ? GNOTIFY_ISDIR : 0),
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
    pass_to_name(p, GNOTIFY_MOVED_FROM | dir, 0);
    if (r->flags & NOTIFY_HAS_TO)
        pass_to_parent(p, GNOTIFY_MOVED_TO | dir, &r->to, !!(r->flags & NOTIFY_TO_NAME_ONLY), over);
    for (struct watch *w = replaced(p, NULL); w && !dir; w = next) {
        next = replaced(p, w);
        pass_give_self(p, w, GNOTIFY_ATTRIB, 0);
    }
    pass_to_self(p, GNOTIFY_MOVE_SELF, 0);
    for (struct watch *w = replaced(p, NULL); w && (dir || over); w = next) {
        next = replaced(p, w);
        pass_end_self(p, w);
    }
}

/* A heal says which operation brought a brick to what the others have. */
static void
missed(struct pass *p)
{
    static const struct { const char *detail; uint32_t mask; } known[] = {
        {"create", GNOTIFY_CREATE}, {"mknod", GNOTIFY_CREATE}, {"symlink", GNOTIFY_CREATE},
        {"link", GNOTIFY_CREATE}, {"mkdir", GNOTIFY_CREATE | GNOTIFY_ISDIR},
        {"dht-mkdir", GNOTIFY_CREATE | GNOTIFY_ISDIR},
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
        pass_to_name(p, mask, 0);
    else
        pass_to_both(p, mask, 0);
    if ((mask & GNOTIFY_DELETE) && (mask & GNOTIFY_ISDIR || r->flags & NOTIFY_LAST_LINK))
        for (struct watch *w = watch_of(p->set, r->gfid, NULL), *next; w; w = next) {
            next = watch_of(p->set, r->gfid, w);
            pass_end_self(p, w);
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
        pass_to_both(p, GNOTIFY_MODIFY, range(p));
        if (p->r->flags & NOTIFY_WRITTEN)
            pass_to_both(p, GNOTIFY_CLOSE_WRITE, 0);
        return;
    case NOTIFY_SETATTR:
    case NOTIFY_SETXATTR:
        return pass_to_both(p, GNOTIFY_ATTRIB, 0);
    case NOTIFY_REMOVEXATTR:
        return pass_to_both(p, GNOTIFY_ATTRIB, GNOTIFY_XATTR_REMOVED);
    case NOTIFY_OPEN:
        return pass_to_both(p, GNOTIFY_OPEN, 0);
    case NOTIFY_CLOSE:
        return pass_to_both(p, p->r->flags & NOTIFY_WRITABLE ? GNOTIFY_CLOSE_WRITE : GNOTIFY_CLOSE_NOWRITE, 0);
    case NOTIFY_READ:
        return pass_to_both(p, GNOTIFY_ACCESS, range(p));
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
    pass_tell(&p, NULL);
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

    pass_to_name(&p, of_both | GNOTIFY_CREATE | GNOTIFY_MOVED_TO, 0);
    pass_to_self(&p, of_both, 0);
    pass_tell(&p, NULL);
    return p.ret;
}

int
watch_remove(struct watches *set, struct watch *watch, watch_take *take, void *arg)
{
    struct pass p = {.set = set, .take = take, .arg = arg};

    pass_end(&p, watch);
    pass_tell(&p, NULL);
    return p.ret;
}

int
watch_lost(struct watches *set, struct watch *watch, watch_take *take, void *arg)
{
    struct pass p = {.set = set, .take = take, .arg = arg, .synthetic = true};

    pass_give(&p, watch, GNOTIFY_DELETE_SELF, &(struct watch_event){.path = watch->path,
                                                               .path_len = watch->len});
    if (!watch->gone)
        pass_end(&p, watch);
    pass_tell(&p, NULL);
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
