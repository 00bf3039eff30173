/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * app VOLUME LOG: an application on libgfapi. It is told what to do on standard input, a
 * line each, and answers each with a line: `ok` (what was read behind it) or an errno's
 * number.
 *
 *   stat PATH   mkdir PATH   rmdir PATH   unlink PATH   write PATH TEXT   read PATH
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <glusterfs/api/glfs.h>

static char text[4096];

static int
transfer(glfs_t *fs, const char *path, const char *what)
{
    glfs_fd_t *fd = what ? glfs_creat(fs, path, O_RDWR, 0644) : glfs_open(fs, path, O_RDONLY);
    ssize_t n = -1;

    if (!fd)
        return -1;
    if (what)
        n = glfs_write(fd, what, strlen(what), 0);
    else if ((n = glfs_read(fd, text, sizeof(text) - 1, 0)) >= 0)
        text[n] = '\0';
    int err = errno;

    if (glfs_close(fd) < 0 && n >= 0)
        return -1;
    errno = err;
    return n < 0 ? -1 : 0;
}

static int
obey(glfs_t *fs, const char *word, const char *path, const char *rest)
{
    struct stat st;

    text[0] = '\0';
    if (!strcmp(word, "stat"))
        return glfs_stat(fs, path, &st);
    if (!strcmp(word, "mkdir"))
        return glfs_mkdir(fs, path, 0755);
    if (!strcmp(word, "rmdir"))
        return glfs_rmdir(fs, path);
    if (!strcmp(word, "unlink"))
        return glfs_unlink(fs, path);
    if (!strcmp(word, "write"))
        return transfer(fs, path, rest);
    if (!strcmp(word, "read"))
        return transfer(fs, path, NULL);
    errno = ENOSYS;
    return -1;
}

int
main(int argc, char **argv)
{
    char line[8192], word[16], path[4096];
    glfs_t *fs = argc == 3 ? glfs_new(argv[1]) : NULL;

    if (!fs || glfs_set_volfile_server(fs, "tcp", "localhost", 24007) ||
        glfs_set_logging(fs, argv[2], 7) || glfs_init(fs)) {
        perror("app");
        return 1;
    }
    while (fgets(line, sizeof(line), stdin)) {
        int rest = 0;

        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "%15s %4095s %n", word, path, &rest) != 2)
            return 2;
        if (obey(fs, word, path, line + rest) < 0)
            printf("%d\n", errno);
        else
            printf("ok %s\n", text);
        fflush(stdout);
    }
    glfs_fini(fs);
    return 0;
}
