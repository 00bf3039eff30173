/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What reaches the stream's thread: what the link tells, and what the caller wants. Any
 * thread puts in, and waits for nothing; only the stream's thread takes out.
 */
#ifndef GNOTIFY_STREAM_INBOX_H
#define GNOTIFY_STREAM_INBOX_H

#include <pthread.h>

#include "libgnotify/link.h"

enum message_kind {
    MESSAGE_UP,
    MESSAGE_DOWN,
    MESSAGE_ANSWER,
    MESSAGE_LAYOUT,
    MESSAGE_COMMAND,
};

/* The first member of what is put in. It is not copied. */
struct message {
    struct message *next;
    enum message_kind kind;
    unsigned brick; /* of MESSAGE_UP and _DOWN: its number; those are to be freed */
};

struct inbox {
    pthread_mutex_t lock;
    pthread_cond_t cond;
    struct message *first, **end;
    bool kicked, broken; /* broken: there was no memory for something that was told */
};

void
inbox_init(struct inbox *in);

/* Nobody puts anything in any more. */
void
inbox_end(struct inbox *in);

void
inbox_put(struct inbox *in, struct message *m);

/* inbox_take returns soon. */
void
inbox_kick(struct inbox *in);

/* Waits until there is something, or until `until` (ns, monotonic; UINT64_MAX: for ever): all
 * that there is, in order; NULL where there is none. *broken: something was not told. */
struct message *
inbox_take(struct inbox *in, uint64_t until, bool *broken);

/* What a link is given: arg is the inbox, a cookie a struct answer_message. */
extern const struct link_events inbox_events;

enum { ANSWER_MAX = 1 << 20 }; /* bytes */

/* A request that is under way, and then its answer. */
struct answer_message {
    struct message m;
    int error;
    uint8_t *bytes; /* to be freed */
    size_t len;
};

#endif
