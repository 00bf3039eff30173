/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Unit tests of what volume upcall knows of options: values, memory, rules.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/upcall.h"

static void
seconds_are_read_as_glusterfs_reads_them(void **state)
{
    static const struct {
        const char *text;
        long long seconds;
    } good[] = {{"60", 60}, {"60s", 60}, {"1m", 60}, {"10min", 600}, {"2h", 7200}, {"1hr", 3600},
                {"1d", 86400}, {"1w", 604800}, {"0x10", 16}, {"0", 0}};
    static const char *const bad[] = {"", "-1", "x", "5x", "99999999999999999999", "9999999999999999w"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        assert_int_equal(group_seconds(good[i].text), good[i].seconds);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(group_seconds(bad[i]), -1);
}

static void
values_that_mean_the_same_are_the_same(void **state)
{
    (void)state;
    assert_true(group_same("on", "enable"));
    assert_true(group_same("False", "0"));
    assert_true(group_same("600", "10m"));
    assert_true(group_same("x y", "x y"));
    assert_false(group_same("on", "off"));
    assert_false(group_same("60", "61"));
    assert_false(group_same("x", "y"));
    assert_false(group_is_on(NULL));
}

/* text through the memory and back */
static char *
again(const char *text)
{
    AUTO_MEMORY struct memory memory;
    AUTO_STRBUF struct strbuf out = STRBUF_INIT;

    if (memory_parse(text, upcall_kind.knows, &memory))
        return NULL;
    memory_print(&memory, &out);
    return strbuf_take(&out);
}

static void
the_memory_is_read_as_it_was_written(void **state)
{
    static const char *const texts[] = {
        "default", "on features.cache-invalidation=1", "on features.leases=1:2 network.inode-lru-limit=3",
        "on fresh=17 features.leases=1", "leaving features.leases=%20%3A%3D%25%C3%A4:%0A"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        AUTO_FREE char *got = again(texts[i]);
        assert_string_equal(got, texts[i]);
    }
    AUTO_FREE char *none = again(NULL);
    assert_string_equal(none, "default");
}

#define A "features.leases"

static void
a_memory_of_somebody_else_is_refused(void **state)
{
    static const char *const texts[] = {
        "", " ", "On", "on", "leaving", "on " A, "on =1", "on " A "=", "on " A "=1:", "on " A "=%", "on " A "=%0",
        "on " A "=%00", "on " A "=%zz", "on " A "=1 " A "=2", "x " A "=1", "default " A "=1", "on auth.allow=x",
        "on " A "=1 auth.allow=x", "leaving user.x=1:2", "on fresh=17", "on fresh= " A "=1", "on fresh=x " A "=1",
        "on fresh=0 " A "=1", "on fresh=1 fresh=2 " A "=1", "on fresh=99999999999999999999 " A "=1"};
    struct memory memory;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        assert_int_equal(memory_parse(texts[i], upcall_kind.knows, &memory), -EBADMSG);
        assert_int_equal(memory.count, 0);
    }
}
#undef A

static void
the_first_value_stays_in_memory(void **state)
{
    AUTO_MEMORY struct memory memory = {.state = MEMORY_ON};
    AUTO_STRBUF struct strbuf out = STRBUF_INIT;

    (void)state;
    assert_int_equal(memory_set(&memory, "a", "600", "30"), 0);
    assert_int_equal(memory_set(&memory, "b", "on", NULL), 0);
    assert_int_equal(memory_set(&memory, "a", "100", "600"), 0);
    assert_int_equal(memory_set(&memory, "b", "on", "on"), 0);
    memory_print(&memory, &out);
    assert_string_equal(strbuf_text(&out), "on a=100:30 b=on");
}

static void
join(void *arg, const char *sentence)
{
    struct strbuf *out = arg;

    strbuf_fmt(out, "%.*s\n", (int)strcspn(sentence, ":"), sentence);
}

/* The beginnings of what is wrong with KEY=VALUE KEY=VALUE… */
static char *
wrong(const char *options)
{
    AUTO_FREE char *copy = strdup(options);
    AUTO_KV struct kv kv = KV_INIT;
    AUTO_STRBUF struct strbuf out = STRBUF_INIT;
    char *save = NULL;

    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        char *value = strchr(word, '=');

        *value++ = '\0';
        kv_set(&kv, word, value);
    }
    strbuf_str(&out, "");
    upcall_conflicts(&kv, "v1", join, &out);
    return strbuf_take(&out);
}

#define ALL_ON "features.cache-invalidation=on performance.cache-invalidation=on " \
               "performance.quick-read-cache-invalidation=on "

#define ASSERT_WRONG(options, want)                                                      \
    do {                                                                                 \
        AUTO_FREE char *got_ = wrong(options);                                           \
        assert_string_equal(got_, want);                                                 \
    } while (0)

static void
options_that_agree_are_not_blamed(void **state)
{
    (void)state;
    ASSERT_WRONG("", "");
    ASSERT_WRONG(ALL_ON "features.cache-invalidation-timeout=600 performance.md-cache-timeout=600", "");
    ASSERT_WRONG(ALL_ON, "");
    ASSERT_WRONG("performance.stat-prefetch=off performance.md-cache-timeout=600", "");
    ASSERT_WRONG(ALL_ON "performance.nl-cache=on", "");
}

static void
options_that_give_stale_reads_are_named(void **state)
{
    (void)state;
    ASSERT_WRONG(ALL_ON "performance.md-cache-timeout=61",
                 "performance.md-cache-timeout is 61, longer than "
                 "features.cache-invalidation-timeout, which is 60 (the default)\n");
    ASSERT_WRONG("features.cache-invalidation=on performance.md-cache-timeout=300",
                 "performance.md-cache-timeout is 300 and performance.cache-invalidation is false "
                 "(the default)\n");
    ASSERT_WRONG("performance.cache-invalidation=on performance.md-cache-timeout=2",
                 "performance.md-cache-timeout is 2 and features.cache-invalidation is off (the "
                 "default)\n");
    ASSERT_WRONG("performance.nl-cache=on",
                 "performance.nl-cache-timeout is 60 (the default) and features.cache-invalidation "
                 "is off (the default)\n");
    ASSERT_WRONG(ALL_ON "performance.io-cache=on performance.cache-refresh-timeout=9 "
                        "performance.global-cache-invalidation=off",
                 "performance.cache-refresh-timeout is 9 and "
                 "performance.global-cache-invalidation is off\n");
    ASSERT_WRONG(ALL_ON "features.cache-invalidation-timeout=600 performance.md-cache-timeout=600 "
                        "features.shard=on",
                 "features.shard is on and performance.md-cache-timeout is 600\n");
    ASSERT_WRONG(ALL_ON "performance.md-cache-timeout=2 features.shard=on", "");
    ASSERT_WRONG("features.cache-invalidation=on features.cache-invalidation-timeout=1",
                 "features.cache-invalidation is on and features.cache-invalidation-timeout is 1\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seconds_are_read_as_glusterfs_reads_them),
        cmocka_unit_test(values_that_mean_the_same_are_the_same),
        cmocka_unit_test(the_memory_is_read_as_it_was_written),
        cmocka_unit_test(a_memory_of_somebody_else_is_refused),
        cmocka_unit_test(the_first_value_stays_in_memory),
        cmocka_unit_test(options_that_agree_are_not_blamed),
        cmocka_unit_test(options_that_give_stale_reads_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
