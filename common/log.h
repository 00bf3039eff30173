/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volext's log: one file, a line per message, in glusterd's form
 * `[2026-01-31 12:00:00.000000 +0000] I [filter] text`. Lines of several
 * processes do not mix: each is one write to a file opened for appending.
 * Characters that could forge a line (newline, control) are written as \xNN.
 */
#ifndef VOLEXT_LOG_H
#define VOLEXT_LOG_H

#include "cleanup.h"

/* Opens (creates, 0600) the log. Who is the name in brackets; a string that
 * outlives the log. On an error, or before, messages go to stderr. 0 or -errno. */
int
log_open(const char *path, const char *who);
/* The same, but not before there is a line to write: a program that mostly has
 * nothing to say leaves no file and loses no time. 0 or -ENOMEM. */
int
log_open_later(const char *path, const char *who);
void
log_close(void);

void
log_info(const char *fmt, ...) PRINTF_LIKE(1, 2);
void
log_warn(const char *fmt, ...) PRINTF_LIKE(1, 2);
void
log_err(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif
