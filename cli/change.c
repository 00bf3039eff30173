/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Changing options of extensions on all nodes; see change.h.
 */
#include "cli/change.h"

#include <errno.h>

enum { APPLIED_PATIENCE_MS = 10000, APPLIED_PAUSE_MS = 100, APPLIED_PAUSE_MAX_MS = 2000 };

int
volume_fetch(struct cli *cli, const char *volume, struct reply *reply)
{
    AUTO_REQUEST struct request request = REQUEST_INIT;

    request_num(&request, "flags", 2); /* this volume */
    request_put(&request, "volname", volume);
    int ret = rpc_call(cli, RPC_GET_VOLUME, NULL, &request, reply);
    if (ret)
        return ret;
    return reply->op_ret || dict_num(&reply->dict, "count", 0) < 1 ? -ENOENT : 0;
}

const char *
volume_option(const struct reply *volume, const char *key)
{
    return dict_strf(&volume->dict, "volume0.option.user.%s", key);
}

void
change_free(struct change *c)
{
    kv_free(&c->options);
    peers_free(&c->peers);
}

int
change_fail(struct change *c, int op_errno, const char *fmt, ...)
{
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    va_list args;

    va_start(args, fmt);
    strbuf_vfmt(&why, fmt, args);
    va_end(args);
    emit_fail(c->e, c->command, op_errno, "%s", strbuf_text(&why));
    if (!c->part)
        return emit_end(c->e);
    emit_str(c->e, "error", strbuf_text(&why));
    return 1;
}

int
change_rpc_fail(struct change *c, int ret)
{
    if (!c->part)
        return rpc_fail(c->cli, c->e, c->command, ret);
    emit_fail(c->e, ret == -ECONNREFUSED ? NULL : c->command, -ret, "%s", rpc_reason(ret));
    return ret == -EINTR ? 130 : 1;
}

/* What a node's answer says against the change; true: nothing. */
static bool
node_can(const struct change *c, const struct node *node, struct strbuf *why)
{
    const struct answer_line *line = NULL;

    while ((line = node_line(node, "xlator", 2, line))) {
        if (!strcmp(line->fields[1], "present"))
            continue;
        strbuf_fmt(why, "%snode %s has no translator %s for the GlusterFS that is installed "
                   "there: install the package again", why->len ? "; " : "", node->host,
                   line->fields[0]);
        return false;
    }
    while ((line = node_line(node, "module", 3, line))) {
        if (!strcmp(line->fields[1], "ok"))
            continue;
        strbuf_fmt(why, "%snode %s: module %s: %s", why->len ? "; " : "", node->host,
                   line->fields[0], line->fields[2]);
        return false;
    }
    line = c->with_stock ? NULL : node_line(node, "problem", 2, NULL);
    if (line)
        strbuf_fmt(why, "%snode %s: %s: %s", why->len ? "; " : "", node->host,
                   line->fields[0], line->fields[1]);
    return !line;
}

static const char *
module_digest(const struct node *node, const char *module)
{
    const struct answer_line *line = NULL;

    while ((line = node_line(node, "module", 3, line)))
        if (!strcmp(line->fields[0], module) && !strcmp(line->fields[1], "ok"))
            return line->fields[2];
    return NULL;
}

/* All nodes have the same file of a module; its digest becomes an option, so that a
 * node whose file changes later is found out. */
static int
agree_on_module(struct change *c, const char *module, const char *digest, const char *origin,
                struct strbuf *why)
{
    AUTO_FREE char *key = str_fmt(DIGEST_PREFIX "%s", module);

    for (size_t i = 0; i < c->peers.count; i++) {
        const struct node *node = &c->peers.nodes[i];
        const char *theirs = node->ended ? module_digest(node, module) : digest;

        if (!theirs || strcmp(theirs, digest))
            strbuf_fmt(why, "%snode %s has another file of module %s than node %s (SHA-256 "
                       "%.12s… and %.12s…): `gluster glupy install %s.py` puts one on all nodes",
                       why->len ? "; " : "", node->host, module, origin,
                       theirs ? theirs : "none", digest, module);
    }
    return !key ? -ENOMEM : kv_set(&c->options, key, digest);
}

static int
agree_on_modules(struct change *c, struct strbuf *why)
{
    for (size_t i = 0; i < c->peers.count; i++) {
        const struct node *first = &c->peers.nodes[i];
        const struct answer_line *line = NULL;
        int ret = 0;

        if (!first->ended)
            continue;
        while (!ret && (line = node_line(first, "module", 3, line)))
            ret = agree_on_module(c, line->fields[0], line->fields[2], first->host, why);
        return ret;
    }
    return 0;
}

/* check VOL KEY=VALUE… */
static int
check_words(const struct change *c, struct words *words)
{
    words_add(words, "check");
    words_add(words, c->volume);
    for (size_t i = 0; i < c->options.count; i++)
        words_addf(words, "%s=%s", c->options.pairs[i].key, c->options.pairs[i].value);
    return words->failed ? -ENOMEM : 0;
}

static bool
some_are_down(const struct change *c)
{
    bool down = false;

    for (size_t i = 0; i < c->peers.count; i++)
        down = down || !c->peers.nodes[i].connected;
    return down;
}

int
change_check(struct change *c)
{
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    AUTO_WORDS struct words words = WORDS_INIT;
    int ret = check_words(c, &words);

    if (!ret)
        ret = peers_list(c->cli, &c->peers, &why);
    if (!ret)
        ret = peers_ask(c->cli, &c->peers, "checking the nodes", words.list, &why);
    if (ret == -EIO)
        return change_fail(c, EIO, "%s. Nothing was changed", strbuf_text(&why));
    if (ret == -EINTR) {
        change_fail(c, EINTR, "interrupted while the nodes were asked. Nothing was changed");
        return 130;
    }
    if (ret)
        return change_rpc_fail(c, ret);

    peers_complaints(&c->peers, c->force, &why);
    bool down = some_are_down(c);
    for (size_t i = 0; i < c->peers.count; i++)
        if (c->peers.nodes[i].ended && !c->peers.nodes[i].failed)
            node_can(c, &c->peers.nodes[i], &why);
    if (!why.len && agree_on_modules(c, &why) < 0)
        return change_rpc_fail(c, -ENOMEM);
    if (why.len)
        return change_fail(c, EINVAL, "%s. Nothing was changed%s", strbuf_text(&why),
                           down && !c->force ? "; with `force` as the last word, nodes that are "
                                               "down are left out: they apply it when they return"
                                             : "");
    return 0;
}

/* Did a set that failed with this sentence end before any node could keep a value of it?
 * Then what nodes keep is another set's, which may be under way. */
static bool
failed_early(const char *said)
{
    static const char *const early[] = {"Another transaction", "Locking failed",
                                        "Staging failed"};

    for (size_t i = 0; i < ARRAY_SIZE(early); i++)
        if (strstr(said, early[i]))
            return true;
    return false;
}

void
change_settle(struct change *c, const char *said)
{
    if (failed_early(said))
        return;
    AUTO_STRBUF struct strbuf ignored = STRBUF_INIT;
    const char *const words[] = {"settle", c->volume, NULL};

    if (peers_ask(c->cli, &c->peers, "cleaning up", words, &ignored) == -EINTR)
        fputs("interrupted: the nodes clean up with the next command\n", stderr);
}

int
change_set(struct change *c)
{
    AUTO_REQUEST struct request request = REQUEST_INIT;
    AUTO_REPLY struct reply reply = REPLY_INIT;

    request_put(&request, "volname", c->volume);
    for (size_t i = 0; i < c->options.count; i++) {
        char name[32];
        AUTO_FREE char *key = str_fmt("user.%s", c->options.pairs[i].key);

        snprintf(name, sizeof(name), "key%zu", i + 1);
        request_put(&request, name, key ? key : "");
        snprintf(name, sizeof(name), "value%zu", i + 1);
        request_put(&request, name, c->options.pairs[i].value);
    }
    request_num(&request, "count", 2 * (int64_t)c->options.count);
    request_put(&request, "cmd-str", c->cli->line);

    int ret = rpc_call(c->cli, RPC_SET_VOLUME, "setting the options", &request, &reply);
    if (ret)
        return change_rpc_fail(c, ret);
    if (!reply.op_ret)
        return 0;
    change_settle(c, reply.op_errstr);
    return change_fail(c, reply.op_errno, "%s",
                       *reply.op_errstr ? reply.op_errstr : "see glusterd's log");
}

/* A node's line is cut at 4,000 bytes, where a byte may take three: then what is there
 * must be the beginning, but for an escape that the cut went through. */
static bool
is_value(const char *theirs, const char *wanted)
{
    enum { LONG = 1200, ESCAPE = 2 };
    size_t len = strlen(theirs);

    return !strcmp(theirs, wanted) ||
           (len > LONG && len < strlen(wanted) + ESCAPE && !strncmp(theirs, wanted, len - ESCAPE));
}

/* What this node still lacks; nothing is added when it has all. */
static void
node_lacks(const struct change *c, const struct node *node, struct strbuf *why)
{
    const struct answer_line *line = NULL;

    for (size_t i = 0; i < c->options.count; i++) {
        const struct kv_pair *wanted = &c->options.pairs[i];
        bool found = false;

        for (line = NULL; !found && (line = node_line(node, "option", 2, line));)
            found = !strncmp(line->fields[0], "user.", 5) &&
                    !strcmp(line->fields[0] + 5, wanted->key) &&
                    is_value(line->fields[1], wanted->value);
        if (!found)
            strbuf_fmt(why, "%snode %s has another value of %s", why->len ? "; " : "",
                       node->host, wanted->key);
    }
    for (line = NULL; (line = node_line(node, "volfile", 2, line));)
        if (!strcmp(line->fields[1], "differs"))
            strbuf_fmt(why, "%snode %s: %s is not as wanted: %s", why->len ? "; " : "",
                       node->host, line->fields[0],
                       line->count > 2 ? line->fields[2] : "see volext.log there");
}

static void
tell_what_waits(struct change *c)
{
    bool any = false;

    for (size_t i = 0; i < c->peers.count; i++) {
        const struct node *node = &c->peers.nodes[i];
        const struct answer_line *line = NULL;

        if (!node->connected)
            emit_note(c->e, "node %s is down: it applies this when it returns\n", node->host);
        while ((line = node_line(node, "volfile", 2, line))) {
            if (strcmp(line->fields[1], "waiting"))
                continue;
            emit_note(c->e, "node %s: %s waits: %s\n", node->host, line->fields[0],
                      line->count > 2 ? line->fields[2] : "its brick runs");
            any = true;
        }
    }
    if (any)
        emit_note(c->e, "`gluster volume extension %s apply` restarts the bricks that wait\n",
                  c->volume);
}

int
change_applied(struct change *c)
{
    const char *const words[] = {"applied", c->volume, NULL};

    /* Another command on this volume may be under way on a node: look again, less and
     * less often, since each look is a transaction and a line of cmd_history.log. */
    for (int waited = 0, pause = APPLIED_PAUSE_MS;; waited += pause) {
        AUTO_STRBUF struct strbuf why = STRBUF_INIT;
        int ret = peers_ask(c->cli, &c->peers, "waiting for the nodes", words, &why);

        if (!ret) {
            peers_complaints(&c->peers, true, &why);
            for (size_t i = 0; i < c->peers.count; i++)
                if (c->peers.nodes[i].ended && !c->peers.nodes[i].failed)
                    node_lacks(c, &c->peers.nodes[i], &why);
            if (!why.len) {
                if (!c->quiet)
                    tell_what_waits(c);
                return 0;
            }
            if (waited)
                pause = 2 * pause < APPLIED_PAUSE_MAX_MS ? 2 * pause : APPLIED_PAUSE_MAX_MS;
            ret = waited < APPLIED_PATIENCE_MS ? rpc_sleep(pause) : -EIO;
        }
        if (ret == -EIO)
            return change_fail(c, EIO, "the options are set, but not applied everywhere: %s",
                               strbuf_text(&why));
        if (ret)
            return change_rpc_fail(c, ret);
    }
}

void
change_tell_silent(struct change *c)
{
    emit_list(c->e, "missing", "node");
    for (size_t i = 0; i < c->peers.count; i++) {
        const struct node *node = &c->peers.nodes[i];
        const char *reason = !node->connected ? "is down"
                             : !node->ended   ? "did not answer"
                             : node->error    ? node->error
                                              : "failed";

        if (node->ended && !node->failed)
            continue;
        emit_note(c->e, "node %s: %s\n", node->host, reason);
        emit_object(c->e, NULL);
        emit_str(c->e, "host", node->host);
        emit_str(c->e, "reason", reason);
        emit_object_end(c->e);
    }
    emit_list_end(c->e);
}
