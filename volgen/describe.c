/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Extensions that a third party describes in a file; the format is explained in
 * docs/extensions.md. Text -> struct described, with everything checked: what
 * comes out can be trusted as much as the table that is compiled in.
 */
#include "volgen/describe.h"

#include <ctype.h>
#include <errno.h>

struct reader {
    const char *path;
    int line;
    struct described *d;
    struct volgen_option *option; /* of the section; NULL in [extension] */
    int section_line;
    bool has_default, has_min, has_max;
    struct strbuf *why;
};

static int
wrong(struct reader *r, const char *fmt, ...) PRINTF_LIKE(2, 3);

static int
wrong(struct reader *r, const char *fmt, ...)
{
    va_list args;

    strbuf_fmt(r->why, "%s:%d: ", r->path, r->line);
    va_start(args, fmt);
    strbuf_vfmt(r->why, fmt, args);
    va_end(args);
    return -EINVAL;
}

/* ---- values -------------------------------------------------------------- */

static const struct {
    const char *word;
    enum volgen_type type;
} types[] = {
    {"bool", VOLGEN_BOOL}, {"int", VOLGEN_INT}, {"size", VOLGEN_SIZE},
    {"time", VOLGEN_TIME}, {"enum", VOLGEN_ENUM}, {"text", VOLGEN_TEXT},
    {"xlator", VOLGEN_XLATOR},
};

static const struct {
    const char *word;
    enum volgen_kind kind;
} kinds[] = {
    {"trusted-client", VOLGEN_TRUSTED_CLIENT}, {"client", VOLGEN_CLIENT},
    {"brick", VOLGEN_BRICK},
};

static bool
is_xlator(const char *value)
{
    static const struct volgen_option option = {.key = "x", .type = VOLGEN_XLATOR,
                                                .def = ""};
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;

    return volgen_check(&option, option.key, value, &why) == 0;
}

/* category.name, as users type it. */
static bool
is_key(const char *key)
{
    size_t len = strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789.-_");

    return len && !key[len] && len <= 128 && strchr(key, '.') && key[0] != '.' &&
           key[len - 1] != '.' && strncmp(key, "user.", 5) &&
           strncmp(key, "volext.", 7);
}

static int
take_key(struct reader *r, const char **field, char *value)
{
    struct described *d = r->d;

    if (!is_key(value))
        return wrong(r, "'%s' cannot be the name of an option; use small letters, "
                     "digits, - and _ with a dot inside, e.g. features.%s", value,
                     d->name);
    for (size_t i = 0; i < d->extension.option_count; i++)
        if (d->options[i].key && !strcmp(d->options[i].key, value))
            return wrong(r, "the option %s is there a second time; remove one", value);
    *field = value;
    return 0;
}

static int
take_number(struct reader *r, long long *field, bool *has, const char *value)
{
    char *end;

    errno = 0;
    *field = strtoll(value, &end, 10);
    *has = true;
    if (errno || end == value || *end || *field < 0)
        return wrong(r, "'%s' is not a number; write digits only, in the smallest unit "
                     "(bytes, seconds)", value);
    return 0;
}

static int
take_kinds(struct reader *r, char *value)
{
    char *rest = value, *word;

    while ((word = strsep(&rest, " \t,"))) {
        size_t i = 0;

        if (!*word)
            continue;
        while (i < ARRAY_SIZE(kinds) && strcmp(kinds[i].word, word))
            i++;
        if (i == ARRAY_SIZE(kinds))
            return wrong(r, "'%s' is no kind of volfile; give some of trusted-client, "
                         "client, brick", word);
        r->d->extension.kinds |= kinds[i].kind;
    }
    return 0;
}

static int
take_position(struct reader *r, char *value)
{
    char *type = value;
    const char *side = strsep(&type, " \t");

    while (type && (*type == ' ' || *type == '\t'))
        type++;
    if (!strcmp(value, "top") && !type)
        return 0;
    if (!type || (strcmp(side, "above") && strcmp(side, "below")) || !is_xlator(type))
        return wrong(r, "'%s %s' is no position; write `above TYPE` or `below TYPE`, "
                     "such as above protocol/client, or top for below the top "
                     "debug/io-stats", side, type ? type : "");
    free(r->d->position);
    r->d->position = str_fmt("%s %s", side, type);
    return r->d->position ? 0 : -ENOMEM;
}

static int
take_inactive(struct reader *r, char *value)
{
    char *rest = value;

    r->d->extension.inactive_key = strsep(&rest, " \t");
    while (rest && (*rest == ' ' || *rest == '\t'))
        rest++;
    r->d->extension.inactive_value = rest;
    if (rest && *rest)
        return 0;
    return wrong(r, "'%s' has no value; write the translator's option and the value "
                 "that makes it do nothing, such as `enable no`", value);
}

static int
take_choices(struct reader *r, char *value)
{
    const char **list = calloc(DESCRIBED_CHOICES + 1, sizeof(*list));
    size_t count = 0;
    char *rest = value, *word;

    if (!list)
        return -ENOMEM;
    free((void *)r->option->choices);
    r->option->choices = list;
    while ((word = strsep(&rest, " \t,"))) {
        if (!*word)
            continue;
        if (count == DESCRIBED_CHOICES)
            return wrong(r, "more than %d choices; give fewer", DESCRIBED_CHOICES);
        list[count++] = word;
    }
    return 0;
}

static int
take_type(struct reader *r, const char *value)
{
    for (size_t i = 0; i < ARRAY_SIZE(types); i++)
        if (!strcmp(types[i].word, value)) {
            r->option->type = types[i].type;
            return 0;
        }
    return wrong(r, "'%s' is no type; give one of bool, int, size, time, enum, text, "
                 "xlator", value);
}

/* ---- lines --------------------------------------------------------------- */

static int
take_extension_field(struct reader *r, const char *field, char *value)
{
    struct volgen_extension *extension = &r->d->extension;
    struct volgen_option *on = &r->d->options[0];

    if (!strcmp(field, "xlator")) {
        if (!is_xlator(value))
            return wrong(r, "'%s' is not the type of a translator; write CATEGORY/NAME, "
                         "such as debug/delay-gen", value);
        extension->xlator = value;
        return 0;
    }
    if (!strcmp(field, "switch")) {
        on->key = NULL;
        int ret = take_key(r, &on->key, value);
        extension->switch_key = on->key;
        return ret;
    }
    if (!strcmp(field, "help")) {
        extension->help = on->help = value;
        return 0;
    }
    if (!strcmp(field, "volfiles"))
        return take_kinds(r, value);
    if (!strcmp(field, "position"))
        return take_position(r, value);
    if (!strcmp(field, "inactive"))
        return take_inactive(r, value);
    return wrong(r, "'%s' is not known in [extension]; there are xlator, switch, help, "
                 "volfiles, position and inactive", field);
}

static int
take_option_field(struct reader *r, const char *field, char *value)
{
    struct volgen_option *option = r->option;

    if (!strcmp(field, "type"))
        return take_type(r, value);
    if (!strcmp(field, "minimum"))
        return take_number(r, &option->min, &r->has_min, value);
    if (!strcmp(field, "maximum"))
        return take_number(r, &option->max, &r->has_max, value);
    if (!strcmp(field, "choices"))
        return take_choices(r, value);
    if (!strcmp(field, "default")) {
        option->def = value;
        r->has_default = true;
    } else if (!strcmp(field, "option"))
        option->xlator_option = value;
    else if (!strcmp(field, "unit"))
        option->unit = value;
    else if (!strcmp(field, "help"))
        option->help = value;
    else
        return wrong(r, "'%s' is not known in [option …]; there are type, minimum, "
                     "maximum, choices, default, option, unit and help", field);
    return 0;
}

/* At the end of an [option …]: is all there that must be? */
static int
end_section(struct reader *r)
{
    struct volgen_option *option = r->option;
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    int line = r->line, ret = 0;

    if (!option)
        return 0;
    r->line = r->section_line;
    bool ranged = option->type == VOLGEN_INT || option->type == VOLGEN_SIZE ||
                  option->type == VOLGEN_TIME;
    bool chosen = option->type == VOLGEN_ENUM || option->type == VOLGEN_INT;
    bool choices = option->choices && option->choices[0];
    if (!option->xlator_option)
        ret = wrong(r, "%s says not which option of the translator it sets; add "
                    "`option = NAME`", option->key);
    else if (!option->help)
        ret = wrong(r, "%s has no help; add `help = ` and a sentence", option->key);
    else if ((r->has_min || r->has_max) && !ranged)
        ret = wrong(r, "%s is no number; remove minimum and maximum", option->key);
    else if (r->has_max && (option->max < option->min || !option->max))
        ret = wrong(r, "%s can have no value: its maximum is below its minimum, or 0",
                    option->key);
    else if (option->type == VOLGEN_ENUM && !choices)
        ret = wrong(r, "%s has nothing to choose from; add `choices = `", option->key);
    else if (choices && !chosen)
        ret = wrong(r, "%s has choices; only an enum or an int can", option->key);
    else if (r->has_default && volgen_check(option, option->key, option->def, &why))
        ret = wrong(r, "the default is wrong: %s", strbuf_text(&why));
    r->line = line;
    return ret;
}

/* `[extension]` or `[option KEY]`; the brackets are off. */
static int
begin_section(struct reader *r, char *title)
{
    struct described *d = r->d;
    int ret = end_section(r);
    if (ret)
        return ret;

    r->section_line = r->line;
    r->has_default = r->has_min = r->has_max = false;
    r->option = NULL;
    if (!strcmp(title, "extension"))
        return 0;
    if (strncmp(title, "option", 6) || (title[6] != ' ' && title[6] != '\t'))
        return wrong(r, "'[%s]' is not known; there are [extension] and [option NAME]",
                     title);
    for (title += 6; *title == ' ' || *title == '\t';)
        title++;
    if (d->extension.option_count == DESCRIBED_OPTIONS)
        return wrong(r, "more than %d options; describe them in fewer",
                     DESCRIBED_OPTIONS);
    const char *key = NULL;
    ret = take_key(r, &key, title);
    if (ret)
        return ret;
    r->option = &d->options[d->extension.option_count++];
    *r->option = (struct volgen_option){.key = key, .type = VOLGEN_TEXT, .def = ""};
    return 0;
}

static char *
trimmed(char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    char *end = text + strlen(text);
    while (end > text && strchr(" \t\r", end[-1]))
        *--end = '\0';
    return text;
}

static int
take_line(struct reader *r, char *line)
{
    line = trimmed(line);
    size_t len = strlen(line);

    if (!len || *line == '#')
        return 0;
    if (*line == '[' && line[len - 1] == ']') {
        line[len - 1] = '\0';
        return begin_section(r, trimmed(line + 1));
    }
    char *value = strchr(line, '=');
    if (!value)
        return wrong(r, "'%.60s' is neither `name = value` nor a [section]; a comment "
                     "begins with #", line);
    *value++ = '\0';
    line = trimmed(line);
    value = trimmed(value);
    if (!*value)
        return wrong(r, "%s has no value; give one or remove the line", line);
    for (const char *c = value; *c; c++)
        if ((unsigned char)*c < 0x20)
            return wrong(r, "the value of %s holds a control character; remove it", line);
    if (!r->section_line)
        return wrong(r, "%s stands in no section; put [extension] before it", line);
    return r->option ? take_option_field(r, line, value)
                     : take_extension_field(r, line, value);
}

/* ---- the whole ----------------------------------------------------------- */

static int
check_whole(struct reader *r)
{
    struct volgen_extension *extension = &r->d->extension;
    const char *missing = !extension->xlator ? "xlator = CATEGORY/NAME"
                          : !extension->switch_key ? "switch = OPTION"
                          : !extension->help ? "help = SENTENCE"
                          : !extension->kinds ? "volfiles = KINDS" : NULL;

    r->line = 1;
    if (missing)
        return wrong(r, "[extension] is not complete; add `%s`", missing);
    extension->position = r->d->position ? r->d->position : "";
    return 0;
}

/* Letters and digits: it becomes a part of the names of nodes. */
static bool
is_name(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

    return len && !name[len] && len <= 32;
}

void
described_free(struct described *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->extension.option_count; i++)
        free((void *)d->options[i].choices);
    free(d->text);
    free(d->name);
    free(d->position);
    free(d);
}

static void
cleanup_described(struct described **d)
{
    described_free(*d);
}

int
described_parse(const char *path, const char *name, const char *text, size_t len,
                struct described **out, struct strbuf *why)
{
    AUTO(cleanup_described) struct described *d = calloc(1, sizeof(*d));

    if (!d || !(d->name = strdup(name)) || !(d->text = malloc(len + 1)))
        return -ENOMEM;
    memcpy(d->text, text, len);
    d->text[len] = '\0';
    struct reader r = {.path = path, .d = d, .why = why, .line = 1};
    if (!is_name(name))
        return wrong(&r, "the file's name is the extension's and can hold small letters, "
                     "digits and _ only, at most 32; rename it");
    if (memchr(text, '\0', len))
        return wrong(&r, "it holds a NUL byte and is no text; write it anew");
    d->extension = (struct volgen_extension){.name = d->name, .options = d->options,
                                             .option_count = 1};
    d->options[0] = (struct volgen_option){.type = VOLGEN_BOOL, .def = "off"};

    char *rest = d->text, *line;
    int ret = 0;
    for (r.line = 0; !ret && (line = strsep(&rest, "\n"));) {
        r.line++;
        ret = take_line(&r, line);
    }
    if (!ret)
        ret = end_section(&r);
    if (!ret)
        ret = check_whole(&r);
    if (!ret)
        *out = TAKE(d);
    return ret;
}
