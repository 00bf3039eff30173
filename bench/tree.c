/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * A large volume quickly: tree VOLUME THREADS FILES makes folders /0, /1, ... of 200 empty files each, 0 to 199, until FILES
 * are there; prints the seconds it took. By libgfapi and by handle: one operation a file, and no kernel
 * between. See bench/gnotify.d/gfind.bash.
 */
#include <err.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <glusterfs/api/glfs-handles.h>
#include <glusterfs/api/glfs.h>

enum { THREADS_MAX = 64, IN_FOLDER = 200, NAME_SIZE = 16 };

static struct glfs *fs;
static struct glfs_object *root;
static int folders;
static atomic_int next;

static void
make_folder(int number)
{
    struct stat stat;
    char name[NAME_SIZE];

    snprintf(name, sizeof(name), "%d", number);
    struct glfs_object *folder = glfs_h_mkdir(fs, root, name, 0755, &stat);

    if (!folder)
        err(1, "folder %s", name);
    for (int i = 0; i < IN_FOLDER; i++) {
        snprintf(name, sizeof(name), "%d", i);
        struct glfs_object *file = glfs_h_mknod(fs, folder, name, S_IFREG | 0644, 0, &stat);

        if (!file)
            err(1, "file %d/%s", number, name);
        glfs_h_close(file);
    }
    glfs_h_close(folder);
}

static void *
work(void *arg)
{
    (void)arg;
    for (int number; (number = atomic_fetch_add(&next, 1)) < folders;)
        make_folder(number);
    return NULL;
}

int
main(int argc, char **argv)
{
    int threads = argc == 4 ? atoi(argv[2]) : 0, files = argc == 4 ? atoi(argv[3]) : 0;
    pthread_t thread[THREADS_MAX];
    struct timespec a, b;
    struct stat stat;

    if (threads < 1 || threads > THREADS_MAX || files < 1)
        errx(2, "usage: tree VOLUME THREADS FILES (up to %d threads)", THREADS_MAX);
    folders = (files + IN_FOLDER - 1) / IN_FOLDER;
    fs = glfs_new(argv[1]);
    if (!fs || glfs_set_volfile_server(fs, "unix", "/run/glusterd.socket", 0) ||
        glfs_set_logging(fs, "/dev/null", 0) || glfs_init(fs))
        err(1, "volume %s", argv[1]);
    root = glfs_h_lookupat(fs, NULL, "/", &stat, 0);
    if (!root)
        err(1, "/ of volume %s", argv[1]);
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (int i = 0; i < threads; i++)
        if (pthread_create(&thread[i], NULL, work, NULL))
            errx(1, "no thread %d", i);
    for (int i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    clock_gettime(CLOCK_MONOTONIC, &b);
    printf("%.1f\n", (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9);
    glfs_h_close(root);
    glfs_fini(fs);
    return 0;
}
