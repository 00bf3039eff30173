/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The XML form, in stock's shape: a module that is loaded for --xml only,
 * because libxml2 takes longer to link than a whole command takes. Values are
 * any bytes; what XML 1.0 cannot hold is written as U+FFFD.
 */
#include "cli/emit.h"

#include <errno.h>
#include <inttypes.h>
#include <libxml/tree.h>

#include "common/utf8.h"

extern const struct emit_writer emit_xml_writer;

struct xml {
    struct strbuf *out;
    xmlDocPtr doc;
    xmlNodePtr at;
    bool wrapped[64]; /* this level has an element: false for a list without one */
    int depth;
    bool failed;
};

/* Text that XML may hold; NULL when memory ran out. The caller frees it. */
static char *
clean(const char *text)
{
    AUTO_STRBUF struct strbuf b = STRBUF_INIT;
    const unsigned char *s = (const unsigned char *)text;

    while (*s) {
        int n = utf8_xml_length(s);

        if (n)
            strbuf_add(&b, s, (size_t)n);
        else
            strbuf_str(&b, "\xef\xbf\xbd");
        s += n ? n : 1;
    }
    return strbuf_take(&b);
}

static void
descend(struct xml *x, bool wrapped)
{
    x->wrapped[++x->depth] = wrapped;
}

static void
ascend(struct xml *x)
{
    if (x->wrapped[x->depth--] && x->at)
        x->at = x->at->parent;
}

static void
element(struct xml *x, const char *name)
{
    xmlNodePtr child = xmlNewTextChild(x->at, NULL, (const xmlChar *)name, NULL);

    if (child)
        x->at = child;
    else
        x->failed = true;
    descend(x, child != NULL);
}

static void *
xml_begin(struct strbuf *out)
{
    struct xml *x = calloc(1, sizeof(*x));

    if (!x)
        return NULL;
    x->out = out;
    x->doc = xmlNewDoc((const xmlChar *)"1.0");
    x->at = x->doc ? xmlNewDocNode(x->doc, NULL, (const xmlChar *)"cliOutput", NULL) : NULL;
    if (!x->at) {
        xmlFreeDoc(x->doc);
        free(x);
        return NULL;
    }
    x->doc->standalone = 1;
    xmlDocSetRootElement(x->doc, x->at);
    return x;
}

static void
xml_object(void *state, const char *name, const char *item)
{
    element(state, name ? name : item);
}

static void
xml_list(void *state, const char *name, const char *item)
{
    (void)item;
    if (name)
        element(state, name);
    else
        descend(state, false);
}

static void
xml_up(void *state)
{
    ascend(state);
}

static void
xml_attribute(void *state, const char *name, const char *value)
{
    struct xml *x = state;
    AUTO_FREE char *text = clean(value);

    if (!text || !xmlNewProp(x->at, (const xmlChar *)name, (const xmlChar *)text))
        x->failed = true;
}

static void
xml_content(void *state, const char *value)
{
    struct xml *x = state;
    AUTO_FREE char *text = clean(value);
    xmlNodePtr node = text ? xmlNewDocText(x->doc, (const xmlChar *)text) : NULL;

    if (!node || !xmlAddChild(x->at, node))
        x->failed = true;
}

static void
xml_string(void *state, const char *name, const char *item, const char *value)
{
    struct xml *x = state;
    AUTO_FREE char *text = clean(value);

    /* no content rather than an empty one: <opErrstr/>, as stock */
    if (!text || !xmlNewTextChild(x->at, NULL, (const xmlChar *)(name ? name : item),
                                  *text ? (const xmlChar *)text : NULL))
        x->failed = true;
}

static void
xml_number(void *state, const char *name, const char *item, int64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRId64, value);
    xml_string(state, name, item, text);
}

static void
xml_boolean(void *state, const char *name, const char *item, bool value)
{
    xml_string(state, name, item, value ? "1" : "0"); /* as stock's isArbiter */
}

static int
xml_finish(void *state)
{
    struct xml *x = state;
    xmlChar *text = NULL;
    int size = 0;

    if (!x->failed)
        xmlDocDumpFormatMemoryEnc(x->doc, &text, &size, "UTF-8", 1);
    if (text)
        strbuf_add(x->out, text, (size_t)size);
    int ret = text && !strbuf_failed(x->out) ? 0 : -ENOMEM;
    xmlFree(text);
    xmlFreeDoc(x->doc);
    free(x);
    return ret;
}

const struct emit_writer emit_xml_writer = {
    .begin = xml_begin,
    .object = xml_object,
    .object_end = xml_up,
    .list = xml_list,
    .list_end = xml_up,
    .attribute = xml_attribute,
    .content = xml_content,
    .string = xml_string,
    .number = xml_number,
    .boolean = xml_boolean,
    .finish = xml_finish,
};
