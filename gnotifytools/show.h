/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * How gnotifywait writes what it shows.
 */
#ifndef VOLEXT_GNOTIFYWAIT_SHOW_H
#define VOLEXT_GNOTIFYWAIT_SHOW_H

#include "gnotifytools/aim.h"

struct show {
    const char *format; /* NULL: the default line */
    const char *time_format;
    const char *volume;
    bool csv, json, no_newline;
};

/* Writes a line to standard output. */
void
show_line(const struct show *show, const struct line *line);

/* Says on standard error, for people, what a gap is. */
void
show_gap(const struct show *show, const struct aim *aim, const struct line *line);

#endif
