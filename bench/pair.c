/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Times two commands as whole processes, in turn (A B A B …), and prints the
 * median of each and of the ratio A/B of neighbouring runs: on a machine whose
 * speed drifts, that ratio holds where single times do not.
 *
 *   pair [-n PAIRS] [-c FROM:TO]… A [ARG…] -- B [ARG…]
 *
 * -c copies a file over another before each run (not timed): for programs that
 * change their input. Output of both goes to /dev/null; a command that fails
 * ends the benchmark, for a failure is quickly done.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>

#include "bench/quantile.h"
#include "common/file.h"

extern char **environ;

enum { MAX_PAIRS = 10000, MAX_COPIES = 8 };

static void
copy(const char *spec)
{
    AUTO_FREE char *from = strdup(spec);
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;
    char *to = strchr(from, ':');

    if (!to) {
        fprintf(stderr, "pair: -c %s: FROM:TO is wanted\n", spec);
        exit(2);
    }
    *to++ = '\0';
    int ret = file_read(from, 1 << 30, &text);
    if (!ret)
        ret = file_replace(to, text.data, text.len, 0600);
    if (ret) {
        fprintf(stderr, "pair: copy %s: %s\n", spec, strerror(-ret));
        exit(2);
    }
}

/* Milliseconds of wall clock from spawn to exit. */
static double
run(char **argv)
{
    posix_spawn_file_actions_t quiet;
    struct timespec a, b;
    int status;
    pid_t pid;

    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&quiet, 1, 2);
    clock_gettime(CLOCK_MONOTONIC, &a);
    int ret = posix_spawnp(&pid, argv[0], &quiet, NULL, argv, environ);
    if (ret) {
        fprintf(stderr, "pair: %s: %s\n", argv[0], strerror(ret));
        exit(2);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    clock_gettime(CLOCK_MONOTONIC, &b);
    posix_spawn_file_actions_destroy(&quiet);
    if (!WIFEXITED(status) || WEXITSTATUS(status)) {
        fprintf(stderr, "pair: %s failed (status %#x)\n", argv[0], (unsigned)status);
        exit(1);
    }
    return (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
}

int
main(int argc, char **argv)
{
    static double a[MAX_PAIRS], b[MAX_PAIRS], ratio[MAX_PAIRS];
    const char *copies[MAX_COPIES];
    int n = 50, copy_count = 0, opt;

    while ((opt = getopt(argc, argv, "+n:c:")) != -1) {
        if (opt == 'n')
            n = atoi(optarg);
        else if (opt == 'c' && copy_count < MAX_COPIES)
            copies[copy_count++] = optarg;
        else
            return 2;
    }
    char **first = argv + optind, **second = first;
    while (*second && strcmp(*second, "--"))
        second++;
    if (n < 1 || n > MAX_PAIRS || !*first || !*second || !second[1]) {
        fprintf(stderr, "usage: pair [-n PAIRS] [-c FROM:TO]... A... -- B...\n");
        return 2;
    }
    *second++ = NULL;
    for (int i = -1; i < n; i++) { /* the first pair warms up */
        for (int c = 0; c < copy_count; c++)
            copy(copies[c]);
        double ta = run(first);
        for (int c = 0; c < copy_count; c++)
            copy(copies[c]);
        double tb = run(second);
        if (i < 0)
            continue;
        a[i] = ta;
        b[i] = tb;
        ratio[i] = ta / tb;
    }
    double low = quantile(ratio, n, 0.25), mid = quantile(ratio, n, 0.5),
           high = quantile(ratio, n, 0.75);
    printf("A %.2f ms  B %.2f ms  A/B %.3f (quartiles %.3f-%.3f, %d pairs)\n",
           quantile(a, n, 0.5), quantile(b, n, 0.5), mid, low, high, n);
    return 0;
}
