/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What the two sides of a journal share: journal.c writes, place.c reads.
 */
#ifndef NOTIFY_KEEP_H
#define NOTIFY_KEEP_H

#include <pthread.h>

#include "common/cleanup.h"
#include "notify/pack.h"
#include "notify/segment.h"

enum {
    NUMBERS_OF_A_RUN = 32, /* bits: from one opening to the next */
    SEGMENTS_OF_AN_AGE = 8,
};

struct notify_journal {
    int dir, fd; /* the folder, and the last segment: of the thread that writes */
    uint8_t id[NOTIFY_ID_SIZE];
    uint64_t lost, lost_first, lost_since; /* not written yet: of the thread that writes */
    uint64_t looked, room; /* ns: when the disk's room was looked at; bytes until it is again: of it, too */
    uint8_t *packed; /* room for packed_room bytes: of it, too */
    size_t packed_room;
    pthread_mutex_t lock; /* what is below */
    struct notify_limits limits;
    struct segment *segments; /* by first; always one or more when it is open */
    size_t count;
    uint64_t next, used; /* numbers: the next one, the last one that was given */
};

#endif
