/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The peer command's request glupy-status: what this node's processes say of a volume's
 * modules. Each has a socket in STATUSDIR, named by its pid; all are asked at once, so
 * that those that hang cost the patience for one.
 *
 *   process  pid=N program=NAME         each that runs a module of the volume
 *   instance name=… module=… state=…    its modules, each followed by
 *   fop      name=… calls=… …           lines for the operations that came to it
 *   silent   pid=N program=NAME why=…   a process that did not say whose modules it runs
 *   more     processes=N                that have it, too: glusterd collects some megabytes
 *                                       of answers with pain, and leaves a lock behind after
 */
#include <errno.h>

#include "common/file.h"
#include "common/json.h"
#include "common/kv.h"
#include "glusterd/hear.h"
#include "glusterd/peer.h"

enum {
    FOPS_UNTIL = 128 << 10,    /* bytes that were said: no lines for operations any more */
    PROCESSES_UNTIL = 256 << 10, /* and no process */
};

/* ---- telling --------------------------------------------------------------- */

/* Where in a process's document the reader is: {…, instances: [{…, fops: [{…}]}]}. */
enum { AT_TOP, AT_PROCESS, AT_INSTANCES, AT_INSTANCE, AT_FOPS, AT_FOP, TOO_DEEP };

struct telling {
    const struct peer *peer;
    const char *volume;
    int depth;
    bool said_process, is_wanted;
    size_t *said;
    int *more;
    struct kv process, fields; /* of what is being read; said when it is complete */
};

/* Ends the reading of a process. */
static int
more(struct telling *t)
{
    ++*t->more;
    return -ECANCELED;
}

/* An object's own members come before what it holds. */
static int
flush(struct telling *t)
{
    if (t->depth == AT_INSTANCE && t->fields.count) {
        const char *volume = kv_get(&t->fields, "volume");

        t->is_wanted = volume && !strcmp(volume, t->volume);
        if (t->is_wanted && !t->said_process && *t->said > PROCESSES_UNTIL)
            return more(t);
        if (t->is_wanted && !t->said_process)
            *t->said += peer_say_fields(t->peer, "process", &t->process);
        t->said_process |= t->is_wanted;
        if (t->is_wanted)
            *t->said += peer_say_fields(t->peer, "instance", &t->fields);
    } else if (t->depth == AT_FOP && t->is_wanted && *t->said < FOPS_UNTIL) {
        *t->said += peer_say_fields(t->peer, "fop", &t->fields);
    }
    kv_free(&t->fields);
    t->fields = (struct kv)KV_INIT;
    return 0;
}

static int
on_begin(void *arg, const char *name)
{
    struct telling *t = arg;

    (void)name;
    int ret = flush(t);

    if (ret)
        return ret;
    return ++t->depth < TOO_DEEP ? 0 : -EINVAL;
}

static int
on_end(void *arg)
{
    struct telling *t = arg;

    int ret = flush(t);

    t->depth--;
    return ret;
}

static int
on_value(void *arg, const char *name, const char *text)
{
    struct telling *t = arg;

    return name ? kv_set(t->depth == AT_PROCESS ? &t->process : &t->fields, name, text) : 0;
}

static void
say_silent(const struct peer *peer, const struct said *one)
{
    AUTO_FREE char *path = str_fmt("/proc/%s/comm", one->pid);
    AUTO_STRBUF struct strbuf name = STRBUF_INIT;
    AUTO_KV struct kv fields = KV_INIT;

    if (path && !file_read(path, 256, &name) && name.len)
        name.data[strcspn(name.data, "\n")] = '\0';
    if (!kv_set(&fields, "pid", one->pid) && !kv_set(&fields, "program", strbuf_text(&name)) &&
        !kv_set(&fields, "why", one->why))
        peer_say_fields(peer, "silent", &fields);
}

static void
tell(const struct peer *peer, struct said *one, size_t *said, int *more)
{
    struct telling t = {.peer = peer, .volume = peer->argv[0], .said = said, .more = more};
    const struct json_events events = {on_begin, on_value, on_end, &t};
    int ret = 0;

    if (!one->why && !one->answer.len)
        return; /* it was about to end */
    if (!one->why)
        ret = json_read(one->answer.data, one->answer.len, &events);
    if (ret && ret != -ECANCELED)
        one->why = "said what cannot be read: it has another version of volext, perhaps";
    if (one->why)
        say_silent(peer, one);
    kv_free(&t.process);
    kv_free(&t.fields);
}

int
peer_glupy_status(struct peer *peer)
{
    AUTO_HEARD struct heard t = HEARD_INIT;
    size_t said = 0;
    int more = 0;

    if (!site_is_volume_name(peer->argv[0])) {
        strbuf_fmt(&peer->error, "%s is not a volume's name", peer->argv[0]);
        return -EINVAL;
    }
    hear_all(&t, STATUSDIR);
    for (size_t i = 0; i < t.count; i++)
        tell(peer, &t.list[i], &said, &more);
    if (more) {
        AUTO_FREE char *count = str_fmt("processes=%d", more);

        peer_say(peer, "more", count, NULL);
    }
    return 0;
}
