/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * A program as a user of libgnotify would write it, in C and in C++:
 *
 *     gnotify_app read|poll|select|epoll|call|wake VOLUME FOLDER COUNT
 *
 * says `ready`, then the events of so many changes of names, waiting for them in that way.
 */
#include <err.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

#include <gnotify.h>

static struct gnotify *g;
static long left;
static long long buf[4 * GNOTIFY_EVENT_MAX / sizeof(long long)];

static void
show(struct gnotify_event *e, ssize_t bytes)
{
    const char *end = (const char *)e + bytes;

    for (; (const char *)e < end && left; e = GNOTIFY_NEXT(e)) {
        if (e->wd < 0) /* GNOTIFY_CAUGHT_UP */
            continue;
        left--;
        printf("%s %s\n", gnotify_event_name(e->mask & GNOTIFY_ALL_EVENTS), e->path ? e->path : "?");
    }
    fflush(stdout);
}

static void
wait_by(const char *way)
{
    int fd = gnotify_fd(g);

    if (!strcmp(way, "poll")) {
        struct pollfd p = {fd, POLLIN, 0};

        if (poll(&p, 1, -1) != 1)
            err(1, "poll");
    } else if (!strcmp(way, "select")) {
        fd_set set;

        FD_ZERO(&set);
        FD_SET(fd, &set);
        if (select(fd + 1, &set, NULL, NULL, NULL) != 1)
            err(1, "select");
    } else if (!strcmp(way, "epoll")) {
        struct epoll_event event;
        int epoll = epoll_create1(0);

        memset(&event, 0, sizeof(event));
        event.events = EPOLLIN;
        if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) || epoll_wait(epoll, &event, 1, -1) != 1)
            err(1, "epoll");
        close(epoll);
    }
}

static int over[2];

static void
called(struct gnotify_event *e, ssize_t bytes, void *arg)
{
    (void)arg;
    if (bytes < 0)
        errx(1, "callback: %zd", bytes);
    show(e, bytes);
    if (gnotify_put_buffer(g, e, 1))
        errx(1, "put: %s", gnotify_error(g));
    if (!left && write(over[1], "", 1) != 1)
        err(1, "write");
}

static void *
wake(void *arg)
{
    (void)arg;
    gnotify_wake(g);
    return NULL;
}

static void
by_callback(void)
{
    char byte;

    if (pipe(over))
        err(1, "pipe");
    if (gnotify_register(g, 2, GNOTIFY_EVENT_MAX, called, NULL))
        errx(1, "%s", gnotify_error(g));
    printf("ready\n");
    fflush(stdout);
    if (read(over[0], &byte, 1) != 1)
        err(1, "read");
}

static void
by_reading(const char *way)
{
    printf("ready\n");
    fflush(stdout);
    while (left) {
        wait_by(way);
        ssize_t n = gnotify_read(g, buf, sizeof(buf), strcmp(way, "read") ? 0 : -1);

        if (n < 0)
            errx(1, "%s", gnotify_error(g));
        show((struct gnotify_event *)(void *)buf, n);
    }
}

int
main(int argc, char **argv)
{
    struct gnotify_options options;
    pthread_t thread;

    if (argc != 5)
        errx(1, "read|poll|select|epoll|call|wake VOLUME FOLDER COUNT");
    memset(&options, 0, sizeof(options));
    options.size = sizeof(options);
    options.cursor = argv[1];
    if (gnotify_init(&g, argv[2], &options))
        errx(1, "%s", gnotify_error(NULL));
    if (gnotify_add_watch(g, argv[3], GNOTIFY_CREATE | GNOTIFY_DELETE | GNOTIFY_MOVE | GNOTIFY_RECURSIVE) < 0)
        errx(1, "%s", gnotify_error(g));
    left = atol(argv[4]);
    if (!strcmp(argv[1], "wake")) {
        if (pthread_create(&thread, NULL, wake, NULL))
            errx(1, "thread");
        ssize_t n;

        do /* GNOTIFY_CAUGHT_UP may come first */
            n = gnotify_read(g, buf, sizeof(buf), -1);
        while (n > 0);
        printf("woken %zd\n", n);
        pthread_join(thread, NULL);
    } else if (!strcmp(argv[1], "call")) {
        by_callback();
    } else {
        by_reading(argv[1]);
    }
    gnotify_close(g);
    printf("closed\n");
    return 0;
}
