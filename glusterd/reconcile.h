/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Making all volfiles of a volume on this node what its info wants, beside a
 * glusterd that may run. Desired state is info; a filter sees a volfile only when
 * glusterd happens to write it.
 */
#ifndef VOLEXT_GLUSTERD_RECONCILE_H
#define VOLEXT_GLUSTERD_RECONCILE_H

#include <stdbool.h>

#include "common/strbuf.h"
#include "glusterd/site.h"

struct outcome {
    int changed;         /* volfiles */
    int running;         /* of these, those of processes that may run and do not know
                            of it: clients', and those of running bricks */
    int failed;
    bool in_flight;      /* a set is under way: its post hook reconciles */
    unsigned long long version; /* of info */
    struct strbuf restart; /* strip: HOST:PATH of running bricks that have ours */
};

#define OUTCOME_INIT {0}
#define AUTO_OUTCOME AUTO(outcome_free)
void
outcome_free(struct outcome *outcome);

/* strip: instead take everything of ours out and drop the state that would bring it
 * back. -ENOENT: no such volume; 0 or -errno (logged). */
int
reconcile_volume(struct site *site, const char *name, bool strip,
                 struct outcome *outcome);

/* The same, then a detached `notify` where running processes must be told. */
int
reconcile_and_tell(struct site *site, const char *name);

/* Finds out which GlusterFS is installed now (site->xlatordir), and makes the filter's
 * link in its folder: an upgrade brings a new, empty one. 0 or -errno (logged). */
int
reconcile_filter_link(struct site *site);

/* volext reconcile|strip VOL…|--all */
int
cmd_reconcile(struct site *site, int argc, char **argv);
int
cmd_strip(struct site *site, int argc, char **argv);

#endif
