/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Heals: what a brick missed, and was given later. Its copies have the originals, so that a
 * heal tells nothing new; only where these cannot be read it is told instead. That is known when
 * the copies have been read up to what they had when it came, and those that are away have
 * been waited for: until then it is held, as dark times are (stream_gaps.c). One that brings back
 * what was gone (stream_gone.c) is told, too, if it is still gone when what was read has come out.
 */
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "libgnotify/stream_inside.h"

/* What does not fit is told at once, perhaps needlessly. */
enum { HEALS_MAX = 100 * 1000, HEALS_BYTES = 32 * 1024 * 1024 };

struct heal {
    struct heal *next;
    struct brick *brick;
    uint64_t held;
    uint64_t round; /* of its set, in which it is decided; 0: any */
    uint64_t after; /* it is known to be told by the copies, when that has come out; 0: not yet */
    uint64_t since; /* the time of that, if */
    bool is_back;   /* its brick had shown that the name is gone */
    bool of_dht;    /* what it made was told by other sets */
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

static bool
is_of_dht(const struct notify_record *r)
{
    return r->detail_len == strlen(HEAL_OF_DHT) && !memcmp(r->detail, HEAL_OF_DHT, r->detail_len);
}

static int
hold(struct brick *b, const struct notify_record *r, const uint8_t *bytes, size_t size,
     const uint64_t *since)
{
    struct stream *s = b->s;
    struct settle *settle = &s->settles[b->set];
    struct heal *h = malloc(sizeof(*h) + size);

    if (!h)
        return -ENOMEM;
    *h = (struct heal){.brick = b, .held = ++s->held, .size = size, .is_back = since,
                       .since = since ? *since : 0, .of_dht = is_of_dht(r)};
    memcpy(h->bytes, bytes, size);
    *s->heals_end = h;
    s->heals_end = &h->next;
    s->heal_count++;
    s->heal_bytes += size;
    if (!settle->heals++ && !gaps_are_open(s, b->set))
        gaps_settle(s, b->set);
    else if (since) /* copies are to be read up to what they have now, not then */
        settle->again = true;
    if (since)
        h->round = settle->round + settle->again;
    b->heals++;
    return gaps_hold(b, r->seq, h->held);
}

int
heals_add(struct brick *b, const struct notify_record *r, const uint8_t *bytes, size_t size)
{
    struct stream *s = b->s;
    uint64_t since;
    bool is_back = gone_healed(b, r, &since);

    if (!is_back && (is_of_dht(r) || (!gaps_are_open(s, b->set) && gaps_are_known(b))))
        return 0;
    if (s->heal_count < HEALS_MAX && s->heal_bytes < HEALS_BYTES)
        return hold(b, r, bytes, size, is_back ? &since : NULL);
    if (is_back && !gone_is_back(b, r, since))
        return 0;
    uint64_t number = give(b, bytes, size);

    return s->cursor ? track_add(&b->track, r->seq, number) : 0;
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

/* All that was there when it was decided has come out. */
static bool
has_come_out(const struct stream *s, uint64_t number)
{
    return merge_oldest(s->merge) > number && (!s->is_pending || s->pending.number > number);
}

/* Is it to be told? */
static bool
is_news(const struct heal *h)
{
    struct notify_record r;

    if (!h->is_back)
        return h->brick->healing == HEALS_ARE_TOLD;
    notify_record_decode(h->bytes, h->size, &r);
    return gone_is_back(h->brick, &r, h->since) || (!h->after && !h->of_dht);
}

static void
end(struct heal *h)
{
    struct brick *b = h->brick;
    struct stream *s = b->s;

    gaps_release(b, h->held, is_news(h) ? give(b, h->bytes, h->size) : 0);
    s->heal_count--;
    s->heal_bytes -= h->size;
    s->heals_to_come -= h->after != 0;
    s->settles[b->set].heals--;
    b->heals--;
    free(h);
}

/* Can it end now? */
static bool
step(struct heal *h)
{
    struct stream *s = h->brick->s;
    const struct settle *settle = &s->settles[h->brick->set];

    if (h->after)
        return has_come_out(s, h->after);
    if (h->brick->healing == HEALS_WAIT || h->round > settle->round)
        return false;
    if (!h->is_back || h->brick->healing == HEALS_ARE_TOLD)
        return true;
    uint64_t newest = merge_newest(s->merge);

    if (s->is_pending && s->pending.number > newest)
        newest = s->pending.number;
    h->after = newest ? newest : 1;
    s->heals_to_come++;
    return has_come_out(s, h->after);
}

/* What came while the last round went on has one of its own. */
static void
go_on(struct stream *s)
{
    for (unsigned i = 0; i < s->brick_count; i++) {
        struct brick *b = s->bricks[i];
        struct settle *settle = &s->settles[b->set];

        if (b->healing != HEALS_WAIT && settle->again) {
            settle->again = false;
            gaps_settle(s, b->set);
            stream_wake_at(s, s->now);
        }
        b->healing = HEALS_WAIT;
    }
    s->heals_are_decided = false;
}

void
heals_step(struct stream *s)
{
    struct heal **at = &s->heals;

    if (!s->heals_are_decided && !s->heals_to_come)
        return;
    while (*at) {
        struct heal *h = *at;

        if (!step(h)) {
            at = &h->next;
            continue;
        }
        *at = h->next;
        end(h);
    }
    s->heals_end = at;
    go_on(s);
}

void
heals_end(struct stream *s)
{
    for (struct heal *h = s->heals, *next; h; h = next) {
        next = h->next;
        free(h);
    }
}
