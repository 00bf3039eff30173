/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Named cursors: how far a reader has come, one small file each beside the journal,
 *     volext-gnotify-cursor 1 JOURNAL-ID NUMBER WHEN HOST
 * (when it was acknowledged, ns by the brick's clock, and from where; older ones lack
 * these), written to the disk before the reader is told so.
 */
#include "xlators/gnotify/gnotify.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

enum { CURSORS_MAX = 256, TEXT_MAX = 128 + GNOTIFY_HOST, ID_HEX = 2 * NOTIFY_ID_SIZE };

static const char head[] = "volext-gnotify-cursor 1 ";

static bool
is_name(const char *name)
{
    size_t len = strlen(name);

    if (!len || len > NOTIFY_CURSOR_NAME_MAX || name[0] == '.')
        return false;
    for (; *name; name++) {
        if (!isalnum((unsigned char)*name) && !strchr("._-", *name))
            return false;
    }
    return true;
}

/* The folder, made where it is not there and `make` is set. */
static int
folder_open(const struct gnotify *g, bool make)
{
    AUTO_FREE char *path = NULL;

    if (!g->directory || asprintf(&path, "%s/cursors", g->directory) < 0)
        return -ENOENT;
    if (make && mkdir(path, 0700) < 0 && errno != EEXIST)
        return -errno;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

    return fd < 0 ? -errno : fd;
}

static bool
parse(const char *text, struct kept_cursor *c)
{
    unsigned byte;
    char *end;

    *c = (struct kept_cursor){.host = ""};
    if (strncmp(text, head, sizeof(head) - 1) != 0)
        return false;
    text += sizeof(head) - 1;
    if (strnlen(text, ID_HEX + 1) <= ID_HEX || text[ID_HEX] != ' ')
        return false;
    for (int i = 0; i < NOTIFY_ID_SIZE; i++) {
        if (!isxdigit((unsigned char)text[2 * i]) || !isxdigit((unsigned char)text[2 * i + 1]) ||
            sscanf(text + 2 * i, "%2x", &byte) != 1)
            return false;
        c->at.id[i] = (uint8_t)byte;
    }
    c->at.seq = strtoull(text + ID_HEX + 1, &end, 10);
    if (end == text + ID_HEX + 1)
        return false;
    if (*end == ' ') {
        c->at.acked = strtoull(end + 1, &end, 10);
        if (*end == ' ') {
            size_t len = strcspn(++end, " \n");

            snprintf(c->host, sizeof(c->host), "%.*s", (int)len, end);
            end += len;
        }
    }
    return *end == '\n';
}

static int
load(int folder, const char *name, struct kept_cursor *c)
{
    char text[TEXT_MAX];
    AUTO_CLOSE int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0)
        return -errno;
    ssize_t n = read(fd, text, sizeof(text) - 1);

    if (n < 0)
        return -errno;
    text[n] = '\0';
    return parse(text, c) ? 0 : -EIO;
}

int
cursor_load(const struct gnotify *g, const char *name, struct kept_cursor *c)
{
    if (!is_name(name))
        return -EINVAL;
    AUTO_CLOSE int folder = folder_open(g, false);

    return folder < 0 ? folder : load(folder, name, c);
}

/* How many there are; what a crash left of one that was being written goes. */
static int
count(int folder)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), n = 0;
    AUTO_CLOSEDIR DIR *d = fd < 0 ? NULL : fdopendir(fd);

    if (!d) {
        int err = errno;

        if (fd >= 0)
            close(fd);
        return -err;
    }
    for (const struct dirent *e; (e = readdir(d));) {
        if (e->d_name[0] != '.')
            n++;
    }
    return n;
}

static int
write_out(int folder, const char *name, const char *text, size_t len)
{
    static const char fresh[] = ".new";
    AUTO_CLOSE int fd = openat(folder, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return -errno;
    ssize_t n = write(fd, text, len);
    int err = n < 0 ? errno : n < (ssize_t)len ? ENOSPC : 0;

    if (!err && (fsync(fd) < 0 || renameat(folder, fresh, folder, name) < 0 || fsync(folder) < 0))
        err = errno;
    if (err)
        unlinkat(folder, fresh, 0);
    return -err;
}

int
cursor_store(const struct gnotify *g, const char *name, const struct kept_cursor *c)
{
    char text[TEXT_MAX], hex[ID_HEX + 1];

    if (!is_name(name))
        return -EINVAL;
    AUTO_CLOSE int folder = folder_open(g, true);

    if (folder < 0)
        return folder;
    if (faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0) {
        int n = count(folder);

        if (n < 0 || n >= CURSORS_MAX)
            return n < 0 ? n : -ENOSPC;
    }
    for (int i = 0; i < NOTIFY_ID_SIZE; i++)
        snprintf(hex + 2 * i, 3, "%02x", c->at.id[i]);
    int len = snprintf(text, sizeof(text), "%s%s %" PRIu64 " %" PRIu64 " %s\n", head, hex, c->at.seq,
                       c->at.acked, c->host);

    return write_out(folder, name, text, (size_t)len);
}

int
cursor_forget(const struct gnotify *g, const char *name)
{
    if (!is_name(name))
        return -EINVAL;
    AUTO_CLOSE int folder = folder_open(g, false);

    if (folder < 0)
        return folder;
    return unlinkat(folder, name, 0) < 0 ? -errno : 0;
}

void
cursor_each(const struct gnotify *g,
            void (*each)(const char *name, const struct kept_cursor *c, void *arg), void *arg)
{
    int folder = folder_open(g, false);
    AUTO_CLOSEDIR DIR *d = folder < 0 ? NULL : fdopendir(folder);
    struct kept_cursor c;

    for (const struct dirent *e; d && (e = readdir(d));) {
        if (is_name(e->d_name) && !load(dirfd(d), e->d_name, &c))
            each(e->d_name, &c, arg);
    }
}
