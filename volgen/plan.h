/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Private to plan.c, place.c and running.c: the nodes that a volume's options want.
 */
#ifndef VOLEXT_VOLGEN_PLAN_H
#define VOLEXT_VOLGEN_PLAN_H

#include "volgen/volgen.h"

/* A node to be: of each there is one at every place that its position names. */
struct wanted {
    const struct volgen_extension *ext;
    char *stem;     /* its name; with more than one place, -0, -1, … follow */
    char *position; /* as in volgen_extension */
    struct kv options;
};

struct plan {
    const struct volgen_world *world;
    enum volgen_kind kind;
    struct wanted *list; /* top first */
    size_t count;
};

/* Fills a plan that has its world and kind. What is left out is told to the world. 0
 * or -ENOMEM. Free it either way. */
int
plan_make(struct plan *plan);
void
plan_free(struct plan *plan);
#define AUTO_PLAN AUTO(plan_free)

/* Tells the world a sentence about its volume. */
void
world_say(const struct volgen_world *world, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
