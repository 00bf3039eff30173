/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Between emit.c, which holds a message as a tree, and the writers, which know
 * how one form spells a primitive. Commands use cli.h and never this.
 */
#ifndef VOLEXT_EMIT_H
#define VOLEXT_EMIT_H

#include "cli/cli.h"

/* One form of output. Names are never NULL but inside a list (`item` is then
 * what an element is called), and are plain ASCII identifiers. Calls are
 * balanced: emit.c sees to that. Running out of memory is told by finish. */
struct emit_writer {
    /* A new document that will be appended to out; NULL when memory ran out. */
    void *(*begin)(struct strbuf *out);
    void (*object)(void *state, const char *name, const char *item);
    void (*object_end)(void *state);
    void (*list)(void *state, const char *name, const char *item);
    void (*list_end)(void *state);
    void (*attribute)(void *state, const char *name, const char *value);
    void (*content)(void *state, const char *value);
    void (*string)(void *state, const char *name, const char *item, const char *value);
    void (*number)(void *state, const char *name, const char *item, int64_t value);
    void (*boolean)(void *state, const char *name, const char *item, bool value);
    /* Ends the document and frees the state. 0 or -ENOMEM. */
    int (*finish)(void *state);
};

extern const struct emit_writer emit_json_writer;

/* What the XML module exports, by this name (emit_xml.c). */
#define EMIT_XML_SYMBOL "emit_xml_writer"

#endif
