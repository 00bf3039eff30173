/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Looks at what is watched and says what has changed; see look.h.
 */
#include "found.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include <glusterfs/api/glfs-handles.h>

/* Those that <glusterfs/api/glfs-handles.h> does not name. */
enum { UP_XATTR = 0x400, UP_XATTR_RM = 0x800 };

void
found_close(struct found *found)
{
    if (found->object)
        glfs_h_close(found->object);
}

bool
found_is(const struct found *found, const struct watch *w)
{
    return !memcmp(found->gfid, w->gfid, GFID_SIZE);
}

/* Of "/" libgfapi does not tell that its lookup failed: it gives an object and no attributes. */
int
look_up(struct look *look, struct watch *dir, const char *name, struct found *found)
{
    errno = 0;
    found->object = glfs_h_lookupat(look->fs, dir ? dir->object : NULL, name, &found->st, 0);
    if (!found->object)
        return errno ? -errno : -EIO;
    int unknown = found->st.st_mode & S_IFMT ? 0 : errno ? -errno : -ENOTCONN;

    if (unknown ||
        glfs_h_extract_handle(found->object, found->gfid, GFID_SIZE) != GFID_SIZE) {
        glfs_h_close(TAKE(found->object));
        return unknown ? unknown : -EIO;
    }
    return 0;
}

void
look_tell(struct look *look, const struct watch *w, uint32_t what)
{
    if (S_ISDIR(w->st.st_mode))
        what |= CH_ISDIR;
    look->shown += show_event(look->show,
                              &(struct event){.watch = w, .what = what, .flags = look->flags});
}

static bool
times_differ(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec != b->tv_sec || a->tv_nsec != b->tv_nsec;
}

static uint32_t
differences(const struct stat *a, const struct stat *b)
{
    uint32_t what = 0;

    if (a->st_size != b->st_size)
        what |= CH_SIZE;
    if ((a->st_mode & 07777) != (b->st_mode & 07777))
        what |= CH_MODE;
    if (a->st_uid != b->st_uid || a->st_gid != b->st_gid)
        what |= CH_OWNER;
    if (a->st_nlink != b->st_nlink)
        what |= CH_LINKS;
    if (times_differ(&a->st_mtim, &b->st_mtim) || times_differ(&a->st_ctim, &b->st_ctim))
        what |= CH_TIMES;
    return what;
}

/* Whether these flags mean that an extended attribute was changed by a user. With a chmod
 * comes that flag because of ACLs; what replicate and shard note for themselves, at each
 * write or when a replica is away, comes without times (but perhaps with the write's). */
static bool
xattr_changed(uint32_t flags)
{
    return (flags & (UP_XATTR | UP_XATTR_RM)) && (flags & GFAPI_UP_TIMES) &&
           !(flags & GFAPI_UP_SIZE);
}

/* A sharded file's size follows a write, and is told by an attribute (see main.c): a look
 * at once may come too early for it. */
static void
await_size(struct look *look, const struct watch *w, uint32_t what)
{
    if ((look->flags & GFAPI_UP_SIZE) && !(look->flags & GFAPI_UP_MODE) && !(what & CH_SIZE))
        watch_mark(&look->set, w->gfid, 0, NULL, false);
}

/* Tells of changed attributes. An upcall comes once from each replica, and also when a brick
 * forgets an inode: what makes no difference is not told. */
static void
tell_changes(struct look *look, const struct watch *w, uint32_t what, bool modified)
{
    if (xattr_changed(look->flags))
        what |= CH_XATTR;
    if (w->silent || !what)
        return;
    /* every setattr comes with all flags, a write with two of them */
    if ((modified && !(look->flags & GFAPI_UP_MODE)) || (what & CH_SIZE))
        what |= EV_MODIFY;
    if (!(what & EV_MODIFY) || (what & (CH_MODE | CH_OWNER | CH_LINKS | CH_XATTR)))
        what |= EV_ATTRIB;
    look_tell(look, w, what);
}

/* The inode is where it was. */
static void
compare(struct look *look, struct watch *w, struct found *found)
{
    uint32_t what = differences(&w->st, &found->st);
    bool modified = times_differ(&w->st.st_mtim, &found->st.st_mtim);

    glfs_h_close(w->object); /* the new one belongs to the graph that is in use now */
    w->object = TAKE(found->object);
    w->st = found->st;
    if (S_ISDIR(w->st.st_mode)) {
        /* its entries change these; what they are is told by name */
        what &= ~(uint32_t)(CH_SIZE | CH_LINKS | CH_TIMES);
        if (w->contents && (modified || (look->flags & GFAPI_UP_TIMES) || w->unread))
            look_scan(look, w, true);
        modified = false;
    }
    await_size(look, w, what);
    tell_changes(look, w, what, modified);
}

/* Ends a watch and those of what is below it. */
static void
drop(struct look *look, struct watch *gone)
{
    gone->gone = true;
    look->named -= gone->named;
    for (struct watch *w = look->set.first; gone->children && w; w = w->next) {
        if (w->parent == gone && !w->gone)
            drop(look, w);
    }
}

/* Looks for an inode in a folder by its number, which is a part of the gfid if the folder is
 * read with attributes (else it is that of the brick's file system, and 0 if a brick did
 * not say). NULL, or its name there; free it. */
static char *
name_in(struct look *look, struct watch *dir, const struct watch *w)
{
    struct glfs_fd *fd = glfs_h_opendir(look->fs, dir->object);
    struct dirent *entry;
    struct stat st = {0};
    char *name = NULL;

    while (fd && !name && (entry = glfs_readdirplus(fd, &st))) {
        AUTO_FOUND struct found found = {0};

        if ((!st.st_ino || st.st_ino == w->st.st_ino) &&
            !look_up(look, dir, entry->d_name, &found) && found_is(&found, w))
            name = strdup(entry->d_name);
        st.st_ino = 0;
    }
    if (fd)
        glfs_closedir(fd);
    return name;
}

/* It still exists, but not by its name: found by the folder that the upcall named, or in
 * its old one. Only what a rename does not do by itself is told as a change, too. */
static void
moved(struct look *look, struct watch *w, const struct stat *st, const unsigned char *target)
{
    uint32_t what = differences(&w->st, st) & ~(uint32_t)CH_TIMES;
    bool modified = times_differ(&w->st.st_mtim, &st->st_mtim) && !S_ISDIR(st->st_mode);
    struct watch *dir = NULL;
    AUTO_FREE char *name = NULL;

    for (struct watch *d = watch_find(&look->set, target, NULL); d;
         d = watch_find(&look->set, target, d)) {
        if (!dir || d->contents)
            dir = d;
    }
    if (!dir)
        dir = w->parent;
    w->st = *st;
    name = name_in(look, dir, w);
    look_tell(look, w, w->named ? EV_MOVE_SELF : EV_MOVED_FROM);
    if (!name || (!w->named && !dir->contents)) {
        drop(look, w);
        return;
    }
    if (watch_rename(w, dir, name))
        fprintf(stderr, "gupcallwait: out of memory\n");
    if (!w->named)
        look_tell(look, w, EV_MOVED_TO);
    if (S_ISDIR(st->st_mode))
        what &= ~(uint32_t)(CH_SIZE | CH_LINKS);
    tell_changes(look, w, modified ? what | CH_TIMES : what, modified);
}

/* Bricks do not answer, or let nobody in. */
static void
unreachable(struct look *look, const struct watch *w, int ret)
{
    AUTO_STRBUF struct strbuf path = STRBUF_INIT, name = STRBUF_INIT;

    look->failed = true;
    if (look->away)
        return;
    look->away = true;
    watch_path(w, &path);
    strbuf_word(&name, strbuf_text(&path));
    fprintf(stderr, "gupcallwait: %s: cannot be looked at: %s: waiting until it can; `gluster "
            "volume status` shows which bricks run\n", strbuf_text(&name), strerror(-ret));
}

/* Its name is gone, or another inode's; `replaced`: by one that was told of already. While a
 * part of the bricks is away, distribute may know a name no longer, but not the inode: that
 * is not gone before its own brick says so. */
static void
vanished(struct look *look, struct watch *w, const unsigned char *target, bool replaced)
{
    struct stat st;

    if (w->silent) {
        return; /* what is in it will tell */
    }
    int ret = glfs_h_stat(look->fs, w->object, &st) ? -errno : 0;

    if (ret && ret != -ENOENT && ret != -ESTALE) {
        unreachable(look, w, ret);
        return;
    }
    if (!ret && st.st_nlink && w->parent) {
        /* with fewer links than before it is an unlink of one of them */
        if (st.st_nlink >= w->st.st_nlink || S_ISDIR(st.st_mode)) {
            moved(look, w, &st, target);
            return;
        }
        w->st = st;
    }
    if (w->named || !replaced)
        look_tell(look, w, w->named ? EV_DELETE_SELF : EV_DELETE);
    drop(look, w);
}

/* Is this inode watched as that entry? */
static bool
is_watched(const struct look *look, const unsigned char gfid[GFID_SIZE],
           const struct watch *dir, const char *name)
{
    for (struct watch *w = watch_find(&look->set, gfid, NULL); w;
         w = watch_find(&look->set, gfid, w)) {
        if (!w->gone && w->parent == dir && !strcmp(w->name, name))
            return true;
    }
    return false;
}

/* The name of a watch is gone, or another inode has it (`found`), which no upcall about
 * the folder need have told: a rename over an existing name is one of the other inode. */
static void
look_behind(struct look *look, const struct upcall *upcall, const struct found *found)
{
    struct watch *w = upcall->watch, *dir = w->parent;
    AUTO_FREE char *name = strdup(w->name);
    bool replaced = found->object && name && is_watched(look, found->gfid, dir, name);

    vanished(look, w, upcall->target, replaced);
    if (found->object && !replaced && name && dir && dir->contents && !w->named)
        look_discovered(look, dir, name, true);
}

void
look_at(struct look *look, const struct upcall *upcall)
{
    AUTO_FOUND struct found found = {0};
    struct watch *w = upcall->watch;

    if (w->gone)
        return;
    int ret = look_up(look, w->parent, w->name, &found);

    look->flags = upcall->flags;
    if (ret == -ENOENT || ret == -ESTALE || (!ret && !found_is(&found, w)))
        look_behind(look, upcall, &found);
    else if (!ret)
        compare(look, w, &found);
    else
        unreachable(look, w, ret);
    look->flags = 0;
}

void
look_sweep(struct look *look)
{
    bool more = true;

    while (more) {
        more = false;
        for (struct watch *w = look->set.first, *next; w; w = next) {
            next = w->next;
            if (!w->gone || w->children)
                continue;
            if (w->lease)
                glfs_close(w->lease);
            watch_remove(&look->set, w);
            more = true;
        }
    }
}
