/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Reconciling; see reconcile.h. How an older value cannot overwrite a newer one:
 *
 *  - set/pre writes the pending file under the volume's lock, and reconciling looks
 *    for it under the same lock before each file: once set/pre has returned, no
 *    reconcile goes on with what info said before.
 *  - info is replaced by rename: when it is another file than the one that was
 *    read, reconciling starts again from the new one.
 *  - a volfile is put in place by exchange, and the exchange is undone when what
 *    came out is not what was read: glusterd writes without our lock.
 */
#include "glusterd/reconcile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "common/log.h"
#include "glusterd/apply.h"
#include "glusterd/later.h"
#include "glusterd/lock.h"
#include "glusterd/run.h"
#include "glusterd/store.h"

enum { ROUNDS = 5 };

void
outcome_free(struct outcome *outcome)
{
    strbuf_free(&outcome->restart);
}

static void
complain(void *arg, const char *sentence)
{
    (void)arg;
    log_warn("%s", sentence);
}

static bool
set_is_under_way(const struct site *site, const char *name,
                 const struct volume *volume)
{
    AUTO_PENDING struct pending pending = PENDING_INIT;

    return !pending_read(site, name, volume->version, &pending) &&
           pending_is_live(&pending);
}

static void
count(struct outcome *outcome, const struct work *work, int ret)
{
    if (ret < 0)
        outcome->failed++;
    else if (ret > 0) {
        outcome->changed++;
        outcome->running += work->kind != VOLGEN_BRICK || work->pid;
    }
}

static void
note_restart(struct outcome *outcome, const struct work *work)
{
    if (work->pid && work->has.len)
        strbuf_fmt(&outcome->restart, "%s:%s\n", work->brick.host,
                   work->brick.path);
}

/* -EAGAIN: something moved, begin anew. */
static int
one_file(struct apply *apply, const struct volume *volume, const char *file,
         struct outcome *outcome)
{
    AUTO_LOCK struct lock lock = LOCK_INIT;
    AUTO_WORK struct work work = WORK_INIT;

    int ret = lock_take(&lock, apply->site, apply->volume, LOCK_OTHER);
    if (ret) {
        log_err("volume %s: taking its lock: %s; %s is left as it is",
                apply->volume, strerror(-ret), file);
        return ret;
    }
    if (!apply->strip) {
        outcome->in_flight = set_is_under_way(apply->site, apply->volume, volume);
        if (outcome->in_flight)
            return 0;
        if (!volume_is_current(apply->site, apply->volume, volume))
            return -EAGAIN;
    }
    ret = work_make(apply, file, &work);
    if (!ret)
        ret = work_record(apply, &work);
    else if (ret > 0) {
        if (!lock_is_held(&lock))
            return -EAGAIN;
        ret = work_swap(apply, &work);
        if (ret == -EAGAIN)
            return ret;
        ret = ret ? ret : 1;
    }
    count(outcome, &work, ret);
    if (apply->strip)
        note_restart(outcome, &work);
    return 0;
}

/* What a write that was cut short by a crash leaves beside a volfile: glusterd has
 * no names like these. */
static bool
is_leftover(const char *file)
{
    const char *tail = strrchr(file, '.');

    if (!tail || tail - file < 4 || memcmp(tail - 4, ".vol", 4))
        return false;
    return !strcmp(tail, ".volext") || strlen(tail) == 7;
}

/* Under the lock nobody is just about to use it. */
static void
remove_leftover(const struct apply *apply, int dir, const char *file)
{
    AUTO_LOCK struct lock lock = LOCK_INIT;

    if (!lock_take(&lock, apply->site, apply->volume, LOCK_OTHER))
        unlinkat(dir, file, 0);
}

static int
all_files(struct apply *apply, const struct volume *volume,
          struct outcome *outcome)
{
    AUTO_FREE char *path = str_fmt("%s/vols/%s", apply->site->workdir,
                                   apply->volume);
    AUTO_CLOSEDIR DIR *dir = path ? opendir(path) : NULL;
    struct dirent *entry;
    int ret = 0;

    if (!dir)
        return -errno;
    while (!ret && !outcome->in_flight && (entry = readdir(dir))) {
        if (is_leftover(entry->d_name))
            remove_leftover(apply, dirfd(dir), entry->d_name);
        else if (volgen_kind_of(apply->volume, entry->d_name) != VOLGEN_OTHER)
            ret = one_file(apply, volume, entry->d_name, outcome);
    }
    return ret;
}

static int
one_round(struct site *site, const char *name, bool strip,
          const struct volgen_table *table, struct outcome *outcome)
{
    AUTO_VOLUME struct volume volume = VOLUME_INIT;
    int ret = volume_read(site, name, &volume);

    if (ret && !(strip && ret == -EBADMSG)) {
        if (ret != -ENOENT)
            log_err("volume %s: reading its info: %s; its volfiles are left as "
                    "they are", name, strerror(-ret));
        return ret;
    }
    outcome->version = volume.version;
    struct apply apply = {.site = site,
                          .volume = name,
                          .options = &volume.options,
                          .table = table,
                          .strip = strip};
    ret = all_files(&apply, &volume, outcome);
    if (*apply.missing)
        later_fetch(site, apply.missing);
    return ret;
}

int
reconcile_volume(struct site *site, const char *name, bool strip,
                 struct outcome *outcome)
{
    AUTO_TABLE struct volgen_table table = VOLGEN_TABLE_INIT;
    int ret = volgen_table_load(&table, DESCRIBEDIR, complain, NULL);

    if (ret)
        return ret;
    ret = -EAGAIN;
    for (int i = 0; i < ROUNDS && ret == -EAGAIN; i++)
        ret = one_round(site, name, strip, &table, outcome);
    if (ret == -EAGAIN)
        log_warn("volume %s: its files kept changing: left to the next "
                 "operation", name);
    if (strip && !ret)
        store_forget(site, name);
    return ret;
}

int
reconcile_and_tell(struct site *site, const char *name)
{
    AUTO_OUTCOME struct outcome outcome = OUTCOME_INIT;
    int ret = reconcile_volume(site, name, false, &outcome);

    if (!outcome.running)
        return ret;
    AUTO_FREE char *version = str_fmt("%llu", outcome.version);
    if (version)
        later(site, (const char *[]){"notify", name, version, NULL});
    return ret;
}

/* ---- the filter's link --------------------------------------------------- */

int
reconcile_filter_link(struct site *site)
{
    static const char target[] = VOLEXTDIR "/volext-filter";
    AUTO_STRBUF struct strbuf out = STRBUF_INIT;
    char now[4096];

    int ret = run((const char *[]){STOCK_GLUSTERFSD, "--print-xlatordir", NULL}, 10,
                  &out);
    char *end = out.data ? strchr(out.data, '\n') : NULL;
    if (end)
        *end = '\0';
    char *slash = ret || !out.data || *out.data != '/' ? NULL
                                                      : strrchr(out.data, '/');
    if (!slash) {
        log_err("%s --print-xlatordir did not tell where GlusterFS's translators "
                "are: the filter's link is left as it is", STOCK_GLUSTERFSD);
        return -ENOENT;
    }
    char *xlatordir = strdup(out.data);
    if (!xlatordir)
        return -ENOMEM;
    free(site->xlatordir);
    site->xlatordir = xlatordir;
    *slash = '\0';
    AUTO_FREE char *dir = str_fmt("%s/filter", out.data);
    AUTO_FREE char *link = str_fmt("%s/filter/volext", out.data);
    if (!dir || !link)
        return -ENOMEM;
    ssize_t n = readlink(link, now, sizeof(now) - 1);
    if ((n > 0 && (size_t)n == strlen(target) && !memcmp(now, target, (size_t)n)) ||
        access(target, X_OK) < 0)
        return 0;
    /* GlusterFS's folder, not ours: open to all, whatever our umask */
    if ((mkdir(dir, 0755) < 0 ? errno != EEXIST : chmod(dir, 0755) < 0) ||
        (unlink(link) < 0 && errno != ENOENT) || symlink(target, link) < 0) {
        ret = -errno;
        log_err("making the filter's link %s: %s", link, strerror(-ret));
        return ret;
    }
    log_info("made the filter's link %s", link);
    return 0;
}

/* ---- commands ------------------------------------------------------------ */

static int
reconcile_one(void *arg, const char *name)
{
    AUTO_OUTCOME struct outcome outcome = OUTCOME_INIT;
    struct site *site = arg;
    AUTO_VOLUME struct volume volume = VOLUME_INIT;

    if (!volume_read(site, name, &volume) &&
        !set_is_under_way(site, name, &volume))
        pending_remove(site, name, 0);
    int ret = reconcile_volume(site, name, false, &outcome);
    if (ret || outcome.failed)
        fprintf(stderr, "volext: volume %s: %s; see volext.log\n", name,
                ret ? strerror(-ret) : "some volfiles could not be changed");
    return 0;
}

static int
strip_one(void *arg, const char *name)
{
    AUTO_OUTCOME struct outcome outcome = OUTCOME_INIT;
    int ret = reconcile_volume(arg, name, true, &outcome);

    if (ret || outcome.failed)
        fprintf(stderr, "volext: volume %s: %s; see volext.log\n", name,
                ret ? strerror(-ret) : "some volfiles could not be changed");
    for (char *at = outcome.restart.data, *end; at && *at; at = end + 1) {
        end = strchr(at, '\n');
        *end = '\0';
        printf("volume %s: restart brick %s: it runs with translators that are "
               "being removed\n", name, at);
    }
    return 0;
}

static int
over_volumes(struct site *site, int argc, char **argv,
             int (*visit)(void *arg, const char *name))
{
    if (argc == 1 && !strcmp(argv[0], "--all"))
        return volume_each(site, visit, site);
    for (int i = 0; i < argc; i++) {
        if (!site_is_volume_name(argv[i])) {
            fprintf(stderr, "volext: %s is not a volume's name\n", argv[i]);
            return 2;
        }
        visit(site, argv[i]);
    }
    return argc ? 0 : 2;
}

int
cmd_reconcile(struct site *site, int argc, char **argv)
{
    if (argc == 1 && !strcmp(argv[0], "--all")) {
        reconcile_filter_link(site);
        site_record(site);
    }
    return over_volumes(site, argc, argv, reconcile_one);
}

int
cmd_strip(struct site *site, int argc, char **argv)
{
    return over_volumes(site, argc, argv, strip_one);
}
