/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * One message, three forms. The tree is kept as the row of calls that built it,
 * because XML and JSON begin with the outcome, which is known last. Nothing is
 * printed before the end, so that a reader never sees half a document.
 */
#include "cli/emit.h"

#include <assert.h>
#include <errno.h>
#include <unistd.h>

#include "cli/module.h"
#include "common/utf8.h"

enum event_kind {
    EV_OBJECT,
    EV_OBJECT_END,
    EV_LIST,
    EV_LIST_END,
    EV_ATTRIBUTE,
    EV_CONTENT,
    EV_STRING,
    EV_NUMBER,
    EV_BOOLEAN,
};

enum { EMIT_DEPTH = 24 }; /* the deepest, stock's volume info, has 6 */

struct event {
    enum event_kind kind;
    const char *name; /* the caller's: literals */
    const char *item; /* of a list: its elements' name; in a list: the list's */
    char *text;       /* ours */
    int64_t number;
};

struct emit {
    enum cli_format format;
    struct event *events;
    size_t count;
    size_t room;
    const char *items[EMIT_DEPTH]; /* the open list's item, NULL for an object */
    int depth;
    int op_ret;
    int op_errno;
    char *op_errstr;
    struct strbuf out; /* text form: for stdout */
    struct strbuf err; /* text form: for stderr */
    bool failed;       /* memory ran out */
};

static void
emit_free(struct emit *e)
{
    for (size_t i = 0; i < e->count; i++)
        free(e->events[i].text);
    free(e->events);
    free(e->op_errstr);
    strbuf_free(&e->out);
    strbuf_free(&e->err);
    free(e);
}

struct emit *
emit_begin(enum cli_format format)
{
    struct emit *e = calloc(1, sizeof(*e));

    if (e)
        e->format = format;
    return e;
}

static struct event *
add(struct emit *e, enum event_kind kind, const char *name)
{
    if (!e || e->format == CLI_TEXT || e->failed)
        return NULL;
    if (e->count == e->room) {
        size_t room = e->room ? e->room * 2 : 32;
        struct event *events = realloc(e->events, room * sizeof(*events));
        if (!events) {
            e->failed = true;
            return NULL;
        }
        e->events = events;
        e->room = room;
    }
    struct event *event = &e->events[e->count++];
    *event = (struct event){.kind = kind, .name = name};
    event->item = e->items[e->depth];
    return event;
}

static void
add_text(struct emit *e, enum event_kind kind, const char *name, const char *text)
{
    struct event *event = add(e, kind, name);

    if (event && !(event->text = strdup(text ? text : "")))
        e->failed = true;
}

/* The text form keeps no tree, but a caller's mistake should not wait for --xml. */
static void
descend(struct emit *e, const char *item)
{
    if (!e)
        return;
    assert(e->depth + 1 < EMIT_DEPTH);
    e->items[++e->depth] = item;
}

static void
ascend(struct emit *e, bool list)
{
    if (!e)
        return;
    assert(e->depth > 0 && !e->items[e->depth] == !list);
    e->depth--;
}

void
emit_object(struct emit *e, const char *name)
{
    add(e, EV_OBJECT, name);
    descend(e, NULL);
}

void
emit_object_end(struct emit *e)
{
    ascend(e, false);
    add(e, EV_OBJECT_END, NULL);
}

void
emit_list(struct emit *e, const char *name, const char *item)
{
    assert(item);
    struct event *event = add(e, EV_LIST, name);
    if (event)
        event->item = item;
    descend(e, item);
}

void
emit_list_end(struct emit *e)
{
    ascend(e, true);
    add(e, EV_LIST_END, NULL);
}

void
emit_attribute(struct emit *e, const char *name, const char *value)
{
    add_text(e, EV_ATTRIBUTE, name, value);
}

void
emit_content(struct emit *e, const char *value)
{
    add_text(e, EV_CONTENT, NULL, value);
}

void
emit_str(struct emit *e, const char *name, const char *value)
{
    add_text(e, EV_STRING, name, value);
}

void
emit_num(struct emit *e, const char *name, int64_t value)
{
    struct event *event = add(e, EV_NUMBER, name);

    if (event)
        event->number = value;
}

void
emit_bool(struct emit *e, const char *name, bool value)
{
    struct event *event = add(e, EV_BOOLEAN, name);

    if (event)
        event->number = value;
}

void
emit_text(struct emit *e, const char *fmt, ...)
{
    va_list args;

    if (!e || e->format != CLI_TEXT)
        return;
    va_start(args, fmt);
    strbuf_vfmt(&e->out, fmt, args);
    va_end(args);
}

void
emit_note(struct emit *e, const char *fmt, ...)
{
    va_list args;

    if (!e || e->format != CLI_TEXT)
        return;
    va_start(args, fmt);
    strbuf_vfmt(&e->err, fmt, args);
    va_end(args);
}

void
emit_fail(struct emit *e, const char *command, int op_errno, const char *fmt, ...)
{
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    va_list args;

    if (!e)
        return;
    va_start(args, fmt);
    strbuf_vfmt(&why, fmt, args);
    va_end(args);

    if (e->format == CLI_TEXT) {
        if (command)
            strbuf_fmt(&e->err, "%s: failed%s", command, why.len ? ": " : "");
        strbuf_fmt(&e->err, "%s\n", strbuf_text(&why));
    }
    if (e->op_ret)
        return; /* the first cause is the one that is reported */
    e->op_ret = -1;
    e->op_errno = op_errno;
    e->op_errstr = strbuf_take(&why);
    if (!e->op_errstr)
        e->failed = true;
}

static void
write_event(const struct emit_writer *w, void *state, const struct event *ev)
{
    switch (ev->kind) {
    case EV_OBJECT:
        w->object(state, ev->name, ev->item);
        break;
    case EV_OBJECT_END:
        w->object_end(state);
        break;
    case EV_LIST:
        w->list(state, ev->name, ev->item);
        break;
    case EV_LIST_END:
        w->list_end(state);
        break;
    case EV_ATTRIBUTE:
        w->attribute(state, ev->name, ev->text);
        break;
    case EV_CONTENT:
        w->content(state, ev->text);
        break;
    case EV_STRING:
        w->string(state, ev->name, ev->item, ev->text);
        break;
    case EV_NUMBER:
        w->number(state, ev->name, ev->item, ev->number);
        break;
    case EV_BOOLEAN:
        w->boolean(state, ev->name, ev->item, ev->number);
        break;
    }
}

/* The document, as stock begins it: what happened, then the rest. */
static int
write_tree(struct emit *e, const struct emit_writer *w)
{
    void *state = w->begin(&e->out);

    if (!state)
        return -ENOMEM;
    w->number(state, "opRet", NULL, e->op_ret);
    w->number(state, "opErrno", NULL, e->op_errno);
    w->string(state, "opErrstr", NULL, e->op_errstr ? e->op_errstr : "");
    for (size_t i = 0; i < e->count; i++)
        write_event(w, state, &e->events[i]);
    return w->finish(state);
}

static int
render(struct emit *e)
{
    const struct emit_writer *writer = NULL;

    if (e->failed)
        return -ENOMEM;
    if (e->format == CLI_JSON)
        writer = &emit_json_writer;
    if (e->format == CLI_XML) {
        const char *why = NULL;

        writer = cli_module_symbol("emit_xml", EMIT_XML_SYMBOL, &why);
        if (!writer) {
            fprintf(stderr, "--xml: cannot load the XML writer: %s\n", why);
            return -ENOENT;
        }
    }
    return writer ? write_tree(e, writer) : 0;
}

/* A name or a value that holds escape sequences must not reach a terminal;
 * files and pipes get every byte as it is. */
static void
print(const struct strbuf *b, FILE *to)
{
    if (!isatty(fileno(to))) {
        fwrite(strbuf_text(b), 1, b->len, to);
        return;
    }
    for (size_t i = 0; i < b->len; i++) {
        unsigned char c = (unsigned char)b->data[i];
        unsigned char next = (unsigned char)b->data[i + 1]; /* the NUL, at the end */

        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
            fprintf(to, "\\x%02x", c);
        else if (c == 0xc2 && next >= 0x80 && next < 0xa0)
            fprintf(to, "\\x%02x", (unsigned char)b->data[++i]); /* U+009B is an escape, too */
        else
            fputc(c, to);
    }
}

void
escape_name(struct strbuf *out, const char *name)
{
    for (const unsigned char *s = (const unsigned char *)name; *s;) {
        int len = utf8_length(s);

        if (!len || *s < 0x20 || *s == 0x7f || *s == '\\')
            strbuf_fmt(out, "\\x%02x", *s++);
        else
            strbuf_add(out, s, len), s += len;
    }
}

int
emit_end(struct emit *e)
{
    if (!e) {
        fputs("out of memory\n", stderr);
        return 1;
    }
    assert(e->depth == 0);
    int status = e->op_ret ? 1 : 0;
    int ret = render(e);
    if (ret == -ENOMEM || strbuf_failed(&e->out) || strbuf_failed(&e->err)) {
        fputs("out of memory\n", stderr);
        status = 1;
    } else {
        if (ret)
            status = 1;
        print(&e->out, stdout);
        if (fflush(stdout)) {
            fprintf(stderr, "standard output: %s\n", strerror(errno));
            clearerr(stdout);
            status = 1;
        }
        print(&e->err, stderr);
    }
    emit_free(e);
    return status;
}

void
emit_discard(struct emit *e)
{
    if (e)
        emit_free(e);
}
