/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volume notify forget: the bricks forget how far a reader has come that does not come back. It is
 * for names that status shows; one that is connected would be known again at once.
 */
#include "cli/notify.h"

#include <ctype.h>
#include <errno.h>

struct forget {
    struct group *g;
    const struct reply *volume;
    const char *reader;
    int forgot;          /* bricks that have done so */
    struct strbuf not;   /* those that could not, and why */
    struct strbuf names; /* of those that are known instead */
};

static void
forget_free(struct forget *f)
{
    strbuf_free(&f->not);
    strbuf_free(&f->names);
}

bool
notify_is_reader(const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)name[i]) && !strchr("._-", name[i]))
            return false;
    return len && len <= NOTIFY_READER_MAX && *name != '.';
}

/* ---- may it be forgotten? -------------------------------------------------------- */

/* Where the reader is connected from; "": from nowhere. NULL: nobody can say; then *silent is the
 * brick that does not. */
static const char *
connected_from(const struct forget *f, const struct answer_line **silent)
{
    const struct peers *peers = &f->g->c.peers;
    const struct answer_line *line;

    for (size_t i = 0; i < peers->count; i++) {
        for (line = NULL; (line = node_line(&peers->nodes[i], "reader", 1, line));)
            if (!strcmp(line_value(line, "name"), f->reader) &&
                !strcmp(line_value(line, "connected"), "true"))
                return line_value(line, "host");
    }
    for (size_t i = 0; i < peers->count; i++) {
        for (line = NULL; (line = node_line(&peers->nodes[i], "brick", 1, line));) {
            *silent = line;
            if (!strcmp(line_value(line, "state"), "running") && !*line_value(line, "active") &&
                strcmp(line_value(line, "has"), "no"))
                return NULL;
        }
    }
    return "";
}

static int
ask(struct forget *f, const char *request)
{
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    struct change *c = &f->g->c;
    const char *const words[] = {request, c->volume, f->reader, NULL};
    int ret = c->peers.count ? 0 : peers_list(c->cli, &c->peers, &why);

    if (!ret)
        ret = peers_ask(c->cli, &c->peers, "asking the nodes", words, &why);
    if (ret == -EIO)
        return change_fail(c, EIO, "the nodes could not be asked: %s", strbuf_text(&why));
    return ret ? change_rpc_fail(c, ret) : 0;
}

static int
may_forget(struct forget *f)
{
    const struct answer_line *silent = NULL;
    struct change *c = &f->g->c;
    int status = ask(f, "notify-status");

    if (status)
        return status;
    const char *from = connected_from(f, &silent);

    if (!from)
        return change_fail(c, EAGAIN, "brick %s does not tell who reads it: %s. Nothing was changed",
                           line_value(silent, "name"), line_value(silent, "why"));
    if (*from)
        return change_fail(c, EBUSY, "reader %s of volume %s is connected, from %s, and would be known again at "
                           "once: end it first (or wait 150 s, if it has just ended). Nothing was changed",
                           f->reader, c->volume, from);
    return 0;
}

/* ---- what became of it ----------------------------------------------------------- */

static void
add_reason(struct forget *f, const char *brick, const char *why)
{
    strbuf_fmt(&f->not, "%s%s (%s)", f->not.len ? ", " : "", brick, why);
}

static void
tell_brick(struct forget *f, const char *name, const char *uuid)
{
    const struct node *node;
    const struct answer_line *line = node_brick(&f->g->c.peers, name, uuid, &node);
    const char *did = line_value(line, "did"), *why = line_value(line, "why");
    struct emit *e = f->g->c.e;

    if (!line)
        why = node && !node->connected ? "its node is down"
              : node && node->error    ? node->error
                                       : "its node did not tell";
    if (!line || !strcmp(did, "failed"))
        add_reason(f, name, why);
    f->forgot += !strcmp(did, "forgot");
    emit_object(e, NULL);
    emit_str(e, "name", name);
    emit_str(e, "node", node ? node->host : "");
    emit_str(e, "state", line ? did : "notAsked");
    if (*why)
        emit_str(e, "reason", why);
    emit_object_end(e);
}

static void
tell_bricks(struct forget *f)
{
    emit_list(f->g->c.e, "bricks", "brick");
    for (int i = 1;; i++) {
        const char *name = dict_strf(&f->volume->dict, "volume0.brick%d", i);

        if (!name)
            break;
        tell_brick(f, name, dict_strf(&f->volume->dict, "volume0.brick%d.uuid", i));
    }
    emit_list_end(f->g->c.e);
}

/* Each once, in the order in which the bricks tell them. */
static void
find_names(struct forget *f)
{
    const struct peers *peers = &f->g->c.peers;
    const struct answer_line *line;
    AUTO_KV struct kv names = KV_INIT;

    for (size_t i = 0; i < peers->count; i++)
        for (line = NULL; (line = node_line(&peers->nodes[i], "reader", 1, line));)
            kv_set(&names, line_value(line, "name"), "");
    for (size_t i = 0; i < names.count; i++) {
        strbuf_str(&f->names, i ? ", " : "");
        escape_name(&f->names, names.pairs[i].key);
    }
}

static int
tell(struct forget *f)
{
    struct change *c = &f->g->c;

    tell_bricks(f);
    if (f->forgot && f->not.len)
        return change_fail(c, EIO, "reader %s is forgotten, but not on %s: when that is mended, run this again",
                           f->reader, strbuf_text(&f->not));
    if (f->forgot) {
        emit_text(c->e, "volume notify: success: volume %s has forgotten reader %s\n", c->volume, f->reader);
        return 0;
    }
    find_names(f);
    return change_fail(c, ENOENT, "volume %s knows no reader %s; %s%s%s%s", c->volume, f->reader,
                       f->names.len ? "those it knows: " : "it knows none", strbuf_text(&f->names),
                       f->not.len ? ". Not asked: " : "", strbuf_text(&f->not));
}

int
notify_forget(struct notify *n, const struct reply *volume)
{
    AUTO(forget_free) struct forget f = {.g = &n->g, .volume = volume, .reader = n->reader};

    emit_str(n->g.c.e, "reader", n->reader);
    int status = may_forget(&f);

    if (!status)
        status = ask(&f, "notify-forget");
    return status ? status : tell(&f);
}
