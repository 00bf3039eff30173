/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Reads glusterfs.pathinfo; see pathinfo.h. Of a file it is one of
 *
 *   (<DISTRIBUTE:v1-dht> E)
 *   (<DISTRIBUTE:v1-dht> (<REPLICATE:v1-replicate-0> E E))      or EC, with one E or more
 *
 * where E is <POSIX(BRICK-PATH):HOST:PATH-ON-THE-BRICK>. The paths are there as they are:
 * `a> <POSIX(/b2):h:/b2/x` may be a name. The path on the brick is the brick's and the
 * file's own, both of which are known, so nothing has to be guessed. A file that has several
 * names may be told with another one: then only the set is taken from it.
 */
#include "pathinfo.h"

#include <errno.h>
#include <string.h>

#define ENTRY "<POSIX("
#define HANDLES "/.glusterfs/"
#define HANDLE_FORM "xx/xx/xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"

struct reader {
    const struct gfapi_graph *graph;
    int first, count; /* the bricks that may be told; lone: all, of sets of one */
    bool lone;
    const char *path;
    size_t path_len;
    const char *text;
    size_t end; /* of the last entry */
};

/* If `text` at *pos has `what`, goes behind it. */
static bool
skip(const char *text, size_t len, size_t *pos, const char *what)
{
    size_t n = strlen(what);

    if (len - *pos < n || memcmp(text + *pos, what, n))
        return false;
    *pos += n;
    return true;
}

/* A translator's name and the `> ` behind it; 0 when there is none. */
static size_t
skip_name(const char *text, size_t len, size_t *pos)
{
    size_t begin = *pos;

    while (*pos < len && text[*pos] != '>' && text[*pos] != ' ' && text[*pos] != '/')
        ++*pos;
    size_t n = *pos - begin;

    return skip(text, len, pos, "> ") ? n : 0;
}

static bool
may_be(const struct reader *r, int brick)
{
    return !r->lone || r->graph->sets[r->graph->bricks[brick].set].count == 1;
}

/* Is brick the first that may be told with its path? Others with it are not tried. */
static bool
is_first_with_path(const struct reader *r, int brick)
{
    for (int i = r->first; i < brick; i++)
        if (may_be(r, i) && !strcmp(r->graph->bricks[i].path, r->graph->bricks[brick].path))
            return false;
    return may_be(r, brick);
}

/* Where the path on the brick begins if an entry of `brick` begins at pos; 0 if not. */
static size_t
entry_head(const struct reader *r, size_t pos, int brick)
{
    const char *path = r->graph->bricks[brick].path;

    if (!skip(r->text, r->end, &pos, ENTRY) || !skip(r->text, r->end, &pos, path) ||
        !skip(r->text, r->end, &pos, "):"))
        return 0;
    size_t host = pos;

    while (pos < r->end && r->text[pos] != ':' && !strchr("/<>() \n", r->text[pos]))
        pos++;
    if (pos == host || !skip(r->text, r->end, &pos, ":"))
        return 0;
    size_t begin = pos;

    return skip(r->text, r->end, &pos, path) && pos < r->end && r->text[pos] == '/' ? begin : 0;
}

static bool
is_handle(const char *text)
{
    for (const char *form = HANDLE_FORM; *form; form++, text++)
        if (*form == 'x' ? !strchr("0123456789abcdef", *text) || !*text : *text != *form)
            return false;
    return true;
}

/* The end of an entry whose path is the one that is expected, or a handle; 0 if neither.
 * begin: as from entry_head. */
static size_t
expected_end(const struct reader *r, size_t begin, int brick)
{
    size_t pos = begin + strlen(r->graph->bricks[brick].path), handle = pos;

    if (r->end - pos > r->path_len && !memcmp(r->text + pos, r->path, r->path_len) &&
        r->text[pos + r->path_len] == '>')
        return pos + r->path_len + 1;
    if (skip(r->text, r->end, &handle, HANDLES) && r->end - handle > strlen(HANDLE_FORM) &&
        is_handle(r->text + handle) && r->text[handle + strlen(HANDLE_FORM)] == '>')
        return handle + strlen(HANDLE_FORM) + 1;
    return 0;
}

/* Counts a brick as told. -EINVAL: it was already. Where several have its path, each
 * entry is one of them. */
static int
tell(const struct reader *r, int brick, struct locate_told *told)
{
    int same = 0;

    told->like = brick;
    for (int i = r->first; i < r->first + r->count; i++)
        same += may_be(r, i) && !strcmp(r->graph->bricks[i].path, r->graph->bricks[brick].path);
    if (r->lone) {
        told->set = same == 1 ? r->graph->bricks[brick].set : -1;
        told->complete = same == 1;
        told->bricks = 1;
        return 0;
    }
    if (same > 1)
        told->complete = false;
    uint64_t bit = 1ULL << (brick - r->first);

    if (same == 1 && (told->bricks & bit))
        return -EINVAL;
    told->bricks |= bit;
    return 0;
}

/* All entries as expected? */
static int
read_expected(const struct reader *r, size_t pos, struct locate_told *told)
{
    for (;;) {
        size_t next = 0;
        int brick;

        for (brick = r->first; brick < r->first + r->count; brick++) {
            size_t begin = is_first_with_path(r, brick) ? entry_head(r, pos, brick) : 0;

            next = begin ? expected_end(r, begin, brick) : 0;
            if (next)
                break;
        }
        if (!next || tell(r, brick, told))
            return -EINVAL;
        if (next == r->end)
            return 0;
        if (!skip(r->text, r->end, &next, " "))
            return -EINVAL;
        pos = next;
    }
}

/* Entries with a path that is not expected: that of a lone brick is all there is. In a set
 * it cannot be told where one ends and the next begins, so its bricks must be asked. */
static int
read_any(const struct reader *r, size_t pos, struct locate_told *told)
{
    if (!r->end || r->text[r->end - 1] != '>')
        return -EINVAL;
    for (int brick = r->first; brick < r->first + r->count; brick++) {
        size_t begin = is_first_with_path(r, brick) ? entry_head(r, pos, brick) : 0;

        if (!begin || r->end - 1 <= begin + strlen(r->graph->bricks[brick].path) + 1)
            continue;
        if (r->lone)
            return tell(r, brick, told);
        told->bricks = 0;
        told->complete = false;
        return 0;
    }
    return -EINVAL;
}

static int
find_set(const struct gfapi_graph *graph, const char *name, size_t len)
{
    for (int i = 0; i < graph->set_count; i++)
        if (strlen(graph->sets[i].name) == len && !memcmp(graph->sets[i].name, name, len))
            return i;
    return -1;
}

/* What stands before the entries; *pos behind it. */
static int
read_head(struct reader *r, size_t len, size_t *pos, struct locate_told *told)
{
    size_t open = 0, name;
    bool inner = false;

    told->set = -1;
    if (skip(r->text, len, pos, "(<DISTRIBUTE:")) {
        open++;
        if (!skip_name(r->text, len, pos))
            return -EINVAL;
    }
    size_t begin = *pos;

    if (skip(r->text, len, pos, "(<REPLICATE:") || skip(r->text, len, pos, "(<EC:")) {
        inner = true;
        open++;
        begin = *pos;
        name = skip_name(r->text, len, pos);
        told->set = name ? find_set(r->graph, r->text + begin, name) : -1;
        if (told->set < 0)
            return -EINVAL;
    }
    if (len < *pos + open + 1)
        return -EINVAL;
    for (size_t i = 0; i < open; i++)
        if (r->text[len - 1 - i] != ')')
            return -EINVAL;
    r->end = len - open;
    r->lone = !inner;
    r->first = inner ? r->graph->sets[told->set].first : 0;
    r->count = inner ? r->graph->sets[told->set].count : r->graph->brick_count;
    told->complete = !inner || r->graph->sets[told->set].type != GFAPI_DISPERSED;
    return 0;
}

int
locate_pathinfo_parse(const struct gfapi_graph *graph, const char *path, const char *text,
                      size_t len, struct locate_told *told)
{
    struct reader r = {.graph = graph, .path = path, .path_len = strlen(path), .text = text};
    struct locate_told made = {0};
    size_t pos = 0;

    while (len && !text[len - 1]) /* libgfapi counts the NUL, a mount does not */
        len--;
    if (read_head(&r, len, &pos, &made))
        return -EINVAL;
    struct locate_told begun = made;

    if (read_expected(&r, pos, &made)) {
        made = begun;
        if (read_any(&r, pos, &made))
            return -EINVAL;
    }
    *told = made;
    return 0;
}
