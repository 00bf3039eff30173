/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What gnotifywait and gnotifywatch have in common: which volume and which of its files are
 * meant, what is left out, and what of the library's events inotify-tools would show.
 */
#ifndef VOLEXT_AIM_H
#define VOLEXT_AIM_H

#include <getopt.h>
#include <regex.h>
#include <stdbool.h>

#include "common/strbuf.h"
#include "libgnotify/gnotify.h"

/* A file that is watched. */
struct aim_path {
    char *word; /* as the user named it; with a slash at its end if it is a folder */
    char *path; /* for gnotify_add_watch */
    int wd;
};

struct aim {
    const char *program;
    bool recursive, no_follow, syslog;
    int quiet;
    uint32_t mask; /* what the user wants to see; 0: all */
    uint32_t crawl; /* GNOTIFY_CRAWL, GNOTIFY_CRAWL_FIRST */
    const char *log_file;

    char *volume, *socket; /* for gnotify_init; socket may be NULL */
    struct aim_path *paths;
    size_t count;
    char **left_out; /* by @ */
    size_t left_out_count;
    regex_t regex;
    const char *pattern; /* NULL: regex is none */
    bool include;        /* only what matches; else: not what matches */
    bool any_case;       /* the pattern is of --includei or --excludei */
    bool unmount;        /* that event was asked for */
    bool wrong;          /* something was, and was said */
    uint32_t cookie;     /* lines.c: of the last rename of a folder that stays in sight */
};

/* A message for the user: with the program's name, and a newline. */
void
aim_say(const struct aim *aim, const char *format, ...) PRINTF_LIKE(2, 3);

/* Ends the program: with 1 if standard output could not be written. */
_Noreturn void
aim_leave(const struct aim *aim, int status);

/* ---- the command line -------------------------------------------------------- */

#define AIM_SHORT "rPqe:st:h"
enum { AIM_EXCLUDE = 1000, AIM_EXCLUDEI, AIM_INCLUDE, AIM_INCLUDEI, AIM_FROMFILE, AIM_LOG, AIM_VERSION };
#define AIM_LONG \
    {"recursive", no_argument, NULL, 'r'}, {"no-dereference", no_argument, NULL, 'P'}, \
    {"quiet", no_argument, NULL, 'q'}, {"event", required_argument, NULL, 'e'}, \
    {"exclude", required_argument, NULL, AIM_EXCLUDE}, \
    {"excludei", required_argument, NULL, AIM_EXCLUDEI}, \
    {"include", required_argument, NULL, AIM_INCLUDE}, \
    {"includei", required_argument, NULL, AIM_INCLUDEI}, \
    {"fromfile", required_argument, NULL, AIM_FROMFILE}, \
    {"log", required_argument, NULL, AIM_LOG}, \
    {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, AIM_VERSION}

/* The next option, as getopt_long; -1: there is none. After --help and --version the program
 * has ended. */
int
aim_next(const struct aim *aim, int argc, char **argv, const char *shorts,
         const struct option *longs, const char *usage);

/* Takes one of these options. False: it is none of them, or aim->wrong. */
bool
aim_option(struct aim *aim, int option, const char *value);

/* Whole seconds, as -t has them; false: they are none, and that was said. */
bool
aim_seconds(struct aim *aim, const char *text, long *seconds);

/* Takes VOLUME PATH..., or paths on a mount, and @PATH... False: something is wrong, and was
 * said. */
bool
aim_words(struct aim *aim, char *const *words, int count);

/* ---- watching ------------------------------------------------------------------ */

/* Connects to the volume and sets the watches up. 0, or -errno with a message said. */
int
aim_open(struct aim *aim, const struct gnotify_options *options, struct gnotify **out);

/* ---- ending.c -------------------------------------------------------------------- */

/* From now on SIGINT, SIGTERM and SIGHUP only wake who reads g, the first time; the next one ends the
 * program as ever. Those that are ignored stay so. */
void
ending_catch(struct gnotify *g);

/* Has one of them come? */
bool
ending_is_near(void);

/* Ends the program by the signal that has come, so that who waits for it sees that; does nothing if
 * none has. */
void
ending_come(void);

/* ---- lines.c ------------------------------------------------------------------- */

/* What inotifywait would show of an event. */
struct line {
    const char *watched; /* the file, or the folder with a slash at its end */
    const char *file;    /* in the folder; "" for itself */
    uint32_t mask;
    const struct gnotify_event *event;
};

typedef void
line_take(void *arg, const struct line *line);

/* Gives the lines of an event that are wanted. next is the event behind it; NULL: there is
 * none yet. Events of the whole volume have watched "". */
void
aim_lines(struct aim *aim, const struct gnotify_event *e, const struct gnotify_event *next,
          line_take *take, void *arg);

/* Reads events as gnotify_read does, but never ends in the midst of a rename. The buffer must
 * have room for two of GNOTIFY_EVENT_MAX. */
ssize_t
aim_read(struct gnotify *g, void *buf, size_t size, int timeout);

/* Whether a path, as the user would name it, is left out. */
bool
aim_leaves_out(const struct aim *aim, const char *path, size_t base);

#endif
