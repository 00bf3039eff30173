/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volume extension apply: restarts the bricks that wait, one at a time. Where there are
 * copies, the next one is stopped only when heal has nothing to do and the clients are
 * back at the last one: they try again every 3 seconds only, and until then they know
 * of one copy less than there is.
 */
#include <errno.h>
#include <signal.h>

#include "cli/extension.h"
#include "common/clock.h"

enum { FORCE = 1, CLIENTS_OF_VOLUME = 0x102 };
enum {
    PAUSE_MS = 500,
    LONG_PAUSE_MS = 5000,  /* after QUICK_TRIES */
    QUICK_TRIES = 10,
    START_PATIENCE_MS = 60000,
    CLIENTS_PATIENCE_MS = 30000,
    RECONNECT_MS = 10000,  /* when it cannot be read who is there */
    HEAL_PATIENCE_MS = 600000,
};

static int
interrupted(struct change *c)
{
    emit_fail(c->e, c->command, EINTR, "interrupted; bricks that still wait are shown by "
              "`gluster volume extension %s status`", c->volume);
    emit_end(c->e);
    return 130;
}

bool
extension_next(const struct change *c, struct strbuf *name)
{
    for (size_t i = 0; i < c->peers.count; i++) {
        const struct answer_line *line = NULL;

        while ((line = node_line(&c->peers.nodes[i], "brick", 4, line))) {
            if (!extension_waits(line))
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

/* ---- heal ---------------------------------------------------------------- */

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

/* Is it to be said again? A log is spared what a terminal shows. */
static bool
is_news(long pending, long said)
{
    if (isatty(STDERR_FILENO) || pending < 0 || said <= 0)
        return pending != said;
    return pending <= said / 2 || pending / 2 >= said;
}

static int
heal_stands_still(struct change *c, long pending)
{
    if (pending < 0)
        return change_fail(c, ETIMEDOUT, "not all bricks of volume %s have answered within %d "
                           "minutes: `gluster volume heal %s info summary` shows which. No "
                           "further brick is restarted", c->volume, HEAL_PATIENCE_MS / 60000,
                           c->volume);
    return change_fail(c, ETIMEDOUT, "volume %s has %ld entries to heal, and for %d minutes they "
                       "have not become fewer: see `gluster volume heal %s info`. No further brick "
                       "is restarted", c->volume, pending, HEAL_PATIENCE_MS / 60000, c->volume);
}

static int
wait_for_heal(struct change *c)
{
    int64_t since = now_ms();
    long said = -2, least = -1;

    for (int tries = 1;; tries++) {
        long pending = heal_pending(c);

        if (pending == 0)
            return 0;
        if (is_news(pending, said)) {
            fprintf(stderr, pending < 0 ? "waiting until all bricks answer\n"
                                        : "waiting for heal: %ld entries\n", pending);
            said = pending;
        }
        if (pending > 0 && (least < 0 || pending < least)) {
            least = pending;
            since = now_ms();
        }
        if (now_ms() - since >= HEAL_PATIENCE_MS)
            return heal_stands_still(c, pending);
        if (rpc_sleep(tries < QUICK_TRIES ? PAUSE_MS : LONG_PAUSE_MS))
            return interrupted(c);
    }
}

/* ---- clients ------------------------------------------------------------- */

/* How many clients a brick has, and the one with most of the others; -1: not known. */
struct clients {
    int64_t here, elsewhere;
};

/* Not the daemons of heal, which come and go with a start of bricks. */
static int64_t
clients_at(const struct dict *d, int brick)
{
    int64_t count = dict_numf(d, -1, "brick%d.clientcount", brick);
    int64_t users = count;

    for (int64_t i = 0; i < count; i++) {
        const char *name = dict_strf(d, "brick%d.client%lld.name", brick, (long long)i);
        users -= name && (strstr(name, "glustershd") || strstr(name, "glfsheal"));
    }
    return users;
}

/* 0, or -EINTR. */
static int
count_clients(struct change *c, const char *brick, struct clients *clients)
{
    AUTO_REQUEST struct request request = REQUEST_INIT;
    AUTO_REPLY struct reply reply = REPLY_INIT;
    AUTO_FREE char *line = str_fmt("volume status %s clients", c->volume);

    *clients = (struct clients){-1, -1};
    request_put(&request, "volname", c->volume);
    request_num(&request, "cmd", CLIENTS_OF_VOLUME);
    request_put(&request, "cmd-str", line ? line : "volume status");
    int ret = rpc_call(c->cli, RPC_STATUS_VOLUME, "counting clients", &request, &reply);
    if (ret || reply.op_ret)
        return ret == -EINTR ? ret : 0;
    int64_t last = dict_num(&reply.dict, "brick-index-max", -1);
    for (int i = 0; i <= last; i++) {
        const char *host = dict_strf(&reply.dict, "brick%d.hostname", i);
        const char *path = dict_strf(&reply.dict, "brick%d.path", i);
        AUTO_FREE char *name = host && path ? str_fmt("%s:%s", host, path) : NULL;
        int64_t count = clients_at(&reply.dict, i);

        if (name && !strcmp(name, brick))
            clients->here = count;
        else if (count > clients->elsewhere)
            clients->elsewhere = count;
    }
    return 0;
}

/* Clients that have left the other bricks, too, do not come back. */
static int
some_stay_away(struct change *c, const char *brick, const struct clients *before,
               const struct clients *now)
{
    int64_t missing = before->here - now->here;

    if (now->here < 0)
        return change_fail(c, ETIMEDOUT, "brick %s was restarted, and who its clients are cannot be "
                           "read: see its log. No further brick is restarted", brick);
    if (before->elsewhere - now->elsewhere < missing)
        return change_fail(c, ETIMEDOUT, "brick %s was restarted, and %lld of its %lld clients are "
                           "not back after %d s: compare `gluster volume status %s clients`. No "
                           "further brick is restarted", brick, (long long)missing,
                           (long long)before->here, CLIENTS_PATIENCE_MS / 1000, c->volume);
    emit_note(c->e, "brick %s: %lld of %lld clients went away meanwhile\n", brick,
              (long long)missing, (long long)before->here);
    return 0;
}

static int
wait_for_clients(struct change *c, const char *brick, const struct clients *before)
{
    struct clients now = {-1, -1};

    if (before->here < 0)
        return rpc_sleep(RECONNECT_MS) ? interrupted(c) : 0;
    for (int64_t end = now_ms() + CLIENTS_PATIENCE_MS; now_ms() < end;) {
        if (count_clients(c, brick, &now))
            return interrupted(c);
        if (now.here >= before->here)
            return 0;
        if (rpc_sleep(PAUSE_MS))
            return interrupted(c);
    }
    return some_stay_away(c, brick, before, &now);
}

/* ---- one brick ----------------------------------------------------------- */

/* 0 or -errno with why. */
static int
stop_brick(struct change *c, const char *brick, struct strbuf *why)
{
    const char *const words[] = {"brick-stop", c->volume, brick, NULL};
    int ret = peers_ask(c->cli, &c->peers, "stopping the brick", words, why);

    for (size_t i = 0; !ret && i < c->peers.count; i++) {
        const struct answer_line *line = node_line(&c->peers.nodes[i], "brick", 2, NULL);
        if (line && !strcmp(line->fields[1], "stopped"))
            return 0;
    }
    if (ret && ret != -EIO)
        strbuf_str(why, rpc_reason(ret));
    else if (!ret && !peers_complaints(&c->peers, true, why))
        strbuf_str(why, "no node has it");
    return ret ? ret : -EIO;
}

/* 0 or -errno with why. */
static int
start_bricks(struct change *c, struct strbuf *why)
{
    AUTO_REQUEST struct request request = REQUEST_INIT;
    AUTO_REPLY struct reply reply = REPLY_INIT;
    AUTO_FREE char *line = str_fmt("volume start %s force", c->volume);

    request_put(&request, "volname", c->volume);
    request_num(&request, "flags", FORCE);
    request_put(&request, "cmd-str", line ? line : "volume start");
    int ret = rpc_call(c->cli, RPC_START_VOLUME, "starting the brick", &request, &reply);
    if (ret)
        strbuf_str(why, rpc_reason(ret));
    else if (reply.op_ret)
        strbuf_str(why, *reply.op_errstr ? reply.op_errstr : "see glusterd's log");
    return ret ? ret : reply.op_ret ? -EIO : 0;
}

/* What ends this program is held back, unless it is ignored anyway. */
static void
hold_signals(sigset_t *held, sigset_t *old)
{
    static const int all[] = {SIGINT, SIGHUP, SIGTERM};
    struct sigaction action;

    sigemptyset(held);
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        if (!sigaction(all[i], NULL, &action) && action.sa_handler != SIG_IGN)
            sigaddset(held, all[i]);
    sigprocmask(SIG_BLOCK, held, old);
}

/* The signal that came meanwhile, or 0. */
static int
release_signals(const sigset_t *held, const sigset_t *old)
{
    static const struct timespec at_once;
    int number = sigtimedwait(held, NULL, &at_once);

    sigprocmask(SIG_SETMASK, old, NULL);
    return number > 0 ? number : 0;
}

/* A brick that was stopped is started, whatever comes between; also when the stop was
 * not answered, since it may still have been done. */
static int
stop_and_start(struct change *c, const char *brick)
{
    AUTO_STRBUF struct strbuf why = STRBUF_INIT, why_down = STRBUF_INIT;
    sigset_t held, old;

    hold_signals(&held, &old);
    int stopped = stop_brick(c, brick, &why);
    int started = start_bricks(c, &why_down);
    int number = release_signals(&held, &old);
    if (started)
        return change_fail(c, EIO, "brick %s %s, and starting it failed: %s. Run `gluster volume "
                           "start %s force`", brick, stopped ? "may be stopped" : "is stopped",
                           strbuf_text(&why_down), c->volume);
    if (stopped)
        return change_fail(c, EIO, "brick %s was not restarted: %s", brick, strbuf_text(&why));
    if (!number)
        return 0;
    emit_fail(c->e, c->command, EINTR, "interrupted; brick %s was restarted, and bricks that still "
              "wait are shown by `gluster volume extension %s status`", brick, c->volume);
    emit_end(c->e);
    return 128 + number;
}

static int
restart_brick(struct change *c, const char *brick, bool heals)
{
    struct clients before = {-1, -1};

    if (heals && count_clients(c, brick, &before))
        return interrupted(c);
    int status = stop_and_start(c, brick);
    for (int waited = 0; !status; waited += PAUSE_MS) {
        status = extension_ask(c);
        if (status || brick_runs(c, brick))
            break;
        if (waited >= START_PATIENCE_MS)
            return change_fail(c, ETIMEDOUT, "brick %s does not run again: see its log, then "
                               "`gluster volume start %s force`", brick, c->volume);
        if (rpc_sleep(PAUSE_MS))
            return interrupted(c);
    }
    if (!status && heals)
        status = wait_for_clients(c, brick, &before);
    if (!status)
        emit_text(c->e, "brick %s: restarted\n", brick);
    return status;
}

int
extension_restart(struct change *c, bool heals)
{
    int count = 0;

    for (;;) {
        AUTO_STRBUF struct strbuf brick = STRBUF_INIT;
        AUTO_STRBUF struct strbuf last = STRBUF_INIT;

        if (!extension_next(c, &brick))
            break;
        int status = heals ? wait_for_heal(c) : 0;
        if (!status)
            status = restart_brick(c, strbuf_text(&brick), heals);
        if (status)
            return status;
        if (extension_next(c, &last) && !strcmp(strbuf_text(&last), strbuf_text(&brick)))
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
