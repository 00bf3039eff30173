/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * A volume for the tests of the library's calls; see api_fake.h.
 */
#include "libgnotify/api_fake.h"

#include <inttypes.h>
#include <limits.h>
#include <sys/eventfd.h>

/* ---- a volume, and a stream of it -------------------------------------------- */

struct fake_stream fake;

void
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

uint64_t
stream_given(const struct stream *s)
{
    (void)s;
    return fake.count ? 99 + fake.count : 0;
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

struct fake_crawls crawls = {.more = PTHREAD_COND_INITIALIZER};

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

void
crawls_go(unsigned count)
{
    pthread_mutex_lock(&fake.lock);
    crawls.goes = count;
    pthread_cond_broadcast(&crawls.more);
    pthread_mutex_unlock(&fake.lock);
}

void
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

struct notify_record *
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

void
tells(struct stream_event event)
{
    event.number = 100 + fake.count;
    fake.events[fake.count++] = event;
    set_fd();
}

struct gnotify *g;
_Alignas(8) char buf[4 * GNOTIFY_EVENT_MAX];

int
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

int
setup(void **state)
{
    (void)state;
    return setup_with(&(struct gnotify_options){.size = sizeof(struct gnotify_options),
                                                .cursor = "me"});
}

int
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

const char *
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

const char *
read_all(size_t size)
{
    ssize_t bytes = gnotify_read(g, buf, size, 0);

    assert_true(bytes >= 0);
    return list(buf, bytes);
}

bool
readable(void)
{
    struct pollfd p = {.fd = gnotify_fd(g), .events = POLLIN};

    return poll(&p, 1, 0) == 1;
}
