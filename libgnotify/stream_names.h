/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What clients' numbers stand for. A brick's journal says so once in each segment, before
 * a number is used first; whoever begins to read in the middle of one has to look back.
 */
#ifndef GNOTIFY_STREAM_NAMES_H
#define GNOTIFY_STREAM_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "notify/record.h"

struct brick;
struct stream;
struct notify_reply;

struct names {
    struct name **buckets;
    unsigned count;
    struct brick *asked; /* the brick that is looked through */
    uint64_t next, end, give_up;
};

void
names_end(struct names *n);

/* A record of NOTIFY_CLIENT. */
void
names_learn(struct stream *s, const struct notify_record *r);

/* The name of the client of a record that brick b has. false: it is being asked for, and
 * the record is to wait. *name may be NULL: it cannot be found out. */
bool
names_find(struct stream *s, struct brick *b, const struct notify_record *r, const char **name);

void
names_answered(struct brick *b, int error, const struct notify_reply *reply);

#endif
