/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The bottom of the graphs that bench/inside measures: answers a lookup, a setattr, and a read of
 * 4 KiB, at once; with `option thread on` from a second thread on the last CPU, which
 * spins while there is something to do, so that fop and callback run on two CPUs.
 */
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <glusterfs/defaults.h>
#include <glusterfs/xlator.h>

enum { READ_SIZE = 4096, SLOTS = 64, SPINS = 20000 };

struct sink {
    struct iatt buf, parent;
    bool second;
    struct {
        _Atomic(call_frame_t *) frame;
        loc_t *loc;
        dict_t *xdata;
    } slots[SLOTS];
    atomic_uint put, sleeps;
};

static call_frame_t *
next_frame(struct sink *sink, unsigned i)
{
    _Atomic(call_frame_t *) *slot = &sink->slots[i % SLOTS].frame;

    for (;;) {
        for (int spins = 0; spins < SPINS; spins++) {
            call_frame_t *frame = atomic_load_explicit(slot, memory_order_acquire);

            if (frame)
                return frame;
            __builtin_ia32_pause();
        }
        atomic_store(&sink->sleeps, 1);
        if (!atomic_load(slot))
            syscall(SYS_futex, &sink->sleeps, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
        atomic_store(&sink->sleeps, 0);
    }
}

static void
answer(struct sink *sink, call_frame_t *frame, loc_t *loc, dict_t *xdata)
{
    STACK_UNWIND_STRICT(lookup, frame, 0, 0, loc->inode, &sink->buf, xdata,
                        &sink->parent);
}

static void *
answer_all(void *arg)
{
    xlator_t *this = arg;
    struct sink *sink = this->private;
    cpu_set_t cpu;

    CPU_ZERO(&cpu);
    CPU_SET(sysconf(_SC_NPROCESSORS_ONLN) - 1, &cpu);
    pthread_setaffinity_np(pthread_self(), sizeof(cpu), &cpu);
    THIS = this;
    for (unsigned i = 0;; i++) {
        call_frame_t *frame = next_frame(sink, i);
        loc_t *loc = sink->slots[i % SLOTS].loc;
        dict_t *xdata = sink->slots[i % SLOTS].xdata;

        atomic_store(&sink->slots[i % SLOTS].frame, NULL);
        answer(sink, frame, loc, xdata);
    }
    return NULL;
}

static int32_t
sink_lookup(call_frame_t *frame, xlator_t *this, loc_t *loc, dict_t *xdata)
{
    struct sink *sink = this->private;

    if (!sink->second) {
        answer(sink, frame, loc, xdata);
        return 0;
    }
    unsigned i = atomic_fetch_add(&sink->put, 1) % SLOTS;

    sink->slots[i].loc = loc;
    sink->slots[i].xdata = xdata;
    atomic_store(&sink->slots[i].frame, frame);
    if (atomic_load_explicit(&sink->sleeps, memory_order_relaxed) &&
        atomic_exchange(&sink->sleeps, 0))
        syscall(SYS_futex, &sink->sleeps, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    return 0;
}

static int32_t
sink_open(call_frame_t *frame, xlator_t *this, loc_t *loc, int32_t flags, fd_t *fd,
          dict_t *xdata)
{
    (void)this;
    (void)loc;
    (void)flags;
    STACK_UNWIND_STRICT(open, frame, 0, 0, fd, xdata);
    return 0;
}

static int32_t
sink_readv(call_frame_t *frame, xlator_t *this, fd_t *fd, size_t size, off_t offset,
           uint32_t flags, dict_t *xdata)
{
    struct sink *sink = this->private;
    struct iobuf *iobuf = iobuf_get2(this->ctx->iobuf_pool, READ_SIZE);
    struct iobref *iobref = iobref_new();
    struct iovec vector = {.iov_base = iobuf->ptr, .iov_len = READ_SIZE};

    (void)fd;
    (void)size;
    (void)offset;
    (void)flags;
    iobref_add(iobref, iobuf);
    iobuf_unref(iobuf);
    STACK_UNWIND_STRICT(readv, frame, READ_SIZE, 0, &vector, 1, &sink->buf, iobref, xdata);
    iobref_unref(iobref);
    return 0;
}

static int32_t
sink_setattr(call_frame_t *frame, xlator_t *this, loc_t *loc, struct iatt *buf, int32_t valid,
             dict_t *xdata)
{
    struct sink *sink = this->private;

    (void)loc, (void)buf, (void)valid;
    STACK_UNWIND_STRICT(setattr, frame, 0, 0, &sink->buf, &sink->buf, xdata);
    return 0;
}

static int32_t
sink_notify(xlator_t *this, int32_t event, void *data, ...)
{
    if (event == GF_EVENT_PARENT_UP)
        return default_notify(this, GF_EVENT_CHILD_UP, NULL);
    return default_notify(this, event, data);
}

static int32_t
sink_init(xlator_t *this)
{
    struct sink *sink = calloc(1, sizeof(*sink));
    pthread_attr_t attr;
    pthread_t thread;

    if (!sink)
        return -1;
    sink->buf.ia_type = IA_IFREG;
    memset(sink->buf.ia_gfid, 7, sizeof(uuid_t));
    sink->parent.ia_type = IA_IFDIR;
    sink->second = dict_get(this->options, "thread") != NULL;
    this->private = sink;
    if (!sink->second)
        return 0;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 8 << 20); /* as glupy wants it for `inline` */
    return pthread_create(&thread, &attr, answer_all, this) ? -1 : 0;
}

static void
sink_fini(xlator_t *this)
{
    (void)this;
}

static struct xlator_fops fops = {
    .lookup = sink_lookup, .open = sink_open, .readv = sink_readv, .setattr = sink_setattr};
static struct xlator_cbks cbks;
static volume_option_t options[] = {
    {.key = {"thread"}, .type = GF_OPTION_TYPE_ANY},
    {.key = {"size"}, .type = GF_OPTION_TYPE_ANY}, /* volfiles want one */
    {.key = {NULL}},
};

xlator_api_t xlator_api = {
    .init = sink_init,
    .fini = sink_fini,
    .notify = sink_notify,
    .op_version = {1},
    .fops = &fops,
    .cbks = &cbks,
    .options = options,
    .identifier = "sink",
    .category = GF_EXPERIMENTAL,
};
