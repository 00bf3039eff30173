/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Reads all that changes on a volume and writes it down, to be killed at any time:
 *
 *   consumer VOLUME CURSOR FILE [never]
 *
 * A line for each event, appended to FILE before it is acknowledged, with tabs:
 *   event NUMBER MASK(hex) TIME GFID/FOLDER OFFSET LENGTH FLAGS PATH
 *   gap NUMBER FROM TO DETAIL | caught-up NUMBER | acked NUMBER | begun
 * FOLDER is the gfid of the one that it is in. With `never` it acknowledges its beginning alone.
 */
#include <err.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "libgnotify/gnotify.h"

enum { ACK_EVERY = 300 }; /* ms */

static int64_t
clock_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
write_gfid(FILE *out, const uint8_t gfid[16])
{
    for (unsigned i = 0; i < 16; i++)
        fprintf(out, "%02x", gfid[i]);
}

static void
write_down(FILE *out, const struct gnotify_event *e)
{
    if (e->mask & GNOTIFY_CAUGHT_UP) {
        fprintf(out, "caught-up\t%" PRIu64 "\n", e->number);
        return;
    }
    if (e->mask & GNOTIFY_GAP) {
        fprintf(out, "gap\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%s\n", e->number, e->from, e->to,
                e->detail ? e->detail : "");
        return;
    }
    fprintf(out, "event\t%" PRIu64 "\t%x\t%" PRIu64 "\t", e->number, e->mask, e->time);
    write_gfid(out, e->gfid);
    fputc('/', out);
    write_gfid(out, e->parent);
    fprintf(out, "\t%" PRIu64 "\t%" PRIu64 "\t%x\t%s\n", e->offset, e->length, e->flags,
            e->path ? e->path : e->name ? e->name : "");
}

static void
acknowledge(struct gnotify *g, FILE *out, uint64_t number)
{
    if (gnotify_ack(g, number))
        warnx("ack %" PRIu64 ": %s", number, gnotify_error(g));
    else
        fprintf(out, "acked\t%" PRIu64 "\n", number);
    fflush(out);
}

static void
follow(struct gnotify *g, FILE *out, bool acks)
{
    static _Alignas(8) char buf[4 * GNOTIFY_EVENT_MAX];
    uint64_t number = 0, acked = 0;
    int64_t due = 0;
    ssize_t bytes;

    while ((bytes = gnotify_read(g, buf, sizeof(buf), ACK_EVERY)) >= 0) {
        const struct gnotify_event *e = (void *)buf;

        for (; (const char *)e < buf + bytes; e = GNOTIFY_NEXT(e)) {
            write_down(out, e);
            number = e->number;
        }
        fflush(out);
        if (!acks || number == acked || clock_ms() < due)
            continue;
        acknowledge(g, out, number);
        acked = number;
        due = clock_ms() + ACK_EVERY;
    }
    warnx("%s", gnotify_error(g));
}

int
main(int argc, char **argv)
{
    struct gnotify_options options = {.size = sizeof(options), .from = GNOTIFY_FROM_CURSOR};
    struct gnotify *g;
    FILE *out;

    if (argc < 4 || !(out = fopen(argv[3], "ae")))
        errx(2, "consumer VOLUME CURSOR FILE [never]");
    options.cursor = argv[2];
    if (gnotify_init(&g, argv[1], &options))
        errx(1, "%s", gnotify_error(NULL));
    if (gnotify_add_watch(g, "/", GNOTIFY_ALL_CHANGES | GNOTIFY_RECURSIVE) < 0)
        errx(1, "%s", gnotify_error(g));
    acknowledge(g, out, 0);
    fprintf(out, "begun\n");
    fflush(out);
    follow(g, out, argc == 4);
    _Exit(1);
}
