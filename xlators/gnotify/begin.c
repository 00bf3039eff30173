/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The fops: what each one changes, and when that is nobody's doing but GlusterFS's own.
 */
/* each gets all its fop's arguments, and few are of use here */
#pragma GCC diagnostic ignored "-Wunused-parameter"

#include "xlators/gnotify/begin.h"

#include <endian.h>
#include <fcntl.h>

#include <glusterfs/common-utils.h>

static void
set_range(struct event *e, uint64_t offset, uint64_t length)
{
    if (!e)
        return;
    e->r.flags |= NOTIFY_HAS_RANGE;
    e->r.offset = offset;
    e->r.length = length;
}

static void
set_gfid(struct event *e, const struct iatt *buf)
{
    for (; e && buf; e = e->more)
        memcpy(e->r.gfid, buf->ia_gfid, sizeof(e->r.gfid));
}

static const uint8_t *
gfid_of(const loc_t *loc)
{
    return loc->inode && !is_null(loc->inode->gfid) ? loc->inode->gfid : loc->gfid;
}

/* Without a mark dht gives a folder the same attributes everywhere, and removes links to where
 * files are not any more: as root, and at no time. */
static enum traffic
traffic_but_of_dht(const call_frame_t *frame, dict_t *xdata)
{
    const struct timespec *ctime = &frame->root->ctime;

    if (frame->root->pid == GF_CLIENT_PID_NO_ROOT_SQUASH && !ctime->tv_sec && !ctime->tv_nsec)
        return INTERNAL;
    return traffic_of(frame, xdata);
}

static struct event *
event_of_loc(struct gnotify *g, const call_frame_t *frame, enum traffic traffic,
             enum notify_op op, const char *what, const loc_t *loc, const char *detail)
{
    struct spot name;

    if (traffic == INTERNAL || !wants(g, op))
        return NULL;
    spot_of_loc(loc, &name);
    return event_new(g, frame, traffic, op, what, gfid_of(loc), &name, NULL, detail);
}

/* ---- names ---------------------------------------------------------------- */

BEGIN(create, loc_t *loc, int32_t flags, mode_t mode, mode_t umask, fd_t *fd, dict_t *xdata)
{
    enum traffic traffic = traffic_of(frame, xdata);

    if (traffic == INTERNAL)
        return false;
    *e = event_of_loc(g, frame, traffic, NOTIFY_CREATE, "create", loc, NULL);
    if (traffic == OF_A_USER) {
        opened_remember(g, frame, fd, loc, false);
        event_append(e, event_of_loc(g, frame, traffic, NOTIFY_OPEN, "open", loc, NULL));
    }
    return true;
}

END(create, fd_t *fd, inode_t *inode, struct iatt *buf, struct iatt *preparent,
    struct iatt *postparent, dict_t *xdata)
{
    set_gfid(e, buf);
    opened_confirm(g, fd);
}

BEGIN(put, loc_t *loc, mode_t mode, mode_t umask, uint32_t flags, struct iovec *vector,
      int32_t count, off_t offset, struct iobref *iobref, dict_t *xattr, dict_t *xdata)
{
    *e = event_of_loc(g, frame, traffic_of(frame, xdata), NOTIFY_CREATE, "put", loc, NULL);
    if (*e) {
        (*e)->r.flags |= NOTIFY_WRITTEN;
        set_range(*e, (uint64_t)offset, iov_length(vector, count));
    }
    return *e;
}

END(put, inode_t *inode, struct iatt *buf, struct iatt *preparent, struct iatt *postparent,
    dict_t *xdata)
{
    set_gfid(e, buf);
}

BEGIN(mknod, loc_t *loc, mode_t mode, dev_t rdev, mode_t umask, dict_t *xdata)
{
    *e = event_of_loc(g, frame, traffic_of(frame, xdata),
                      S_ISREG(mode) || !(mode & S_IFMT) ? NOTIFY_CREATE : NOTIFY_MKNOD, "mknod",
                      loc, NULL);
    return *e;
}

END(mknod, inode_t *inode, struct iatt *buf, struct iatt *preparent, struct iatt *postparent,
    dict_t *xdata)
{
    set_gfid(e, buf);
}

/* Does distribute make a folder that its other subvolumes have? Whoever looks it up does that. */
static bool
is_heal_of_dht(dict_t *xdata)
{
    return xdata && dict_check_flag(xdata, (char *)GF_INTERNAL_CTX_KEY, GF_DHT_HEAL_DIR) > 0;
}

BEGIN(mkdir, loc_t *loc, mode_t mode, mode_t umask, dict_t *xdata)
{
    enum traffic traffic = traffic_of(frame, xdata);
    const char *what = "mkdir";

    if (traffic == OF_A_USER && is_heal_of_dht(xdata)) {
        traffic = OF_A_HEAL;
        what = "dht-mkdir";
    }
    *e = event_of_loc(g, frame, traffic, NOTIFY_MKDIR, what, loc, NULL);
    if (*e)
        (*e)->r.flags |= NOTIFY_ISDIR;
    return *e;
}

END(mkdir, inode_t *inode, struct iatt *buf, struct iatt *preparent, struct iatt *postparent,
    dict_t *xdata)
{
    set_gfid(e, buf);
}

BEGIN(symlink, const char *linkname, loc_t *loc, mode_t umask, dict_t *xdata)
{
    *e = event_of_loc(g, frame, traffic_of(frame, xdata), NOTIFY_SYMLINK, "symlink", loc, NULL);
    return *e;
}

END(symlink, inode_t *inode, struct iatt *buf, struct iatt *preparent,
    struct iatt *postparent, dict_t *xdata)
{
    set_gfid(e, buf);
}

BEGIN(link, loc_t *oldloc, loc_t *newloc, dict_t *xdata)
{
    enum traffic traffic = traffic_of(frame, xdata);
    struct spot name;

    if (traffic == INTERNAL || !wants(g, NOTIFY_LINK))
        return false;
    spot_of_loc(newloc, &name);
    *e = event_new(g, frame, traffic, NOTIFY_LINK, "link", gfid_of(oldloc), &name, NULL, NULL);
    return *e;
}

dict_t *
links_asked(dict_t *xdata)
{
    dict_t *asked = xdata ? dict_ref(xdata) : dict_new();

    if (asked && dict_set_int32(asked, GET_LINK_COUNT, 1) < 0) {
        dict_unref(asked);
        return NULL;
    }
    return asked;
}

static void
set_last_link(struct event *e, dict_t *xdata)
{
    uint32_t links;

    if (e && xdata && !dict_get_uint32(xdata, GET_LINK_COUNT, &links) && links <= 1)
        e->r.flags |= NOTIFY_LAST_LINK;
}

/* The two names of a rename across subvolumes, which dht sends with the unlink of the
 * old one: the struct is what comes over the wire, as long as it says. */
static bool
rename_op(dict_t *xdata, struct spot *from, struct spot *to)
{
    data_t *data = xdata ? dict_get(xdata, DHT_CHANGELOG_RENAME_OP_KEY) : NULL;
    const dht_changelog_rename_info_t *info = data ? (const void *)data->data : NULL;
    const size_t head = offsetof(dht_changelog_rename_info_t, buffer);

    if (!info || data->len < (int)head)
        return false;
    int64_t old_len = info->oldname_len, new_len = info->newname_len;
    if (old_len < 2 || new_len < 2 || old_len > NAME_MAX + 1 || new_len > NAME_MAX + 1 ||
        old_len + new_len > data->len - (int64_t)head)
        return false;
    const char *old_name = info->buffer, *new_name = info->buffer + old_len;

    *from = (struct spot){.path = old_name, .len = strnlen(old_name, (size_t)old_len),
                          .name_only = true};
    *to = (struct spot){.path = new_name, .len = strnlen(new_name, (size_t)new_len),
                        .name_only = true};
    memcpy(from->parent, info->old_pargfid, sizeof(from->parent));
    memcpy(to->parent, info->new_pargfid, sizeof(to->parent));
    return true;
}

BEGIN(unlink, loc_t *loc, int xflags, dict_t *xdata)
{
    enum traffic traffic = traffic_but_of_dht(frame, xdata);
    struct spot from, to;

    if (traffic != OF_A_HEAL && rename_op(xdata, &from, &to)) {
        if (!wants(g, NOTIFY_RENAME))
            return false;
        if (!is_shard_folder(from.parent))
            spot_of_loc(loc, &from);
        *e = event_new(g, frame, OF_A_USER, NOTIFY_RENAME, "rename", gfid_of(loc), &from, &to, NULL);
        return *e;
    }
    *e = event_of_loc(g, frame, traffic, NOTIFY_UNLINK, "unlink", loc, NULL);
    return *e;
}

END(unlink, struct iatt *preparent, struct iatt *postparent, dict_t *xdata)
{
    if (e && e->r.op == NOTIFY_UNLINK)
        set_last_link(e, xdata);
    if (!e || !(e->r.flags & NOTIFY_LAST_LINK))
        names_changed(g); /* it goes by another one now */
}

BEGIN(rmdir, loc_t *loc, int xflags, dict_t *xdata)
{
    *e = event_of_loc(g, frame, traffic_of(frame, xdata), NOTIFY_RMDIR, "rmdir", loc, NULL);
    if (*e)
        (*e)->r.flags |= NOTIFY_ISDIR;
    return *e;
}

/* A file's rename has the names in xdata where it is the whole of it; without them it is
 * a part of one across subvolumes, and the unlink tells. */
BEGIN(rename, loc_t *oldloc, loc_t *newloc, dict_t *xdata)
{
    enum traffic traffic = traffic_of(frame, xdata);
    bool is_dir = oldloc->inode && IA_ISDIR(oldloc->inode->ia_type);
    struct spot from, to;

    if (oldloc->inode && oldloc->inode == newloc->inode)
        return false; /* both are names of one file: nothing is done */
    if (traffic == INTERNAL || !wants(g, NOTIFY_RENAME) ||
        (traffic == OF_A_USER && !is_dir && !(xdata && dict_get(xdata, DHT_CHANGELOG_RENAME_OP_KEY))))
        return true; /* open files have other names all the same */
    spot_of_loc(oldloc, &from);
    spot_of_loc(newloc, &to);
    *e = event_new(g, frame, traffic, NOTIFY_RENAME, "rename", gfid_of(oldloc), &from, &to, NULL);
    if (*e && is_dir)
        (*e)->r.flags |= NOTIFY_ISDIR;
    if (*e && newloc->inode)
        memcpy((*e)->other, newloc->inode->gfid, sizeof((*e)->other));
    return true;
}

END(rename, struct iatt *buf, struct iatt *preoldparent, struct iatt *postoldparent,
    struct iatt *prenewparent, struct iatt *postnewparent, dict_t *xdata)
{
    /* Links are not asked for: storage/posix would take the locks of both files, in the order of
     * the rename, and two renames the other way round would wait for one another for ever. */
    if (e && !(e->r.flags & NOTIFY_ISDIR) && resolve_is_nowhere(g, e->other))
        e->r.flags |= NOTIFY_LAST_LINK;
    names_changed(g);
}

/* ---- open files ----------------------------------------------------------- */

BEGIN(open, loc_t *loc, int32_t flags, fd_t *fd, dict_t *xdata)
{
    enum traffic traffic = traffic_of(frame, xdata);
    const struct timespec *ctime = &frame->root->ctime;
    /* a client that connected again opens what it had open */
    bool again = !frame->root->pid && !ctime->tv_sec && !ctime->tv_nsec;

    if (traffic != OF_A_USER)
        return false;
    opened_remember(g, frame, fd, loc, flags & O_TRUNC);
    if (again)
        return true;
    if (flags & O_TRUNC) {
        *e = event_of_loc(g, frame, traffic, NOTIFY_TRUNCATE, "open", loc, NULL);
        set_range(*e, 0, 0);
    }
    event_append(e, event_of_loc(g, frame, traffic, NOTIFY_OPEN, "open", loc, NULL));
    return true;
}

END(open, fd_t *fd, dict_t *xdata)
{
    opened_confirm(g, fd);
}

BEGIN(opendir, loc_t *loc, fd_t *fd, dict_t *xdata)
{
    struct spot name;

    if (traffic_of(frame, xdata) != OF_A_USER)
        return false;
    opened_remember(g, frame, fd, loc, false);
    spot_of_loc(loc, &name);
    *e = event_new(g, frame, OF_A_USER, NOTIFY_OPEN, "opendir", gfid_of(loc), &name, NULL, NULL);
    if (*e)
        (*e)->r.flags |= NOTIFY_ISDIR;
    return true;
}

END(opendir, fd_t *fd, dict_t *xdata)
{
    opened_confirm(g, fd);
}

BEGIN(readv, fd_t *fd, size_t size, off_t offset, uint32_t flags, dict_t *xdata)
{
    enum traffic traffic = traffic_of(frame, xdata);

    if (traffic == OF_A_USER)
        *e = event_of_fd(g, frame, traffic, NOTIFY_READ, "readv", fd, NULL);
    set_range(*e, (uint64_t)offset, size);
    return *e;
}

END(readv, struct iovec *vector, int32_t count, struct iatt *stbuf, struct iobref *iobref,
    dict_t *xdata)
{
    if (e)
        e->r.length = (uint64_t)op_ret;
}

/* A change of an open file's data. */
static bool
changed(struct gnotify *g, call_frame_t *frame, struct event **e, enum notify_op op,
        const char *what, fd_t *fd, uint64_t offset, uint64_t length, dict_t *xdata)
{
    enum traffic traffic = traffic_of(frame, xdata);

    if (traffic == OF_A_USER)
        opened_written(g, frame, fd);
    *e = event_of_fd(g, frame, traffic, op, what, fd, NULL);
    set_range(*e, offset, length);
    return *e;
}

BEGIN(writev, fd_t *fd, struct iovec *vector, int32_t count, off_t offset, uint32_t flags,
      struct iobref *iobref, dict_t *xdata)
{
    return changed(g, frame, e, NOTIFY_WRITE, "writev", fd, (uint64_t)offset, 0, xdata);
}

END(writev, struct iatt *prebuf, struct iatt *postbuf, dict_t *xdata)
{
    if (e)
        e->r.length = (uint64_t)op_ret;
}

BEGIN(copy_file_range, fd_t *fd_in, off64_t off_in, fd_t *fd_out, off64_t off_out, size_t len,
      uint32_t flags, dict_t *xdata)
{
    return changed(g, frame, e, NOTIFY_WRITE, "copy_file_range", fd_out, (uint64_t)off_out, 0,
                   xdata);
}

END(copy_file_range, struct iatt *stbuf, struct iatt *prebuf_dst, struct iatt *postbuf_dst,
    dict_t *xdata)
{
    if (e)
        e->r.length = (uint64_t)op_ret;
}

BEGIN(ftruncate, fd_t *fd, off_t offset, dict_t *xdata)
{
    return changed(g, frame, e, NOTIFY_TRUNCATE, "ftruncate", fd, (uint64_t)offset, 0, xdata);
}

BEGIN(fallocate, fd_t *fd, int32_t keep_size, off_t offset, size_t len, dict_t *xdata)
{
    return changed(g, frame, e, NOTIFY_FALLOCATE, "fallocate", fd, (uint64_t)offset, len, xdata);
}

BEGIN(discard, fd_t *fd, off_t offset, size_t len, dict_t *xdata)
{
    return changed(g, frame, e, NOTIFY_DISCARD, "discard", fd, (uint64_t)offset, len, xdata);
}

BEGIN(zerofill, fd_t *fd, off_t offset, off_t len, dict_t *xdata)
{
    return changed(g, frame, e, NOTIFY_ZEROFILL, "zerofill", fd, (uint64_t)offset,
                   (uint64_t)len, xdata);
}

BEGIN(truncate, loc_t *loc, off_t offset, dict_t *xdata)
{
    *e = event_of_loc(g, frame, traffic_of(frame, xdata), NOTIFY_TRUNCATE, "truncate", loc, NULL);
    set_range(*e, (uint64_t)offset, 0);
    return *e;
}

/* ---- sizes of sharded files --------------------------------------------------- */

/* What is added to a sharded file's size and number of blocks, or what they are now: shard
 * keeps them in an attribute of its first part, big-endian, with places that are not used. */
static bool
shard_sizes(dict_t *dict, int64_t *size, int64_t *blocks)
{
    data_t *data = dict ? dict_get(dict, (char *)"trusted.glusterfs.shard.file-size") : NULL;
    uint64_t numbers[4];

    if (!data || data->len < (int)sizeof(numbers))
        return false;
    memcpy(numbers, data->data, sizeof(numbers));
    *size = (int64_t)be64toh(numbers[0]);
    *blocks = (int64_t)be64toh(numbers[2]);
    return true;
}

/* Where a file is cut between two parts, or made longer, no part is told. A write that makes
 * it longer takes blocks, too. */
static bool
is_truncation(int64_t size, int64_t blocks)
{
    return size < 0 || (size > 0 && !blocks);
}

BEGIN(xattrop, loc_t *loc, gf_xattrop_flags_t optype, dict_t *xattr, dict_t *xdata)
{
    int64_t size, blocks;

    if (optype != GF_XATTROP_ADD_ARRAY64 || !shard_sizes(xattr, &size, &blocks) ||
        !is_truncation(size, blocks) || traffic_of(frame, xdata) != OF_A_USER)
        return false;
    *e = event_of_loc(g, frame, OF_A_USER, NOTIFY_TRUNCATE, "xattrop", loc, NULL);
    set_range(*e, 0, 0);
    return *e;
}

END(xattrop, dict_t *dict, dict_t *xdata)
{
    int64_t size, blocks;

    if (e && shard_sizes(dict, &size, &blocks))
        e->r.offset = (uint64_t)size;
}

BEGIN(fxattrop, fd_t *fd, gf_xattrop_flags_t optype, dict_t *xattr, dict_t *xdata)
{
    int64_t size, blocks;

    if (optype != GF_XATTROP_ADD_ARRAY64 || !shard_sizes(xattr, &size, &blocks) ||
        traffic_of(frame, xdata) != OF_A_USER)
        return false;
    opened_written(g, frame, fd);
    if (is_truncation(size, blocks))
        *e = event_of_fd(g, frame, OF_A_USER, NOTIFY_TRUNCATE, "fxattrop", fd, NULL);
    set_range(*e, 0, 0);
    return *e;
}

END(fxattrop, dict_t *dict, dict_t *xdata)
{
    int64_t size, blocks;

    if (e && shard_sizes(dict, &size, &blocks))
        e->r.offset = (uint64_t)size;
}

/* ---- attributes ----------------------------------------------------------- */

static void
set_dir(struct event *e, const inode_t *inode)
{
    if (e && inode && IA_ISDIR(inode->ia_type))
        e->r.flags |= NOTIFY_ISDIR;
}

BEGIN(setattr, loc_t *loc, struct iatt *stbuf, int32_t valid, dict_t *xdata)
{
    *e = event_of_loc(g, frame, traffic_but_of_dht(frame, xdata), NOTIFY_SETATTR, "setattr", loc,
                      NULL);
    set_dir(*e, loc->inode);
    return *e;
}

BEGIN(fsetattr, fd_t *fd, struct iatt *stbuf, int32_t valid, dict_t *xdata)
{
    *e = event_of_fd(g, frame, traffic_but_of_dht(frame, xdata), NOTIFY_SETATTR, "fsetattr", fd,
                     NULL);
    set_dir(*e, fd->inode);
    return *e;
}

struct attributes {
    struct gnotify *g;
    const call_frame_t *frame;
    enum traffic traffic;
    const loc_t *loc; /* or */
    fd_t *fd;
    struct event **e;
};

static int
add_attribute(dict_t *dict, char *key, data_t *value, void *arg)
{
    const struct attributes *a = arg;
    struct event *e;

    (void)value;
    if (attribute_is_internal(key))
        return 0;
    if (a->loc)
        e = event_of_loc(a->g, a->frame, a->traffic, NOTIFY_SETXATTR, "setxattr", a->loc, key);
    else
        e = event_of_fd(a->g, a->frame, a->traffic, NOTIFY_SETXATTR, "fsetxattr", a->fd, key);
    set_dir(e, a->loc ? a->loc->inode : a->fd->inode);
    event_append(a->e, e);
    return 0;
}

BEGIN(setxattr, loc_t *loc, dict_t *dict, int32_t flags, dict_t *xdata)
{
    struct attributes a = {g, frame, traffic_of(frame, xdata), loc, NULL, e};

    if (a.traffic != INTERNAL && dict)
        dict_foreach(dict, add_attribute, &a);
    return *e;
}

BEGIN(fsetxattr, fd_t *fd, dict_t *dict, int32_t flags, dict_t *xdata)
{
    struct attributes a = {g, frame, traffic_of(frame, xdata), NULL, fd, e};

    if (a.traffic != INTERNAL && dict)
        dict_foreach(dict, add_attribute, &a);
    return *e;
}

BEGIN(removexattr, loc_t *loc, const char *name, dict_t *xdata)
{
    if (name && attribute_is_internal(name))
        return false;
    *e = event_of_loc(g, frame, traffic_of(frame, xdata), NOTIFY_REMOVEXATTR, "removexattr", loc,
                      name);
    set_dir(*e, loc->inode);
    return *e;
}

BEGIN(fremovexattr, fd_t *fd, const char *name, dict_t *xdata)
{
    if (name && attribute_is_internal(name))
        return false;
    *e = event_of_fd(g, frame, traffic_of(frame, xdata), NOTIFY_REMOVEXATTR, "fremovexattr", fd,
                     name);
    set_dir(*e, fd->inode);
    return *e;
}
