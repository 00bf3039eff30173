/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What a fop costs inside the process: winds lookups (or reads of 4 KiB) into graphs of
 * translators, without a mount, so that no caller's own cost hides them. Each graph
 * lives in a process of its own, so that no interpreter meets another; they are measured
 * in turn, in short batches, and compared batch by batch: that holds on a machine whose
 * speed drifts.
 *
 *   inside [-f lookup|missing|readv|setattr] [-c CALLERS] [-l] [-d] [-u] [-p] [-w US]
 *          [-r ROUNDS] [-m MS] [-b N] NAME=VOLFILE...
 *
 * lookup: of a file that the bottom (bench/xlators/sink.c) makes up. missing: of names
 * that do not exist, 20 in turn. readv: 4 KiB from the start of /file, which must exist.
 * The second graph, or the Nth, is what all are compared with. -l: the latency of
 * single fops, -w: with a pause between them. -u: not the time that passes but that of
 * CPUs, of all threads of the graph's process, in the kernel, too: also what others do later
 * for a fop, and no matter what else the machine does. -d: a batch counts with the median of
 * its fops, not with their mean, for two threads that wait for each other do nothing
 * while one of them has no CPU. -p: the caller stays on the first CPU. -c: with that
 * many callers at once.
 */
#include <errno.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "xlators/drive/graph.h"

#include "bench/quantile.h"
#include "common/cleanup.h"

enum {
    GRAPHS_MAX = 12,
    ROUNDS_MAX = 2000,
    CALLERS_MAX = 16,
    OPS_MAX = 1 << 20, /* of one batch */
    NAMES = 20,
    SPINS = 4000,      /* before a caller sleeps */
    STACK = 8 << 20,
    LATER_US = 30000, /* so long other threads may have to do with a batch */
};

static struct {
    const char *fop;
    int callers, rounds, base;
    double batch_ms, pause_us;
    bool latency, median, pinned, cpu;
} opt = {.fop = "lookup", .callers = 1, .rounds = 101, .base = 2, .batch_ms = 5};

static double
now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Of all of the process's threads. */
static double
cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* ---- one fop -------------------------------------------------------------- */

enum { PENDING, ANSWERED, ASLEEP };

struct op {
    atomic_int state;
    int ret, error;
    struct iatt *buf; /* if not NULL: what a lookup found is copied there */
};

static int32_t
op_answered(call_frame_t *frame, int32_t ret, int32_t error)
{
    struct op *op = TAKE(frame->local);

    STACK_DESTROY(frame->root);
    op->ret = ret;
    op->error = error;
    if (atomic_exchange(&op->state, ANSWERED) == ASLEEP)
        syscall(SYS_futex, &op->state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    return 0;
}

static void
op_wait(struct op *op)
{
    int pending = PENDING;

    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&op->state, memory_order_acquire) == ANSWERED)
            return;
        __builtin_ia32_pause();
    }
    if (!atomic_compare_exchange_strong(&op->state, &pending, ASLEEP))
        return;
    while (atomic_load(&op->state) == ASLEEP)
        syscall(SYS_futex, &op->state, FUTEX_WAIT_PRIVATE, ASLEEP, NULL, NULL, 0);
}

static int32_t
lookup_answered(call_frame_t *frame, void *cookie, xlator_t *this, int32_t op_ret,
                int32_t op_errno, inode_t *inode, struct iatt *buf, dict_t *xdata,
                struct iatt *postparent)
{
    struct op *op = frame->local;

    (void)cookie, (void)this, (void)inode, (void)xdata, (void)postparent;
    if (op->buf && op_ret >= 0)
        *op->buf = *buf;
    return op_answered(frame, op_ret, op_errno);
}

static int32_t
open_answered(call_frame_t *frame, void *cookie, xlator_t *this, int32_t op_ret,
              int32_t op_errno, fd_t *fd, dict_t *xdata)
{
    (void)cookie, (void)this, (void)fd, (void)xdata;
    return op_answered(frame, op_ret, op_errno);
}

static int32_t
readv_answered(call_frame_t *frame, void *cookie, xlator_t *this, int32_t op_ret,
               int32_t op_errno, struct iovec *vector, int32_t count, struct iatt *stbuf,
               struct iobref *iobref, dict_t *xdata)
{
    (void)cookie, (void)this, (void)vector, (void)count, (void)stbuf, (void)iobref,
        (void)xdata;
    return op_answered(frame, op_ret, op_errno);
}

static int32_t
setattr_answered(call_frame_t *frame, void *cookie, xlator_t *this, int32_t op_ret, int32_t op_errno,
                 struct iatt *before, struct iatt *after, dict_t *xdata)
{
    (void)cookie, (void)this, (void)before, (void)after, (void)xdata;
    return op_answered(frame, op_ret, op_errno);
}

/* ---- in a graph's process ------------------------------------------------- */

struct target {
    struct drive_graph graph;
    loc_t file, missing[NAMES];
    char names[NAMES][32];
    fd_t *fd;
    dict_t *xdata;
};

static call_frame_t *
op_begin(struct target *t, struct op *op, glusterfs_fop_t fop)
{
    call_frame_t *frame = create_frame(t->graph.root, t->graph.ctx->pool);

    if (!frame)
        abort();
    frame->root->op = (int32_t)fop; /* not drive_frame_new: that asks the kernel for a pid */
    frame->root->type = GF_OP_TYPE_FOP;
    atomic_store_explicit(&op->state, PENDING, memory_order_relaxed);
    frame->local = op;
    return frame;
}

static void
do_lookup(struct target *t, struct op *op, loc_t *loc)
{
    call_frame_t *frame = op_begin(t, op, GF_FOP_LOOKUP);
    xlator_t *top = t->graph.top;

    STACK_WIND(frame, lookup_answered, top, top->fops->lookup, loc, t->xdata);
    op_wait(op);
}

static void
do_readv(struct target *t, struct op *op)
{
    call_frame_t *frame = op_begin(t, op, GF_FOP_READ);
    xlator_t *top = t->graph.top;

    STACK_WIND(frame, readv_answered, top, top->fops->readv, t->fd, 4096, 0, 0, t->xdata);
    op_wait(op);
}

static void
do_open(struct target *t, struct op *op)
{
    call_frame_t *frame = op_begin(t, op, GF_FOP_OPEN);
    xlator_t *top = t->graph.top;

    STACK_WIND(frame, open_answered, top, top->fops->open, &t->file, O_RDONLY, t->fd, NULL);
    op_wait(op);
}

static void
do_setattr(struct target *t, struct op *op)
{
    call_frame_t *frame = op_begin(t, op, GF_FOP_SETATTR);
    xlator_t *top = t->graph.top;
    struct iatt mode = {.ia_prot = {.owner = {.read = 1}}};

    STACK_WIND(frame, setattr_answered, top, top->fops->setattr, &t->file, &mode, GF_SET_ATTR_MODE, t->xdata);
    op_wait(op);
}

static void
check(const struct op *op, const char *what, bool good)
{
    if (good)
        return;
    fprintf(stderr, "inside: %s: %d, %s\n", what, op->ret, strerror(op->error));
    _exit(1);
}

static void
run_op(struct target *t, struct op *op, unsigned i)
{
    switch (*opt.fop) {
    case 'r':
        do_readv(t, op);
        check(op, "readv", op->ret == 4096);
        break;
    case 's':
        do_setattr(t, op);
        check(op, "setattr", op->ret >= 0);
        break;
    case 'm':
        do_lookup(t, op, &t->missing[i % NAMES]);
        check(op, "a lookup that must fail", op->ret < 0 && op->error == ENOENT);
        break;
    default:
        do_lookup(t, op, &t->file);
        check(op, "lookup", op->ret >= 0);
    }
}

static void
make_loc(struct target *t, loc_t *loc, const char *path)
{
    *loc = (loc_t){.path = path, .name = path + 1, .inode = inode_new(t->graph.inodes)};
    loc->parent = inode_ref(t->graph.inodes->root);
    gf_uuid_copy(loc->pargfid, loc->parent->gfid);
}

/* The root, then the file: as a mount would have looked them up. */
static void
look_around(struct target *t)
{
    loc_t root = {.path = "/", .name = "", .inode = inode_ref(t->graph.inodes->root)};
    struct iatt buf = {.ia_type = IA_IFREG};
    struct op op = {.buf = &buf};

    gf_uuid_copy(root.gfid, root.inode->gfid);
    do_lookup(t, &op, &root);
    check(&op, "lookup of the root", op.ret >= 0);
    if (*opt.fop != 'r' && *opt.fop != 's')
        return;
    do_lookup(t, &op, &t->file);
    check(&op, "lookup of /file", op.ret >= 0);
    inode_t *linked = inode_link(t->file.inode, t->file.parent, t->file.name, &buf);

    if (linked)
        t->file.inode = linked;
    gf_uuid_copy(t->file.gfid, t->file.inode->gfid);
    t->fd = fd_create(t->file.inode, getpid());
    do_open(t, &op);
    check(&op, "open of /file", op.ret >= 0);
    fd_bind(t->fd);
}

static void
target_open(struct target *t, const char *volfile)
{
    char why[512];
    char *log = getenv("BENCH_LOG");

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (drive_graph_open(&t->graph, volfile, "gfapi.bench", log ? log : "/dev/null",
                         GF_LOG_INFO, why, sizeof(why))) {
        fprintf(stderr, "inside: %s\n", why);
        exit(1);
    }
    THIS = t->graph.root;
    t->xdata = dict_new();
    if (dict_set_int32(t->xdata, "glusterfs.open-fd-count", 1))
        exit(1);
    make_loc(t, &t->file, "/file");
    for (int i = 0; i < NAMES; i++) {
        snprintf(t->names[i], sizeof(t->names[i]), "/no-such-file-%d", i);
        make_loc(t, &t->missing[i], t->names[i]);
    }
    look_around(t);
}

/* What the parent asks for, and what it gets. */
struct order {
    int ops; /* of each caller */
    int callers;
    bool latency;
};

struct result {
    double wall; /* ns of all */
    double cpu;  /* ns of CPUs, since the last result */
    double p50, p99, max; /* ns of one op */
};

struct caller {
    struct target *target;
    struct order order;
    pthread_t thread;
    atomic_int *ready, *go;
    double *times; /* of each op, where latency is asked for */
    double begin, end;
};

/* Not asleep: the caller is not to be late. */
static void
rest(double us)
{
    double end = now_ns() + us * 1e3;

    while (now_ns() < end)
        __builtin_ia32_pause();
}

static void
run_ops(struct caller *c)
{
    struct op op = {0};

    c->begin = now_ns();
    for (int i = 0; i < c->order.ops; i++) {
        double begin = c->order.latency ? now_ns() : 0;

        run_op(c->target, &op, (unsigned)i);
        if (c->order.latency)
            c->times[i] = now_ns() - begin;
        if (opt.pause_us > 0)
            rest(opt.pause_us);
    }
    c->end = now_ns();
}

/* Never one that Python knows: callers in GlusterFS are not. They live on, as FUSE's
 * reader and io-threads do. */
static void *
caller_main(void *arg)
{
    struct caller *c = arg;
    cpu_set_t cpu;

    CPU_ZERO(&cpu);
    CPU_SET(0, &cpu);
    if (opt.pinned)
        pthread_setaffinity_np(pthread_self(), sizeof(cpu), &cpu);
    THIS = c->target->graph.root;
    for (int turn = 1;; turn++) {
        while (atomic_load(c->go) != turn)
            syscall(SYS_futex, c->go, FUTEX_WAIT_PRIVATE, turn - 1, NULL, NULL, 0);
        if (c->order.ops)
            run_ops(c);
        if (atomic_fetch_sub(c->ready, 1) == 1)
            syscall(SYS_futex, c->ready, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
    return NULL;
}

static void
callers_start(struct caller *callers, struct target *target, atomic_int *go, atomic_int *ready)
{
    pthread_attr_t attr;

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    for (int i = 0; i < opt.callers; i++) {
        callers[i] = (struct caller){.target = target, .go = go, .ready = ready};
        if (pthread_create(&callers[i].thread, &attr, caller_main, &callers[i]))
            exit(1);
    }
}

/* One batch, by as many callers as the order says. The turn is another one each time. */
static void
callers_run(struct caller *callers, const struct order *order, atomic_int *go, atomic_int *ready,
            int turn)
{
    int n = opt.callers, left;

    for (int i = 0; i < n; i++) {
        callers[i].order = *order;
        if (i >= order->callers)
            callers[i].order.ops = 0;
        else if (order->latency && !callers[i].times)
            callers[i].times = calloc(OPS_MAX, sizeof(double));
    }
    atomic_store(ready, n);
    atomic_store(go, turn);
    syscall(SYS_futex, go, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
    while ((left = atomic_load(ready)))
        syscall(SYS_futex, ready, FUTEX_WAIT_PRIVATE, left, NULL, NULL, 0);
}

/* From the first caller's begin to the last one's end. */
static double
wall_of(const struct caller *callers, int count)
{
    double begin = callers[0].begin, end = callers[0].end;

    for (int i = 1; i < count; i++) {
        begin = callers[i].begin < begin ? callers[i].begin : begin;
        end = callers[i].end > end ? callers[i].end : end;
    }
    return end - begin;
}

static void
serve(const char *volfile, int in, int out)
{
    static struct target target;
    static struct caller callers[CALLERS_MAX];
    static atomic_int go, ready;
    struct order order;
    double used = 0;

    target_open(&target, volfile);
    callers_start(callers, &target, &go, &ready);
    for (int turn = 1; read(in, &order, sizeof(order)) == (ssize_t)sizeof(order) && order.ops;
         turn++) {
        struct result result = {0};

        callers_run(callers, &order, &go, &ready, turn);
        result.wall = wall_of(callers, order.callers);
        if (opt.cpu) {
            usleep(LATER_US);
            result.cpu = cpu_ns() - used;
            used += result.cpu;
        }
        if (order.latency) {
            result.p50 = quantile(callers[0].times, order.ops, 0.5);
            result.p99 = quantile(callers[0].times, order.ops, 0.99);
            result.max = callers[0].times[order.ops - 1];
        }
        if (write(out, &result, sizeof(result)) != (ssize_t)sizeof(result))
            break;
    }
    _exit(0);
}

/* ---- the parent ----------------------------------------------------------- */

struct graph {
    const char *name;
    pid_t pid;
    int in, out;
    int ops; /* of a batch */
    double per_op[ROUNDS_MAX], over[ROUNDS_MAX], ratio[ROUNDS_MAX];
    double p50[ROUNDS_MAX], p99[ROUNDS_MAX], max[ROUNDS_MAX];
};

static struct result
ask(struct graph *g, int ops, bool latency)
{
    struct order order = {ops, opt.callers, latency};
    struct result result;

    if (write(g->in, &order, sizeof(order)) != (ssize_t)sizeof(order) ||
        read(g->out, &result, sizeof(result)) != (ssize_t)sizeof(result)) {
        fprintf(stderr, "inside: %s has ended\n", g->name);
        exit(1);
    }
    return result;
}

static void
graph_start(struct graph *g, char *spec)
{
    char *volfile = strchr(spec, '=');
    int down[2], up[2];

    if (!volfile || pipe2(down, O_CLOEXEC) || pipe2(up, O_CLOEXEC)) {
        fprintf(stderr, "inside: %s: NAME=VOLFILE is wanted\n", spec);
        exit(2);
    }
    *volfile++ = '\0';
    g->name = spec;
    g->pid = fork();
    if (!g->pid) {
        close(down[1]);
        close(up[0]);
        serve(volfile, down[0], up[1]);
    }
    close(down[0]);
    close(up[1]);
    g->in = down[1];
    g->out = up[0];
}

/* Batches that take about as long for every graph. */
static void
graph_calibrate(struct graph *g)
{
    ask(g, 100, false); /* a module is loaded, caches are filled */
    double per_op = ask(g, 1000, false).wall / 1000;

    per_op = ask(g, 1000, false).wall / 1000;
    g->ops = (int)(opt.batch_ms * 1e6 / per_op) + 1;
    if ((opt.latency || opt.median) && g->ops < 300)
        g->ops = 300; /* for a 99th percentile */
    if (g->ops > OPS_MAX)
        g->ops = OPS_MAX;
}

static void
measure(struct graph *graphs, int n)
{
    for (int r = 0; r < opt.rounds; r++) {
        for (int i = 0; i < n; i++) {
            struct graph *g = &graphs[i];
            struct result result = ask(g, g->ops, opt.latency || opt.median);

            double all = opt.cpu ? result.cpu : result.wall;

            g->per_op[r] = opt.median ? result.p50 : all / g->ops / opt.callers;
            g->p50[r] = result.p50;
            g->p99[r] = result.p99;
            g->max[r] = result.max;
        }
        double base = graphs[opt.base - 1].per_op[r];

        for (int i = 0; i < n; i++) {
            graphs[i].over[r] = graphs[i].per_op[r] - base;
            graphs[i].ratio[r] = base / graphs[i].per_op[r];
        }
    }
}

static void
print(struct graph *g)
{
    int n = opt.rounds;

    if (opt.latency) {
        printf("%-16s p50 %8.1f us  p99 %8.1f us  worst %8.1f us\n", g->name,
               quantile(g->p50, n, .5) / 1e3, quantile(g->p99, n, .5) / 1e3,
               quantile(g->max, n, 1) / 1e3);
        return;
    }
    double low = quantile(g->over, n, .25), high = quantile(g->over, n, .75);

    printf("%-16s %8.0f ns  %9.0f/s  over %8.0f ns (quartiles %.0f to %.0f)  rate %.3f\n",
           g->name, quantile(g->per_op, n, .5), 1e9 / quantile(g->per_op, n, .5),
           quantile(g->over, n, .5), low, high, quantile(g->ratio, n, .5));
}

static int
usage(void)
{
    fprintf(stderr, "usage: inside [-f lookup|missing|readv|setattr] [-c CALLERS] [-l] [-d] [-u] [-p] [-w US] "
                    "[-r ROUNDS] [-m MS] [-b N] NAME=VOLFILE...\n");
    return 2;
}

/* Into opt; false: one of them is none. */
static bool
read_options(int argc, char **argv)
{
    int o;

    while ((o = getopt(argc, argv, "f:c:r:m:b:w:ldpu")) != -1) {
        if (o == 'f')
            opt.fop = optarg;
        else if (o == 'c')
            opt.callers = atoi(optarg);
        else if (o == 'r')
            opt.rounds = atoi(optarg);
        else if (o == 'm')
            opt.batch_ms = atof(optarg);
        else if (o == 'b')
            opt.base = atoi(optarg);
        else if (o == 'w')
            opt.pause_us = atof(optarg);
        else if (o == 'd')
            opt.median = true;
        else if (o == 'p')
            opt.pinned = true;
        else if (o == 'l')
            opt.latency = true;
        else if (o == 'u')
            opt.cpu = true;
        else
            return false;
    }
    return true;
}

int
main(int argc, char **argv)
{
    static struct graph graphs[GRAPHS_MAX];
    int n = read_options(argc, argv) ? argc - optind : 0;

    if (n < 1 || n > GRAPHS_MAX || opt.callers < 1 || opt.callers > CALLERS_MAX ||
        opt.rounds < 1 || opt.rounds > ROUNDS_MAX || opt.base < 1 || opt.batch_ms <= 0)
        return usage();
    if (opt.base > n)
        opt.base = 1;
    for (int i = 0; i < n; i++)
        graph_start(&graphs[i], argv[optind + i]);
    for (int i = 0; i < n; i++)
        graph_calibrate(&graphs[i]);
    measure(graphs, n);
    if (!opt.latency)
        printf("%d callers, over %s:\n", opt.callers, graphs[opt.base - 1].name);
    for (int i = 0; i < n; i++)
        print(&graphs[i]);
    for (int i = 0; i < n; i++) {
        struct order end = {0};

        if (write(graphs[i].in, &end, sizeof(end)) < 0)
            kill(graphs[i].pid, SIGKILL);
        waitpid(graphs[i].pid, NULL, 0);
    }
    return 0;
}
