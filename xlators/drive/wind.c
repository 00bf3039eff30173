/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Winds a fop, waits, and keeps the inode table as the answer says.
 */
#include "xlators/drive/wind.h"

#include <errno.h>
#include <time.h>

#include <glusterfs/compat-uuid.h>

/* What waits for an answer. The answer makes its JSON on the thread that brings it, for
 * what it is made of is gone afterwards. */
struct waiting {
    struct drive *d;
    int fop;
    const union drive_value *args;
    const struct drive_names *names;
    struct drive_answer *answer;
    pthread_mutex_t lock;
    pthread_cond_t answered;
    bool done;
};

/* The value of the parameter of that name, or NULL. */
static void *
named(const struct drive_param *params, unsigned count, const union drive_value *v,
      const char *name)
{
    for (unsigned i = 0; i < count; i++) {
        if (!strcmp(params[i].name, name))
            return v[i].p;
    }
    return NULL;
}

static void
link_inode(inode_t *inode, const loc_t *loc, struct iatt *buf)
{
    if (!inode || !buf || gf_uuid_is_null(buf->ia_gfid))
        return;
    inode_t *linked = inode_link(inode, loc->parent, loc->name, buf);

    if (linked) {
        inode_lookup(linked); /* as a kernel that knows it: it stays */
        inode_unref(linked);
    }
}

/* The name is gone, or was none. */
static void
unlink_name(const loc_t *loc)
{
    if (loc->inode && !gf_uuid_is_null(loc->inode->gfid) && loc->parent && loc->name)
        inode_unlink(loc->inode, loc->parent, loc->name);
}

/* What a kernel would remember of a successful fop. */
static void
remember(struct drive *d, int number, const union drive_value *args,
         const union drive_value *res)
{
    const struct drive_fop *f = &drive_fops[number];
    loc_t *loc = named(f->args, f->argc, args, "loc"),
          *oldloc = named(f->args, f->argc, args, "oldloc"),
          *newloc = named(f->args, f->argc, args, "newloc");
    inode_t *inode = named(f->res, f->resc, res, "inode");
    struct iatt *buf = named(f->res, f->resc, res, "buf");
    fd_t *fd = named(f->args, f->argc, args, "fd");

    switch (number) {
    case GF_FOP_OPEN:
    case GF_FOP_OPENDIR:
    case GF_FOP_CREATE:
        if (fd)
            fd_bind(fd);
        if (number != GF_FOP_CREATE)
            break;
        /* fall through */
    case GF_FOP_LOOKUP:
    case GF_FOP_MKNOD:
    case GF_FOP_MKDIR:
    case GF_FOP_SYMLINK:
    case GF_FOP_PUT:
    case GF_FOP_ICREATE:
        if (loc)
            link_inode(inode, loc, buf);
        break;
    case GF_FOP_LINK:
        if (newloc)
            link_inode(inode, newloc, buf);
        break;
    case GF_FOP_UNLINK:
    case GF_FOP_RMDIR:
        if (loc)
            unlink_name(loc);
        break;
    case GF_FOP_RENAME:
        if (oldloc && newloc && oldloc->parent && newloc->parent && buf)
            inode_rename(d->g.inodes, oldloc->parent, oldloc->name, newloc->parent,
                         newloc->name, oldloc->inode, buf);
        break;
    default:
        break;
    }
}

void
drive_answered(call_frame_t *frame, void *cookie, int32_t op_ret, int32_t op_errno,
               const union drive_value *res)
{
    struct waiting *w = cookie;
    const struct drive_fop *f = &drive_fops[w->fop];

    if (op_ret >= 0)
        remember(w->d, w->fop, w->args, res);
    else if (w->fop == GF_FOP_LOOKUP && (op_errno == ENOENT || op_errno == ESTALE) &&
             w->args[0].p)
        unlink_name(w->args[0].p);
    w->answer->op_ret = op_ret;
    w->answer->op_errno = op_errno;
    w->answer->results = drive_show(f->res, f->resc, res, w->names);
    STACK_DESTROY(frame->root);

    pthread_mutex_lock(&w->lock);
    w->done = true;
    pthread_cond_signal(&w->answered);
    pthread_mutex_unlock(&w->lock);
}

static void
say_who_asks(call_frame_t *frame, const struct drive_request *request)
{
    call_stack_t *root = frame->root;

    root->uid = request->uid;
    root->gid = request->gid;
    if (request->pid)
        root->pid = request->pid;
    root->lk_owner = request->owner;
    root->groups = root->groups_small;
    root->ngrps = (uint16_t)request->ngroups;
    memcpy(root->groups_small, request->groups, request->ngroups * sizeof(uint32_t));
}

int
drive_wind(struct drive *d, int fop, const union drive_value *args,
           const struct drive_request *request, const struct drive_names *names,
           struct drive_answer *answer)
{
    /* not on the stack: after a timeout the answer may still come */
    struct waiting *w = calloc(1, sizeof(*w));
    call_frame_t *frame = drive_frame_new(&d->g, fop);
    struct timespec end;

    if (!w || !frame) {
        free(w);
        return -ENOMEM;
    }
    *w = (struct waiting){.d = d, .fop = fop, .args = args, .names = names, .answer = answer};
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->answered, NULL);
    say_who_asks(frame, request);
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += d->timeout ? d->timeout : 1000000;
    drive_fops[fop].wind(frame, w, d->g.top, args);

    pthread_mutex_lock(&w->lock);
    while (!w->done && pthread_cond_timedwait(&w->answered, &w->lock, &end) != ETIMEDOUT)
        ;
    bool done = w->done;

    pthread_mutex_unlock(&w->lock);
    if (!done)
        return -ETIMEDOUT;
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->answered);
    free(w);
    return 0;
}
