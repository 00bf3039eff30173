/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Which path a change is told by, where its copies differ: a brick may not know it; and one that was
 * away while a folder above was renamed knows the old one, until that is healed.
 */
#include "libgnotify/merge_inside.h"

#include <string.h>

#include "common/cleanup.h"

enum { NAMES = NOTIFY_HAS_NAME | NOTIFY_HAS_TO | NOTIFY_NAME_ONLY | NOTIFY_TO_NAME_ONLY };

bool
names_are_whole(const struct notify_record *r)
{
    return !(r->flags & (NOTIFY_NAME_ONLY | NOTIFY_TO_NAME_ONLY)) && (r->flags & NOTIFY_HAS_NAME);
}

static bool
is_same(const struct notify_name *a, const struct notify_name *b)
{
    return a->len == b->len && !memcmp(a->parent, b->parent, sizeof(a->parent)) &&
           (!a->len || !memcmp(a->path, b->path, a->len));
}

void
names_take(struct entry *e, const struct notify_record *from)
{
    uint8_t bytes[NOTIFY_RECORD_MAX];
    struct notify_record r;

    notify_record_decode(e->bytes, e->size, &r);
    if ((r.flags & NAMES) == (from->flags & NAMES) && is_same(&r.name, &from->name) &&
        is_same(&r.to, &from->to))
        return;
    r.flags = (r.flags & ~(unsigned)NAMES) | (from->flags & NAMES);
    r.name = from->name;
    r.to = from->to;
    ssize_t size = notify_record_encode(&r, bytes, sizeof(bytes));
    AUTO_FREE uint8_t *more = size > 0 ? malloc((size_t)size) : NULL;

    if (!more) /* it is told as it is */
        return;
    memcpy(more, bytes, (size_t)size);
    free(e->bytes);
    e->bytes = TAKE(more);
    e->size = (size_t)size;
}
