/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What glupy is measured against: a translator in C that intercepts lookup and readv and
 * their callbacks, and does with them what the modules of bench/modules do: nothing with
 * a lookup, a look at the first byte of what was read. With `option pass on` it
 * intercepts nothing at all.
 */
#include <glusterfs/defaults.h>
#include <glusterfs/xlator.h>

static int32_t
native_lookup_cbk(call_frame_t *frame, void *cookie, xlator_t *this, int32_t op_ret,
                  int32_t op_errno, inode_t *inode, struct iatt *buf, dict_t *xdata,
                  struct iatt *postparent)
{
    (void)cookie;
    (void)this;
    STACK_UNWIND_STRICT(lookup, frame, op_ret, op_errno, inode, buf, xdata, postparent);
    return 0;
}

static int32_t
native_lookup(call_frame_t *frame, xlator_t *this, loc_t *loc, dict_t *xdata)
{
    STACK_WIND(frame, native_lookup_cbk, FIRST_CHILD(this),
               FIRST_CHILD(this)->fops->lookup, loc, xdata);
    return 0;
}

static int32_t
native_readv_cbk(call_frame_t *frame, void *cookie, xlator_t *this, int32_t op_ret,
                 int32_t op_errno, struct iovec *vector, int32_t count,
                 struct iatt *stbuf, struct iobref *iobref, dict_t *xdata)
{
    (void)cookie;
    (void)this;
    if (op_ret > 0)
        (void)*(const volatile unsigned char *)vector->iov_base;
    STACK_UNWIND_STRICT(readv, frame, op_ret, op_errno, vector, count, stbuf, iobref,
                        xdata);
    return 0;
}

static int32_t
native_readv(call_frame_t *frame, xlator_t *this, fd_t *fd, size_t size, off_t offset,
             uint32_t flags, dict_t *xdata)
{
    STACK_WIND(frame, native_readv_cbk, FIRST_CHILD(this),
               FIRST_CHILD(this)->fops->readv, fd, size, offset, flags, xdata);
    return 0;
}

static struct xlator_fops fops = {.lookup = native_lookup, .readv = native_readv};
static struct xlator_fops nothing;
static struct xlator_cbks cbks;

static int32_t
native_init(xlator_t *this)
{
    if (!dict_get(this->options, "pass"))
        return 0;
    nothing = *default_fops;
    this->fops = &nothing;
    return 0;
}

static void
native_fini(xlator_t *this)
{
    (void)this;
}

static volume_option_t options[] = {
    {.key = {"pass"}, .type = GF_OPTION_TYPE_ANY},
    {.key = {NULL}},
};

xlator_api_t xlator_api = {
    .init = native_init,
    .fini = native_fini,
    .notify = default_notify,
    .op_version = {1},
    .fops = &fops,
    .cbks = &cbks,
    .options = options,
    .identifier = "native",
    .category = GF_EXPERIMENTAL,
};
