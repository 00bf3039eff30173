/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Which volume, server and folder a word of the user means; see connect.h. Knows nothing
 * of libgfapi.
 */
#include "connect.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "common/strbuf.h"

void
connect_place_free(struct connect_place *place)
{
    free(place->volume);
    free(place->server);
    free(place->dir);
    *place = (struct connect_place)CONNECT_PLACE_INIT;
}

/* Takes what was found over into *place; -ENOMEM if a part of it could not be copied. */
static int
hand_over(struct connect_place *found, struct connect_place *place)
{
    if (!found->volume || !found->dir)
        return -ENOMEM;
    *place = *found;
    *found = (struct connect_place)CONNECT_PLACE_INIT;
    return 0;
}

/* Adds `path` to dir: one slash between parts, none at the end. */
static void
add_path(struct strbuf *dir, const char *path)
{
    while (*path) {
        size_t len = strcspn(path, "/");

        if (len) {
            strbuf_char(dir, '/');
            strbuf_add(dir, path, len);
        }
        path += len + (path[len] == '/');
    }
}

static char *
dir_of(const char *const *parts, size_t count)
{
    AUTO_STRBUF struct strbuf dir = STRBUF_INIT;

    for (size_t i = 0; i < count; i++)
        add_path(&dir, parts[i]);
    if (!dir.len)
        strbuf_char(&dir, '/');
    return strbuf_take(&dir);
}

/* -- names --------------------------------------------------------------------------- */

/* The colon between server and volume, or NULL. A server may be an IPv6 address, a
 * folder in the volume may have colons: `:/` decides, else the last colon. */
static const char *
separator(const char *spec)
{
    const char *colon = strstr(spec, ":/");

    return colon ? colon : strrchr(spec, ':');
}

int
connect_place_parse(const char *spec, struct connect_place *place, const char **why)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-_";
    AUTO_PLACE struct connect_place found = CONNECT_PLACE_INIT;
    const char *colon = separator(spec), *volume = colon ? colon + 1 : spec;

    if (colon) {
        size_t len = (size_t)(colon - spec);
        bool brackets = len > 1 && spec[0] == '[' && colon[-1] == ']';

        if (!len) {
            *why = "there is no server before the colon";
            return -EINVAL;
        }
        found.server = brackets ? strndup(spec + 1, len - 2) : strndup(spec, len);
        if (!found.server)
            return -ENOMEM;
        volume += *volume == '/';
    }
    size_t len = strspn(volume, letters);

    if (!len || (volume[len] && volume[len] != '/')) {
        *why = "the name of a volume has letters, digits, - and _ only";
        return -EINVAL;
    }
    found.volume = strndup(volume, len);
    found.dir = dir_of((const char *[]){volume + len}, 1);
    return hand_over(&found, place);
}

/* -- mounts -------------------------------------------------------------------------- */

/* The next field of a line of mountinfo, in place: \ooo stands for a character. */
static char *
next_field(char **line)
{
    char *field = strsep(line, " \n"), *to = field;

    if (!field)
        return NULL;
    for (const char *from = field; *from; to++) {
        if (from[0] == '\\' && strspn(from + 1, "01234567") >= 3) {
            *to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
            from += 4;
        } else
            *to = *from++;
    }
    *to = '\0';
    return field;
}

/* What one line says of a mount: its parts stay the line's. */
struct mounted {
    const char *root; /* the folder of the file system that is mounted (bind mounts) */
    const char *point;
    const char *type;
    const char *source;
};

static bool
read_line(char *line, long id, struct mounted *m)
{
    const char *field = next_field(&line);

    if (!field || strtol(field, NULL, 10) != id)
        return false;
    next_field(&line); /* the parent's number */
    next_field(&line); /* the device */
    m->root = next_field(&line);
    m->point = next_field(&line);
    while ((field = next_field(&line)) && strcmp(field, "-")) {
        /* options and any number of other things, up to a hyphen */
    }
    m->type = next_field(&line);
    m->source = next_field(&line);
    return m->root && m->point && m->type && m->source;
}

/* The place that `path` has on the volume that m has mounted. */
static int
inside(const struct mounted *m, const char *path, struct connect_place *place)
{
    AUTO_PLACE struct connect_place source = CONNECT_PLACE_INIT;
    const char *why;
    size_t len = strlen(m->point);

    if (strcmp(m->type, "fuse.glusterfs"))
        return -ENODEV;
    /* from a volfile: its path, without a server */
    if (!separator(m->source) || connect_place_parse(m->source, &source, &why))
        return -EINVAL;
    /* the mount point is not a prefix of path if it is "/", or the path has ended in it */
    const char *rest = strncmp(path, m->point, len) ? "" : path + len;
    char *dir = dir_of((const char *[]){source.dir, m->root, rest}, 3);

    free(source.dir);
    source.dir = dir;
    return hand_over(&source, place);
}

int
connect_place_mounted(FILE *mountinfo, long id, const char *path, struct connect_place *place,
                      char **type)
{
    AUTO_FREE char *line = NULL;
    size_t room = 0;
    struct mounted m;

    while (getline(&line, &room, mountinfo) >= 0) {
        if (!read_line(line, id, &m))
            continue;
        *type = strdup(m.type);
        return *type ? inside(&m, path, place) : -ENOMEM;
    }
    *type = strdup("");
    return *type ? -ENOENT : -ENOMEM;
}

/* The number of the mount on which fd is: exact also where mounts cover one another. */
static long
mount_id(int fd)
{
    AUTO_FREE char *name = str_fmt("/proc/self/fdinfo/%d", fd);
    AUTO_FCLOSE FILE *f = name ? fopen(name, "re") : NULL;
    char line[128];
    long id = -1;

    while (f && id < 0 && fgets(line, sizeof(line), f)) {
        if (!strncmp(line, "mnt_id:", 7))
            id = strtol(line + 7, NULL, 10);
    }
    return id;
}

static int
explain_path(const char *path, int ret, const char *type, char **why)
{
    AUTO_STRBUF struct strbuf name = STRBUF_INIT;

    strbuf_word(&name, path);
    switch (-ret) {
    case ENODEV:
        *why = str_fmt("%s is on a file system of type %s, not on a mounted volume: give the "
                       "volume as VOLUME or SERVER:VOLUME", strbuf_text(&name), type);
        break;
    case EINVAL:
        *why = str_fmt("%s is on a volume that was not mounted from a server: give the volume "
                       "as VOLUME or SERVER:VOLUME", strbuf_text(&name));
        break;
    default:
        *why = str_fmt("cannot find the mount of %s: %s", strbuf_text(&name), strerror(-ret));
    }
    return ret;
}

static int
find_path(const char *path, const struct connect_options *options,
          struct connect_place *place, char **why)
{
    AUTO_CLOSE int fd = open(path, O_PATH | O_CLOEXEC | (options->no_follow ? O_NOFOLLOW : 0));
    int e = errno;
    AUTO_FREE char *link = str_fmt("/proc/self/fd/%d", fd);
    AUTO_FREE char *type = NULL;
    char real[PATH_MAX];

    if (fd < 0) {
        AUTO_STRBUF struct strbuf name = STRBUF_INIT;

        strbuf_word(&name, path);
        *why = str_fmt("cannot open %s: %s%s", strbuf_text(&name), strerror(e),
                       e == ENOTCONN ? ": its mount has ended; unmount it, mount it again" : "");
        return -e;
    }
    ssize_t len = link ? readlink(link, real, sizeof(real) - 1) : -1;
    AUTO_FCLOSE FILE *mountinfo = fopen("/proc/self/mountinfo", "re");

    if (len < 0 || !mountinfo)
        return explain_path(path, -errno, NULL, why);
    real[len] = '\0';
    int ret = connect_place_mounted(mountinfo, mount_id(fd), real, place, &type);

    return ret ? explain_path(path, ret, type, why) : 0;
}

int
connect_place_find(const char *spec, const struct connect_options *options,
                   struct connect_place *place, char **why)
{
    size_t colon = strcspn(spec, ":"), slash = strcspn(spec, "/");
    const char *reason = NULL;

    *why = NULL;
    /* a server has no slash in its name */
    if (spec[slash] && slash < colon)
        return find_path(spec, options, place, why);
    int ret = connect_place_parse(spec, place, &reason);

    if (ret) {
        AUTO_STRBUF struct strbuf name = STRBUF_INIT;

        strbuf_word(&name, *spec ? spec : "''");
        *why = str_fmt("%s is not a volume: %s; give VOLUME, SERVER:VOLUME, or a path with a "
                       "slash on a mounted volume", strbuf_text(&name),
                       reason ? reason : strerror(-ret));
    }
    return ret;
}
