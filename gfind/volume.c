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

enum { PATHS_MAX = 64 * 1024, PICKS_MAX = 256 };

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

/* The paths that storage/posix has kept of the file, with colons between them. */
static int
ask_paths(struct volume *volume, const uint8_t gfid[GFID_SIZE], char *text, size_t size)
{
    uint8_t handle[GFID_SIZE];
    struct stat stat;

    memcpy(handle, gfid, GFID_SIZE);
    errno = 0;
    AUTO_OBJECT struct glfs_object *object =
        glfs_h_create_from_handle(volume->fs, handle, GFID_SIZE, &stat);

    if (!object)
        return failure();
    const char *key = S_ISDIR(stat.st_mode) ? "glusterfs.ancestry.path" : "glusterfs.gfidtopath";
    int len = glfs_h_getxattrs(volume->fs, object, key, text, size - 1);

    if (len <= 0 || *text != '/')
        return len <= 0 ? failure() : -EIO;
    while (len > 1 && (text[len - 1] == '/' || !text[len - 1]))
        len--;
    text[len] = '\0';
    return 0;
}

/* The first of the paths that is one of the file's now: what is kept can be old, and a folder's name
 * can end with a colon. */
static int
pick_path(struct volume *volume, const uint8_t gfid[GFID_SIZE], char *text, const char *but,
          char **path)
{
    int left = PICKS_MAX;

    for (char *begin = text; begin; begin = strstr(begin, ":/") ? strstr(begin, ":/") + 1 : NULL)
        for (char *end = begin; end && left; left--) {
            end = strstr(end + 1, ":/");
            AUTO_FREE char *one = end ? strndup(begin, (size_t)(end - begin)) : strdup(begin);
            int ret = !one ? -ENOMEM : but && !strcmp(one, but) ? 0 : is_at(volume, one, gfid);

            if (ret < 0)
                return ret;
            if (ret) {
                *path = TAKE(one);
                return 0;
            }
        }
    return but ? 0 : -EAGAIN;
}

int
volume_whereis(void *arg, const uint8_t gfid[GFID_SIZE], const char *known, bool other, char **path)
{
    struct volume *volume = arg;
    AUTO_FREE char *text = malloc(PATHS_MAX);

    *path = NULL;
    int ret = text ? volume_reach(volume) : -ENOMEM;

    if (ret)
        return ret;
    ret = known && !other ? is_at(volume, known, gfid) : 0;
    if (ret > 0) {
        *path = strdup(known);
        return *path ? 0 : -ENOMEM;
    }
    if (!ret)
        ret = ask_paths(volume, gfid, text, PATHS_MAX);
    if (!ret)
        ret = pick_path(volume, gfid, text, other ? known : NULL, path);
    return is_gone(ret) ? 0 : ret;
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
