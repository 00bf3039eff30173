/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * One record on its way to the watches: what is told of it, and to whom (events_pass.c). What has
 * happened, in inotify's words, says events.c.
 */
#ifndef GNOTIFY_EVENTS_PASS_H
#define GNOTIFY_EVENTS_PASS_H

#include "libgnotify/watch.h"

struct pass {
    struct watches *set;
    const struct notify_record *r;
    watch_take *take;
    void *arg;
    uint32_t cookie;
    bool synthetic;
    bool found; /* by a crawl: only for watches that asked for it, or for only the one */
    int only;   /* 0: all of them */
    /* An event is held back until it is known whether it is the last. */
    bool held;
    struct watch_event event;
    int ret;
};

/* That event comes next, and what was held back goes out; NULL: no more comes. */
void
pass_tell(struct pass *p, const struct watch_event *e);

/* To one watch, if that wants it. */
void
pass_give(struct pass *p, struct watch *w, uint32_t mask, struct watch_event *e);

/* To the watches of a folder and of those above it: something is done to what has this name. */
void
pass_to_parent(struct pass *p, uint32_t mask, const struct notify_name *n, bool name_only,
               uint32_t flags);

/* The same for the record's name. */
void
pass_to_name(struct pass *p, uint32_t mask, uint32_t flags);

/* To one watch, of its own file; and to all watches of the record's file. */
void
pass_give_self(struct pass *p, struct watch *w, uint32_t mask, uint32_t flags);

void
pass_to_self(struct pass *p, uint32_t mask, uint32_t flags);

/* To the watches of the record's name and of its file. */
void
pass_to_both(struct pass *p, uint32_t mask, uint32_t flags);

/* The watch ends; and it ends because its file has no name any more. */
void
pass_end(struct pass *p, struct watch *w);

void
pass_end_self(struct pass *p, struct watch *w);

#endif
