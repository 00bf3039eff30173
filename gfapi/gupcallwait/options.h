/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The command line of gupcallwait.
 */
#ifndef VOLEXT_OPTIONS_H
#define VOLEXT_OPTIONS_H

#include "gfapi/gupcallwait/show.h"

#define PROGRAM "gupcallwait"

struct options {
    struct show show;
    const char *volume, *log_file;
    double timeout; /* seconds without an event; 0: for ever */
    double keep;    /* seconds from one look at everything to the next; 0: chosen */
    long expiry;    /* features.cache-invalidation-timeout; 0: asked for */
    bool monitor, quiet, recursive, lease, lease_write;
};

/* Reads the options; those that are left, volume and paths, begin at argv[optind] then.
 * False: something is wrong, and was said. Ends the program for --help and --version. */
bool
options_read(struct options *options, int argc, char **argv);

#endif
