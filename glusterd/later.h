/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Work for after glusterd is free again: helpers that are cut off from it (own
 * session, no descriptors of its own) and so can never hold it up.
 */
#ifndef VOLEXT_GLUSTERD_LATER_H
#define VOLEXT_GLUSTERD_LATER_H

#include "glusterd/site.h"

/* Starts `volext WORD ARG…` (NULL-terminated) for this site. 0 or -errno. */
int
later(const struct site *site, const char *const *words);

/* Asks the other nodes for a module that is missing here, or is another: one
 * helper per module at a time, since a filter runs for every volfile. */
void
later_fetch(const struct site *site, const char *module);

#endif
