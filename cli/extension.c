/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volume extension: what is wanted, what is there, and whether bricks that wait for it
 * are to be restarted; restart.c does that.
 */
#include <errno.h>
#include <strings.h>

#include "cli/commands.h"
#include "cli/extension.h"

static const char command[] = "volume extension";

enum { STARTED = 1, REPLICATE = 2, DISPERSE = 4 };

/* ---- status ------------------------------------------------------------- */

int
extension_ask(struct change *c)
{
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    const char *const words[] = {"status", c->volume, NULL};
    int ret = c->peers.count ? 0 : peers_list(c->cli, &c->peers, &why);

    if (!ret)
        ret = peers_ask(c->cli, &c->peers, "asking the nodes", words, &why);
    if (ret == -EIO)
        return change_fail(c, EIO, "%s", strbuf_text(&why));
    return ret ? rpc_fail(c->cli, c->e, c->command, ret) : 0;
}

bool
extension_waits(const struct answer_line *line)
{
    return !strcmp(line->fields[1], "running") && strcmp(line->fields[2], line->fields[3]) != 0;
}

static void
tell_row(struct change *c, const char *kind, const struct node *node, const char *what,
         const char *wanted, const char *has, const char *state)
{
    emit_text(c->e, "%-7s %-44s %-16s %-16s %s\n", kind, what, wanted, has, state);
    emit_object(c->e, NULL);
    emit_str(c->e, "kind", kind);
    emit_str(c->e, "node", node->host);
    emit_str(c->e, "name", what);
    emit_str(c->e, "wanted", wanted);
    emit_str(c->e, "has", has);
    emit_str(c->e, "state", state);
    emit_object_end(c->e);
}

static void
tell_node(struct change *c, const struct node *node)
{
    const struct answer_line *line = NULL;

    emit_text(c->e, "Node %s\n", node->host);
    while ((line = node_line(node, "client", 3, line)))
        tell_row(c, "client", node, line->fields[0], line->fields[1], line->fields[2],
                 strcmp(line->fields[1], line->fields[2]) ? "differs" : "applied");
    while ((line = node_line(node, "brick", 4, line)))
        tell_row(c, "brick", node, line->fields[0], line->fields[2], line->fields[3],
                 extension_waits(line)                           ? "waits for a restart"
                 : strcmp(line->fields[2], line->fields[3]) ? "at its next start"
                                                             : "applied");
}

static int
show_status(struct change *c)
{
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    int status = extension_ask(c);

    if (status)
        return status;
    emit_text(c->e, "Extensions of volume: %s\n%-7s %-44s %-16s %-16s %s\n", c->volume, "Kind",
              "Volfile or brick", "Wanted", "Has", "State");
    emit_object(c->e, "volExtension");
    emit_str(c->e, "volName", c->volume);
    emit_list(c->e, NULL, "graph");
    for (size_t i = 0; i < c->peers.count; i++)
        if (c->peers.nodes[i].ended && !c->peers.nodes[i].failed)
            tell_node(c, &c->peers.nodes[i]);
    emit_list_end(c->e);
    emit_object_end(c->e);
    if (peers_complaints(&c->peers, false, &why))
        emit_fail(c->e, "volume extension status", EIO, "%s", strbuf_text(&why));
    return emit_end(c->e);
}

/* ---- apply -------------------------------------------------------------- */

/* As stock asks: y or yes, anything else is no. */
static bool
confirmed(struct change *c)
{
    char answer[16];

    if (c->force || c->cli->script)
        return true;
    /* standard output is the document's where there is one */
    FILE *to = c->cli->format == CLI_TEXT ? stdout : stderr;
    fprintf(to, "Volume %s has no copies to go on with: clients see an interruption while each of "
            "its bricks restarts. Do you want to continue? (y/n) ", c->volume);
    fflush(to);
    return fgets(answer, sizeof(answer), stdin) &&
           (!strcasecmp(answer, "y\n") || !strcasecmp(answer, "yes\n"));
}

static int
apply(struct change *c, const struct dict *volume)
{
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    AUTO_STRBUF struct strbuf first = STRBUF_INIT;
    int64_t type = dict_num(volume, "volume0.type", 0);
    bool heals = type == REPLICATE || type == DISPERSE;

    if (dict_num(volume, "volume0.status", 0) != STARTED)
        return change_fail(c, EINVAL, "Volume %s is not started: its bricks get what is wanted "
                           "when it is", c->volume);
    int status = extension_ask(c);
    if (status)
        return status;
    /* a copy that is down would be missed by clients as soon as another one stops */
    if (peers_complaints(&c->peers, c->force && !heals, &why))
        return change_fail(c, EIO, "%s. No brick was restarted", strbuf_text(&why));
    if (extension_next(c, &first) && !heals && !confirmed(c)) {
        emit_discard(c->e);
        return 1;
    }
    return extension_restart(c, heals);
}

int
cmd_volume_extension(struct cli *cli, int argc, char **argv)
{
    AUTO_REPLY struct reply volume = REPLY_INIT;
    AUTO_CHANGE struct change c = {.cli = cli, .e = emit_begin(cli->format), .command = command};
    bool is_status = argc == 2 && !strcmp(argv[1], "status");
    bool is_apply = argc >= 2 && argc <= 3 && !strcmp(argv[1], "apply") &&
                    (argc == 2 || !strcmp(argv[2], "force"));

    if (!is_status && !is_apply) {
        emit_fail(c.e, NULL, EINVAL, "\nUsage:\nvolume extension VOLNAME {status | apply [force]}\n");
        return emit_end(c.e);
    }
    c.volume = argv[0];
    c.command = is_apply ? "volume extension apply" : "volume extension status";
    c.force = argc == 3;
    int ret = volume_fetch(cli, c.volume, &volume);
    if (ret == -ENOENT)
        return change_fail(&c, ENOENT, "Volume %s does not exist", c.volume);
    if (ret)
        return rpc_fail(cli, c.e, c.command, ret);
    return is_apply ? apply(&c, &volume.dict) : show_status(&c);
}
