/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What is particular to each fop, between begin.c and the generated fops.c.
 *
 * NAME_begin: the fop is about to be wound. *e: what is to be recorded if it succeeds, or
 * NULL. False: nobody needs to see its answer. NAME_end: it succeeded.
 */
#ifndef GNOTIFY_BEGIN_H
#define GNOTIFY_BEGIN_H

#include "xlators/gnotify/gnotify.h"

/* xdata, or a new one, with the question in it; the caller's. NULL: no memory. */
dict_t *
links_asked(dict_t *xdata);

#define BEGIN(fop, ...)                                                        \
    bool fop##_begin(struct gnotify *g, call_frame_t *frame, struct event **e, __VA_ARGS__)
#define END(fop, ...)                                                          \
    void fop##_end(struct gnotify *g, struct event *e, int32_t op_ret, __VA_ARGS__)

BEGIN(create, loc_t *loc, int32_t flags, mode_t mode, mode_t umask, fd_t *fd, dict_t *xdata);
END(create, fd_t *fd, inode_t *inode, struct iatt *buf, struct iatt *preparent,
    struct iatt *postparent, dict_t *xdata);
BEGIN(put, loc_t *loc, mode_t mode, mode_t umask, uint32_t flags, struct iovec *vector,
      int32_t count, off_t offset, struct iobref *iobref, dict_t *xattr, dict_t *xdata);
END(put, inode_t *inode, struct iatt *buf, struct iatt *preparent, struct iatt *postparent,
    dict_t *xdata);
BEGIN(mknod, loc_t *loc, mode_t mode, dev_t rdev, mode_t umask, dict_t *xdata);
END(mknod, inode_t *inode, struct iatt *buf, struct iatt *preparent, struct iatt *postparent,
    dict_t *xdata);
BEGIN(mkdir, loc_t *loc, mode_t mode, mode_t umask, dict_t *xdata);
END(mkdir, inode_t *inode, struct iatt *buf, struct iatt *preparent, struct iatt *postparent,
    dict_t *xdata);
BEGIN(symlink, const char *linkname, loc_t *loc, mode_t umask, dict_t *xdata);
END(symlink, inode_t *inode, struct iatt *buf, struct iatt *preparent,
    struct iatt *postparent, dict_t *xdata);
BEGIN(link, loc_t *oldloc, loc_t *newloc, dict_t *xdata);
BEGIN(unlink, loc_t *loc, int xflags, dict_t *xdata);
END(unlink, struct iatt *preparent, struct iatt *postparent, dict_t *xdata);
BEGIN(rmdir, loc_t *loc, int xflags, dict_t *xdata);
BEGIN(rename, loc_t *oldloc, loc_t *newloc, dict_t *xdata);
END(rename, struct iatt *buf, struct iatt *preoldparent, struct iatt *postoldparent,
    struct iatt *prenewparent, struct iatt *postnewparent, dict_t *xdata);
BEGIN(open, loc_t *loc, int32_t flags, fd_t *fd, dict_t *xdata);
END(open, fd_t *fd, dict_t *xdata);
BEGIN(opendir, loc_t *loc, fd_t *fd, dict_t *xdata);
END(opendir, fd_t *fd, dict_t *xdata);
BEGIN(readv, fd_t *fd, size_t size, off_t offset, uint32_t flags, dict_t *xdata);
END(readv, struct iovec *vector, int32_t count, struct iatt *stbuf, struct iobref *iobref,
    dict_t *xdata);
BEGIN(writev, fd_t *fd, struct iovec *vector, int32_t count, off_t offset, uint32_t flags,
      struct iobref *iobref, dict_t *xdata);
END(writev, struct iatt *prebuf, struct iatt *postbuf, dict_t *xdata);
BEGIN(copy_file_range, fd_t *fd_in, off64_t off_in, fd_t *fd_out, off64_t off_out, size_t len,
      uint32_t flags, dict_t *xdata);
END(copy_file_range, struct iatt *stbuf, struct iatt *prebuf_dst, struct iatt *postbuf_dst,
    dict_t *xdata);
BEGIN(truncate, loc_t *loc, off_t offset, dict_t *xdata);
BEGIN(ftruncate, fd_t *fd, off_t offset, dict_t *xdata);
BEGIN(fallocate, fd_t *fd, int32_t keep_size, off_t offset, size_t len, dict_t *xdata);
BEGIN(discard, fd_t *fd, off_t offset, size_t len, dict_t *xdata);
BEGIN(zerofill, fd_t *fd, off_t offset, off_t len, dict_t *xdata);
BEGIN(xattrop, loc_t *loc, gf_xattrop_flags_t optype, dict_t *xattr, dict_t *xdata);
END(xattrop, dict_t *dict, dict_t *xdata);
BEGIN(fxattrop, fd_t *fd, gf_xattrop_flags_t optype, dict_t *xattr, dict_t *xdata);
END(fxattrop, dict_t *dict, dict_t *xdata);
BEGIN(setattr, loc_t *loc, struct iatt *stbuf, int32_t valid, dict_t *xdata);
BEGIN(fsetattr, fd_t *fd, struct iatt *stbuf, int32_t valid, dict_t *xdata);
BEGIN(setxattr, loc_t *loc, dict_t *dict, int32_t flags, dict_t *xdata);
BEGIN(fsetxattr, fd_t *fd, dict_t *dict, int32_t flags, dict_t *xdata);
BEGIN(removexattr, loc_t *loc, const char *name, dict_t *xdata);
BEGIN(fremovexattr, fd_t *fd, const char *name, dict_t *xdata);

#endif
