/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volume notify status: of each brick whether it records, what it keeps, what was lost, and who
 * reads it. What cannot be known is said to be so, with the reason.
 */
#include "cli/notify.h"

#include <errno.h>
#include <time.h>

/* One volume, and what its nodes said. */
struct view {
    struct group *g;
    const struct reply *volume;
    struct emit *e;
    bool on;
};

/* ---- values -------------------------------------------------------------------- */

static long long
number(const struct answer_line *line, const char *name)
{
    return strtoll(line_value(line, name), NULL, 10);
}

static bool
is_true(const struct answer_line *line, const char *name)
{
    return !strcmp(line_value(line, name), "true");
}

/* ns since 1970, of the brick's clock, as a time here. */
static void
show_time(struct strbuf *out, long long ns)
{
    time_t seconds = (time_t)(ns / 1000000000);
    struct tm tm;
    char text[32];

    if (localtime_r(&seconds, &tm) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
        strbuf_str(out, text);
}

static void
show_duration(struct strbuf *out, long long ms)
{
    long long s = ms / 1000;

    if (ms < 1000)
        strbuf_fmt(out, "%lld ms", ms);
    else if (s < 120)
        strbuf_fmt(out, "%lld s", s);
    else if (s < 7200)
        strbuf_fmt(out, "%lld min", s / 60);
    else if (s < 172800)
        strbuf_fmt(out, "%lld h", s / 3600);
    else
        strbuf_fmt(out, "%lld days", s / 86400);
}

static void
show_size(struct strbuf *out, long long bytes)
{
    static const char *const units[] = {"KB", "MB", "GB", "TB", "PB"};
    double n = (double)bytes / 1024;
    size_t unit = 0;

    if (bytes < 1024) {
        strbuf_fmt(out, "%lld bytes", bytes);
        return;
    }
    for (; n >= 1024 && unit + 1 < ARRAY_SIZE(units); unit++)
        n /= 1024;
    strbuf_fmt(out, "%.1f %s", n, units[unit]);
}

/* ---- readers ------------------------------------------------------------------------ */

static void
show_place(struct strbuf *out, const struct answer_line *line)
{
    long long lag = number(line, "lag");

    if (is_true(line, "other-journal"))
        strbuf_str(out, "its cursor is of a journal that is not there any more");
    else if (!lag)
        strbuf_str(out, "has read everything");
    else {
        strbuf_fmt(out, "%lld records behind, ", lag);
        show_duration(out, number(line, "lag-ms"));
    }
}

static void
tell_reader(const struct view *v, const struct answer_line *line)
{
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;
    const char *name = line_value(line, "name"), *cursor = line_value(line, "cursor");
    struct emit *e = v->e;

    escape_name(&text, *name ? name : "(without a name)");
    strbuf_str(&text, is_true(line, "connected") ? ", connected from " : ", away, was last at ");
    escape_name(&text, line_value(line, "host"));
    strbuf_str(&text, ": ");
    show_place(&text, line);
    emit_text(e, "    reader %s\n", strbuf_text(&text));
    emit_object(e, NULL);
    if (*name)
        emit_str(e, "name", name);
    emit_str(e, "host", line_value(line, "host"));
    emit_bool(e, "connected", is_true(line, "connected"));
    if (*line_value(line, "next"))
        emit_num(e, "next", number(line, "next"));
    if (*cursor) {
        emit_num(e, "cursor", number(line, "cursor"));
        emit_num(e, "acknowledged", number(line, "acked") / 1000000000);
        emit_bool(e, "otherJournal", is_true(line, "other-journal"));
    }
    if (!is_true(line, "other-journal")) {
        emit_num(e, "lag", number(line, "lag"));
        emit_num(e, "lagMs", number(line, "lag-ms"));
    }
    emit_object_end(e);
}

static void
tell_readers(const struct view *v, const struct node *node, const char *brick)
{
    const struct answer_line *line = NULL;

    emit_list(v->e, "readers", "reader");
    while ((line = node_line(node, "reader", 1, line)))
        if (!strcmp(line_value(line, "brick"), brick))
            tell_reader(v, line);
    emit_list_end(v->e);
}

/* ---- bricks -------------------------------------------------------------------------- */

/* What comes after the brick's name. Where it is running and said what it does: recording. */
static void
show_state(const struct view *v, const struct answer_line *line, struct strbuf *out)
{
    const char *why = line_value(line, "why"), *problem = line_value(line, "problem");
    long long since = number(line, "recording");

    if (strcmp(line_value(line, "state"), "running"))
        strbuf_str(out, "down");
    else if (!strcmp(line_value(line, "has"), "no"))
        strbuf_fmt(out, "records nothing: %s%s%s%s", why,
                   v->on ? ": `gluster volume extension " : "", v->on ? v->g->c.volume : "",
                   v->on ? " apply` restarts it" : "");
    else if (*why)
        strbuf_fmt(out, "not known: %s", why);
    else if (!is_true(line, "active"))
        strbuf_str(out, v->on ? "does not record, although it is to: see its log" : "does not record");
    else if (*problem)
        strbuf_fmt(out, "records nothing: %s", problem);
    else if (!since)
        strbuf_str(out, "begins to record");
    else {
        strbuf_str(out, "records everything since ");
        show_time(out, since);
    }
}

static void
tell_journal(const struct view *v, const struct answer_line *line)
{
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;
    long long since = number(line, "since"), now = number(line, "now");
    struct emit *e = v->e;

    emit_num(e, "next", number(line, "next"));
    emit_num(e, "oldest", number(line, "oldest"));
    emit_num(e, "journalBytes", number(line, "bytes"));
    emit_num(e, "journalSince", since / 1000000000);
    emit_num(e, "written", number(line, "written"));
    emit_num(e, "perSecond", number(line, "per-second"));
    emit_num(e, "gaps", number(line, "gaps"));
    emit_num(e, "dropped", number(line, "dropped"));
    emit_num(e, "queuedBytes", number(line, "queued-bytes"));
    if (!number(line, "next"))
        return;
    show_size(&text, number(line, "bytes"));
    if (since) {
        strbuf_str(&text, ", back to ");
        show_time(&text, since);
        strbuf_str(&text, " (");
        show_duration(&text, now > since ? (now - since) / 1000000 : 0);
        strbuf_char(&text, ')');
    }
    emit_text(e, "    next record %lld, %lld a second; journal %s\n", number(line, "next"),
              number(line, "per-second"), strbuf_text(&text));
    if (number(line, "gaps"))
        emit_text(e, "    lost since its process began: %lld records in %lld gaps\n",
                  number(line, "dropped"), number(line, "gaps"));
}

static void
tell_brick(const struct view *v, const char *name, const char *uuid)
{
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;
    const struct node *node;
    const struct answer_line *line = node_brick(&v->g->c.peers, name, uuid, &node);
    const char *state = line ? line_value(line, "state") : "unknown";
    const char *why = line && !*line_value(line, "why") ? line_value(line, "problem")
                                                        : line_value(line, "why");
    bool said = line && *line_value(line, "active");
    struct emit *e = v->e;

    if (!line)
        why = node && !node->connected ? "its node is down" : "its node did not tell";
    if (line)
        show_state(v, line, &text);
    emit_text(e, "  %s: %s%s\n", name, line ? "" : "not known: ", line ? strbuf_text(&text) : why);
    emit_object(e, NULL);
    emit_str(e, "name", name);
    emit_str(e, "node", node ? node->host : "");
    emit_str(e, "state", state);
    emit_bool(e, "known", said);
    if (*why)
        emit_str(e, "reason", why);
    if (said) {
        emit_bool(e, "active", is_true(line, "active"));
        emit_num(e, "recordingSince", number(line, "recording") / 1000000000);
        emit_str(e, "events", line_value(line, "events"));
        tell_journal(v, line);
        tell_readers(v, node, name);
    }
    emit_object_end(e);
}

static void
tell_bricks(const struct view *v)
{
    emit_list(v->e, "bricks", "brick");
    for (int i = 1;; i++) {
        const char *name = dict_strf(&v->volume->dict, "volume0.brick%d", i);

        if (!name)
            break;
        tell_brick(v, name, dict_strf(&v->volume->dict, "volume0.brick%d.uuid", i));
    }
    emit_list_end(v->e);
    for (size_t i = 0; i < v->g->c.peers.count; i++) {
        const struct node *node = &v->g->c.peers.nodes[i];
        const struct answer_line *line = node_line(node, "more", 1, NULL);

        if (line)
            emit_note(v->e, "node %s: %s more readers are too many to show\n", node->host,
                      line_value(line, "readers"));
    }
}

/* ---- the volume ------------------------------------------------------------------------ */

/* What was done by hand since and keeps events from who reads. */
static void
tell_conflicts(const struct view *v)
{
    const char *ctime = kv_get(&v->g->options, "features.ctime");
    const char *hides = kv_get(&v->g->options, notify_hides_opens);
    const char *volume = v->g->c.volume;
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;

    emit_list(v->e, "conflicts", "conflict");
    if (v->on && ctime && !group_is_on(ctime)) {
        strbuf_fmt(&text, "features.ctime is %s: copies of one change are not known for one. `gluster volume "
                   "set %s features.ctime on`", ctime, volume);
        emit_text(v->e, "  %s\n", strbuf_text(&text));
        emit_str(v->e, NULL, strbuf_text(&text));
    }
    strbuf_free(&text);
    if (v->on && volgen_events_need_opens(notify_events(v->g)) && (!hides || group_is_on(hides))) {
        strbuf_fmt(&text, "%s is on: opens of files that are only read, and their closes, do not reach the "
                   "bricks. `gluster volume notify %s enable`", notify_hides_opens, volume);
        emit_text(v->e, "  %s\n", strbuf_text(&text));
        emit_str(v->e, NULL, strbuf_text(&text));
    }
    emit_list_end(v->e);
}

static void
tell_volume(const struct view *v)
{
    const char *size = kv_get(&v->g->options, "user.features.notify-retention-size");
    const char *time = kv_get(&v->g->options, "user.features.notify-retention-time");
    bool usual = !size || !strcmp(size, "0");
    struct emit *e = v->e;

    if (v->on)
        emit_text(e, "Volume %s: notification is on, events: %s\n", v->g->c.volume, notify_events(v->g));
    else
        emit_text(e, "Volume %s: notification is off\n", v->g->c.volume);
    if (v->g->memory.state == MEMORY_LEAVING)
        emit_text(e, "  a disable was begun and not completed: `gluster volume notify %s disable` completes "
                  "it\n", v->g->c.volume);
    if (v->on)
        emit_text(e, "  kept in each brick: %s, %s\n", usual ? "1% of its disk, 256MB to 16GB" : size,
                  time ? time : "7d");
    emit_str(e, "state", v->on ? "on" : "off");
    emit_str(e, "events", notify_events(v->g));
    emit_str(e, "retentionSize", usual ? "0" : size);
    emit_str(e, "retentionTime", time ? time : "7d");
    emit_bool(e, "started", v->g->started);
    emit_bool(e, "leaving", v->g->memory.state == MEMORY_LEAVING);
    tell_conflicts(v);
}

/* A pool that cannot be asked (a node without volext, say) leaves what is known here. */
static int
ask(struct change *c, struct strbuf *why)
{
    const char *const words[] = {"notify-status", c->volume, NULL};
    int ret = peers_list(c->cli, &c->peers, why);

    if (!ret)
        ret = peers_ask(c->cli, &c->peers, "asking the nodes", words, why);
    return ret == -EIO ? 0 : ret;
}

int
notify_status(struct notify *n, const struct reply *volume)
{
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    struct view v = {.g = &n->g, .volume = volume, .e = n->g.c.e, .on = notify_is_on(&n->g)};
    int ret = ask(&n->g.c, &why);

    if (ret)
        return change_rpc_fail(&n->g.c, ret);
    if (why.len)
        emit_note(v.e, "the nodes could not be asked: %s\n", strbuf_text(&why));
    tell_volume(&v);
    tell_bricks(&v);
    emit_str(v.e, "notAsked", strbuf_text(&why));
    change_tell_silent(&n->g.c);
    return 0;
}
