/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Starts and ends the processes of volext-locate, and passes messages; see worker.h.
 */
#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>

void
locate_worker_end(struct locate_worker *worker)
{
    if (worker->fd >= 0)
        close(worker->fd);
    if (worker->pid > 0) {
        kill(worker->pid, SIGKILL); /* it may be in a connect that takes a minute */
        while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    *worker = (struct locate_worker)LOCATE_WORKER_INIT;
}

int
locate_worker_start(struct locate_worker *worker, void (*serve)(int fd, void *arg), void *arg)
{
    int pair[2];
    pid_t parent = getpid();

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
        return -errno;
    fflush(stdout); /* or the worker would have it, too */
    pid_t pid = fork();

    if (pid < 0) {
        int e = errno;

        close(pair[0]);
        close(pair[1]);
        return -e;
    }
    if (!pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        close(pair[0]);
        serve(pair[1], arg);
        _exit(0);
    }
    close(pair[1]);
    *worker = (struct locate_worker){.pid = pid, .fd = pair[0]};
    return 0;
}

int
locate_read(int fd, void *data, size_t len)
{
    for (char *p = data; len;) {
        ssize_t n = read(fd, p, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n ? -errno : -EPIPE;
        p += n;
        len -= n;
    }
    return 0;
}

int
locate_write(int fd, const void *head, size_t head_len, const void *data, size_t len)
{
    struct iovec part[2] = {{(void *)head, head_len}, {(void *)data, len}};
    struct msghdr message = {.msg_iov = part, .msg_iovlen = 2};

    while (part[0].iov_len || part[1].iov_len) {
        ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        for (int i = 0; i < 2; i++) {
            size_t done = (size_t)n < part[i].iov_len ? (size_t)n : part[i].iov_len;

            part[i].iov_base = (char *)part[i].iov_base + done;
            part[i].iov_len -= done;
            n -= done;
        }
    }
    return 0;
}
