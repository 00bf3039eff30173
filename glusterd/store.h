/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What is kept on disk: glusterd's own store, read only, and volext's state
 * beside it in WORKDIR/volext/:
 *
 *   pending/VOL.VERSION   values of a `volume set` under way, not yet in info
 *   bricks/VOL/HOST-PATH  our translators in the graph a brick was started with
 */
#ifndef VOLEXT_GLUSTERD_STORE_H
#define VOLEXT_GLUSTERD_STORE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "common/kv.h"
#include "common/strbuf.h"
#include "glusterd/site.h"

/* ---- glusterd's ---------------------------------------------------------- */

/* A volume as vols/VOL/info has it. */
struct volume {
    unsigned long long version;
    int status;        /* 1: started */
    struct kv options; /* `user.…`, and what volgen_reads */
    /* which file was read: glusterd replaces it by rename */
    dev_t dev;
    ino_t ino;
    struct timespec mtime;
};

#define VOLUME_INIT {0}
#define AUTO_VOLUME AUTO(volume_free)

/* Reads it. -ENOENT: no such volume; -EBADMSG: cut or without what every info has;
 * -EFBIG; else 0 or -errno. */
int
volume_read(const struct site *site, const char *name, struct volume *volume);
void
volume_free(struct volume *volume);
/* Is vols/NAME/info still the file that was read? */
bool
volume_is_current(const struct site *site, const char *name,
                  const struct volume *volume);

/* Calls visit for each volume; stops when that returns non-zero, and returns it. */
int
volume_each(const struct site *site, int (*visit)(void *arg, const char *name),
            void *arg);

/* This node's uuid from glusterd.info; "-" when there is none. Free it. */
char *
store_uuid(const struct site *site);

/* key=value lines into kv; lines without `=` are skipped. 0, -EBADMSG when the
 * last line has no newline (cut), -ENOMEM. */
int
store_parse(const struct strbuf *text, struct kv *kv);

/* ---- pending values ------------------------------------------------------ */

enum { PENDING_SECONDS = 30 };

struct pending {
    unsigned long long version; /* of info when the set began */
    pid_t glusterd;
    unsigned long long start;   /* of that process */
    long long boot;             /* boot_seconds() when it was written */
    struct kv options;
};

#define PENDING_INIT {0}
#define AUTO_PENDING AUTO(pending_free)

/* Writes the file of `version` with the caller's parent as glusterd; sets boot and
 * the others in pending. A pair that cannot be held is logged and left out. */
int
pending_write(const struct site *site, const char *volume,
              unsigned long long version, const struct kv *options,
              struct pending *pending);
/* The file of exactly that version; -ENOENT, -EBADMSG (cut), -errno. */
int
pending_read(const struct site *site, const char *volume,
             unsigned long long version, struct pending *pending);
void
pending_free(struct pending *pending);
/* Is the set still under way: its glusterd lives, and it began at most
 * PENDING_SECONDS ago? */
bool
pending_is_live(const struct pending *pending);
/* Removes a volume's pending files of versions below `below`; 0: all. */
void
pending_remove(const struct site *site, const char *volume,
               unsigned long long below);
/* Puts pending values over the volume's. 0 or -ENOMEM. */
int
pending_overlay(const struct pending *pending, struct volume *volume);

/* ---- records of bricks --------------------------------------------------- */

/* name: HOST-PATH with the path's slashes as dashes. Missing: empty. */
int
record_read(const struct site *site, const char *volume, const char *name,
            struct strbuf *out);
/* Empty text removes the record. Writes only what changed. */
int
record_write(const struct site *site, const char *volume, const char *name,
             const struct strbuf *text);

/* Removes all state of volext's about a volume. */
void
store_forget(const struct site *site, const char *volume);

#endif
