/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What it costs to pass a translator: winds setattrs of a file to several nodes of one graph by turns,
 * which all stand above the same one, and compares each with that:
 *
 *     between [-r ROUNDS] [-n FOPS] VOLFILE BELOW NODE...
 *
 * for some tens of ns. So all is in one process, on one thread and one processor, with the same memory
 * below, and a time is that thread's on the processor, whatever else the machine does. A round winds FOPS
 * to each node, in another order each time; what is said is the median of the differences of a round, and
 * the interval in which that is with 95 %. Where the memory of a process lies makes some ns, too: only
 * several runs show that.
 */
#include <err.h>
#include <math.h>
#include <time.h>

#include "xlators/drive/graph.h"

#include "common/cleanup.h"

enum { NODES_MAX = 8, ROUNDS_MAX = 100000 };

static struct drive_graph graph;
static struct {
    xlator_t *xl;
    double ns[ROUNDS_MAX];
} nodes[NODES_MAX];
static loc_t file;
static dict_t *xdata;

static double
used_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The bottom answers at once, so all is over when winding returns. */
static int32_t
answered(call_frame_t *frame, void *cookie, xlator_t *this, int32_t op_ret, int32_t op_errno,
         struct iatt *before, struct iatt *after, dict_t *answer)
{
    (void)cookie, (void)this, (void)before, (void)after, (void)answer;
    if (op_ret < 0)
        errx(1, "setattr: %s", strerror(op_errno));
    STACK_DESTROY(frame->root);
    return 0;
}

static double
wind(xlator_t *to, unsigned count)
{
    struct iatt mode = {.ia_prot = {.owner = {.read = 1}}};
    double begin = used_ns();

    for (unsigned i = 0; i < count; i++) {
        call_frame_t *frame = create_frame(graph.root, graph.ctx->pool);

        if (!frame)
            errx(1, "out of memory");
        frame->root->op = GF_FOP_SETATTR;
        frame->root->type = GF_OP_TYPE_FOP;
        STACK_WIND(frame, answered, to, to->fops->setattr, &file, &mode, GF_SET_ATTR_MODE, xdata);
    }
    return (used_ns() - begin) / count;
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static void
show(unsigned node, unsigned rounds)
{
    static double more[ROUNDS_MAX];
    double reach = 0.98 * sqrt(rounds);

    for (unsigned r = 0; r < rounds; r++)
        more[r] = nodes[node].ns[r] - nodes[0].ns[r];
    qsort(more, rounds, sizeof(*more), by_value);
    printf("%s: over %s %.1f ns (95%%: %.1f-%.1f)\n", nodes[node].xl->name, nodes[0].xl->name, more[rounds / 2],
           more[(unsigned)fmax(0, rounds / 2.0 - reach)], more[(unsigned)fmin(rounds - 1, rounds / 2.0 + reach)]);
}

static void
prepare(char **argv, unsigned count)
{
    char why[512];
    cpu_set_t cpu;

    if (drive_graph_open(&graph, argv[0], "gfapi.bench", "/dev/null", GF_LOG_INFO, why, sizeof(why)))
        errx(1, "%s", why);
    for (unsigned i = 0; i < count; i++) {
        nodes[i].xl = xlator_search_by_name(graph.top, argv[1 + i]);
        if (!nodes[i].xl)
            errx(1, "%s: there is no node %s", argv[0], argv[1 + i]);
    }
    CPU_ZERO(&cpu);
    CPU_SET(0, &cpu);
    pthread_setaffinity_np(pthread_self(), sizeof(cpu), &cpu);
    THIS = graph.root;
    xdata = dict_new();
    file = (loc_t){.path = "/file", .name = "file", .inode = inode_new(graph.inodes),
                   .parent = inode_ref(graph.inodes->root)};
    file.gfid[15] = 2;
    memcpy(file.inode->gfid, file.gfid, sizeof(file.gfid));
}

int
main(int argc, char **argv)
{
    unsigned rounds = 3000, fops = 500;
    int o;

    while ((o = getopt(argc, argv, "r:n:")) != -1) {
        if (o == 'r')
            rounds = (unsigned)atoi(optarg);
        else if (o == 'n')
            fops = (unsigned)atoi(optarg);
    }
    unsigned count = argc - optind < 3 ? 0 : (unsigned)(argc - optind - 1);

    if (!count || count > NODES_MAX || !fops || !rounds || rounds > ROUNDS_MAX)
        errx(2, "usage: between [-r ROUNDS] [-n FOPS] VOLFILE BELOW NODE...");
    prepare(argv + optind, count);
    srandom(1);
    wind(nodes[0].xl, 100 * fops);
    for (unsigned r = 0; r < rounds; r++) {
        unsigned first = (unsigned)random() % count, step = random() % 2 ? 1 : count - 1;

        for (unsigned i = 0; i < count; i++) {
            unsigned n = (first + i * step) % count;

            nodes[n].ns[r] = wind(nodes[n].xl, fops);
        }
    }
    for (unsigned i = 1; i < count; i++)
        show(i, rounds);
    fflush(stdout);
    _exit(0);
}
