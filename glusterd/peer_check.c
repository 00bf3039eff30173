/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The peer command's request check: can this node do what is to be set? Nothing is
 * changed but that a packaged module is put in place; see peer.h.
 */
#include <errno.h>

#include "common/log.h"
#include "glusterd/apply.h"
#include "glusterd/module.h"
#include "glusterd/peer.h"
#include "glusterd/store.h"

/* ---- modules and translators ----------------------------------------------- */

static void
say_module(const struct peer *peer, const char *name)
{
    AUTO_STRBUF struct strbuf source = STRBUF_INIT, reason = STRBUF_INIT;
    struct volgen_module module;
    const char *why;

    if (!module_find(peer->site, name, NULL, &module, &why)) {
        peer_say(peer, "module", name, "bad", why, NULL);
        return;
    }
    AUTO_FREE char *path = str_fmt("%s/%s.py", module.dir, name);
    if (!path || !module_read(path, &source, &why))
        peer_say(peer, "module", name, "bad", path ? why : "out of memory", NULL);
    else if (!module_check(peer->site, name, &source, &reason))
        peer_say(peer, "module", name, "bad", strbuf_text(&reason), NULL);
    else
        peer_say(peer, "module", name, "ok", module.digest, NULL);
}

static void
say_modules(const struct peer *peer, const char *value)
{
    AUTO_FREE char *names = strdup(value);
    char *save = NULL;

    for (char *name = names ? strtok_r(names, ", ", &save) : NULL; name;
         name = strtok_r(NULL, ", ", &save))
        if (!volgen_is_off(name))
            say_module(peer, name);
}

static void
say_xlator(const struct peer *peer, const char *type)
{
    AUTO_FREE char *path = str_fmt("%s/%s.so", peer->site->xlatordir, type);

    peer_say(peer, "xlator", type,
             path && access(path, R_OK) == 0 ? "present" : "missing", NULL);
}

/* What one option needs. */
static void
say_needs(const struct peer *peer, const struct volgen_table *table, const char *key,
          const char *value, struct kv *said)
{
    const struct volgen_extension *extension = NULL;
    const struct volgen_option *option = volgen_option_find(table, key, &extension);

    /* a default, e.g. `off`, needs nothing */
    if (!option || !strcmp(value, option->def))
        return;
    if (!kv_get(said, extension->xlator)) {
        say_xlator(peer, extension->xlator);
        kv_set(said, extension->xlator, "");
    }
    if (option->type == VOLGEN_MODULES)
        say_modules(peer, value);
}

/* ---- places -------------------------------------------------------------- */

/* What would be left out of one volfile, in lines; empty: nothing. A running brick's
 * is looked at as it will be when the brick starts again. */
static void
foresee(struct apply *apply, const char *file, struct strbuf *told)
{
    AUTO_WORK struct work work = WORK_INIT;
    AUTO_STRBUF struct strbuf wanted = STRBUF_INIT;
    int ret = work_make(apply, file, &work);

    if (ret >= 0 && work.kind == VOLGEN_BRICK) {
        strbuf_free(&work.told);
        ret = work_wanted(apply, &work, &wanted);
    }
    if (ret < 0)
        strbuf_str(told, "it cannot be read or parsed; see volext.log\n");
    else
        strbuf_str(told, strbuf_text(&work.told));
}

static void
say_problems(const struct peer *peer, const char *file, char *lines)
{
    char *save = NULL;

    for (char *line = lines ? strtok_r(lines, "\n", &save) : NULL; line;
         line = strtok_r(NULL, "\n", &save))
        peer_say(peer, "problem", file, line, NULL);
}

/* Tries the volume's options with the new ones in memory. */
static int
try_places(struct peer *peer, const struct volgen_table *table, const struct kv *options)
{
    struct apply apply = {.site = peer->site,
                          .volume = peer->argv[0],
                          .options = options,
                          .table = table,
                          .quiet = true,
                          .any_module = true};
    AUTO_FREE char *path = str_fmt("%s/vols/%s", peer->site->workdir, peer->argv[0]);
    AUTO_CLOSEDIR DIR *dir = path ? opendir(path) : NULL;
    struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        AUTO_STRBUF struct strbuf told = STRBUF_INIT;

        if (volgen_kind_of(peer->argv[0], entry->d_name) == VOLGEN_OTHER)
            continue;
        foresee(&apply, entry->d_name, &told);
        say_problems(peer, entry->d_name, told.data);
    }
    return dir ? 0 : -errno;
}

/* ---- the request --------------------------------------------------------- */

int
peer_check(struct peer *peer)
{
    AUTO_TABLE struct volgen_table table = VOLGEN_TABLE_INIT;
    AUTO_VOLUME struct volume volume = VOLUME_INIT;
    AUTO_KV struct kv said = KV_INIT;
    bool known = site_is_volume_name(peer->argv[0]) &&
                 !volume_read(peer->site, peer->argv[0], &volume);

    int ret = volgen_table_load(&table, DESCRIBEDIR, peer_complain, NULL);
    if (ret)
        return ret;
    peer_say(peer, "version", PKGVERSION, NULL);
    for (int i = 1; i < peer->argc && !ret; i++) {
        AUTO_FREE char *key = strdup(peer->argv[i]);
        char *equals = key ? strchr(key, '=') : NULL;

        if (!equals)
            continue;
        *equals = '\0';
        say_needs(peer, &table, key, equals + 1, &said);
        AUTO_FREE char *stored = str_fmt("user.%s", key);
        ret = stored ? kv_set(&volume.options, stored, equals + 1) : -ENOMEM;
    }
    return ret || !known ? ret : try_places(peer, &table, &volume.options);
}
