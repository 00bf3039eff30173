/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Prints what crawl() finds, for tests and bench/: crawl-list [-s SINCE-SECONDS] [-t THREADS]
 * [-q] VOLUME [FOLDER]. An entry is `TYPE GFID SIZE PATH`, with a NUL at its end.
 */
#include <errno.h>
#include <string.h>

#include "gfapi/connect.h"
#include "libgnotify/crawl.h"

static bool quiet;

static int
print(void *arg, const struct crawl_entry *entry)
{
    mode_t mode = entry->stat->st_mode;

    (void)arg;
    if (quiet)
        return 0;
    putchar(S_ISDIR(mode) ? 'd' : S_ISREG(mode) ? 'f' : S_ISLNK(mode) ? 'l' : S_ISFIFO(mode) ? 'p' : 'o');
    putchar(' ');
    for (int i = 0; i < 16; i++)
        printf("%02x", entry->gfid[i]);
    printf(" %lld %s%c", (long long)entry->stat->st_size, entry->path, 0);
    return 0;
}

static void
complain(void *arg, const char *path, int error)
{
    (void)arg;
    fprintf(stderr, "crawl-list: %s: %s\n", path, strerror(-error));
}

static void
count(void *arg, const struct crawl_progress *progress)
{
    *(struct crawl_progress *)arg = *progress;
}

int
main(int argc, char **argv)
{
    struct crawl_progress progress = {0};
    struct crawl_options options = {.entry = print, .error = complain, .progress = count, .arg = &progress};
    const struct connect_options how = {.program = "crawl-list"};
    struct connect_place place;
    struct glfs *fs;

    for (int o; (o = getopt(argc, argv, "s:t:q")) != -1;)
        switch (o) {
        case 's':
            options.since = strtoull(optarg, NULL, 10) * 1000000000;
            break;
        case 't':
            options.threads = (unsigned)atoi(optarg);
            break;
        case 'q':
            quiet = true;
            break;
        default:
            return 2;
        }
    if (optind >= argc)
        return 2;
    options.below = argv[optind + 1];
    if (connect_volume(argv[optind], &how, &fs, &place))
        return 1;
    int ret = crawl(fs, &options);

    if (quiet)
        printf("%llu entries in %llu folders\n", (unsigned long long)progress.entries,
               (unsigned long long)progress.folders);
    if (ret)
        fprintf(stderr, "crawl-list: %s\n", strerror(-ret));
    connect_leave("crawl-list", ret ? 1 : 0);
}
