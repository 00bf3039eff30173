/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * A model of clients, sets and bricks that runs at random: each change comes out of the merge once, in
 * the order that is promised.
 */
#include "libgnotify/merge_test.h"

enum { SETS = 3, COPIES = 3, BRICKS = SETS * COPIES, CLIENTS = 4, CHANGES = 400, STREAM = CHANGES * 2 };

struct model {
    struct notify_record changes[CHANGES];
    char names[CHANGES][16];
    unsigned set[CHANGES]; /* SETS: on all of them */
    unsigned stream[BRICKS][STREAM], length[BRICKS], read[BRICKS];
    int came[CHANGES]; /* at which place; -1: not */
    int out;
};

static uint64_t seed;

static unsigned
below(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

/* Each client does one thing after the other; of a replica at most one brick misses a change. */
static void
run_clients(struct model *w)
{
    for (unsigned i = 0; i < CHANGES; i++) {
        uint64_t client = below(CLIENTS);
        bool folder = !below(5);

        snprintf(w->names[i], sizeof(w->names[i]), "/%u", i);
        /* each client's clock is another one */
        w->changes[i] = change(folder ? NOTIFY_MKDIR : NOTIFY_CREATE, client,
                               1 + i + client * 100000, w->names[i]);
        w->set[i] = folder ? SETS : below(SETS);
        w->came[i] = -1;
        for (unsigned set = 0; set < SETS; set++) {
            unsigned misses = below(2 * COPIES);

            if (!folder && set != w->set[i])
                continue;
            for (unsigned copy = 0; copy < COPIES; copy++) {
                unsigned brick = set * COPIES + copy;
                if (copy != misses)
                    w->stream[brick][w->length[brick]++] = i;
            }
        }
    }
}

static void
take(struct model *w, struct merge *m, uint64_t now)
{
    struct merge_event e;
    uint64_t later;

    while (merge_next(m, now, &e, &later)) {
        int i = atoi(e.record.name.path + 1);

        assert_int_equal(w->came[i], -1);
        w->came[i] = w->out++;
    }
}

/* Everybody is read up to what all had when the fence was asked for. */
static void
fence(struct model *w, struct merge *m, uint64_t now)
{
    uint64_t newest = merge_newest(m);

    for (unsigned b = 0; b < BRICKS; b++) {
        while (w->read[b] < w->length[b])
            assert_int_equal(merge_feed(m, b, &w->changes[w->stream[b][w->read[b]++]], now), 0);
    }
    merge_fenced(m, newest);
}

static void
check_order(const struct model *w)
{
    for (unsigned i = 0; i < CHANGES; i++) {
        assert_true(w->came[i] >= 0);
        for (unsigned j = i + 1; j < CHANGES; j++) {
            bool one_set = w->set[i] == w->set[j] || w->set[i] == SETS || w->set[j] == SETS;
            bool one_client = w->changes[i].client == w->changes[j].client;

            if (one_set || one_client)
                assert_true(w->came[i] < w->came[j]);
        }
    }
}

static void
at_random(void **state)
{
    (void)state;
    for (seed = 1; seed < 200; seed++) {
        AUTO_FREE struct model *w = calloc(1, sizeof(*w));
        unsigned sets[BRICKS];
        uint64_t kept = seed;

        for (unsigned b = 0; b < BRICKS; b++)
            sets[b] = b / COPIES;
        struct merge *m = merge_of(sets, BRICKS);
        run_clients(w);
        for (uint64_t now = 0; now < 400; now++) {
            unsigned b = below(BRICKS);

            for (unsigned n = below(20); n && w->read[b] < w->length[b]; n--)
                assert_int_equal(merge_feed(m, b, &w->changes[w->stream[b][w->read[b]++]], now), 0);
            if (!below(10))
                fence(w, m, now);
            take(w, m, now);
        }
        fence(w, m, 1000);
        fence(w, m, 1000);
        take(w, m, 1000 + MERGE_PATIENCE);
        check_order(w);
        assert_int_equal(merge_held(m), 0);
        merge_free(m);
        seed = kept;
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
