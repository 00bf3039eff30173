/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The peer command: its lines, and the questions about volumes; see peer.h. It runs
 * as glusterd's child and must never call glusterd.
 */
#include "glusterd/peer.h"

#include <errno.h>
#include <stdarg.h>

#include "common/file.h"
#include "common/kv.h"
#include "common/log.h"
#include "glusterd/apply.h"
#include "glusterd/lock.h"
#include "glusterd/reconcile.h"
#include "glusterd/store.h"
#include "volgen/volgen.h"

/* ---- lines --------------------------------------------------------------- */

static void
add_field(struct strbuf *line, const char *field)
{
    strbuf_char(line, '\t');
    for (const unsigned char *c = (const unsigned char *)field;
         *c && line->len < PEER_LINE_MAX - 4; c++) {
        if (*c < 0x20 || *c == 0x7f || *c == '%')
            strbuf_fmt(line, "%%%02X", *c);
        else
            strbuf_char(line, (char)*c);
    }
}

void
peer_say(const struct peer *peer, const char *word, ...)
{
    AUTO_STRBUF struct strbuf line = STRBUF_INIT;
    const char *field;
    va_list args;

    strbuf_fmt(&line, "%s\t%s", peer->uuid, word);
    va_start(args, word);
    while ((field = va_arg(args, const char *)))
        add_field(&line, field);
    va_end(args);
    if (!strbuf_failed(&line))
        puts(line.data);
}

size_t
peer_say_fields(const struct peer *peer, const char *word, const struct kv *fields)
{
    AUTO_STRBUF struct strbuf line = STRBUF_INIT;

    strbuf_fmt(&line, "%s\t%s", peer->uuid, word);
    for (size_t i = 0; i < fields->count; i++) {
        AUTO_FREE char *field = str_fmt("%s=%s", fields->pairs[i].key, fields->pairs[i].value);

        if (field)
            add_field(&line, field);
    }
    if (!strbuf_failed(&line))
        puts(line.data);
    return line.len;
}

/* ---- applied, status ----------------------------------------------------- */

void
peer_complain(void *arg, const char *sentence)
{
    (void)arg;
    log_warn("%s", sentence);
}

/* What is asked about each volfile of ours. */
struct look {
    struct peer *peer;
    struct apply apply;
    void (*tell)(struct look *look, const char *file, struct work *work, int ret);
};

static int
read_volume(struct peer *peer, struct volume *volume)
{
    const char *name = peer->argv[0];
    int ret = site_is_volume_name(name) ? volume_read(peer->site, name, volume)
                                        : -ENOENT;

    if (ret == -ENOENT)
        strbuf_fmt(&peer->error, "Volume %s does not exist", name);
    else if (ret)
        strbuf_fmt(&peer->error, "the info of volume %s cannot be read: %s", name,
                   strerror(-ret));
    return ret;
}

static int
look_at_files(struct look *look, const struct volume *volume)
{
    AUTO_TABLE struct volgen_table table = VOLGEN_TABLE_INIT;
    struct peer *peer = look->peer;
    AUTO_FREE char *path = str_fmt("%s/vols/%s", peer->site->workdir,
                                   peer->argv[0]);
    AUTO_CLOSEDIR DIR *dir = path ? opendir(path) : NULL;
    struct dirent *entry;

    int ret = volgen_table_load(&table, DESCRIBEDIR, peer_complain, NULL);
    if (ret)
        return ret;
    look->apply = (struct apply){.site = peer->site,
                                 .volume = peer->argv[0],
                                 .options = &volume->options,
                                 .table = &table,
                                 .quiet = true};
    while (dir && (entry = readdir(dir))) {
        AUTO_WORK struct work work = WORK_INIT;

        if (volgen_kind_of(peer->argv[0], entry->d_name) == VOLGEN_OTHER)
            continue;
        ret = work_make(&look->apply, entry->d_name, &work);
        look->tell(look, entry->d_name, &work, ret);
    }
    return dir ? 0 : -errno;
}

static void
tell_applied(struct look *look, const char *file, struct work *work, int ret)
{
    const char *word = ret < 0 || ret > 0 || work->told.len ? "differs" : "ok";
    const char *reason = ret < 0 ? "it cannot be read or parsed; see volext.log"
                                 : strbuf_text(&work->told);

    if (work->told.len) {
        char *end = strchr(work->told.data, '\n');

        if (end)
            *end = '\0';
    } else if (ret > 0)
        reason = "it is not what the volume's options want";
    if (ret == 0 && work->waiting) {
        word = "waiting";
        reason = "the brick runs: it changes when it is started again";
    }
    peer_say(look->peer, "volfile", file, word, reason, NULL);
}

static int
applied(struct peer *peer)
{
    AUTO_VOLUME struct volume volume = VOLUME_INIT;
    struct look look = {.peer = peer, .tell = tell_applied};
    int ret = read_volume(peer, &volume);

    if (ret)
        return ret;
    AUTO_FREE char *version = str_fmt("%llu", volume.version);
    if (!version)
        return -ENOMEM;
    peer_say(peer, "version", version, NULL);
    for (size_t i = 0; i < volume.options.count; i++)
        peer_say(peer, "option", volume.options.pairs[i].key,
                 volume.options.pairs[i].value, NULL);
    return look_at_files(&look, &volume);
}

/* `v1-volext-glupy-negative features/glupy` lines as `negative`; none is `-`. */
static void
short_names(const char *volume, const char *placed, struct strbuf *out)
{
    AUTO_FREE char *prefix = str_fmt("%s-volext-", volume);
    static const char glupy[] = "glupy-";

    for (const char *line = placed, *end; prefix && *line;
         line = *end ? end + 1 : end) {
        const char *name = line;

        end = strchrnul(line, '\n');
        if (!strncmp(name, prefix, strlen(prefix)))
            name += strlen(prefix);
        if (!strncmp(name, glupy, strlen(glupy)))
            name += strlen(glupy);
        strbuf_fmt(out, "%s%.*s", out->len ? " " : "", (int)strcspn(name, " \n"),
                   name);
    }
    if (!out->len)
        strbuf_str(out, "-");
}

/* Bricks are in the volfiles of every node; the store says whose each is. */
bool
peer_brick_is_local(const struct peer *peer, const char *volume,
                    const struct brick *brick)
{
    const char *dashed = brick->name + strlen(brick->host) + 1;
    AUTO_FREE char *path = str_fmt("%s/vols/%s/bricks/%s:-%s", peer->site->workdir,
                                   volume, brick->host, dashed);
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;
    AUTO_KV struct kv kv = KV_INIT;

    if (!path || file_read(path, 65536, &text) || store_parse(&text, &kv))
        return false;
    const char *uuid = kv_get(&kv, "uuid");
    return uuid && !strcmp(uuid, peer->uuid);
}

static void
tell_status(struct look *look, const char *file, struct work *work, int ret)
{
    AUTO_STRBUF struct strbuf wanted = STRBUF_INIT, has = STRBUF_INIT;
    AUTO_STRBUF struct strbuf w = STRBUF_INIT, h = STRBUF_INIT;
    struct peer *peer = look->peer;

    if (ret < 0 || work_wanted(&look->apply, work, &wanted))
        return;
    short_names(look->apply.volume, strbuf_text(&wanted), &w);
    if (work->kind != VOLGEN_BRICK) {
        short_names(look->apply.volume, strbuf_text(&work->has), &h);
        peer_say(peer, "client", file, strbuf_text(&w), strbuf_text(&h), NULL);
        return;
    }
    if (!work->pid && !peer_brick_is_local(peer, look->apply.volume, &work->brick))
        return;
    if (work->pid)
        record_read(peer->site, look->apply.volume, work->brick.name, &has);
    else
        strbuf_str(&has, strbuf_text(&work->has));
    short_names(look->apply.volume, strbuf_text(&has), &h);
    AUTO_FREE char *name = str_fmt("%s:%s", work->brick.host, work->brick.path);
    peer_say(peer, "brick", name ? name : "", work->pid ? "running" : "down",
             strbuf_text(&w), strbuf_text(&h), NULL);
}

static int
status(struct peer *peer)
{
    AUTO_VOLUME struct volume volume = VOLUME_INIT;
    struct look look = {.peer = peer, .tell = tell_status};
    int ret = read_volume(peer, &volume);

    return ret ? ret : look_at_files(&look, &volume);
}

/* ---- settle, uptime ------------------------------------------------------ */

static int
settle(struct peer *peer)
{
    const char *name = peer->argv[0];

    if (!site_is_volume_name(name)) {
        strbuf_fmt(&peer->error, "%s is not a volume's name", name);
        return -EINVAL;
    }
    {
        AUTO_LOCK struct lock lock = LOCK_INIT;

        lock_take(&lock, peer->site, name, LOCK_GLUSTERD);
        pending_remove(peer->site, name, 0);
    }
    int ret = reconcile_and_tell(peer->site, name);
    return ret == -ENOENT ? 0 : ret;
}

static int
uptime(struct peer *peer)
{
    long long started = (long long)process_start(getppid()) /
                        sysconf(_SC_CLK_TCK);
    AUTO_FREE char *seconds = str_fmt("%lld", boot_seconds() - started);

    peer_say(peer, "uptime", seconds ? seconds : "0", NULL);
    return 0;
}

/* ---- requests ------------------------------------------------------------ */

static const struct request {
    const char *name;
    int arguments; /* at least */
    int (*run)(struct peer *peer);
} requests[] = {
    {"check", 1, peer_check},
    {"applied", 1, applied},
    {"settle", 1, settle},
    {"status", 1, status},
    {"uptime", 0, uptime},
    {"glupy-status", 1, peer_glupy_status},
    {"notify-status", 1, peer_notify_status},
    {"notify-forget", 2, peer_notify_forget},
    {"upcall-status", 1, peer_upcall_status},
    {"upcall-turn", 1, peer_upcall_turn},
    {"brick-stop", 2, peer_brick_stop},
    {"module-prepare", 1, peer_module_prepare},
    {"module-verify", 2, peer_module_verify},
    {"module-commit", 2, peer_module_commit},
    {"module-drop", 1, peer_module_drop},
    {"module-list", 0, peer_module_list},
    {"module-show", 1, peer_module_show},
    {"module-remove", 1, peer_module_remove},
    {"module-get", 1, peer_module_get},
};

static int
answer(struct peer *peer, const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
        if (strcmp(requests[i].name, name))
            continue;
        if (peer->argc < requests[i].arguments) {
            strbuf_fmt(&peer->error, "request %s needs %d arguments", name,
                       requests[i].arguments);
            return -EINVAL;
        }
        return requests[i].run(peer);
    }
    strbuf_fmt(&peer->error, "this node's volext (%s) does not know the request %s",
               PKGVERSION, name);
    return -ENOTSUP;
}

int
cmd_peer(struct site *site, int argc, char **argv)
{
    AUTO_FREE char *uuid = store_uuid(site);
    struct peer peer = {.site = site,
                        .uuid = uuid ? uuid : (char *)"-",
                        .argv = argv + 1,
                        .argc = argc ? argc - 1 : 0};

    int ret = answer(&peer, argc ? argv[0] : "");
    if (ret) {
        if (!peer.error.len)
            strbuf_str(&peer.error, strerror(-ret));
        peer_say(&peer, "error", strbuf_text(&peer.error), NULL);
    }
    peer_say(&peer, "end", ret ? "1" : "0", NULL);
    strbuf_free(&peer.error);
    return 0;
}
