/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Where the next fetches of sessions will probably begin: the files are open already.
 */
#include "xlators/gnotify/serve.h"

enum { PLACE_AGE_S = 30 };

bool
place_take(struct server *s, const struct request *r, uint64_t seq, struct notify_place *place)
{
    for (int i = 0; i < PLACES; i++) {
        struct kept_place *p = &s->places[i];

        if (p->used && p->known == r->known && p->session == r->q.session && p->place.seq == seq) {
            *place = p->place;
            p->used = 0;
            return true;
        }
    }
    return false;
}

void
places_expire(struct server *s, uint64_t now)
{
    for (int i = 0; i < PLACES; i++) {
        struct kept_place *p = &s->places[i];

        if (p->used && now - p->used > PLACE_AGE_S * 1000000000ull) {
            notify_place_close(&p->place);
            p->used = 0;
        }
    }
}

void
place_keep(struct server *s, struct request *r)
{
    struct kept_place *oldest = &s->places[0];
    uint64_t now = clock_ns(CLOCK_MONOTONIC);

    if (!r->place.open)
        return;
    places_expire(s, now);
    for (int i = 1; i < PLACES; i++) {
        if (s->places[i].used < oldest->used)
            oldest = &s->places[i];
    }
    if (oldest->used)
        notify_place_close(&oldest->place);
    *oldest = (struct kept_place){r->known, r->q.session, now, r->place};
    r->place = (struct notify_place){.seq = r->place.seq};
}

void
places_close(struct server *s)
{
    for (int i = 0; i < PLACES; i++) {
        if (s->places[i].used)
            notify_place_close(&s->places[i].place);
    }
}
