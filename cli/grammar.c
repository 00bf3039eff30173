/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Reads the notation of the command table: `a|b` one of two words, `{x | y z}` one
 * of two rows of words, `[x]` optional, `...` what is before it again and again.
 */
#include "cli/grammar.h"

#include <ctype.h>
#include <errno.h>

struct reader {
    struct grammar *g;
    const char *at;
    int error;
};

static int
new_state(struct reader *r)
{
    if (r->g->state_count == GRAMMAR_STATES) {
        r->error = -E2BIG;
        return 0;
    }
    return r->g->state_count++;
}

static void
add_edge(struct reader *r, struct grammar_edge edge)
{
    if (r->g->edge_count == GRAMMAR_EDGES) {
        r->error = -E2BIG;
        return;
    }
    r->g->edges[r->g->edge_count++] = edge;
}

static void
join(struct reader *r, int from, int to)
{
    add_edge(r, (struct grammar_edge){.from = from, .to = to, .kind = GRAMMAR_NOTHING});
}

static enum grammar_kind
kind_of(const char *word, int len)
{
    static const struct {
        const char *name;
        enum grammar_kind kind;
    } names[] = {
        {"VOLNAME", GRAMMAR_VOLUME}, {"KEY", GRAMMAR_KEY},   {"VALUE", GRAMMAR_VALUE},
        {"MODULE", GRAMMAR_MODULE},  {"FILE", GRAMMAR_FILE}, {"PATH", GRAMMAR_FILE},
        {"EVENTS", GRAMMAR_EVENTS},
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strlen(names[i].name) == (size_t)len && !memcmp(names[i].name, word, (size_t)len))
            return names[i].kind;
    for (int i = 0; i < len; i++)
        if (islower((unsigned char)word[i]))
            return GRAMMAR_LITERAL;
    return GRAMMAR_ANY;
}

static bool
takes(struct reader *r, const char *text)
{
    size_t len = strlen(text);

    if (strncmp(r->at, text, len))
        return false;
    r->at += len;
    return true;
}

/* A word, or several with `|` and no blanks between them. */
static void
words(struct reader *r, int from, int to)
{
    do {
        size_t len = strcspn(r->at, " |[]{}");
        const char *dots = strstr(r->at, "...");

        if (dots && dots < r->at + len)
            len = (size_t)(dots - r->at);
        if (!len)
            r->error = -EINVAL;
        add_edge(r, (struct grammar_edge){from, to, kind_of(r->at, (int)len), r->at, (int)len});
        r->at += len;
    } while (!r->error && takes(r, "|"));
}

static int
alternatives(struct reader *r, int from);

static int
item(struct reader *r, int from)
{
    int to;

    if (takes(r, "[")) {
        to = alternatives(r, from);
        if (!takes(r, "]"))
            r->error = -EINVAL;
        join(r, from, to);
    } else if (takes(r, "{")) {
        to = alternatives(r, from);
        if (!takes(r, "}"))
            r->error = -EINVAL;
    } else {
        to = new_state(r);
        words(r, from, to);
    }
    if (takes(r, "..."))
        join(r, to, from);
    return to;
}

static int
alternatives(struct reader *r, int from)
{
    int end = new_state(r);

    do {
        /* its own first state: `...` in one row must not lead into another */
        int at = new_state(r);

        join(r, from, at);
        for (;;) {
            while (takes(r, " "))
                ;
            if (r->error || !*r->at || strchr("|]}", *r->at))
                break;
            at = item(r, at);
        }
        join(r, at, end);
    } while (!r->error && takes(r, "|"));
    return end;
}

/* Where one can be without a further word. */
static uint64_t
closure(const struct grammar *g, uint64_t states)
{
    uint64_t before;

    do {
        before = states;
        for (int i = 0; i < g->edge_count; i++)
            if (g->edges[i].kind == GRAMMAR_NOTHING && (states >> g->edges[i].from & 1))
                states |= UINT64_C(1) << g->edges[i].to;
    } while (states != before);
    return states;
}

/* The same automaton with edges that take a word only. */
static int
without_nothing(const struct grammar *raw, struct grammar *g)
{
    uint64_t used = 1; /* the start, and where an edge with a word leads */

    for (int i = 0; i < raw->edge_count; i++)
        if (raw->edges[i].kind != GRAMMAR_NOTHING)
            used |= UINT64_C(1) << raw->edges[i].to;
    g->edge_count = 0;
    g->state_count = raw->state_count;
    for (int from = 0; from < raw->state_count; from++) {
        uint64_t at = used >> from & 1 ? closure(raw, UINT64_C(1) << from) : 0;

        for (int i = 0; i < raw->edge_count; i++) {
            const struct grammar_edge *edge = &raw->edges[i];

            if (edge->kind == GRAMMAR_NOTHING || !(at >> edge->from & 1))
                continue;
            if (g->edge_count == GRAMMAR_EDGES)
                return -E2BIG;
            g->edges[g->edge_count] = *edge;
            g->edges[g->edge_count++].from = from;
        }
    }
    return 0;
}

/* Appends one text of the row's to the automaton, from state `from`. */
static int
read_text(struct reader *r, const char *text, int from)
{
    r->at = text;
    int end = alternatives(r, from);
    if (!r->error && *r->at)
        r->error = -EINVAL;
    return end;
}

int
grammar_compile(const struct command *row, struct grammar *g)
{
    struct grammar raw = {.state_count = 1};
    struct reader r = {.g = &raw};

    read_text(&r, row->args, read_text(&r, row->words, 0));
    return r.error ? r.error : without_nothing(&raw, g);
}

static bool
fits(const struct grammar_edge *edge, const char *word)
{
    size_t len = strlen(word);

    if (edge->kind != GRAMMAR_LITERAL)
        return true;
    return len && len <= (size_t)edge->len && !memcmp(edge->word, word, len);
}

uint64_t
grammar_walk(const struct grammar *g, int argc, char *const *argv)
{
    uint64_t states = 1;

    for (int word = 0; word < argc; word++) {
        uint64_t next = 0;

        for (int i = 0; i < g->edge_count; i++)
            if ((states >> g->edges[i].from & 1) && fits(&g->edges[i], argv[word]))
                next |= UINT64_C(1) << g->edges[i].to;
        states = next;
    }
    return states;
}
