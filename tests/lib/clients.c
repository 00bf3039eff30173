/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * clients VOLFILE COUNT FILE...: a process that is COUNT clients of a brick, each a glfs_t
 * with a connection of its own and every FILE looked at. Says "ready", then answers each
 * line on its standard input with the number of upcalls that all of them have received.
 * VOLFILE is a client's with nothing but protocol/client, so that a client is small.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glusterfs/api/glfs-handles.h>

static atomic_ulong upcalls;

static void
arrived(glfs_upcall_t *upcall, void *data)
{
    (void)data;
    atomic_fetch_add(&upcalls, 1);
    glfs_free(upcall);
}

static int
client(const char *volfile, char **files)
{
    glfs_t *fs = glfs_new("clients");
    glfs_object_t *root;
    struct stat st;

    if (!fs || glfs_set_volfile(fs, volfile) || glfs_set_logging(fs, "/dev/null", 1) ||
        glfs_init(fs) || glfs_upcall_register(fs, GLFS_EVENT_ANY, arrived, NULL) < 0)
        return -1;
    /* kept open: an upcall about an inode that libgfapi has forgotten does not arrive */
    if (!(root = glfs_h_lookupat(fs, NULL, "/", &st, 0)))
        return -1;
    for (; *files; files++) {
        if (!glfs_h_lookupat(fs, root, *files, &st, 0))
            return -1;
    }
    return 0;
}

int
main(int argc, char **argv)
{
    char line[16];

    for (int i = 0; argc > 3 && i < atoi(argv[2]); i++) {
        if (client(argv[1], argv + 3)) {
            perror("clients");
            _exit(1);
        }
    }
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin)) {
        printf("%lu\n", atomic_load(&upcalls));
        fflush(stdout);
    }
    _exit(0); /* glfs_fini() would take its time, a thousand times */
}
