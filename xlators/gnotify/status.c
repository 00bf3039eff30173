/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What the process's status socket tells: one JSON document of its instances, each with those
 * who read it. docs/gnotify-brick.md has the names.
 */
#include "xlators/gnotify/gnotify.h"

#include <errno.h>
#include <inttypes.h>

#include <glusterfs/common-utils.h>

#include "common/json.h"
#include "common/tell.h"

enum { LATELY_S = 10, NAME_ROOM = 256 };

/* ns: so long the journal is searched for how old what waits for readers is; then it is guessed */
static const uint64_t search = 300 * 1000000ull;

struct describing {
    struct json *json;
    struct gnotify *g;
    struct notify_extent extent;
    bool open;
    uint64_t now, until; /* ns: the clock; monotonic, when searching ends */
    struct session *sessions;
    size_t count;
};

/* ---- how far behind -------------------------------------------------------- */

/* How many records behind; at least so many, where they are of an earlier start. */
static uint64_t
records_behind(const struct describing *d, uint64_t seq)
{
    uint64_t next = d->extent.next, run = next >> 32 << 32;

    return seq >= next ? 0 : next - (seq < run ? run : seq);
}

/* ms since what is to be read next was written. */
static uint64_t
ms_behind(const struct describing *d, uint64_t seq)
{
    uint64_t written = d->extent.since;

    if (!d->open || seq >= d->extent.next)
        return 0;
    if (clock_ns(CLOCK_MONOTONIC) < d->until)
        written = notify_journal_time(d->g->journal, seq);
    return written && written < d->now ? (d->now - written) / 1000000u : 0;
}

static void
say_place(const struct describing *d, uint64_t seq)
{
    json_number(d->json, "lag", (int64_t)records_behind(d, seq));
    json_number(d->json, "lag-ms", (int64_t)ms_behind(d, seq));
}

/* ---- who reads --------------------------------------------------------------- */

/* The session of a cursor's name that asked last, or NULL. Those of one name are told once. */
static struct session *
session_of(const struct describing *d, const char *name)
{
    struct session *found = NULL;

    for (size_t i = 0; i < d->count; i++) {
        if (!strcmp(d->sessions[i].name, name) && (!found || d->sessions[i].asked > found->asked))
            found = &d->sessions[i];
    }
    return found;
}

static void
say_session(const struct describing *d, const struct session *s)
{
    char number[17];

    snprintf(number, sizeof(number), "%" PRIx64, s->number);
    json_string(d->json, "session", number);
    json_string(d->json, "host", s->host);
    json_bool(d->json, "connected", true);
    json_number(d->json, "next", (int64_t)s->next);
}

static void
say_cursor(const char *name, const struct kept_cursor *c, void *arg)
{
    struct describing *d = arg;
    struct session *s = session_of(d, name);

    json_object_begin(d->json, NULL);
    json_string(d->json, "name", name);
    if (s) {
        say_session(d, s);
        s->known = NULL; /* told */
    } else {
        json_string(d->json, "host", c->host[0] ? c->host : "?");
        json_bool(d->json, "connected", false);
    }
    json_number(d->json, "cursor", (int64_t)c->at.seq);
    json_number(d->json, "acked", (int64_t)c->at.acked);
    bool other = d->open && memcmp(c->at.id, d->extent.id, sizeof(c->at.id)) != 0;

    json_bool(d->json, "other-journal", other);
    if (!other)
        say_place(d, c->at.seq);
    json_object_end(d->json);
}

static void
say_subscribers(struct describing *d)
{
    json_array_begin(d->json, "subscribers");
    cursor_each(d->g, say_cursor, d);
    for (size_t i = 0; i < d->count; i++) {
        const struct session *s = &d->sessions[i];

        if (!s->known)
            continue;
        json_object_begin(d->json, NULL);
        if (s->name[0])
            json_string(d->json, "name", s->name);
        say_session(d, s);
        say_place(d, s->next);
        json_object_end(d->json);
    }
    json_array_end(d->json);
}

/* ---- an instance --------------------------------------------------------------- */

/* Records of the last full seconds, for one. */
static uint64_t
per_second(struct gnotify *g)
{
    uint64_t now = clock_ns(CLOCK_MONOTONIC) / 1000000000u, sum = 0;

    for (size_t i = 0; i < ARRAY_SIZE(g->lately); i++) {
        uint64_t second = atomic_load(&g->lately[i].second);

        if (second < now && now - second <= LATELY_S)
            sum += atomic_load(&g->lately[i].count);
    }
    return (sum + LATELY_S - 1) / LATELY_S;
}

static void
say_events(struct json *json, uint64_t mask)
{
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;

    for (unsigned op = 1; op < NOTIFY_OPS; op++) {
        if (mask & (1ull << op))
            strbuf_fmt(&text, "%s%s", text.len ? "," : "", notify_op_name(op));
    }
    if (mask & (1ull << GNOTIFY_OPENDIR))
        strbuf_fmt(&text, "%sopendir", text.len ? "," : "");
    json_string(json, "events", strbuf_text(&text));
}

static void
say_state(const struct describing *d)
{
    struct gnotify *g = d->g;
    struct json *json = d->json;
    bool active = atomic_load(&g->active);

    json_bool(json, "active", active);
    json_number(json, "recording", active ? (int64_t)atomic_load(&g->recording) : 0);
    pthread_mutex_lock(&g->lock);
    if (active && g->why_not[0])
        json_string(json, "problem", g->why_not);
    pthread_mutex_unlock(&g->lock);
    say_events(json, atomic_load(&g->mask));
    json_number(json, "now", (int64_t)d->now);
    json_string(json, "journal", g->directory ? g->directory : "");
    json_number(json, "next", (int64_t)d->extent.next);
    json_number(json, "oldest", (int64_t)d->extent.oldest);
    json_number(json, "since", (int64_t)d->extent.since);
    json_number(json, "bytes", (int64_t)d->extent.bytes);
    json_number(json, "written", (int64_t)atomic_load(&g->written));
    json_number(json, "per-second", (int64_t)per_second(g));
    json_number(json, "gaps", (int64_t)atomic_load(&g->gaps));
    json_number(json, "dropped", (int64_t)atomic_load(&g->dropped));
    json_number(json, "queued-bytes", (int64_t)atomic_load(&g->queued));
    pthread_mutex_lock(&g->serve_lock);
    json_number(json, "held", g->held);
    json_number(json, "answered", (int64_t)g->answered);
    json_number(json, "refused", (int64_t)g->refused);
    pthread_mutex_unlock(&g->serve_lock);
}

/* VOLUME-volext-gnotify */
static void
say_volume(struct json *json, const char *name)
{
    char volume[NAME_ROOM];
    const char *end = strstr(name, "-volext-");

    snprintf(volume, sizeof(volume), "%.*s", end ? (int)(end - name) : (int)strlen(name), name);
    json_string(json, "name", name);
    json_string(json, "volume", volume);
}

static void
say_instance(struct gnotify *g, void *arg)
{
    struct describing d = {.json = arg, .g = g, .now = clock_ns(CLOCK_REALTIME),
                           .until = clock_ns(CLOCK_MONOTONIC) + search};

    d.sessions = sessions_now(g, &d.count);
    pthread_rwlock_rdlock(&g->journal_lock);
    d.open = g->journal;
    if (d.open)
        notify_journal_extent(g->journal, &d.extent);
    json_object_begin(d.json, NULL);
    say_volume(d.json, g->xl->name);
    json_string(d.json, "brick", g->brick ? g->brick : "");
    say_state(&d);
    say_subscribers(&d);
    json_object_end(d.json);
    pthread_rwlock_unlock(&g->journal_lock);
    free(d.sessions);
}

/* ---- the process ----------------------------------------------------------------- */

static void
describe(struct strbuf *out)
{
    struct json json = {.out = out};

    json_object_begin(&json, NULL);
    json_number(&json, "pid", getpid());
    json_string(&json, "program", program_invocation_short_name);
    json_array_begin(&json, "instances");
    instances_each(say_instance, &json);
    json_array_end(&json);
    json_object_end(&json);
    strbuf_char(out, '\n');
}

static int
start_thread(void *(*run)(void *), void *arg)
{
    pthread_t thread;
    int err = gf_thread_create(&thread, NULL, run, arg, "gnstatus");

    if (!err)
        pthread_detach(thread);
    return err;
}

void
status_tell(void)
{
    static const struct teller teller = {STATUSDIR_PARENT, GNOTIFY_STATUSDIR, describe, start_thread};

    tell_start(&teller);
}
