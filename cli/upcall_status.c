/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volume upcall VOLNAME status: what the options are and whether they agree, what each brick
 * keeps about clients and how often it told them, and which mounts can be told. What
 * cannot be counted is said to be so, with the reason.
 */
#include "cli/upcall.h"

#include <errno.h>


/* GlusterFS's own numbers of what io-stats counts. */
enum { SENT_ALL = 1, SENT_KINDS = 8, STATS_INFO = 3, INFO_CUMULATIVE = 3 };

static const char *const sent_names[SENT_KINDS] = {
    NULL, "all", "attributes", "xattrs", "renames", "links", "forgets", "leaseRecalls"};

/* What was found out before anything is shown. */
struct view {
    struct change *c;
    const struct reply *volume;
    struct kv options;
    struct memory memory;
    struct reply profile;
    const char *not_counted; /* why there is no profile; NULL: there is */
};

static void
view_free(struct view *v)
{
    kv_free(&v->options);
    memory_free(&v->memory);
    reply_free(&v->profile);
}

static const char *
value_of(const struct view *v, const char *key)
{
    const char *set = kv_get(&v->options, key);

    return set ? set : upcall_default(key);
}

static bool
is_on(const struct view *v, const char *key)
{
    return group_is_on(value_of(v, key));
}

/* ---- the volume ------------------------------------------------------------- */

static bool
clients_listen(const struct view *v)
{
    return is_on(v, "features.cache-invalidation") && is_on(v, "performance.stat-prefetch") &&
           is_on(v, "performance.cache-invalidation");
}

static const char *
state_of(const struct view *v)
{
    if (v->memory.state == MEMORY_LEAVING)
        return "leaving";
    if (clients_listen(v))
        return "on";
    return is_on(v, "features.cache-invalidation") || v->memory.state == MEMORY_ON ? "partly"
                                                                                   : "off";
}

static void
tell_state(struct view *v)
{
    struct emit *e = v->c->e;
    const char *volume = v->c->volume;
    bool any = v->memory.state != MEMORY_OFF || is_on(v, "features.cache-invalidation");
    const char *seconds = value_of(v, "features.cache-invalidation-timeout");

    if (v->memory.state == MEMORY_LEAVING)
        emit_text(e, "Volume %s: a disable was begun and not completed: `gluster volume upcall %s "
                  "disable` completes it\n", volume, volume);
    else if (v->memory.state == MEMORY_ON &&
             !memory_find(&v->memory, "performance.cache-invalidation"))
        emit_text(e, "Volume %s: an enable was begun and not completed: run it again, or `gluster volume "
                  "upcall %s disable`\n", volume, volume);
    else
        emit_text(e, "Volume %s: upcall is %s%s\n", volume, state_of(v),
                  any && v->memory.state == MEMORY_OFF ? ", by options that were set by hand" : "");
    if (any)
        emit_text(e, "Timeout: %s s; leases: %s\n", seconds, is_on(v, "features.leases") ? "on" : "off");
    emit_str(e, "state", state_of(v));
    emit_bool(e, "byCommand", v->memory.state != MEMORY_OFF);
    emit_num(e, "timeout", group_seconds(seconds));
    emit_bool(e, "leases", is_on(v, "features.leases"));
}

/* ---- options ---------------------------------------------------------------- */

/* What somebody did to an option after enable; NULL: nothing. */
static const char *
difference(const struct view *v, const struct saved *saved, const char *now)
{
    if (!saved || v->memory.state != MEMORY_ON)
        return NULL;
    if (!now)
        return "reset by hand";
    return group_same(now, saved->set) ? NULL : "changed by hand";
}

static void
tell_option(struct view *v, const struct upcall_member *member)
{
    const struct saved *saved = memory_find(&v->memory, member->key);
    const char *now = kv_get(&v->options, member->key);
    const char *changed = difference(v, saved, now);
    struct emit *e = v->c->e;

    emit_text(e, "  %-42s %-8s %-8s %-8s%s%s\n", member->key, value_of(v, member->key),
              saved ? saved->set : "-", saved && saved->was ? saved->was : "-",
              changed ? " " : "", changed ? changed : "");
    emit_object(e, NULL);
    emit_str(e, "name", member->key);
    emit_str(e, "value", value_of(v, member->key));
    emit_bool(e, "isDefault", !now);
    if (saved)
        emit_str(e, "enabledWith", saved->set);
    if (saved && saved->was)
        emit_str(e, "before", saved->was);
    emit_str(e, "changed", changed ? changed : "");
    emit_object_end(e);
}

static void
tell_conflict(void *arg, const char *sentence)
{
    struct emit *e = arg;

    emit_text(e, "  %s\n", sentence);
    emit_str(e, NULL, sentence);
}

static void
ignore(void *arg, const char *sentence)
{
    (void)arg;
    (void)sentence;
}

static void
tell_options(struct view *v)
{
    struct emit *e = v->c->e;

    emit_text(e, "\nOptions\n  %-42s %-8s %-8s %s\n", "", "now", "enabled", "before");
    emit_list(e, "options", "option");
    for (size_t i = 0; i < upcall_group_count; i++)
        tell_option(v, &upcall_group[i]);
    emit_list_end(e);
    if (upcall_conflicts(&v->options, v->c->volume, ignore, NULL))
        emit_text(e, "\nThese do not agree:\n");
    emit_list(e, "conflicts", "conflict");
    upcall_conflicts(&v->options, v->c->volume, tell_conflict, e);
    emit_list_end(e);
}

/* ---- bricks ----------------------------------------------------------------- */

/* Only while profiling is on does a brick count what it sends. */
static int
fetch_profile(struct view *v)
{
    AUTO_REQUEST struct request request = REQUEST_INIT;
    enum { STARTED = 1 };

    if (!group_is_on(kv_get(&v->options, "diagnostics.count-fop-hits"))) {
        v->not_counted = "profiling is off";
        return 0;
    }
    if (dict_num(&v->volume->dict, "volume0.status", 0) != STARTED) {
        v->not_counted = "the volume is not started";
        return 0;
    }
    request_put(&request, "volname", v->c->volume);
    request_num(&request, "op", STATS_INFO);
    request_num(&request, "info-op", INFO_CUMULATIVE);
    request_num(&request, "peek", 1);
    request_put(&request, "cmd-str", v->c->cli->line);
    int ret = rpc_call(v->c->cli, RPC_PROFILE_VOLUME, "asking for counts", &request, &v->profile);

    if (!ret && v->profile.op_ret)
        v->not_counted = *v->profile.op_errstr ? v->profile.op_errstr
                                               : "glusterd gave no profile: see its log";
    return ret;
}

/* The brick's number in the profile, 0 if it is not there. */
static int64_t
profile_number(const struct view *v, const char *brick)
{
    int64_t count = v->not_counted ? 0 : dict_num(&v->profile.dict, "count", 0);

    for (int64_t i = 1; i <= count; i++) {
        const char *name = dict_strf(&v->profile.dict, "%lld-brick", (long long)i);

        if (name && !strcmp(name, brick))
            return i;
    }
    return 0;
}

static void
tell_sent(const struct view *v, const char *brick)
{
    struct emit *e = v->c->e;
    int64_t number = profile_number(v, brick);
    const char *why = v->not_counted ? v->not_counted : number ? NULL : "the brick did not answer";
    int64_t hits[SENT_KINDS];

    for (int i = SENT_ALL; i < SENT_KINDS && !why; i++)
        hits[i] = dict_numf(&v->profile.dict, 0, "%lld--1-%d-upcall-hits", (long long)number, i);
    if (why)
        emit_text(e, "    sent: not counted: %s\n", why);
    else
        emit_text(e, "    sent: %lld (attributes %lld, xattrs %lld, renames %lld, links %lld, forgets "
                  "%lld, lease recalls %lld)\n", (long long)hits[1], (long long)hits[2],
                  (long long)hits[3], (long long)hits[4], (long long)hits[5], (long long)hits[6],
                  (long long)hits[7]);
    emit_object(e, "sent");
    emit_bool(e, "counted", !why);
    if (why)
        emit_str(e, "reason", why);
    for (int i = SENT_ALL; i < SENT_KINDS && !why; i++)
        emit_num(e, sent_names[i], hits[i]);
    emit_object_end(e);
}

static void
tell_kept(struct emit *e, const struct answer_line *line)
{
    const char *why = line_value(line, "why");

    emit_str(e, "switch", line_value(line, "switch"));
    emit_num(e, "timeout", strtoll(line_value(line, "timeout"), NULL, 10));
    emit_str(e, "leases", line_value(line, "leases"));
    emit_bool(e, "counted", !*why);
    emit_text(e, "    upcall %s, timeout %s s, leases %s\n", line_value(line, "switch"),
              line_value(line, "timeout"), line_value(line, "leases"));
    if (*why) {
        emit_text(e, "    inodes and clients: not counted: %s\n", why);
        emit_str(e, "reason", why);
        return;
    }
    emit_text(e, "    inodes with state: %s, client entries: %s\n", line_value(line, "inodes"),
              line_value(line, "clients"));
    emit_num(e, "inodes", strtoll(line_value(line, "inodes"), NULL, 10));
    emit_num(e, "clientEntries", strtoll(line_value(line, "clients"), NULL, 10));
}

static void
tell_brick(const struct view *v, const char *name, const char *uuid)
{
    const struct node *node;
    const struct answer_line *line = node_brick(&v->c->peers, name, uuid, &node);
    const char *state = line ? line_value(line, "state") : "unknown";
    struct emit *e = v->c->e;

    emit_text(e, "  %s: %s\n", name,
              line                       ? state
              : node && !node->connected ? "not known: its node is down"
                                         : "not known: its node did not tell");
    emit_object(e, NULL);
    emit_str(e, "name", name);
    emit_str(e, "node", node ? node->host : "");
    emit_str(e, "state", state);
    if (line)
        tell_kept(e, line);
    if (line && !strcmp(state, "running"))
        tell_sent(v, name);
    emit_object_end(e);
}

static void
tell_bricks(const struct view *v)
{
    struct emit *e = v->c->e;

    emit_text(e, "\nBricks\n");
    emit_list(e, "bricks", "brick");
    for (int i = 1;; i++) {
        const char *name = dict_strf(&v->volume->dict, "volume0.brick%d", i);

        if (!name)
            break;
        tell_brick(v, name, dict_strf(&v->volume->dict, "volume0.brick%d.uuid", i));
    }
    emit_list_end(e);
}

/* ---- mounts ----------------------------------------------------------------- */

/* Whether what a brick sends changes anything in this mount, as a word and its reason. */
static bool
consumes(const struct view *v, const struct answer_line *line, const char **reason)
{
    *reason = *line_value(line, "why")                        ? line_value(line, "why")
              : strcmp(line_value(line, "md-cache"), "yes") ? "its graph has no md-cache"
              : !is_on(v, "features.cache-invalidation")     ? "the bricks send nothing"
              : !is_on(v, "performance.cache-invalidation")
                  ? "performance.cache-invalidation is off"
                  : "";
    return !**reason;
}

static void
tell_kernel(struct emit *e, const struct answer_line *line)
{
    static const struct {
        const char *field, *name;
    } kept[] = {{"attribute-timeout", "attributeTimeout"},
                {"entry-timeout", "entryTimeout"},
                {"negative-timeout", "negativeTimeout"}};

    for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
        const char *seconds = line_value(line, kept[i].field);

        if (!*seconds)
            continue;
        emit_str(e, kept[i].name, seconds);
        if (strtod(seconds, NULL) > 1)
            emit_text(e, "    mounted with --%s=%s: the kernel believes what it has for so many "
                      "seconds, and is not told of changes; mount without it\n", kept[i].field,
                      seconds);
    }
}

static void
tell_mount(const struct view *v, const struct node *node, const struct answer_line *line)
{
    struct emit *e = v->c->e;
    AUTO_STRBUF struct strbuf path = STRBUF_INIT;
    const char *reason;
    bool yes = consumes(v, line, &reason);
    bool unknown = *line_value(line, "why");

    escape_name(&path, line_value(line, "path"));
    emit_text(e, "  node %s, %s: %s%s%s\n", node->host, strbuf_text(&path),
              yes       ? "is told of changes"
              : unknown ? "not known"
                        : "is not told of changes",
              *reason ? ": " : "", reason);
    emit_object(e, NULL);
    emit_str(e, "node", node->host);
    emit_str(e, "path", line_value(line, "path"));
    emit_str(e, "consumes", yes ? "yes" : unknown ? "unknown" : "no");
    emit_str(e, "reason", reason);
    if (!unknown && !strcmp(line_value(line, "md-cache"), "yes")) {
        emit_text(e, "    taken so far: %s; its graph was made with invalidation %s and a timeout "
                  "of %s s\n", line_value(line, "invalidations"), line_value(line, "switch"),
                  line_value(line, "timeout"));
        emit_num(e, "invalidations", strtoll(line_value(line, "invalidations"), NULL, 10));
        emit_str(e, "graphSwitch", line_value(line, "switch"));
        emit_str(e, "graphTimeout", line_value(line, "timeout"));
    }
    tell_kernel(e, line);
    emit_object_end(e);
}

static void
tell_mounts(const struct view *v, bool asked)
{
    struct emit *e = v->c->e;
    int count = 0;

    emit_text(e, "\nMounts on the pool's nodes\n");
    emit_list(e, "mounts", "mount");
    for (size_t i = 0; i < v->c->peers.count; i++) {
        const struct node *node = &v->c->peers.nodes[i];
        const struct answer_line *line = NULL;

        for (; (line = node_line(node, "mount", 1, line)); count++)
            tell_mount(v, node, line);
        if ((line = node_line(node, "more", 1, NULL)))
            emit_note(e, "node %s: %s more mounts are too many to show\n", node->host,
                      line_value(line, "mounts"));
    }
    emit_list_end(e);
    if (!count)
        emit_text(e, asked ? "  none\n" : "  not known\n");
    emit_text(e, "  Mounts on other machines and programs on libgfapi are not seen.\n");
}

/* ---- the command ------------------------------------------------------------ */

/* A pool that cannot be asked (a node without volext, say) leaves what is known here. */
static int
ask(struct change *c, struct strbuf *why)
{
    const char *const words[] = {"upcall-status", c->volume, NULL};
    int ret = peers_list(c->cli, &c->peers, why);

    if (!ret)
        ret = peers_ask(c->cli, &c->peers, "asking the nodes", words, why);
    return ret == -EIO ? 0 : ret;
}

int
upcall_status(struct change *c, const struct reply *volume)
{
    AUTO(view_free) struct view v = {.c = c, .volume = volume};
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    int ret = group_read(&upcall_kind, volume, &v.options, &v.memory);

    if (!ret)
        ret = fetch_profile(&v);
    if (!ret)
        ret = ask(c, &why);
    if (ret)
        return rpc_fail(c->cli, c->e, c->command, ret);
    if (why.len)
        emit_note(c->e, "the nodes could not be asked: %s\n", strbuf_text(&why));
    emit_object(c->e, "volUpcall");
    emit_str(c->e, "volName", c->volume);
    tell_state(&v);
    tell_options(&v);
    tell_bricks(&v);
    tell_mounts(&v, !why.len);
    emit_str(c->e, "notAsked", strbuf_text(&why));
    change_tell_silent(c);
    emit_object_end(c->e);
    return emit_end(c->e);
}
