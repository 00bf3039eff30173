/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * From the end of an operation to the return of the read that tells of it: latency COUNT VOLUME
 * PATH MOUNTED LOCAL makes files by turns in MOUNTED, which is PATH of VOLUME on a mount, where libgnotify
 * waits, and in LOCAL, where inotify does, each when the one before was told; and then as many in MOUNTED in a
 * row, as in a storm, where events are told some together. See bench/gnotify.
 */
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>

#include "common/cleanup.h"
#include "libgnotify/gnotify.h"

enum { COUNT_MAX = 100000, PAUSE = 3000 /* us */ };

static double told[COUNT_MAX]; /* seconds; each written before the condition */
static unsigned told_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static struct gnotify *volume;
static int local = -1;

static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
note(unsigned count, double time)
{
    pthread_mutex_lock(&lock);
    while (count--)
        told[told_count++ % COUNT_MAX] = time;
    pthread_cond_signal(&more);
    pthread_mutex_unlock(&lock);
}

static void *
read_volume(void *arg)
{
    static char buf[1 << 16] __attribute__((aligned(8)));
    ssize_t len;

    (void)arg;
    while ((len = gnotify_read(volume, buf, sizeof(buf), -1)) > 0) {
        const struct gnotify_event *e = (void *)buf;
        double time = now();

        for (; (char *)e < buf + len; e = GNOTIFY_NEXT(e))
            note(!!(e->mask & GNOTIFY_CREATE), time);
    }
    errx(1, "%s", gnotify_error(volume));
}

static void *
read_local(void *arg)
{
    char buf[4096] __attribute__((aligned(8)));
    ssize_t len;

    (void)arg;
    while ((len = read(local, buf, sizeof(buf))) > 0) {
        double time = now();

        for (char *p = buf; p < buf + len; p += sizeof(struct inotify_event) + ((struct inotify_event *)(void *)p)->len)
            note(1, time);
    }
    err(1, "inotify");
}

static double
one(int folder, unsigned number)
{
    char name[32];
    unsigned before = told_count;

    snprintf(name, sizeof(name), "f%u", number);
    int fd = openat(folder, name, O_CREAT | O_EXCL | O_WRONLY, 0600);
    double end = now();

    if (fd < 0)
        err(1, "%s", name);
    pthread_mutex_lock(&lock);
    while (told_count == before)
        pthread_cond_wait(&more, &lock);
    double took = told[before % COUNT_MAX] - end;
    pthread_mutex_unlock(&lock);
    close(fd);
    return took;
}

/* They are told in the order in which they were made. */
static void
in_a_row(int folder, double *took, unsigned count)
{
    unsigned before = told_count;
    char name[32];

    for (unsigned i = 0; i < count; i++) {
        snprintf(name, sizeof(name), "row%u", i);
        AUTO_CLOSE int fd = openat(folder, name, O_CREAT | O_EXCL | O_WRONLY, 0600);

        took[i] = -now();
        if (fd < 0)
            err(1, "%s", name);
    }
    pthread_mutex_lock(&lock);
    while (told_count < before + count)
        pthread_cond_wait(&more, &lock);
    for (unsigned i = 0; i < count; i++)
        took[i] += told[(before + i) % COUNT_MAX];
    pthread_mutex_unlock(&lock);
}

static int
compare(const void *a, const void *b)
{
    double d = *(const double *)a - *(const double *)b;

    return d < 0 ? -1 : d > 0;
}

static void
show(const char *what, double *took, unsigned count)
{
    qsort(took, count, sizeof(*took), compare);
    printf("%s: median %.3f ms, p99 %.3f ms, most %.3f ms (%u)\n", what, took[count / 2] * 1e3,
           took[count * 99 / 100] * 1e3, took[count - 1] * 1e3, count);
}

int
main(int argc, char **argv)
{
    pthread_t thread;
    unsigned count = argc == 6 ? (unsigned)atoi(argv[1]) : 0;

    if (!count || count > COUNT_MAX)
        errx(2, "usage: latency COUNT VOLUME PATH MOUNTED LOCAL");
    AUTO_FREE double *volumes = calloc(count, sizeof(*volumes)), *locals = calloc(count, sizeof(*locals));
    AUTO_CLOSE int mounted = open(argv[4], O_DIRECTORY), here = open(argv[5], O_DIRECTORY);

    local = inotify_init();
    if (mounted < 0 || here < 0 || !volumes || !locals || inotify_add_watch(local, argv[5], IN_CREATE) < 0)
        err(1, "%s, %s", argv[4], argv[5]);
    if (gnotify_init(&volume, argv[2], NULL) || gnotify_add_watch(volume, argv[3], GNOTIFY_CREATE) < 0)
        errx(1, "%s", gnotify_error(volume));
    if (pthread_create(&thread, NULL, read_volume, NULL) || pthread_create(&thread, NULL, read_local, NULL))
        err(1, "threads");
    for (unsigned i = 0; i < count; i++) {
        usleep(PAUSE);
        volumes[i] = one(mounted, i);
        usleep(PAUSE);
        locals[i] = one(here, i);
    }
    show("volume", volumes, count);
    show("inotify, local", locals, count);
    in_a_row(mounted, volumes, count);
    show("volume, in a row", volumes, count);
    fflush(stdout);
    _exit(0);
}
