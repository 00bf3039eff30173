/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * In which order a link tells what happens, and that each ask is answered once: with a
 * translator of this test's own, whose threads answer, connect and disconnect as they like.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <errno.h>
#include <string.h>
#include <cmocka.h>

#include "common/must.h"
#include "libgnotify/link_own.h"

enum { BRICKS = 4, ASKERS = 3, CONNECTORS = 2, ASKS = 20000 };

/* ---- a translator ------------------------------------------------------------------------ */

/* What is on its way to bricks. */
static struct {
    pthread_mutex_t lock;
    struct flying { struct gnotify_client_owner *owner; void *cookie; } flying[1 << 16];
    unsigned count;
    atomic_int kept;
    bool fails, answers_at_once;
} net = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void
land(struct flying f, int error)
{
    if (error) {
        f.owner->answer(f.owner, f.cookie, error, NULL, 0, NULL);
    } else {
        atomic_fetch_add(&net.kept, 1);
        f.owner->answer(f.owner, f.cookie, 0, "reply", 5, malloc(1));
    }
}

static int
net_ask(struct gnotify_client_owner *owner, unsigned leaf, const void *bytes, size_t len,
        void *cookie)
{
    (void)leaf, (void)bytes, (void)len;
    if (net.fails)
        return -ENOMEM;
    if (net.answers_at_once) {
        land((struct flying){owner, cookie}, 0);
        return 0;
    }
    pthread_mutex_lock(&net.lock);
    MUST(net.count < ARRAY_SIZE(net.flying));
    net.flying[net.count++] = (struct flying){owner, cookie};
    pthread_mutex_unlock(&net.lock);
    return 0;
}

static bool
net_land_one(unsigned seed)
{
    struct flying f = {NULL, NULL};

    pthread_mutex_lock(&net.lock);
    if (net.count) {
        unsigned i = seed % net.count;

        f = net.flying[i];
        net.flying[i] = net.flying[--net.count];
    }
    pthread_mutex_unlock(&net.lock);
    if (f.owner)
        land(f, seed % 7 ? 0 : -EIO);
    return f.owner;
}

static void
net_release(void *kept)
{
    atomic_fetch_sub(&net.kept, 1);
    free(kept);
}

static const struct gnotify_client_calls table = {.ask = net_ask, .release = net_release};

/* ---- who is told ------------------------------------------------------------------------- */

struct question {
    unsigned brick;
    bool answered;
    struct question *next;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t cond;
    bool up[BRICKS * 2], closed;
    unsigned open[BRICKS * 2], answers, ups, changes;
    struct question *asked; /* all: a link that is closed answers no more */
} seen = {.lock = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};

static void
told_up(void *arg, unsigned brick, bool up)
{
    (void)arg;
    pthread_mutex_lock(&seen.lock);
    assert_false(seen.closed);
    assert_int_not_equal(seen.up[brick], up); /* up and down take turns */
    if (!up)
        assert_int_equal(seen.open[brick], 0); /* all was answered before */
    seen.up[brick] = up;
    seen.ups++;
    pthread_cond_broadcast(&seen.cond);
    pthread_mutex_unlock(&seen.lock);
}

static void
told_answer(void *arg, void *cookie, int error, const void *bytes, size_t len)
{
    struct question *q = cookie;

    (void)arg;
    if (!error)
        assert_true(len == 5 && !memcmp(bytes, "reply", 5));
    pthread_mutex_lock(&seen.lock);
    assert_false(seen.closed);
    assert_false(q->answered);
    assert_true(seen.up[q->brick]);
    q->answered = true;
    seen.open[q->brick]--;
    seen.answers++;
    pthread_cond_broadcast(&seen.cond);
    pthread_mutex_unlock(&seen.lock);
}

static void
told_changed(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&seen.lock);
    seen.changes++;
    pthread_cond_broadcast(&seen.cond);
    pthread_mutex_unlock(&seen.lock);
}

static const struct link_events events = {told_up, told_answer, told_changed};

/* Asks with the lock held, so that the count is right whoever answers. */
static int
ask(struct real *l, unsigned brick)
{
    struct question *q = calloc(1, sizeof(*q));

    q->brick = brick;
    pthread_mutex_lock(&seen.lock);
    int ret = tell_ask(l, brick, "x", 1, q);

    if (!ret) {
        seen.open[brick]++;
        q->next = seen.asked;
        seen.asked = q;
    }
    pthread_mutex_unlock(&seen.lock);
    if (ret)
        free(q);
    return ret;
}

/* ---- a link -------------------------------------------------------------------------------- */

static struct wires *
wires(struct real *l, unsigned first)
{
    struct wires *w = calloc(1, sizeof(*w));

    *w = (struct wires){.owner = {.up = tell_up, .answer = tell_answer}, .link = l, .count = BRICKS,
                        .bricks = calloc(BRICKS, sizeof(*w->bricks)), .up = calloc(BRICKS, 1)};
    for (unsigned i = 0; i < BRICKS; i++)
        w->bricks[i] = l->bricks[first + i];
    return w;
}

static struct wires *
opened(struct real *l)
{
    *l = (struct real){.events = &events, .client = &table, .count = BRICKS * 2};
    l->bricks = calloc(l->count, sizeof(*l->bricks));
    for (unsigned i = 0; i < l->count; i++) {
        l->bricks[i] = calloc(1, sizeof(**l->bricks));
        l->bricks[i]->is.number = i;
        l->bricks[i]->tell.kind = TELL_BRICK;
        TAILQ_INIT(&l->bricks[i]->asked);
    }
    assert_int_equal(tell_init(l), 0);
    struct wires *w = wires(l, 0);

    assert_null(tell_switch(l, w));
    assert_int_equal(tell_start(l), 0);
    memset(seen.up, 0, sizeof(seen.up));
    memset(seen.open, 0, sizeof(seen.open));
    seen.closed = false;
    seen.answers = seen.ups = seen.changes = 0;
    net.fails = net.answers_at_once = false;
    return w;
}

static void
wires_end(struct wires *w)
{
    pthread_mutex_lock(&w->link->lock);
    unsigned busy = w->busy;

    pthread_mutex_unlock(&w->link->lock);
    assert_int_equal(busy, 0);
    free(w->bricks);
    free(w->up);
    free(w);
}

static void
closed(struct real *l)
{
    if (!l->closing)
        tell_stop(l);
    pthread_mutex_lock(&seen.lock);
    seen.closed = true;
    pthread_mutex_unlock(&seen.lock);
    while (net_land_one(1))
        ;
    assert_int_equal(atomic_load(&net.kept), 0);
    wires_end(l->wires);
    for (unsigned i = 0; i < l->count; i++)
        free(l->bricks[i]);
    free(l->bricks);
    for (struct question *q; (q = seen.asked); free(q))
        seen.asked = q->next;
}

static void
wait_for(const unsigned *what, unsigned value)
{
    pthread_mutex_lock(&seen.lock);
    while (*what < value)
        pthread_cond_wait(&seen.cond, &seen.lock);
    pthread_mutex_unlock(&seen.lock);
}

/* ---- tests ------------------------------------------------------------------------------------ */

static void
a_brick_can_be_asked_while_it_is_up(void **state)
{
    struct real l;
    struct wires *w = opened(&l);

    (void)state;
    assert_int_equal(ask(&l, 0), -ENOTCONN);
    assert_int_equal(ask(&l, 99), -ENOTCONN);
    tell_up(&w->owner, 0, true);
    wait_for(&seen.ups, 1);
    assert_int_equal(ask(&l, 1), -ENOTCONN);
    assert_int_equal(ask(&l, 0), 0);
    assert_int_equal(ask(&l, 0), 0);
    assert_true(net_land_one(1));
    wait_for(&seen.answers, 1);
    tell_up(&w->owner, 0, false); /* answers the other one */
    wait_for(&seen.ups, 2);
    assert_int_equal(seen.answers, 2);
    assert_int_equal(ask(&l, 0), -ENOTCONN);
    assert_true(net_land_one(1)); /* too late */
    closed(&l);
}

static void
an_ask_that_fails_is_not_answered(void **state)
{
    struct real l;
    struct wires *w = opened(&l);

    (void)state;
    tell_up(&w->owner, 0, true);
    wait_for(&seen.ups, 1);
    net.fails = true;
    assert_int_equal(ask(&l, 0), -ENOMEM);
    net.fails = false;
    net.answers_at_once = true;
    assert_int_equal(ask(&l, 0), 0);
    wait_for(&seen.answers, 1);
    closed(&l);
    assert_int_equal(seen.answers, 1);
}

static void
other_wires_end_what_was_asked_of_the_old_ones(void **state)
{
    struct real l;
    struct wires *w = opened(&l);

    (void)state;
    tell_up(&w->owner, 3, true);
    wait_for(&seen.ups, 1);
    assert_int_equal(ask(&l, 3), 0);
    struct wires *next = wires(&l, 2); /* bricks 2 to 5 */

    tell_up(&next->owner, 1, true); /* that is brick 3 */
    assert_ptr_equal(tell_switch(&l, next), w);
    wait_for(&seen.ups, 3);
    wait_for(&seen.changes, 1);
    assert_int_equal(seen.answers, 1);
    assert_int_equal(ask(&l, 3), 0);
    tell_up(&w->owner, 3, false); /* of no meaning any more */
    assert_true(net_land_one(0));
    assert_true(net_land_one(0));
    wait_for(&seen.answers, 2);
    closed(&l);
    wires_end(w);
}

static atomic_bool enough;

static void *
asker(void *arg)
{
    struct real *l = arg;

    for (unsigned i = 0; i < ASKS; i++)
        ask(l, i % (BRICKS + 1));
    return NULL;
}

static void *
answerer(void *arg)
{
    for (unsigned seed = 1; !atomic_load(&enough); seed = seed * 1103515245 + 12345)
        net_land_one(seed >> 8);
    return arg;
}

static void *
connector(void *arg)
{
    struct real *l = arg;

    for (unsigned seed = 1; !atomic_load(&enough); seed = seed * 1103515245 + 12345)
        tell_up(&l->wires->owner, (seed >> 16) % BRICKS, seed >> 8 & 1);
    return NULL;
}

static void
whatever_comes_together_each_ask_is_answered_once_and_in_order(void **state)
{
    struct real l;
    pthread_t askers[ASKERS], others[CONNECTORS + 2];

    (void)state;
    opened(&l);
    atomic_store(&enough, false);
    for (int i = 0; i < ASKERS; i++)
        assert_int_equal(tell_thread(&askers[i], asker, &l), 0);
    for (int i = 0; i < CONNECTORS + 2; i++)
        assert_int_equal(tell_thread(&others[i], i < 2 ? answerer : connector, &l), 0);
    for (int i = 0; i < ASKERS; i++)
        pthread_join(askers[i], NULL);
    tell_stop(&l); /* while the others go on */
    atomic_store(&enough, true);
    for (int i = 0; i < CONNECTORS + 2; i++)
        pthread_join(others[i], NULL);
    closed(&l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_brick_can_be_asked_while_it_is_up),
        cmocka_unit_test(an_ask_that_fails_is_not_answered),
        cmocka_unit_test(other_wires_end_what_was_asked_of_the_old_ones),
        cmocka_unit_test(whatever_comes_together_each_ask_is_answered_once_and_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
