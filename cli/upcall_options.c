/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The options that upcall needs to agree: which they are, what their values mean, and how a
 * volume keeps what they were.
 */
#include "cli/upcall.h"

#include <ctype.h>
#include <errno.h>
#include <strings.h>

static const char server_switch[] = "features.cache-invalidation";
static const char server_timeout[] = "features.cache-invalidation-timeout";
static const char md_timeout[] = "performance.md-cache-timeout";
static const char md_switch[] = "performance.cache-invalidation";

/* GlusterFS's group metadata-cache, and what makes content follow as well. */
const struct upcall_member upcall_group[] = {
    {.key = server_switch, .wanted = "on", .def = "off"},
    {.key = server_timeout, .def = "60"},
    {.key = "performance.stat-prefetch", .wanted = "on", .def = "on"},
    {.key = md_switch, .wanted = "on", .def = "false"},
    {.key = md_timeout, .def = "1"},
    {.key = "network.inode-lru-limit", .wanted = "200000", .def = "16384", .at_least = true},
    {.key = "performance.quick-read-cache-invalidation", .wanted = "on", .def = "false"},
    {.key = "performance.global-cache-invalidation", .wanted = "on", .def = "true",
     .if_off = true},
    {.key = "features.leases", .wanted = "on", .def = "off", .leases = true},
};
const size_t upcall_group_count = ARRAY_SIZE(upcall_group);

/* ---- values ----------------------------------------------------------------- */

/* 1, 0, or -1 for what is not a switch's value. */
static int
as_switch(const char *value)
{
    static const char *const yes[] = {"on", "yes", "true", "enable", "1"};
    static const char *const no[] = {"off", "no", "false", "disable", "0"};

    for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
        if (!strcasecmp(value, yes[i]))
            return 1;
        if (!strcasecmp(value, no[i]))
            return 0;
    }
    return -1;
}

bool
upcall_is_on(const char *value)
{
    return value && as_switch(value) == 1;
}

long long
upcall_seconds(const char *value)
{
    static const struct {
        const char *name;
        long long seconds;
    } units[] = {{"", 1},      {"s", 1},     {"sec", 1},    {"m", 60},     {"min", 60},
                 {"h", 3600},  {"hr", 3600}, {"d", 86400},  {"days", 86400},
                 {"w", 604800}, {"wk", 604800}};
    char *end;

    errno = 0;
    long long n = strtoll(value, &end, 0);
    if (errno || end == value || n < 0 || n > INT64_MAX / 604800)
        return -1;
    for (size_t i = 0; i < ARRAY_SIZE(units); i++)
        if (!strcmp(end, units[i].name))
            return n * units[i].seconds;
    return -1;
}

bool
upcall_same(const char *a, const char *b)
{
    long long x = upcall_seconds(a), y = upcall_seconds(b);

    if (!strcmp(a, b))
        return true;
    if (as_switch(a) >= 0 && as_switch(a) == as_switch(b))
        return true;
    return x >= 0 && x == y;
}

int
upcall_read_seconds(const char *typed, int *seconds, struct strbuf *why)
{
    enum { SHOWN = 32 };
    size_t len = strlen(typed);
    long n = 0;

    for (size_t i = 0; i < len; i++)
        n = !isdigit((unsigned char)typed[i]) || n < 0       ? -1
            : n > UPCALL_SECONDS_MAX                         ? n
                                                             : n * 10 + (typed[i] - '0');
    if (len && n >= UPCALL_SECONDS_MIN && n <= UPCALL_SECONDS_MAX) {
        *seconds = (int)n;
        return 0;
    }
    strbuf_str(why, "timeout is '");
    for (size_t i = 0; i < len && i < SHOWN; i++)
        strbuf_char(why, isprint((unsigned char)typed[i]) ? typed[i] : '?');
    strbuf_fmt(why, "%s': it is a whole number of seconds from %d to %d", len > SHOWN ? "…" : "",
               UPCALL_SECONDS_MIN, UPCALL_SECONDS_MAX);
    if (n > UPCALL_SECONDS_MAX)
        strbuf_fmt(why, ", because %s takes no more", md_timeout);
    else if (n == 1)
        strbuf_fmt(why, ", because with %s 1 each brick keeps a processor busy", server_timeout);
    return -EINVAL;
}

/* ---- the memory ------------------------------------------------------------- */

/* on|leaving [fresh=NUMBER] KEY=SET[:WAS] … ; values have what would end them as %XX. The
 * number is volgen's to read, too. */
static const char fresh_word[] = "fresh=";

static const char *const state_words[] = {
    [UPCALL_OFF] = VOLGEN_UNSET, [UPCALL_ON] = "on", [UPCALL_LEAVING] = "leaving"};

static void
print_value(struct strbuf *out, const char *value)
{
    for (const unsigned char *c = (const unsigned char *)value; *c; c++) {
        if (*c <= ' ' || *c >= 0x7f || *c == '%' || *c == ':' || *c == '=')
            strbuf_fmt(out, "%%%02X", *c);
        else
            strbuf_char(out, (char)*c);
    }
}

void
upcall_memory_print(const struct upcall_memory *memory, struct strbuf *out)
{
    strbuf_str(out, state_words[memory->state]);
    if (memory->state == UPCALL_ON && memory->fresh)
        strbuf_fmt(out, " %s%llu", fresh_word, memory->fresh);
    for (size_t i = 0; memory->state != UPCALL_OFF && i < memory->count; i++) {
        const struct upcall_saved *one = &memory->list[i];

        strbuf_fmt(out, " %s=", one->key);
        print_value(out, one->set);
        if (one->was) {
            strbuf_char(out, ':');
            print_value(out, one->was);
        }
    }
}

/* In place. False: a % that is none. */
static bool
unescape(char *text)
{
    char *to = text;

    for (; *text; text++) {
        unsigned byte;

        if (*text == '%') {
            if (!isxdigit((unsigned char)text[1]) || !isxdigit((unsigned char)text[2]))
                return false;
            byte = (unsigned)strtoul((char[]){text[1], text[2], '\0'}, NULL, 16);
            if (!byte)
                return false;
            *to++ = (char)byte;
            text += 2;
        } else {
            *to++ = *text;
        }
    }
    *to = '\0';
    return true;
}

const struct upcall_saved *
upcall_memory_find(const struct upcall_memory *memory, const char *key)
{
    for (size_t i = 0; i < memory->count; i++)
        if (!strcmp(memory->list[i].key, key))
            return &memory->list[i];
    return NULL;
}

int
upcall_memory_set(struct upcall_memory *memory, const char *key, const char *set,
                  const char *was)
{
    AUTO_FREE char *set_copy = strdup(set);

    if (!set_copy)
        return -ENOMEM;
    for (size_t i = 0; i < memory->count; i++) {
        if (strcmp(memory->list[i].key, key))
            continue;
        free(memory->list[i].set);
        memory->list[i].set = TAKE(set_copy);
        return 0;
    }
    AUTO_FREE char *key_copy = strdup(key);
    AUTO_FREE char *was_copy = was ? strdup(was) : NULL;
    struct upcall_saved *list =
        key_copy && (!was || was_copy)
            ? reallocarray(memory->list, memory->count + 1, sizeof(*list))
            : NULL;

    if (!list)
        return -ENOMEM;
    memory->list = list;
    list[memory->count++] = (struct upcall_saved){TAKE(key_copy), TAKE(set_copy), TAKE(was_copy)};
    return 0;
}

static bool
in_group(const char *key)
{
    for (size_t i = 0; i < upcall_group_count; i++)
        if (!strcmp(upcall_group[i].key, key))
            return true;
    return false;
}

static int
parse_entry(char *word, struct upcall_memory *memory)
{
    char *set = strchr(word, '=');

    if (!strncmp(word, fresh_word, strlen(fresh_word))) {
        size_t digits = strspn(set + 1, "0123456789");

        if (memory->fresh || memory->count || digits > 19 || set[1 + digits])
            return -EBADMSG;
        memory->fresh = strtoull(set + 1, NULL, 10);
        return memory->fresh ? 0 : -EBADMSG;
    }
    char *was = set ? strchr(set, ':') : NULL;

    if (!set)
        return -EBADMSG;
    *set++ = '\0';
    if (!in_group(word))
        return -EBADMSG;
    if (was)
        *was++ = '\0';
    if (!*set || (was && !*was) || !unescape(set) || (was && !unescape(was)) ||
        upcall_memory_find(memory, word))
        return -EBADMSG;
    return upcall_memory_set(memory, word, set, was);
}

int
upcall_memory_parse(const char *text, struct upcall_memory *memory)
{
    AUTO_FREE char *copy = strdup(text ? text : VOLGEN_UNSET);
    char *save = NULL;
    int ret = 0;

    *memory = (struct upcall_memory)UPCALL_MEMORY_INIT;
    if (!copy)
        return -ENOMEM;
    const char *state = strtok_r(copy, " ", &save);
    size_t i = 0;
    while (state && i < ARRAY_SIZE(state_words) && strcmp(state, state_words[i]))
        i++;
    if (!state || i == ARRAY_SIZE(state_words))
        return -EBADMSG;
    memory->state = (enum upcall_state)i;
    for (char *word; !ret && (word = strtok_r(NULL, " ", &save));)
        ret = parse_entry(word, memory);
    if (!ret && (memory->state == UPCALL_OFF) != !memory->count)
        ret = -EBADMSG; /* typed by hand: something is to be put back, or nothing is */
    if (ret)
        upcall_memory_free(memory);
    return ret;
}

void
upcall_memory_free(struct upcall_memory *memory)
{
    for (size_t i = 0; i < memory->count; i++) {
        free(memory->list[i].key);
        free(memory->list[i].set);
        free(memory->list[i].was);
    }
    free(memory->list);
    *memory = (struct upcall_memory)UPCALL_MEMORY_INIT;
}

/* ---- a volume --------------------------------------------------------------- */

int
upcall_read(const struct reply *volume, struct kv *options, struct upcall_memory *memory)
{
    static const char stored[] = "volume0.option.";

    for (size_t i = 0; i < volume->dict.count; i++) {
        const struct dict_pair *pair = &volume->dict.pairs[i];

        if (strncmp(pair->key, stored, strlen(stored)) || !dict_pair_is_text(pair))
            continue;
        if (kv_set(options, pair->key + strlen(stored), pair->value) < 0)
            return -ENOMEM;
    }
    return upcall_memory_parse(kv_get(options, "user." UPCALL_MEMORY_KEY), memory);
}
