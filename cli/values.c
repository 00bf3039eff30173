/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * In words: what values an extension's option takes; see values.h.
 */
#include "cli/values.h"

static void
range(const struct volgen_option *option, const char *what, struct strbuf *out)
{
    if (option->min || option->max)
        strbuf_fmt(out, "%lld to %lld%s", option->min, option->max, what);
    else
        strbuf_fmt(out, "any number%s", what);
    if (option->unit)
        strbuf_fmt(out, " (%s)", option->unit);
}

static void
add_choices(const struct volgen_option *option, const char *before, struct strbuf *out)
{
    for (size_t i = 0; option->choices && option->choices[i]; i++)
        strbuf_fmt(out, "%s%s", i ? ", " : before, option->choices[i]);
}

void
option_values(const struct volgen_option *option, struct strbuf *out)
{
    switch (option->type) {
    case VOLGEN_BOOL:
        strbuf_str(out, "on, off");
        break;
    case VOLGEN_INT:
        range(option, "", out);
        add_choices(option, ", or ", out);
        break;
    case VOLGEN_SIZE:
        range(option, " bytes, also with KB, MB, GB, TB", out);
        add_choices(option, ", or ", out);
        break;
    case VOLGEN_TIME:
        range(option, " seconds, also with s, m, h, d, w", out);
        add_choices(option, ", or ", out);
        break;
    case VOLGEN_ENUM:
        add_choices(option, "", out);
        break;
    case VOLGEN_TEXT:
        strbuf_str(out, "any text");
        break;
    case VOLGEN_XLATOR:
        strbuf_str(out, "the type of an xlator, category/name");
        break;
    case VOLGEN_MODULES:
        strbuf_str(out, "names of modules with commas between them, or off");
        break;
    case VOLGEN_EVENTS:
        for (size_t i = 0; i < volgen_event_count; i++)
            strbuf_fmt(out, "%s%s", i ? ", " : "", volgen_events[i].name);
        strbuf_str(out, ", with commas between them");
        break;
    }
}

void
option_name(const struct volgen_option *option, struct strbuf *out)
{
    strbuf_str(out, option->key);
    if (option->prefix)
        strbuf_str(out, "MODULE.KEY");
}
