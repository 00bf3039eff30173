/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The library's calls over a stream that the test fills: what is in the buffers, what is
 * acknowledged, when the file descriptor is readable.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <cmocka.h>

#include "common/strbuf.h"
#include "libgnotify/api.h"

/* ---- a volume, and a stream of it -------------------------------------------- */

enum { EVENTS = 256 };

static struct {
    struct stream_event events[EVENTS];
    struct notify_record records[EVENTS];
    char *paths[EVENTS], *details[EVENTS];
    unsigned count, read;
    int fd, wakes, error;
    uint64_t acked;
    int acks;
    bool forgotten;
    struct stream_options options;
    struct link *link;
    const char *moved_to; /* of the file 0x0d; NULL: where it is cannot be asked */
    bool gone;
    bool known; /* the cursor */
    char asked[32]; /* where a file was: its folder's number and its name */
    pthread_mutex_t lock;
} fake;

static void
set_fd(void)
{
    uint64_t value;
    bool on = fake.read < fake.count || fake.wakes || fake.error;

    if (read(fake.fd, &value, sizeof(value)) < 0)
        value = 0;
    value = 1;
    if (on && write(fake.fd, &value, sizeof(value)) < 0)
        abort();
}

int
stream_open(struct link *(*reach)(const struct link_events *, void *, void *), void *arg,
            const struct stream_options *options, struct stream **out, char **why)
{
    fake.options = *options;
    if (!reach(NULL, NULL, arg)) {
        *why = strdup("the stream's own reason");
        return -EIO;
    }
    *out = (struct stream *)&fake;
    return 0;
}

int
stream_read(struct stream *s, int timeout, struct stream_event *event)
{
    int ret = 0;

    (void)s;
    pthread_mutex_lock(&fake.lock);
    if (fake.wakes) {
        fake.wakes = 0;
        ret = -EINTR;
    } else if (fake.read < fake.count) {
        *event = fake.events[fake.read++];
        ret = 1;
    } else if (fake.error) {
        ret = fake.error;
    } else {
        assert_true(timeout >= 0); /* nothing would ever come */
    }
    set_fd();
    pthread_mutex_unlock(&fake.lock);
    return ret;
}

bool
stream_is_new(const struct stream *s)
{
    (void)s;
    return !fake.known;
}

int
stream_fd(struct stream *s)
{
    (void)s;
    return fake.fd;
}

void
stream_wake(struct stream *s)
{
    (void)s;
    pthread_mutex_lock(&fake.lock);
    fake.wakes++;
    set_fd();
    pthread_mutex_unlock(&fake.lock);
}

int
stream_ack(struct stream *s, uint64_t number)
{
    (void)s;
    assert_true(number < 100 + fake.read); /* it was read */
    fake.acked = number;
    fake.acks++;
    return 0;
}

int
stream_forget(struct stream *s)
{
    (void)s;
    fake.forgotten = true;
    return 0;
}

void
stream_close(struct stream *s)
{
    (void)s;
}

int
link_open(const struct link_options *options, const struct link_events *events, void *arg,
          struct link **out, char **dir, char **why)
{
    (void)events, (void)arg;
    if (!strcmp(options->volume, "none")) {
        *why = strdup("there is no volume none");
        return -ENOENT;
    }
    *out = (struct link *)&fake;
    *dir = strdup("/");
    return 0;
}

struct glfs *
link_volume(struct link *link)
{
    (void)link;
    return NULL;
}

/* ---- crawls, of which the test says what they find -------------------------------- */

static struct {
    struct { const char *path; int error; bool dir; } finds[8];
    unsigned count, goes; /* of these so many may be found; more is waited for */
    unsigned runs;        /* crawls that were begun */
    char began[256];      /* `PATH SINCE DEEP;` of each */
    bool ended;           /* one was told to be over */
    pthread_cond_t more;
} crawls = {.more = PTHREAD_COND_INITIALIZER};

static bool
crawl_over(const struct crawl_options *o)
{
    crawls.ended = crawls.ended || o->over(o->arg);
    return o->over(o->arg);
}

int
crawl(struct glfs *fs, const struct crawl_options *o)
{
    struct stat stat = {.st_ctim = {.tv_sec = 5}};
    unsigned i = 0;
    int ret = 0;

    (void)fs;
    pthread_mutex_lock(&fake.lock);
    size_t len = strlen(crawls.began);

    crawls.runs++;
    snprintf(crawls.began + len, sizeof(crawls.began) - len, "%s %" PRIu64 " %d;", o->below, o->since,
             !o->flat);
    assert_true(o->itself);
    while (!ret && i < crawls.count) {
        while (crawls.goes <= i && !crawl_over(o)) {
            struct timespec soon;

            clock_gettime(CLOCK_REALTIME, &soon);
            soon.tv_nsec = (soon.tv_nsec + 10000000) % 1000000000;
            pthread_cond_timedwait(&crawls.more, &fake.lock, &soon);
        }
        struct crawl_entry entry = {crawls.finds[i].path, &stat, (const uint8_t *)"0123456789abcdef"};

        pthread_mutex_unlock(&fake.lock);
        stat.st_mode = crawls.finds[i].dir ? S_IFDIR : S_IFREG;
        if (crawls.finds[i].error)
            o->error(o->arg, entry.path, crawls.finds[i].error);
        else
            ret = o->entry(o->arg, &entry);
        pthread_mutex_lock(&fake.lock);
        i++;
    }
    pthread_mutex_unlock(&fake.lock);
    return ret;
}

static void
crawls_go(unsigned count)
{
    pthread_mutex_lock(&fake.lock);
    crawls.goes = count;
    pthread_cond_broadcast(&crawls.more);
    pthread_mutex_unlock(&fake.lock);
}

static void
finds(const char *path, int error)
{
    crawls.finds[crawls.count].path = path;
    crawls.finds[crawls.count].dir = strlen(path) && path[strlen(path) - 1] == 'D';
    crawls.finds[crawls.count++].error = error;
}

/* There are the folder /d, number 0x0d, and the file /d/f, 0x0f. */
int
name_find(struct link *link, const char *path, bool follow, struct name *name)
{
    (void)link, (void)follow;
    bool file = !strcmp(path, "/d/f") || !strcmp(path, "//d/f");

    path += path[0] && path[1] == '/';
    if (strcmp(path, "/d") != 0 && !file && strcmp(path, "/") != 0)
        return -ENOENT;
    *name = (struct name){.path = strdup(path[1] ? path : ""), .chain = calloc(2, WATCH_GFID),
                          .depth = file ? 2 : path[1] ? 1 : 0, .is_dir = !file};
    name->chain[0][15] = 0x0d;
    name->chain[1][15] = 0x0f;
    return 0;
}

int
name_of(struct link *link, const uint8_t gfid[WATCH_GFID], const uint8_t parent[WATCH_GFID],
        const char *base, struct name *name)
{
    (void)link;
    snprintf(fake.asked, sizeof(fake.asked), "%x %s", parent[15], base);
    if (fake.gone)
        return -ENOENT;
    if (!fake.moved_to)
        return -ENODATA;
    *name = (struct name){.path = strdup(fake.moved_to), .chain = calloc(1, WATCH_GFID), .depth = 1,
                          .is_dir = true};
    memcpy(name->chain[0], gfid, WATCH_GFID);
    return 0;
}

void
name_free(struct name *name)
{
    free(name->path);
    free(name->chain);
}

/* Something is done to a file in /d, or elsewhere. */
static struct notify_record *
happens(enum notify_op op, const char *path)
{
    pthread_mutex_lock(&fake.lock);
    unsigned i = fake.count;
    struct notify_record *r = &fake.records[i];

    fake.paths[i] = strdup(path);
    *r = (struct notify_record){.op = op, .flags = NOTIFY_HAS_NAME, .time = 77,
                                .name = {.path = fake.paths[i], .len = (uint16_t)strlen(path)}};
    r->gfid[15] = 2;
    r->name.parent[15] = !strncmp(path, "/d/", 3) ? 0x0d : 0x55;
    fake.events[i] = (struct stream_event){.kind = STREAM_CHANGE, .number = 100 + i, .record = r};
    fake.count++;
    set_fd();
    pthread_mutex_unlock(&fake.lock);
    return r;
}

static void
tells(struct stream_event event)
{
    event.number = 100 + fake.count;
    fake.events[fake.count++] = event;
    set_fd();
}

static struct gnotify *g;
static _Alignas(8) char buf[4 * GNOTIFY_EVENT_MAX];

static int
setup_with(const struct gnotify_options *options)
{
    fake.count = fake.read = 0;
    fake.wakes = fake.error = fake.acks = 0;
    fake.acked = 0;
    fake.forgotten = fake.gone = fake.known = false;
    crawls.count = crawls.runs = 0;
    crawls.goes = UINT_MAX;
    crawls.ended = false;
    *crawls.began = 0;
    fake.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    pthread_mutex_init(&fake.lock, NULL);
    return gnotify_init(&g, "v1", options);
}

static int
setup(void **state)
{
    (void)state;
    return setup_with(&(struct gnotify_options){.size = sizeof(struct gnotify_options),
                                                .cursor = "me"});
}

static int
teardown(void **state)
{
    (void)state;
    gnotify_close(g);
    g = NULL;
    close(fake.fd);
    for (unsigned i = 0; i < fake.count; i++) {
        free(fake.paths[i]);
        fake.paths[i] = NULL;
    }
    return 0;
}

/* `MASK NAME NUMBER` of all in the buffer. */
static const char *
list(const void *from, ssize_t bytes)
{
    static struct strbuf out;
    const struct gnotify_event *e = from, *end = (const void *)((const char *)from + bytes);

    strbuf_reset(&out);
    for (; e < end; e = GNOTIFY_NEXT(e)) {
        strbuf_fmt(&out, "%s%x %s %" PRIu64, out.len ? "; " : "", e->mask, e->name ? e->name : "-",
                   e->number);
    }
    return strbuf_text(&out);
}

static const char *
read_all(size_t size)
{
    ssize_t bytes = gnotify_read(g, buf, size, 0);

    assert_true(bytes >= 0);
    return list(buf, bytes);
}

static bool
readable(void)
{
    struct pollfd p = {.fd = gnotify_fd(g), .events = POLLIN};

    return poll(&p, 1, 0) == 1;
}

/* ---- events ----------------------------------------------------------------- */

static void
an_event_has_all_that_is_known(void **state)
{
    (void)state;
    assert_int_equal(gnotify_add_watch(g, "d", GNOTIFY_ALL_EVENTS), 1);
    struct notify_record *r = happens(NOTIFY_WRITE, "/d/a");
    struct gnotify_event *e = (void *)buf;

    r->flags |= NOTIFY_HAS_ACTOR | NOTIFY_HAS_RANGE;
    r->pid = 7, r->uid = 8, r->gid = 9;
    r->offset = 10, r->length = 11;
    fake.events[0].client = "CTX_ID:x";
    ssize_t bytes = gnotify_read(g, buf, sizeof(buf), 0);

    assert_int_equal(bytes, e->size);
    assert_int_equal(e->wd, 1);
    assert_int_equal(e->mask, GNOTIFY_MODIFY);
    assert_int_equal(e->flags, GNOTIFY_HAS_ACTOR | GNOTIFY_HAS_RANGE);
    assert_string_equal(e->name, "a");
    assert_string_equal(e->path, "/d/a");
    assert_string_equal(e->client, "CTX_ID:x");
    assert_null(e->detail);
    assert_int_equal(e->pid, 7);
    assert_int_equal(e->gid, 9);
    assert_int_equal(e->offset, 10);
    assert_int_equal(e->length, 11);
    assert_int_equal(e->time, 77);
    assert_int_equal(e->gfid[15], 2);
    assert_int_equal(e->parent[15], 0x0d);
}

static void
the_largest_event_fits(void **state)
{
    char path[4096];

    (void)state;
    memset(path, 'x', sizeof(path) - 1);
    memcpy(path, "/d/", 3);
    path[sizeof(path) - 1] = '\0';
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS);
    struct notify_record *r = happens(NOTIFY_SETXATTR, path);
    char client[256], detail[256];

    memset(client, 'c', 255);
    memset(detail, 'd', 255);
    client[255] = detail[255] = '\0';
    fake.events[0].client = client;
    r->flags |= NOTIFY_HAS_DETAIL;
    r->detail = detail;
    r->detail_len = 255;
    ssize_t n = gnotify_read(g, buf, GNOTIFY_EVENT_MAX, 0);
    struct gnotify_event *e = (void *)buf;

    assert_true(n > 4095 && n <= GNOTIFY_EVENT_MAX);
    assert_string_equal(e->path, path);
    assert_string_equal(e->name, path + 3);
    assert_string_equal(e->detail, detail);
    assert_string_equal(e->client, client);
}

static void
what_does_not_fit_comes_next(void **state)
{
    (void)state;
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS);
    struct notify_record *r = happens(NOTIFY_RENAME, "/d/a");

    r->flags |= NOTIFY_HAS_TO;
    r->to = r->name;
    happens(NOTIFY_CREATE, "/d/c");
    assert_int_equal(gnotify_read(g, buf, 8, 0), -EINVAL);
    assert_non_null(strstr(gnotify_error(g), "GNOTIFY_EVENT_MAX"));
    assert_true(readable());
    assert_string_equal(read_all(200), "40 a 99"); /* of a pair the first is not all of it */
    assert_true(readable());
    assert_string_equal(read_all(sizeof(buf)), "80 a 100; 100 c 101");
    assert_false(readable());
    assert_string_equal(read_all(sizeof(buf)), "");
}

static void
reading_waits_only_as_long_as_it_may(void **state)
{
    (void)state;
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS);
    assert_int_equal(gnotify_read(g, buf, sizeof(buf), 0), 0);
    assert_int_equal(gnotify_read(g, buf, sizeof(buf), 5), 0);
    for (int i = 0; i < 200; i++)
        happens(NOTIFY_CREATE, "/elsewhere/x");
    happens(NOTIFY_CREATE, "/d/x");
    assert_string_equal(read_all(sizeof(buf)), "100 x 300");
}

static void
a_wake_ends_a_read_once(void **state)
{
    (void)state;
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS);
    gnotify_wake(g);
    assert_int_equal(gnotify_read(g, buf, sizeof(buf), -1), -EINTR);
    happens(NOTIFY_CREATE, "/d/x");
    assert_string_equal(read_all(sizeof(buf)), "100 x 100");
}

static void
the_end_is_told_behind_all_events(void **state)
{
    (void)state;
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS);
    happens(NOTIFY_CREATE, "/d/x");
    fake.error = -EPERM;
    assert_string_equal(read_all(sizeof(buf)), "100 x 100");
    assert_true(readable());
    assert_int_equal(gnotify_read(g, buf, sizeof(buf), -1), -EPERM);
    assert_non_null(strstr(gnotify_error(g), "refuse"));
    assert_int_equal(gnotify_read(g, buf, sizeof(buf), -1), -EPERM);
}

/* ---- gaps -------------------------------------------------------------------- */

static void
a_gap_is_told_to_all(void **state)
{
    struct gnotify_event *e = (void *)buf;

    (void)state;
    tells((struct stream_event){.kind = STREAM_GAP, .from = 5, .to = 9, .why = STREAM_CRASH,
                                .brick = "server:/b"});
    tells((struct stream_event){.kind = STREAM_CAUGHT_UP});
    assert_string_equal(read_all(sizeof(buf)), "4000 - 100; 40000 - 101");
    assert_int_equal(e->wd, -1);
    assert_int_equal(e->from, 5);
    assert_int_equal(e->to, 9);
    assert_string_equal(e->detail, "server:/b: it ended without writing its last records");
}

static void
after_a_gap_files_are_looked_for(void **state)
{
    (void)state;
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS | GNOTIFY_RECURSIVE);
    fake.moved_to = "/e";
    tells((struct stream_event){.kind = STREAM_GAP});
    assert_string_equal(read_all(sizeof(buf)), "4000 - 100");
    happens(NOTIFY_CREATE, "/e/s/x");
    assert_string_equal(read_all(sizeof(buf)), "100 s/x 101");
}

static void
after_a_gap_a_file_of_unknown_name_keeps_its_watch(void **state)
{
    (void)state;
    gnotify_add_watch(g, "/d/f", GNOTIFY_ALL_EVENTS);
    fake.moved_to = NULL;
    tells((struct stream_event){.kind = STREAM_GAP});
    assert_string_equal(read_all(sizeof(buf)), "4000 - 100");
    assert_string_equal(fake.asked, "d f");
    assert_int_equal(gnotify_rm_watch(g, 1), 0);
}

static void
a_file_that_went_in_a_gap_ends_its_watch(void **state)
{
    (void)state;
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS);
    fake.gone = true;
    tells((struct stream_event){.kind = STREAM_GAP});
    assert_string_equal(read_all(sizeof(buf)), "4000 - 100; 20400 - 99; 8000 - 100");
    assert_int_equal(gnotify_rm_watch(g, 1), -EINVAL);
}

/* ---- crawls -------------------------------------------------------------------- */

#define SECOND 1000000000ull

static void
gap(uint64_t from)
{
    tells((struct stream_event){.kind = STREAM_GAP, .from = from, .to = from + SECOND,
                                .why = STREAM_CRASH, .brick = "b"});
}

static struct gnotify_event last_gap;
static char last_detail[256];

static void
keep_gap(ssize_t bytes)
{
    struct gnotify_event *e = (void *)buf;

    for (; (char *)e < buf + bytes; e = GNOTIFY_NEXT(e)) {
        if (!(e->mask & GNOTIFY_GAP))
            continue;
        last_gap = *e;
        snprintf(last_detail, sizeof(last_detail), "%s", e->detail);
    }
}

/* Reads until what was listed ends so. */
static const char *
read_until(const char *end)
{
    static struct strbuf out;

    strbuf_reset(&out);
    for (;;) {
        struct pollfd p = {.fd = gnotify_fd(g), .events = POLLIN};

        assert_int_equal(poll(&p, 1, 60000), 1);
        ssize_t bytes = gnotify_read(g, buf, sizeof(buf), 0);

        assert_true(bytes >= 0);
        keep_gap(bytes);
        strbuf_fmt(&out, "%s%s", out.len && bytes ? "; " : "", list(buf, bytes));
        size_t len = strlen(end);

        if (out.len >= len && !strcmp(out.data + out.len - len, end))
            return out.data;
    }
}

static void
after_a_gap_what_a_crawl_finds_is_told(void **state)
{
    (void)state;
    fake.moved_to = "/d";
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS | GNOTIFY_RECURSIVE | GNOTIFY_CRAWL);
    finds("/d/s/f", 0);
    finds("/d/sD", 0);
    gap(1000 * SECOND);
    assert_string_equal(read_until("80000 - 103"),
                        "4000 - 100; 20100 s/f 101; 40020100 sD 102; 80000 - 103");
    assert_string_equal(crawls.began, "/d 940000000000 1;");
    assert_string_equal(read_all(sizeof(buf)), "");
    /* numbers go on */
    happens(NOTIFY_CREATE, "/d/x");
    assert_string_equal(read_all(sizeof(buf)), "100 x 104");
    assert_int_equal(gnotify_ack(g, 104), 0);
    assert_int_equal(fake.acked, 101);
}

static void
what_is_found_is_told_as_what_is_wanted(void **state)
{
    (void)state;
    fake.moved_to = "/d";
    gnotify_add_watch(g, "/d", GNOTIFY_CLOSE_WRITE | GNOTIFY_ATTRIB | GNOTIFY_CRAWL);
    gnotify_add_watch(g, "/d/f", GNOTIFY_ALL_EVENTS); /* which wants none */
    gnotify_add_watch(g, "/", GNOTIFY_DELETE | GNOTIFY_RECURSIVE | GNOTIFY_CRAWL);
    finds("/d/f", 0);
    finds("/d/gD", 0);
    gap(0);
    assert_string_equal(read_until("80000 - 103"),
                        "4000 - 100; 20008 f 101; 40020004 gD 102; 80000 - 103");
    assert_string_equal(crawls.began, " 0 1;");
}

static void
nothing_behind_the_gap_is_acknowledged_before_the_crawl_is_over(void **state)
{
    (void)state;
    fake.moved_to = "/d";
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS | GNOTIFY_RECURSIVE | GNOTIFY_CRAWL);
    finds("/d/1", 0);
    finds("/d/2", 0);
    happens(NOTIFY_CREATE, "/d/a");
    gap(5);
    happens(NOTIFY_CREATE, "/d/b");
    crawls_go(1);
    assert_string_equal(read_until("20100 1 103"), "100 a 100; 4000 - 101; 100 b 102; 20100 1 103");
    assert_int_equal(gnotify_ack(g, 100), 0);
    assert_int_equal(fake.acked, 100);
    assert_int_equal(gnotify_ack(g, 103), 0);
    assert_int_equal(fake.acked, 100);
    g->ack_due = 0;
    happens(NOTIFY_CREATE, "/d/c");
    happens(NOTIFY_CREATE, "/z/z");
    assert_string_equal(read_all(sizeof(buf)), "100 c 104");
    assert_int_equal(gnotify_ack(g, 104), 0);
    assert_int_equal(fake.acked, 100);
    crawls_go(2);
    assert_string_equal(read_until("80000 - 107"), "20100 2 106; 80000 - 107");
    assert_int_equal(gnotify_ack(g, 106), 0);
    assert_int_equal(fake.acked, 100);
    assert_int_equal(gnotify_ack(g, 107), 0);
    assert_int_equal(fake.acked, 104);
}

static void
several_gaps_are_one_crawl(void **state)
{
    (void)state;
    fake.moved_to = "/d";
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS | GNOTIFY_CRAWL);
    gap(2000 * SECOND);
    gap(1000 * SECOND);
    assert_string_equal(read_until("80000 - 102"), "4000 - 100; 4000 - 101; 80000 - 102");
    assert_string_equal(crawls.began, "/d 940000000000 0;");
    assert_int_equal(gnotify_ack(g, 102), 0);
    assert_int_equal(fake.acked, 101);
}

static void
a_gap_in_a_crawl_begins_another(void **state)
{
    (void)state;
    fake.moved_to = "/d";
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS | GNOTIFY_CRAWL);
    finds("/d/1", 0);
    crawls_go(0);
    gap(1);
    assert_string_equal(read_until("4000 - 100"), "4000 - 100");
    gap(2);
    assert_string_equal(read_until("4000 - 101"), "4000 - 101");
    crawls_go(1);
    assert_string_equal(read_until("80000 - 104"), "20100 1 102; 20100 1 103; 80000 - 104");
    assert_int_equal(gnotify_ack(g, 103), 0);
    assert_int_equal(fake.acked, 99);
}

static void
what_cannot_be_listed_is_a_gap(void **state)
{
    (void)state;
    fake.moved_to = "/d";
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS | GNOTIFY_CRAWL | GNOTIFY_RECURSIVE);
    finds("v1-client-0", -ENOTCONN);
    gap(5);
    assert_string_equal(read_until("80000 - 102"), "4000 - 100; 4000 - 101; 80000 - 102");
    assert_string_equal(last_detail, "v1-client-0 is away: the crawl did not see what is only there");
    assert_int_equal(last_gap.from, 5);
    assert_int_equal(last_gap.to, 5 + SECOND);
}

static void
folders_that_move_meanwhile_are_listed_again(void **state)
{
    (void)state;
    fake.moved_to = "/d";
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS | GNOTIFY_CRAWL | GNOTIFY_RECURSIVE);
    finds("/d/1", 0);
    crawls_go(0);
    gap(1000 * SECOND);
    read_until("4000 - 100");
    struct notify_record *r = happens(NOTIFY_RENAME, "/d/a");

    r->flags |= NOTIFY_HAS_TO | NOTIFY_ISDIR;
    r->to = (struct notify_name){.path = "/d/b", .len = 4};
    r->to.parent[15] = 0x0d;
    r->time = 0;
    read_until("40000080 b 101");
    crawls_go(1);
    assert_string_equal(read_until("80000 - 104"), "20100 1 102; 20100 1 103; 80000 - 104");
    assert_string_equal(crawls.began, "/d 940000000000 1;/d/b 940000000000 1;");
}

static void
a_new_cursor_begins_with_all_that_is_there(void **state)
{
    (void)state;
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS | GNOTIFY_CRAWL_FIRST | GNOTIFY_RECURSIVE);
    finds("/d/1", 0);
    assert_int_equal(gnotify_ack(g, 0), 0);
    happens(NOTIFY_CREATE, "/d/a");
    assert_string_equal(read_until("80000 - 102"), "100 a 100; 20100 1 101; 80000 - 102");
    assert_string_equal(crawls.began, "/d 0 1;");
    assert_int_equal(gnotify_ack(g, 101), 0);
    assert_int_equal(fake.acks, 0);
    assert_int_equal(gnotify_ack(g, 102), 0);
    assert_int_equal(fake.acked, 100);
    gnotify_add_watch(g, "/d", GNOTIFY_CREATE | GNOTIFY_CRAWL_FIRST); /* it is there */
    assert_string_equal(read_all(sizeof(buf)), "");
    gap(5);
    fake.moved_to = "/d";
    assert_string_equal(read_until("80000 - 105"), "4000 - 103; 20100 1 104; 80000 - 105");
}

static void
a_cursor_that_is_known_begins_without_a_crawl(void **state)
{
    (void)state;
    fake.known = true;
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS | GNOTIFY_CRAWL_FIRST | GNOTIFY_RECURSIVE);
    finds("/d/1", 0);
    assert_string_equal(read_all(sizeof(buf)), "");
    assert_int_equal(crawls.runs, 0);
}

static void
without_being_asked_nothing_is_crawled(void **state)
{
    (void)state;
    fake.moved_to = "/d";
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS | GNOTIFY_RECURSIVE);
    gap(5);
    assert_string_equal(read_all(sizeof(buf)), "4000 - 100");
    assert_string_equal(read_all(sizeof(buf)), "");
    assert_int_equal(crawls.runs, 0);
    assert_int_equal(gnotify_ack(g, 100), 0);
    assert_int_equal(fake.acked, 100);
}

static bool
is_crawling(void)
{
    pthread_mutex_lock(&fake.lock);
    bool is = crawls.runs;

    pthread_mutex_unlock(&fake.lock);
    return is;
}

static void
closing_ends_a_crawl(void **state)
{
    (void)state;
    fake.moved_to = "/d";
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS | GNOTIFY_RECURSIVE | GNOTIFY_CRAWL);
    finds("/d/1", 0);
    finds("/d/2", 0);
    crawls_go(1);
    gap(5);
    read_until("20100 1 101");
    while (!is_crawling())
        poll(NULL, 0, 1);
    gnotify_close(g);
    assert_true(crawls.ended);
    assert_int_equal(setup(state), 0);
}

/* ---- watches ------------------------------------------------------------------ */

static void
a_watch_that_cannot_be_says_why(void **state)
{
    (void)state;
    assert_int_equal(gnotify_add_watch(g, "/no\nne", GNOTIFY_CREATE), -ENOENT);
    assert_non_null(strstr(gnotify_error(g), "/no\\x0ane"));
    assert_int_equal(gnotify_add_watch(g, "/d/f", GNOTIFY_CREATE | GNOTIFY_ONLYDIR), -ENOTDIR);
    assert_int_equal(gnotify_add_watch(g, "/d", 0), -EINVAL);
    assert_int_equal(gnotify_add_watch(g, "/d", GNOTIFY_CREATE | GNOTIFY_ISDIR), -EINVAL);
    assert_int_equal(gnotify_add_watch(g, "", GNOTIFY_CREATE), 1);
}

static void
a_removed_watch_says_so_and_nothing_more(void **state)
{
    (void)state;
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS);
    happens(NOTIFY_CREATE, "/d/x");
    assert_int_equal(gnotify_rm_watch(g, 1), 0);
    assert_true(readable());
    assert_string_equal(read_all(sizeof(buf)), "8000 - 0");
    assert_string_equal(read_all(sizeof(buf)), "");
    assert_int_equal(gnotify_rm_watch(g, 1), -EINVAL);
}

/* ---- acknowledging ------------------------------------------------------------- */

static void
what_nobody_wanted_is_acknowledged_with_the_last(void **state)
{
    (void)state;
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS);
    happens(NOTIFY_CREATE, "/d/x");
    happens(NOTIFY_CREATE, "/d/y");
    happens(NOTIFY_CREATE, "/z/z");
    assert_string_equal(read_all(sizeof(buf)), "100 x 100; 100 y 101");
    assert_int_equal(gnotify_ack(g, 100), 0);
    assert_int_equal(fake.acked, 100);
    assert_int_equal(gnotify_ack(g, 101), 0);
    assert_int_equal(fake.acked, 102);
    assert_int_equal(gnotify_ack(g, 101), 0);
    assert_int_equal(gnotify_ack(g, 0), 0);
    assert_int_equal(gnotify_ack(g, 102), -EINVAL);
    assert_int_equal(gnotify_forget(g), 0);
    assert_true(fake.forgotten);
}

static void
what_nobody_wants_is_acknowledged_by_itself(void **state)
{
    (void)state;
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS);
    happens(NOTIFY_CREATE, "/z/z");
    assert_string_equal(read_all(sizeof(buf)), "");
    assert_int_equal(fake.acked, 100);
    /* but nothing behind what the program has not dealt with */
    g->ack_due = 0;
    happens(NOTIFY_CREATE, "/d/x");
    happens(NOTIFY_CREATE, "/z/z");
    assert_string_equal(read_all(sizeof(buf)), "100 x 101");
    assert_int_equal(fake.acked, 100);
}

static void
without_a_cursor_nothing_is_acknowledged(void **state)
{
    (void)state;
    g->has_cursor = false;
    assert_int_equal(gnotify_ack(g, 0), -EINVAL);
    assert_non_null(strstr(gnotify_error(g), "cursor"));
    assert_int_equal(gnotify_forget(g), -EINVAL);
}

/* ---- beginning ----------------------------------------------------------------- */

static void
what_is_wrong_is_said(void **state)
{
    struct gnotify *other = NULL;
    struct { struct gnotify_options o; int more; } larger = {.o.size = sizeof(larger)};
    struct gnotify_options o = {.size = sizeof(o), .from = GNOTIFY_FROM_CURSOR};

    (void)state;
    assert_int_equal(gnotify_init(&other, "none", NULL), -ENOENT);
    assert_string_equal(gnotify_error(NULL), "there is no volume none");
    assert_int_equal(gnotify_init(&other, "v1", &o), -EINVAL);
    assert_non_null(strstr(gnotify_error(NULL), "cursor"));
    o.size = 0;
    assert_int_equal(gnotify_init(&other, "v1", &o), -EINVAL);
    assert_int_equal(gnotify_init(&other, "v1", &larger.o), 0);
    gnotify_close(other);
    larger.more = 1;
    assert_int_equal(gnotify_init(&other, "v1", &larger.o), -EINVAL);
    assert_string_equal(gnotify_error(g), "no call has failed");
}

/* ---- callbacks ------------------------------------------------------------------ */

static struct {
    struct gnotify_event *bufs[8];
    unsigned count;
    ssize_t last;
    struct strbuf told;
} called;

static void
each(struct gnotify_event *b, ssize_t bytes, void *arg)
{
    (void)arg;
    pthread_mutex_lock(&fake.lock);
    called.last = bytes;
    if (b)
        called.bufs[called.count++] = b;
    pthread_mutex_unlock(&fake.lock);
}

static void
wait_for(unsigned count, ssize_t last)
{
    for (int tries = 0; tries < 10000; tries++) {
        pthread_mutex_lock(&fake.lock);
        bool done = called.count >= count && (!last || called.last == last);

        pthread_mutex_unlock(&fake.lock);
        if (done)
            return;
        poll(NULL, 0, 1);
    }
    fail_msg("no call came");
}

static void
buffers_are_given_out_and_acknowledged_in_order(void **state)
{
    (void)state;
    memset(&called, 0, sizeof(called));
    assert_int_equal(gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS), 1);
    assert_int_equal(gnotify_register(g, 2, 100, each, NULL), -EINVAL);
    assert_int_equal(gnotify_register(g, 2, GNOTIFY_EVENT_MAX, each, NULL), 0);
    assert_int_equal(gnotify_read(g, buf, sizeof(buf), 0), -EBUSY);
    happens(NOTIFY_CREATE, "/d/1");
    wait_for(1, 0);
    happens(NOTIFY_CREATE, "/d/2");
    wait_for(2, 0);
    happens(NOTIFY_CREATE, "/d/3"); /* there is no buffer for it */
    assert_string_equal(list(called.bufs[1], called.last), "100 2 101");
    assert_int_equal(gnotify_put_buffer(g, called.bufs[1], 1), 0);
    assert_int_equal(fake.acks, 0);
    assert_int_equal(gnotify_put_buffer(g, called.bufs[0], 1), 0);
    assert_true(fake.acked == 101 || fake.acked == 102);
    wait_for(3, 0);
    assert_int_equal(gnotify_put_buffer(g, called.bufs[2], 0), 0);
    assert_int_equal(gnotify_put_buffer(g, called.bufs[2], 0), -EINVAL);
    pthread_mutex_lock(&fake.lock);
    fake.error = -EPERM;
    set_fd();
    pthread_mutex_unlock(&fake.lock);
    wait_for(3, -EPERM);
}

/* ---- words ---------------------------------------------------------------------- */

static void
events_have_names(void **state)
{
    uint32_t mask = 0;

    (void)state;
    assert_string_equal(gnotify_event_name(GNOTIFY_CLOSE_WRITE), "CLOSE_WRITE");
    assert_string_equal(gnotify_event_name(GNOTIFY_GAP), "GAP");
    assert_null(gnotify_event_name(GNOTIFY_CREATE | GNOTIFY_DELETE));
    assert_int_equal(gnotify_parse_events("create,Close", &mask), 0);
    assert_int_equal(mask, GNOTIFY_CREATE | GNOTIFY_CLOSE);
    assert_int_equal(gnotify_parse_events("move", &mask), 0);
    assert_int_equal(mask, GNOTIFY_CREATE | GNOTIFY_CLOSE | GNOTIFY_MOVE);
    assert_int_equal(gnotify_parse_events("create,nothing", &mask), -EINVAL);
    assert_int_equal(gnotify_parse_events("", &mask), -EINVAL);
    assert_int_equal(gnotify_parse_events("isdir", &mask), -EINVAL);
    assert_int_equal(gnotify_parse_events("creat", &mask), -EINVAL);
    assert_int_equal(mask, GNOTIFY_CREATE | GNOTIFY_CLOSE | GNOTIFY_MOVE);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_event_has_all_that_is_known),
        TEST(the_largest_event_fits),
        TEST(what_does_not_fit_comes_next),
        TEST(reading_waits_only_as_long_as_it_may),
        TEST(a_wake_ends_a_read_once),
        TEST(the_end_is_told_behind_all_events),
        TEST(a_gap_is_told_to_all),
        TEST(after_a_gap_files_are_looked_for),
        TEST(after_a_gap_a_file_of_unknown_name_keeps_its_watch),
        TEST(a_file_that_went_in_a_gap_ends_its_watch),
        TEST(after_a_gap_what_a_crawl_finds_is_told),
        TEST(what_is_found_is_told_as_what_is_wanted),
        TEST(nothing_behind_the_gap_is_acknowledged_before_the_crawl_is_over),
        TEST(several_gaps_are_one_crawl),
        TEST(a_gap_in_a_crawl_begins_another),
        TEST(what_cannot_be_listed_is_a_gap),
        TEST(folders_that_move_meanwhile_are_listed_again),
        TEST(a_new_cursor_begins_with_all_that_is_there),
        TEST(a_cursor_that_is_known_begins_without_a_crawl),
        TEST(without_being_asked_nothing_is_crawled),
        TEST(closing_ends_a_crawl),
        TEST(a_watch_that_cannot_be_says_why),
        TEST(a_removed_watch_says_so_and_nothing_more),
        TEST(what_nobody_wanted_is_acknowledged_with_the_last),
        TEST(what_nobody_wants_is_acknowledged_by_itself),
        TEST(without_a_cursor_nothing_is_acknowledged),
        TEST(what_is_wrong_is_said),
        TEST(buffers_are_given_out_and_acknowledged_in_order),
        TEST(events_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
