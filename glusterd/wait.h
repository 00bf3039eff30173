/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The detached helpers: settle, notify, fetch. They may wait, and they may call
 * glusterd; nothing waits for them.
 */
#ifndef VOLEXT_GLUSTERD_WAIT_H
#define VOLEXT_GLUSTERD_WAIT_H

#include "glusterd/site.h"

/* settle VOL VERSION [BOOT]: when a set that began at VERSION has not changed info
 * by the time its pending values expire, it failed: removes them, reconciles. */
int
cmd_settle(struct site *site, int argc, char **argv);

/* notify VOL [VERSION]: clients' volfiles changed while info had VERSION, and nobody
 * told the clients; sets user.volext.epoch, unless info has moved on meanwhile. */
int
cmd_notify(struct site *site, int argc, char **argv);

/* fetch NAME: asks the other nodes for a module that volumes here want. */
int
cmd_fetch(struct site *site, int argc, char **argv);

#endif
