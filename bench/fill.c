/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Fills bricks' journals quickly: fill VOLUME THREADS FILES. Each thread makes, writes, closes,
 * renames and removes so many files in a folder of its own, and changes the mode of each: six
 * changes of a file. See bench/gnotify.d/replay.bash.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <glusterfs/api/glfs.h>

enum { THREADS_MAX = 64, PATH_SIZE = 64 };

struct filler {
    pthread_t thread;
    struct glfs *fs;
    int number, files;
};

/* One file's life; -1 with errno. */
static int
live(struct glfs *fs, const char *before, const char *after)
{
    static const char text[100];
    struct glfs_fd *fd = glfs_creat(fs, before, O_WRONLY, 0600);

    if (!fd)
        return -1;
    if (glfs_write(fd, text, sizeof(text), 0) < 0 || glfs_close(fd) < 0)
        return -1;
    return glfs_chmod(fs, before, 0644) || glfs_rename(fs, before, after) ||
           glfs_unlink(fs, after) ? -1 : 0;
}

static void *
fill(void *arg)
{
    const struct filler *f = arg;
    char folder[PATH_SIZE], before[2 * PATH_SIZE], after[2 * PATH_SIZE];

    snprintf(folder, sizeof(folder), "/a-folder-of-thread-%02d", f->number);
    if (glfs_mkdir(f->fs, folder, 0755) && errno != EEXIST)
        err(1, "%s", folder);
    for (int i = 0; i < f->files; i++) {
        snprintf(before, sizeof(before), "%s/file-%06d", folder, i);
        snprintf(after, sizeof(after), "%s/name-%06d", folder, i);
        if (live(f->fs, before, after))
            err(1, "%s", before);
    }
    return NULL;
}

int
main(int argc, char **argv)
{
    int threads = argc == 4 ? atoi(argv[2]) : 0, files = argc == 4 ? atoi(argv[3]) : 0;
    struct filler fillers[THREADS_MAX];

    if (threads < 1 || threads > THREADS_MAX || files < 1)
        errx(2, "fill VOLUME THREADS FILES; up to %d threads", THREADS_MAX);
    struct glfs *fs = glfs_new(argv[1]);

    if (!fs || glfs_set_volfile_server(fs, "unix", "/run/glusterd.socket", 0) ||
        glfs_set_logging(fs, "/dev/null", 0) || glfs_init(fs))
        err(1, "volume %s", argv[1]);
    for (int i = 0; i < threads; i++) {
        fillers[i] = (struct filler){.fs = fs, .number = i, .files = files};
        if (pthread_create(&fillers[i].thread, NULL, fill, &fillers[i]))
            errx(1, "no thread %d", i);
    }
    for (int i = 0; i < threads; i++)
        pthread_join(fillers[i].thread, NULL);
    glfs_fini(fs);
    return 0;
}
