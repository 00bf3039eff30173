/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The detached helpers settle and notify; see wait.h.
 */
#include "glusterd/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>

#include "common/file.h"
#include "common/log.h"
#include "glusterd/lock.h"
#include "glusterd/reconcile.h"
#include "glusterd/run.h"
#include "glusterd/store.h"

enum {
    SETTLE_POLL_MS = 500,
    NOTIFY_FIRST_SECONDS = 2,  /* then 1 s more for each node before this one */
    RETURN_SECONDS = 30,       /* glusterd can crash when set so soon after a
                                  peer's return */
    NOTIFY_TRIES = 20,
    GLUSTER_SECONDS = 130,     /* its own time limit is 120 */
};

static void
sleep_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};

    while (nanosleep(&t, &t) < 0 && errno == EINTR)
        ;
}

/* 0 when there is no such volume. */
static unsigned long long
version_of(const struct site *site, const char *name)
{
    AUTO_VOLUME struct volume volume = VOLUME_INIT;

    return volume_read(site, name, &volume) ? 0 : volume.version;
}

int
cmd_settle(struct site *site, int argc, char **argv)
{
    if (argc < 2 || !site_is_volume_name(argv[0]))
        return 2;
    site_log(site, "settle");
    const char *name = argv[0];
    unsigned long long version = strtoull(argv[1], NULL, 10);
    long long boot = argc > 2 ? strtoll(argv[2], NULL, 10) : boot_seconds();

    for (;;) {
        AUTO_PENDING struct pending pending = PENDING_INIT;
        int ret = pending_read(site, name, version, &pending);

        /* gone, or a later set's: that has a helper of its own */
        if (ret == -ENOENT || (!ret && pending.boot > boot))
            return 0;
        if (version_of(site, name) != version)
            return 0; /* the set went through: its post hook does the rest */
        if (ret || !pending_is_live(&pending))
            break;
        sleep_ms(SETTLE_POLL_MS);
    }
    log_info("volume %s: a set at version %llu did not go through: its values are "
             "dropped", name, version);
    {
        AUTO_LOCK struct lock lock = LOCK_INIT;
        AUTO_PENDING struct pending pending = PENDING_INIT;

        if (lock_take(&lock, site, name, LOCK_OTHER))
            return 1;
        if (!pending_read(site, name, version, &pending) && pending.boot > boot)
            return 0;
        pending_remove(site, name, version + 1);
    }
    return reconcile_and_tell(site, name) != 0;
}

/* This node's place among the pool's uuids. Also nodes without volext count, which
 * only makes the wait a second longer: asking them would need glusterd. */
static int
rank_of(const struct site *site)
{
    AUTO_FREE char *own = store_uuid(site);
    AUTO_FREE char *path = str_fmt("%s/peers", site->workdir);
    AUTO_CLOSEDIR DIR *dir = path ? opendir(path) : NULL;
    struct dirent *entry;
    int rank = 0;

    while (own && dir && (entry = readdir(dir)))
        rank += strlen(entry->d_name) == strlen(own) &&
                strcmp(entry->d_name, own) < 0;
    return rank;
}

/* Seconds that the youngest glusterd of the pool has been up; -1: it cannot be
 * found out. */
static long long
youngest(void)
{
    AUTO_STRBUF struct strbuf out = STRBUF_INIT;
    long long least = -1;

    if (run((const char *[]){STOCK_GLUSTER, "--mode=script", "system::", "execute",
                             "volext", "uptime", NULL}, GLUSTER_SECONDS, &out))
        return -1;
    for (const char *line = strbuf_text(&out); line && *line;
         line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        const char *tab = strchr(line, '\t');
        long long seconds;

        if (tab && sscanf(tab, "\tuptime\t%lld", &seconds) == 1 &&
            (least < 0 || seconds < least))
            least = seconds;
    }
    return least;
}

static int
set_epoch(const char *name)
{
    AUTO_STRBUF struct strbuf out = STRBUF_INIT;
    AUTO_FREE char *epoch = str_fmt("%lld", (long long)time(NULL));

    if (!epoch)
        return -ENOMEM;
    return run((const char *[]){STOCK_GLUSTER, "--mode=script", "volume", "set",
                                name, "user.volext.epoch", epoch, NULL},
               GLUSTER_SECONDS, &out);
}

/* One at a time for a volume. The next one waits: the first may have been started for an
 * older version and end because there is a newer one, of which nobody was told. */
static int
be_the_only_one(const struct site *site, const char *name)
{
    AUTO_FREE char *path = site_path(site, "lock/%s.notify", name);

    if (!path || site_make_dir(site, "lock"))
        return -1;
    AUTO_CLOSE int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    while (fd >= 0 && flock(fd, LOCK_EX) < 0)
        if (errno != EINTR)
            return -1;
    int held = fd;
    fd = -1;
    return held;
}

static bool
moved_on(const struct site *site, const char *name, unsigned long long version)
{
    unsigned long long now = version_of(site, name);

    return !now || (version && now != version);
}

int
cmd_notify(struct site *site, int argc, char **argv)
{
    if (argc < 1 || !site_is_volume_name(argv[0]))
        return 2;
    site_log(site, "notify");
    const char *name = argv[0];
    unsigned long long version = argc > 1 ? strtoull(argv[1], NULL, 10)
                                          : version_of(site, name);
    AUTO_CLOSE int only = be_the_only_one(site, name);
    if (only < 0)
        return 0;
    /* A set runs the filter, and that the post hook finds nothing left to mend. Without
     * the filter each set would bring the next one. */
    if (reconcile_filter_link(site))
        return 1;
    long wait = NOTIFY_FIRST_SECONDS * 1000L + rank_of(site) * 1000L;

    for (int i = 0; i < NOTIFY_TRIES; i++) {
        sleep_ms(wait);
        wait = 1000;
        if (moved_on(site, name, version))
            return 0; /* any set has told the clients */
        long long up = youngest();
        if (up >= 0 && up < RETURN_SECONDS) {
            wait = (RETURN_SECONDS - (long)up) * 1000L;
            continue;
        }
        if (up < 0 && i < NOTIFY_TRIES / 2)
            continue; /* busy, or starting */
        if (moved_on(site, name, version))
            return 0;
        int ret = set_epoch(name);
        if (!ret) {
            log_info("volume %s: told its clients of their changed volfiles", name);
            return 0;
        }
    }
    log_warn("volume %s: its clients could not be told that their volfiles "
             "changed: they switch with the next `gluster volume set %s …`", name,
             name);
    return 1;
}
