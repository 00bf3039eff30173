/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The numbers of events. What a crawl finds has numbers of its own between those of the stream; so
 * the program's are larger than the stream's, from place to place by more, and while a crawl is not over
 * what the program acknowledges is acknowledged to the stream no further than before the gap.
 */
#include "libgnotify/api.h"

#include <errno.h>

/* From this number on: numbers are larger than the stream's by `at`; or the stream stays
 * acknowledged at `at`, or not at all. */
struct api_place {
    uint64_t from, at;
    bool held, none;
};

static bool
is_held(const struct filling *f)
{
    return f->place_count && f->places[f->place_count - 1].held;
}

static int
place_add(struct filling *f, struct api_place place)
{
    struct api_place *places = realloc(f->places, (f->place_count + 1) * sizeof(*places));

    if (!places)
        return -ENOMEM;
    f->places = places;
    places[f->place_count++] = place;
    return 0;
}

int
api_hold(struct gnotify *g, uint64_t from, uint64_t at, bool none)
{
    struct filling *f = &g->filling;

    return is_held(f) ? 0 : place_add(f, (struct api_place){from, at, true, none});
}

int
api_release(struct gnotify *g)
{
    struct filling *f = &g->filling;

    return place_add(f, (struct api_place){.from = api_number(g), .at = f->shift});
}

uint64_t
api_number(const struct gnotify *g)
{
    return (g->current ? g->current->number : g->seen) + g->filling.shift;
}

bool
api_stream_number(struct gnotify *g, uint64_t number, uint64_t *stream)
{
    struct filling *f = &g->filling;
    unsigned i = 0;

    while (i < f->place_count && f->places[i].from <= number)
        i++;
    if (!i) { /* before the first of them nothing had been found */
        *stream = number;
        return true;
    }
    /* numbers before this one are not asked for again */
    memmove(f->places, f->places + i - 1, (f->place_count - i + 1) * sizeof(*f->places));
    f->place_count -= i - 1;
    *stream = f->places->held ? f->places->at : number - f->places->at;
    return !f->places->held || !f->places->none;
}

bool
api_is_held(const struct gnotify *g)
{
    return is_held(&g->filling);
}
