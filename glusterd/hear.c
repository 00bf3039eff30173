/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What processes say of themselves; see hear.h.
 */
#include "glusterd/hear.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "common/clock.h"

enum { PATIENCE_MS = 4000, PROCESSES_MAX = 1024, ANSWER_MAX = 4 << 20 };

void
heard_free(struct heard *t)
{
    for (size_t i = 0; i < t->count; i++) {
        if (t->list[i].fd >= 0)
            close(t->list[i].fd);
        strbuf_free(&t->list[i].answer);
    }
    free(t->list);
}

/* Only root can have put anything into the folder. */
static bool
folder_is_roots(const char *folder)
{
    struct stat st;

    return !lstat(folder, &st) && S_ISDIR(st.st_mode) && st.st_uid == 0 &&
           !(st.st_mode & (S_IWGRP | S_IWOTH));
}

/* Nobody listens: the process was killed. It listens before the name is there. */
static int
connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -errno;
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
        return fd;
    int err = errno;

    close(fd);
    if (err == ECONNREFUSED)
        unlink(path);
    return -err;
}

static void
add_one(struct heard *t, const char *folder, const char *name)
{
    AUTO_FREE char *path = str_fmt("%s/%s", folder, name);
    struct said *list = path ? reallocarray(t->list, t->count + 1, sizeof(*list)) : NULL;

    if (!list)
        return;
    t->list = list;
    int fd = connect_to(path);

    if (fd == -ECONNREFUSED || fd == -ENOENT)
        return;
    struct said *one = &list[t->count++];

    *one = (struct said){.fd = fd < 0 ? -1 : fd, .why = fd < 0 ? strerror(-fd) : NULL};
    snprintf(one->pid, sizeof(one->pid), "%.15s", name);
}

static void
find_all(struct heard *t, const char *folder)
{
    AUTO_CLOSEDIR DIR *dir = folder_is_roots(folder) ? opendir(folder) : NULL;
    struct dirent *entry;

    while (dir && (entry = readdir(dir)) && t->count < PROCESSES_MAX) {
        size_t digits = strspn(entry->d_name, "0123456789");

        if (digits && digits < sizeof(t->list->pid) && !entry->d_name[digits])
            add_one(t, folder, entry->d_name);
    }
}

static void
read_some(struct said *one)
{
    char chunk[16384];
    ssize_t n = read(one->fd, chunk, sizeof(chunk));

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n > 0)
        strbuf_add(&one->answer, chunk, (size_t)n);
    if (n < 0)
        one->why = "broke the connection";
    else if (one->answer.len > ANSWER_MAX)
        one->why = "said more than can be true";
    else if (n > 0)
        return;
    close(one->fd);
    one->fd = -1;
}

/* Reads what all of them say, until each has ended or the patience has. */
static void
hear(struct heard *t)
{
    const long long end = now_ms() + PATIENCE_MS;
    AUTO_FREE struct pollfd *polled = calloc(t->count + 1, sizeof(*polled));

    for (;;) {
        bool open = false;
        long long left = end - now_ms();

        for (size_t i = 0; polled && i < t->count; i++) {
            polled[i] = (struct pollfd){.fd = t->list[i].fd, .events = POLLIN};
            open |= t->list[i].fd >= 0;
        }
        if (!open || left <= 0)
            break;
        if (poll(polled, t->count, (int)left) <= 0)
            continue;
        for (size_t i = 0; i < t->count; i++)
            if (t->list[i].fd >= 0 && polled[i].revents)
                read_some(&t->list[i]);
    }
    for (size_t i = 0; i < t->count; i++)
        if (t->list[i].fd >= 0)
            t->list[i].why = "did not answer within 4 s: it is stopped, or the machine is "
                             "overloaded";
}

void
hear_all(struct heard *t, const char *folder)
{
    find_all(t, folder);
    hear(t);
}
