/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Private to plan.c, notify.c, place.c and running.c: the nodes that a volume's options want.
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

/* ---- for those that fill it ------------------------------------------------ */

/* The value of an extension's option: what is stored if it may be used (if not, that is
 * told), or the default. The volume's or static. */
const char *
plan_value(const struct plan *plan, const struct volgen_extension *ext, const char *key);
/* Does its switch, a bool, say so? */
bool
plan_is_on(const struct plan *plan, const struct volgen_extension *ext);
/* Has this node its translator? If not, that is told. */
bool
plan_is_installed(const struct plan *plan, const struct volgen_extension *ext);
/* Adds an empty node; module NULL: the extension has one at most. NULL: no memory. */
struct wanted *
plan_add(struct plan *plan, const struct volgen_extension *ext, const char *module,
         const char *position);
/* Options of the xlator for the options of the volume. Ours give what differs from
 * the default; a description's defaults are given too, since the xlator's own may be
 * others. 0 or -ENOMEM. */
int
plan_options(const struct plan *plan, struct wanted *node, bool defaults);

/* notify.c: adds the node of gnotify, if there is to be one. 0 or -ENOMEM. */
int
plan_notify(struct plan *plan);

/* Tells the world a sentence about its volume. */
void
world_say(const struct volgen_world *world, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
