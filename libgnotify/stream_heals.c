/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Heals: what a brick missed, and was given later. Its copies have the originals, so that a
 * heal tells nothing new; only where these cannot be read it is told instead. That is known when
 * the copies have been read up to what they had when it came, and those that are away have
 * been waited for: until then it is held, as dark times are (stream_gaps.c).
 */
#include <errno.h>

#include "common/cleanup.h"
#include "libgnotify/stream_inside.h"

/* What does not fit is told at once, perhaps needlessly. */
enum { HEALS_MAX = 100 * 1000, HEALS_BYTES = 32 * 1024 * 1024 };

struct heal {
    struct heal *next;
    struct brick *brick;
    uint64_t held;
    size_t size;
    uint8_t bytes[];
};

static uint64_t
give(struct brick *b, const uint8_t *bytes, size_t size)
{
    struct stream_event event = {.kind = STREAM_SYNTHETIC, .brick = b->name};

    stream_give(b->s, &event, bytes, size, NULL);
    return b->s->number;
}

static int
hold(struct brick *b, uint64_t seq, const uint8_t *bytes, size_t size)
{
    struct stream *s = b->s;
    struct settle *settle = &s->settles[b->set];
    struct heal *h = malloc(sizeof(*h) + size);

    if (!h)
        return -ENOMEM;
    *h = (struct heal){.brick = b, .held = ++s->held, .size = size};
    memcpy(h->bytes, bytes, size);
    *s->heals_end = h;
    s->heals_end = &h->next;
    s->heal_count++;
    s->heal_bytes += size;
    if (!settle->heals++ && !gaps_are_open(s, b->set))
        gaps_settle(s, b->set);
    b->heals++;
    return gaps_hold(b, seq, h->held);
}

int
heals_add(struct brick *b, uint64_t seq, const uint8_t *bytes, size_t size)
{
    const struct stream *s = b->s;

    if (!gaps_are_open(s, b->set) && gaps_are_known(b))
        return 0;
    if (s->heal_count < HEALS_MAX && s->heal_bytes < HEALS_BYTES)
        return hold(b, seq, bytes, size);
    uint64_t number = give(b, bytes, size);

    return s->cursor ? track_add(&b->track, seq, number) : 0;
}

void
heals_decide(struct stream *s, unsigned set, bool patient)
{
    for (unsigned i = 0; i < s->brick_count; i++) {
        struct brick *b = s->bricks[i];

        if (b->set != set || !b->heals)
            continue;
        b->healing = gaps_are_known(b) ? HEALS_GO : patient ? HEALS_WAIT : HEALS_ARE_TOLD;
        s->heals_are_decided = s->heals_are_decided || b->healing != HEALS_WAIT;
    }
}

static void
end(struct heal *h)
{
    struct brick *b = h->brick;
    struct stream *s = b->s;

    gaps_release(b, h->held, b->healing == HEALS_GO ? 0 : give(b, h->bytes, h->size));
    s->heal_count--;
    s->heal_bytes -= h->size;
    s->settles[b->set].heals--;
    b->heals--;
    free(h);
}

void
heals_step(struct stream *s)
{
    struct heal **at = &s->heals;

    if (!s->heals_are_decided)
        return;
    while (*at) {
        struct heal *h = *at;

        if (h->brick->healing == HEALS_WAIT) {
            at = &h->next;
            continue;
        }
        *at = h->next;
        end(h);
    }
    s->heals_end = at;
    s->heals_are_decided = false;
    for (unsigned i = 0; i < s->brick_count; i++)
        s->bricks[i]->healing = HEALS_WAIT;
}

void
heals_end(struct stream *s)
{
    for (struct heal *h = s->heals, *next; h; h = next) {
        next = h->next;
        free(h);
    }
}
