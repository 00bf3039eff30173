/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What the tests of the merge have in common: records that are fed, and what comes out.
 */
#ifndef VOLEXT_MERGE_TEST_H
#define VOLEXT_MERGE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/cleanup.h"
#include "libgnotify/merge.h"

enum { NEVER = 0 };

static inline struct notify_record
change(enum notify_op op, uint64_t client, uint64_t time, const char *name)
{
    return (struct notify_record){
        .op = op, .flags = NOTIFY_HAS_NAME | NOTIFY_HAS_ACTOR, .client = client, .time = time,
        .name = {{1}, name, (uint16_t)strlen(name)}};
}

static inline void
feed_at(struct merge *m, unsigned brick, enum notify_op op, uint64_t client, uint64_t time,
        const char *name, uint64_t now)
{
    struct notify_record r = change(op, client, time, name);

    assert_int_equal(merge_feed(m, brick, &r, now), 0);
}

static inline void
feed(struct merge *m, unsigned brick, enum notify_op op, uint64_t client, uint64_t time,
     const char *name)
{
    feed_at(m, brick, op, client, time, name, NEVER);
}

static inline struct merge *
merge_of(const unsigned *sets, unsigned bricks)
{
    struct merge *m = NULL;

    assert_int_equal(merge_new(sets, bricks, &m), 0);
    for (unsigned i = 0; i < bricks; i++)
        merge_live(m, i, true);
    return m;
}

/* The names of all that come out now, one after the other. */
static inline const char *
names(struct merge *m, uint64_t now)
{
    static char text[1024];
    size_t len = 0;
    struct merge_event e;
    uint64_t later;

    *text = '\0';
    while (merge_next(m, now, &e, &later)) {
        struct notify_name base = notify_name_base(&e.record.name);
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%.*s", len ? " " : "", base.len,
                                base.path);
    }
    return text;
}

#endif
