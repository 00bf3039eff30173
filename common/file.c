/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Whole files; see file.h.
 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdint.h>
#include <sys/stat.h>

int
file_read(const char *path, size_t limit, struct strbuf *out)
{
    AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    char chunk[16384];
    ssize_t n;

    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EINVAL;
    size_t start = out->len;
    while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
        if (n < 0) {
            if (errno == EINTR)
                continue;
            return -errno;
        }
        strbuf_add(out, chunk, (size_t)n);
        if (out->len - start > limit)
            return -EFBIG;
    }
    strbuf_add(out, "", 0);
    return strbuf_failed(out) ? -ENOMEM : 0;
}

static int
write_all(int fd, const char *data, size_t len)
{
    while (len) {
        ssize_t n = write(fd, data, len);

        if (n < 0) {
            if (errno == EINTR)
                continue;
            return -errno;
        }
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

static int
fill_like(int fd, const char *old, const void *data, size_t len, mode_t mode)
{
    struct stat st;

    if (stat(old, &st) == 0) {
        mode = st.st_mode & 07777;
        if ((st.st_uid != geteuid() || st.st_gid != getegid()) &&
            fchown(fd, st.st_uid, st.st_gid) < 0)
            return -errno;
    } else if (errno != ENOENT)
        return -errno;
    if (fchmod(fd, mode) < 0)
        return -errno;
    return write_all(fd, data, len);
}

int
file_replace(const char *path, const void *data, size_t len, mode_t mode)
{
    AUTO_FREE char *temp = str_fmt("%s.XXXXXX", path);
    if (!temp)
        return -ENOMEM;

    int fd = mkostemp(temp, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int ret = fill_like(fd, path, data, len, mode);
    /* close can be the first to say that the disk is full (quota, NFS) */
    if (close(fd) < 0 && !ret)
        ret = -errno;
    if (!ret && rename(temp, path) < 0)
        ret = -errno;
    if (ret)
        unlink(temp);
    return ret;
}

static const char *
distrusted(const struct stat *st)
{
    if (st->st_uid != 0)
        return "is not owned by root";
    if (st->st_mode & (S_IWGRP | S_IWOTH))
        return "is writable by others than root";
    return NULL;
}

bool
file_is_trusted(const char *path, const char **why)
{
    const char *slash = strrchr(path, '/');
    AUTO_FREE char *dir = slash ? strndup(path, (size_t)(slash - path) + 1)
                                : strdup("./");
    struct stat st;

    *why = "cannot be looked at";
    if (!dir || stat(path, &st) < 0)
        return false;
    *why = "is not a regular file";
    if (!S_ISREG(st.st_mode))
        return false;
    if ((*why = distrusted(&st)))
        return false;
    *why = "lies in a folder that cannot be looked at";
    if (stat(dir, &st) < 0)
        return false;
    *why = "lies in a folder that others than root can write";
    return !distrusted(&st);
}

int
file_make_dirs(const char *path, int levels)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return 0;
    if (errno != ENOENT || levels <= 1)
        return -errno;

    const char *slash = strrchr(path, '/');
    AUTO_FREE char *up = slash ? strndup(path, (size_t)(slash - path)) : NULL;
    if (!up)
        return -ENOENT;
    int ret = file_make_dirs(up, levels - 1);
    if (ret)
        return ret;
    return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : -errno;
}

void
file_remove_folder(const char *path)
{
    AUTO_CLOSEDIR DIR *dir = opendir(path);
    struct dirent *entry;

    while (dir && (entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            unlinkat(dirfd(dir), entry->d_name, 0);
    rmdir(path);
}

void
digest_bytes(const void *data, size_t len, char hex[DIGEST_HEX])
{
    SHA2_CTX ctx;
    uint8_t sum[SHA256_DIGEST_LENGTH];

    SHA256Init(&ctx);
    SHA256Update(&ctx, data, len);
    SHA256Final(sum, &ctx);
    for (size_t i = 0; i < sizeof(sum); i++)
        snprintf(hex + 2 * i, 3, "%02x", sum[i]);
}
