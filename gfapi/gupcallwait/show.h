/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What gupcallwait says of a change: one line of text, of the user's format, or of JSON.
 */
#ifndef VOLEXT_SHOW_H
#define VOLEXT_SHOW_H

#include "gfapi/gupcallwait/watch.h"

/* What has happened, by inotify's names, and (below them) which attributes differ. */
enum {
    EV_MODIFY = 1 << 0,
    EV_ATTRIB = 1 << 1,
    EV_CREATE = 1 << 2,
    EV_DELETE = 1 << 3,
    EV_DELETE_SELF = 1 << 4,
    EV_MOVED_FROM = 1 << 5,
    EV_MOVED_TO = 1 << 6,
    EV_MOVE_SELF = 1 << 7,
    EV_LEASE_RECALL = 1 << 8,
    EV_ALL = (1 << 9) - 1,

    CH_SIZE = 1 << 16,
    CH_MODE = 1 << 17,
    CH_OWNER = 1 << 18,
    CH_TIMES = 1 << 19,
    CH_LINKS = 1 << 20,
    CH_XATTR = 1 << 21,
    CH_ISDIR = 1 << 22,
};

struct event {
    const struct watch *watch;
    uint32_t what;  /* EV_ and CH_ */
    uint32_t flags; /* GFAPI_UP_, as the bricks sent them; 0: found by looking */
};

struct show {
    const char *format; /* NULL: the default line */
    const char *time_format;
    bool json;
    bool no_newline;
    uint32_t mask; /* the EV_ that are shown */
};

/* Shows an event on standard output and flushes it. True if it was one to be shown. */
bool
show_event(const struct show *show, const struct event *event);

/* Adds the events named in a list with commas (any case, as -e has it) to *mask. 0, or
 * -EINVAL with the one that is unknown in *bad, `len` bytes long. */
int
show_parse_events(const char *list, uint32_t *mask, const char **bad, size_t *len);

/* -EINVAL, with the place in *bad, if the format has a % that means nothing. */
int
show_check_format(const char *format, const char **bad);

#endif
