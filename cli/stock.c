/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The stock `gluster` program. What is not ours is its job: we become it, or,
 * where something is to be added to what it says, run it and read that.
 */
#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "cli/cli.h"

/* True when the stock program is this very program: an installation over it, or
 * a link back to us, would otherwise go round for ever. */
static bool
is_myself(const char *path)
{
    struct stat self, other;

    return !stat("/proc/self/exe", &self) && !stat(path, &other) &&
           self.st_dev == other.st_dev && self.st_ino == other.st_ino;
}

static bool
may_exec(const char *path)
{
    if (!is_myself(path))
        return true;
    fprintf(stderr, "%s is volext's own gluster, not GlusterFS's: install the "
            "glusterfs-cli package again\n", path);
    return false;
}

/* The global options that stock knows, as they were given, then words. NULL when
 * memory ran out; the caller frees the array only. */
static char **
stock_command(struct cli *cli, const char *const *words)
{
    size_t given = 0, count = 0, n = 0;

    while (cli->stock_argv[given])
        given++;
    while (words[count])
        count++;
    char **argv = calloc(given + count + 3, sizeof(*argv));
    if (!argv)
        return NULL;
    argv[n++] = cli->stock_argv[0];
    for (size_t i = 1; i < given && strcmp(cli->stock_argv[i], "--"); i++)
        if (!strncmp(cli->stock_argv[i], "--", 2) && strcmp(cli->stock_argv[i], "--json"))
            argv[n++] = cli->stock_argv[i];
    static char end_of_options[] = "--"; /* a value may begin with dashes */
    argv[n++] = end_of_options;
    memcpy(argv + n, words, count * sizeof(*argv));
    return argv;
}

static int
reap(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return 1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int
cli_hand_over(struct cli *cli)
{
    if (!may_exec(cli->stock))
        return 1;
    fflush(NULL);
    execv(cli->stock, cli->stock_argv);
    fprintf(stderr, "%s: %s: install the glusterfs-cli package\n", cli->stock,
            strerror(errno));
    _exit(127);
}

/* Reads both pipes till their ends. */
static int
drain(int out_fd, struct strbuf *out, int err_fd, struct strbuf *err)
{
    struct pollfd fds[2] = {{out_fd, POLLIN, 0}, {err_fd, POLLIN, 0}};
    struct strbuf *to[2] = {out, err};
    char buf[16384];

    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        if (poll(fds, 2, -1) < 0) {
            if (errno == EINTR)
                continue;
            return -errno;
        }
        for (int i = 0; i < 2; i++) {
            if (fds[i].fd < 0 || !fds[i].revents)
                continue;
            ssize_t n = read(fds[i].fd, buf, sizeof(buf));
            if (n < 0 && errno == EINTR)
                continue;
            if (n <= 0)
                fds[i].fd = -1;
            else
                strbuf_add(to[i], buf, (size_t)n);
        }
    }
    return 0;
}

static void
close_pipe(int p[2])
{
    for (int i = 0; i < 2; i++)
        if (p[i] >= 0)
            close(p[i]);
}

int
cli_stock_run(struct cli *cli, const char *const *words, struct strbuf *out,
              struct strbuf *err, int *status)
{
    int out_pipe[2] = {-1, -1}, err_pipe[2] = {-1, -1};
    AUTO_FREE char **argv = NULL;

    if (!may_exec(cli->stock))
        return -ELOOP;
    argv = stock_command(cli, words);
    if (!argv)
        return -ENOMEM;
    fflush(NULL);
    if ((out && pipe(out_pipe)) || (err && pipe(err_pipe))) {
        int ret = -errno;
        close_pipe(out_pipe);
        return ret;
    }
    pid_t pid = fork();
    if (pid == 0) {
        if (out)
            dup2(out_pipe[1], STDOUT_FILENO);
        if (err)
            dup2(err_pipe[1], STDERR_FILENO);
        close_pipe(out_pipe);
        close_pipe(err_pipe);
        execv(cli->stock, argv);
        fprintf(stderr, "%s: %s: install the glusterfs-cli package\n", cli->stock,
                strerror(errno));
        _exit(127);
    }
    int ret = pid < 0 ? -errno : 0;
    if (out)
        close(out_pipe[1]);
    if (err)
        close(err_pipe[1]);
    out_pipe[1] = err_pipe[1] = -1;
    if (!ret) {
        ret = drain(out_pipe[0], out, err_pipe[0], err);
        *status = reap(pid);
    }
    close_pipe(out_pipe);
    close_pipe(err_pipe);
    return ret;
}

static void
words_take(struct words *w, char *word)
{
    const char **list = reallocarray(w->list, w->count + 2, sizeof(*list));

    if (list)
        w->list = list;
    if (!list || !word) {
        w->failed = true;
        free(word);
        return;
    }
    list[w->count++] = word;
    list[w->count] = NULL;
}

void
words_add(struct words *w, const char *word)
{
    words_take(w, strdup(word));
}

void
words_addf(struct words *w, const char *fmt, ...)
{
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;
    va_list args;

    va_start(args, fmt);
    strbuf_vfmt(&text, fmt, args);
    va_end(args);
    words_take(w, strbuf_take(&text));
}

void
words_free(struct words *w)
{
    for (size_t i = 0; i < w->count; i++)
        free((char *)w->list[i]);
    free(w->list);
    *w = (struct words)WORDS_INIT;
}
