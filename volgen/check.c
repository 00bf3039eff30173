/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * May a value be stored for an option? If not: a sentence that names the option, the
 * value and what would be right. Some values would end glusterd, or keep it from
 * starting again; those are refused whatever the option.
 */
#include <errno.h>

#include "common/onoff.h"
#include "common/utf8.h"
#include "volgen/volgen.h"

/* ---- what is said -------------------------------------------------------- */

/* Length of the character at c if it is one that can be shown, else 0. */
static int
shown_length(const char *c)
{
    const unsigned char *u = (const unsigned char *)c;

    /* U+0080 to U+009F are control characters, too */
    if (u[0] < 0x20 || u[0] == 0x7f || (u[0] == 0xc2 && u[1] < 0xa0))
        return 0;
    return utf8_length(u);
}

/* About 60 bytes of a text, safe to show on a terminal. */
static void
show(struct strbuf *out, const char *text)
{
    int n;

    for (size_t shown = 0; *text && shown < 60; shown += (size_t)n, text += n) {
        n = shown_length(text);
        if (n)
            strbuf_add(out, text, (size_t)n);
        else
            strbuf_fmt(out, "\\x%02x", (unsigned char)*text), n = 1;
    }
    if (*text)
        strbuf_str(out, "...");
}

static int
refuse(struct strbuf *why, const char *key, const char *value, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

static int
refuse(struct strbuf *why, const char *key, const char *value, const char *fmt, ...)
{
    va_list args;

    show(why, key);
    strbuf_str(why, ": '");
    show(why, value);
    strbuf_str(why, "' ");
    va_start(args, fmt);
    strbuf_vfmt(why, fmt, args);
    va_end(args);
    return -EINVAL;
}

/* ---- whatever the option ------------------------------------------------- */

static int
check_storable(const char *key, const char *value, struct strbuf *why)
{
    size_t len = (strncmp(key, "user.", 5) ? strlen("user.") : 0) + strlen(key) +
                 strlen(value);

    if (strchr(key, '='))
        return refuse(why, key, value, "cannot be stored: with a = in the option's name "
                      "glusterd would read it back wrongly; leave the = out");
    for (const char *c = key; *c; c++)
        if ((unsigned char)*c <= 0x20 || (unsigned char)*c >= 0x7f || strchr("`\"\\", *c))
            return refuse(why, key, value, "cannot be stored: the option's name holds "
                          "something else than ASCII letters, digits, '.', '-' and '_'");
    if (!*value)
        return refuse(why, key, value, "is empty: glusterd would not start again with it; "
                      "to go back to the default use volume reset");
    if (len > VOLGEN_MAX_STORED)
        return refuse(why, key, value, "is too long: with the option's name it is %zu "
                      "bytes, and glusterd bears %d; make it shorter", len,
                      VOLGEN_MAX_STORED);
    int n;
    for (const char *c = value; *c; c += n) {
        n = utf8_length((const unsigned char *)c);
        if (!n)
            return refuse(why, key, value, "is not UTF-8; convert it");
        if (!shown_length(c))
            return refuse(why, key, value, "holds a control character (with a newline "
                          "glusterd would not start again); leave it out");
    }
    return 0;
}

/* ---- numbers ------------------------------------------------------------- */

struct unit {
    const char *name;
    long long factor;
};

static const struct unit no_units[] = {{NULL, 0}};
static const struct unit size_units[] = {
    {"B", 1}, {"KB", 1LL << 10}, {"MB", 1LL << 20}, {"GB", 1LL << 30},
    {"TB", 1LL << 40}, {"PB", 1LL << 50}, {NULL, 0},
};
static const struct unit time_units[] = {
    {"s", 1}, {"sec", 1}, {"m", 60}, {"min", 60}, {"h", 3600}, {"hr", 3600},
    {"d", 86400}, {"days", 86400}, {"w", 604800}, {"wk", 604800}, {NULL, 0},
};

/* A whole number with a unit; false if it is none, or too large. */
static bool
read_number(const char *text, const struct unit *units, long long *out)
{
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *out = strtoll(text, &end, 10);
    if (errno || !*end)
        return !errno;
    /* sizes as GlusterFS takes them, times as well: these in small letters only */
    for (; units->name; units++)
        if (units->factor >= 1024 || units->name[0] == 'B' ? !strcasecmp(end, units->name)
                                                           : !strcmp(end, units->name))
            return !__builtin_mul_overflow(*out, units->factor, out);
    return false;
}

static bool
is_percentage(const char *text)
{
    char *end;
    double n = *text >= '0' && *text <= '9' ? strtod(text, &end) : -1;

    return n >= 0 && n <= 100 && !strcmp(end, "%");
}

static bool
is_choice(const struct volgen_option *o, const char *value)
{
    for (const char *const *c = o->choices; c && *c; c++)
        if (!strcmp(*c, value))
            return true;
    return false;
}

static void
say_range(const struct volgen_option *o, struct strbuf *why)
{
    strbuf_fmt(why, " from %lld", o->min);
    if (o->max)
        strbuf_fmt(why, " to %lld", o->max);
    for (const char *const *c = o->choices; c && *c; c++)
        strbuf_fmt(why, ", or %s", *c);
}

static int
check_number(const struct volgen_option *o, const char *key, const char *value,
             struct strbuf *why)
{
    bool size = o->type == VOLGEN_SIZE, time = o->type == VOLGEN_TIME;
    const struct unit *units = size ? size_units : time ? time_units : no_units;
    long long n;

    if (is_choice(o, value) || (size && !o->max && is_percentage(value)))
        return 0;
    bool is_number = read_number(value, units, &n);
    if (is_number && n >= o->min && (!o->max || n <= o->max))
        return 0;
    refuse(why, key, value, is_number ? "is out of range; give a number" :
           "is not a number that can be used; give one");
    if (size)
        strbuf_str(why, " of bytes, or with KB, MB, GB, TB behind it,");
    else if (time)
        strbuf_str(why, " of seconds, or with m, h, d, w behind it,");
    else if (o->unit)
        strbuf_fmt(why, " of %s", o->unit);
    say_range(o, why);
    return -EINVAL;
}

/* ---- the other types ----------------------------------------------------- */

static int
check_bool(const char *key, const char *value, struct strbuf *why)
{
    if (onoff_parse(value) >= 0)
        return 0;
    return refuse(why, key, value, "is neither on nor off; give one of these");
}

static int
check_choice(const struct volgen_option *o, const char *key, const char *value,
             struct strbuf *why)
{
    if (is_choice(o, value))
        return 0;
    refuse(why, key, value, "is not one of:");
    for (const char *const *c = o->choices; c && *c; c++)
        strbuf_fmt(why, "%s %s", c == o->choices ? "" : ",", *c);
    return -EINVAL;
}

static int
check_modules(const char *key, const char *value, struct strbuf *why)
{
    AUTO_KV struct kv seen = KV_INIT;
    AUTO_FREE char *list = strdup(value);
    char *rest = list, *name;

    if (!list)
        return -ENOMEM;
    if (volgen_is_off(value))
        return 0;
    while ((name = strsep(&rest, ","))) {
        if (volgen_is_off(name))
            return refuse(why, key, value, "has off among the modules; off stands alone");
        if (!volgen_is_module_name(name))
            return refuse(why, key, value,
                          "is not a list of module names: a name is letters, digits and "
                          "_, no word of Python's, without .py and without a folder; "
                          "names are apart by commas only");
        if (kv_get(&seen, name))
            return refuse(why, key, value, "names the module %s twice; once is enough",
                          name);
        if (kv_set(&seen, name, ""))
            return -ENOMEM;
    }
    return 0;
}

static int
check_events(const char *key, const char *value, struct strbuf *why)
{
    for (const char *c = value;; c++) {
        size_t len = strcspn(c, ",");

        if (!volgen_event_find(c, len)) {
            AUTO_FREE char *name = strndup(c, len);

            refuse(why, key, value, "is no list of events: '");
            show(why, name ? name : "");
            strbuf_str(why, "' is none; give some of");
            for (size_t i = 0; i < volgen_event_count; i++)
                strbuf_fmt(why, "%s %s", i ? "," : "", volgen_events[i].name);
            strbuf_str(why, " with commas between them");
            return -EINVAL;
        }
        c += len;
        if (!*c)
            return 0;
    }
}

static int
check_xlator(const char *key, const char *value, struct strbuf *why)
{
    static const char chars[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    size_t category = strspn(value, chars);

    if (category && value[category] == '/') {
        size_t name = strspn(value + category + 1, chars);

        if (name && !value[category + 1 + name])
            return 0;
    }
    return refuse(why, key, value, "is not the type of a translator; give "
                  "CATEGORY/NAME, such as performance/md-cache");
}

/* features.glupy-option.MODULE.KEY and features.glupy-digest.MODULE. */
static int
check_prefixed(const struct volgen_option *o, const char *key, const char *value,
               struct strbuf *why)
{
    const char *rest = key + (strncmp(key, "user.", 5) ? 0 : 5) + strlen(o->key);
    AUTO_FREE char *module = strndup(rest, strcspn(rest, "."));

    if (!module)
        return -ENOMEM;
    rest += strlen(module);
    if (volgen_is_module_name(module) && (o->hidden ? !*rest : *rest && rest[1]))
        return 0;
    return refuse(why, key, value, "cannot be set: the option is %sMODULE%s, with the "
                  "name of a glupy module", o->key, o->hidden ? "" : ".NAME");
}

int
volgen_check(const struct volgen_option *o, const char *key, const char *value,
             struct strbuf *why)
{
    int ret = check_storable(key, value, why);

    if (!ret && o->prefix)
        ret = check_prefixed(o, key, value, why);
    if (ret)
        return ret;
    if (!*o->def && !strcmp(value, VOLGEN_UNSET))
        return 0;
    switch (o->type) {
    case VOLGEN_BOOL:
        return check_bool(key, value, why);
    case VOLGEN_INT:
    case VOLGEN_SIZE:
    case VOLGEN_TIME:
        return check_number(o, key, value, why);
    case VOLGEN_ENUM:
        return check_choice(o, key, value, why);
    case VOLGEN_XLATOR:
        return check_xlator(key, value, why);
    case VOLGEN_MODULES:
        return check_modules(key, value, why);
    case VOLGEN_EVENTS:
        return check_events(key, value, why);
    case VOLGEN_TEXT:
        break;
    }
    return 0;
}
