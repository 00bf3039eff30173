/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Asks a brick as a reader of changes does, for tests:
 *
 *     ask [OPTION...] VOLFILE hello | fetch | cancel | ack NAME ID SEQ | forget NAME |
 *                             garbage COUNT | hold COUNT | cancelled SESSION | ipc NUMBER |
 *                             fence COUNT
 *
 * VOLFILE has a protocol/client on top. fetch prints a line per record until the brick
 * has no more; -S: hold takes no answers until SIGUSR2, and sends 200 more for each SIGUSR1; fence changes something and says hello, COUNT times, and prints which number
 * hello gave for which change; hold sends COUNT fetches that wait, says `held`, and prints how each ends.
 * Each answer is followed by a line `= …` with what it tells of the journal.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <semaphore.h>
#include <signal.h>

#include "xlators/drive/graph.h"

#include <glusterfs/compat-uuid.h>

#include "common/cleanup.h"
#include "notify/record.h"
#include "notify/wire.h"

static struct {
    struct notify_request q;
    bool follow, stops;
    unsigned repeat;
    uint32_t uid;
} opt = {.q = {.kind = NOTIFY_FETCH, .from = NOTIFY_FROM_OLDEST, .ops = UINT64_MAX,
               .limit = NOTIFY_REPLY_MAX, .session = 1},
         .repeat = 1};

static struct drive_graph graph;
static sem_t takes; /* with -S: answers are taken */

/* ---- one question ------------------------------------------------------------ */

struct answer {
    sem_t done;
    int ret, error;
    uint8_t *bytes;
    size_t len;
    struct notify_reply reply;
};

static int32_t
answered(call_frame_t *frame, void *cookie, xlator_t *this, int32_t op_ret, int32_t op_errno,
         dict_t *xdata)
{
    struct answer *a = TAKE(frame->local);
    data_t *data = xdata ? dict_get(xdata, (char *)NOTIFY_WIRE_KEY) : NULL;

    (void)cookie, (void)this;
    if (opt.stops) { /* so nothing more is read of the connection */
        while (sem_wait(&takes) < 0)
            ;
        sem_post(&takes);
    }
    a->ret = op_ret;
    a->error = op_ret < 0 ? op_errno : 0;
    if (data) {
        a->bytes = malloc((size_t)data->len);
        if (a->bytes)
            memcpy(a->bytes, data->data, (size_t)data->len);
        a->len = (size_t)data->len;
    }
    STACK_DESTROY(frame->root);
    sem_post(&a->done);
    return 0;
}

static void
send_bytes(struct answer *a, int op, const void *bytes, size_t len)
{
    call_frame_t *frame = drive_frame_new(&graph, GF_FOP_IPC);
    dict_t *xdata = dict_new();
    void *copy = len ? GF_MALLOC(len, gf_common_mt_char) : NULL;

    sem_init(&a->done, 0, 0);
    if (copy) {
        memcpy(copy, bytes, len);
        if (dict_set_bin(xdata, (char *)NOTIFY_WIRE_KEY, copy, len))
            GF_FREE(copy);
    }
    frame->local = a;
    frame->root->uid = opt.uid;
    STACK_WIND(frame, answered, graph.top, graph.top->fops->ipc, op, xdata);
    dict_unref(xdata);
}

static void
send_request(struct answer *a, const struct notify_request *q)
{
    uint8_t buf[NOTIFY_REQUEST_SIZE_MAX];
    ssize_t n = notify_request_encode(q, buf, sizeof(buf));

    if (n < 0) {
        fprintf(stderr, "ask: no request: %s\n", strerror((int)-n));
        exit(2);
    }
    send_bytes(a, NOTIFY_IPC, buf, (size_t)n);
}

static int
wait_for(struct answer *a)
{
    while (sem_wait(&a->done) < 0)
        ;
    if (a->error)
        return a->error;
    return a->bytes ? -notify_reply_decode(a->bytes, a->len, &a->reply) : EPROTO;
}

/* ---- what is printed ------------------------------------------------------------- */

static void
print_path(const struct notify_name *name, bool name_only)
{
    if (name_only)
        printf("?");
    for (unsigned i = 0; i < name->len; i++) {
        unsigned char c = (unsigned char)name->path[i];

        if (c < 0x20 || c == 0x7f || c == '\\')
            printf("\\x%02x", c);
        else
            putchar(c);
    }
}

static void
print_record(const struct notify_record *r)
{
    static const struct { unsigned flag; const char *name; } flags[] = {
        {NOTIFY_ISDIR, "dir"}, {NOTIFY_WRITTEN, "written"}, {NOTIFY_WRITABLE, "writable"},
        {NOTIFY_CLEAN, "clean"}, {NOTIFY_LAST_LINK, "last-link"},
    };
    char gfid[37];

    printf("%s ", notify_op_name(r->op));
    if (r->flags & NOTIFY_HAS_NAME)
        print_path(&r->name, r->flags & NOTIFY_NAME_ONLY);
    if (r->flags & NOTIFY_HAS_TO) {
        printf(" -> ");
        print_path(&r->to, r->flags & NOTIFY_TO_NAME_ONLY);
    }
    printf(" |");
    for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
        if (r->flags & flags[i].flag)
            printf(" %s", flags[i].name);
    }
    if (r->flags & NOTIFY_HAS_DETAIL)
        printf(" detail=%.*s", r->detail_len, r->detail);
    if (r->flags & NOTIFY_HAS_RANGE)
        printf(" at=%" PRIu64 "+%" PRIu64, r->offset, r->length);
    if (r->flags & NOTIFY_HAS_ACTOR)
        printf(" pid=%d uid=%u gid=%u client=%016" PRIx64, r->pid, r->uid, r->gid, r->client);
    uuid_unparse(r->gfid, gfid);
    printf(" gfid=%s time=%" PRIu64 " seq=%" PRIu64 "\n", gfid, r->time, r->seq);
}

static void
print_reply(const struct notify_reply *reply)
{
    static const char *const names[] = {"off", "overtaken", "other", "more", "unknown"};
    struct notify_record r;

    for (uint32_t at = 0; at < reply->bytes;) {
        ssize_t n = notify_record_decode(reply->records + at, reply->bytes - at, &r);

        if (n < 0)
            break;
        print_record(&r);
        at += (uint32_t)n;
    }
    char id[37];

    uuid_unparse(reply->extent.id, id);
    printf("= next=%" PRIu64 " count=%u id=%s oldest=%" PRIu64 " end=%" PRIu64 " bytes=%" PRIu64,
           reply->next, reply->count, id, reply->extent.oldest, reply->extent.next,
           reply->extent.bytes);
    if (reply->cursor.seq)
        printf(" cursor=%" PRIu64 " acked=%" PRIu64, reply->cursor.seq, reply->cursor.acked);
    printf(" recording=%" PRIu64 " now=%" PRIu64, reply->recording, reply->now);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (reply->flags & (1u << i))
            printf(" %s", names[i]);
    }
    putchar('\n');
    fflush(stdout);
}

static int
print_answer(struct answer *a)
{
    int err = wait_for(a);

    if (err) {
        printf("error %s\n", strerror(err));
        fflush(stdout);
    } else {
        print_reply(&a->reply);
    }
    return err;
}

/* ---- what is asked -------------------------------------------------------------------- */

static int
ask(void)
{
    struct answer a = {0};

    send_request(&a, &opt.q);
    int err = print_answer(&a);

    free(a.bytes);
    return err;
}

static int
fetch(void)
{
    for (;;) {
        struct answer a = {0};

        send_request(&a, &opt.q);
        int err = print_answer(&a);

        if (err || (!a.reply.count && !opt.follow))
            return err;
        opt.q.from = NOTIFY_FROM_SEQ;
        opt.q.seq = a.reply.next;
        memcpy(opt.q.id, a.reply.extent.id, sizeof(opt.q.id));
        free(a.bytes);
    }
}

static void
block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGUSR1);
    sigaddset(set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, set, NULL);
}

/* What is sent beside is not printed. */
static void
send_until_told(void)
{
    enum { MORE = 200 };
    sigset_t set;
    int signal = 0;

    block_signals(&set);
    while (!sigwait(&set, &signal) && signal == SIGUSR1) {
        struct answer *more = calloc(MORE, sizeof(*more));

        for (unsigned i = 0; more && i < MORE; i++)
            send_request(&more[i], &opt.q);
    }
    sem_post(&takes);
}

static int
hold(unsigned count)
{
    struct answer *a = calloc(count, sizeof(*a));

    for (unsigned i = 0; a && i < count; i++) {
        opt.q.session = i + 1;
        send_request(&a[i], &opt.q);
    }
    printf("held\n");
    fflush(stdout);
    if (opt.stops)
        send_until_told();
    for (unsigned i = 0; a && i < count; i++)
        print_answer(&a[i]);
    return 0;
}

/* Several sessions wait; the one of that number is cancelled, and comes back. */
static int
cancelled(unsigned session)
{
    struct answer a[2] = {{.ret = 0}}, c = {0};
    struct notify_request q = {.kind = NOTIFY_CANCEL, .session = session};

    for (unsigned i = 0; i < 2; i++) {
        opt.q.session = session + i;
        send_request(&a[i], &opt.q);
    }
    send_request(&c, &q);
    int err = print_answer(&c);

    if (!err)
        err = print_answer(&a[0]);
    printf("cancelled %u, the other %s\n", session, sem_trywait(&a[1].done) ? "waits" : "does not");
    return err;
}

static int
garbage(unsigned count)
{
    uint8_t bytes[512];
    int other = 0;

    srandom(1);
    for (unsigned i = 0; i < count; i++) {
        struct answer a = {0};
        size_t len = (size_t)random() % sizeof(bytes);

        for (size_t n = 0; n < len; n++)
            bytes[n] = (uint8_t)random();
        if (i % 2 && len > 4)
            memcpy(bytes, "gnQ1", 4);
        send_bytes(&a, NOTIFY_IPC, bytes, len);
        if (wait_for(&a) != EPROTO)
            other++;
        free(a.bytes);
    }
    printf("%u sent, %d taken\n", count, other);
    return 0;
}

static int
plain_ipc(int op)
{
    struct answer a = {0};

    send_bytes(&a, op, "x", 1);
    wait_for(&a);
    printf("%s\n", a.error ? strerror(a.error) : "ok");
    return 0;
}

static int32_t
attribute_set(call_frame_t *frame, void *cookie, xlator_t *this, int32_t op_ret, int32_t op_errno,
              dict_t *xdata)
{
    struct answer *a = TAKE(frame->local);

    (void)cookie, (void)this, (void)xdata;
    a->error = op_ret < 0 ? op_errno : 0;
    STACK_DESTROY(frame->root);
    sem_post(&a->done);
    return 0;
}

static void
set_attribute(struct answer *a, char *name)
{
    call_frame_t *frame = drive_frame_new(&graph, GF_FOP_SETXATTR);
    loc_t root = {.path = "/", .name = "", .inode = graph.inodes->root, .gfid = {[15] = 1}};
    dict_t *dict = dict_new();

    sem_init(&a->done, 0, 0);
    frame->local = a;
    if (dict_set_static_bin(dict, name, "x", 1))
        exit(2);
    STACK_WIND(frame, attribute_set, graph.top, graph.top->fops->setxattr, &root, dict, 0, NULL);
    dict_unref(dict);
}

static int
fence(unsigned count)
{
    struct notify_request q = {.kind = NOTIFY_HELLO};
    char name[32];
    int err = 0;

    for (unsigned i = 0; i < count && !err; i++) {
        struct answer change = {0}, hello = {0};

        snprintf(name, sizeof(name), "user.%u", i);
        set_attribute(&change, name);
        while (sem_wait(&change.done) < 0)
            ;
        send_request(&hello, &q);
        err = change.error ? change.error : wait_for(&hello);
        printf("%s %" PRIu64 "\n", name, err ? 0 : hello.reply.next);
        free(hello.bytes);
    }
    return err;
}

static void
set_name(const char *name)
{
    opt.q.name = name;
    opt.q.name_len = (uint8_t)strlen(name);
}

static int
usage(void)
{
    fprintf(stderr, "usage: ask [-f oldest|now|SEQ|=NAME|@NS] [-i ID] [-w MS] [-l BYTES] [-o MASK] "
                    "[-p PATH] [-s SESSION] [-u UID] [-m FOLDER] [-FS] VOLFILE hello|fetch|cancel|ack NAME ID SEQ|"
                    "forget NAME|garbage N|hold N|cancelled SESSION|ipc N|fence N\n");
    return 2;
}

static void
set_from(const char *from)
{
    opt.q.from = NOTIFY_FROM_SEQ;
    if (!strcmp(from, "oldest"))
        opt.q.from = NOTIFY_FROM_OLDEST;
    else if (!strcmp(from, "now"))
        opt.q.from = NOTIFY_FROM_NOW;
    else if (from[0] == '@')
        opt.q.from = NOTIFY_FROM_TIME, opt.q.seq = strtoull(from + 1, NULL, 10);
    else if (from[0] == '=')
        opt.q.from = NOTIFY_FROM_NAME, set_name(from + 1);
    else
        opt.q.seq = strtoull(from, NULL, 10);
}

static int
run(int argc, char **argv)
{
    const char *what = argv[0];
    unsigned n = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : 0;

    if (!strcmp(what, "fetch"))
        return fetch();
    if (!strcmp(what, "hold"))
        return hold(n);
    if (!strcmp(what, "cancelled"))
        return cancelled(n);
    if (!strcmp(what, "garbage"))
        return garbage(n);
    if (!strcmp(what, "ipc"))
        return plain_ipc((int)n);
    if (!strcmp(what, "fence"))
        return fence(n);
    if (!strcmp(what, "hello"))
        opt.q.kind = NOTIFY_HELLO;
    else if (!strcmp(what, "cancel"))
        opt.q.kind = NOTIFY_CANCEL;
    else if (!strcmp(what, "forget") && argc > 1)
        opt.q.kind = NOTIFY_FORGET, set_name(argv[1]);
    else if (!strcmp(what, "ack") && argc > 3 && !uuid_parse(argv[2], opt.q.id))
        opt.q.kind = NOTIFY_ACK, set_name(argv[1]), opt.q.seq = strtoull(argv[3], NULL, 10);
    else
        return usage();
    return ask();
}

int
main(int argc, char **argv)
{
    char why[256];
    int o;

    while ((o = getopt(argc, argv, "+f:i:w:l:o:p:s:u:m:FS")) != -1) {
        if (o == 'f')
            set_from(optarg);
        else if (o == 'i' && !uuid_parse(optarg, opt.q.id))
            continue;
        else if (o == 'w')
            opt.q.wait = (uint32_t)strtoul(optarg, NULL, 10);
        else if (o == 'l')
            opt.q.limit = (uint32_t)strtoul(optarg, NULL, 10);
        else if (o == 'o')
            opt.q.ops = strtoull(optarg, NULL, 0);
        else if (o == 'p')
            opt.q.filter = optarg, opt.q.filter_len = (uint16_t)strlen(optarg);
        else if (o == 's')
            opt.q.session = strtoull(optarg, NULL, 10);
        else if (o == 'u')
            opt.uid = (uint32_t)strtoul(optarg, NULL, 10);
        else if (o == 'm')
            drive_subdir_mount = optarg;
        else if (o == 'F')
            opt.follow = true;
        else if (o == 'S')
            opt.stops = true;
        else
            return usage();
    }
    if (argc - optind < 2)
        return usage();
    if (opt.stops) {
        sigset_t set;

        sem_init(&takes, 0, 0);
        block_signals(&set); /* of all threads that come */
    }
    if (drive_graph_open(&graph, argv[optind], "ask", "/dev/null", GF_LOG_ERROR, why, sizeof(why))) {
        fprintf(stderr, "ask: %s\n", why);
        return 1;
    }
    int err = run(argc - optind - 1, argv + optind + 1);

    fflush(stdout);
    _exit(err ? 1 : 0); /* nothing of it is left but the connection */
}
