/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The bricks of a volume, and questions to them: what the reader (stream.h) needs of the
 * network. link_open() reaches a real volume; tests give the reader bricks of their own
 * by the same calls.
 */
#ifndef GNOTIFY_LINK_H
#define GNOTIFY_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* A brick. It keeps its number as long as the link is open; numbers are given from 0 on
 * and never twice: a replaced brick is another one. */
struct link_brick {
    unsigned number;
    const char *name; /* as `gluster volume info` has it: server:/path */
    unsigned set;     /* bricks of the same set are copies of one another; from 0 on */
    bool arbiter;     /* it has names and attributes, no data */
};

/* The volume as it is now. */
struct link_layout {
    struct link_brick *bricks;
    unsigned count, sets;
};

/* What a link tells: from any thread, several at once, also while link_ask or link_open has not
 * returned. None of these may wait, or close the link. */
struct link_events {
    /* The brick can be asked, or not any more: then all that it was asked has been answered
     * by -ENOTCONN before. */
    void (*up)(void *arg, unsigned brick, bool up);
    /* What link_ask was given comes back: error 0 and the reply's bytes, which are gone
     * when this returns; or -errno. */
    void (*answer)(void *arg, void *cookie, int error, const void *bytes, size_t len);
    /* link_layout gives other bricks now than before. */
    void (*changed)(void *arg);
};

struct link;

/* What a link can do; the first member of any kind of link. */
struct link_calls {
    /* Sends the bytes of a request (notify/wire.h) to a brick; events->answer comes exactly
     * once for each that returned 0. -ENOTCONN: the brick is away; -ENOMEM. */
    int (*ask)(struct link *link, unsigned brick, const void *bytes, size_t len, void *cookie);
    /* A copy of what the volume is now: link_layout_free() it. 0 or -ENOMEM. */
    int (*layout)(struct link *link, struct link_layout *layout);
    /* Nothing is told any more when this has returned. */
    void (*close)(struct link *link);
};

struct link {
    const struct link_calls *calls;
};

struct link_options {
    const char *volume;   /* as gfapi/connect.h has it: v1, server:v1, /mnt/v1/dir */
    const char *socket;   /* glusterd's; NULL: the usual one */
    const char *log_file; /* of libgfapi; NULL: nowhere */
};

/* Reaches a volume: its layout is known then; bricks come up as they answer. *dir is the
 * folder of the volume that was named, "/" for all; free it. 0, or -errno with a sentence in *why
 * that names the thing, the value and the remedy; free it. */
int
link_open(const struct link_options *options, const struct link_events *events, void *arg,
          struct link **out, char **dir, char **why);

static inline void
link_layout_free(struct link_layout *layout)
{
    for (unsigned i = 0; i < layout->count; i++)
        free((char *)layout->bricks[i].name);
    free(layout->bricks);
    *layout = (struct link_layout){0};
}

struct glfs;

/* The ordinary connection to the volume, of a link that link_open made: to look names
 * up by. It stays the link's, and is there until the link is closed. NULL of other links. */
struct glfs *
link_volume(struct link *link);

#endif
