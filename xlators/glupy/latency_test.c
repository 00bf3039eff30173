/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Unit tests of latency.c, of which it is made: what is measured cannot be put in from
 * outside.
 */
#include "xlators/glupy/latency.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
a_time_is_told_to_six_percent(void **state)
{
    (void)state;
    for (uint64_t ns = 150; ns < 200000000000ull; ns += 1 + ns / 97) {
        double told = (double)bucket_ns(bucket_of(ns));

        assert_true(told > (double)ns * 0.94 && told < (double)ns * 1.065);
    }
    assert_int_equal(bucket_of(0), 0);
    assert_int_equal(bucket_of(127), 0);
    assert_int_equal(bucket_of(UINT64_MAX), BUCKETS - 1);
}

static void
half_is_below_the_median_and_one_in_a_hundred_above_p99(void **state)
{
    struct glupy *g = calloc(1, sizeof(*g));
    struct latency_figures figures;

    (void)state;
    latency_call(g, GF_FOP_STAT); /* without a table, as when memory ran out */
    latency_setup(g, NULL);
    assert_false(latency_read(g, GF_FOP_STAT, &figures));
    latency_call(g, GF_FOP_STAT);
    assert_true(latency_read(g, GF_FOP_STAT, &figures));
    assert_int_equal(figures.calls, 1);
    assert_int_equal(figures.p50, 0);
    struct latency *l = of_fop(g, GF_FOP_STAT);

    for (int i = 1; i <= 1000; i++)
        add(&l->buckets[bucket_of(1000ull * (unsigned)i)], 1);
    latency_error(g, GF_FOP_STAT);
    assert_true(latency_read(g, GF_FOP_STAT, &figures));
    assert_int_equal(figures.errors, 1);
    assert_in_range(figures.p50, 470000, 530000);
    assert_in_range(figures.p99, 930000, 1050000);
    assert_int_equal(latency_calls(g), 1);
    struct glupy *next = calloc(1, sizeof(*next));

    latency_setup(next, g);
    latency_call(next, GF_FOP_STAT);
    assert_int_equal(latency_calls(g), 2);
    free(next);
    free(l);
    free(g->latency);
    free(g);
}

static void
what_is_not_measured_counts_through_what_is(void **state)
{
    struct glupy *g = calloc(1, sizeof(*g));
    unsigned long long total = 0;

    (void)state;
    latency_setup(g, NULL);
    for (int i = 0; i < 160000; i++)
        latency_end(g, GF_FOP_READ, latency_begin(g, GF_FOP_READ));
    struct latency *l = of_fop(g, GF_FOP_READ);
    for (int i = 0; i < BUCKETS; i++)
        total += get(&l->buckets[i]);
    assert_int_equal(get(&l->stays), 160000);
    assert_in_range(get(&l->measured), 9000, 11000);
    assert_in_range(total, 144000, 176000);
    free(l);
    free(g->latency);
    free(g);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_is_told_to_six_percent),
        cmocka_unit_test(half_is_below_the_median_and_one_in_a_hundred_above_p99),
        cmocka_unit_test(what_is_not_measured_counts_through_what_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
