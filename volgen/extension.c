/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The one table of extensions and their options: checks of values (check.c), help,
 * completion, documentation and placement all come from here.
 */
#include <errno.h>
#include <limits.h>
#include <strings.h>

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
     .help = "Which clients get the translators: those that ask the glusterd of their own machine for the volfile, or all (which need volext and the modules installed, or they cannot mount)."},
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
    {.key = "features.glupy-breaker-failures", .type = VOLGEN_INT, .min = 0, .max = 1000, .def = "50",
     .xlator_option = "breaker-failures",
     .help = "So many operations that fail within features.glupy-breaker-window make a translator leave Python out for features.glupy-breaker-pause; 0 for never."},
    {.key = "features.glupy-breaker-window", .type = VOLGEN_INT, .min = 1, .max = 3600, .def = "10",
     .unit = "s", .xlator_option = "breaker-window",
     .help = "The time within which failures are counted."},
    {.key = "features.glupy-breaker-pause", .type = VOLGEN_INT, .min = 1, .max = 86400, .def = "30",
     .unit = "s", .xlator_option = "breaker-pause",
     .help = "How long Python is left out (as features.glupy-on-error says) until one operation is tried with it."},
    {.key = "features.glupy-memory", .type = VOLGEN_INT, .min = 0, .max = 1048576, .def = "512",
     .unit = "MB", .xlator_option = "memory",
     .help = "How much Python may allocate in each process, for all its translators together (the largest value of them counts); more gives MemoryError; 0 for no limit."},
    {.key = "features.glupy-option.", .type = VOLGEN_TEXT, .prefix = true, .def = "",
     .xlator_option = "module-option.",
     .help = "Handed to the module MODULE as its option KEY."},
    {.key = "features.glupy-digest.", .type = VOLGEN_TEXT, .prefix = true, .hidden = true,
     .def = "", .help = "SHA-256 that the module must have on every node."},
    {.key = "features.glupy-generation.", .type = VOLGEN_INT, .min = 0, .max = LLONG_MAX,
     .prefix = true, .hidden = true, .def = "",
     .help = "Set anew to have every process load the module anew."},
    {.key = "volext.epoch", .type = VOLGEN_INT, .min = 0, .max = LLONG_MAX, .hidden = true,
     .def = "0", .help = "Set anew to make glusterd tell the clients."},
    {.key = "volext.upcall", .type = VOLGEN_TEXT, .hidden = true, .def = "",
     .help = "What the options were that gluster volume upcall set."},
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

static const char *const zero[] = {"0", NULL};

static const struct volgen_option gnotify_options[] = {
    {.key = "features.notify", .type = VOLGEN_BOOL, .def = "off",
     .help = "Whether the bricks record what changes, for gnotifywait and all that reads it; gluster volume notify also sees to what must go with it."},
    {.key = "features.notify-events", .type = VOLGEN_EVENTS, .def = VOLGEN_UNSET,
     .help = "What is recorded, in inotify's words, comma-separated; all; or default, which is all but open and access."},
    {.key = "features.notify-retention-size", .type = VOLGEN_SIZE, .min = 1 << 20, .max = 1LL << 50,
     .choices = zero, .def = "0", .xlator_option = "retention-size",
     .help = "How much of its journal each brick keeps, the newest; 0 for 1% of its disk, 256MB to 16GB."},
    {.key = "features.notify-retention-time", .type = VOLGEN_TIME, .min = 0, .max = 10LL * 366 * 86400,
     .def = "7d", .xlator_option = "retention-time",
     .help = "How long it keeps its journal; 0 for as long as there is room."},
    {.key = "volext.notify", .type = VOLGEN_TEXT, .hidden = true, .def = "",
     .help = "What the options were that gluster volume notify set."},
};

static const struct volgen_extension gnotify = {
    .name = "gnotify",
    .xlator = "features/gnotify",
    .help = "Change notification",
    .switch_key = "features.notify",
    .options = gnotify_options,
    .option_count = ARRAY_SIZE(gnotify_options),
    .kinds = VOLGEN_BRICK,
    .position = "",
    .inactive_key = "active",
    .inactive_value = "off",
};

extern const struct volgen_extension *const volgen_builtin[];
const struct volgen_extension *const volgen_builtin[] = {&glupy, &gnotify, NULL};

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
volgen_is_off(const char *modules)
{
    return !strcasecmp(modules, "off");
}

bool
volgen_is_module_name(const char *name)
{
    static const char *const keywords[] = {
        "False", "None", "True", "and", "as", "assert", "async", "await", "break",
        "class", "continue", "def", "del", "elif", "else", "except", "finally",
        "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
        "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
    };
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    if (!len || name[len] || len > 64 || (name[0] >= '0' && name[0] <= '9'))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(keywords); i++)
        if (!strcmp(name, keywords[i]))
            return false;
    return !volgen_is_off(name);
}
