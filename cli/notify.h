/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * gluster volume notify: turns change notification on and off, with what must go with it,
 * shows what the bricks have recorded and who reads it, and has them forget who does not any more.
 */
#ifndef VOLEXT_CLI_NOTIFY_H
#define VOLEXT_CLI_NOTIFY_H

#include "cli/group.h"

#define NOTIFY_KEY "features.notify"
#define NOTIFY_EVENTS_KEY "features.notify-events"
enum { NOTIFY_READER_MAX = 64 }; /* letters of a reader's name */

/* The command on one of the volumes it is for. */
struct notify {
    struct group g;
    const char *events; /* as typed; NULL: not given */
    const char *reader; /* to be forgotten */
};

/* Each returns the exit status; what they show is the volume's part of g.c.e. */
int
notify_enable(struct notify *n);
int
notify_disable(struct notify *n);
/* Asks and looks, without a turn; volume is GET_VOLUME's reply. */
int
notify_status(struct notify *n, const struct reply *volume);

/* Has all bricks forget the reader. Refused while it is connected; a brick that could not be asked is
 * a failure, when the others have forgotten it. */
int
notify_forget(struct notify *n, const struct reply *volume);

/* Can a reader be called so? */
bool
notify_is_reader(const char *name);

/* Is it on, as the volume has it now? */
bool
notify_is_on(const struct group *g);
/* The events of the volume as it is now. */
const char *
notify_events(const struct group *g);

/* Client translators put opens off, or do not make them, while this option is on. */
extern const char notify_hides_opens[];

#endif
