/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Where one glusterd keeps its things. Several may run on a machine, each with
 * its own working directory; everything is found from that directory and from
 * what glusterd tells the programs it starts.
 */
#ifndef VOLEXT_GLUSTERD_SITE_H
#define VOLEXT_GLUSTERD_SITE_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/cleanup.h"

struct site {
    char *workdir;   /* no slash at its end */
    char *rundir;    /* where bricks' pid files are */
    char *xlatordir; /* of the running GlusterFS */
    char *logdir;    /* NULL until it was needed */
};

#define SITE_INIT {0}
#define AUTO_SITE AUTO(site_free)

/* Finds out about the glusterd with this working directory; NULL: the one in the
 * environment, else the compiled-in one. The run directory comes from the
 * environment when that is about the same glusterd, else from what was recorded.
 * self: argv[0]; the filter learns from it which GlusterFS runs it. 0 or -ENOMEM. */
int
site_open(struct site *site, const char *workdir, const char *self);
void
site_free(struct site *site);

/* Records the directories for programs that glusterd does not start (the reconcile
 * before its own start) or that cannot tell its version. Writes only what changed. 0 or -errno. */
int
site_record(struct site *site);

/* Opens volext.log in glusterd's log directory the first time it is called. who:
 * a string that stays valid. */
void
site_log(struct site *site, const char *who);

/* WORKDIR/volext/ and the rest; the caller frees it. NULL: no memory. */
char *
site_path(const struct site *site, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Makes WORKDIR/volext/<sub>, 0700. 0 or -errno. */
int
site_make_dir(const struct site *site, const char *sub);

/* Is this a name that glusterd can have given a volume? No slash, no `.`, `..`. */
bool
site_is_volume_name(const char *name);

/* Start time of a process in clock ticks since boot, 0 when there is none: with
 * the pid it names one process for good. */
unsigned long long
process_start(pid_t pid);

/* A process's arguments, NUL-separated; 0 or -errno. */
struct strbuf;
int
process_arguments(pid_t pid, struct strbuf *out);
/* The one after `before` (NULL: the first), or NULL. */
const char *
process_argument(const struct strbuf *arguments, const char *before);

/* Seconds since boot, sleep included. */
long long
boot_seconds(void);

#endif
