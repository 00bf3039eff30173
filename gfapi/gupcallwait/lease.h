/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Leases: a promise of the brick that nobody else opens a file in a way that conflicts
 * before this client was told, and has given the lease back.
 */
#ifndef VOLEXT_LEASE_H
#define VOLEXT_LEASE_H

#include "gfapi/gupcallwait/watch.h"

struct glfs;

/* Takes a lease on the file of a watch: write: nobody else may open it; otherwise: nobody
 * else may open it to write. 0, or -errno with a message said. */
int
lease_take(struct glfs *fs, struct watch *watch, bool write);

/* Gives it back, after it was recalled: who wants the file waits for that. */
void
lease_return(struct watch *watch, bool write);

#endif
