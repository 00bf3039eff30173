/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The steps that a command is made of which turns a group of options; see group.h.
 */
#include "cli/group.h"

#include <errno.h>

void
group_free(struct group *g)
{
    change_free(&g->c);
    kv_free(&g->options);
    memory_free(&g->memory);
    kv_free(&g->notes);
    if (g->lock >= 0)
        close(g->lock);
}

/* ---- a volume, again and again ----------------------------------------------- */

int
group_read(const struct group_kind *kind, const struct reply *volume, struct kv *options,
           struct memory *memory)
{
    static const char stored[] = "volume0.option.";

    for (size_t i = 0; i < volume->dict.count; i++) {
        const struct dict_pair *pair = &volume->dict.pairs[i];

        if (strncmp(pair->key, stored, strlen(stored)) || !dict_pair_is_text(pair))
            continue;
        if (kv_set(options, pair->key + strlen(stored), pair->value) < 0)
            return -ENOMEM;
    }
    AUTO_FREE char *key = str_fmt("user.%s", kind->memory_key);

    return key ? memory_parse(kv_get(options, key), kind->knows, memory) : -ENOMEM;
}

static int
strange_memory(struct group *g)
{
    AUTO_FREE char *key = str_fmt("user.%s", g->kind->memory_key);
    const char *value = key ? kv_get(&g->options, key) : NULL;

    return change_fail(&g->c, EINVAL, "user.%s of volume %s is '%.64s', which this command cannot have "
                       "set: `gluster volume set %s user.%s " VOLGEN_UNSET "` has it forget what was "
                       "before", g->kind->memory_key, g->c.volume, value ? value : "", g->c.volume,
                       g->kind->memory_key);
}

int
group_fetch(struct group *g, struct reply *reply)
{
    enum { STARTED = 1 };

    kv_free(&g->options);
    memory_free(&g->memory);
    g->options = (struct kv)KV_INIT;
    reply_free(reply);
    int ret = volume_fetch(g->c.cli, g->c.volume, reply);

    if (ret == -ENOENT)
        return change_fail(&g->c, ENOENT, "Volume %s does not exist", g->c.volume);
    if (!ret)
        ret = group_read(g->kind, reply, &g->options, &g->memory);
    if (ret == -EBADMSG)
        return strange_memory(g);
    if (ret)
        return change_rpc_fail(&g->c, ret);
    g->started = dict_num(&reply->dict, "volume0.status", 0) == STARTED;
    return 0;
}

int
group_set(struct group *g, const struct kv *wanted)
{
    AUTO_REQUEST struct request request = REQUEST_INIT;
    AUTO_REPLY struct reply reply = REPLY_INIT;

    request_put(&request, "volname", g->c.volume);
    for (size_t i = 0; i < wanted->count; i++) {
        char key[32];

        snprintf(key, sizeof(key), "key%zu", i + 1);
        request_put(&request, key, wanted->pairs[i].key);
        snprintf(key, sizeof(key), "value%zu", i + 1);
        request_put(&request, key, wanted->pairs[i].value);
    }
    request_num(&request, "count", 2 * (int64_t)wanted->count);
    request_put(&request, "cmd-str", g->c.cli->line);
    int ret = rpc_call(g->c.cli, RPC_SET_VOLUME, "setting the options", &request, &reply);

    if (ret)
        return change_rpc_fail(&g->c, ret);
    if (!reply.op_ret)
        return 0;
    change_settle(&g->c, reply.op_errstr);
    return change_fail(&g->c, reply.op_errno, "%s%s%s",
                       *reply.op_errstr ? reply.op_errstr : "see glusterd's log",
                       g->half ? ". " : "", g->half ? g->half : "");
}

int
group_reset(struct group *g, const char *key)
{
    AUTO_REQUEST struct request request = REQUEST_INIT;
    AUTO_REPLY struct reply reply = REPLY_INIT;

    request_put(&request, "volname", g->c.volume);
    request_put(&request, "key", key);
    request_put(&request, "cmd-str", g->c.cli->line);
    int ret = rpc_call(g->c.cli, RPC_RESET_VOLUME, "resetting the options", &request, &reply);

    if (ret)
        return change_rpc_fail(&g->c, ret);
    if (!reply.op_ret)
        return 0;
    return change_fail(&g->c, reply.op_errno, "%s could not be reset: %s. %s", key,
                       *reply.op_errstr ? reply.op_errstr : "see glusterd's log", g->half);
}

int
group_put_memory(const struct group *g, const struct memory *memory, struct kv *wanted)
{
    AUTO_FREE char *key = str_fmt("user.%s", g->kind->memory_key);
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;

    if (!key)
        return -ENOMEM;
    memory_print(memory, &text);
    if (text.len + strlen(key) > VOLGEN_MAX_STORED) {
        for (size_t i = 0; i < memory->count; i++)
            if (memory->list[i].was && strlen(memory->list[i].was) > 64)
                emit_note(g->c.e, "%s has a value of %zu bytes\n", memory->list[i].key,
                          strlen(memory->list[i].was));
        return -E2BIG;
    }
    return strbuf_failed(&text) ? -ENOMEM : kv_set(wanted, key, strbuf_text(&text));
}

int
group_note(struct group *g, const char *fmt, ...)
{
    AUTO_STRBUF struct strbuf sentence = STRBUF_INIT;
    va_list args;

    va_start(args, fmt);
    strbuf_vfmt(&sentence, fmt, args);
    va_end(args);
    return strbuf_failed(&sentence) ? -ENOMEM : kv_set(&g->notes, strbuf_text(&sentence), "");
}

void
group_tell_notes(struct group *g)
{
    for (size_t i = 0; i < g->c.peers.count; i++)
        if (!g->c.peers.nodes[i].connected)
            group_note(g, "node %s is down: it applies this when it returns", g->c.peers.nodes[i].host);
    if (!g->started)
        group_note(g, "volume %s is not started: this takes effect when it is", g->c.volume);
    emit_list(g->c.e, "notes", "note");
    for (size_t i = 0; i < g->notes.count; i++) {
        emit_note(g->c.e, "%s\n", g->notes.pairs[i].key);
        emit_str(g->c.e, NULL, g->notes.pairs[i].key);
    }
    emit_list_end(g->c.e);
}
