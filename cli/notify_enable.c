/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volume notify enable and disable. One SET_VOLUME turns recording on in all bricks, with the
 * events, and with what makes opens reach the bricks where they are wanted; in a hidden
 * option stands what that was before.
 */
#include "cli/notify.h"

#include <errno.h>

/* ---- what is to be set ----------------------------------------------------------- */

struct plan {
    struct kv wanted; /* as stored */
    bool reset_opens; /* and this is to be taken out then */
};

static void
plan_free(struct plan *plan)
{
    kv_free(&plan->wanted);
}

static int
note_if_by_hand(struct group *g, const char *key, const char *now, const char *value)
{
    const struct saved *before = memory_find(&g->memory, key);

    if (!before || g->memory.state != MEMORY_ON || (now && group_same(now, before->set)))
        return 0;
    return group_note(g, "%s was %s by hand: it is %s again", key, now ? now : "reset", value);
}

/* A user.* option cannot be taken out again: what was not set is at its default. */
static int
want_events(struct notify *n, struct plan *plan)
{
    static const char key[] = "user." NOTIFY_EVENTS_KEY;
    const char *now = notify_events(&n->g);

    if (!n->events || (!strcmp(now, n->events) && !memory_find(&n->g.memory, key)))
        return 0;
    int ret = kv_set(&plan->wanted, key, n->events);

    return ret ? ret : memory_set(&n->g.memory, key, n->events, now);
}

static int
want_opens(struct group *g, struct plan *plan)
{
    const char *key = notify_hides_opens, *now = kv_get(&g->options, key);

    if (now && !group_is_on(now) && !memory_find(&g->memory, key))
        return 0;
    int ret = note_if_by_hand(g, key, now, "off");

    if (!ret)
        ret = kv_set(&plan->wanted, key, "off");
    return ret ? ret : memory_set(&g->memory, key, "off", now);
}

/* Events that were asked for before needed opens, those of now do not. */
static int
leave_opens(struct group *g, struct plan *plan)
{
    const char *key = notify_hides_opens, *now = kv_get(&g->options, key);
    const struct saved *before = memory_find(&g->memory, key);
    int ret = 0;

    if (!before)
        return 0;
    if (!now || !group_same(now, before->set)) { /* by hand: so it stays */
        memory_drop(&g->memory, key);
        return 0;
    }
    if (before->was) {
        ret = kv_set(&plan->wanted, key, before->was);
        memory_drop(&g->memory, key);
        return ret;
    }
    plan->reset_opens = true;
    ret = kv_set(&plan->wanted, key, g->kind->def(key));
    return ret ? ret : memory_set(&g->memory, key, g->kind->def(key), NULL);
}

static int
make_plan(struct notify *n, struct plan *plan)
{
    struct group *g = &n->g;
    const char *events = n->events ? n->events : notify_events(g);
    bool remembers = g->memory.state != MEMORY_OFF;
    int ret = kv_set(&plan->wanted, "user." NOTIFY_KEY, "on");

    if (!ret)
        ret = want_events(n, plan);
    if (!ret)
        ret = volgen_events_need_opens(events) ? want_opens(g, plan) : leave_opens(g, plan);
    g->memory.state = g->memory.count ? MEMORY_ON : MEMORY_OFF;
    if (!ret && (remembers || g->memory.count))
        ret = group_put_memory(g, &g->memory, &plan->wanted);
    return ret;
}

/* ---- can it be? -------------------------------------------------------------------- */

/* Without it, copies of a change have nothing by which they are known to be one. */
static int
check_ctime(struct group *g)
{
    const char *ctime = kv_get(&g->options, "features.ctime");

    if (!ctime || group_is_on(ctime))
        return 0;
    return change_fail(&g->c, EINVAL, "features.ctime of volume %s is %s, and by the time that it puts on "
                       "changes the copies of one are known for one: `gluster volume set %s features.ctime "
                       "on`. Nothing was changed", g->c.volume, ctime, g->c.volume);
}

/* Every node that is up has what it needs. */
static int
check_nodes(struct notify *n)
{
    struct change *c = &n->g.c;

    c->force = true; /* a node that is down gets it when it returns */
    c->quiet = true;
    if (kv_set(&c->options, NOTIFY_KEY, "on") ||
        (n->events && kv_set(&c->options, NOTIFY_EVENTS_KEY, n->events)))
        return change_rpc_fail(c, -ENOMEM);
    peers_free(&c->peers);
    c->peers = (struct peers)PEERS_INIT;
    return change_check(c);
}

/* ---- what waits ---------------------------------------------------------------------- */

static bool
has_word(const char *words, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = words; (at = strstr(at, word)); at += len)
        if ((at == words || at[-1] == ' ') && (!at[len] || at[len] == ' '))
            return true;
    return false;
}

static bool
some_wait(const struct peers *peers)
{
    for (size_t i = 0; i < peers->count; i++) {
        const struct answer_line *line = NULL;

        while ((line = node_line(&peers->nodes[i], "volfile", 2, line)))
            if (!strcmp(line->fields[1], "waiting"))
                return true;
    }
    return false;
}

/* Bricks that run without the translator, by name. */
static int
find_waiting(struct group *g, struct kv *bricks)
{
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    const char *const words[] = {"status", g->c.volume, NULL};
    struct peers *peers = &g->c.peers;

    if (!some_wait(peers))
        return 0;
    int ret = peers_ask(g->c.cli, peers, "asking which bricks wait", words, &why);
    for (size_t i = 0; !ret && i < peers->count; i++) {
        const struct answer_line *line = NULL;

        while (!ret && (line = node_line(&peers->nodes[i], "brick", 4, line)))
            if (has_word(line->fields[2], "gnotify") && !has_word(line->fields[3], "gnotify"))
                ret = kv_set(bricks, line->fields[0], "");
    }
    return ret == -EIO ? 0 : ret;
}

static int
tell_waiting(struct group *g)
{
    AUTO_KV struct kv bricks = KV_INIT;
    AUTO_STRBUF struct strbuf names = STRBUF_INIT;
    int ret = find_waiting(g, &bricks);

    if (ret)
        return ret;
    emit_list(g->c.e, "waiting", "brick");
    for (size_t i = 0; i < bricks.count; i++) {
        strbuf_fmt(&names, "%s%s", i ? ", " : "", bricks.pairs[i].key);
        emit_str(g->c.e, NULL, bricks.pairs[i].key);
    }
    emit_list_end(g->c.e);
    return bricks.count ? group_note(g, "bricks that have been running without the translator record "
                                     "nothing before they are restarted: %s. `gluster volume extension %s "
                                     "apply` does that, one at a time", strbuf_text(&names), g->c.volume)
                        : 0;
}

/* ---- enable -------------------------------------------------------------------------- */

static void
tell_options(struct group *g)
{
    emit_list(g->c.e, "options", "option");
    for (size_t i = 0; i < g->memory.count; i++) {
        const struct saved *one = &g->memory.list[i];
        const char *key = one->key + (strncmp(one->key, "user.", 5) ? 0 : 5);

        emit_object(g->c.e, NULL);
        emit_str(g->c.e, "name", key);
        emit_str(g->c.e, "value", one->set);
        if (one->was)
            emit_str(g->c.e, "before", one->was);
        emit_object_end(g->c.e);
    }
    emit_list_end(g->c.e);
}

static int
end_enable(struct notify *n)
{
    struct group *g = &n->g;
    const char *events = n->events ? n->events : notify_events(g);
    bool opens = memory_find(&g->memory, notify_hides_opens);

    emit_text(g->c.e, "volume notify: success: enabled on volume %s, events: %s%s%s%s\n", g->c.volume,
              events, opens ? "; " : "", opens ? notify_hides_opens : "",
              opens ? " is off meanwhile, so that opens reach the bricks" : "");
    emit_str(g->c.e, "state", "on");
    emit_str(g->c.e, "events", events);
    tell_options(g);
    int ret = tell_waiting(g);
    if (ret)
        return change_rpc_fail(&g->c, ret);
    group_tell_notes(g);
    return 0;
}

/* open-behind was not set before: it goes, and then what was remembered of it. */
static int
take_opens_out(struct group *g)
{
    AUTO_KV struct kv wanted = KV_INIT;

    g->half = "The rest is done: run the command again, it goes on from here";
    int status = group_reset(g, notify_hides_opens);
    if (status)
        return status;
    memory_drop(&g->memory, notify_hides_opens);
    g->memory.state = g->memory.count ? MEMORY_ON : MEMORY_OFF;
    if (group_put_memory(g, &g->memory, &wanted))
        return change_rpc_fail(&g->c, -ENOMEM);
    return group_set(g, &wanted);
}

int
notify_enable(struct notify *n)
{
    AUTO(plan_free) struct plan plan = {0};
    struct group *g = &n->g;
    int status = check_ctime(g);

    if (!status)
        status = check_nodes(n);
    if (status)
        return status;
    int ret = make_plan(n, &plan);
    if (ret)
        return change_rpc_fail(&g->c, ret);
    status = group_set(g, &plan.wanted);
    if (!status && plan.reset_opens)
        status = take_opens_out(g);
    if (!status)
        status = change_applied(&g->c);
    return status ? status : end_enable(n);
}

/* ---- disable -------------------------------------------------------------------------- */

static int
end_disable(struct group *g, const struct kv *kept)
{
    emit_text(g->c.e, "volume notify: success: disabled on volume %s\n", g->c.volume);
    emit_str(g->c.e, "state", "off");
    emit_list(g->c.e, "kept", "option");
    for (size_t i = 0; i < kept->count; i++) {
        const char *key = kept->pairs[i].key, *value = kept->pairs[i].value;

        key += strncmp(key, "user.", 5) ? 0 : 5;
        emit_note(g->c.e, "%s was changed by hand: it stays %s\n", key, *value ? value : "reset");
        emit_object(g->c.e, NULL);
        emit_str(g->c.e, "name", key);
        emit_str(g->c.e, "value", value);
        emit_object_end(g->c.e);
    }
    emit_list_end(g->c.e);
    group_tell_notes(g);
    return 0;
}

int
notify_disable(struct notify *n)
{
    AUTO_KV struct kv wanted = KV_INIT, kept = KV_INIT;
    struct group *g = &n->g;
    int status = 0;

    if (notify_is_on(g) && kv_set(&wanted, "user." NOTIFY_KEY, "off"))
        return change_rpc_fail(&g->c, -ENOMEM);
    if (g->memory.state != MEMORY_OFF)
        status = group_restore(g, &wanted, &kept);
    else if (wanted.count)
        status = group_set(g, &wanted);
    else if (group_note(g, "it was not enabled on volume %s; nothing was changed", g->c.volume))
        return change_rpc_fail(&g->c, -ENOMEM);
    return status ? status : end_disable(g, &kept);
}
