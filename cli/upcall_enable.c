/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volume upcall VOLNAME enable: one SET_VOLUME, the whole group, and in a hidden option what
 * it was before. Where clients could believe what no brick tells them of, bricks hear of their
 * part before, and a number in that option gives every client another graph, and so an empty
 * cache (volgen/plan.c).
 */
#include "cli/upcall.h"

#include <errno.h>
#include <time.h>

/* The timeout: as given, else as it is, else the default. */
static int
seconds_for(const struct upcall *u)
{
    const struct saved *before = memory_find(&u->g.memory,
                                                           "features.cache-invalidation-timeout");
    long long n = before && u->g.memory.state == MEMORY_ON ? group_seconds(before->set) : -1;

    if (u->seconds)
        return u->seconds;
    return n >= UPCALL_SECONDS_MIN && n <= UPCALL_SECONDS_MAX ? (int)n : UPCALL_SECONDS_DEFAULT;
}

/* Is it already so, or so much, without this command? */
static bool
is_enough(const struct upcall *u, const struct upcall_member *member)
{
    const char *now = kv_get(&u->g.options, member->key);
    const struct saved *before = memory_find(&u->g.memory, member->key);
    long long n = now ? group_seconds(now) : -1;

    if (member->if_off && !before && group_is_on(now ? now : member->def))
        return true;
    if (!member->at_least || n < 0 || (before && group_same(now, before->set)))
        return false;
    return !n || n >= group_seconds(member->wanted);
}

static int
want(struct upcall *u, const struct upcall_member *member, const char *value, struct kv *wanted)
{
    const char *now = kv_get(&u->g.options, member->key);
    const struct saved *before = memory_find(&u->g.memory, member->key);
    int ret = kv_set(wanted, member->key, value);

    if (!ret && before && u->g.memory.state == MEMORY_ON &&
        (!now || !group_same(now, before->set)))
        ret = group_note(&u->g, "%s was %s by hand: it is %s again", member->key,
                          now ? now : "reset", value);
    return ret ? ret : memory_set(&u->g.memory, member->key, value, now);
}

static void
refuse(void *arg, const char *sentence)
{
    struct strbuf *why = arg;

    strbuf_fmt(why, "%s%s", why->len ? "; " : "", sentence);
}

/* Would a client otherwise believe what it has, although no brick tells it of changes: what it
 * looked at before bricks began to, or what had become too old and now is not? */
static bool
must_begin_anew(const struct upcall *u)
{
    AUTO_STRBUF struct strbuf ignored = STRBUF_INIT;
    const struct saved *kept = memory_find(&u->g.memory, "performance.md-cache-timeout");
    const char *now = kv_get(&u->g.options, "performance.md-cache-timeout");

    return u->g.memory.state != MEMORY_ON || !now || !kept ||
           group_seconds(now) < seconds_for(u) || !group_same(now, kept->set) ||
           !group_is_on(kv_get(&u->g.options, "features.cache-invalidation")) ||
           !group_is_on(kv_get(&u->g.options, "performance.cache-invalidation")) ||
           upcall_conflicts(&u->g.options, u->g.c.volume, refuse, &ignored);
}

/* A number that no client has: of the clock, so that it is new also after a disable. */
static unsigned long long
new_number(const struct upcall *u)
{
    unsigned long long now = (unsigned long long)time(NULL);

    return u->g.memory.fresh >= now ? u->g.memory.fresh + 1 : now;
}

/* What enable sets, and the memory that goes with it. *anew: clients must begin anew. */
static int
collect(struct upcall *u, struct kv *wanted, bool *anew)
{
    char seconds[16];
    int ret = 0;

    *anew = must_begin_anew(u);
    snprintf(seconds, sizeof(seconds), "%d", seconds_for(u));
    if (*anew)
        u->g.memory.fresh = new_number(u);
    for (size_t i = 0; i < upcall_group_count && !ret; i++) {
        const struct upcall_member *member = &upcall_group[i];

        if (member->leases && !u->leases && !memory_find(&u->g.memory, member->key))
            continue;
        if (!is_enough(u, member))
            ret = want(u, member, member->wanted ? member->wanted : seconds, wanted);
    }
    u->g.memory.state = MEMORY_ON;
    return ret ? ret : group_put_memory(&u->g, &u->g.memory, wanted);
}

/* Bricks first: what a client looks at while some brick has not begun to keep account, it would
 * never be told of. So they are told one transaction earlier than clients. */
static int
begin_with_bricks(struct upcall *u, const struct kv *wanted)
{
    static const char *const of_bricks[] = {"features.cache-invalidation",
                                            "features.cache-invalidation-timeout",
                                            "network.inode-lru-limit"};
    AUTO_MEMORY struct memory memory = {.state = MEMORY_ON, .fresh = u->fresh_before};
    AUTO_KV struct kv first = KV_INIT;
    int ret = 0;

    for (size_t i = 0; i < u->g.memory.count && !ret; i++) {
        const struct saved *one = &u->g.memory.list[i];
        const char *value = kv_get(wanted, one->key);
        bool now = false;

        for (size_t j = 0; j < ARRAY_SIZE(of_bricks); j++)
            now |= !strcmp(of_bricks[j], one->key);
        if (now && value)
            ret = kv_set(&first, one->key, value);
        if (!ret && (now || i < u->known_before))
            ret = memory_set(&memory, one->key, one->set, one->was);
    }
    if (!ret)
        ret = group_put_memory(&u->g, &memory, &first);
    return ret ? change_rpc_fail(&u->g.c, ret) : group_set(&u->g, &first);
}

/* What the volume will have. */
static int
overlay(const struct upcall *u, const struct kv *wanted, struct kv *after)
{
    int ret = 0;

    for (size_t i = 0; i < u->g.options.count && !ret; i++)
        ret = kv_set(after, u->g.options.pairs[i].key, u->g.options.pairs[i].value);
    for (size_t i = 0; i < wanted->count && !ret; i++)
        ret = kv_set(after, wanted->pairs[i].key, wanted->pairs[i].value);
    return ret;
}

static int
end_enable(struct upcall *u, const struct kv *after)
{
    const char *seconds = kv_get(after, "features.cache-invalidation-timeout");
    bool leases = group_is_on(kv_get(after, "features.leases"));

    emit_text(u->g.c.e, "volume upcall: success: enabled on volume %s, timeout %s s%s\n", u->g.c.volume,
              seconds, leases ? ", with leases" : "");
    emit_object(u->g.c.e, "volUpcall");
    emit_str(u->g.c.e, "volName", u->g.c.volume);
    emit_str(u->g.c.e, "state", "on");
    emit_num(u->g.c.e, "timeout", group_seconds(seconds));
    emit_bool(u->g.c.e, "leases", leases);
    emit_list(u->g.c.e, "options", "option");
    for (size_t i = 0; i < u->g.memory.count; i++) {
        emit_object(u->g.c.e, NULL);
        emit_str(u->g.c.e, "name", u->g.memory.list[i].key);
        emit_str(u->g.c.e, "value", u->g.memory.list[i].set);
        if (u->g.memory.list[i].was)
            emit_str(u->g.c.e, "before", u->g.memory.list[i].was);
        emit_object_end(u->g.c.e);
    }
    emit_list_end(u->g.c.e);
    if (leases && u->g.started && !group_is_on(kv_get(&u->g.options, "features.leases")))
        group_note(&u->g, "bricks give leases from their next start on: `gluster volume stop %s` and `start`, "
                    "or one brick after the other", u->g.c.volume);
    group_tell_notes(&u->g);
    emit_object_end(u->g.c.e);
    return emit_end(u->g.c.e);
}

int
upcall_enable(struct upcall *u)
{
    AUTO_KV struct kv wanted = KV_INIT, after = KV_INIT;
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    bool anew = false;

    u->fresh_before = u->g.memory.fresh;
    u->known_before = u->g.memory.count;
    int ret = collect(u, &wanted, &anew);
    if (!ret)
        ret = overlay(u, &wanted, &after);
    if (ret == -E2BIG)
        return change_fail(&u->g.c, E2BIG, "what the options of volume %s are now is too long to be "
                           "remembered: reset the one that is. Nothing was changed", u->g.c.volume);
    if (ret)
        return change_rpc_fail(&u->g.c, ret);
    if (upcall_conflicts(&after, u->g.c.volume, refuse, &why))
        return change_fail(&u->g.c, EINVAL, "%s. Nothing was changed", strbuf_text(&why));
    int status = anew && u->g.started ? begin_with_bricks(u, &wanted) : 0;

    if (anew && u->g.started)
        u->g.half = "Bricks have their part of it already: run the command again, or `disable`";
    if (!status)
        status = group_set(&u->g, &wanted);
    return status ? status : end_enable(u, &after);
}

