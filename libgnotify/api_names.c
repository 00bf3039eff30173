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

/* One slash before each part, none at the end. -ENOMEM, -ENAMETOOLONG. */
static int
tidy(const char *path, struct strbuf *out, unsigned *depth)
{
    *depth = 0;
    while (*(path += strspn(path, "/"))) {
        size_t len = strcspn(path, "/");

        if (len != 1 || *path != '.') {
            strbuf_char(out, '/');
            strbuf_add(out, path, len);
            ++*depth;
        }
        path += len;
    }
    if (out->len >= PATH_MAX)
        return -ENAMETOOLONG;
    return strbuf_failed(out) ? -ENOMEM : 0;
}

static int
gfid_at(struct glfs *fs, const char *path, uint8_t gfid[WATCH_GFID], bool *is_dir)
{
    struct stat st;

    errno = 0;
    AUTO_OBJECT struct glfs_object *object = glfs_h_lookupat(fs, NULL, path, &st, 0);

    if (!object || glfs_h_extract_handle(object, gfid, WATCH_GFID) != WATCH_GFID)
        return failure();
    *is_dir = S_ISDIR(st.st_mode);
    return 0;
}

/* What path, without links in it, names. */
static int
look_up(struct glfs *fs, const char *path, struct name *name)
{
    AUTO_STRBUF struct strbuf clean = STRBUF_INIT;
    AUTO(name_free) struct name found = {.is_dir = true};
    int ret = tidy(path, &clean, &found.depth);

    found.path = ret ? NULL : strdup(strbuf_text(&clean));
    found.chain = calloc(found.depth ? found.depth : 1, WATCH_GFID);
    if (!found.path || !found.chain)
        return ret ? ret : -ENOMEM;
    char *end = found.path;

    for (unsigned i = 0; i < found.depth && !ret; i++) {
        end = strchrnul(end + 1, '/');
        char kept = *end;

        *end = '\0';
        ret = gfid_at(fs, found.path, found.chain[i], &found.is_dir);
        *end = kept;
    }
    if (ret)
        return ret;
    *name = found;
    found = (struct name){0};
    return 0;
}

/* The folder a link is in, without links, and the link's own name. */
static int
real_folder(struct glfs *fs, const char *path, struct strbuf *out)
{
    const char *base = strrchr(path, '/');
    AUTO_FREE char *folder = base ? strndup(path, (size_t)(base - path)) : NULL;
    char real[PATH_MAX + 1];

    if (!folder)
        return -ENOMEM;
    errno = 0;
    if (!glfs_realpath(fs, *folder ? folder : "/", real))
        return failure();
    strbuf_fmt(out, "%s%s", real, base);
    return strbuf_failed(out) ? -ENOMEM : 0;
}

int
name_find(struct link *link, const char *path, bool follow, struct name *name)
{
    struct glfs *fs = link_volume(link);
    AUTO_STRBUF struct strbuf clean = STRBUF_INIT, folder = STRBUF_INIT;
    unsigned depth;
    int ret = tidy(path, &clean, &depth);

    if (ret || !depth)
        return ret ? ret : look_up(fs, "/", name);
    if (!follow) {
        ret = real_folder(fs, clean.data, &folder);
        return ret ? ret : look_up(fs, folder.data, name);
    }
    char real[PATH_MAX + 1];

    errno = 0;
    return glfs_realpath(fs, clean.data, real) ? look_up(fs, real, name) : failure();
}

/* A path of the file, as storage/posix has kept it. */
static int
path_of(struct glfs *fs, struct glfs_object *object, const struct stat *st, char *path, size_t size)
{
    const char *key = S_ISDIR(st->st_mode) ? "glusterfs.ancestry.path" : "glusterfs.gfidtopath";
    int len = glfs_h_getxattrs(fs, object, key, path, size - 1);

    if (len <= 0)
        return failure();
    path[len] = '\0';
    return *path == '/' ? 0 : -EIO;
}

int
name_of(struct link *link, const uint8_t gfid[WATCH_GFID], struct name *name)
{
    struct glfs *fs = link_volume(link);
    unsigned char handle[WATCH_GFID];
    char path[PATH_MAX];
    struct stat st;

    memcpy(handle, gfid, sizeof(handle));
    errno = 0;
    AUTO_OBJECT struct glfs_object *object =
        glfs_h_create_from_handle(fs, handle, sizeof(handle), &st);

    if (!object)
        return errno == ESTALE || errno == ENOENT ? -ENOENT : failure();
    int ret = path_of(fs, object, &st, path, sizeof(path));

    if (ret)
        return ret == -ENOENT ? -EIO : ret;
    ret = look_up(fs, path, name);
    /* renamed meanwhile, or the path is of one of several names */
    return ret == -ENOENT ? -EAGAIN : ret;
}
