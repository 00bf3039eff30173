/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The volume's options that decide whether upcalls come, and for how long after a client
 * has asked for an inode. They are the bricks': no client's volfile has them, so that
 * glusterd is asked, by `gluster volume info`.
 */
#ifndef VOLEXT_SETTING_H
#define VOLEXT_SETTING_H

#include <stdbool.h>

#include "gfapi/connect.h"

struct setting {
    bool upcall;   /* features.cache-invalidation */
    long timeout;  /* features.cache-invalidation-timeout, seconds */
    bool leases;   /* features.leases */
};

/* Reads them. 0; -ENOENT: there is no gluster program; -ENODEV: glusterd
 * answers, and has no such volume; -EIO: it failed otherwise; else -errno. */
int
setting_read(const struct connect_place *place, struct setting *setting);

#endif
