/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Questions to the volume; see volume.h.
 */
#include "gfind/volume.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include <glusterfs/api/glfs-handles.h>
#include <glusterfs/api/glfs.h>

#include "common/strbuf.h"

static void
object_close(struct glfs_object **object)
{
    if (*object)
        glfs_h_close(*object);
}

#define AUTO_OBJECT AUTO(object_close)

int
volume_reach(struct volume *volume)
{
    AUTO_PLACE struct connect_place place = CONNECT_PLACE_INIT;

    return volume->fs ? 0 : connect_volume(volume->spec, &volume->how, &volume->fs, &place);
}

/* libgfapi does not always say why. */
static int
failure(void)
{
    return errno ? -errno : -EIO;
}

static bool
is_gone(int error)
{
    return error == -ENOENT || error == -ESTALE;
}

/* 1: the path is that of the file; 0: it is not. */
static int
is_at(struct volume *volume, const char *path, const uint8_t gfid[GFID_SIZE])
{
    uint8_t found[GFID_SIZE];
    struct stat stat;

    errno = 0;
    AUTO_OBJECT struct glfs_object *object = glfs_h_lookupat(volume->fs, NULL, path, &stat, 0);

    if (!object)
        return is_gone(failure()) || failure() == -ENOTDIR ? 0 : failure();
    if (glfs_h_extract_handle(object, found, GFID_SIZE) != GFID_SIZE)
        return failure();
    return !memcmp(found, gfid, GFID_SIZE);
}

/* Where a folder is. Of a file this is not asked: glusterfs.gfidtopath, which would tell it, ends
 * the brick (GlusterFS 10) where what is kept of the file names a folder that is gone. */
static int
ask_path(struct volume *volume, const uint8_t gfid[GFID_SIZE], char *text, size_t size)
{
    uint8_t handle[GFID_SIZE];
    struct stat stat;

    memcpy(handle, gfid, GFID_SIZE);
    errno = 0;
    AUTO_OBJECT struct glfs_object *object =
        glfs_h_create_from_handle(volume->fs, handle, GFID_SIZE, &stat);

    if (!object)
        return failure();
    if (!S_ISDIR(stat.st_mode))
        return -EOPNOTSUPP;
    int len = glfs_h_getxattrs(volume->fs, object, "glusterfs.ancestry.path", text, size - 1);

    if (len <= 0 || *text != '/')
        return len <= 0 ? failure() : -EIO;
    while (len > 1 && (text[len - 1] == '/' || !text[len - 1]))
        len--;
    text[len] = '\0';
    return 0;
}

int
volume_whereis(void *arg, const uint8_t gfid[GFID_SIZE], const char *known, char **path)
{
    struct volume *volume = arg;
    char text[PATH_MAX * 2];

    *path = NULL;
    int ret = volume_reach(volume);

    if (ret)
        return ret;
    ret = known ? is_at(volume, known, gfid) : 0;
    if (ret > 0) {
        *path = strdup(known);
        return *path ? 0 : -ENOMEM;
    }
    if (!ret)
        ret = ask_path(volume, gfid, text, sizeof(text));
    if (!ret)
        ret = is_at(volume, text, gfid); /* it may have moved since */
    if (ret > 0) {
        *path = strdup(text);
        return *path ? 0 : -ENOMEM;
    }
    return is_gone(ret) ? 0 : ret ? ret : -EAGAIN;
}

int
volume_has(struct volume *volume, const char *path)
{
    struct stat stat;
    int ret = volume_reach(volume);

    if (ret)
        return ret;
    errno = 0;
    if (!glfs_lstat(volume->fs, path, &stat))
        return 1;
    return is_gone(failure()) || failure() == -ENOTDIR ? 0 : failure();
}
