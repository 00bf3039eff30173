/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Ending by a signal, when what was read is dealt with: see aim.h.
 */
#include "gnotifytools/aim.h"

#include <signal.h>

static const int endings[] = {SIGINT, SIGTERM, SIGHUP};
static struct gnotify *to_wake;
static volatile sig_atomic_t ended_by;

static void
end(int sig)
{
    for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
        signal(endings[i], SIG_DFL);
    ended_by = sig;
    gnotify_wake(to_wake);
}

/* Without SA_RESTART: also while nobody takes what is written. What was ignored (nohup) stays so. */
void
ending_catch(struct gnotify *g)
{
    struct sigaction old;

    to_wake = g;
    for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
        if (!sigaction(endings[i], NULL, &old) && old.sa_handler != SIG_IGN)
            sigaction(endings[i], &(struct sigaction){.sa_handler = end}, NULL);
}

bool
ending_is_near(void)
{
    return ended_by;
}

void
ending_come(void)
{
    if (ended_by)
        raise(ended_by);
}
