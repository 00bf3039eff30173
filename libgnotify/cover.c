/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * See cover.h.
 */
#include "libgnotify/cover.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"

enum { DARKS_MAX = 256 };

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

/* How it was at that time. */
static enum light
at(const struct cover *c, uint64_t time)
{
    if (!c->known)
        return DARK;
    for (unsigned i = 0; i < c->count; i++) {
        if (time >= c->darks[i].from && time < c->darks[i].to)
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
        enum light light = at(mates[i], time);

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
            add_time(dark, times, count, mates[i]->darks[n].from);
            add_time(dark, times, count, mates[i]->darks[n].to);
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
