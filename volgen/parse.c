/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Text -> graph. The grammar is GlusterFS's, with what follows from how its scanner
 * is made: words apart by white space, backslashes and quotes; `#` where a word could
 * begin starts a comment; "…" is one word in which \x is x and line ends are
 * dropped; a backquote begins a command, wherever it is, unless it follows a
 * backslash that does not itself follow one.
 */
#include <assert.h>
#include <errno.h>

#include "volgen/graph.h"

struct scanner {
    const char *text;
    size_t len, at;
    size_t start; /* of the word read last */
    struct strbuf word;
    struct volgen_graph *graph;
    struct volgen_error *err;
};

/* ---- errors -------------------------------------------------------------- */

/* Says what is wrong with the word read last. */
static void
complain(struct scanner *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void
complain(struct scanner *s, const char *fmt, ...)
{
    struct volgen_error *err = s->err;
    size_t line_start = 0;
    va_list args;

    err->line = 1;
    for (size_t i = 0; i < s->start; i++)
        if (s->text[i] == '\n') {
            err->line++;
            line_start = i + 1;
        }
    err->column = (int)(s->start - line_start) + 1;
    va_start(args, fmt);
    vsnprintf(err->text, sizeof(err->text), fmt, args);
    va_end(args);
    /* names come from the file: no control characters into logs */
    for (char *c = err->text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
}

/* What was found instead of what is wanted. */
static const char *
found(const struct scanner *s, enum word_kind kind)
{
    static const char *const names[] = {
        [W_END] = "the end of the file: it may be cut off",
        [W_VOLUME] = "the word volume",
        [W_TYPE] = "the word type",
        [W_OPTION] = "the word option",
        [W_SUBVOLUMES] = "the word subvolumes",
        [W_END_VOLUME] = "the word end-volume",
    };

    return kind == W_NAME ? strbuf_text(&s->word) : names[kind];
}

/* ---- words --------------------------------------------------------------- */

/* What a byte outside of quotes is: part of a word, or what ends one. */
enum { C_WORD, C_BLANK, C_QUOTE };
static const unsigned char classes[256] = {
    [' '] = C_BLANK, ['\t'] = C_BLANK, ['\r'] = C_BLANK, ['\n'] = C_BLANK,
    ['\\'] = C_BLANK, ['"'] = C_QUOTE,
};

static int
class_of(const struct scanner *s)
{
    return classes[(unsigned char)s->text[s->at]];
}

static void
skip_blanks(struct scanner *s)
{
    while (s->at < s->len) {
        if (s->text[s->at] == '#') {
            const char *end = memchr(s->text + s->at, '\n', s->len - s->at);

            s->at = end ? (size_t)(end - s->text) : s->len;
        } else if (class_of(s) == C_BLANK)
            s->at++;
        else
            return;
    }
}

static enum word_kind
quoted_word(struct scanner *s)
{
    for (s->at++; s->at < s->len; s->at++) {
        char c = s->text[s->at];

        if (c == '"') {
            s->at++;
            return strbuf_failed(&s->word) ? W_BAD : W_NAME;
        }
        if (c == '\\' && s->at + 1 < s->len)
            c = s->text[++s->at];
        if (c != '\n')
            strbuf_char(&s->word, c);
    }
    complain(s, "a quoted word has no closing quote: the file may be cut off");
    return W_BAD;
}

enum word_kind
word_kind(const char *word)
{
    static const struct {
        const char *word;
        enum word_kind kind;
    } words[] = {
        {"option", W_OPTION}, {"volume", W_VOLUME}, {"type", W_TYPE},
        {"subvolumes", W_SUBVOLUMES}, {"subvolumeS", W_SUBVOLUMES},
        {"end-volume", W_END_VOLUME},
    };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (!strcmp(words[i].word, word))
            return words[i].kind;
    return W_NAME;
}

/* Reads the next word into s->word. */
static enum word_kind
next_word(struct scanner *s)
{
    skip_blanks(s);
    strbuf_reset(&s->word);
    strbuf_add(&s->word, "", 0);
    s->start = s->at;
    if (s->at == s->len)
        return W_END;
    if (s->text[s->at] == '"')
        return quoted_word(s);
    while (s->at < s->len && class_of(s) == C_WORD)
        s->at++;
    strbuf_add(&s->word, s->text + s->start, s->at - s->start);
    return strbuf_failed(&s->word) ? W_BAD : word_kind(s->word.data);
}

/* A copy of the next word, which must be a name or a value; NULL on an error. */
static char *
take_word(struct scanner *s, const char *what, bool may_be_empty)
{
    enum word_kind kind = next_word(s);

    if (kind == W_BAD)
        return NULL;
    if (kind != W_NAME) {
        complain(s, "%s is missing, found %.60s%s", what, found(s, kind),
                 kind == W_END ? "" : " (a value that is a word of the grammar is "
                                      "put in quotes)");
        return NULL;
    }
    if (!s->word.len && !may_be_empty) {
        complain(s, "%s is empty", what);
        return NULL;
    }
    return strdup(s->word.data);
}

/* Neither NUL bytes nor commands. */
static int
check_bytes(struct scanner *s)
{
    bool escaped = false;

    if (!memchr(s->text, '`', s->len) && !memchr(s->text, '\0', s->len))
        return 0;
    for (; s->start < s->len; s->start++) {
        char c = s->text[s->start];

        if (!c) {
            complain(s, "a NUL byte: this is not a volfile");
            return -EINVAL;
        }
        if (c == '`' && !escaped) {
            complain(s, "a command in backquotes: volext does not run what it reads; "
                     "write what the command prints, or \\` for a backquote in quotes");
            return -EINVAL;
        }
        escaped = c == '\\' && !escaped;
    }
    return 0;
}

/* ---- nodes --------------------------------------------------------------- */

static int
parse_option(struct scanner *s, struct volgen_node *node)
{
    struct kv *options = &node->options;
    AUTO_FREE char *key = take_word(s, "the name of an option", true);
    if (!key)
        return -EINVAL;
    AUTO_FREE char *value = take_word(s, "the value of an option", true);
    if (!value)
        return -EINVAL;
    if (!*key || !*value) /* GlusterFS drops such an option, and so do we */
        return 0;

    /* as kv_set, but without a look for the same key: see unite_options */
    if (options->count == options->room) {
        size_t room = options->room ? 2 * options->room : 16;
        struct kv_pair *pairs = reallocarray(options->pairs, room, sizeof(*pairs));

        if (!pairs)
            return -ENOMEM;
        options->pairs = pairs;
        options->room = room;
    }
    options->pairs[options->count++] = (struct kv_pair){TAKE(key), TAKE(value)};
    return 0;
}

static int
by_key_then_place(const void *left, const void *right)
{
    const struct kv_pair *const *a = left, *const *b = right;
    int order = strcmp((*a)->key, (*b)->key);

    return order ? order : (*a > *b) - (*a < *b);
}

/* A key that was given more than once has its last value, at its first place. Sorts,
 * so that a node of very many options takes no quadratic time. */
static int
unite_options(struct volgen_node *node)
{
    struct kv *options = &node->options;
    size_t count = options->count, kept = 0;
    AUTO_FREE struct kv_pair **sorted = calloc(count + 1, sizeof(*sorted));

    if (!sorted)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        sorted[i] = &options->pairs[i];
    qsort(sorted, count, sizeof(*sorted), by_key_then_place);
    for (size_t i = 0, first = 0; i < count; i++) {
        if (strcmp(sorted[first]->key, sorted[i]->key))
            first = i;
        if (i == first)
            continue;
        free(sorted[first]->value);
        sorted[first]->value = TAKE(sorted[i]->value);
    }
    for (size_t i = 0; i < count; i++) {
        if (options->pairs[i].value)
            options->pairs[kept++] = options->pairs[i];
        else
            free(options->pairs[i].key);
    }
    options->count = kept;
    return 0;
}

/* Reads names up to the next keyword, which is returned. */
static enum word_kind
parse_subvolumes(struct scanner *s, struct volgen_node *node)
{
    enum word_kind kind;

    while ((kind = next_word(s)) == W_NAME) {
        struct volgen_node *child = volgen_find(s->graph, s->word.data);

        if (!child) {
            complain(s, "the subvolume %.60s of %.60s is not defined before it",
                     s->word.data, node->name);
            return W_BAD;
        }
        if (node_add_subvolume(node, child))
            return W_BAD;
    }
    if (kind != W_BAD && !node->subvolume_count) {
        complain(s, "the names of subvolumes are missing, found %.60s", found(s, kind));
        return W_BAD;
    }
    return kind;
}

/* What stands between the type and end-volume. */
static int
parse_body(struct scanner *s, struct volgen_node *node)
{
    enum word_kind kind = next_word(s);
    bool empty = true;

    while (kind != W_END_VOLUME) {
        empty = false;
        if (kind == W_OPTION) {
            if (parse_option(s, node))
                return -EINVAL;
            kind = next_word(s);
        } else if (kind == W_SUBVOLUMES && !node->subvolume_count) {
            kind = parse_subvolumes(s, node);
        } else {
            if (kind != W_BAD)
                complain(s, "volume %.40s: wanted option, subvolumes (once) or "
                         "end-volume, found %.60s", node->name, found(s, kind));
            return -EINVAL;
        }
    }
    if (!empty)
        return unite_options(node);
    complain(s, "volume %.60s has neither an option nor subvolumes", node->name);
    return -EINVAL;
}

/* The name and the type. */
static struct volgen_node *
parse_head(struct scanner *s)
{
    AUTO_FREE char *name = take_word(s, "the name of a volume", false);
    if (!name)
        return NULL;
    if (volgen_find(s->graph, name)) {
        complain(s, "volume %.60s is defined a second time", name);
        return NULL;
    }
    enum word_kind kind = next_word(s);
    if (kind != W_TYPE) {
        if (kind != W_BAD)
            complain(s, "volume %.40s: wanted its type, found %.60s", name,
                     found(s, kind));
        return NULL;
    }
    AUTO_FREE char *type = take_word(s, "the type of a volume", false);
    if (!type)
        return NULL;
    return node_new(TAKE(name), TAKE(type));
}

/* One `volume … end-volume`; `volume` was read, the node's bytes begin at from. */
static int
parse_node(struct scanner *s, size_t from)
{
    size_t lead = s->start - from;
    AUTO_NODE struct volgen_node *node = parse_head(s);

    if (!node)
        return -EINVAL;
    int ret = parse_body(s, node);
    if (ret)
        return ret;
    node->source = s->text + from;
    node->source_len = s->at - from;
    node->lead_len = lead;
    node->dirty = false;
    ret = graph_add(s->graph, node, s->graph->last);
    if (!ret)
        node = NULL; /* the graph's now */
    return ret;
}

static int
parse_all(struct scanner *s)
{
    for (;;) {
        size_t from = s->at;
        enum word_kind kind = next_word(s);

        if (kind == W_END && s->graph->first) {
            s->graph->tail = s->text + from;
            s->graph->tail_len = s->len - from;
            return 0;
        }
        if (kind != W_VOLUME) {
            if (kind != W_BAD)
                complain(s, "wanted the word volume, found %.80s", found(s, kind));
            return -EINVAL;
        }
        int ret = parse_node(s, from);
        if (ret)
            return ret;
    }
}

struct volgen_graph *
volgen_parse(const char *text, size_t len, struct volgen_error *err)
{
    AUTO_GRAPH struct volgen_graph *graph = calloc(1, sizeof(*graph));
    AUTO_STRBUF struct strbuf copy = STRBUF_INIT;

    *err = (struct volgen_error){.text = "out of memory"};
    strbuf_add(&copy, text, len);
    if (!graph || !(graph->text = strbuf_take(&copy)))
        return NULL;
    struct scanner s = {.text = graph->text, .len = len, .graph = graph, .err = err};
    int ret = check_bytes(&s);
    if (!ret)
        ret = parse_all(&s);
    strbuf_free(&s.word);
    return ret ? NULL : TAKE(graph);
}
