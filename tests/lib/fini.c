/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * fini VOLUME LOG FILE PATH...: an application on libgfapi that looks at each PATH, says
 * how that ended, and leaves the volume at once, whatever the volume's module still does.
 * It waits until FILE has a line `end`, and does it all once more, but for the waiting.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glusterfs/api/glfs.h>

static int
use(const char *volume, const char *log, char **paths)
{
    glfs_t *fs = glfs_new(volume);
    struct stat st;

    if (!fs || glfs_set_volfile_server(fs, "tcp", "localhost", 24007) ||
        glfs_set_logging(fs, log, 7) || glfs_init(fs)) {
        perror("glfs_init");
        return 1;
    }
    for (; *paths; paths++)
        printf("%s: %s\n", *paths, glfs_stat(fs, *paths, &st) < 0 ? strerror(errno) : "ok");
    printf("fini: %d\n", glfs_fini(fs));
    fflush(stdout);
    return 0;
}

static int
is_ended(const char *path)
{
    char line[256];
    int found = 0;
    FILE *f = fopen(path, "r");

    while (f && fgets(line, sizeof(line), f))
        found |= !strcmp(line, "end\n");
    if (f)
        fclose(f);
    return found;
}

int
main(int argc, char **argv)
{
    if (argc < 5 || use(argv[1], argv[2], argv + 4))
        return 1;
    for (int i = 0; !is_ended(argv[3]); i++) {
        if (i == 600)
            return 2;
        usleep(100000);
    }
    return use(argv[1], argv[2], argv + 4);
}
