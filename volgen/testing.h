/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What the unit tests of volgen have in common: real volfiles, and edits that are
 * expected to work.
 */
#ifndef VOLEXT_VOLGEN_TESTING_H
#define VOLEXT_VOLGEN_TESTING_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>

#include "common/file.h"
#include "volgen/volgen.h"

static inline void
cleanup_graph_(struct volgen_graph **graph)
{
    volgen_graph_free(*graph);
}
#define AUTO_GRAPH AUTO(cleanup_graph_)

static inline char *
corpus_dir(void)
{
    const char *srcdir = getenv("srcdir");

    return str_fmt("%s/tests/corpus/volfiles", srcdir ? srcdir : ".");
}

/* A file of the corpus as text; the caller frees it. */
static inline char *
corpus(const char *name)
{
    AUTO_FREE char *dir = corpus_dir();
    AUTO_FREE char *path = str_fmt("%s/%s", dir, name);
    struct strbuf text = STRBUF_INIT;

    assert_int_equal(file_read(path, 1 << 20, &text), 0);
    return strbuf_take(&text);
}

static inline struct volgen_graph *
parsed(const char *text)
{
    struct volgen_error err;
    struct volgen_graph *graph = volgen_parse(text, strlen(text), &err);

    if (!graph)
        fail_msg("%d:%d: %s in\n%s", err.line, err.column, err.text, text);
    return graph;
}

static inline char *
printed(const struct volgen_graph *graph)
{
    struct strbuf out = STRBUF_INIT;

    assert_int_equal(volgen_print(graph, &out), 0);
    return strbuf_take(&out);
}

#endif
