/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Within features/gnotify-client: what is generated, and what it uses.
 */
#ifndef XLATORS_GNOTIFY_CLIENT_NODE_H
#define XLATORS_GNOTIFY_CLIENT_NODE_H

#include <glusterfs/defaults.h>
#include <glusterfs/xlator.h>

#include "xlators/gnotify-client/gnotify-client.h"

/* All but lookup fail with ENOTSUP. */
extern struct xlator_fops gnotify_client_fops;

int32_t
gnotify_client_lookup(call_frame_t *frame, xlator_t *this, loc_t *loc, dict_t *xdata);

#endif
