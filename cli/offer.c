/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Completion at the prompt: our table's rows, stock's commands as its own help
 * lists them, and the names of volumes and modules. Whoever presses TAB is never
 * kept waiting: what takes longer than a second is left out.
 */
#include "cli/prompt.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "cli/complete.h"
#include "cli/rpc.h"
#include "common/clock.h"

enum { PATIENCE_MS = 1000 };

/* Reads what comes within our patience. */
static void
read_for_a_while(int fd, struct strbuf *out)
{
    const int64_t end = now_ms() + PATIENCE_MS;
    struct pollfd input = {.fd = fd, .events = POLLIN};
    char buf[4096];

    for (;;) {
        int64_t left = end - now_ms();
        if (left <= 0 || poll(&input, 1, (int)left) <= 0)
            return;
        ssize_t n = read(fd, buf, sizeof(buf));
        if (n <= 0)
            return;
        strbuf_add(out, buf, (size_t)n);
    }
}

/* Runs say(cli, out) in a process of its own, which may be ended at any moment,
 * and gives what it said within our patience. */
static void
ask_aside(struct cli *cli, void (*say)(struct cli *, FILE *), struct strbuf *out)
{
    int ends[2];

    fflush(NULL);
    if (pipe2(ends, O_CLOEXEC))
        return;
    pid_t pid = fork();
    if (pid == 0) {
        FILE *to = fdopen(ends[1], "w");

        setpgid(0, 0); /* with what it starts, it is ended as a group */
        close(ends[0]);
        if (to && freopen("/dev/null", "w", stderr)) {
            say(cli, to);
            fflush(to);
        }
        _exit(0);
    }
    close(ends[1]);
    if (pid > 0) {
        setpgid(pid, pid);
        read_for_a_while(ends[0], out);
        kill(-pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    close(ends[0]);
}

static void
say_volumes(struct cli *cli, FILE *to)
{
    AUTO_REPLY struct reply reply = REPLY_INIT;

    if (rpc_call(cli, RPC_LIST_VOLUME, NULL, NULL, &reply) || reply.op_ret)
        return;
    for (int i = 0; i < dict_num(&reply.dict, "count", 0); i++) {
        const char *name = dict_strf(&reply.dict, "volume%d", i);
        if (name)
            fprintf(to, "%s\n", name);
    }
}

static void
say_stock_help(struct cli *cli, FILE *to)
{
    const char *const words[] = {"help", "all", NULL};
    AUTO_STRBUF struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;
    int status;

    if (!cli_stock_run(cli, words, &out, &err, &status))
        fputs(strbuf_text(&out), to);
}

/* Names that were asked for by one press of TAB: several rows want them, and one
 * wait is enough. */
struct asked {
    struct cli *cli;
    bool done;
    struct kv names;
};

static void
volumes(void *arg, struct kv *names)
{
    struct asked *asked = arg;
    AUTO_STRBUF struct strbuf said = STRBUF_INIT;
    char *save = NULL;

    if (!asked->done)
        ask_aside(asked->cli, say_volumes, &said);
    asked->done = true;
    for (char *line = said.data ? strtok_r(said.data, "\n", &save) : NULL; line;
         line = strtok_r(NULL, "\n", &save))
        kv_set(&asked->names, line, "");
    for (size_t i = 0; i < asked->names.count; i++)
        kv_set(names, asked->names.pairs[i].key, "");
}

static void
modules(void *arg, struct kv *names)
{
    (void)arg;
    complete_modules_in(GLUSTERD_WORKDIR "/volext/modules", names);
    complete_modules_in(MODULEDIR, names);
}

/* ---- stock's commands --------------------------------------------------- */

static struct command *stock_rows;
static size_t stock_row_count;

/* The words that a line of stock's help begins with are a command; what comes
 * after them is a volume's name or not worth guessing. */
static void
add_stock_row(const char *line)
{
    size_t len = 0;

    while (islower((unsigned char)line[len])) {
        len += strcspn(line + len, " ");
        len += strspn(line + len, " ");
    }
    if (!len || (line[len] && !strchr("<[{-", line[len])))
        return;
    if (!strncmp(line, "gluster ", 8))
        return; /* a heading */
    struct command *rows = realloc(stock_rows, (stock_row_count + 1) * sizeof(*rows));
    if (!rows)
        return;
    stock_rows = rows;
    bool volume = !strncmp(line + len, "<VOLNAME>", 9) ||
                  !strncmp(line + len, "[all|<VOLNAME>]", 15);
    rows[stock_row_count] = (struct command){
        .words = str_fmt("%.*s", (int)len, line),
        .args = volume ? "VOLNAME" : "",
    };
    stock_row_count += rows[stock_row_count].words != NULL;
}

/* Once a session: it takes stock a twentieth of a second. */
static void
learn_stock_rows(struct cli *cli)
{
    AUTO_STRBUF struct strbuf said = STRBUF_INIT;
    char *save = NULL;

    if (stock_row_count)
        return;
    ask_aside(cli, say_stock_help, &said);
    for (char *line = said.data ? strtok_r(said.data, "\n", &save) : NULL; line;
         line = strtok_r(NULL, "\n", &save))
        add_stock_row(line);
}

void
cli_complete_line(void *arg, const char *before, const char *typed, struct kv *found,
                  bool *files)
{
    struct cli *cli = arg;
    struct asked asked = {.cli = cli};
    const struct complete_source from = {cli_table(cli), volumes, modules, &asked};
    AUTO_FREE char *copy = strdup(before);
    int argc = 0;
    AUTO_FREE char **argv = copy ? cli_split(copy, &argc) : NULL;
    const struct complete_at at = {argc, argv, typed};

    if (!argv)
        return;
    learn_stock_rows(cli);
    complete(&from, cli_commands, cli_command_count, &at, found, files);
    complete(&from, stock_rows, stock_row_count, &at, found, files);
    kv_free(&asked.names);
}
