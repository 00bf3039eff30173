/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volext-filter PATH: glusterd runs this for every volfile it has written, under
 * its big lock. It must be quick, and must never call glusterd.
 */
#include <errno.h>

#include "common/log.h"
#include "glusterd/apply.h"
#include "glusterd/later.h"
#include "glusterd/lock.h"
#include "glusterd/store.h"

/* WORKDIR/vols/VOLUME/FILE */
struct where {
    char *workdir;
    char *volume;
    char *file;
};

static void
where_free(struct where *where)
{
    free(where->workdir);
    free(where->volume);
    free(where->file);
}

static bool
is_workdir(const char *path)
{
    const char *given = getenv("GLUSTERD_WORKDIR");
    const char *slash = strrchr(path, '/');

    if (given && !strcmp(given, path))
        return true;
    /* WORKDIR/snaps/SNAP/VOLUME/… of a snapshot named `vols` looks like one */
    if (slash && !strcmp(slash, "/snaps"))
        return false;
    AUTO_FREE char *info = str_fmt("%s/glusterd.info", path);
    return info && access(info, F_OK) == 0;
}

/* Cuts the last component off path. */
static char *
cut(char *path)
{
    char *slash = strrchr(path, '/');

    if (!slash || slash == path || !slash[1])
        return NULL;
    *slash = '\0';
    return strdup(slash + 1);
}

/* False: the path is not one of a volume's volfiles in a working directory. */
static bool
find_where(const char *path, struct where *where)
{
    where->workdir = strdup(*path == '/' ? path : "");
    if (!where->workdir || strstr(path, "/../"))
        return false;
    where->file = cut(where->workdir);
    where->volume = where->file ? cut(where->workdir) : NULL;
    AUTO_FREE char *vols = where->volume ? cut(where->workdir) : NULL;
    return vols && !strcmp(vols, "vols") && site_is_volume_name(where->volume) &&
           is_workdir(where->workdir);
}

static void
complain(void *arg, const char *sentence)
{
    (void)arg;
    log_warn("%s", sentence);
}

/* The volume's options as this glusterd is about to store them. */
static int
read_options(const struct site *site, const char *name, struct volume *volume)
{
    AUTO_PENDING struct pending pending = PENDING_INIT;
    int ret = volume_read(site, name, volume);

    if (ret) {
        /* being created, or a peer that came back: info follows, filters too */
        if (ret != -ENOENT)
            log_err("volume %s: reading its info: %s; its volfiles are left as "
                    "they are", name, strerror(-ret));
        return ret;
    }
    ret = pending_read(site, name, volume->version, &pending);
    if (ret == -ENOENT)
        return 0;
    if (ret)
        log_warn("volume %s: reading the pending values of version %llu: %s; they "
                 "are ignored", name, volume->version, strerror(-ret));
    else if (pending.glusterd == getppid() && pending_is_live(&pending))
        return pending_overlay(&pending, volume);
    return 0;
}

static int
filter(struct site *site, const struct where *where)
{
    AUTO_TABLE struct volgen_table table = VOLGEN_TABLE_INIT;
    AUTO_VOLUME struct volume volume = VOLUME_INIT;
    AUTO_LOCK struct lock lock = LOCK_INIT;
    AUTO_WORK struct work work = WORK_INIT;

    lock_take(&lock, site, where->volume, LOCK_GLUSTERD);
    int ret = read_options(site, where->volume, &volume);
    if (!ret)
        ret = volgen_table_load(&table, DESCRIBEDIR, complain, NULL);
    if (ret)
        return ret;
    struct apply apply = {.site = site,
                          .volume = where->volume,
                          .options = &volume.options,
                          .table = &table};
    ret = work_make(&apply, where->file, &work);
    if (ret > 0)
        ret = work_write(&apply, &work);
    else if (!ret)
        ret = work_record(&apply, &work);
    if (*apply.missing)
        later_fetch(site, apply.missing);
    return ret;
}

int
main(int argc, char **argv)
{
    AUTO(where_free) struct where where = {0};
    AUTO_SITE struct site site = SITE_INIT;

    if (argc != 2) {
        fprintf(stderr, "usage: volext-filter VOLFILE\n");
        return 2;
    }
    if (!find_where(argv[1], &where) ||
        volgen_kind_of(where.volume, where.file) == VOLGEN_OTHER)
        return 0;
    if (site_open(&site, where.workdir, argv[0]))
        return 1;
    site_log(&site, "filter");
    return filter(&site, &where) < 0;
}
