/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * /etc/glusterfs/volext.conf: what an administrator decides for all volumes of this node.
 */
#ifndef VOLEXT_GLUSTERD_CONFIG_H
#define VOLEXT_GLUSTERD_CONFIG_H

#include <stdbool.h>

struct config {
    bool resident; /* bricks get features/gnotify, inactive, where it is not wanted yet */
};

/* The same for as long as the process runs. What is wrong in the file is logged once, and
 * the default taken. */
const struct config *
config_get(void);

#endif
