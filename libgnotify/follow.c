/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What the reader gives of a real volume, for tests and for people who look for a fault:
 *
 *   follow [-o | -c NAME] [-a] [-n COUNT] [-s SOCKET] [-l LOG] VOLUME
 *
 * -o: from the oldest record; -c: behind the cursor NAME; -a: acknowledges all that it
 * prints; -n: ends after so many events. A line for each event:
 *   NUMBER OP PATH [-> PATH] client=NAME | NUMBER gap REASON BRICK FROM TO | NUMBER caught-up
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "common/cleanup.h"
#include "libgnotify/stream.h"

static struct stream *stream;

struct reach {
    struct link_options options;
    char *why;
};

static struct link *
reach(const struct link_events *events, void *events_arg, void *arg)
{
    struct reach *r = arg;
    struct link *link = NULL;
    AUTO_FREE char *dir = NULL;

    return link_open(&r->options, events, events_arg, &link, &dir, &r->why) ? NULL : link;
}

static void
print(const struct stream_event *e)
{
    static const char *const whys[] = {"retention", "crash", "overflow", "away", "lost"};
    const struct notify_record *r = e->record;

    printf("%" PRIu64 " ", e->number);
    if (e->kind == STREAM_GAP)
        printf("gap %s %s %" PRIu64 " %" PRIu64 "\n", whys[e->why], e->brick, e->from, e->to);
    else if (e->kind == STREAM_CAUGHT_UP)
        printf("caught-up\n");
    else
        printf("%s%s %.*s%s%.*s client=%s\n", e->kind == STREAM_SYNTHETIC ? "synthetic-" : "",
               notify_op_name(r->op), r->name.len, r->name.path ? r->name.path : "",
               r->to.len ? " -> " : "", r->to.len, r->to.path ? r->to.path : "",
               e->client ? e->client : "?");
    fflush(stdout);
}

static int
follow(const struct stream_options *options, bool acks, uint64_t count)
{
    struct stream_event e;
    int got = 1;

    for (uint64_t n = 0; (!count || n < count) && got == 1; n++) {
        got = stream_read(stream, -1, &e);
        if (got == 1) {
            print(&e);
            int err = acks && options->cursor ? stream_ack(stream, e.number) : 0;

            if (err)
                fprintf(stderr, "follow: ack %" PRIu64 ": %s\n", e.number, strerror(-err));
        }
    }
    if (got < 0 && got != -EINTR)
        fprintf(stderr, "follow: %s\n", strerror(-got));
    return got < 0 && got != -EINTR;
}

static void
end(int signal_number)
{
    (void)signal_number;
    stream_wake(stream);
}

int
main(int argc, char **argv)
{
    struct stream_options options = {0};
    struct reach r = {0};
    uint64_t count = 0;
    bool acks = false;

    for (int o; (o = getopt(argc, argv, "oc:an:s:l:")) != -1;) {
        if (o == 'o')
            options.from = STREAM_OLDEST;
        else if (o == 'c')
            options.from = STREAM_CURSOR, options.cursor = optarg;
        else if (o == 'a')
            acks = true;
        else if (o == 'n')
            count = strtoull(optarg, NULL, 10);
        else if (o == 's')
            r.options.socket = optarg;
        else if (o == 'l')
            r.options.log_file = optarg;
        else
            return 2;
    }
    if (argc - optind != 1)
        return 2;
    r.options.volume = argv[optind];
    AUTO_FREE char *why = NULL;

    if (stream_open(reach, &r, &options, &stream, &why)) {
        fprintf(stderr, "follow: %s\n", r.why ? r.why : why);
        return 1;
    }
    signal(SIGTERM, end);
    signal(SIGINT, end);
    int status = follow(&options, acks, count);

    stream_close(stream);
    return status;
}
