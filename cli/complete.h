/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What may come next on a command line, from the command table and the table of
 * extensions. Knows nothing of terminals.
 */
#ifndef VOLEXT_CLI_COMPLETE_H
#define VOLEXT_CLI_COMPLETE_H

#include "cli/cli.h"

/* Where names come from that are in no table. Each adds keys to `names`; what it
 * cannot find out it leaves out. NULL: there are none. */
struct complete_source {
    const struct volgen_table *table;
    void (*volumes)(void *arg, struct kv *names);
    void (*modules)(void *arg, struct kv *names);
    void *arg;
};

/* The words before the one that is being typed, and what there is of that. */
struct complete_at {
    int argc;
    char *const *argv;
    const char *typed;
};

/* Adds to `found` (as keys; the values are empty) the words that may be meant in
 * one of these rows. *files is set when a file's name may; it is never cleared. */
void
complete(const struct complete_source *from, const struct command *rows, size_t count,
         const struct complete_at *at, struct kv *found, bool *files);

/* Adds the names of the modules in a folder: NAME.py. A folder that is not there
 * adds nothing. */
void
complete_modules_in(const char *dir, struct kv *names);

#endif
