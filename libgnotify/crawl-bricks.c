/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Which bricks a crawl reaches, and what marker keeps on them; see crawl-own.h.
 */
#include "libgnotify/crawl-own.h"

#include <dlfcn.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <glusterfs/api/glfs.h>

#include "common/strbuf.h"
#include "gfapi/graph.h"

enum { GSYNCD = -1 }; /* the process id of geo-replication's mounts: marker answers no other */

/* ---- bricks that are away ----------------------------------------------------------------- */

static int
read_graph(struct glfs *fs, struct gfapi_graph *graph)
{
    ssize_t missing = glfs_get_volfile(fs, NULL, 0);
    AUTO_FREE char *text = missing < 0 ? malloc((size_t)-missing) : NULL;

    if (!text)
        return missing < 0 ? -ENOMEM : -EAGAIN;
    if (glfs_get_volfile(fs, text, (size_t)-missing) != -missing)
        return -EAGAIN;
    return gfapi_graph_parse(text, (size_t)-missing, graph);
}

/* What the client's part for a brick says of itself, in the graph that is in use. */
static int
is_connected(struct glfs *fs, const char *client, bool *connected)
{
    AUTO_FREE char *path = str_fmt("/.meta/graphs/active/%s/private", client);
    char text[4096];
    struct glfs_fd *fd = path ? glfs_open(fs, path, O_RDONLY) : NULL;

    if (!fd)
        return path ? -errno : -ENOMEM;
    ssize_t len = glfs_pread(fd, text, sizeof(text) - 1, 0, 0, NULL);

    glfs_close(fd);
    if (len < 0)
        return -errno;
    text[len] = '\0';
    *connected = strstr(text, "\nconnected = 1\n") != NULL;
    return 0;
}

int
crawl_sets_away(struct glfs *fs, void (*away)(void *arg, const char *set), void *arg)
{
    AUTO_GFAPI_GRAPH struct gfapi_graph graph = GFAPI_GRAPH_INIT;
    int ret = read_graph(fs, &graph);

    for (int i = 0; !ret && i < graph.set_count; i++) {
        const struct gfapi_set *set = &graph.sets[i];
        int up = 0;

        for (int b = set->first; !ret && b < set->first + set->count; b++) {
            bool connected = false;

            ret = is_connected(fs, graph.bricks[b].name, &connected);
            up += connected;
        }
        if (!ret && up < (set->type == GFAPI_DISPERSED ? set->count - set->redundancy : 1))
            away(arg, set->name);
    }
    return ret == -ENOENT ? -EAGAIN : ret; /* a brick that the graph in use has not yet */
}

/* ---- xtime -------------------------------------------------------------------------------- */

/* A folder's or the volume's, as a process of geo-replication. */
static ssize_t
get_mark(struct glfs *fs, const struct crawl_xtime *xtime, const char *folder, const char *key,
         void *value, size_t size)
{
    int pid = GSYNCD;

    if (xtime->set_pid(&pid))
        return -1;
    ssize_t len = glfs_lgetxattr(fs, folder, key, value, size);

    pid = getpid();
    xtime->set_pid(&pid);
    return len;
}

void
crawl_xtime_init(struct glfs *fs, struct crawl_xtime *xtime)
{
    struct __attribute__((packed)) {
        uint8_t version[2], volume[16], rest[9];
    } mark;
    char *at = xtime->key;
    /* of libglusterfs, which has it for GlusterFS's own programs: for the calls of one thread */
    void *set_pid = dlsym(RTLD_DEFAULT, "syncopctx_setfspid");
    uint64_t time;

    *xtime = (struct crawl_xtime){0};
    memcpy(&xtime->set_pid, &set_pid, sizeof(set_pid));
    if (!set_pid ||
        get_mark(fs, xtime, "/", "trusted.glusterfs.volume-mark", &mark, sizeof(mark)) < 18)
        return;
    at += snprintf(at, sizeof(xtime->key), "trusted.glusterfs.");
    for (int i = 0; i < 16; i++)
        at += snprintf(at, 4, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
                       mark.volume[i]);
    snprintf(at, sizeof(xtime->key) - (size_t)(at - xtime->key), ".xtime");
    if (!crawl_xtime_of(fs, xtime, "/", &time))
        *xtime->key = '\0';
}

bool
crawl_xtime_of(struct glfs *fs, const struct crawl_xtime *xtime, const char *folder, uint64_t *time)
{
    uint32_t value[2]; /* seconds, microseconds */

    if (!*xtime->key)
        return false;
    ssize_t len = get_mark(fs, xtime, folder, xtime->key, value, sizeof(value));

    if (len != sizeof(value))
        return false;
    *time = (uint64_t)be32toh(value[0]) * 1000000000 + (uint64_t)be32toh(value[1]) * 1000;
    return true;
}
