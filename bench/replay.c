/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * How fast what bricks have recorded is read: replay VOLUME reads all from the oldest record on,
 * and prints records, events, seconds, the processor's seconds by thread, and the memory it
 * took at most. See bench/gnotify.d/replay.bash.
 */
#include <dirent.h>
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "libgnotify/gnotify.h"

static double
now(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* "name seconds" of a thread; what it did in this process. */
static void
show_thread(const char *id)
{
    unsigned long user, system;
    char path[300], line[1024];

    snprintf(path, sizeof(path), "/proc/self/task/%s/stat", id);
    FILE *in = fopen(path, "r");

    if (!in)
        return;
    size_t n = fread(line, 1, sizeof(line) - 1, in);

    fclose(in);
    line[n] = '\0';
    char *name = strchr(line, '('), *end = strrchr(line, ')');

    if (name && end && sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                              &user, &system) == 2 && user + system)
        printf(" %.*s %.2f", (int)(end - name - 1), name + 1,
               (double)(user + system) / (double)sysconf(_SC_CLK_TCK));
}

static void
show_threads(void)
{
    AUTO_CLOSEDIR DIR *d = opendir("/proc/self/task");

    for (const struct dirent *e; d && (e = readdir(d));) {
        if (e->d_name[0] != '.')
            show_thread(e->d_name);
    }
}

/* Whether it was all. */
static bool
count(const struct gnotify_event *e, const char *end, unsigned long *events, uint64_t *records)
{
    for (; (const char *)e < end; e = GNOTIFY_NEXT(e)) {
        if (e->mask & GNOTIFY_CAUGHT_UP)
            return true;
        if (e->mask & GNOTIFY_GAP)
            errx(1, "a gap: %s", e->detail);
        *records = e->number;
        ++*events;
    }
    return false;
}

int
main(int argc, char **argv)
{
    static _Alignas(8) char buf[16 * GNOTIFY_EVENT_MAX];
    struct gnotify_options options = {.size = sizeof(options), .from = GNOTIFY_FROM_OLDEST};
    struct rusage used;
    struct gnotify *g;
    unsigned long events = 0;
    uint64_t records = 0;
    bool over = false;

    if (argc != 2)
        errx(2, "replay VOLUME");
    if (gnotify_init(&g, argv[1], &options))
        errx(1, "%s", gnotify_error(NULL));
    double began = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);

    if (gnotify_add_watch(g, "/", GNOTIFY_ALL_EVENTS | GNOTIFY_RECURSIVE) < 0)
        errx(1, "%s", gnotify_error(g));
    while (!over) {
        ssize_t n = gnotify_read(g, buf, sizeof(buf), -1);

        if (n < 0)
            errx(1, "%s", gnotify_error(g));
        over = count((void *)buf, buf + n, &events, &records);
    }
    double seconds = now(CLOCK_MONOTONIC) - began;

    cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    getrusage(RUSAGE_SELF, &used);
    printf("records %lu events %lu seconds %.3f cpu %.3f maxrss %ld KiB; threads:", (unsigned long)records, events,
           seconds, cpu, used.ru_maxrss);
    show_threads();
    printf("\n");
    fflush(stdout);
    _exit(0); /* libgfapi may want seconds to end */
}
