/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The one table of extensions and their options. Checks of values, help,
 * completion, documentation and placement all come from here; it knows nothing of
 * graphs.
 */
#include <errno.h>
#include <limits.h>

#include "common/utf8.h"
#include "volgen/describe.h"

static const char *const sides[] = {"client", "brick", NULL};
static const char *const clients[] = {"trusted", "all", NULL};
static const char *const on_error[] = {"pass", "fail", NULL};
static const char *const inline_word[] = {"inline", NULL};

static const struct volgen_option glupy_options[] = {
    {.key = "features.glupy-module", .type = VOLGEN_MODULES, .def = "off",
     .help = "Python translators of this volume, comma-separated, the first on top; off for none."},
    {.key = "features.glupy-side", .type = VOLGEN_ENUM, .choices = sides, .def = "client",
     .help = "Where the translators run: in the clients of the volume or in its bricks."},
    {.key = "features.glupy-clients", .type = VOLGEN_ENUM, .choices = clients, .def = "trusted",
     .help = "Which clients get the translators: those on nodes of the pool, or all (these need volext and the modules installed, or they cannot mount)."},
    {.key = "features.glupy-position", .type = VOLGEN_XLATOR, .def = "",
     .help = "The type of the translator that the modules are put directly above; by default they go below the top io-stats."},
    {.key = "features.glupy-on-error", .type = VOLGEN_ENUM, .choices = on_error, .def = "pass",
     .xlator_option = "on-error",
     .help = "What becomes of an operation whose Python code fails: pass it on as if there were no translator, or fail it with EIO."},
    {.key = "features.glupy-timeout", .type = VOLGEN_INT, .min = 0, .max = 3600000, .def = "1000",
     .unit = "ms", .xlator_option = "timeout",
     .help = "How long Python may run for one operation; 0 for no limit."},
    {.key = "features.glupy-threads", .type = VOLGEN_INT, .min = 1, .max = 64, .def = "2",
     .choices = inline_word, .xlator_option = "threads",
     .help = "Threads that run Python in each process, or inline for the calling thread."},
    {.key = "features.glupy-option.", .type = VOLGEN_TEXT, .prefix = true, .def = "",
     .xlator_option = "module-option.",
     .help = "features.glupy-option.MODULE.KEY: handed to the module."},
    {.key = "features.glupy-digest.", .type = VOLGEN_TEXT, .prefix = true, .hidden = true,
     .def = "", .help = "SHA-256 that the module must have on every node."},
    {.key = "volext.epoch", .type = VOLGEN_INT, .min = 0, .max = LLONG_MAX, .hidden = true,
     .def = "0", .help = "Set anew to make glusterd tell the clients."},
};

static const struct volgen_extension glupy = {
    .name = "glupy",
    .xlator = "features/glupy",
    .help = "Translators written in Python",
    .switch_key = "features.glupy-module",
    .options = glupy_options,
    .option_count = ARRAY_SIZE(glupy_options),
    .kinds = VOLGEN_TRUSTED_CLIENT | VOLGEN_CLIENT | VOLGEN_BRICK,
    .position = "",
    .inactive_key = "passthrough",
    .inactive_value = "on",
};

extern const struct volgen_extension *const volgen_builtin[];
const struct volgen_extension *const volgen_builtin[] = {&glupy, NULL};

const struct volgen_option *
volgen_option_find(const struct volgen_table *table, const char *key,
                   const struct volgen_extension **ext)
{
    if (!strncmp(key, "user.", 5))
        key += 5;
    for (size_t e = 0; e < table->count; e++)
        for (size_t i = 0; i < table->extensions[e]->option_count; i++) {
            const struct volgen_option *o = &table->extensions[e]->options[i];
            size_t len = strlen(o->key);

            if (o->prefix ? strncmp(key, o->key, len) || !key[len] : strcmp(key, o->key))
                continue;
            if (ext)
                *ext = table->extensions[e];
            return o;
        }
    return NULL;
}

bool
volgen_is_module_name(const char *name)
{
    static const char *const keywords[] = {
        "False", "None", "True", "and", "as", "assert", "async", "await", "break",
        "class", "continue", "def", "del", "elif", "else", "except", "finally",
        "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
        "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
        /* and the word that means: none */
        "off",
    };
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    if (!len || name[len] || len > 64 || (name[0] >= '0' && name[0] <= '9'))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(keywords); i++)
        if (!strcmp(name, keywords[i]))
            return false;
    return true;
}

/* ---- checks of values ---------------------------------------------------- */

/* At most 60 bytes of a value, safe to show on a terminal. */
static void
show(struct strbuf *out, const char *value)
{
    size_t shown = 0;

    strbuf_char(out, '\'');
    for (; *value && shown < 60; shown++, value++) {
        unsigned char c = (unsigned char)*value;

        if (c < 0x20 || c == 0x7f)
            strbuf_fmt(out, "\\x%02x", c);
        else
            strbuf_char(out, (char)c);
    }
    strbuf_str(out, *value ? "...'" : "'");
}

static int
refuse(struct strbuf *why, const char *key, const char *value, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

static int
refuse(struct strbuf *why, const char *key, const char *value, const char *fmt, ...)
{
    va_list args;

    strbuf_str(why, key);
    strbuf_str(why, ": ");
    show(why, value);
    strbuf_char(why, ' ');
    va_start(args, fmt);
    strbuf_vfmt(why, fmt, args);
    va_end(args);
    return -EINVAL;
}

/* A number with a unit; false if it is none, or too large. */
static bool
number(const char *text, const char *const units[], const long long factors[],
       long long *out)
{
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (errno)
        return false;
    for (size_t i = 0; *end && units[i]; i++)
        if (!strcasecmp(end, units[i])) {
            if (__builtin_mul_overflow(n, factors[i], &n))
                return false;
            end += strlen(end);
        }
    *out = n;
    return !*end;
}

static const char *const no_units[] = {NULL};
static const char *const size_units[] = {"B", "KB", "MB", "GB", "TB", NULL};
static const long long size_factors[] = {1, 1LL << 10, 1LL << 20, 1LL << 30, 1LL << 40};
static const char *const time_units[] = {"s", "sec", "m", "min", "h", "hr", "d", "days", "w", "wk", NULL};
static const long long time_factors[] = {1, 1, 60, 60, 3600, 3600, 86400, 86400, 604800, 604800};

static bool
is_choice(const struct volgen_option *o, const char *value)
{
    for (const char *const *c = o->choices; c && *c; c++)
        if (!strcmp(*c, value))
            return true;
    return false;
}

static bool
is_bool(const char *value)
{
    static const char *const words[] = {"on", "off", "yes", "no", "true", "false",
                                        "enable", "disable", "1", "0"};

    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (!strcasecmp(words[i], value))
            return true;
    return false;
}

static int
check_choice(const struct volgen_option *o, const char *key, const char *value,
             struct strbuf *why)
{
    if (is_choice(o, value))
        return 0;
    refuse(why, key, value, "is not one of:");
    for (const char *const *c = o->choices; *c; c++)
        strbuf_fmt(why, "%s %s", c == o->choices ? "" : ",", *c);
    return -EINVAL;
}

static int
check_number(const struct volgen_option *o, const char *key, const char *value,
             struct strbuf *why)
{
    const char *const *units = o->type == VOLGEN_SIZE ? size_units
                               : o->type == VOLGEN_TIME ? time_units : no_units;
    const long long *factors = o->type == VOLGEN_SIZE ? size_factors : time_factors;
    long long n;

    if (is_choice(o, value))
        return 0;
    if (number(value, units, factors, &n) && n >= o->min && (!o->max || n <= o->max))
        return 0;
    refuse(why, key, value, "is not a number of %s",
           o->unit ? o->unit : o->type == VOLGEN_SIZE ? "bytes (KB, MB, GB, TB)"
           : o->type == VOLGEN_TIME ? "seconds (s, m, h, d, w)" : "this range:");
    strbuf_fmt(why, " from %lld", o->min);
    if (o->max)
        strbuf_fmt(why, " to %lld", o->max);
    for (const char *const *c = o->choices; c && *c; c++)
        strbuf_fmt(why, ", or %s", *c);
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
    if (!strcmp(value, "off"))
        return 0;
    while ((name = strsep(&rest, ","))) {
        if (!volgen_is_module_name(name))
            return refuse(why, key, value,
                          "is not a list of module names: a name is letters, digits and _, "
                          "without .py and without a folder; names are apart by commas only");
        if (kv_get(&seen, name))
            return refuse(why, key, value, "names the module %s twice", name);
        if (kv_set(&seen, name, ""))
            return -ENOMEM;
    }
    return 0;
}

static bool
is_xlator_type(const char *value)
{
    const char *slash = strchr(value, '/');
    static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

    return slash && slash > value && slash[1] &&
           strspn(value, chars) == (size_t)(slash - value) &&
           !slash[1 + strspn(slash + 1, chars)];
}

/* What glusterd and its files could not bear, whatever the option. */
static int
check_storable(const char *key, const char *value, struct strbuf *why)
{
    size_t user = strncmp(key, "user.", 5) ? 5 : 0;

    if (strpbrk(key, "=\n`\" \t\\"))
        return refuse(why, key, value, "cannot be stored: the option's name has a character that glusterd cannot read back");
    if (!*value)
        return refuse(why, key, value, "is empty: glusterd could not start again with it; to go back to the default use volume reset");
    for (const char *c = value; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return refuse(why, key, value, "has a control character (a newline would make glusterd's store unreadable); leave it out");
    if (strchr(value, '`'))
        return refuse(why, key, value, "has a backquote, which GlusterFS would run as a command; leave it out");
    for (const char *c = value; *c;) {
        int n = utf8_length((const unsigned char *)c);

        if (!n)
            return refuse(why, key, value, "is not UTF-8; convert it");
        c += n;
    }
    if (user + strlen(key) + strlen(value) > VOLGEN_MAX_STORED)
        return refuse(why, key, value, "is too long: %zu bytes with the option's name, glusterd bears %d",
                      user + strlen(key) + strlen(value), VOLGEN_MAX_STORED);
    return 0;
}

int
volgen_check(const struct volgen_option *o, const char *key, const char *value,
             struct strbuf *why)
{
    int ret = check_storable(key, value, why);

    if (ret)
        return ret;
    if (!*o->def && !strcmp(value, VOLGEN_UNSET))
        return 0;
    switch (o->type) {
    case VOLGEN_BOOL:
        return is_bool(value) ? 0 : refuse(why, key, value, "is neither on nor off");
    case VOLGEN_INT:
    case VOLGEN_SIZE:
    case VOLGEN_TIME:
        return check_number(o, key, value, why);
    case VOLGEN_ENUM:
        return check_choice(o, key, value, why);
    case VOLGEN_XLATOR:
        return is_xlator_type(value) ? 0
               : refuse(why, key, value, "is not the type of a translator, such as performance/md-cache");
    case VOLGEN_MODULES:
        return check_modules(key, value, why);
    case VOLGEN_TEXT:
        break;
    }
    return 0;
}
