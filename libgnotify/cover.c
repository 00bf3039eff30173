/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * See cover.h.
 */
#include "libgnotify/cover.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"

enum { DARKS_MAX = 256 };

/* ns. A brick that goes may not have done what was under way; one that is up again is not at
 * once known to all clients. So long before and behind others may do what it does not. */
static const uint64_t MARGIN = 10ull * 1000 * 1000 * 1000;

bool
cover_dark(struct cover *c, struct dark dark, int *err)
{
    *err = 0;
    if (dark.to <= dark.from)
        dark.to = dark.from + 1; /* clocks are set back, too */
    if (dark.from < c->from)
        dark.from = c->from;
    if (dark.from >= dark.to)
        return false;
    if (c->count == c->room) {
        unsigned room = c->room ? 2 * c->room : 8;
        struct dark *more = reallocarray(c->darks, room, sizeof(*more));

        if (!more) {
            *err = -ENOMEM;
            return false;
        }
        c->darks = more;
        c->room = room;
    }
    c->darks[c->count++] = dark;
    return true;
}

void
cover_trim(struct cover *c)
{
    unsigned kept = 0, goes = c->count > DARKS_MAX ? c->count - DARKS_MAX : 0;

    for (unsigned i = 0; i < c->count; i++) {
        if (goes && c->darks[i].decided)
            goes--;
        else
            c->darks[kept++] = c->darks[i];
    }
    c->count = kept;
}

void
cover_end(struct cover *c)
{
    free(c->darks);
    *c = (struct cover){0};
}

/* ---- what is missing ------------------------------------------------------------ */

enum light { LIGHT, DARK, DOWN };

/* The dark time of a mate, for what was lost in the dark one. */
static uint64_t
begin_of(const struct dark *mate, const struct dark *dark)
{
    uint64_t margin = dark->clean ? 0 : MARGIN;

    return mate->from > margin ? mate->from - margin : 0;
}

static uint64_t
end_of(const struct dark *mate, const struct dark *dark)
{
    return mate->to + (dark->clean ? 0 : MARGIN);
}

/* How it was at that time; for the dark one of a mate. */
static enum light
at(const struct cover *c, const struct dark *dark, uint64_t time)
{
    if (!c->known)
        return DARK;
    for (unsigned i = 0; i < c->count; i++) {
        if (time >= begin_of(&c->darks[i], dark) && time < end_of(&c->darks[i], dark))
            return c->darks[i].clean ? DOWN : DARK;
    }
    return time >= c->from && time < c->to ? LIGHT : DARK;
}

static bool
is_missing(const struct dark *dark, const struct cover *const *mates, unsigned count,
           uint64_t time)
{
    bool all_down = true;

    for (unsigned i = 0; i < count; i++) {
        enum light light = at(mates[i], dark, time);

        if (light == LIGHT)
            return false;
        all_down = all_down && light == DOWN;
    }
    return !dark->clean || !all_down;
}

static int
by_time(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void
add_time(const struct dark *dark, uint64_t *times, unsigned *count, uint64_t time)
{
    if (time > dark->from && time < dark->to)
        times[(*count)++] = time;
}

/* When something changes within the dark time, in order; its begin and its end with it. */
static uint64_t *
edges(const struct dark *dark, const struct cover *const *mates, unsigned mate_count,
      unsigned *count)
{
    size_t room = 2;

    for (unsigned i = 0; i < mate_count; i++)
        room += 2 + 2ul * mates[i]->count;
    uint64_t *times = reallocarray(NULL, room, sizeof(*times));

    *count = 0;
    if (!times)
        return NULL;
    times[(*count)++] = dark->from;
    times[(*count)++] = dark->to;
    for (unsigned i = 0; i < mate_count; i++) {
        add_time(dark, times, count, mates[i]->from);
        add_time(dark, times, count, mates[i]->to);
        for (unsigned n = 0; n < mates[i]->count; n++) {
            add_time(dark, times, count, begin_of(&mates[i]->darks[n], dark));
            add_time(dark, times, count, end_of(&mates[i]->darks[n], dark));
        }
    }
    qsort(times, *count, sizeof(*times), by_time);
    return times;
}

bool
cover_misses(const struct dark *dark, const struct cover *const *mates, unsigned count,
             uint64_t *from, uint64_t *to)
{
    unsigned n;
    AUTO_FREE uint64_t *times = edges(dark, mates, count, &n);
    bool found = false;

    *from = dark->from;
    *to = dark->to;
    if (!times) /* as if all were */
        return true;
    for (unsigned i = 0; i + 1 < n; i++) {
        if (times[i] == times[i + 1] || !is_missing(dark, mates, count, times[i]))
            continue;
        if (!found)
            *from = times[i];
        *to = times[i + 1];
        found = true;
    }
    return found;
}
