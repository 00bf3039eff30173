/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Starting detached helpers; see later.h.
 */
#include "glusterd/later.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/log.h"
#include "common/strbuf.h"

enum { WORDS = 8 };

static void
become_detached(void)
{
    sigset_t none;

    setsid();
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; fd++)
        dup2(null, fd);
    close_range(3, ~0U, 0);
    if (chdir("/") < 0)
        _exit(1);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int sig = 1; sig < NSIG; sig++)
        signal(sig, SIG_DFL);
}

int
later(const struct site *site, const char *const *words)
{
    const char *argv[WORDS + 4] = {"volext", "--workdir", site->workdir};

    for (int i = 0; i < WORDS && words[i]; i++)
        argv[3 + i] = words[i];
    pid_t pid = fork();
    if (pid < 0)
        return -errno;
    if (!pid) {
        become_detached();
        setenv("GLUSTERD_WORKDIR", site->workdir, 1);
        setenv("DEFAULT_VAR_RUN_DIRECTORY", site->rundir, 1);
        /* twice: the helper is nobody's child, and leads no session */
        if (fork() == 0)
            execv(SBINDIR "/volext", (char *const *)argv);
        _exit(0);
    }
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return 0;
}

/* The helper holds the lock while it lives; it looks at the time of this file
 * before it ends, so that no call of this is lost. */
void
later_fetch(const struct site *site, const char *module)
{
    AUTO_FREE char *lock = site_path(site, "lock/fetch.%s", module);

    if (!lock || site_make_dir(site, "lock"))
        return;
    AUTO_CLOSE int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || futimens(fd, NULL) < 0 || flock(fd, LOCK_SH | LOCK_NB) < 0)
        return;
    flock(fd, LOCK_UN);
    int ret = later(site, (const char *[]){"fetch", module, NULL});
    if (ret)
        log_err("module %s: starting to fetch it from the other nodes: %s",
                module, strerror(-ret));
}
