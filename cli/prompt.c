/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * A session: `gluster` without a command. Each line runs in a process of its own
 * that is then just like `gluster LINE`: a command that is cancelled or crashes
 * ends alone. Lines from a file or a pipe are read here; a terminal is the
 * business of the interactive module.
 */
#include "cli/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "cli/module.h"

static const char welcome[] =
    "Welcome to gluster prompt, type 'help' to see the available commands.\n";

struct session {
    struct cli *cli;
    bool terminal;
};

char **
cli_split(char *line, int *count)
{
    char **words = calloc(strlen(line) / 2 + 2, sizeof(*words));
    char *save = NULL;

    *count = 0;
    for (char *w = words ? strtok_r(line, " \t\r\n", &save) : NULL; w;
         w = strtok_r(NULL, " \t\r\n", &save))
        words[(*count)++] = w;
    return words;
}

/* The command line that this line stands for: the options of the session, then
 * the words, which hold no options any more. */
static char **
command_line(const struct session *s, char **words, int count)
{
    static char script[] = "--mode=script", end_of_options[] = "--";
    char **given = s->cli->stock_argv;
    int n = 0, options = 1;

    while (given[options] && strcmp(given[options], "--"))
        options++;
    char **argv = calloc((size_t)(options + count) + 3, sizeof(*argv));
    if (!argv)
        return NULL;
    for (int i = 0; i < options; i++)
        argv[n++] = given[i];
    if (!s->terminal)
        argv[n++] = script; /* nobody is there to answer questions */
    argv[n++] = end_of_options;
    memcpy(argv + n, words, (size_t)count * sizeof(*argv));
    return argv;
}

char *
cli_join(int argc, char *const *argv)
{
    AUTO_STRBUF struct strbuf line = STRBUF_INIT;

    for (int i = 0; i < argc; i++)
        strbuf_fmt(&line, "%s%s", i ? " " : "", argv[i]);
    return strbuf_take(&line);
}

/* Only what the session itself changed: signals, and the input that holds the
 * next lines. */
static void
become_a_command(const struct session *s)
{
    static const int signals[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP, SIGWINCH};
    sigset_t none;

    sigemptyset(&none);
    for (size_t i = 0; s->terminal && i < ARRAY_SIZE(signals); i++)
        signal(signals[i], SIG_DFL);
    if (s->terminal) {
        sigprocmask(SIG_SETMASK, &none, NULL);
        return;
    }
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        close(null);
    }
}

static _Noreturn void
run_here(const struct session *s, char **words, int count)
{
    struct cli cli = *s->cli;
    int status = 1;

    become_a_command(s);
    cli.stock_argv = command_line(s, words, count);
    cli.line = cli_join(count, words);
    cli.script = cli.script || !s->terminal;
    if (cli.stock_argv && cli.line)
        status = cli_run(&cli, count, words);
    else
        fputs("out of memory\n", stderr);
    fflush(NULL);
    _exit(status);
}

/* Ctrl-C that came after the line was entered and before the command was there is
 * the command's, too. */
static void
pass_on_interrupt(pid_t pid)
{
    sigset_t pending;

    if (!sigpending(&pending) && sigismember(&pending, SIGINT) == 1)
        kill(pid, SIGINT);
}

/* What signals do while a command runs: Ctrl-C and Ctrl-\ are its business, Ctrl-Z
 * stops both of us, the rest ends us as it would have. */
static const struct {
    int number;
    void (*handler)(int);
} while_running[] = {
    {SIGINT, SIG_IGN},  {SIGQUIT, SIG_IGN}, {SIGTSTP, SIG_DFL},
    {SIGTERM, SIG_DFL}, {SIGHUP, SIG_DFL},
};

static int
wait_for(const struct session *s, pid_t pid)
{
    /* without a terminal all but Ctrl-C is as whoever started us wants it (nohup) */
    const size_t count = s->terminal ? ARRAY_SIZE(while_running) : 2;
    struct sigaction old[ARRAY_SIZE(while_running)];
    sigset_t none, mask;
    int status;

    pass_on_interrupt(pid);
    for (size_t i = 0; i < count; i++) {
        struct sigaction action = {.sa_handler = while_running[i].handler};

        sigaction(while_running[i].number, &action, &old[i]);
    }
    sigemptyset(&none);
    sigprocmask(s->terminal ? SIG_SETMASK : SIG_UNBLOCK, &none, &mask);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            break;
    sigprocmask(SIG_SETMASK, &mask, NULL);
    for (size_t i = 0; i < count; i++)
        sigaction(while_running[i].number, &old[i], NULL);
    if (!WIFSIGNALED(status))
        return WEXITSTATUS(status);
    if (s->terminal)
        fputs(WTERMSIG(status) == SIGINT ? "\n" : "the command was killed\n", stderr);
    return 128 + WTERMSIG(status);
}

/* True for what stock takes for quit or exit. */
static bool
ends(const char *word)
{
    size_t len = strlen(word);

    return !strncmp("quit", word, len) || !strncmp("exit", word, len);
}

static bool
run_line(void *arg, const char *line, int *status)
{
    struct session *s = arg;
    AUTO_FREE char *copy = strdup(line);
    int count = 0;
    AUTO_FREE char **words = copy ? cli_split(copy, &count) : NULL;

    *status = 0;
    if (words && !count)
        return true;
    if (words && ends(words[0]))
        return false;
    fflush(NULL);
    pid_t pid = words ? fork() : -1;
    if (pid == 0)
        run_here(s, words, count);
    if (pid > 0) {
        *status = wait_for(s, pid);
        return true;
    }
    fprintf(stderr, "the command was not run: %s\n", strerror(errno));
    *status = 1;
    return true;
}

/* As stock: the first command that fails ends it, with that exit status. */
static int
read_lines(struct session *s)
{
    AUTO_FREE char *line = NULL;
    size_t room = 0;
    int status = 0;

    while (!status && getline(&line, &room, stdin) >= 0)
        if (!run_line(s, line, &status))
            break;
    return status;
}

int
cli_prompt(struct cli *cli)
{
    struct session s = {.cli = cli, .terminal = isatty(STDIN_FILENO)};
    const struct prompt_host host = {run_line, cli_complete_line, &s, cli};
    const char *why = NULL;

    fputs(welcome, stderr);
    if (!s.terminal)
        return read_lines(&s);
    prompt_loop loop = (prompt_loop)cli_module_symbol("interactive", PROMPT_LOOP_SYMBOL, &why);
    if (loop)
        return loop(&host);
    fprintf(stderr, "lines cannot be edited: %s\n", why);
    return read_lines(&s);
}
