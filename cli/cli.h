/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The parts of the `gluster` front end and what they know of each other.
 *
 *   main.c      options, finds the command's row, hands over what is not ours
 *   table.c     one row per command: parser, help, completion, manual read it
 *   stock.c     the stock program: exec it, or run it and read what it says
 *   emit.c      one model, three writers: text, XML (loaded when used), JSON
 *   rpc.c       glusterd's CLI program over its unix socket, off the main thread
 *   prompt.c    without a command: a session; interactive.c edits its lines (loaded when used)
 *   peers.c     `system:: execute volext`: every node's answer, by name
 *   volume.c …  the commands
 */
#ifndef VOLEXT_CLI_H
#define VOLEXT_CLI_H

#include <stdbool.h>
#include <stdint.h>

#include "common/kv.h"
#include "common/strbuf.h"
#include "volgen/volgen.h"

enum cli_format { CLI_TEXT, CLI_XML, CLI_JSON };

struct emit;

/* One invocation, or one line of the interactive prompt. */
struct cli {
    enum cli_format format;
    bool script;           /* --mode=script: no questions */
    int timeout;           /* --timeout: seconds that glusterd may take for one request */
    const char *socket;    /* --glusterd-sock, or the default */
    const char *stock;     /* the stock gluster program */
    char **stock_argv;     /* the whole command line as given, for handing over */
    const char *line;      /* the command as one line: cmd-str */
    struct volgen_table table; /* loaded by cli_table() on its first use */
    bool table_loaded;
};

/* Extensions and their options; reads the description files once. */
const struct volgen_table *
cli_table(struct cli *cli);

/* Runs the words of one command (global options already taken out): our row, or
 * stock, which this process then becomes. The exit status. */
int
cli_run(struct cli *cli, int argc, char **argv);

/* Takes global options out of argv (NULL-terminated words remain in *words, the
 * caller's array of at least argc + 1). The number of words; or CLI_HAND_OVER when
 * there is an option that only stock knows or may answer. */
int
cli_parse_options(struct cli *cli, int argc, char **argv, char **words);

/* ---- table.c ------------------------------------------------------------ */

enum command_flags {
    CMD_XML = 1,   /* has a model to show: --xml and --json work */
    CMD_STOCK = 2, /* stock has a command of these words too: ours only for extension keys */
};

struct command {
    const char *words;   /* "volume set" ; UPPER-case words stand for arguments */
    const char *args;    /* "VOLNAME KEY VALUE…" : as shown in help and manual */
    const char *help;    /* one line */
    int (*run)(struct cli *cli, int argc, char **argv); /* what is after the words; exit status.
                            CLI_HAND_OVER: not ours, give it to stock */
    unsigned flags;
    const char *manual;  /* a paragraph for the manual page */
};

enum { CLI_HAND_OVER = -1000 };

extern const struct command cli_commands[];
extern const size_t cli_command_count;

/* The row whose words argv begins with, abbreviated as stock allows ("v inf");
 * *used is the number of words it took. NULL: not ours. */
const struct command *
cli_command_find(int argc, char **argv, int *used);
/* True for a first word that stock does not know: what is wrong after it is ours to say. */
bool
cli_class_is_ours(const char *word);

/* ---- stock.c ------------------------------------------------------------ */

/* Becomes the stock program with the same command line. Returns an exit status when
 * it cannot. */
int
cli_hand_over(struct cli *cli);

/* Runs stock with the global options of this call and these words (NULL-terminated)
 * and reads what it prints. out or err NULL: goes where ours goes. *status: its exit
 * status, 128 + N for a signal. 0 or -errno (it was not run). */
int
cli_stock_run(struct cli *cli, const char *const *words, struct strbuf *out,
              struct strbuf *err, int *status);

/* A NULL-terminated list of words that grows: a command line, a request. */
struct words {
    const char **list; /* NULL before the first; each is the list's own */
    size_t count;
    bool failed; /* memory ran out: sticks */
};
#define WORDS_INIT {0}
#define AUTO_WORDS AUTO(words_free)
void
words_add(struct words *w, const char *word);
void
words_addf(struct words *w, const char *fmt, ...) PRINTF_LIKE(2, 3);
void
words_free(struct words *w);

/* ---- prompt.c ----------------------------------------------------------- */

/* A session: commands from standard input, at a prompt when that is a terminal.
 * Each runs in a process of its own. The exit status. */
int
cli_prompt(struct cli *cli);

/* The words as one line, as stock writes them into cmd_history.log. NULL when memory
 * ran out; the caller frees it. */
char *
cli_join(int argc, char *const *argv);

/* ---- emit.c ------------------------------------------------------------- */

/* A message is a tree of named things. Text shows what the text functions are
 * given; XML and JSON show the tree below opRet, opErrno and opErrstr. Names are
 * literals that outlive the message. Every command's output begins with
 * emit_begin and ends with emit_end; in between nothing is printed. NULL (memory
 * ran out) may be handed to all of them: emit_end then says so. */
struct emit *
emit_begin(enum cli_format format);

/* name is NULL for an element of a list, which has the list's item as its name. */
void
emit_object(struct emit *e, const char *name);
void
emit_object_end(struct emit *e);
/* item: the name each element has in XML. name NULL: in XML the elements have no
 * parent of their own (stock's volGetopts: a count, then each Opt), and JSON's
 * array is called item. */
void
emit_list(struct emit *e, const char *name, const char *item);
void
emit_list_end(struct emit *e);
void
emit_str(struct emit *e, const char *name, const char *value);
void
emit_num(struct emit *e, const char *name, int64_t value);
/* 1 or 0 in XML, as stock; true or false in JSON. */
void
emit_bool(struct emit *e, const char *name, bool value);
/* An attribute of the object just begun (<brick uuid="…">); a member in JSON. */
void
emit_attribute(struct emit *e, const char *name, const char *value);
/* Text directly in an object, XML only: stock's <brick>HOST:PATH<name>…. */
void
emit_content(struct emit *e, const char *value);
/* Text form only: to standard output, to standard error. Ignored by XML and JSON. */
void
emit_text(struct emit *e, const char *fmt, ...) PRINTF_LIKE(2, 3);
void
emit_note(struct emit *e, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Adds a name with bytes that cannot be shown, and \, as \xNN: a file may be called anything,
 * and in text one name is not to look like two lines. */
void
escape_name(struct strbuf *out, const char *name);
/* Fails with a sentence: in text `COMMAND: failed: SENTENCE`, or the sentence alone
 * when command is NULL, on standard error as stock does; in XML and JSON opRet -1,
 * opErrno, opErrstr, and what else is emitted (stock's cliOp, output). When it is
 * called again, text shows both, XML and JSON the first. */
void
emit_fail(struct emit *e, const char *command, int op_errno, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Prints all of it and frees it. Returns the exit status: 0; 1 after emit_fail (also
 * with --xml, where stock's set and reset exit 0: a script that looks only at the
 * status must not take a failure for success), or if it could not be printed. */
int
emit_end(struct emit *e);
/* Frees it and prints nothing: stock has said it all. */
void
emit_discard(struct emit *e);

#endif
