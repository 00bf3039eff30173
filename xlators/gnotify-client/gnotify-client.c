/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * features/gnotify-client: sends requests of libgnotify to single bricks; see
 * gnotify-client.h. To libgfapi, which wants a file system above the leaves, it is one that
 * is there at once and has a root and nothing else.
 */
#include "xlators/gnotify-client/node.h"

#include <dlfcn.h>

#include "common/cleanup.h"
#include "notify/wire.h"

enum gf_gnotify_client_mt { gf_gnotify_client_mt_bytes = gf_common_mt_end + 1, gf_gnotify_client_mt_end };

/* ---- owners ------------------------------------------------------------------------- */

static pthread_mutex_t owners_lock = PTHREAD_MUTEX_INITIALIZER;
static struct gnotify_client_owner *owners;
static unsigned last_number;

static unsigned
enter(struct gnotify_client_owner *owner)
{
    pthread_mutex_lock(&owners_lock);
    unsigned number = owner->number = ++last_number;

    owner->next = owners;
    owners = owner;
    pthread_mutex_unlock(&owners_lock);
    return number;
}

static void
leave(struct gnotify_client_owner *owner)
{
    pthread_mutex_lock(&owners_lock);
    for (struct gnotify_client_owner **o = &owners; *o; o = &(*o)->next) {
        if (*o == owner) {
            *o = owner->next;
            break;
        }
    }
    pthread_mutex_unlock(&owners_lock);
}

static struct gnotify_client_owner *
find_owner(unsigned number)
{
    pthread_mutex_lock(&owners_lock);
    struct gnotify_client_owner *o = owners;

    while (o && o->number != number)
        o = o->next;
    pthread_mutex_unlock(&owners_lock);
    return o;
}

/* ---- the table ------------------------------------------------------------------------ */

static xlator_t *
leaf_at(xlator_t *node, unsigned leaf)
{
    xlator_list_t *c = node->children;

    while (c && leaf--)
        c = c->next;
    return c ? c->xlator : NULL;
}

static unsigned
leaves(const struct gnotify_client_owner *owner)
{
    const xlator_t *node = owner->node;
    unsigned count = 0;

    for (xlator_list_t *c = node ? node->children : NULL; c; c = c->next)
        count++;
    return count;
}

static int32_t
answered(call_frame_t *frame, void *cookie, xlator_t *this, int32_t op_ret, int32_t op_errno,
         dict_t *xdata)
{
    struct gnotify_client_owner *owner = this->private;
    void *asked = TAKE(frame->local);
    data_t *data = op_ret >= 0 && xdata ? dict_get(xdata, (char *)NOTIFY_WIRE_KEY) : NULL;

    (void)cookie;
    STACK_DESTROY(frame->root);
    if (data)
        owner->answer(owner, asked, 0, data->data, (size_t)data->len, dict_ref(xdata));
    else
        owner->answer(owner, asked, op_ret >= 0 ? -EPROTO : op_errno > 0 ? -op_errno : -EIO,
                      NULL, 0, NULL);
    return 0;
}

static dict_t *
wrap(const void *bytes, size_t len)
{
    dict_t *xdata = dict_new();
    void *copy = xdata ? GF_MALLOC(len ? len : 1, gf_gnotify_client_mt_bytes) : NULL;

    if (copy) {
        memcpy(copy, bytes, len);
        if (!dict_set_bin(xdata, (char *)NOTIFY_WIRE_KEY, copy, len))
            return xdata;
        GF_FREE(copy);
    }
    if (xdata)
        dict_unref(xdata);
    return NULL;
}

static int
wind(xlator_t *node, xlator_t *leaf, const void *bytes, size_t len, void *cookie)
{
    dict_t *xdata = wrap(bytes, len);
    call_frame_t *frame = xdata ? create_frame(node, node->ctx->pool) : NULL;

    if (!frame) {
        if (xdata)
            dict_unref(xdata);
        return -ENOMEM;
    }
    frame->local = cookie;
    frame->root->op = GF_FOP_IPC;
    frame->root->type = GF_OP_TYPE_FOP;
    frame->root->uid = geteuid(); /* bricks answer root */
    frame->root->gid = getegid();
    frame->root->pid = getpid();
    STACK_WIND(frame, answered, leaf, leaf->fops->ipc, NOTIFY_IPC, xdata);
    dict_unref(xdata);
    return 0;
}

static int
ask(struct gnotify_client_owner *owner, unsigned leaf, const void *bytes, size_t len,
    void *cookie)
{
    xlator_t *node = owner->node, *to = leaf_at(node, leaf), *caller = THIS;

    THIS = node;
    int ret = to ? wind(node, to, bytes, len, cookie) : -ENOTCONN;

    THIS = caller;
    return ret;
}

static void
release(void *kept)
{
    dict_unref(kept);
}

static void
down(struct gnotify_client_owner *owner)
{
    xlator_t *node = owner->node, *caller = THIS;

    if (!node)
        return;
    THIS = node;
    for (xlator_list_t *c = node->children; c; c = c->next)
        xlator_notify(c->xlator, GF_EVENT_PARENT_DOWN, node);
    THIS = caller;
}

__attribute__((visibility("default"))) const struct gnotify_client_calls gnotify_client_calls = {
    .version = GNOTIFY_CLIENT_VERSION,
    .enter = enter,
    .leave = leave,
    .leaves = leaves,
    .ask = ask,
    .release = release,
    .down = down,
};

/* ---- the node --------------------------------------------------------------------------- */

static int32_t
gnotify_client_init(xlator_t *this)
{
    uint32_t number = 0;

    if (dict_get_uint32(this->options, (char *)"owner", &number))
        number = 0;
    struct gnotify_client_owner *owner = find_owner(number);

    if (!owner) {
        gf_log(this->name, GF_LOG_ERROR, "features/gnotify-client is for graphs that libgnotify "
               "makes: this process has no owner %u", number);
        return -1;
    }
    this->private = owner;
    owner->node = this;
    return 0;
}

/* The owner is the library's, and gone only when the graph is. */
static void
gnotify_client_fini(xlator_t *this)
{
    this->private = NULL;
}

static void
tell_leaf(xlator_t *this, const xlator_t *leaf, bool up)
{
    struct gnotify_client_owner *owner = this->private;
    unsigned n = 0;

    for (xlator_list_t *c = this->children; owner && c; c = c->next, n++) {
        if (c->xlator == leaf)
            owner->up(owner, n, up);
    }
}

/* What is above is told that we are up at once, and down at once: which leaves are is
 * for our owner. */
static int32_t
gnotify_client_notify(xlator_t *this, int32_t event, void *data, ...)
{
    switch (event) {
    case GF_EVENT_PARENT_UP:
        default_notify(this, event, data);
        return default_notify(this, GF_EVENT_CHILD_UP, NULL);
    case GF_EVENT_PARENT_DOWN: /* down() has been there */
        return default_notify(this, GF_EVENT_CHILD_DOWN, NULL);
    case GF_EVENT_CHILD_UP:
    case GF_EVENT_CHILD_DOWN:
        tell_leaf(this, data, event == GF_EVENT_CHILD_UP);
        return 0;
    default:
        return 0;
    }
}

static int32_t
gnotify_client_mem_acct_init(xlator_t *this)
{
    return xlator_mem_acct_init(this, gf_gnotify_client_mt_end);
}

int32_t
gnotify_client_lookup(call_frame_t *frame, xlator_t *this, loc_t *loc, dict_t *xdata)
{
    struct iatt root = {.ia_type = IA_IFDIR, .ia_ino = 1, .ia_nlink = 2, .ia_prot = {.owner = {1, 1, 1}}};
    struct iatt parent = {0};

    (void)this, (void)xdata;
    if (!loc->inode || !__is_root_gfid(loc->inode->gfid))
        return default_lookup_failure_cbk(frame, ENOTSUP);
    root.ia_gfid[15] = 1;
    root.ia_flags = IATT_TYPE | IATT_INO | IATT_NLINK | IATT_MODE | IATT_GFID;
    STACK_UNWIND_STRICT(lookup, frame, 0, 0, loc->inode, &root, NULL, &parent);
    return 0;
}

static struct xlator_cbks cbks;
static struct xlator_dumpops dumpops;

static volume_option_t options[] = {
    {.key = {"owner"},
     .type = GF_OPTION_TYPE_INT,
     .description = "Set by libgnotify: which of its connections the node belongs to."},
    {.key = {NULL}},
};

__attribute__((visibility("default"))) xlator_api_t xlator_api = {
    .init = gnotify_client_init,
    .fini = gnotify_client_fini,
    .notify = gnotify_client_notify,
    .mem_acct_init = gnotify_client_mem_acct_init,
    .op_version = {1},
    .dumpops = &dumpops,
    .fops = &gnotify_client_fops,
    .cbks = &cbks,
    .options = options,
    .identifier = "gnotify-client",
    .category = GF_MAINTAINED,
};
