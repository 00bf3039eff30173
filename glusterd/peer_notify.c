/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The peer command's request notify-status VOLUME: what this node's bricks have recorded and who
 * reads it, as their processes say it (docs/gnotify-brick.md names what is in their documents).
 *
 *   brick       name=HOST:PATH state=running|down; then what its process says of it, or why=…
 *   reader      brick=HOST:PATH and what it says of one that reads
 *   more        readers=N  that there are, too: glusterd collects some megabytes of answers
 *               with pain, and leaves a lock behind after
 */
#include <errno.h>

#include "common/json.h"
#include "common/kv.h"
#include "glusterd/hear.h"
#include "glusterd/peer.h"
#include "glusterd/store.h"

enum { READERS_UNTIL = 256 << 10 }; /* bytes that were said */

struct watched {
    struct brick brick;
    pid_t pid;
    bool has; /* the translator */
    bool told;
};

struct watch {
    struct peer *peer;
    const char *volume;
    struct watched *list;
    size_t count;
    size_t said;
    int more;
};

static void
watch_free(struct watch *w)
{
    for (size_t i = 0; i < w->count; i++)
        brick_free(&w->list[i].brick);
    free(w->list);
}

/* The running graph of a brick is what was recorded of it, not what its file holds by now. */
static int
add_brick(void *arg, struct brick *brick, const struct volgen_graph *graph, pid_t pid)
{
    struct watch *w = arg;
    AUTO_STRBUF struct strbuf record = STRBUF_INIT;
    AUTO_FREE char *node = str_fmt("%s-volext-gnotify", w->volume);
    AUTO_FREE char *start = str_fmt("%s ", node ? node : "");
    struct watched *list = reallocarray(w->list, w->count + 1, sizeof(*list));

    if (list)
        w->list = list;
    if (!node || !start || !list)
        return -ENOMEM;
    bool has = volgen_find(graph, node);
    if (pid && !record_read(w->peer->site, w->volume, brick->name, &record))
        has = strstr(strbuf_text(&record), start);
    list[w->count++] = (struct watched){.brick = *brick, .pid = pid, .has = has};
    *brick = (struct brick)BRICK_INIT;
    return 0;
}

/* ---- what a process says ----------------------------------------------------------- */

/* {…, instances: [{…, subscribers: [{…}]}]} */
enum { AT_TOP, AT_PROCESS, AT_INSTANCES, AT_INSTANCE, AT_READERS, AT_READER, TOO_DEEP };

struct reading {
    struct watch *w;
    pid_t pid; /* that says it */
    struct watched *brick; /* that the instance is of; NULL: none of the volume's */
    int depth;
    struct kv fields; /* of what is being read; said when it is complete */
};

static struct watched *
find_brick(const struct watch *w, pid_t pid, const struct kv *instance)
{
    const char *name = kv_get(instance, "name"), *path = kv_get(instance, "brick");
    AUTO_FREE char *node = str_fmt("%s-volext-gnotify", w->volume);

    if (!name || !path || !node || strcmp(name, node))
        return NULL;
    for (size_t i = 0; i < w->count; i++)
        if (w->list[i].pid == pid && !w->list[i].told && !strcmp(w->list[i].brick.path, path))
            return &w->list[i];
    return NULL;
}

static void
say(struct watch *w, const char *word, const char *key, const struct brick *brick,
    const struct kv *fields)
{
    AUTO_KV struct kv line = KV_INIT;
    AUTO_FREE char *name = str_fmt("%s:%s", brick->host, brick->path);
    bool reader = !strcmp(word, "reader");
    int ret = name ? kv_set(&line, key, name) : -ENOMEM;

    if (!ret && !reader)
        ret = kv_set(&line, "state", "running");
    for (size_t i = 0; i < fields->count && !ret; i++) {
        const struct kv_pair *pair = &fields->pairs[i];

        /* the translator's name is no news; and a brick's own is in front */
        if (reader || (strcmp(pair->key, "name") && strcmp(pair->key, "brick")))
            ret = kv_set(&line, pair->key, pair->value);
    }
    if (!ret)
        w->said += peer_say_fields(w->peer, word, &line);
}

/* An object's own members come before what it holds. */
static void
flush(struct reading *r)
{
    if (r->depth == AT_INSTANCE && r->fields.count) {
        r->brick = find_brick(r->w, r->pid, &r->fields);
        if (r->brick) {
            r->brick->told = true;
            say(r->w, "brick", "name", &r->brick->brick, &r->fields);
        }
    } else if (r->depth == AT_READER && r->brick && r->w->said < READERS_UNTIL) {
        say(r->w, "reader", "brick", &r->brick->brick, &r->fields);
    } else if (r->depth == AT_READER && r->brick) {
        r->w->more++;
    }
    kv_free(&r->fields);
    r->fields = (struct kv)KV_INIT;
}

static int
on_begin(void *arg, const char *name)
{
    struct reading *r = arg;

    (void)name;
    flush(r);
    return ++r->depth < TOO_DEEP ? 0 : -EINVAL;
}

static int
on_end(void *arg)
{
    struct reading *r = arg;

    flush(r);
    r->depth--;
    return 0;
}

static int
on_value(void *arg, const char *name, const char *text)
{
    struct reading *r = arg;

    return name ? kv_set(&r->fields, name, text) : 0;
}

static void
read_one(struct watch *w, struct said *said)
{
    struct reading r = {.w = w, .pid = (pid_t)atol(said->pid)};
    const struct json_events events = {on_begin, on_value, on_end, &r};

    if (!said->why && said->answer.len &&
        json_read(said->answer.data, said->answer.len, &events))
        said->why = "its process said what cannot be read: it has another version of volext, perhaps";
    kv_free(&r.fields);
}

/* ---- the others -------------------------------------------------------------------- */

static const char *
why_silent(const struct watched *brick, const struct heard *heard)
{
    if (!brick->has)
        return brick->pid ? "it has been running without the translator since before it was to have it"
                          : "";
    for (size_t i = 0; brick->pid && i < heard->count; i++)
        if (atol(heard->list[i].pid) == brick->pid)
            return heard->list[i].why ? heard->list[i].why : "its process says nothing of it: it is starting or ending";
    return brick->pid ? "its process has no status socket: it is starting, or has another version of volext" : "";
}

static void
say_silent(struct watch *w, const struct watched *brick, const struct heard *heard)
{
    AUTO_KV struct kv line = KV_INIT;
    AUTO_FREE char *name = str_fmt("%s:%s", brick->brick.host, brick->brick.path);
    int ret = name ? kv_set(&line, "name", name) : -ENOMEM;

    if (!ret)
        ret = kv_set(&line, "state", brick->pid ? "running" : "down");
    if (!ret)
        ret = kv_set(&line, "has", brick->has ? "yes" : "no");
    if (!ret)
        ret = kv_set(&line, "why", why_silent(brick, heard));
    if (!ret)
        peer_say_fields(w->peer, "brick", &line);
}

int
peer_notify_status(struct peer *peer)
{
    AUTO(watch_free) struct watch w = {.peer = peer, .volume = peer->argv[0]};
    AUTO_HEARD struct heard heard = HEARD_INIT;
    AUTO_VOLUME struct volume volume = VOLUME_INIT;
    int ret = site_is_volume_name(w.volume) ? volume_read(peer->site, w.volume, &volume) : -ENOENT;

    if (ret == -ENOENT)
        strbuf_fmt(&peer->error, "Volume %s does not exist", w.volume);
    if (!ret)
        ret = peer_each_brick(peer, w.volume, add_brick, &w);
    if (ret)
        return ret;
    hear_all(&heard, GNOTIFY_STATUSDIR);
    for (size_t i = 0; i < heard.count; i++)
        read_one(&w, &heard.list[i]);
    for (size_t i = 0; i < w.count; i++)
        if (!w.list[i].told)
            say_silent(&w, &w.list[i], &heard);
    if (w.more) {
        AUTO_FREE char *count = str_fmt("readers=%d", w.more);

        peer_say(peer, "more", count ? count : "", NULL);
    }
    return 0;
}
