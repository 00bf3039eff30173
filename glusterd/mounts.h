/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * This node's FUSE mounts of a volume, asked through the folder .meta of each.
 *
 *   mount  path=PATH subdir=PATH md-cache=yes|no switch=on|off timeout=S
 *          invalidations=N [attribute-timeout=S entry-timeout=S negative-timeout=S]
 *          or path=PATH why=…
 *
 * switch and timeout are those that its present graph was made with: GlusterFS does not
 * show what was changed in a graph that stays.
 */
#ifndef VOLEXT_GLUSTERD_MOUNTS_H
#define VOLEXT_GLUSTERD_MOUNTS_H

#include "glusterd/peer.h"

/* A line for each mount. A mount that hangs costs some seconds, not more. 0 or -ENOMEM. */
int
mounts_tell(const struct peer *peer, const char *volume);

#endif
