/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volume extension: what is wanted, what is there, and restarting the bricks that
 * wait for it, one at a time.
 */
#include <errno.h>
#include <strings.h>

#include "cli/change.h"
#include "cli/commands.h"

static const char command[] = "volume extension";

enum { FORCE = 1, STARTED = 1, REPLICATE = 2, DISPERSE = 4 };
enum { PAUSE_MS = 500, START_PATIENCE_MS = 60000 };

/* ---- status ------------------------------------------------------------- */

static int
ask_status(struct change *c)
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

/* brick HOST:PATH running|down WANTED HAS */
static bool
brick_waits(const struct answer_line *line)
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
                 brick_waits(line)                           ? "waits for a restart"
                 : strcmp(line->fields[2], line->fields[3]) ? "at its next start"
                                                             : "applied");
}

static int
show_status(struct change *c)
{
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    int status = ask_status(c);

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

/* The next brick that waits; what it is called is kept in name. */
static bool
next_waiting(const struct change *c, struct strbuf *name)
{
    for (size_t i = 0; i < c->peers.count; i++) {
        const struct answer_line *line = NULL;

        while ((line = node_line(&c->peers.nodes[i], "brick", 4, line))) {
            if (!brick_waits(line))
                continue;
            strbuf_str(name, line->fields[0]);
            return true;
        }
    }
    return false;
}

static bool
brick_runs(const struct change *c, const char *name)
{
    for (size_t i = 0; i < c->peers.count; i++) {
        const struct answer_line *line = NULL;

        while ((line = node_line(&c->peers.nodes[i], "brick", 4, line)))
            if (!strcmp(line->fields[0], name))
                return !strcmp(line->fields[1], "running");
    }
    return false;
}

/* Entries that wait for heal, by stock's own count; -1 while a brick does not answer. */
static long
heal_pending(struct change *c)
{
    static char program[] = "gluster", xml[] = "--xml", script[] = "--mode=script";
    AUTO_FREE char *socket = str_fmt("--glusterd-sock=%s", c->cli->socket);
    char *argv[] = {program, xml, script, socket, NULL};
    struct cli cli = *c->cli;
    const char *const words[] = {"volume", "heal", c->volume, "info", "summary", NULL};
    static const char mark[] = "<totalNumberOfEntries>";
    AUTO_STRBUF struct strbuf out = STRBUF_INIT;
    long sum = 0;
    int status;

    cli.stock_argv = argv;
    if (!socket || cli_stock_run(&cli, words, &out, NULL, &status) < 0)
        return -1;
    const char *at = strstr(strbuf_text(&out), mark);
    if (!at)
        return -1;
    for (; at; at = strstr(at, mark)) {
        char *end;
        long n = strtol(at + strlen(mark), &end, 10);
        if (end == at + strlen(mark))
            return -1;
        sum += n;
        at = end;
    }
    return sum;
}

static int
interrupted(struct change *c)
{
    emit_fail(c->e, "volume extension apply", EINTR, "interrupted; bricks that still wait are "
              "shown by `gluster volume extension %s status`", c->volume);
    emit_end(c->e);
    return 130;
}

static int
wait_for_heal(struct change *c)
{
    long before = -2;

    for (;;) {
        long pending = heal_pending(c);

        if (pending == 0)
            return 0;
        if (pending != before && isatty(STDERR_FILENO))
            fprintf(stderr, pending < 0 ? "waiting until all bricks answer\n"
                                        : "waiting for heal: %ld entries\n", pending);
        before = pending;
        if (rpc_sleep(PAUSE_MS))
            return interrupted(c);
    }
}

static int
stop_brick(struct change *c, const char *brick)
{
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    const char *const words[] = {"brick-stop", c->volume, brick, NULL};
    int ret = peers_ask(c->cli, &c->peers, "stopping the brick", words, &why);

    if (ret && ret != -EIO)
        return rpc_fail(c->cli, c->e, c->command, ret);
    for (size_t i = 0; !ret && i < c->peers.count; i++) {
        const struct answer_line *line = node_line(&c->peers.nodes[i], "brick", 2, NULL);
        if (line && !strcmp(line->fields[1], "stopped"))
            return 0;
    }
    if (!ret && !peers_complaints(&c->peers, true, &why))
        strbuf_str(&why, "no node has it");
    return change_fail(c, EIO, "brick %s was not stopped: %s", brick, strbuf_text(&why));
}

static int
start_bricks(struct change *c)
{
    AUTO_REQUEST struct request request = REQUEST_INIT;
    AUTO_REPLY struct reply reply = REPLY_INIT;
    AUTO_FREE char *line = str_fmt("volume start %s force", c->volume);

    request_put(&request, "volname", c->volume);
    request_num(&request, "flags", FORCE);
    request_put(&request, "cmd-str", line ? line : "volume start");
    int ret = rpc_call(c->cli, RPC_START_VOLUME, "starting the brick", &request, &reply);
    if (ret)
        return rpc_fail(c->cli, c->e, c->command, ret);
    if (reply.op_ret)
        return change_fail(c, reply.op_errno, "the brick could not be started again: %s. Run "
                           "`gluster volume start %s force`",
                           *reply.op_errstr ? reply.op_errstr : "see glusterd's log", c->volume);
    return 0;
}

static int
restart_brick(struct change *c, const char *brick)
{
    int status = stop_brick(c, brick);

    if (!status)
        status = start_bricks(c);
    for (int waited = 0; !status; waited += PAUSE_MS) {
        status = ask_status(c);
        if (status || brick_runs(c, brick))
            break;
        if (waited >= START_PATIENCE_MS)
            return change_fail(c, ETIMEDOUT, "brick %s does not run again: see its log, then "
                               "`gluster volume start %s force`", brick, c->volume);
        if (rpc_sleep(PAUSE_MS))
            return interrupted(c);
    }
    if (!status)
        emit_text(c->e, "brick %s: restarted\n", brick);
    return status;
}

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
restart_all(struct change *c, bool heals)
{
    int count = 0;

    for (;;) {
        AUTO_STRBUF struct strbuf brick = STRBUF_INIT;
        AUTO_STRBUF struct strbuf last = STRBUF_INIT;

        if (!next_waiting(c, &brick))
            break;
        int status = heals ? wait_for_heal(c) : 0;
        if (!status)
            status = restart_brick(c, strbuf_text(&brick));
        if (status)
            return status;
        if (next_waiting(c, &last) && !strcmp(strbuf_text(&last), strbuf_text(&brick)))
            return change_fail(c, EIO, "brick %s still has not what is wanted after its restart: "
                               "see volext.log on its node", strbuf_text(&brick));
        count++;
    }
    int status = heals && count ? wait_for_heal(c) : 0;
    if (status)
        return status;
    emit_text(c->e, count ? "volume extension apply: success: %d brick%s restarted\n"
                          : "volume extension apply: success: no brick waits\n",
              count, count == 1 ? "" : "s");
    emit_str(c->e, "cliOp", "volExtension");
    emit_num(c->e, "restarted", count);
    return emit_end(c->e);
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
    int status = ask_status(c);
    if (status)
        return status;
    /* a copy that is down would be missed by clients as soon as another one stops */
    if (peers_complaints(&c->peers, c->force && !heals, &why))
        return change_fail(c, EIO, "%s. No brick was restarted", strbuf_text(&why));
    if (next_waiting(c, &first) && !heals && !confirmed(c)) {
        emit_discard(c->e);
        return 1;
    }
    return restart_all(c, heals);
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
