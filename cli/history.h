/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The lines that were typed, kept for the next session in ~/.gluster_history of
 * the account that runs us: 0600, a regular file of that account's alone. Part of
 * the interactive module.
 */
#ifndef VOLEXT_CLI_HISTORY_H
#define VOLEXT_CLI_HISTORY_H

/* Reads the file into readline's list and leaves it open for history_add; the
 * caller closes it. -1, after a sentence on stderr, when it cannot be trusted or
 * used: the session goes on without. */
int
history_open(void);

/* Remembers a line, unless it is empty, repeats the last one, or begins with a
 * blank. fd -1: in this session only. */
void
history_add(int fd, const char *line);

#endif
