/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Running another program; see run.h.
 */
#include "glusterd/run.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "common/clock.h"

enum { NOBODY = 65534, OUTPUT_MAX = 8 << 20 };

static void
give_up_privileges(void)
{
    const struct rlimit none = {0, 0};
    const struct rlimit memory = {4ULL << 30, 4ULL << 30};

    setrlimit(RLIMIT_FSIZE, &none);
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_AS, &memory);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        _exit(126);
    if (geteuid() != 0)
        return; /* a test */
    if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
        setresuid(NOBODY, NOBODY, NOBODY) < 0)
        _exit(126);
}

static void
become(const struct run *run, int in, int out)
{
    static char *const environment[] = {
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", NULL};
    sigset_t none;

    setsid();
    int null = open("/dev/null", O_RDWR);
    dup2(in >= 0 ? in : null, 0);
    dup2(out, 1);
    dup2(null, 2);
    close_range(3, ~0U, 0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int sig = 1; sig < NSIG; sig++)
        signal(sig, SIG_DFL);
    if (chdir("/") < 0)
        _exit(126);
    if (run->unprivileged)
        give_up_privileges();
    if (*run->argv[0] == '/')
        execve(run->argv[0], (char *const *)run->argv, environment);
    for (const char *dir = "/usr/sbin\0/usr/bin\0/sbin\0/bin\0"; *dir;
         dir += strlen(dir) + 1) {
        char path[256];

        snprintf(path, sizeof(path), "%s/%s", dir, run->argv[0]);
        execve(path, (char *const *)run->argv, environment);
    }
    _exit(127);
}

/* Reads until the program and all it started have closed their end. */
static int
collect(int fd, long long deadline, size_t most, struct strbuf *out)
{
    char chunk[4096];

    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        long long left = deadline - now_ms();

        if (left <= 0)
            return -ETIMEDOUT;
        int n = poll(&p, 1, (int)left);
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n <= 0)
            continue;
        ssize_t got = read(fd, chunk, sizeof(chunk));
        if (got == 0)
            return 0;
        if (got < 0 && errno != EINTR)
            return -errno;
        if (got > 0 && out->len + (size_t)got <= most)
            strbuf_add(out, chunk, (size_t)got);
    }
}

/* An anonymous file rather than a pipe: nobody has to write while we read. */
static int
input_file(const struct run *run)
{
    int fd = memfd_create("input", MFD_CLOEXEC);
    const char *at = run->input;
    size_t left = run->input_len;

    while (fd >= 0 && left) {
        ssize_t n = write(fd, at, left);

        if (n < 0) {
            close(fd);
            return -1;
        }
        at += n;
        left -= (size_t)n;
    }
    if (fd >= 0)
        lseek(fd, 0, SEEK_SET);
    return fd;
}

/* Until it has ended; it is not reaped. */
static int
wait_for_end(pid_t pid, long long deadline)
{
    for (;;) {
        siginfo_t info = {0};

        if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0) {
            if (errno != EINTR)
                return -errno;
        } else if (info.si_pid == pid)
            return 0;
        if (now_ms() >= deadline)
            return -ETIMEDOUT;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

static int
reap(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
run_with(const struct run *run, struct strbuf *out)
{
    long long deadline = now_ms() + run->seconds * 1000LL;
    AUTO_CLOSE int in = run->input ? input_file(run) : -1;
    int ends[2];

    if ((run->input && in < 0) || pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    AUTO_CLOSE int from = ends[0];
    pid_t pid = fork();
    if (pid == 0)
        become(run, in, ends[1]);
    close(ends[1]);
    if (pid < 0)
        return -EAGAIN;
    int ret = collect(from, deadline, run->output_max ? run->output_max : OUTPUT_MAX,
                      out);
    if (!ret)
        ret = wait_for_end(pid, deadline);
    /* not reaped yet: the group's number cannot be another's by now */
    if (ret < 0 || run->unprivileged)
        kill(-pid, SIGKILL);
    if (ret < 0)
        kill(pid, SIGKILL);
    int status = reap(pid);
    return ret ? ret : status;
}

int
run(const char *const *argv, int seconds, struct strbuf *out)
{
    return run_with(&(struct run){.argv = argv, .seconds = seconds}, out);
}
