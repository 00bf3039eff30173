/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What has come out of the merge, as far as a brick may still bring a copy of it: small
 * slots in the order in which they were put in. No input and output here, no clock.
 */
#ifndef GNOTIFY_REMEMBER_H
#define GNOTIFY_REMEMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One change. */
struct kept {
    uint64_t key;
    uint64_t seen;     /* bits: which bricks of its set have shown it */
    uint64_t told : 48, set : 16;
    uint32_t number;   /* the lowest bits of the merge's */
    uint32_t arrived;  /* ms, the lowest bits */
    uint32_t within;   /* of a write: ns behind the begin of its bucket */
    uint32_t chain : 31, wide : 1; /* wide: bricks of other sets may bring it */
};

enum { KEPT_NONE = INT32_MAX }; /* of chains */

#define KEPT_KNOWN ((1ull << 48) - 1) /* as `told` */

struct memory {
    struct kept *slots;
    uint32_t *buckets; /* as many as a power of 2 */
    size_t count, room, bucket_count;
};

/* Whether a slot is needed still; `at` counts from the newest one, which is 0. */
typedef bool (*kept_needed)(const struct kept *k, size_t at, const void *arg);

/* Puts it in; where there is no room what is not needed goes, and of what is more than `most` the
 * oldest. 0 or -ENOMEM. Slots that were found before are not there any more. */
int
memory_add(struct memory *m, const struct kept *k, size_t most, kept_needed needed, const void *arg);

/* The first slot with that key, and the next one; NULL: there is none. */
struct kept *
memory_find(const struct memory *m, uint64_t key);

struct kept *
memory_next(const struct memory *m, const struct kept *k);

void
memory_end(struct memory *m);

#endif
