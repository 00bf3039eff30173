/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volext hook OP STAGE ARG…: what glusterd's hook scripts run. Pre hooks run under
 * glusterd's big lock: they do little, and never call glusterd.
 */
#include "glusterd/hook.h"

#include <errno.h>

#include "common/log.h"
#include "glusterd/later.h"
#include "glusterd/lock.h"
#include "glusterd/module.h"
#include "glusterd/reconcile.h"
#include "glusterd/store.h"
#include "volgen/volgen.h"

struct call {
    struct site *site;
    const char *volume;
    char **words; /* of a set: KEY=VALUE … */
    int count;
};

static void
complain(void *arg, const char *sentence)
{
    (void)arg;
    log_warn("%s", sentence);
}

static bool
is_ours(const struct volgen_table *table, const char *key)
{
    static const char user[] = "user.", digest[] = "user.features.glupy-digest.";

    if (strncmp(key, user, strlen(user)))
        return volgen_reads(key);
    return !strncmp(key, digest, strlen(digest)) ||
           volgen_option_find(table, key, NULL);
}

static int
take_options(const struct call *call, const struct volgen_table *table,
             struct kv *options)
{
    for (int i = 0; i < call->count; i++) {
        AUTO_FREE char *key = strdup(call->words[i]);
        char *equals = key ? strchr(key, '=') : NULL;

        if (!key)
            return -ENOMEM;
        if (!equals)
            continue;
        *equals = '\0';
        if (is_ours(table, key) && kv_set(options, key, equals + 1))
            return -ENOMEM;
    }
    return 0;
}

/* A packaged example that the set names is put where modules run from. */
static void
deploy_named(const struct call *call, const struct volgen_table *table,
             const struct kv *options)
{
    for (size_t i = 0; i < options->count; i++) {
        const struct volgen_option *option =
            volgen_option_find(table, options->pairs[i].key, NULL);
        AUTO_FREE char *names = strdup(options->pairs[i].value);
        char *save = NULL;

        if (!option || option->type != VOLGEN_MODULES || !names)
            continue;
        for (char *name = strtok_r(names, ", ", &save); name;
             name = strtok_r(NULL, ", ", &save)) {
            struct volgen_module module;
            const char *why;

            if (!volgen_is_off(name))
                module_find(call->site, name,
                            module_wanted_digest(options, name), &module, &why);
        }
    }
}

static int
keep_pending(const struct call *call, const struct kv *options)
{
    AUTO_VOLUME struct volume volume = VOLUME_INIT;
    AUTO_PENDING struct pending pending = PENDING_INIT;
    AUTO_LOCK struct lock lock = LOCK_INIT;

    int ret = volume_read(call->site, call->volume, &volume);
    if (ret == -ENOENT)
        return 0;
    if (ret)
        return ret;
    lock_take(&lock, call->site, call->volume, LOCK_GLUSTERD);
    pending_remove(call->site, call->volume, 0);
    ret = pending_write(call->site, call->volume, volume.version, options,
                        &pending);
    if (ret)
        return ret;
    AUTO_FREE char *version = str_fmt("%llu", volume.version);
    AUTO_FREE char *boot = str_fmt("%lld", pending.boot);
    return version && boot ? later(call->site,
                                   (const char *[]){"settle", call->volume,
                                                    version, boot, NULL})
                           : -ENOMEM;
}

static int
remove_leftovers(const struct call *call)
{
    AUTO_LOCK struct lock lock = LOCK_INIT;
    AUTO_FREE char *dir = site_path(call->site, "pending");

    if (!dir || access(dir, F_OK) < 0)
        return 0;
    lock_take(&lock, call->site, call->volume, LOCK_GLUSTERD);
    pending_remove(call->site, call->volume, 0);
    return 0;
}

static int
set_pre(const struct call *call)
{
    AUTO_TABLE struct volgen_table table = VOLGEN_TABLE_INIT;
    AUTO_KV struct kv options = KV_INIT;

    int ret = volgen_table_load(&table, DESCRIBEDIR, complain, NULL);
    if (!ret)
        ret = take_options(call, &table, &options);
    if (ret)
        return ret;
    if (!options.count)
        return remove_leftovers(call);
    deploy_named(call, &table, &options);
    return keep_pending(call, &options);
}

static int
set_post(const struct call *call)
{
    AUTO_VOLUME struct volume volume = VOLUME_INIT;

    /* the next set's pre hook may have run already: its file has info's version */
    if (!volume_read(call->site, call->volume, &volume) && volume.version)
        pending_remove(call->site, call->volume, volume.version);
    return reconcile_and_tell(call->site, call->volume);
}

static int
reconcile(const struct call *call)
{
    return reconcile_and_tell(call->site, call->volume);
}

/* Bricks are about to be started; glusterd does not write their volfiles again. */
static int
start_pre(const struct call *call)
{
    AUTO_OUTCOME struct outcome outcome = OUTCOME_INIT;

    remove_leftovers(call);
    return reconcile_volume(call->site, call->volume, false, &outcome);
}

static int
delete_post(const struct call *call)
{
    AUTO_VOLUME struct volume volume = VOLUME_INIT;

    /* a volume of that name may have been created again by now */
    if (!volume_read(call->site, call->volume, &volume))
        return reconcile(call);
    store_forget(call->site, call->volume);
    return 0;
}

static const struct row {
    const char *op; /* NULL: any other */
    const char *stage;
    int (*run)(const struct call *call);
} rows[] = {
    {"set", "pre", set_pre},
    {"set", "post", set_post},
    {"start", "pre", start_pre},
    {"delete", "post", delete_post},
    {NULL, "pre", remove_leftovers},
    {NULL, "post", reconcile},
};

/* --volname=V … -o KEY=VALUE … --gd-workdir=W */
static void
read_arguments(struct call *call, const char **workdir, int argc, char **argv)
{
    static const char volname[] = "--volname=", gd[] = "--gd-workdir=";
    int i;

    for (i = 0; i < argc && strcmp(argv[i], "-o"); i++) {
        if (!strncmp(argv[i], volname, strlen(volname)))
            call->volume = argv[i] + strlen(volname);
        else if (!strncmp(argv[i], gd, strlen(gd)))
            *workdir = argv[i] + strlen(gd);
    }
    if (i == argc)
        return;
    call->words = argv + i + 1;
    call->count = argc - i - 1;
    /* the last argument is glusterd's own: a value cannot be mistaken for it */
    const char *last = argv[argc - 1];
    if (call->count && !strncmp(last, gd, strlen(gd))) {
        *workdir = last + strlen(gd);
        call->count--;
    }
}

int
cmd_hook(struct site *site, int argc, char **argv)
{
    const char *workdir = NULL;
    struct call call = {.site = site};
    const struct row *row = rows;

    if (argc < 2)
        return 2;
    read_arguments(&call, &workdir, argc - 2, argv + 2);
    if (!call.volume || !site_is_volume_name(call.volume))
        return 0;
    if (workdir && *workdir == '/' && strcmp(workdir, site->workdir)) {
        site_free(site);
        if (site_open(site, workdir, NULL))
            return 1;
    }
    site_log(site, "hook");
    site_record(site);
    while (row < rows + ARRAY_SIZE(rows) &&
           ((row->op && strcmp(row->op, argv[0])) || strcmp(row->stage, argv[1])))
        row++;
    if (row == rows + ARRAY_SIZE(rows))
        return 2;
    int ret = row->run(&call);
    if (ret && ret != -ENOENT)
        log_err("volume %s: hook %s/%s: %s", call.volume, argv[0], argv[1],
                strerror(-ret));
    return ret && ret != -ENOENT;
}
