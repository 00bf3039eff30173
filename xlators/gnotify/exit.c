/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * A brick's process ends by exit(), on any thread, while the others go on: no translator
 * is told. So that a stop in good order is none with a loss, no operation is wound any
 * more from then on (its client sees the connection end, as it would a moment later),
 * those under way are waited for, and the journal is closed.
 */
#include "xlators/gnotify/gnotify.h"

#include <time.h>

enum { PATIENCE_MS = 2000 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct gnotify *instances[1024];
static bool registered;

static void
end(struct gnotify *g)
{
    const struct timespec moment = {.tv_nsec = 1000000};

    atomic_store(&g->ending, true);
    for (int i = 0; atomic_load(&g->in_flight) && i < PATIENCE_MS; i++)
        nanosleep(&moment, NULL);
    writer_stop(g);
}

static void
at_exit(void)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < ARRAY_SIZE(instances); i++) {
        if (instances[i])
            atomic_store(&instances[i]->ending, true);
    }
    for (size_t i = 0; i < ARRAY_SIZE(instances); i++) {
        if (instances[i])
            end(instances[i]);
    }
    pthread_mutex_unlock(&lock);
}

void
exit_add(struct gnotify *g)
{
    pthread_mutex_lock(&lock);
    if (!registered)
        registered = !atexit(at_exit);
    for (size_t i = 0; i < ARRAY_SIZE(instances); i++) {
        if (!instances[i]) {
            instances[i] = g;
            break;
        }
    }
    pthread_mutex_unlock(&lock);
}

void
instances_each(void (*each)(struct gnotify *g, void *arg), void *arg)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < ARRAY_SIZE(instances); i++) {
        if (instances[i])
            each(instances[i], arg);
    }
    pthread_mutex_unlock(&lock);
}

void
exit_remove(struct gnotify *g)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < ARRAY_SIZE(instances); i++) {
        if (instances[i] == g)
            instances[i] = NULL;
    }
    pthread_mutex_unlock(&lock);
}
