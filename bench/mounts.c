/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Rate of an operation through mounts, in several folders in turn, so that mounts are
 * compared side by side.
 *
 *   mounts [-n OPERATIONS] [-r ROUNDS] lookups|reads|stats FOLDER...
 *
 * lookups: stat of names that do not exist, the same ones again and again. reads: of
 * 4 KiB each, of FOLDER/file (at least 1 MiB), past the kernel's cache. stats: of the files
 * FOLDER/0, FOLDER/1, ..., each once a round. Prints for each
 * folder the median rate per second and the median of its ratio to the first folder's
 * in the same round.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "bench/quantile.h"
#include "common/strbuf.h"

enum { NAMES = 20, SIZE = 4096, BLOCKS = 256, MAX_FOLDERS = 8, MAX_ROUNDS = 1000 };

static void
lookups(const char *folder, int n)
{
    char path[NAMES][4200];
    struct stat st;

    for (int i = 0; i < NAMES; i++)
        snprintf(path[i], sizeof(path[i]), "%s/no-such-file-%d", folder, i);
    for (int i = 0; i < n; i++)
        if (stat(path[i % NAMES], &st) == 0 || errno != ENOENT) {
            fprintf(stderr, "mounts: %s: %s, ENOENT is wanted\n",
                    path[i % NAMES], strerror(errno));
            exit(1);
        }
}

static void
reads(const char *folder, int n)
{
    static _Alignas(SIZE) char buffer[SIZE];
    char path[4200];

    snprintf(path, sizeof(path), "%s/file", folder);
    int fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);

    for (int i = 0; i < n; i++)
        if (fd < 0 || pread(fd, buffer, SIZE, (off_t)(i % BLOCKS) * SIZE) != SIZE) {
            fprintf(stderr, "mounts: read %s: %s\n", path, strerror(errno));
            exit(1);
        }
    close(fd);
}

static void
stats(const char *folder, int n)
{
    char path[4200];
    struct stat st;

    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof(path), "%s/%d", folder, i);
        if (stat(path, &st) != 0) {
            fprintf(stderr, "mounts: %s: %s\n", path, strerror(errno));
            exit(1);
        }
    }
}

typedef void operation_fn(const char *folder, int n);

static const struct operation {
    const char *name;
    operation_fn *run;
} operations[] = {{"lookups", lookups}, {"reads", reads}, {"stats", stats}};

static operation_fn *
operation_named(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
        if (!strcmp(operations[i].name, name))
            return operations[i].run;
    }
    return NULL;
}

static double
rate(const char *folder, int n, operation_fn *operation)
{
    struct timespec a, b;

    clock_gettime(CLOCK_MONOTONIC, &a);
    operation(folder, n);
    clock_gettime(CLOCK_MONOTONIC, &b);
    return n / ((double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9);
}

int
main(int argc, char **argv)
{
    static double rates[MAX_FOLDERS][MAX_ROUNDS], ratios[MAX_FOLDERS][MAX_ROUNDS];
    int n = 2000, rounds = 15, opt;

    while ((opt = getopt(argc, argv, "n:r:")) != -1) {
        if (opt == 'n')
            n = atoi(optarg);
        else if (opt == 'r')
            rounds = atoi(optarg);
        else
            return 2;
    }
    char **folder = argv + optind + 1;
    int folders = argc - optind - 1;
    operation_fn *operation = folders >= 0 ? operation_named(argv[optind]) : NULL;

    if (!operation || n < 1 || rounds < 1 || rounds > MAX_ROUNDS || folders < 1 || folders > MAX_FOLDERS) {
        fprintf(stderr, "usage: mounts [-n OPERATIONS] [-r ROUNDS] lookups|reads|stats FOLDER...\n");
        return 2;
    }
    for (int r = -1; r < rounds; r++) /* the first round warms up */
        for (int f = 0; f < folders; f++) {
            double x = rate(folder[f], n, operation);

            if (r < 0)
                continue;
            rates[f][r] = x;
            ratios[f][r] = x / rates[0][r];
        }
    for (int f = 0; f < folders; f++)
        printf("%s %.0f/s ratio %.2f\n", folder[f], quantile(rates[f], rounds, 0.5),
               quantile(ratios[f], rounds, 0.5));
    return 0;
}
