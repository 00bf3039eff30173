/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The prompt on a terminal: a module, because readline is linked for this alone.
 * Knows how lines are edited, completed and remembered, not what they mean.
 */
#include "cli/prompt.h"

#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <readline/history.h>
#include <readline/readline.h>

#include "cli/history.h"

static const struct prompt_host *host;
static volatile sig_atomic_t caught[NSIG];
static char *entered;    /* the line that readline has finished */
static bool has_entered; /* it has; NULL is the end of input */

static const int our_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH};

static void
on_signal(int number)
{
    caught[number] = 1;
}

/* They come only while the prompt waits, so that none is missed, and none comes
 * in the middle of readline. */
static void
catch_signals(sigset_t *while_waiting)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t ours;

    sigemptyset(&ours);
    for (size_t i = 0; i < ARRAY_SIZE(our_signals); i++) {
        sigaddset(&ours, our_signals[i]);
        sigaction(our_signals[i], &action, NULL);
    }
    sigprocmask(SIG_BLOCK, &ours, while_waiting);
    for (size_t i = 0; i < ARRAY_SIZE(our_signals); i++)
        sigdelset(while_waiting, our_signals[i]);
}

static void
on_line(char *line)
{
    entered = line;
    has_entered = true;
    rl_callback_handler_remove(); /* the terminal is the command's */
}

/* ---- completion --------------------------------------------------------- */

static struct kv candidates;
static size_t candidate;

static char *
next_candidate(const char *text, int again)
{
    size_t len = strlen(text);

    if (!again)
        candidate = 0;
    while (candidate < candidates.count) {
        const char *word = candidates.pairs[candidate++].key;

        if (!strncmp(word, text, len))
            return strdup(word);
    }
    return NULL;
}

static char **
attempt(const char *text, int start, int end)
{
    bool files = false;
    AUTO_FREE char *before = str_fmt("%.*s", start, rl_line_buffer);

    (void)end;
    rl_attempted_completion_over = 1;
    kv_free(&candidates);
    candidates = (struct kv)KV_INIT;
    if (!before)
        return NULL;
    host->complete(host->complete_arg, before, text, &candidates, &files);
    if (files && !candidates.count) {
        rl_attempted_completion_over = 0; /* readline's own, of files */
        return NULL;
    }
    char **matches = rl_completion_matches(text, next_candidate);
    /* features.glupy-option.MODULE. goes on */
    size_t len = matches ? strlen(matches[0]) : 0;
    rl_completion_suppress_append = len && matches[0][len - 1] == '.';
    return matches;
}

static void
set_up_readline(void)
{
    static char blanks[] = " \t\n";

    setlocale(LC_CTYPE, "");
    rl_readline_name = "gluster";
    rl_basic_word_break_characters = blanks;
    rl_completer_word_break_characters = blanks;
    rl_completer_quote_characters = "";
    rl_attempted_completion_function = attempt;
    rl_catch_signals = 0; /* ours; see catch_signals */
    rl_catch_sigwinch = 0;
}

/* ---- the loop ----------------------------------------------------------- */

static void
clear_line(void)
{
    fputs("^C\n", rl_outstream);
    rl_callback_sigcleanup();
    rl_replace_line("", 1);
    rl_point = 0;
    rl_on_new_line();
    rl_redisplay();
}

/* What would have happened to a program that does not edit lines. */
static void
give_way(int number)
{
    struct sigaction plain = {.sa_handler = SIG_DFL}, ours;
    sigset_t set, old;

    rl_deprep_terminal();
    sigaction(number, &plain, &ours);
    sigemptyset(&set);
    sigaddset(&set, number);
    raise(number);
    sigprocmask(SIG_UNBLOCK, &set, &old); /* here it ends or stops */
    sigprocmask(SIG_SETMASK, &old, NULL);
    sigaction(number, &ours, NULL);
    rl_prep_terminal(1);
    rl_forced_update_display();
}

static void
handle_signals(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(our_signals); i++) {
        int number = our_signals[i];

        if (!caught[number])
            continue;
        caught[number] = 0;
        if (number == SIGINT)
            clear_line();
        else if (number == SIGWINCH)
            rl_resize_terminal();
        else
            give_way(number);
    }
}

/* As poll, but a signal goes before input: ppoll alone holds it back while there
 * is input, and what is typed after Ctrl-C belongs to the next line. */
static int
wait_for_input(const sigset_t *while_waiting)
{
    static const struct timespec at_once = {0, 0};
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    int n = ppoll(&input, 1, NULL, while_waiting);

    return n > 0 && ppoll(NULL, 0, &at_once, while_waiting) < 0 ? -1 : n;
}

static void
read_line(const sigset_t *while_waiting)
{
    has_entered = false;
    rl_callback_handler_install("gluster> ", on_line);
    while (!has_entered) {
        int n = wait_for_input(while_waiting);

        if (n < 0 && errno != EINTR)
            on_line(NULL);
        else if (n < 0)
            handle_signals();
        else
            rl_callback_read_char();
    }
}

int
interactive_loop(const struct prompt_host *h)
{
    sigset_t while_waiting;
    bool more = true;

    host = h;
    set_up_readline();
    AUTO_CLOSE int history = history_open();
    catch_signals(&while_waiting);
    while (more) {
        int status;

        read_line(&while_waiting);
        AUTO_FREE char *line = TAKE(entered);
        if (!line) {
            fputc('\n', rl_outstream); /* the shell's prompt on a line of its own */
            break;
        }
        history_add(history, line);
        more = host->run(host->run_arg, line, &status);
    }
    kv_free(&candidates);
    return 0;
}
