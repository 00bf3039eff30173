/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * One lock per volume; see lock.h. The kernel drops it with its holder, so that
 * none is left over. A holder that is merely stopped loses it by the removal of
 * the file: glusterd must not wait for it, not even once per volfile.
 */
#include "glusterd/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "common/log.h"
#include "common/strbuf.h"

enum { GLUSTERD_WAIT_MS = 200, OTHER_WAIT_MS = 10000 };

bool
lock_is_held(const struct lock *lock)
{
    struct stat ours, there;

    return lock->fd >= 0 && fstat(lock->fd, &ours) == 0 &&
           stat(lock->path, &there) == 0 && ours.st_ino == there.st_ino &&
           ours.st_dev == there.st_dev;
}

/* 0: held; -EWOULDBLOCK: somebody else has it, or it was removed meanwhile. */
static int
try(struct lock *lock, const struct site *site)
{
    int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW;

    lock->fd = open(lock->path, flags, 0600);
    if (lock->fd < 0 && errno == ENOENT && !site_make_dir(site, "lock"))
        lock->fd = open(lock->path, flags, 0600);
    if (lock->fd < 0)
        return -errno;
    int ret = flock(lock->fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
    if (!ret && lock_is_held(lock))
        return 0;
    close(lock->fd);
    lock->fd = -1;
    return ret ? ret : -EWOULDBLOCK;
}

int
lock_take(struct lock *lock, const struct site *site, const char *name,
          enum lock_who who)
{
    int wait = who == LOCK_GLUSTERD ? GLUSTERD_WAIT_MS : OTHER_WAIT_MS;
    int ret = -ENOMEM;

    *lock = (struct lock)LOCK_INIT;
    lock->path = site_path(site, "lock/%s", name);
    for (int waited = 0; lock->path; waited++) {
        ret = try(lock, site);
        if (ret != -EWOULDBLOCK || waited >= wait)
            break;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    if (ret == -EWOULDBLOCK && who == LOCK_GLUSTERD) {
        log_warn("volume %s: another volext held the lock for %d ms: going on "
                 "without it", name, wait);
        unlink(lock->path);
        ret = try(lock, site);
    }
    if (ret)
        lock_drop(lock);
    return ret == -EWOULDBLOCK ? -ETIMEDOUT : ret;
}

void
lock_drop(struct lock *lock)
{
    if (lock->fd >= 0)
        close(lock->fd);
    free(lock->path);
    *lock = (struct lock)LOCK_INIT;
}
