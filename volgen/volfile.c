/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Volfiles as graphs: text -> graph -> text, and the edits. It knows the grammar
 * and nothing of what the translators are for.
 *
 * The grammar is GlusterFS's: words apart by white space, `#` at the start of a
 * word begins a comment, "…" is a word with \x for any x. Each node keeps the
 * bytes it came from, up to and with its end-volume, so that nodes that were not
 * touched are printed as they were.
 */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "volgen/volgen.h"

/* ---- words -------------------------------------------------------------- */

enum word_kind { W_END, W_VOLUME, W_TYPE, W_OPTION, W_SUBVOLUMES, W_END_VOLUME, W_NAME, W_BAD };

struct scanner {
    const char *text;
    size_t len, at;
    int line;
    size_t line_start;
    size_t word_start; /* of the word read last, with its line and column */
    int word_line, word_column;
    struct strbuf word;
    struct volgen_error *err;
};

static void
complain(struct scanner *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void
complain(struct scanner *s, const char *fmt, ...)
{
    va_list args;

    s->err->line = s->word_line;
    s->err->column = s->word_column;
    va_start(args, fmt);
    vsnprintf(s->err->text, sizeof(s->err->text), fmt, args);
    va_end(args);
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void
skip_blanks(struct scanner *s)
{
    bool comment = false;

    for (; s->at < s->len; s->at++) {
        char c = s->text[s->at];

        if (c == '\n') {
            comment = false;
            s->line++;
            s->line_start = s->at + 1;
        } else if (c == '#')
            comment = true;
        else if (!comment && !is_blank(c))
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
            if (s->word.len)
                return W_NAME;
            complain(s, "a quoted word is empty; GlusterFS takes no empty values");
            return W_BAD;
        }
        if (c == '\\' && s->at + 1 < s->len)
            c = s->text[++s->at];
        if (c == '\n') {
            complain(s, "a quoted word has no closing quote on its line");
            return W_BAD;
        }
        strbuf_char(&s->word, c);
    }
    complain(s, "a quoted word has no closing quote; the file may be cut off");
    return W_BAD;
}

static enum word_kind
keyword(const char *word)
{
    static const struct {
        const char *word;
        enum word_kind kind;
    } words[] = {
        {"volume", W_VOLUME}, {"type", W_TYPE}, {"option", W_OPTION},
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
    s->word_start = s->at;
    s->word_line = s->line;
    s->word_column = (int)(s->at - s->line_start) + 1;
    if (s->at == s->len)
        return W_END;
    if (s->text[s->at] == '"')
        return quoted_word(s);

    size_t start = s->at;
    while (s->at < s->len && !is_blank(s->text[s->at]) && s->text[s->at] != '"' &&
           s->text[s->at] != '\\')
        s->at++;
    if (s->at == start) {
        complain(s, "a backslash outside of quotes");
        return W_BAD;
    }
    strbuf_add(&s->word, s->text + start, s->at - start);
    return strbuf_failed(&s->word) ? W_BAD : keyword(s->word.data);
}

/* ---- the graph ---------------------------------------------------------- */

enum { FIRST_BUCKETS = 64 };

static size_t
bucket_of(const struct volgen_graph *graph, const char *name)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */

    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 1099511628211u;
    return hash & (graph->bucket_count - 1);
}

struct volgen_node *
volgen_find(const struct volgen_graph *graph, const char *name)
{
    if (!graph->bucket_count)
        return NULL;
    struct volgen_node *node = graph->buckets[bucket_of(graph, name)];
    while (node && strcmp(node->name, name))
        node = node->same_bucket;
    return node;
}

static void
hash_in(struct volgen_graph *graph, struct volgen_node *node)
{
    struct volgen_node **bucket = &graph->buckets[bucket_of(graph, node->name)];

    node->same_bucket = *bucket;
    *bucket = node;
}

static void
hash_out(struct volgen_graph *graph, struct volgen_node *node)
{
    struct volgen_node **at = &graph->buckets[bucket_of(graph, node->name)];

    while (*at != node)
        at = &(*at)->same_bucket;
    *at = node->same_bucket;
}

/* Room for one more node in the hash. */
static int
hash_grow(struct volgen_graph *graph)
{
    if (graph->node_count < graph->bucket_count)
        return 0;
    size_t count = graph->bucket_count ? 4 * graph->bucket_count : FIRST_BUCKETS;
    struct volgen_node **buckets = calloc(count, sizeof(*buckets));
    if (!buckets)
        return -ENOMEM;
    free(graph->buckets);
    graph->buckets = buckets;
    graph->bucket_count = count;
    for (struct volgen_node *node = graph->first; node; node = node->next)
        hash_in(graph, node);
    return 0;
}

static void
node_free(struct volgen_node *node)
{
    if (!node)
        return;
    free(node->name);
    free(node->type);
    kv_free(&node->options);
    free(node->subvolumes);
    free(node->source);
    free(node);
}

static void
cleanup_node(struct volgen_node **node)
{
    node_free(*node);
}

static void
cleanup_graph(struct volgen_graph **graph)
{
    volgen_graph_free(*graph);
}

void
volgen_graph_free(struct volgen_graph *graph)
{
    if (!graph)
        return;
    for (struct volgen_node *node = graph->first, *next; node; node = next) {
        next = node->next;
        node_free(node);
    }
    free(graph->buckets);
    free(graph->tail);
    free(graph);
}

static int
add_subvolume(struct volgen_node *node, struct volgen_node *child)
{
    /* grows by doubling: full whenever the count is a power of two */
    if ((node->subvolume_count & (node->subvolume_count - 1)) == 0) {
        size_t room = node->subvolume_count ? 2 * node->subvolume_count : 1;
        struct volgen_node **list = reallocarray(node->subvolumes, room, sizeof(*list));

        if (!list)
            return -ENOMEM;
        node->subvolumes = list;
    }
    node->subvolumes[node->subvolume_count++] = child;
    child->parent_count++;
    return 0;
}

/* ---- text -> graph ------------------------------------------------------ */

static const char *const word_names[] = {
    [W_END] = "the end of the file; it may be cut off",
    [W_VOLUME] = "\"volume\"",
    [W_TYPE] = "\"type\"",
    [W_OPTION] = "\"option\"",
    [W_SUBVOLUMES] = "\"subvolumes\"",
    [W_END_VOLUME] = "\"end-volume\"",
};

/* A plain word is wanted as `what`. */
static char *
take_name(struct scanner *s, const char *what)
{
    enum word_kind kind = next_word(s);

    if (kind == W_BAD)
        return NULL;
    if (kind != W_NAME) {
        complain(s, "%s is missing: found %s", what, word_names[kind]);
        return NULL;
    }
    return strdup(s->word.data);
}

static int
parse_option(struct scanner *s, struct volgen_node *node)
{
    AUTO_FREE char *key = take_name(s, "an option's name");
    if (!key)
        return -EINVAL;
    AUTO_FREE char *value = take_name(s, "an option's value");
    if (!value)
        return -EINVAL;
    return kv_set(&node->options, key, value);
}

/* Reads names up to the next keyword, which is returned. */
static enum word_kind
parse_subvolumes(struct scanner *s, const struct volgen_graph *graph,
                 struct volgen_node *node)
{
    enum word_kind kind;

    while ((kind = next_word(s)) == W_NAME) {
        struct volgen_node *child = volgen_find(graph, s->word.data);

        if (!child) {
            complain(s, "subvolume %.60s was not defined before", s->word.data);
            return W_BAD;
        }
        if (add_subvolume(node, child))
            return W_BAD;
    }
    if (kind != W_BAD && !node->subvolume_count) {
        complain(s, "names of subvolumes are missing: found %s", word_names[kind]);
        return W_BAD;
    }
    return kind;
}

static int
parse_body(struct scanner *s, const struct volgen_graph *graph,
           struct volgen_node *node)
{
    enum word_kind kind = next_word(s);

    if (kind == W_TYPE) {
        node->type = take_name(s, "a type");
        if (!node->type)
            return -EINVAL;
    } else if (kind != W_BAD)
        complain(s, "volume %.60s has no type: found %s", node->name,
                 kind == W_NAME ? s->word.data : word_names[kind]);
    if (!node->type)
        return -EINVAL;

    kind = next_word(s);
    while (kind != W_END_VOLUME) {
        if (kind == W_OPTION) {
            if (parse_option(s, node))
                return -EINVAL;
            kind = next_word(s);
        } else if (kind == W_SUBVOLUMES && !node->subvolume_count) {
            kind = parse_subvolumes(s, graph, node);
        } else {
            if (kind != W_BAD)
                complain(s, "volume %.60s: option, subvolumes or end-volume is wanted, found %.40s",
                         node->name, kind == W_NAME ? s->word.data : word_names[kind]);
            return -EINVAL;
        }
    }
    if (!node->subvolume_count && !node->options.count) {
        complain(s, "volume %.60s has neither options nor subvolumes", node->name);
        return -EINVAL;
    }
    return 0;
}

static int
keep_bytes(char **to, size_t *to_len, const char *from, size_t len)
{
    *to = malloc(len + 1);
    if (!*to)
        return -ENOMEM;
    memcpy(*to, from, len);
    (*to)[len] = '\0';
    *to_len = len;
    return 0;
}

/* One `volume … end-volume`; `volume` itself was read. */
static struct volgen_node *
parse_node(struct scanner *s, const struct volgen_graph *graph, size_t start)
{
    AUTO(cleanup_node) struct volgen_node *node = calloc(1, sizeof(*node));
    if (!node)
        return NULL;
    node->name = take_name(s, "a volume's name");
    if (!node->name)
        return NULL;
    if (volgen_find(graph, node->name)) {
        complain(s, "volume %.60s is there twice", node->name);
        return NULL;
    }
    if (parse_body(s, graph, node) ||
        keep_bytes(&node->source, &node->source_len, s->text + start, s->at - start))
        return NULL;
    return TAKE(node);
}

static int
parse_all(struct scanner *s, struct volgen_graph *graph)
{
    struct volgen_node **end = &graph->first;

    for (;;) {
        size_t start = s->at;
        enum word_kind kind = next_word(s);

        if (kind == W_END)
            return keep_bytes(&graph->tail, &graph->tail_len, s->text + start,
                              s->len - start);
        if (kind != W_VOLUME) {
            if (kind != W_BAD)
                complain(s, "\"volume\" is wanted, found %.60s",
                         kind == W_NAME ? s->word.data : word_names[kind]);
            return -EINVAL;
        }
        struct volgen_node *node = parse_node(s, graph, start);
        if (!node)
            return -EINVAL;
        if (hash_grow(graph)) {
            node_free(node);
            return -ENOMEM;
        }
        *end = node;
        end = &node->next;
        graph->node_count++;
        hash_in(graph, node);
    }
}

struct volgen_graph *
volgen_parse(const char *text, size_t len, struct volgen_error *err)
{
    AUTO(cleanup_graph) struct volgen_graph *graph = calloc(1, sizeof(*graph));
    struct scanner s = {.text = text, .len = len, .line = 1, .err = err};

    *err = (struct volgen_error){.text = "out of memory"};
    const char *bad = memchr(text, '\0', len);
    if (!bad)
        bad = memchr(text, '`', len);
    if (!graph || hash_grow(graph))
        return NULL;
    if (bad) {
        while (s.at < (size_t)(bad - text))
            if (text[s.at++] == '\n') {
                s.line++;
                s.line_start = s.at;
            }
        s.word_line = s.line;
        s.word_column = (int)(s.at - s.line_start) + 1;
        complain(&s, *bad ? "a command in backquotes; volext does not run what it reads"
                          : "a NUL byte; this is not a volfile");
        return NULL;
    }
    int ret = parse_all(&s, graph);
    if (!ret && !graph->first) {
        complain(&s, "no volume in it; the file may be cut off");
        ret = -EINVAL;
    }
    strbuf_free(&s.word);
    return ret ? NULL : TAKE(graph);
}

/* ---- graph -> text ------------------------------------------------------ */

/* Can the grammar hold it at all? */
static bool
is_printable(const char *word)
{
    return *word && !strpbrk(word, "\n`");
}

static void
print_word(const char *word, struct strbuf *out)
{
    if (*word != '#' && keyword(word) == W_NAME && !strpbrk(word, " \t\r\"\\")) {
        strbuf_str(out, word);
        return;
    }
    strbuf_char(out, '"');
    for (; *word; word++) {
        if (*word == '"' || *word == '\\')
            strbuf_char(out, '\\');
        strbuf_char(out, *word);
    }
    strbuf_char(out, '"');
}

static void
print_node(const struct volgen_node *node, struct strbuf *out)
{
    strbuf_str(out, "volume ");
    print_word(node->name, out);
    strbuf_str(out, "\n    type ");
    print_word(node->type, out);
    strbuf_char(out, '\n');
    for (size_t i = 0; i < node->options.count; i++) {
        strbuf_str(out, "    option ");
        print_word(node->options.pairs[i].key, out);
        strbuf_char(out, ' ');
        print_word(node->options.pairs[i].value, out);
        strbuf_char(out, '\n');
    }
    if (node->subvolume_count) {
        strbuf_str(out, "    subvolumes");
        for (size_t i = 0; i < node->subvolume_count; i++) {
            strbuf_char(out, ' ');
            print_word(node->subvolumes[i]->name, out);
        }
        strbuf_char(out, '\n');
    }
    strbuf_str(out, "end-volume");
}

int
volgen_print(const struct volgen_graph *graph, struct strbuf *out)
{
    for (const struct volgen_node *node = graph->first; node; node = node->next) {
        if (!node->dirty) {
            strbuf_add(out, node->source, node->source_len);
            continue;
        }
        if (node != graph->first)
            strbuf_str(out, "\n\n");
        print_node(node, out);
    }
    strbuf_add(out, graph->tail, graph->tail_len);
    return strbuf_failed(out) ? -ENOMEM : 0;
}

/* ---- edits -------------------------------------------------------------- */

struct volgen_node *
volgen_find_type(const struct volgen_graph *graph, const char *type,
                 const struct volgen_node *after)
{
    struct volgen_node *node = after ? after->next : graph->first;

    while (node && strcmp(node->type, type))
        node = node->next;
    return node;
}

struct volgen_node *
volgen_top(const struct volgen_graph *graph)
{
    struct volgen_node *top = NULL;

    for (struct volgen_node *node = graph->first; node; node = node->next) {
        if (node->parent_count)
            continue;
        if (top)
            return NULL;
        top = node;
    }
    return top;
}

/* Everyone after `from` in the file who has `old` as a subvolume gets `new`. */
static void
adopt(struct volgen_node *from, struct volgen_node *old, struct volgen_node *new)
{
    for (struct volgen_node *node = from; node && old->parent_count; node = node->next)
        for (size_t i = 0; i < node->subvolume_count; i++)
            if (node->subvolumes[i] == old) {
                node->subvolumes[i] = new;
                node->dirty = true;
                old->parent_count--;
                new->parent_count++;
            }
}

/* A new node right after `child` in the file, with nobody above it yet. */
static struct volgen_node *
new_parent(struct volgen_graph *graph, struct volgen_node *child, const char *name,
           const char *type)
{
    if (!is_printable(name) || !is_printable(type)) {
        errno = EINVAL;
        return NULL;
    }
    if (volgen_find(graph, name)) {
        errno = EEXIST;
        return NULL;
    }
    AUTO(cleanup_node) struct volgen_node *node = calloc(1, sizeof(*node));
    if (!node || !(node->name = strdup(name)) || !(node->type = strdup(type)) ||
        hash_grow(graph) || !(node->subvolumes = malloc(sizeof(child)))) {
        errno = ENOMEM;
        return NULL;
    }
    node->subvolumes[node->subvolume_count++] = child;
    node->dirty = true;
    node->next = child->next;
    child->next = node;
    graph->node_count++;
    hash_in(graph, node);
    return TAKE(node);
}

struct volgen_node *
volgen_insert_above(struct volgen_graph *graph, struct volgen_node *child,
                    const char *name, const char *type)
{
    struct volgen_node *node = new_parent(graph, child, name, type);

    if (!node)
        return NULL;
    adopt(node->next, child, node);
    child->parent_count++;
    return node;
}

struct volgen_node *
volgen_insert_below(struct volgen_graph *graph, struct volgen_node *parent,
                    const char *name, const char *type)
{
    if (parent->subvolume_count != 1) {
        errno = EINVAL;
        return NULL;
    }
    struct volgen_node *child = parent->subvolumes[0];
    struct volgen_node *node = new_parent(graph, child, name, type);
    if (!node)
        return NULL;
    parent->subvolumes[0] = node;
    parent->dirty = true;
    node->parent_count = 1; /* and the child has one parent instead of another */
    return node;
}

int
volgen_remove(struct volgen_graph *graph, struct volgen_node *node)
{
    if (node->subvolume_count != 1)
        return -EINVAL;

    struct volgen_node *child = node->subvolumes[0];
    struct volgen_node *before = child; /* a child stands before its parents */
    while (before->next != node)
        before = before->next;
    adopt(node->next, node, child);
    child->parent_count--;
    before->next = node->next;
    graph->node_count--;
    hash_out(graph, node);
    node_free(node);
    return 0;
}

int
volgen_set_option(struct volgen_node *node, const char *key, const char *value)
{
    const char *old = kv_get(&node->options, key);

    if (!is_printable(key) || !is_printable(value))
        return -EINVAL;
    if (old && !strcmp(old, value))
        return 0;
    int ret = kv_set(&node->options, key, value);
    if (!ret)
        node->dirty = true;
    return ret;
}
