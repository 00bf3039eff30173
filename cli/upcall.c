/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volume upcall: its words, and the steps that enable and disable are made of. Whenever it
 * is ended, it goes on where it was when it is run again.
 */
#include "cli/upcall.h"

#include <errno.h>

#include "cli/commands.h"

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

int
upcall_fetch(struct upcall *u, struct reply *reply)
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

int
upcall_set(struct upcall *u, const struct kv *wanted)
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

int
upcall_reset(struct upcall *u, const char *key)
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

int
upcall_put_memory(const struct upcall *u, const struct upcall_memory *memory, struct kv *wanted)
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

int
upcall_note(struct upcall *u, const char *fmt, ...)
{
    AUTO_STRBUF struct strbuf sentence = STRBUF_INIT;
    va_list args;

    va_start(args, fmt);
    strbuf_vfmt(&sentence, fmt, args);
    va_end(args);
    return strbuf_failed(&sentence) ? -ENOMEM : kv_set(&u->notes, strbuf_text(&sentence), "");
}

void
upcall_tell_notes(struct upcall *u)
{
    for (size_t i = 0; i < u->c.peers.count; i++)
        if (!u->c.peers.nodes[i].connected)
            upcall_note(u, "node %s is down: it applies this when it returns", u->c.peers.nodes[i].host);
    if (!u->started)
        upcall_note(u, "volume %s is not started: this takes effect when it is", u->c.volume);
    emit_list(u->c.e, "notes", "note");
    for (size_t i = 0; i < u->notes.count; i++) {
        emit_note(u->c.e, "%s\n", u->notes.pairs[i].key);
        emit_str(u->c.e, NULL, u->notes.pairs[i].key);
    }
    emit_list_end(u->c.e);
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
    int status = upcall_fetch(u, &reply);

    if (status)
        return status;
    if (!what)
        return upcall_status(&u->c, &reply);
    status = upcall_take_turn(u);
    if (!status) /* as it is now that it is our turn */
        status = upcall_fetch(u, &reply);
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
    return run(&u, on ? upcall_enable : !strcmp(verb, "disable") ? upcall_disable : NULL);
}
