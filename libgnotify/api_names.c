/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Which file a path of the volume names, and what a file is called: asked of the volume
 * itself, through libgfapi.
 */
#include "libgnotify/api.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include <glusterfs/api/glfs.h>
#include <glusterfs/api/glfs-handles.h>

#include "common/strbuf.h"

static void
object_close(struct glfs_object **object)
{
    if (*object)
        glfs_h_close(*object);
}

#define AUTO_OBJECT AUTO(object_close)

enum { MAX_LINKS = 40 }; /* as Linux has it */

void
name_free(struct name *name)
{
    free(name->path);
    free(name->chain);
    *name = (struct name){0};
}

/* libgfapi's errors, of which it does not always have one. */
static int
failure(void)
{
    return errno ? -errno : -EIO;
}

/* A path on its way to being without links: what is looked up, and what is to come. */
struct walk {
    struct glfs *fs;
    struct strbuf done;
    char *rest;
    uint8_t (*chain)[WATCH_GFID];
    unsigned depth, room, links;
    bool is_dir, is_link;
};

static void
walk_end(struct walk *w)
{
    strbuf_free(&w->done);
    free(w->rest);
    free(w->chain);
}

/* To the folder above. */
static void
up(struct walk *w)
{
    const char *slash = w->depth ? strrchr(w->done.data, '/') : NULL;

    if (!slash)
        return;
    w->done.len = (size_t)(slash - w->done.data);
    w->done.data[w->done.len] = '\0';
    w->depth--;
    w->is_dir = true;
}

/* To the file of that name. */
static int
step(struct walk *w, const char *name, size_t len)
{
    struct stat st;

    if (w->depth == w->room) {
        void *chain = realloc(w->chain, (w->room + 16) * sizeof(*w->chain));

        if (!chain)
            return -ENOMEM;
        w->chain = chain;
        w->room += 16;
    }
    strbuf_char(&w->done, '/');
    strbuf_add(&w->done, name, len);
    if (strbuf_failed(&w->done) || w->done.len >= PATH_MAX)
        return w->done.failed ? -ENOMEM : -ENAMETOOLONG;
    errno = 0;
    AUTO_OBJECT struct glfs_object *object = glfs_h_lookupat(w->fs, NULL, w->done.data, &st, 0);

    if (!object || glfs_h_extract_handle(object, w->chain[w->depth], WATCH_GFID) != WATCH_GFID)
        return failure();
    w->depth++;
    w->is_dir = S_ISDIR(st.st_mode);
    w->is_link = S_ISLNK(st.st_mode);
    return 0;
}

/* What the link that this is has in it comes before the rest. */
static int
follow_link(struct walk *w)
{
    char target[PATH_MAX];

    if (++w->links > MAX_LINKS)
        return -ELOOP;
    errno = 0;
    int len = glfs_readlink(w->fs, w->done.data, target, sizeof(target) - 1);

    if (len < 0)
        return failure();
    target[len] = '\0';
    char *rest = str_fmt("%s/%s", target, w->rest);

    if (!rest)
        return -ENOMEM;
    free(w->rest);
    w->rest = rest;
    up(w);
    while (*target == '/' && w->depth)
        up(w);
    return 0;
}

/* Goes on by one part of the path. */
static int
walk_on(struct walk *w, bool follow)
{
    const char *name = w->rest + strspn(w->rest, "/");
    size_t len = strcspn(name, "/");
    bool last = !name[len + strspn(name + len, "/")];
    int ret = 0;

    w->is_link = false;
    if (len == 2 && !memcmp(name, "..", 2))
        up(w);
    else if (len && (len != 1 || *name != '.'))
        ret = w->is_dir ? step(w, name, len) : -ENOTDIR;
    memmove(w->rest, name + len, strlen(name + len) + 1);
    if (!ret && w->is_link && (follow || !last))
        ret = follow_link(w);
    return ret;
}

int
name_find(struct link *link, const char *path, bool follow, struct name *name)
{
    AUTO(walk_end) struct walk w = {.fs = link_volume(link), .rest = strdup(path), .is_dir = true};
    int ret = w.rest ? 0 : -ENOMEM;

    while (!ret && w.rest[strspn(w.rest, "/")])
        ret = walk_on(&w, follow);
    if (ret)
        return ret;
    char *copy = strdup(w.depth ? w.done.data : "");

    if (!copy)
        return -ENOMEM;
    *name = (struct name){.path = copy, .chain = TAKE(w.chain), .depth = w.depth, .is_dir = w.is_dir};
    return 0;
}

/* Where a folder is, as bricks have kept it. Of a file this is not asked: glusterfs.gfidtopath, which
 * would tell it, ends the brick (GlusterFS 10) where what is kept of the file names a
 * folder that is gone. */
static int
path_of(struct glfs *fs, struct glfs_object *object, char path[PATH_MAX])
{
    int len = glfs_h_getxattrs(fs, object, "glusterfs.ancestry.path", path, PATH_MAX - 1);

    if (len <= 0)
        return failure();
    path[len] = '\0';
    return *path == '/' ? 0 : -EIO;
}

static struct glfs_object *
open_gfid(struct glfs *fs, const uint8_t gfid[WATCH_GFID], struct stat *st)
{
    unsigned char handle[WATCH_GFID];

    memcpy(handle, gfid, sizeof(handle));
    errno = 0;
    return glfs_h_create_from_handle(fs, handle, sizeof(handle), st);
}

static bool
is_gone(int ret)
{
    return ret == -ESTALE || ret == -ENOENT;
}

/* A file is where it was, or its place is not known. */
static int
file_path(struct glfs *fs, const uint8_t parent[WATCH_GFID], const char *base, char path[PATH_MAX])
{
    struct stat st;
    AUTO_OBJECT struct glfs_object *folder = open_gfid(fs, parent, &st);

    if (!folder)
        return is_gone(failure()) ? -ENODATA : failure();
    int ret = path_of(fs, folder, path);
    size_t len = ret ? 0 : strlen(path);

    if (ret)
        return ret;
    if (len + 1 + strlen(base) >= PATH_MAX)
        return -ENODATA;
    path[len] = '/';
    memcpy(path + len + 1, base, strlen(base) + 1);
    return 0;
}

int
name_of(struct link *link, const uint8_t gfid[WATCH_GFID], const uint8_t parent[WATCH_GFID],
        const char *base, struct name *name)
{
    AUTO(name_free) struct name found = {0};
    struct glfs *fs = link_volume(link);
    char path[PATH_MAX];
    struct stat st;
    AUTO_OBJECT struct glfs_object *object = open_gfid(fs, gfid, &st);

    if (!object)
        return is_gone(failure()) ? -ENOENT : failure();
    int ret = S_ISDIR(st.st_mode) ? path_of(fs, object, path) : file_path(fs, parent, base, path);

    if (ret)
        return ret == -ENOENT ? -EIO : ret;
    ret = name_find(link, path, false, &found);
    if (ret == -ENOENT) /* renamed meanwhile */
        return S_ISDIR(st.st_mode) ? -EAGAIN : -ENODATA;
    if (ret)
        return ret;
    if (!S_ISDIR(st.st_mode) && (!found.depth || memcmp(found.chain[found.depth - 1], gfid, WATCH_GFID)))
        return -ENODATA;
    *name = found;
    found = (struct name){0};
    return 0;
}
