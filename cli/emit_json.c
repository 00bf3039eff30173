/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The JSON form: the tree below XML's cliOutput, with numbers and booleans as
 * such, and each list as an array (one that has no element of its own in XML is
 * named for its items).
 */
#include "cli/emit.h"

#include <errno.h>

#include "common/json.h"

static void *
json_begin(struct strbuf *out)
{
    struct json *j = calloc(1, sizeof(*j));

    if (j) {
        j->out = out;
        json_object_begin(j, NULL);
    }
    return j;
}

static void
json_object(void *state, const char *name, const char *item)
{
    (void)item;
    json_object_begin(state, name);
}

static void
json_end_object(void *state)
{
    json_object_end(state);
}

static void
json_list(void *state, const char *name, const char *item)
{
    json_array_begin(state, name ? name : item);
}

static void
json_end_list(void *state)
{
    json_array_end(state);
}

static void
json_attribute(void *state, const char *name, const char *value)
{
    json_string(state, name, value);
}

/* Stock repeats mixed content in an element (a brick's name): nothing is lost. */
static void
json_content(void *state, const char *value)
{
    (void)state;
    (void)value;
}

static void
json_text(void *state, const char *name, const char *item, const char *value)
{
    (void)item;
    json_string(state, name, value);
}

static void
json_num(void *state, const char *name, const char *item, int64_t value)
{
    (void)item;
    json_number(state, name, value);
}

static void
json_boolean(void *state, const char *name, const char *item, bool value)
{
    (void)item;
    json_bool(state, name, value);
}

static int
json_finish(void *state)
{
    struct json *j = state;
    struct strbuf *out = j->out;

    json_object_end(j);
    strbuf_char(out, '\n');
    free(j);
    return strbuf_failed(out) ? -ENOMEM : 0;
}

const struct emit_writer emit_json_writer = {
    .begin = json_begin,
    .object = json_object,
    .object_end = json_end_object,
    .list = json_list,
    .list_end = json_end_list,
    .attribute = json_attribute,
    .content = json_content,
    .string = json_text,
    .number = json_num,
    .boolean = json_boolean,
    .finish = json_finish,
};
