/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What one brick has: a graph of its protocol/client alone shows the brick as it is, without
 * what the translators above make of several. Here a lister's work; see worker.h.
 *
 * A listing costs a brick a hundredth of what a question for every file costs it: that is
 * why volext-locate lists all bricks and compares, and asks only where they differ.
 */
#include "worker.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <glusterfs/api/glfs.h>

#include "common/strbuf.h"

#define LINKTO "trusted.glusterfs.dht.linkto"
#define SHARD_BLOCK "trusted.glusterfs.shard.block-size"
#define SHARD_SIZE "trusted.glusterfs.shard.file-size"

enum { LOG_NOTHING = 1 };

struct glfs *
locate_brick_connect(const struct gfapi_brick *brick)
{
    AUTO_CLOSE int fd = memfd_create("volext-locate", 0);
    AUTO_FREE char *path = str_fmt("/proc/self/fd/%d", fd);
    size_t len = strlen(brick->volfile);

    if (fd < 0 || !path)
        return NULL;
    if (write(fd, brick->volfile, len) != (ssize_t)len) {
        errno = ENOSPC;
        return NULL;
    }
    struct glfs *fs = glfs_new("volext-locate");

    if (!fs)
        return NULL;
    /* One that does not come up is left as it is: glfs_fini() may wait for it for ever. */
    if (glfs_set_volfile(fs, path) || glfs_set_logging(fs, "/dev/null", LOG_NOTHING) ||
        glfs_init(fs))
        return NULL;
    return fs;
}

/* Mode 1000 is what a linkto file has; a file of somebody's may have it, too. */
static int
tell_linkto(struct glfs *fs, const char *path, struct locate_entry *entry)
{
    char value[1024];
    ssize_t n = glfs_lgetxattr(fs, path, LINKTO, value, sizeof(value));

    if (n < 0 && (errno == EACCES || errno == EPERM))
        entry->kind = LOCATE_UNSURE;
    else if (n < 0 && errno != ENODATA)
        return -errno;
    else
        entry->kind = n < 0 ? LOCATE_FILE : LOCATE_LINKTO;
    return 0;
}

/* A file that fits into its first shard is not worth the name. */
static void
tell_shards(struct glfs *fs, const char *path, struct locate_entry *entry)
{
    uint64_t block, size[4];

    if (glfs_lgetxattr(fs, path, SHARD_BLOCK, &block, sizeof(block)) < (ssize_t)sizeof(block) ||
        glfs_lgetxattr(fs, path, SHARD_SIZE, size, sizeof(size)) < (ssize_t)sizeof(*size) ||
        be64toh(*size) <= be64toh(block))
        return;
    entry->block = be64toh(block);
    entry->size = be64toh(*size);
}

/* -errno when it cannot be told. */
static int
tell_entry(struct glfs *fs, const char *path, const struct stat *stat, bool shards,
           struct locate_entry *entry)
{
    int ret = 0;

    *entry = (struct locate_entry){.inode = stat->st_ino, .kind = LOCATE_OTHER};
    if (S_ISDIR(stat->st_mode))
        entry->kind = LOCATE_FOLDER;
    else if (S_ISREG(stat->st_mode))
        entry->kind = LOCATE_FILE;
    if (S_ISREG(stat->st_mode) && (stat->st_mode & 07777) == S_ISVTX)
        ret = tell_linkto(fs, path, entry);
    if (!ret && shards && entry->kind == LOCATE_FILE)
        tell_shards(fs, path, entry);
    return ret;
}

int
locate_brick_look(struct glfs *fs, const char *path, bool shards, struct locate_entry *entry)
{
    struct stat stat;

    if (glfs_lstat(fs, path, &stat))
        return -errno;
    return tell_entry(fs, path, &stat, shards, entry);
}

/* ---- a lister ---------------------------------------------------------------------------- */

static bool
is_needed_for(const struct stat *stat, bool shards)
{
    return S_ISREG(stat->st_mode) && (shards || (stat->st_mode & 07777) == S_ISVTX);
}

static int
add_entry(struct glfs *fs, const char *folder, const char *name, const struct stat *stat,
          bool shards, struct strbuf *out)
{
    AUTO_FREE char *path = NULL;
    struct locate_entry entry;

    if (is_needed_for(stat, shards)) {
        path = str_fmt("%s/%s", strcmp(folder, "/") ? folder : "", name);
        if (!path)
            return -ENOMEM;
    }
    int ret = tell_entry(fs, path, stat, shards, &entry);

    if (ret == -ENOENT || ret == -ESTALE)
        return 0; /* it went while we looked */
    if (ret || entry.kind == LOCATE_OTHER)
        return ret;
    entry.len = strlen(name) + 1;
    strbuf_add(out, &entry, sizeof(entry));
    strbuf_add(out, name, entry.len);
    return 1;
}

/* Lists on from question->cookie; answer says how far it came. */
static int
list(struct glfs *fs, const struct locate_question *question, const char *folder,
     struct locate_answer *answer, struct strbuf *out)
{
    struct glfs_fd *fd = glfs_opendir(fs, folder);
    struct dirent space, *entry = NULL;
    struct stat stat;
    int ret = 0;

    if (!fd)
        return -errno;
    if (question->cookie)
        glfs_seekdir(fd, (long)question->cookie);
    for (uint32_t read = 0; !ret; read++) {
        if (read == LOCATE_AT_ONCE)
            break;
        if (glfs_readdirplus_r(fd, &stat, &space, &entry)) {
            ret = -errno;
            break;
        }
        if (!entry) {
            answer->last = 1;
            break;
        }
        answer->cookie = (uint64_t)entry->d_off;
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        int added = add_entry(fs, folder, entry->d_name, &stat, question->shards, out);

        ret = added < 0 ? added : 0;
        answer->names += added > 0;
    }
    glfs_closedir(fd);
    return ret ? ret : strbuf_failed(out) ? -ENOMEM : 0;
}

/* Its connection to a brick, made when it is first wanted. */
static struct glfs *
connection(struct glfs **connections, const struct gfapi_graph *graph, int brick)
{
    if (!connections[brick])
        connections[brick] = locate_brick_connect(&graph->bricks[brick]);
    return connections[brick];
}

void
locate_lister_serve(int fd, void *arg)
{
    const struct gfapi_graph *graph = ((struct locate_lister *)arg)->graph;
    struct glfs **connections = calloc(graph->brick_count, sizeof(*connections));
    struct locate_question question;

    while (connections && !locate_read(fd, &question, sizeof(question))) {
        AUTO_STRBUF struct strbuf out = STRBUF_INIT;
        AUTO_FREE char *folder = malloc(question.len);
        struct locate_answer answer = {.brick = question.brick, .tag = question.tag};

        if (!folder || locate_read(fd, folder, question.len))
            return;
        struct glfs *fs = connection(connections, graph, question.brick);

        answer.error = fs ? list(fs, &question, folder, &answer, &out) : -ENOTCONN;
        answer.len = out.len;
        if (locate_write(fd, &answer, sizeof(answer), out.data, out.len))
            return;
    }
}
