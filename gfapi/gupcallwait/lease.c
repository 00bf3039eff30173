/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Leases; see lease.h.
 */
#include "lease.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>

#include <glusterfs/api/glfs-handles.h>

#include "gfapi/gupcallwait/show.h"

/* Who holds a lease is a number of the program's choice, 128 bits. One does for all its
 * files; it is the thread's, and goes with every call it makes. */
static bool
lease_id(char id[GLFS_LEASE_ID_SIZE])
{
    static glfs_leaseid_t mine;
    static bool chosen;

    if (!chosen && getrandom(mine, sizeof(mine), 0) != sizeof(mine))
        return false;
    chosen = true;
    memcpy(id, mine, sizeof(mine));
    return true;
}

/* The recall arrives as an upcall as well, where gupcallwait waits for it. libgfapi calls
 * this one without asking whether it is there. */
static void
recalled(glfs_lease_t lease, void *data)
{
    (void)lease;
    (void)data;
}

static int
refused(struct watch *w, const char *what)
{
    AUTO_STRBUF struct strbuf path = STRBUF_INIT, name = STRBUF_INIT;
    int e = errno;

    watch_path(w, &path);
    strbuf_word(&name, strbuf_text(&path));
    fprintf(stderr, "gupcallwait: %s: %s: %s", strbuf_text(&name), what, strerror(e));
    if (e == ENOSYS || e == EOPNOTSUPP)
        fprintf(stderr, ": is features.leases on (`gluster volume upcall VOLUME enable leases`), "
                        "and was each brick started since?");
    else if (e == EAGAIN || e == EBUSY)
        fprintf(stderr, ": another client has it open, or holds a lease");
    fputc('\n', stderr);
    return e ? -e : -EIO;
}

int
lease_take(struct glfs *fs, struct watch *w, bool write)
{
    struct glfs_lease lease = {
        .cmd = GLFS_SET_LEASE,
        .lease_type = write ? GLFS_RW_LEASE : GLFS_RD_LEASE,
    };

    if (!S_ISREG(w->st.st_mode)) {
        errno = S_ISDIR(w->st.st_mode) ? EISDIR : ENOTSUP;
        return refused(w, "only a regular file can have a lease");
    }
    if (!lease_id(lease.lease_id) || glfs_setfsleaseid(lease.lease_id))
        return refused(w, "no lease can be identified");
    /* A lease to write needs a file that is open to write. */
    struct glfs_fd *fd = glfs_h_open(fs, w->object, write ? O_RDWR : O_RDONLY);

    if (!fd)
        return refused(w, "cannot be opened");
    if (glfs_lease(fd, &lease, recalled, NULL)) {
        int ret = refused(w, "no lease was given");

        glfs_close(fd);
        return ret;
    }
    w->lease = fd;
    return 0;
}

void
lease_return(struct watch *w, bool write)
{
    struct glfs_lease lease = {
        .cmd = GLFS_UNLK_LEASE,
        .lease_type = write ? GLFS_RW_LEASE : GLFS_RD_LEASE,
    };

    if (!w->lease)
        return;
    if (!lease_id(lease.lease_id) || glfs_lease(w->lease, &lease, recalled, NULL))
        refused(w, "the lease could not be given back");
    glfs_close(w->lease);
    w->lease = NULL;
}
