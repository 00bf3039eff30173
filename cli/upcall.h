/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * gluster volume upcall: the options that must agree, what they were before, and which
 * values together give stale reads. upcall_options.c and upcall_rules.c know these and nothing
 * of glusterd; upcall.c, upcall_enable.c and upcall_disable.c change a volume,
 * upcall_status.c shows one.
 */
#ifndef VOLEXT_CLI_UPCALL_H
#define VOLEXT_CLI_UPCALL_H

#include "cli/group.h"

/* Where a volume keeps what its options were, without `user.`. */
#define UPCALL_MEMORY_KEY "volext.upcall"

enum {
    UPCALL_SECONDS_MIN = 2,   /* at 1 a brick's thread that drops old state never sleeps */
    UPCALL_SECONDS_MAX = 600, /* performance.md-cache-timeout's maximum */
    UPCALL_SECONDS_DEFAULT = 600, /* as in GlusterFS's own group metadata-cache */
};

/* ---- the group -------------------------------------------------------------- */

struct upcall_member {
    const char *key;
    const char *wanted; /* NULL: the seconds */
    const char *def;    /* GlusterFS's default */
    bool at_least;      /* a larger number, or 0 (no limit), will do and is left alone */
    bool if_off;        /* left alone where it is on anyway: it needs a newer op-version */
    bool leases;        /* only with the word leases */
};

extern const struct upcall_member upcall_group[];
extern const size_t upcall_group_count;

/* GlusterFS's default of an option that the rules look at; NULL: none that is known. */
const char *
upcall_default(const char *key);

/* What the user typed for SECONDS. -EINVAL: why is a sentence. */
int
upcall_read_seconds(const char *typed, int *seconds, struct strbuf *why);

/* ---- the rules -------------------------------------------------------------- */

/* What is wrong with a volume whose options (those that are set) are these: a sentence
 * each, which names both options, their values and the remedy. How many. */
int
upcall_conflicts(const struct kv *options, const char *volume,
                 void (*tell)(void *arg, const char *sentence), void *arg);

/* ---- the commands ------------------------------------------------------------ */

extern const struct group_kind upcall_kind;

/* One command, from its words to its end. */
struct upcall {
    struct group g;
    int seconds; /* 0: not given */
    bool leases;
    /* of the memory, when the command began */
    unsigned long long fresh_before;
    size_t known_before;
};

/* Each returns the exit status. */
int
upcall_enable(struct upcall *u);
int
upcall_disable(struct upcall *u);
int
upcall_status(struct change *c, const struct reply *volume);

#endif
