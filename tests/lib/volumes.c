/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volumes LOG VOLUME...: one application on libgfapi that has several volumes open. Reads
 * lines `N mkdir|rmdir PATH` (N: which volume, from 0), or `all N COUNT` (COUNT times mkdir
 * and rmdir on the first N volumes, each on a thread of its own); answers each with a
 * line: `ok` or an errno's number.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <glusterfs/api/glfs.h>

enum { VOLUMES = 8 };

static struct load {
    glfs_t *fs;
    int number, count, err;
} loads[VOLUMES];

static glfs_t *
open_volume(const char *name, const char *log)
{
    glfs_t *fs = glfs_new(name);

    if (!fs || glfs_set_volfile_server(fs, "tcp", "localhost", 24007) ||
        glfs_set_logging(fs, log, 7) || glfs_init(fs))
        return NULL;
    return fs;
}

static void *
run(void *arg)
{
    struct load *load = arg;
    char path[32];

    for (int i = 0; i < load->count && !load->err; i++) {
        snprintf(path, sizeof(path), "/load-%d", i);
        if (glfs_mkdir(load->fs, path, 0755) || glfs_rmdir(load->fs, path))
            load->err = errno;
    }
    return NULL;
}

static int
run_all(int volumes, int count)
{
    pthread_t threads[VOLUMES];
    int err = 0;

    for (int i = 0; i < volumes; i++) {
        loads[i].count = count;
        loads[i].err = 0;
        pthread_create(&threads[i], NULL, run, &loads[i]);
    }
    for (int i = 0; i < volumes; i++) {
        pthread_join(threads[i], NULL);
        err = err ? err : loads[i].err;
    }
    return err;
}

static int
obey(const char *word, const char *what, const char *arg)
{
    int number = 0, count = 0;

    if (!strcmp(word, "all")) {
        sscanf(what, "%d", &number);
        sscanf(arg, "%d", &count);
        return run_all(number, count);
    }
    sscanf(word, "%d", &number);
    int ret = strcmp(what, "mkdir") ? glfs_rmdir(loads[number].fs, arg)
                                    : glfs_mkdir(loads[number].fs, arg, 0755);

    return ret ? errno : 0;
}

int
main(int argc, char **argv)
{
    char line[256], word[16], what[16], arg[200];

    for (int i = 2; i < argc && i < 2 + VOLUMES; i++) {
        loads[i - 2].fs = open_volume(argv[i], argv[1]);
        if (!loads[i - 2].fs) {
            perror(argv[i]);
            return 1;
        }
    }
    while (fgets(line, sizeof(line), stdin)) {
        if (sscanf(line, "%15s %15s %199s", word, what, arg) != 3)
            return 2;
        int err = obey(word, what, arg);

        if (err)
            printf("%d\n", err);
        else
            printf("ok\n");
        fflush(stdout);
    }
    for (int i = 0; i + 2 < argc; i++)
        glfs_fini(loads[i].fs);
    return 0;
}
