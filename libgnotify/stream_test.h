/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What the tests of the reader have in common: changes put on bricks in memory
 * (fake_link.h), and what must come of them.
 */
#ifndef VOLEXT_STREAM_TEST_H
#define VOLEXT_STREAM_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "common/cleanup.h"
#include "libgnotify/fake_link.h"
#include "libgnotify/stream_inside.h"

enum { SOON = 20000, QUIET = 60 }; /* ms: what must come; what must not */
enum { HARDLY = 300 * MS };        /* how long a brick that is away is waited for */

static inline void
cleanup_fake(struct fake **f)
{
    fake_free(*f);
}

static inline void
cleanup_stream(struct stream **s)
{
    stream_close(*s);
}

/* The stream is to be declared behind its bricks: it ends first. */
#define AUTO_FAKE AUTO(cleanup_fake)
#define AUTO_STREAM AUTO(cleanup_stream)

static uint64_t clock_of_clients = 1000;

static inline void
put_at(struct fake *f, unsigned brick, enum notify_op op, const char *path, uint64_t time)
{
    struct notify_record r = {.op = op, .flags = NOTIFY_HAS_NAME | NOTIFY_HAS_ACTOR, .client = 7,
                              .time = time, .gfid = {9}, .name = {{1}, path, (uint16_t)strlen(path)}};

    fake_record(f, brick, &r);
}

/* The same change on bricks `first` to `last`. */
static inline void
put(struct fake *f, unsigned first, unsigned last, const char *path)
{
    clock_of_clients++;
    for (unsigned i = first; i <= last; i++)
        put_at(f, i, NOTIFY_CREATE, path, clock_of_clients);
}

static inline struct stream *
open_with(struct fake *f, struct stream_options options)
{
    struct stream *s = NULL;
    AUTO_FREE char *why = NULL;
    int err = stream_open(fake_reach, f, &options, &s, &why);

    if (err)
        print_error("%s\n", why);
    assert_int_equal(err, 0);
    return s;
}

static inline void
text_of(const struct stream_event *e, char *text, size_t room)
{
    static const char *const whys[] = {"retention", "crash", "overflow", "away", "lost"};
    const struct notify_record *r = e->record;

    if (e->kind == STREAM_CHANGE)
        snprintf(text, room, "%.*s", r->name.len, r->name.path);
    else if (e->kind == STREAM_SYNTHETIC)
        snprintf(text, room, "synthetic:%.*s", r->name.len, r->name.path);
    else if (e->kind == STREAM_GAP)
        snprintf(text, room, "gap:%s", whys[e->why]);
    else
        snprintf(text, room, "caught-up");
}

static inline struct stream_event
next_event(struct stream *s)
{
    struct stream_event e;

    assert_int_equal(stream_read(s, SOON, &e), 1);
    return e;
}

/* What comes next is that, in order; texts of text_of with blanks between. */
static inline void
expect(struct stream *s, const char *texts)
{
    AUTO_FREE char *copy = strdup(texts);
    char text[256], *rest = NULL;

    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        struct stream_event e = next_event(s);

        text_of(&e, text, sizeof(text));
        assert_string_equal(text, word);
    }
}

/* Both come next, in any order. */
static inline void
expect_both(struct stream *s, const char *one, const char *other)
{
    char first[256], second[256];
    struct stream_event e = next_event(s);

    text_of(&e, first, sizeof(first));
    e = next_event(s);
    text_of(&e, second, sizeof(second));
    bool turned = strcmp(first, one) != 0;

    assert_string_equal(turned ? second : first, one);
    assert_string_equal(turned ? first : second, other);
}

static inline void
expect_quiet(struct stream *s)
{
    struct stream_event e;
    char text[256] = "";

    if (stream_read(s, QUIET, &e) == 1)
        text_of(&e, text, sizeof(text));
    assert_string_equal(text, "");
}

/* "/0", "/1", ... in order, `count` of them, and nothing behind them. */
static inline void
expect_numbers(struct stream *s, unsigned count)
{
    char path[32];

    for (unsigned i = 0; i < count; i++) {
        snprintf(path, sizeof(path), "/%u", i);
        expect(s, path);
    }
    expect_quiet(s);
}

/* Bricks that are away are waited for, in the tests that say so; in the others nearly not. */
static inline int
patient(void **state)
{
    (void)state;
    stream_away_patience = 60000 * MS;
    return 0;
}

static inline int
impatient(void **state)
{
    (void)state;
    stream_away_patience = HARDLY;
    return 0;
}

#define PATIENT(test) cmocka_unit_test_setup_teardown(test, patient, impatient)

/* What a main() begins with; an argument names the tests that are run, with stars. */
static inline void
begin(int argc, char **argv)
{
    stream_away_patience = HARDLY;
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
}

#endif
