/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volume info: stock's, with options of extensions under the names by which they
 * are set, and without those at their default. A volume that has none of them is
 * shown by stock itself, byte for byte.
 */
#include <errno.h>

#include "cli/change.h"
#include "cli/commands.h"
#include "cli/option.h"

static const char stored[] = "volume0.option.user.";

/* An option of ours, stored under `user.`? If so, is it to be shown? */
static bool
is_ours(struct cli *cli, const char *key)
{
    return volgen_option_find(cli_table(cli), key, NULL);
}

static bool
is_shown(struct cli *cli, const char *key, const char *value)
{
    const struct volgen_option *option = option_find(cli, key);

    return option && strcmp(value, option_reset_value(option)) != 0;
}

/* ---- stock's text ------------------------------------------------------- */

/* One line of the list of options; true: it belongs there. */
static bool
edit_option_line(struct cli *cli, const char *line, size_t len, struct strbuf *out)
{
    AUTO_FREE char *text = strndup(line, len);
    char *value = text ? strstr(text, ": ") : NULL;

    if (!value || strncmp(text, "user.", 5)) {
        strbuf_add(out, line, len);
        return true;
    }
    *value = '\0';
    value += 2;
    value[strcspn(value, "\n")] = '\0';
    if (!is_ours(cli, text + 5)) {
        strbuf_add(out, line, len);
        return true;
    }
    if (!is_shown(cli, text + 5, value))
        return false;
    strbuf_fmt(out, "%s: %s\n", text + 5, value);
    return true;
}

/* The list ends where the next volume's blank line begins. */
static void
edit_text(struct cli *cli, const char *stock, struct strbuf *out)
{
    static const char header[] = "Options Reconfigured:\n";
    bool in_options = false, header_due = false;

    while (*stock) {
        size_t len = strcspn(stock, "\n");
        len += stock[len] == '\n';
        if (!strncmp(stock, header, strlen(header))) {
            in_options = header_due = true;
        } else if (in_options && *stock != ' ' && *stock != '\n') {
            AUTO_STRBUF struct strbuf line = STRBUF_INIT;

            if (edit_option_line(cli, stock, len, &line)) {
                strbuf_str(out, header_due ? header : "");
                strbuf_add(out, strbuf_text(&line), line.len);
                header_due = false;
            }
        } else {
            in_options = false;
            strbuf_add(out, stock, len);
        }
        stock += len;
    }
}

/* ---- stock's XML -------------------------------------------------------- */

/* What is between <name> and </name> in one piece of XML; NULL if it is not there. */
static char *
element(const char *xml, size_t len, const char *name)
{
    AUTO_FREE char *open = str_fmt("<%s>", name);
    AUTO_FREE char *close = str_fmt("</%s>", name);
    const char *from = open ? memmem(xml, len, open, strlen(open)) : NULL;

    if (!from || !close)
        return NULL;
    from += strlen(open);
    const char *to = memmem(from, len - (size_t)(from - xml), close, strlen(close));
    return to ? strndup(from, (size_t)(to - from)) : NULL;
}

/* One <option>…</option>; false: it is left out. */
static bool
edit_option_element(struct cli *cli, const char *xml, size_t len, struct strbuf *out)
{
    static const char prefix[] = "<name>user.";
    AUTO_FREE char *name = element(xml, len, "name");
    AUTO_FREE char *value = element(xml, len, "value");

    if (name && value && !strncmp(name, "user.", 5) && is_ours(cli, name + 5)) {
        if (!is_shown(cli, name + 5, value))
            return false;
        const char *at = memmem(xml, len, prefix, strlen(prefix));
        size_t before = (size_t)(at - xml) + strlen("<name>");
        strbuf_add(out, xml, before);
        strbuf_add(out, at + strlen(prefix), len - before - strlen("user."));
        return true;
    }
    strbuf_add(out, xml, len);
    return true;
}

/* The options of one volume, from <optCount> to </options>. Returns what is behind. */
static const char *
edit_options(struct cli *cli, const char *xml, struct strbuf *out)
{
    static const char count_end[] = "</optCount>", one_end[] = "</option>";
    AUTO_STRBUF struct strbuf options = STRBUF_INIT;
    const char *list = strstr(xml, count_end), *end = strstr(xml, "</options>"), *one;
    int shown = 0;

    if (!list || !end || list > end) {
        strbuf_str(out, xml);
        return xml + strlen(xml);
    }
    /* a piece is what is before <option>, blanks, and the option itself */
    for (const char *at = list; at < end; at = one) {
        one = strstr(at, one_end);
        if (!one || one > end) {
            strbuf_add(&options, at, (size_t)(end - at));
            break;
        }
        one += strlen(one_end);
        shown += edit_option_element(cli, at, (size_t)(one - at), &options);
    }
    strbuf_fmt(out, "<optCount>%d", shown);
    strbuf_add(out, strbuf_text(&options), options.len);
    return end;
}

static void
edit_xml(struct cli *cli, const char *stock, struct strbuf *out)
{
    static const char mark[] = "<optCount>";

    for (const char *at; (at = strstr(stock, mark));) {
        strbuf_add(out, stock, (size_t)(at - stock));
        stock = edit_options(cli, at, out);
    }
    strbuf_str(out, stock);
}

/* ---- from what glusterd says: JSON, and XML that stock cannot write ------ */

static const char *
type_name(int64_t type, bool distributed)
{
    static const char *const names[][2] = {
        {"Distribute", "Distribute"},
        {"Stripe", "Distributed-Stripe"},
        {"Replicate", "Distributed-Replicate"},
        {"Striped-Replicate", "Distributed-Striped-Replicate"},
        {"Disperse", "Distributed-Disperse"},
    };

    return type >= 0 && type < (int64_t)ARRAY_SIZE(names) ? names[type][distributed] : "Unknown";
}

static void
emit_bricks(struct emit *e, bool xml, const struct dict *d, int64_t count)
{
    emit_list(e, "bricks", "brick");
    for (long long i = 1; i <= count; i++) {
        const char *name = dict_strf(d, "volume0.brick%lld", i);
        const char *uuid = dict_strf(d, "volume0.brick%lld.uuid", i);
        emit_object(e, NULL);
        if (xml) { /* stock says both twice */
            emit_attribute(e, "uuid", uuid ? uuid : "");
            emit_content(e, name ? name : "");
        }
        emit_str(e, "name", name ? name : "");
        emit_str(e, "hostUuid", uuid ? uuid : "");
        emit_bool(e, "isArbiter", dict_numf(d, 0, "volume0.brick%lld.isArbiter", i) == 1);
        emit_object_end(e);
    }
    emit_list_end(e);
}

/* The option of a pair, under the name by which it is set; NULL if it is none, or
 * is not shown. */
static const char *
shown_option(struct cli *cli, const struct dict_pair *pair)
{
    static const char prefix[] = "volume0.option.";

    if (strncmp(pair->key, prefix, strlen(prefix)) || !dict_pair_is_text(pair))
        return NULL;
    const char *key = pair->key + strlen(prefix);
    if (strncmp(key, "user.", 5) || !is_ours(cli, key + 5))
        return key;
    return is_shown(cli, key + 5, pair->value) ? key + 5 : NULL;
}

static void
emit_options(struct cli *cli, struct emit *e, const struct dict *d)
{
    int64_t count = 0;

    for (size_t i = 0; i < d->count; i++)
        count += shown_option(cli, &d->pairs[i]) != NULL;
    emit_num(e, "optCount", count);
    emit_list(e, "options", "option");
    for (size_t i = 0; i < d->count; i++) {
        const char *key = shown_option(cli, &d->pairs[i]);

        if (!key)
            continue;
        emit_object(e, NULL);
        emit_str(e, "name", key);
        emit_str(e, "value", d->pairs[i].value);
        emit_object_end(e);
    }
    emit_list_end(e);
}

static void
emit_volume(struct cli *cli, struct emit *e, const struct dict *d)
{
    static const char *const states[] = {"Created", "Started", "Stopped"};
    static const struct {
        const char *name, *key;
    } counts[] = {{"replicaCount", "replica_count"},
                  {"arbiterCount", "arbiter_count"},
                  {"disperseCount", "disperse_count"},
                  {"redundancyCount", "redundancy_count"}};
    const char *name = dict_str(d, "volume0.name"), *id = dict_str(d, "volume0.volume_id");
    int64_t status = dict_num(d, "volume0.status", -1);
    int64_t bricks = dict_num(d, "volume0.brick_count", 0);
    int64_t leaf = dict_num(d, "volume0.dist_count", 0);
    int64_t type = dict_num(d, "volume0.type", -1);

    emit_object(e, NULL);
    emit_str(e, "name", name ? name : "");
    emit_str(e, "id", id ? id : "");
    emit_num(e, "status", status);
    emit_str(e, "statusStr", status >= 0 && status < 3 ? states[status] : "Unknown");
    emit_num(e, "snapshotCount", dict_num(d, "volume0.snap_count", 0));
    emit_num(e, "brickCount", bricks);
    emit_num(e, "distCount", leaf > 0 ? bricks / leaf : 0);
    for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
        emit_num(e, counts[i].name, dict_numf(d, 0, "volume0.%s", counts[i].key));
    emit_num(e, "type", type);
    emit_str(e, "typeStr", type_name(type, leaf > 0 && leaf < bricks));
    emit_num(e, "transport", dict_num(d, "volume0.transport", 0));
    emit_bricks(e, cli->format == CLI_XML, d, bricks);
    emit_options(cli, e, d);
    emit_object_end(e);
}

/* ---- the command -------------------------------------------------------- */

/* The volume after `name` (NULL: the first). 0, -ENOENT: there is none, or as rpc_call. */
static int
fetch_next(struct cli *cli, const char *name, struct reply *reply)
{
    AUTO_REQUEST struct request request = REQUEST_INIT;

    request_num(&request, "flags", 3);
    if (name)
        request_put(&request, "volname", name);
    int ret = rpc_call(cli, RPC_GET_VOLUME, NULL, &request, reply);
    if (ret)
        return ret;
    return reply->op_ret || dict_num(&reply->dict, "count", 0) < 1 ? -ENOENT : 0;
}

static bool
has_ours(struct cli *cli, const struct dict *d)
{
    for (size_t i = 0; i < d->count; i++)
        if (!strncmp(d->pairs[i].key, stored, strlen(stored)) &&
            is_ours(cli, d->pairs[i].key + strlen(stored)))
            return true;
    return false;
}

/* Calls back for one volume, or for all of them. 0 or as rpc_call; -ENOENT: no such volume. */
static int
each_volume(struct cli *cli, const char *only, bool (*visit)(struct cli *, void *,
            const struct dict *), void *arg)
{
    AUTO_FREE char *name = NULL;

    for (;;) {
        AUTO_REPLY struct reply reply = REPLY_INIT;
        int ret = only ? volume_fetch(cli, only, &reply) : fetch_next(cli, name, &reply);

        if (ret)
            return ret == -ENOENT && !only ? 0 : ret;
        const char *this = dict_str(&reply.dict, "volume0.name");
        if (!this || (name && !strcmp(this, name)))
            return -EBADMSG;
        if (!visit(cli, arg, &reply.dict) || only)
            return 0;
        free(name);
        name = strdup(this);
        if (!name)
            return -ENOMEM;
    }
}

static bool
visit_find(struct cli *cli, void *arg, const struct dict *d)
{
    bool *found = arg;

    *found = has_ours(cli, d);
    return !*found;
}

struct told {
    struct emit *e;
    int64_t count;
};

static bool
visit_emit(struct cli *cli, void *arg, const struct dict *d)
{
    struct told *info = arg;

    emit_volume(cli, info->e, d);
    info->count++;
    return true;
}

static int
emit_info(struct cli *cli, const char *only)
{
    struct told info = {.e = emit_begin(cli->format)};

    emit_object(info.e, "volInfo");
    emit_object(info.e, "volumes");
    emit_list(info.e, NULL, "volume");
    int ret = each_volume(cli, only, visit_emit, &info);
    emit_list_end(info.e);
    emit_num(info.e, "count", info.count);
    emit_object_end(info.e);
    emit_object_end(info.e);
    if (ret == -ENOENT)
        emit_fail(info.e, NULL, ENOENT, "Volume %s does not exist", only);
    else if (ret)
        return rpc_fail(cli, info.e, "volume info", ret);
    return emit_end(info.e);
}

int
cmd_volume_info(struct cli *cli, int argc, char **argv)
{
    const char *only = argc == 1 && strcmp(argv[0], "all") ? argv[0] : NULL;
    AUTO_STRBUF struct strbuf stock = STRBUF_INIT;
    AUTO_STRBUF struct strbuf err = STRBUF_INIT;
    AUTO_STRBUF struct strbuf out = STRBUF_INIT;
    const char *const words[] = {"volume", "info", only, NULL};
    bool ours = false;
    int status;

    if (argc > 1)
        return CLI_HAND_OVER;
    if (cli->format == CLI_JSON)
        return emit_info(cli, only);
    /* whatever is wrong, stock says it as it does */
    if (each_volume(cli, only, visit_find, &ours) < 0 || !ours ||
        cli_stock_run(cli, words, &stock, &err, &status) < 0)
        return CLI_HAND_OVER;
    /* a value with a control character: stock's document ends in the middle */
    if (cli->format == CLI_XML && !strstr(strbuf_text(&stock), "</cliOutput>"))
        return emit_info(cli, only);
    fwrite(strbuf_text(&err), 1, err.len, stderr);
    if (cli->format == CLI_XML)
        edit_xml(cli, strbuf_text(&stock), &out);
    else
        edit_text(cli, strbuf_text(&stock), &out);
    fwrite(strbuf_text(&out), 1, out.len, stdout);
    return status;
}
