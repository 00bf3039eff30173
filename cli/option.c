/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volume get and volume reset for options of extensions.
 */
#include <errno.h>

#include "cli/change.h"
#include "cli/commands.h"
#include "cli/option.h"

static const char *
plain(const char *key)
{
    return strncmp(key, "user.", 5) ? key : key + 5;
}

const struct volgen_option *
option_find(struct cli *cli, const char *key)
{
    const struct volgen_option *option = volgen_option_find(cli_table(cli), key, NULL);

    return option && !option->hidden ? option : NULL;
}

/* ---- volume get --------------------------------------------------------- */

/* Stock's word for an option without a value. */
static const char *
shown_default(const struct volgen_option *option)
{
    return *option->def ? option->def : "(null)";
}

static int
fetch_option(struct cli *cli, const char *volume, const char *key, struct reply *reply)
{
    AUTO_REQUEST struct request request = REQUEST_INIT;
    AUTO_FREE char *stored = str_fmt("user.%s", key);

    request_put(&request, "volname", volume);
    request_put(&request, "key", stored ? stored : "");
    return rpc_call(cli, RPC_GET_VOL_OPT, NULL, &request, reply);
}

static int
get_one(struct cli *cli, const char *volume, const char *key, const struct volgen_option *option)
{
    AUTO_REPLY struct reply reply = REPLY_INIT;
    struct emit *e = emit_begin(cli->format);
    int ret = fetch_option(cli, volume, key, &reply);

    if (ret)
        return rpc_fail(cli, e, "volume get option", ret);
    if (reply.op_ret && *reply.op_errstr) { /* the volume does not exist */
        emit_fail(e, "volume get option", reply.op_errno, "%s", reply.op_errstr);
        return emit_end(e);
    }
    const char *value = reply.op_ret ? NULL : dict_str(&reply.dict, "value1");
    if (!value || !strcmp(value, option_reset_value(option)))
        value = shown_default(option);
    emit_text(e, "%-40s %-39s\n%-40s %-39s\n%-40s %-39s\n", "Option", "Value", "------",
              "-----", key, value);
    emit_object(e, "volGetopts");
    emit_num(e, "count", 1);
    emit_list(e, NULL, "Opt");
    emit_object(e, NULL);
    emit_str(e, "Option", key);
    emit_str(e, "Value", value);
    emit_object_end(e);
    emit_list_end(e);
    emit_object_end(e);
    return emit_end(e);
}

/* ---- volume get VOL all: stock's rows, then ours ------------------------ */

/* Every option of ours that can be shown: plain ones, and those of the open kind that are set. */
static int
our_rows(struct cli *cli, const struct reply *volume, struct kv *rows)
{
    const struct volgen_table *table = cli_table(cli);
    static const char stored[] = "volume0.option.user.";
    int ret = 0;

    for (size_t i = 0; i < table->count; i++) {
        const struct volgen_extension *x = table->extensions[i];
        for (size_t j = 0; j < x->option_count && !ret; j++) {
            const struct volgen_option *o = &x->options[j];
            const char *value = o->prefix ? NULL : volume_option(volume, o->key);
            AUTO_FREE char *def = str_fmt("%s (DEFAULT)", shown_default(o));
            if (!def)
                return -ENOMEM;
            bool is_default = !value || !strcmp(value, option_reset_value(o));
            if (!o->prefix && !o->hidden)
                ret = kv_set(rows, o->key, is_default ? def : value);
        }
    }
    for (size_t i = 0; i < volume->dict.count && !ret; i++) {
        const struct dict_pair *pair = &volume->dict.pairs[i];
        if (strncmp(pair->key, stored, strlen(stored)) || !dict_pair_is_text(pair))
            continue;
        const char *key = pair->key + strlen(stored);
        const struct volgen_option *o = option_find(cli, key);
        if (o && o->prefix && strcmp(pair->value, option_reset_value(o)))
            ret = kv_set(rows, key, pair->value);
    }
    return ret;
}

static void
rows_as_text(const struct kv *rows, struct strbuf *out)
{
    for (size_t i = 0; i < rows->count; i++)
        strbuf_fmt(out, "%-40s %-39s\n", rows->pairs[i].key, rows->pairs[i].value);
}

static void
emit_row(struct emit *e, const char *key, const char *value)
{
    emit_object(e, NULL);
    emit_str(e, "Option", key);
    emit_str(e, "Value", value);
    emit_object_end(e);
}

/* XML is not stock's own with ours put in: it ends in the middle where a value holds
 * a control character. */
static int
emit_all(struct cli *cli, const char *volume, const struct kv *rows)
{
    AUTO_REQUEST struct request request = REQUEST_INIT;
    AUTO_REPLY struct reply reply = REPLY_INIT;
    struct emit *e = emit_begin(cli->format);

    request_put(&request, "volname", volume);
    request_put(&request, "key", "all");
    int ret = rpc_call(cli, RPC_GET_VOL_OPT, NULL, &request, &reply);
    if (ret)
        return rpc_fail(cli, e, "volume get option", ret);
    if (reply.op_ret) {
        emit_fail(e, "volume get option", reply.op_errno, "%s", reply.op_errstr);
        return emit_end(e);
    }
    int64_t count = dict_num(&reply.dict, "count", 0);
    emit_object(e, "volGetopts");
    emit_num(e, "count", count + (int64_t)rows->count);
    emit_list(e, NULL, "Opt");
    for (int64_t i = 1; i <= count; i++) {
        const char *key = dict_strf(&reply.dict, "key%lld", (long long)i);
        const char *value = dict_strf(&reply.dict, "value%lld", (long long)i);
        if (key && value)
            emit_row(e, key, value);
    }
    for (size_t i = 0; i < rows->count; i++)
        emit_row(e, rows->pairs[i].key, rows->pairs[i].value);
    emit_list_end(e);
    emit_object_end(e);
    return emit_end(e);
}

static int
get_all(struct cli *cli, const char *volume)
{
    AUTO_REPLY struct reply reply = REPLY_INIT;
    AUTO_KV struct kv rows = KV_INIT;
    AUTO_STRBUF struct strbuf out = STRBUF_INIT;
    const char *const words[] = {"volume", "get", volume, "all", NULL};
    int status;

    int ret = volume_fetch(cli, volume, &reply);
    if (!ret)
        ret = our_rows(cli, &reply, &rows);
    if (ret && cli->format != CLI_JSON)
        return CLI_HAND_OVER; /* stock says what is wrong, as it does */
    if (ret) {
        struct emit *e = emit_begin(cli->format);
        if (ret != -ENOENT)
            return rpc_fail(cli, e, "volume get option", ret);
        emit_fail(e, "volume get option", ENOENT, "Volume %s does not exist", volume);
        return emit_end(e);
    }
    if (cli->format != CLI_TEXT)
        return emit_all(cli, volume, &rows);
    if (cli_stock_run(cli, words, &out, NULL, &status))
        return CLI_HAND_OVER;
    if (!status)
        rows_as_text(&rows, &out);
    fwrite(strbuf_text(&out), 1, out.len, stdout);
    return status;
}

int
cmd_volume_get(struct cli *cli, int argc, char **argv)
{
    if (argc != 2 || !strcasecmp(argv[0], "all"))
        return CLI_HAND_OVER;
    if (!strcmp(argv[1], "all"))
        return get_all(cli, argv[0]);
    const struct volgen_option *option = option_find(cli, argv[1]);
    return option ? get_one(cli, argv[0], plain(argv[1]), option) : CLI_HAND_OVER;
}

/* ---- volume reset ------------------------------------------------------- */

static const char command[] = "volume reset";

/* What is set and not at its default, to its default. */
static int
collect_resets(struct change *c, const struct reply *volume, const char *only)
{
    static const char stored[] = "volume0.option.user.";
    int ret = 0;

    for (size_t i = 0; i < volume->dict.count && !ret; i++) {
        const struct dict_pair *pair = &volume->dict.pairs[i];
        if (strncmp(pair->key, stored, strlen(stored)) || !dict_pair_is_text(pair))
            continue;
        const char *key = pair->key + strlen(stored);
        const struct volgen_option *option = option_find(c->cli, key);
        if (!option || (only && strcmp(only, key)))
            continue;
        if (strcmp(pair->value, option_reset_value(option)))
            ret = kv_set(&c->options, key, option_reset_value(option));
    }
    return ret;
}

const char *
option_reset_value(const struct volgen_option *option)
{
    return *option->def ? option->def : VOLGEN_UNSET;
}

/* Nodes that are down get it when they return: a default needs nothing of them. */
static int
reset(struct change *c, const char *only)
{
    AUTO_REPLY struct reply volume = REPLY_INIT;
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    int ret = volume_fetch(c->cli, c->volume, &volume);

    if (!only && (ret == -ENOENT || ret == -ECONNREFUSED)) {
        emit_discard(c->e); /* a reset of all is stock's command: it says what is wrong */
        return CLI_HAND_OVER;
    }
    if (ret == -ENOENT)
        return change_fail(c, ENOENT, "Volume %s does not exist", c->volume);
    if (!ret)
        ret = collect_resets(c, &volume, only);
    if (!ret && c->options.count)
        ret = peers_list(c->cli, &c->peers, &why);
    if (ret == -EIO)
        return change_fail(c, EIO, "%s", strbuf_text(&why));
    if (ret)
        return rpc_fail(c->cli, c->e, command, ret);
    if (!c->options.count)
        return 0;
    int status = change_set(c);
    return status ? status : change_applied(c);
}

static int
reset_one(struct change *c, const char *key)
{
    int status = reset(c, key);

    if (status)
        return status;
    emit_text(c->e, "volume reset: success: reset volume successful\n");
    emit_str(c->e, "cliOp", "volReset");
    emit_str(c->e, "output", "reset volume successful");
    return emit_end(c->e);
}

/* Stock resets its own and knows no JSON: what it says is put into ours. */
static int
reset_rest(struct change *c)
{
    const char *const words[] = {"volume", "reset", c->volume, c->force ? "force" : NULL, NULL};
    AUTO_STRBUF struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;
    int status;
    int ret = cli_stock_run(c->cli, words, &out, &err, &status);

    if (ret)
        return change_fail(c, -ret, "cannot run %s: %s", c->cli->stock, strerror(-ret));
    if (status)
        return change_fail(c, EIO, "%s%s", strbuf_text(&err), strbuf_text(&out));
    emit_str(c->e, "cliOp", "volReset");
    emit_str(c->e, "output", "reset volume successful");
    return emit_end(c->e);
}

int
cmd_volume_reset(struct cli *cli, int argc, char **argv)
{
    bool force = argc > 1 && !strcmp(argv[argc - 1], "force");
    const char *key = argc - force > 1 ? argv[1] : NULL;

    if (argc < 1 || argc - force > 2 || !strcmp(argv[0], "all"))
        return CLI_HAND_OVER;
    if (key && strcmp(key, "all") && !option_find(cli, key))
        return CLI_HAND_OVER;

    AUTO_CHANGE struct change change = {
        .cli = cli,
        .e = emit_begin(cli->format),
        .command = command,
        .volume = argv[0],
        .force = force,
    };
    if (key && strcmp(key, "all"))
        return reset_one(&change, plain(key));
    /* ours first, with all that belongs to it; then stock drops every key */
    int status = reset(&change, NULL);
    if (status)
        return status;
    if (cli->format == CLI_JSON)
        return reset_rest(&change);
    emit_discard(change.e);
    return CLI_HAND_OVER;
}
