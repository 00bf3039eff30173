/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Where a command that changes a volume's upcall options says that it is at it: a file that it
 * holds a flock on for as long as it runs. The kernel ends that with the command, however it
 * ends. cli/upcall_turn.c takes it, the peer command tells other nodes of it.
 */
#ifndef VOLEXT_TURN_H
#define VOLEXT_TURN_H

#define TURN_DIR STATUSDIR_PARENT "/upcall-%s" /* of the node: its uuid */
#define TURN_FILE TURN_DIR "/%s"               /* of the volume: its name */

#endif
