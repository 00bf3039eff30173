/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volext hook OP STAGE ARG…: what glusterd's hook scripts run.
 */
#ifndef VOLEXT_GLUSTERD_HOOK_H
#define VOLEXT_GLUSTERD_HOOK_H

#include "glusterd/site.h"

int
cmd_hook(struct site *site, int argc, char **argv);

#endif
