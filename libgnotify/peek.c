/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Shows what a link has, for tests:
 *
 *     peek [-s SOCKET] [-l LOG] [-n TIMES] VOLUME
 *
 * prints the layout, then what the link tells as it comes, and the answer of each brick that
 * comes up to HELLO. Lines on standard input: `layout`; `hello`; `hold MS`, which sends each
 * brick a fetch that waits; `end`, or the end of it, closes the link. With -n the volume is only
 * opened and closed so many times, each time after all bricks have come up and answered; then
 * the end of standard input is waited for.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>

#include "common/cleanup.h"
#include "libgnotify/link.h"
#include "notify/wire.h"

struct peek {
    pthread_mutex_t lock;
    pthread_cond_t cond;
    struct link *link;
    unsigned answers;
};

/* What was asked: a number that the link brings back. */
struct question {
    struct peek *peek;
    const char *what;
    unsigned brick;
};

static void PRINTF_LIKE(1, 2)
say(const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    flockfile(stdout);
    vprintf(format, ap);
    putchar('\n');
    fflush(stdout);
    funlockfile(stdout);
    va_end(ap);
}

static struct link *
wait_for_link(struct peek *p)
{
    pthread_mutex_lock(&p->lock);
    while (!p->link)
        pthread_cond_wait(&p->cond, &p->lock);
    struct link *link = p->link;

    pthread_mutex_unlock(&p->lock);
    return link;
}

static void
show_layout(struct link *link)
{
    struct link_layout layout;

    if (link->calls->layout(link, &layout)) {
        say("no memory");
        return;
    }
    say("layout %u bricks %u sets", layout.count, layout.sets);
    for (unsigned i = 0; i < layout.count; i++) {
        const struct link_brick *b = &layout.bricks[i];

        say("brick %u set %u %s%s", b->number, b->set, b->name, b->arbiter ? " arbiter" : "");
    }
    link_layout_free(&layout);
}

static void
ask(struct peek *p, struct link *link, unsigned brick, const char *what, uint32_t wait)
{
    struct notify_request q = {.kind = wait ? NOTIFY_FETCH : NOTIFY_HELLO,
                               .from = NOTIFY_FROM_NOW, .ops = UINT64_MAX,
                               .limit = NOTIFY_REPLY_MAX, .session = brick + 1, .wait = wait};
    struct question *question = malloc(sizeof(*question));
    uint8_t bytes[NOTIFY_REQUEST_SIZE_MAX];
    ssize_t n = notify_request_encode(&q, bytes, sizeof(bytes));

    if (!question || n < 0)
        abort();
    *question = (struct question){p, what, brick};
    int ret = link->calls->ask(link, brick, bytes, (size_t)n, question);

    if (ret) {
        say("%s %u not asked: %s", what, brick, strerror(-ret));
        free(question);
    }
}

static void
up(void *arg, unsigned brick, bool is_up)
{
    struct peek *p = arg;

    say("%s %u", is_up ? "up" : "down", brick);
    if (is_up)
        ask(p, wait_for_link(p), brick, "hello", 0);
}

static void
answer(void *arg, void *cookie, int error, const void *bytes, size_t len)
{
    AUTO_FREE struct question *q = cookie;
    struct peek *p = arg;
    struct notify_reply reply;

    if (!error)
        error = notify_reply_decode(bytes, len, &reply);
    if (error)
        say("%s %u error: %s", q->what, q->brick, strerror(-error));
    else
        say("%s %u %s, end %" PRIu64 ", %u records", q->what, q->brick,
            reply.flags & NOTIFY_OFF ? "off" : "on", reply.extent.next, reply.count);
    pthread_mutex_lock(&p->lock);
    p->answers++;
    pthread_cond_broadcast(&p->cond);
    pthread_mutex_unlock(&p->lock);
}

static void
changed(void *arg)
{
    say("changed");
    show_layout(wait_for_link(arg));
}

static const struct link_events events = {.up = up, .answer = answer, .changed = changed};

static int
reach(struct peek *p, const struct link_options *options)
{
    AUTO_FREE char *dir = NULL, *why = NULL;
    struct link *link;
    int ret = link_open(options, &events, p, &link, &dir, &why);

    if (ret) {
        say("error %s: %s", strerror(-ret), why);
        return ret;
    }
    say("folder %s", dir);
    show_layout(link);
    pthread_mutex_lock(&p->lock);
    p->link = link;
    p->answers = 0;
    pthread_cond_broadcast(&p->cond);
    pthread_mutex_unlock(&p->lock);
    return 0;
}

static void
ask_all(struct peek *p, const char *what, uint32_t wait)
{
    struct link_layout layout;

    if (p->link->calls->layout(p->link, &layout))
        return;
    for (unsigned i = 0; i < layout.count; i++)
        ask(p, p->link, layout.bricks[i].number, what, wait);
    link_layout_free(&layout);
}

static int
follow(struct peek *p, const struct link_options *options)
{
    char line[64];

    if (reach(p, options))
        return 1;
    while (fgets(line, sizeof(line), stdin) && strcmp(line, "end\n")) {
        if (!strcmp(line, "layout\n"))
            show_layout(p->link);
        else if (!strcmp(line, "hello\n"))
            ask_all(p, "hello", 0);
        else if (!strncmp(line, "hold ", 5))
            ask_all(p, "hold", (uint32_t)strtoul(line + 5, NULL, 10));
        else
            say("what is %s", line);
    }
    p->link->calls->close(p->link);
    say("closed");
    return 0;
}

static int
reach_often(struct peek *p, const struct link_options *options, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        struct link_layout layout;

        if (reach(p, options) || p->link->calls->layout(p->link, &layout))
            return 1;
        pthread_mutex_lock(&p->lock);
        while (p->answers < layout.count)
            pthread_cond_wait(&p->cond, &p->lock);
        struct link *link = TAKE(p->link);

        pthread_mutex_unlock(&p->lock);
        link->calls->close(link);
        link_layout_free(&layout);
        say("closed");
    }
    while (getchar() != EOF)
        ;
    return 0;
}

int
main(int argc, char **argv)
{
    struct peek p = {.lock = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};
    struct link_options options = {0};
    unsigned times = 0;
    int o;

    while ((o = getopt(argc, argv, "s:l:n:")) != -1) {
        if (o == 's')
            options.socket = optarg;
        else if (o == 'l')
            options.log_file = optarg;
        else if (o == 'n')
            times = (unsigned)strtoul(optarg, NULL, 10);
        else
            return 2;
    }
    if (optind != argc - 1)
        return 2;
    options.volume = argv[optind];
    return times ? reach_often(&p, &options, times) : follow(&p, &options);
}
