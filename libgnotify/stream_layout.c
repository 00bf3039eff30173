/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Which bricks there are. Bricks that leave the volume stay known, for what has been read
 * of them; new ones join the set of their copies.
 */
#include <errno.h>

#include "common/cleanup.h"
#include "libgnotify/stream_inside.h"

/* The merge's set of the bricks that the layout has in this one; s->sets: none is known. */
static unsigned
set_of(const struct stream *s, const struct link_layout *l, unsigned link_set)
{
    for (unsigned n = 0; n < l->count; n++) {
        if (l->bricks[n].set != link_set)
            continue;
        for (unsigned i = 0; i < s->brick_count; i++) {
            if (s->bricks[i]->number == l->bricks[n].number)
                return s->bricks[i]->set;
        }
    }
    return s->sets;
}

static int
add(struct stream *s, const struct link_layout *l, const struct link_brick *one)
{
    struct brick **more = reallocarray(s->bricks, s->brick_count + 1, sizeof(*more));

    if (!more)
        return -ENOMEM;
    s->bricks = more;
    struct brick *b = brick_new(s, one);

    if (!b)
        return -ENOMEM;
    b->set = set_of(s, l, one->set);
    int index = merge_add(s->merge, b->set);

    if (index < 0) {
        brick_free(b);
        return index;
    }
    struct settle *settles = reallocarray(s->settles, b->set + 1ul > s->sets ? b->set + 1ul : s->sets,
                                          sizeof(*settles));

    if (!settles) {
        brick_free(b);
        return -ENOMEM;
    }
    s->settles = settles;
    if (b->set >= s->sets)
        settles[b->set] = (struct settle){0};
    b->index = (unsigned)index;
    s->sets = b->set >= s->sets ? b->set + 1 : s->sets;
    s->bricks[s->brick_count++] = b;
    return 0;
}

static int
merge_layout(struct stream *s, const struct link_layout *l)
{
    for (unsigned i = 0; i < s->brick_count; i++)
        s->bricks[i]->in_layout = false;
    for (unsigned n = 0; n < l->count; n++) {
        bool known = false;

        for (unsigned i = 0; i < s->brick_count && !known; i++) {
            known = s->bricks[i]->number == l->bricks[n].number;
            if (known)
                s->bricks[i]->in_layout = true;
        }
        int err = known ? 0 : add(s, l, &l->bricks[n]);

        if (err)
            return err;
    }
    for (unsigned i = 0; i < s->brick_count; i++)
        merge_member(s->merge, s->bricks[i]->index, s->bricks[i]->in_layout);
    return 0;
}

void
layout_read(struct stream *s)
{
    struct link_layout l = {0};
    int err = s->link->calls->layout(s->link, &l);

    if (!err)
        err = merge_layout(s, &l);
    link_layout_free(&l);
    if (err)
        stream_fail(s, err);
}
