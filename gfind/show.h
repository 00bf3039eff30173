/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * How changes are written: lines of words, NUL-separated fields, or JSON.
 */
#ifndef GFIND_SHOW_H
#define GFIND_SHOW_H

#include <stdio.h>
#include <sys/stat.h>

#include "gfind/reduce.h"

enum show_form { SHOW_WORDS, SHOW_NULL, SHOW_JSON };
enum show_type { SHOW_ALL, SHOW_FILES, SHOW_FOLDERS };

struct show {
    enum show_form form;
    enum show_type type;
    const char *below; /* only this path and what is below it; "" or NULL: all */
    FILE *out;
};

/* Is path `below` or below it? */
bool
show_wants(const struct show *show, const char *path);

/* A change; stat is of what a crawl has found, or NULL. What comes from outside of `below`
 * is created, what goes there is deleted; *entered is set for a folder that came so: what is in it
 * must be told, too. */
void
show_change(const struct show *show, const struct change *change, const struct stat *stat,
            bool *entered);

/* That changes of a time may be missing: ns since 1970, from 0: not known. */
void
show_gap(const struct show *show, uint64_t from, uint64_t to, const char *why);

#endif
