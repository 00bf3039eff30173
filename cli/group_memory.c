/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What the values of options mean, and how a volume keeps what a group of them was.
 */
#include "cli/group.h"

#include <ctype.h>
#include <errno.h>

#include "common/onoff.h"

/* ---- values ----------------------------------------------------------------- */

bool
group_is_on(const char *value)
{
    return value && onoff_parse(value) == 1;
}

long long
group_seconds(const char *value)
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
group_same(const char *a, const char *b)
{
    long long x = group_seconds(a), y = group_seconds(b);

    if (!strcmp(a, b))
        return true;
    if (onoff_parse(a) >= 0 && onoff_parse(a) == onoff_parse(b))
        return true;
    return x >= 0 && x == y;
}

/* ---- the memory ------------------------------------------------------------- */

/* on|leaving [fresh=NUMBER] KEY=SET[:WAS] … ; values have what would end them as %XX. The
 * number is volgen's to read, too. */
static const char fresh_word[] = "fresh=";

static const char *const state_words[] = {
    [MEMORY_OFF] = VOLGEN_UNSET, [MEMORY_ON] = "on", [MEMORY_LEAVING] = "leaving"};

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
memory_print(const struct memory *memory, struct strbuf *out)
{
    strbuf_str(out, state_words[memory->state]);
    if (memory->state == MEMORY_ON && memory->fresh)
        strbuf_fmt(out, " %s%llu", fresh_word, memory->fresh);
    for (size_t i = 0; memory->state != MEMORY_OFF && i < memory->count; i++) {
        const struct saved *one = &memory->list[i];

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

const struct saved *
memory_find(const struct memory *memory, const char *key)
{
    for (size_t i = 0; i < memory->count; i++)
        if (!strcmp(memory->list[i].key, key))
            return &memory->list[i];
    return NULL;
}

int
memory_set(struct memory *memory, const char *key, const char *set,
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
    struct saved *list =
        key_copy && (!was || was_copy)
            ? reallocarray(memory->list, memory->count + 1, sizeof(*list))
            : NULL;

    if (!list)
        return -ENOMEM;
    memory->list = list;
    list[memory->count++] = (struct saved){TAKE(key_copy), TAKE(set_copy), TAKE(was_copy)};
    return 0;
}

void
memory_drop(struct memory *memory, const char *key)
{
    struct saved *one = (struct saved *)memory_find(memory, key);

    if (!one)
        return;
    free(one->key);
    free(one->set);
    free(one->was);
    memory->count--;
    memmove(one, one + 1, (size_t)(memory->list + memory->count - one) * sizeof(*one));
}

static int
parse_entry(char *word, bool (*knows)(const char *key), struct memory *memory)
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
    if (!knows(word))
        return -EBADMSG;
    if (was)
        *was++ = '\0';
    if (!*set || (was && !*was) || !unescape(set) || (was && !unescape(was)) ||
        memory_find(memory, word))
        return -EBADMSG;
    return memory_set(memory, word, set, was);
}

int
memory_parse(const char *text, bool (*knows)(const char *key), struct memory *memory)
{
    AUTO_FREE char *copy = strdup(text ? text : VOLGEN_UNSET);
    char *save = NULL;
    int ret = 0;

    *memory = (struct memory)MEMORY_INIT;
    if (!copy)
        return -ENOMEM;
    const char *state = strtok_r(copy, " ", &save);
    size_t i = 0;
    while (state && i < ARRAY_SIZE(state_words) && strcmp(state, state_words[i]))
        i++;
    if (!state || i == ARRAY_SIZE(state_words))
        return -EBADMSG;
    memory->state = (enum memory_state)i;
    for (char *word; !ret && (word = strtok_r(NULL, " ", &save));)
        ret = parse_entry(word, knows, memory);
    if (!ret && (memory->state == MEMORY_OFF) != !memory->count)
        ret = -EBADMSG; /* typed by hand: something is to be put back, or nothing is */
    if (ret)
        memory_free(memory);
    return ret;
}

void
memory_free(struct memory *memory)
{
    for (size_t i = 0; i < memory->count; i++) {
        free(memory->list[i].key);
        free(memory->list[i].set);
        free(memory->list[i].was);
    }
    free(memory->list);
    *memory = (struct memory)MEMORY_INIT;
}
