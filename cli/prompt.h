/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Between prompt.c, which runs lines, offer.c, which completes them, and
 * interactive.c, the module that edits them on a terminal.
 */
#ifndef VOLEXT_CLI_PROMPT_H
#define VOLEXT_CLI_PROMPT_H

#include "cli/cli.h"

struct prompt_host {
    /* Runs a line as a command. False when the line ends the session. */
    bool (*run)(void *run_arg, const char *line, int *status);
    /* Adds to `found` (keys) what the word `typed` may be after the words of
     * `before`; *files when it may be a file's name. */
    void (*complete)(void *complete_arg, const char *before, const char *typed,
                     struct kv *found, bool *files);
    void *run_arg;
    void *complete_arg;
};

/* Reads lines on the terminal until the session ends; the exit status. What the
 * module exports, by this name. */
typedef int (*prompt_loop)(const struct prompt_host *host);
#define PROMPT_LOOP_SYMBOL "interactive_loop"

int
interactive_loop(const struct prompt_host *host);

/* Words are what blanks separate, as stock has it: there is no quoting. NULL when
 * memory ran out. The words stay part of line; the caller frees the array. */
char **
cli_split(char *line, int *count);

/* prompt_host's complete, for the prompt of this call (offer.c). arg: struct cli. */
void
cli_complete_line(void *arg, const char *before, const char *typed, struct kv *found,
                  bool *files);

#endif
