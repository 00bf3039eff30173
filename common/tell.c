/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The status socket: see tell.h.
 *
 * GlusterFS's own run directory belongs to another user where packages have it so; this
 * folder is therefore beside it, in root's.
 */
#include "common/tell.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 16, SEND_SECONDS = 5 };

static const struct teller *teller;
static int listener = -1;
static pid_t owner; /* a process that was forked off has neither the thread nor the socket */
static char path[108];

/* A folder that only root can have put anything into. */
static bool
folder_is_ours(const char *folder)
{
    struct stat st;

    if (mkdir(folder, 0700) < 0 && errno != EEXIST)
        return false;
    return !lstat(folder, &st) && S_ISDIR(st.st_mode) && st.st_uid == 0 &&
           !(st.st_mode & (S_IWGRP | S_IWOTH));
}

static void
answer(int fd)
{
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;
    const struct timeval patience = {.tv_sec = SEND_SECONDS};
    size_t at = 0;
    ssize_t n;

    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    teller->describe(&text);
    while (!strbuf_failed(&text) && at < text.len &&
           (n = send(fd, text.data + at, text.len - at, MSG_NOSIGNAL)) > 0)
        at += (size_t)n;
}

static void *
serve(void *arg)
{
    (void)arg;
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

        if (fd >= 0) {
            answer(fd);
            close(fd);
        } else if (errno != EINTR && errno != ECONNABORTED) {
            usleep(100000); /* no descriptors or memory: later, perhaps */
        }
    }
    return NULL;
}

/* Nobody must find the name before somebody listens: who is refused there takes the
 * process for gone, and removes it. */
static int
listen_at(const char *folder)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    snprintf(path, sizeof(path), "%s/%ld", folder, (long)getpid());
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/.%ld", folder, (long)getpid());
    unlink(address.sun_path); /* of one that had this pid before */
    if (!bind(fd, (struct sockaddr *)&address, sizeof(address)) && !listen(fd, BACKLOG) &&
        !rename(address.sun_path, path))
        return fd;
    unlink(address.sun_path);
    close(fd);
    return -1;
}

static void
forget_in_child(void)
{
    if (listener >= 0)
        close(listener);
    listener = -1;
}

static void
start(void)
{
    if (geteuid() || !folder_is_ours(teller->parent) || !folder_is_ours(teller->folder))
        return;
    listener = listen_at(teller->folder);
    if (listener < 0)
        return;
    owner = getpid();
    pthread_atfork(NULL, NULL, forget_in_child);
    if (teller->thread(serve, NULL)) {
        close(listener);
        unlink(path);
        listener = -1;
    }
}

void
tell_start(const struct teller *t)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

    pthread_mutex_lock(&lock);
    teller = teller ? teller : t;
    pthread_mutex_unlock(&lock);
    pthread_once(&once, start);
}

/* A process that is killed leaves its socket to the next one who looks. */
static void __attribute__((destructor))
leave(void)
{
    if (listener >= 0 && owner == getpid())
        unlink(path);
}
