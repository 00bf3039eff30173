/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What a row of the command table says about its words, as a small automaton:
 * `volume set VOLNAME KEY VALUE [KEY VALUE]... [force]`. Completion walks it here
 * and, written out by gendoc.c, in bash; so neither has a list of its own.
 */
#ifndef VOLEXT_CLI_GRAMMAR_H
#define VOLEXT_CLI_GRAMMAR_H

#include "cli/cli.h"

enum grammar_kind {
    GRAMMAR_LITERAL, /* the word itself */
    GRAMMAR_VOLUME,  /* VOLNAME */
    GRAMMAR_KEY,     /* KEY: of an extension's option */
    GRAMMAR_VALUE,   /* VALUE: of the key before it */
    GRAMMAR_MODULE,  /* MODULE: a glupy module */
    GRAMMAR_FILE,    /* FILE, PATH */
    GRAMMAR_EVENTS,  /* EVENTS: names with commas between them */
    GRAMMAR_ANY,     /* any other word in capitals */
    GRAMMAR_NOTHING, /* private to grammar.c: no word at all */
};

enum { GRAMMAR_STATES = 64, GRAMMAR_EDGES = 256 };

struct grammar_edge {
    int from;
    int to;
    enum grammar_kind kind;
    const char *word; /* the row's; not NUL-terminated */
    int len;
};

/* State 0 is before the first word. Holds only edges that take a word. */
struct grammar {
    struct grammar_edge edges[GRAMMAR_EDGES];
    int edge_count;
    int state_count;
};

/* Reads a row. -EINVAL: brackets that do not match; -E2BIG: too long a row. */
int
grammar_compile(const struct command *row, struct grammar *g);

/* The states after these words, as a mask; 0 when they do not fit. An abbreviated
 * literal counts, as stock takes it. */
uint64_t
grammar_walk(const struct grammar *g, int argc, char *const *argv);

#endif
