/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What serve.c, requests.c, fetch.c, places.c and answers.c share: readers' requests.
 *
 * A request is queued by the thread that brings it (requests.c) and taken in hand by one thread at
 * a time (serve.c), which has the struct server meanwhile: g->serving.
 */
#ifndef GNOTIFY_SERVE_H
#define GNOTIFY_SERVE_H

#include "xlators/gnotify/gnotify.h"

enum { PLACES = 64 };

struct request {
    struct request *next;
    call_frame_t *frame;
    client_t *client; /* to be compared; the frame has a reference */
    struct client *known;
    struct notify_request q; /* its texts are in bytes */
    uint64_t deadline;       /* ns, monotonic */
    uint64_t news;           /* what g->news was when it was looked at */
    struct notify_place place;
    unsigned flags; /* of the answer */
    struct notify_cursor cursor;
    uint64_t pass; /* of the writer, that is to be over; 0: not asked for yet */
    bool placed, looked_at, waits, again, over, gone;
    uint8_t bytes[];
};

/* Where a session's next fetch will probably begin: the file is open already. */
struct kept_place {
    struct client *known;
    uint64_t session, used;
    struct notify_place place;
};

/* Of who has a request in hand. */
struct server {
    struct gnotify *g;
    uint8_t *buf; /* NOTIFY_REPLY_MAX, and a record */
    struct kept_place places[PLACES];
};

enum outcome { ANSWERED, WAITS };

/* ---- answers.c: of a request that is off the list, which is freed --------------- */

void
answer_fail(struct gnotify *g, struct request *r, int error);
/* What r has of flags and cursor goes to *reply. */
void
answer_send(struct gnotify *g, struct request *r, struct notify_reply *reply);

/* ---- places.c --------------------------------------------------------------------- */

/* The one that r's session left at that record, if there is one; it is the caller's then. */
bool
place_take(struct server *s, const struct request *r, uint64_t seq, struct notify_place *place);
/* r has none any more. */
void
place_keep(struct server *s, struct request *r);
void
places_expire(struct server *s, uint64_t now);
void
places_close(struct server *s);

/* ---- fetch.c ------------------------------------------------------------------------ */

/* What is known of the name that r has goes to its answer: -ENOENT for nothing. */
int
fetch_cursor(struct server *s, struct request *r);
enum outcome
fetch(struct server *s, struct request *r);
/* For the status: r's session asks on from that record. */
void
fetch_seen(struct gnotify *g, const struct request *r, uint64_t next);

/* ---- serve.c -------------------------------------------------------------------------- */

/* A fetch waits for what comes: it is counted, once; and whether its reader is back too late for
 * something goes to g. */
void
serve_waits(struct gnotify *g, struct request *r);

#endif
