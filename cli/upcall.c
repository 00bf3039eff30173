/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volume upcall VOLNAME enable, disable.
 *
 * enable is one SET_VOLUME: the whole group, and in a hidden option what it was before. Where
 * clients could believe what no brick tells them of, bricks hear of their part before, and a number
 * in that option gives every client another graph, and so an empty cache (volgen/plan.c).
 * disable sets in one SET_VOLUME what every option of the group was, or its default, so
 * that clients and bricks change at once; then it takes out, one by one, those that
 * had not been set. Whenever it is ended, it goes on where it was when it is run again.
 */
#include "cli/upcall.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "cli/commands.h"

enum { LOCK_PATIENCE_MS = 20000, LOCK_PAUSE_MS = 50 };

/* One command, from its words to its end. */
struct upcall {
    struct change c;
    int seconds; /* 0: not given */
    bool leases;
    struct kv options;           /* of the volume, as they are set now */
    struct upcall_memory memory; /* as the volume has it now */
    /* of the memory, when the command began */
    unsigned long long fresh_before;
    size_t known_before;
    bool started;
    struct kv notes;     /* sentences (the keys) that are said when all went well */
    const char *half;    /* what to do should the next step fail; NULL: nothing was changed yet */
    int lock;
};

static void
upcall_free(struct upcall *u)
{
    change_free(&u->c);
    kv_free(&u->options);
    upcall_memory_free(&u->memory);
    kv_free(&u->notes);
    if (u->lock >= 0)
        close(u->lock);
}

/* ---- a volume, again and again ----------------------------------------------- */

/* What the volume has now; *reply is for who wants to know more. */
static int
fetch(struct upcall *u, struct reply *reply)
{
    enum { STARTED = 1 };

    kv_free(&u->options);
    upcall_memory_free(&u->memory);
    u->options = (struct kv)KV_INIT;
    reply_free(reply);
    int ret = volume_fetch(u->c.cli, u->c.volume, reply);

    if (ret == -ENOENT)
        return change_fail(&u->c, ENOENT, "Volume %s does not exist", u->c.volume);
    if (!ret)
        ret = upcall_read(reply, &u->options, &u->memory);
    if (ret == -EBADMSG)
        return change_fail(&u->c, EINVAL, "user." UPCALL_MEMORY_KEY " of volume %s is '%.64s', which "
                           "this command cannot have set: `gluster volume set %s user."
                           UPCALL_MEMORY_KEY " " VOLGEN_UNSET "` has it forget what was before",
                           u->c.volume, kv_get(&u->options, "user." UPCALL_MEMORY_KEY), u->c.volume);
    if (ret)
        return rpc_fail(u->c.cli, u->c.e, u->c.command, ret);
    u->started = dict_num(&reply->dict, "volume0.status", 0) == STARTED;
    return 0;
}

/* Two of these commands on one node wait for each other; glusterd's own lock is held for
 * one step at a time only. */
static int
take_turns(struct upcall *u)
{
    AUTO_FREE char *path = str_fmt(STATUSDIR_PARENT "/upcall-%s.lock", u->c.volume);

    if (mkdir(STATUSDIR_PARENT, 0755) && errno != EEXIST)
        return 0; /* not root: glusterd refuses next */
    u->lock = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
    for (int waited = 0; u->lock >= 0 && flock(u->lock, LOCK_EX | LOCK_NB); waited += LOCK_PAUSE_MS) {
        if (waited >= LOCK_PATIENCE_MS)
            return change_fail(&u->c, EBUSY, "another `gluster volume upcall %s` on this node has been "
                               "at it for %d s: see whether it hangs", u->c.volume,
                               LOCK_PATIENCE_MS / 1000);
        int ret = rpc_sleep(LOCK_PAUSE_MS);
        if (ret)
            return rpc_fail(u->c.cli, u->c.e, u->c.command, ret);
    }
    return 0;
}

/* One SET_VOLUME of these keys, as they are stored. */
static int
set(struct upcall *u, const struct kv *wanted)
{
    AUTO_REQUEST struct request request = REQUEST_INIT;
    AUTO_REPLY struct reply reply = REPLY_INIT;

    request_put(&request, "volname", u->c.volume);
    for (size_t i = 0; i < wanted->count; i++) {
        char key[32];

        snprintf(key, sizeof(key), "key%zu", i + 1);
        request_put(&request, key, wanted->pairs[i].key);
        snprintf(key, sizeof(key), "value%zu", i + 1);
        request_put(&request, key, wanted->pairs[i].value);
    }
    request_num(&request, "count", 2 * (int64_t)wanted->count);
    request_put(&request, "cmd-str", u->c.cli->line);
    int ret = rpc_call(u->c.cli, RPC_SET_VOLUME, "setting the options", &request, &reply);

    if (ret)
        return rpc_fail(u->c.cli, u->c.e, u->c.command, ret);
    if (!reply.op_ret)
        return 0;
    change_settle(&u->c, reply.op_errstr);
    return change_fail(&u->c, reply.op_errno, "%s%s%s",
                       *reply.op_errstr ? reply.op_errstr : "see glusterd's log",
                       u->half ? ". " : "", u->half ? u->half : "");
}

static int
reset(struct upcall *u, const char *key)
{
    AUTO_REQUEST struct request request = REQUEST_INIT;
    AUTO_REPLY struct reply reply = REPLY_INIT;

    request_put(&request, "volname", u->c.volume);
    request_put(&request, "key", key);
    request_put(&request, "cmd-str", u->c.cli->line);
    int ret = rpc_call(u->c.cli, RPC_RESET_VOLUME, "resetting the options", &request, &reply);

    if (ret)
        return rpc_fail(u->c.cli, u->c.e, u->c.command, ret);
    if (!reply.op_ret)
        return 0;
    return change_fail(&u->c, reply.op_errno, "%s could not be reset: %s. %s", key,
                       *reply.op_errstr ? reply.op_errstr : "see glusterd's log", u->half);
}

/* The memory as an option among those to be set. */
static int
put_memory(const struct upcall *u, const struct upcall_memory *memory, struct kv *wanted)
{
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;

    upcall_memory_print(memory, &text);
    if (text.len + strlen("user." UPCALL_MEMORY_KEY) > VOLGEN_MAX_STORED) {
        for (size_t i = 0; i < memory->count; i++)
            if (memory->list[i].was && strlen(memory->list[i].was) > 64)
                emit_note(u->c.e, "%s has a value of %zu bytes\n", memory->list[i].key,
                          strlen(memory->list[i].was));
        return -E2BIG;
    }
    return strbuf_failed(&text) ? -ENOMEM
                                : kv_set(wanted, "user." UPCALL_MEMORY_KEY, strbuf_text(&text));
}

/* Nodes that hear of it later. Failing to know them is no reason to fail. */
static int
list_nodes(struct upcall *u)
{
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    int ret = peers_list(u->c.cli, &u->c.peers, &why);

    if (ret == -EIO)
        return change_fail(&u->c, EIO, "%s", strbuf_text(&why));
    return ret ? rpc_fail(u->c.cli, u->c.e, u->c.command, ret) : 0;
}

static int note(struct upcall *u, const char *fmt, ...) PRINTF_LIKE(2, 3);
static int
note(struct upcall *u, const char *fmt, ...)
{
    AUTO_STRBUF struct strbuf sentence = STRBUF_INIT;
    va_list args;

    va_start(args, fmt);
    strbuf_vfmt(&sentence, fmt, args);
    va_end(args);
    return strbuf_failed(&sentence) ? -ENOMEM : kv_set(&u->notes, strbuf_text(&sentence), "");
}

static void
tell_notes(struct upcall *u)
{
    for (size_t i = 0; i < u->c.peers.count; i++)
        if (!u->c.peers.nodes[i].connected)
            note(u, "node %s is down: it applies this when it returns", u->c.peers.nodes[i].host);
    if (!u->started)
        note(u, "volume %s is not started: this takes effect when it is", u->c.volume);
    emit_list(u->c.e, "notes", "note");
    for (size_t i = 0; i < u->notes.count; i++) {
        emit_note(u->c.e, "%s\n", u->notes.pairs[i].key);
        emit_str(u->c.e, NULL, u->notes.pairs[i].key);
    }
    emit_list_end(u->c.e);
}

/* ---- enable ----------------------------------------------------------------- */

/* The timeout: as given, else as it is, else the default. */
static int
seconds_for(const struct upcall *u)
{
    const struct upcall_saved *before = upcall_memory_find(&u->memory,
                                                           "features.cache-invalidation-timeout");
    long long n = before && u->memory.state == UPCALL_ON ? upcall_seconds(before->set) : -1;

    if (u->seconds)
        return u->seconds;
    return n >= UPCALL_SECONDS_MIN && n <= UPCALL_SECONDS_MAX ? (int)n : UPCALL_SECONDS_DEFAULT;
}

/* Is it already so, or so much, without this command? */
static bool
is_enough(const struct upcall *u, const struct upcall_member *member)
{
    const char *now = kv_get(&u->options, member->key);
    const struct upcall_saved *before = upcall_memory_find(&u->memory, member->key);
    long long n = now ? upcall_seconds(now) : -1;

    if (member->if_off && !before && upcall_is_on(now ? now : member->def))
        return true;
    if (!member->at_least || n < 0 || (before && upcall_same(now, before->set)))
        return false;
    return !n || n >= upcall_seconds(member->wanted);
}

static int
want(struct upcall *u, const struct upcall_member *member, const char *value, struct kv *wanted)
{
    const char *now = kv_get(&u->options, member->key);
    const struct upcall_saved *before = upcall_memory_find(&u->memory, member->key);

    int ret = kv_set(wanted, member->key, value);

    if (!ret && before && u->memory.state == UPCALL_ON &&
        (!now || !upcall_same(now, before->set)))
        ret = note(u, "%s was %s by hand: it is %s again", member->key, now ? now : "reset",
                   value);
    return ret ? ret : upcall_memory_set(&u->memory, member->key, value, now);
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
    const struct upcall_saved *kept = upcall_memory_find(&u->memory, "performance.md-cache-timeout");
    const char *now = kv_get(&u->options, "performance.md-cache-timeout");

    return u->memory.state != UPCALL_ON || !now || !kept ||
           upcall_seconds(now) < seconds_for(u) || !upcall_same(now, kept->set) ||
           !upcall_is_on(kv_get(&u->options, "features.cache-invalidation")) ||
           !upcall_is_on(kv_get(&u->options, "performance.cache-invalidation")) ||
           upcall_conflicts(&u->options, u->c.volume, refuse, &ignored);
}

/* A number that no client has: of the clock, so that it is new also after a disable. */
static unsigned long long
new_number(const struct upcall *u)
{
    unsigned long long now = (unsigned long long)time(NULL);

    return u->memory.fresh >= now ? u->memory.fresh + 1 : now;
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
        u->memory.fresh = new_number(u);
    for (size_t i = 0; i < upcall_group_count && !ret; i++) {
        const struct upcall_member *member = &upcall_group[i];

        if (member->leases && !u->leases && !upcall_memory_find(&u->memory, member->key))
            continue;
        if (!is_enough(u, member))
            ret = want(u, member, member->wanted ? member->wanted : seconds, wanted);
    }
    u->memory.state = UPCALL_ON;
    return ret ? ret : put_memory(u, &u->memory, wanted);
}

/* Bricks first: what a client looks at while some brick has not begun to keep account, it would
 * never be told of. So they are told one transaction earlier than clients. */
static int
begin_with_bricks(struct upcall *u, const struct kv *wanted)
{
    static const char *const of_bricks[] = {"features.cache-invalidation",
                                            "features.cache-invalidation-timeout",
                                            "network.inode-lru-limit"};
    AUTO_UPCALL_MEMORY struct upcall_memory memory = {.state = UPCALL_ON, .fresh = u->fresh_before};
    AUTO_KV struct kv first = KV_INIT;
    int ret = 0;

    for (size_t i = 0; i < u->memory.count && !ret; i++) {
        const struct upcall_saved *one = &u->memory.list[i];
        const char *value = kv_get(wanted, one->key);
        bool now = false;

        for (size_t j = 0; j < ARRAY_SIZE(of_bricks); j++)
            now |= !strcmp(of_bricks[j], one->key);
        if (now && value)
            ret = kv_set(&first, one->key, value);
        if (!ret && (now || i < u->known_before))
            ret = upcall_memory_set(&memory, one->key, one->set, one->was);
    }
    if (!ret)
        ret = put_memory(u, &memory, &first);
    return ret ? rpc_fail(u->c.cli, u->c.e, u->c.command, ret) : set(u, &first);
}

/* What the volume will have. */
static int
overlay(const struct upcall *u, const struct kv *wanted, struct kv *after)
{
    int ret = 0;

    for (size_t i = 0; i < u->options.count && !ret; i++)
        ret = kv_set(after, u->options.pairs[i].key, u->options.pairs[i].value);
    for (size_t i = 0; i < wanted->count && !ret; i++)
        ret = kv_set(after, wanted->pairs[i].key, wanted->pairs[i].value);
    return ret;
}

static int
end_enable(struct upcall *u, const struct kv *after)
{
    const char *seconds = kv_get(after, "features.cache-invalidation-timeout");
    bool leases = upcall_is_on(kv_get(after, "features.leases"));

    emit_text(u->c.e, "volume upcall: success: enabled on volume %s, timeout %s s%s\n", u->c.volume,
              seconds, leases ? ", with leases" : "");
    emit_object(u->c.e, "volUpcall");
    emit_str(u->c.e, "volName", u->c.volume);
    emit_str(u->c.e, "state", "on");
    emit_num(u->c.e, "timeout", upcall_seconds(seconds));
    emit_bool(u->c.e, "leases", leases);
    emit_list(u->c.e, "options", "option");
    for (size_t i = 0; i < u->memory.count; i++) {
        emit_object(u->c.e, NULL);
        emit_str(u->c.e, "name", u->memory.list[i].key);
        emit_str(u->c.e, "value", u->memory.list[i].set);
        if (u->memory.list[i].was)
            emit_str(u->c.e, "before", u->memory.list[i].was);
        emit_object_end(u->c.e);
    }
    emit_list_end(u->c.e);
    tell_notes(u);
    emit_object_end(u->c.e);
    return emit_end(u->c.e);
}

static int
enable(struct upcall *u)
{
    AUTO_KV struct kv wanted = KV_INIT, after = KV_INIT;
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    bool anew = false;

    u->fresh_before = u->memory.fresh;
    u->known_before = u->memory.count;
    int ret = collect(u, &wanted, &anew);
    if (!ret)
        ret = overlay(u, &wanted, &after);
    if (ret == -E2BIG)
        return change_fail(&u->c, E2BIG, "what the options of volume %s are now is too long to be "
                           "remembered: reset the one that is. Nothing was changed", u->c.volume);
    if (ret)
        return rpc_fail(u->c.cli, u->c.e, u->c.command, ret);
    if (upcall_conflicts(&after, u->c.volume, refuse, &why))
        return change_fail(&u->c, EINVAL, "%s. Nothing was changed", strbuf_text(&why));
    int status = anew && u->started ? begin_with_bricks(u, &wanted) : 0;

    if (anew && u->started)
        u->half = "Bricks have their part of it already: run the command again, or `disable`";
    if (!status)
        status = set(u, &wanted);
    return status ? status : end_enable(u, &after);
}

/* ---- disable ---------------------------------------------------------------- */

static bool
is_ours(const struct upcall *u, const struct upcall_saved *one)
{
    const char *now = kv_get(&u->options, one->key);

    return now && upcall_same(now, one->set);
}

static bool
is_as_before(const struct upcall *u, const struct upcall_saved *one)
{
    const char *now = kv_get(&u->options, one->key);

    return one->was ? now && upcall_same(now, one->was) : !now;
}

/* Everything as it was before, or at its default: one change for bricks and clients. */
static int
collect_former(struct upcall *u, struct kv *wanted, struct kv *kept)
{
    AUTO_UPCALL_MEMORY struct upcall_memory left = {.state = UPCALL_LEAVING};
    int ret = 0;

    for (size_t i = 0; i < u->memory.count && !ret; i++) {
        const struct upcall_saved *one = &u->memory.list[i];
        const char *now = kv_get(&u->options, one->key);
        const char *former = one->was ? one->was : upcall_default(one->key);

        if (!is_ours(u, one)) {
            if (!is_as_before(u, one))
                ret = kv_set(kept, one->key, now ? now : "");
            continue;
        }
        if (!former) /* of another version of this program: only its reset is known */
            former = one->set;
        ret = kv_set(wanted, one->key, former);
        if (!ret)
            ret = upcall_memory_set(&left, one->key, former, one->was);
    }
    return ret ? ret : put_memory(u, &left, wanted);
}

/* Resets what was not set before, one at a time, as long as nobody else changes anything. */
static int
take_out(struct upcall *u, struct kv *kept)
{
    AUTO_REPLY struct reply reply = REPLY_INIT;

    for (;;) {
        const char *next = NULL;
        int status = fetch(u, &reply);

        if (status)
            return status;
        if (u->memory.state != UPCALL_LEAVING)
            return change_fail(&u->c, EAGAIN, "another command changed volume %s meanwhile: see "
                               "`gluster volume upcall %s status`", u->c.volume, u->c.volume);
        for (size_t i = 0; i < u->memory.count; i++) {
            const struct upcall_saved *one = &u->memory.list[i];

            if (one->was && !is_as_before(u, one) &&
                kv_set(kept, one->key, kv_get(&u->options, one->key) ?: "") < 0)
                return rpc_fail(u->c.cli, u->c.e, u->c.command, -ENOMEM);
            if (one->was || !kv_get(&u->options, one->key))
                continue;
            if (is_ours(u, one))
                next = one->key;
            else if (kv_set(kept, one->key, kv_get(&u->options, one->key)) < 0)
                return rpc_fail(u->c.cli, u->c.e, u->c.command, -ENOMEM);
        }
        if (!next)
            return 0;
        status = reset(u, next);
        if (status)
            return status;
    }
}

static void
warn(void *arg, const char *sentence)
{
    struct upcall *u = arg;

    emit_note(u->c.e, "note: %s\n", sentence);
    emit_str(u->c.e, NULL, sentence);
}

static int
end_disable(struct upcall *u, const struct kv *kept)
{
    emit_text(u->c.e, "volume upcall: success: disabled on volume %s\n", u->c.volume);
    emit_object(u->c.e, "volUpcall");
    emit_str(u->c.e, "volName", u->c.volume);
    emit_str(u->c.e, "state", "off");
    emit_list(u->c.e, "kept", "option");
    for (size_t i = 0; i < kept->count; i++) {
        const char *value = kept->pairs[i].value;

        emit_note(u->c.e, "%s was changed by hand: it stays %s\n", kept->pairs[i].key,
                  *value ? value : "reset");
        emit_object(u->c.e, NULL);
        emit_str(u->c.e, "name", kept->pairs[i].key);
        emit_str(u->c.e, "value", value);
        emit_object_end(u->c.e);
    }
    emit_list_end(u->c.e);
    emit_list(u->c.e, "conflicts", "conflict");
    upcall_conflicts(&u->options, u->c.volume, warn, u);
    emit_list_end(u->c.e);
    tell_notes(u);
    emit_object_end(u->c.e);
    return emit_end(u->c.e);
}

static int
was_not_enabled(struct upcall *u)
{
    static const char key[] = "features.cache-invalidation";

    if (upcall_is_on(kv_get(&u->options, key)))
        return change_fail(&u->c, EINVAL, "%s of volume %s is on, but not by this command, which "
                           "therefore does not know what was before: `gluster volume reset %s %s`",
                           key, u->c.volume, u->c.volume, key);
    if (note(u, "it was not enabled; nothing was changed"))
        return rpc_fail(u->c.cli, u->c.e, u->c.command, -ENOMEM);
    return end_disable(u, &(struct kv)KV_INIT);
}

static int
disable(struct upcall *u)
{
    AUTO_KV struct kv wanted = KV_INIT, kept = KV_INIT, done = KV_INIT;

    if (u->memory.state == UPCALL_OFF)
        return was_not_enabled(u);
    int status = 0;
    if (u->memory.state == UPCALL_ON) {
        int ret = collect_former(u, &wanted, &kept);

        if (ret)
            return rpc_fail(u->c.cli, u->c.e, u->c.command, ret);
        status = set(u, &wanted);
    }
    u->half = "Not all is as it was before: run the command again, it goes on from here";
    if (!status)
        status = take_out(u, &kept);
    if (status)
        return status;
    if (kv_set(&done, "user." UPCALL_MEMORY_KEY, VOLGEN_UNSET) < 0)
        return rpc_fail(u->c.cli, u->c.e, u->c.command, -ENOMEM);
    status = set(u, &done);
    return status ? status : end_disable(u, &kept);
}

/* ---- the command ------------------------------------------------------------ */

static int
usage(struct cli *cli)
{
    struct emit *e = emit_begin(cli->format);

    emit_fail(e, NULL, EINVAL, "\nUsage:\nvolume upcall VOLNAME {enable [timeout SECONDS] [leases] | "
              "disable | status}\n");
    return emit_end(e);
}

/* The words after enable. False: they are none. why is set for SECONDS that are none. */
static bool
read_enable(struct upcall *u, int argc, char **argv, struct strbuf *why)
{
    for (int i = 0; i < argc; i++) {
        if (!strcmp(argv[i], "leases") && !u->leases) {
            u->leases = true;
        } else if (!strcmp(argv[i], "timeout") && !u->seconds && !why->len && i + 1 < argc) {
            upcall_read_seconds(argv[++i], &u->seconds, why);
        } else {
            return false;
        }
    }
    return true;
}

static int
run(struct upcall *u, int (*what)(struct upcall *u))
{
    AUTO_REPLY struct reply reply = REPLY_INIT;
    int status = fetch(u, &reply);

    if (status)
        return status;
    if (!what)
        return upcall_status(&u->c, &reply);
    status = list_nodes(u);
    if (!status)
        status = take_turns(u);
    if (!status) /* as it is now that it is our turn */
        status = fetch(u, &reply);
    return status ? status : what(u);
}

int
cmd_volume_upcall(struct cli *cli, int argc, char **argv)
{
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    AUTO(upcall_free) struct upcall u = {.c = {.cli = cli}, .lock = -1};
    const char *verb = argc >= 2 ? argv[1] : "";
    bool on = !strcmp(verb, "enable");

    if (on ? !read_enable(&u, argc - 2, argv + 2, &why)
           : argc != 2 || (strcmp(verb, "disable") && strcmp(verb, "status")))
        return usage(cli);
    u.c.e = emit_begin(cli->format);
    u.c.volume = argv[0];
    u.c.command = on ? "volume upcall enable"
                  : !strcmp(verb, "disable") ? "volume upcall disable" : "volume upcall status";
    if (why.len)
        return change_fail(&u.c, EINVAL, "%s. Nothing was changed", strbuf_text(&why));
    return run(&u, on ? enable : !strcmp(verb, "disable") ? disable : NULL);
}
