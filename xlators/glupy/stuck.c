/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Notices when Python is lost: a call into C (a regular expression, an extension) that
 * keeps the GIL. Nobody can interrupt it, and whoever wants the GIL waits for it, so that
 * it is the watchdog that looks, without the GIL: does a thread of ours wait for it,
 * and has none of ours got it for a while?
 */
#include "xlators/glupy/glupy.h"

#include <stdio.h>

enum { STUCK_MS = 2000 };

static struct {
    unsigned long long entries; /* what python_entries said last */
    unsigned ms;                /* that it has not changed, while somebody waited */
} watched; /* the watchdog's own */

atomic_bool stuck_now;
static atomic_ullong stuck_since; /* ns */
static atomic_uint stuck_times;

void
stuck_watch(unsigned ms)
{
    unsigned long long entries = python_entries();
    bool waits = worker_waits_for_python();

    if (entries != watched.entries || !waits) {
        if (atomic_load(&stuck_now)) {
            gf_log("glupy", GF_LOG_WARNING, "Python is back after %u s: modules run again",
                   stuck_seconds());
            atomic_store(&stuck_now, false);
        }
        watched.entries = entries;
        watched.ms = 0;
        return;
    }
    watched.ms += ms;
    if (watched.ms < STUCK_MS || atomic_load(&stuck_now))
        return;
    atomic_store(&stuck_since, now_ns() - watched.ms * 1000000ull);
    atomic_fetch_add(&stuck_times, 1);
    atomic_store(&stuck_now, true);
    gf_log("glupy", GF_LOG_ERROR,
           "Python is stuck: for %u ms a call into C has not let go of it (a regular "
           "expression, an extension module). Until it does, operations end without "
           "Python, as on-error says; if it never does, a mount must be mounted again, or a "
           "brick restarted",
           watched.ms);
}

unsigned
stuck_seconds(void)
{
    return stuck_is() ? (unsigned)((now_ns() - atomic_load(&stuck_since)) / 1000000000u) : 0;
}

unsigned
stuck_count(void)
{
    return atomic_load(&stuck_times);
}
