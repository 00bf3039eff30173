/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Handles of a brick; see handle.h.
 */
#include "gfind/handle.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/strbuf.h"

static bool
is_folder(const char *path)
{
    struct stat st;

    return path && !stat(path, &st) && S_ISDIR(st.st_mode);
}

static char *
handle_of(const char *brick, const uint8_t gfid[GFID_SIZE])
{
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;

    strbuf_fmt(&text, "%s/.glusterfs/%02x/%02x/", brick, gfid[0], gfid[1]);
    for (int i = 0; i < GFID_SIZE; i++)
        strbuf_fmt(&text, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", gfid[i]);
    return strbuf_failed(&text) ? NULL : strbuf_take(&text);
}

static bool
gfid_parse(const char *text, uint8_t gfid[GFID_SIZE])
{
    for (int i = 0; i < GFID_SIZE; i++) {
        text += (i == 4 || i == 6 || i == 8 || i == 10) && *text == '-';
        if (sscanf(text, "%2hhx", &gfid[i]) != 1 || !text[1])
            return false;
        text += 2;
    }
    return true;
}

bool
handle_is_root(const uint8_t gfid[GFID_SIZE])
{
    static const uint8_t root[GFID_SIZE] = {[GFID_SIZE - 1] = 1};

    return !memcmp(gfid, root, GFID_SIZE);
}

/* A folder's handle is a link to ../../pp/pp/PARENT/NAME. False: it is none. */
static bool
folder_link(const char *brick, const uint8_t gfid[GFID_SIZE], uint8_t parent[GFID_SIZE], char name[256])
{
    enum { PARENT = 12, NAME = PARENT + 36 + 1 };
    AUTO_FREE char *handle = handle_of(brick, gfid);
    char text[NAME + 256];
    ssize_t len = handle ? readlink(handle, text, sizeof(text) - 1) : -1;

    if (len <= NAME || strncmp(text, "../../", 6) != 0 || text[NAME - 1] != '/')
        return false;
    text[len] = '\0';
    if (strchr(text + NAME, '/') || !gfid_parse(text + PARENT, parent))
        return false;
    snprintf(name, 256, "%s", text + NAME);
    return is_folder(handle);
}

/* The path of a folder by the handles of all that is above it. 0; -ENOENT. */
static int
folder_path(const char *brick, const uint8_t gfid[GFID_SIZE], char **path)
{
    uint8_t at[GFID_SIZE], parent[GFID_SIZE];
    AUTO_FREE char *whole = strdup("");
    char name[256];

    memcpy(at, gfid, GFID_SIZE);
    for (int depth = 0; whole && !handle_is_root(at); depth++) {
        if (depth > 2048 || !folder_link(brick, at, parent, name))
            return -ENOENT;
        char *longer = str_fmt("/%s%s", name, whole);

        free(whole);
        whole = longer;
        memcpy(at, parent, GFID_SIZE);
    }
    if (!whole)
        return -ENOMEM;
    *path = TAKE(whole);
    return 0;
}

static bool
is_same(const char *brick, const char *handle, const char *path)
{
    AUTO_FREE char *whole = path ? str_fmt("%s%s", brick, path) : NULL;
    struct stat a, b;

    return whole && !lstat(handle, &a) && !lstat(whole, &b) && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

/* A file's names are in its attributes trusted.gfid2path.*: PARENT/NAME. */
static int
file_path(const char *brick, const char *handle, char **path)
{
    static const char prefix[] = "trusted.gfid2path.";
    char names[1 << 16], value[36 + 1 + 256];
    ssize_t len = llistxattr(handle, names, sizeof(names));

    for (const char *n = names; len > 0 && n < names + len; n += strlen(n) + 1) {
        uint8_t parent[GFID_SIZE];
        AUTO_FREE char *folder = NULL;
        ssize_t got = strncmp(n, prefix, strlen(prefix)) ? -1 : lgetxattr(handle, n, value, sizeof(value) - 1);

        if (got <= 37 || value[36] != '/' || !gfid_parse(value, parent) || folder_path(brick, parent, &folder))
            continue;
        value[got] = '\0';
        AUTO_FREE char *whole = str_fmt("%s/%s", folder, value + 37);

        if (is_same(brick, handle, whole)) {
            *path = TAKE(whole);
            return 0;
        }
    }
    return -ENODATA;
}

bool
handle_is_folder(const char *brick, const uint8_t gfid[GFID_SIZE])
{
    uint8_t parent[GFID_SIZE];
    char name[256];

    return folder_link(brick, gfid, parent, name);
}

int
handle_path(const char *brick, const uint8_t gfid[GFID_SIZE], const char *known, char **path)
{
    AUTO_FREE char *handle = handle_of(brick, gfid);
    struct stat st;

    if (!handle)
        return -ENOMEM;
    if (lstat(handle, &st))
        return -errno;
    if (!folder_path(brick, gfid, path))
        return 0;
    if (known && is_same(brick, handle, known)) {
        *path = strdup(known);
        return *path ? 0 : -ENOMEM;
    }
    return file_path(brick, handle, path);
}
