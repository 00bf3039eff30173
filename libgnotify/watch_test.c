/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What each change becomes for which watch. The expected sequences are what inotify gives on
 * Linux for the same operations on a local file system.
 */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/cleanup.h"
#include "common/strbuf.h"
#include "libgnotify/watch.h"

/* Files are numbers: of their gfid the last byte. The root is 1. */
struct test {
    struct watches set;
    struct strbuf told;
};

static struct test t;

static int
setup(void **state)
{
    (void)state;
    t = (struct test){0};
    return watches_init(&t.set);
}

static int
teardown(void **state)
{
    (void)state;
    watches_free(&t.set);
    strbuf_free(&t.told);
    return 0;
}

static const struct { uint32_t bit; const char *name; } words[] = {
    {GNOTIFY_ACCESS, "ACCESS"}, {GNOTIFY_MODIFY, "MODIFY"}, {GNOTIFY_ATTRIB, "ATTRIB"},
    {GNOTIFY_CLOSE_WRITE, "CLOSE_WRITE"}, {GNOTIFY_CLOSE_NOWRITE, "CLOSE_NOWRITE"},
    {GNOTIFY_OPEN, "OPEN"}, {GNOTIFY_MOVED_FROM, "MOVED_FROM"}, {GNOTIFY_MOVED_TO, "MOVED_TO"},
    {GNOTIFY_CREATE, "CREATE"}, {GNOTIFY_DELETE, "DELETE"}, {GNOTIFY_DELETE_SELF, "DELETE_SELF"},
    {GNOTIFY_MOVE_SELF, "MOVE_SELF"}, {GNOTIFY_IGNORED, "IGNORED"},
    {GNOTIFY_SYNTHETIC, "SYNTHETIC"}, {GNOTIFY_ISDIR, "ISDIR"},
};

/* `WD EVENTS NAME[?][ cCOOKIE][ +][ !]`: ? unplaced, + more follows, … */
static int
take(void *arg, const struct notify_record *r, const struct watch_event *e)
{
    struct strbuf *out = &t.told;
    const char *between = "";

    (void)arg, (void)r;
    strbuf_fmt(out, "%s%d ", out->len ? "; " : "", e->wd);
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (!(e->mask & words[i].bit))
            continue;
        strbuf_fmt(out, "%s%s", between, words[i].name);
        between = ",";
    }
    if (e->name)
        strbuf_fmt(out, " %.*s", (int)e->name_len, e->name);
    if (e->flags & GNOTIFY_UNPLACED)
        strbuf_str(out, "?");
    if (e->cookie)
        strbuf_fmt(out, " c%u", e->cookie);
    if (!e->more)
        strbuf_str(out, ".");
    return 0;
}

static struct notify_name
name_in(uint8_t parent, const char *path)
{
    struct notify_name n = {.path = path, .len = (uint16_t)strlen(path)};

    n.parent[15] = parent;
    return n;
}

static const char *
apply(const struct notify_record *r)
{
    strbuf_reset(&t.told);
    assert_int_equal(watches_apply(&t.set, r, false, take, NULL), 0);
    watches_sweep(&t.set);
    return strbuf_text(&t.told);
}

static struct notify_record
record(enum notify_op op, unsigned flags, uint8_t file, uint8_t parent, const char *path)
{
    struct notify_record r = {.op = op, .flags = flags | NOTIFY_HAS_NAME, .time = 1000,
                              .name = name_in(parent, path)};

    r.gfid[15] = file;
    return r;
}

/* What is told of an operation on a file in a folder. */
static const char *
did(enum notify_op op, unsigned flags, uint8_t file, uint8_t parent, const char *path)
{
    struct notify_record r = record(op, flags, file, parent, path);

    return apply(&r);
}

static const char *
moved_at(uint64_t time, unsigned flags, uint8_t file, uint8_t parent, const char *path,
         uint8_t to_parent, const char *to)
{
    struct notify_record r = record(NOTIFY_RENAME, flags | NOTIFY_HAS_TO, file, parent, path);

    r.to = name_in(to_parent, to);
    r.time = time;
    return apply(&r);
}

static const char *
moved(unsigned flags, uint8_t file, uint8_t parent, const char *path, uint8_t to_parent,
      const char *to)
{
    return moved_at(1000, flags, file, parent, path, to_parent, to);
}

/* Watches a path; gfids of its parts as a string of bytes. */
static int
add(const char *path, const char *gfids, bool is_dir, uint32_t mask)
{
    uint8_t chain[16][WATCH_GFID] = {{0}};
    unsigned depth = (unsigned)strlen(gfids);

    for (unsigned i = 0; i < depth; i++)
        chain[i][15] = (uint8_t)gfids[i];
    return watch_add(&t.set, path, (const uint8_t(*)[WATCH_GFID])chain, depth, is_dir, mask);
}

enum { ALL = GNOTIFY_ALL_EVENTS, DEEP = GNOTIFY_ALL_EVENTS | GNOTIFY_RECURSIVE };
#define assert_told(call, text) assert_string_equal(call, text)

/* ---- a folder -------------------------------------------------------------- */

static void
a_folder_shows_its_entries(void **state)
{
    (void)state;
    assert_int_equal(add("/d", "\x0d", true, ALL), 1);
    assert_told(did(NOTIFY_CREATE, 0, 2, 0xd, "/d/a"), "1 CREATE a.");
    assert_told(did(NOTIFY_MKNOD, 0, 2, 0xd, "/d/p"), "1 CREATE p.");
    assert_told(did(NOTIFY_SYMLINK, 0, 2, 0xd, "/d/s"), "1 CREATE s.");
    assert_told(did(NOTIFY_LINK, 0, 2, 0xd, "/d/l"), "1 CREATE l.");
    assert_told(did(NOTIFY_MKDIR, NOTIFY_ISDIR, 3, 0xd, "/d/e"), "1 CREATE,ISDIR e.");
    assert_told(did(NOTIFY_RMDIR, NOTIFY_ISDIR, 3, 0xd, "/d/e"), "1 DELETE,ISDIR e.");
    assert_told(did(NOTIFY_UNLINK, NOTIFY_LAST_LINK, 2, 0xd, "/d/a"), "1 DELETE a.");
    assert_told(did(NOTIFY_WRITE, 0, 2, 0xd, "/d/a"), "1 MODIFY a.");
    assert_told(did(NOTIFY_TRUNCATE, 0, 2, 0xd, "/d/a"), "1 MODIFY a.");
    assert_told(did(NOTIFY_FALLOCATE, 0, 2, 0xd, "/d/a"), "1 MODIFY a.");
    assert_told(did(NOTIFY_DISCARD, 0, 2, 0xd, "/d/a"), "1 MODIFY a.");
    assert_told(did(NOTIFY_ZEROFILL, 0, 2, 0xd, "/d/a"), "1 MODIFY a.");
    assert_told(did(NOTIFY_SETATTR, 0, 2, 0xd, "/d/a"), "1 ATTRIB a.");
    assert_told(did(NOTIFY_SETATTR, NOTIFY_ISDIR, 3, 0xd, "/d/e"), "1 ATTRIB,ISDIR e.");
    assert_told(did(NOTIFY_SETXATTR, 0, 2, 0xd, "/d/a"), "1 ATTRIB a.");
    assert_told(did(NOTIFY_REMOVEXATTR, 0, 2, 0xd, "/d/a"), "1 ATTRIB a.");
    assert_told(did(NOTIFY_OPEN, 0, 2, 0xd, "/d/a"), "1 OPEN a.");
    assert_told(did(NOTIFY_CLOSE, NOTIFY_WRITABLE, 2, 0xd, "/d/a"), "1 CLOSE_WRITE a.");
    assert_told(did(NOTIFY_CLOSE, 0, 2, 0xd, "/d/a"), "1 CLOSE_NOWRITE a.");
    assert_told(did(NOTIFY_READ, 0, 2, 0xd, "/d/a"), "1 ACCESS a.");
    assert_told(did(NOTIFY_CREATE, NOTIFY_WRITTEN, 2, 0xd, "/d/put"),
                "1 CREATE put; 1 MODIFY put; 1 CLOSE_WRITE put.");
    /* not what is elsewhere, or deeper */
    assert_told(did(NOTIFY_CREATE, 0, 2, 1, "/x"), "");
    assert_told(did(NOTIFY_CREATE, 0, 2, 1, "/dd"), "");
    assert_told(did(NOTIFY_CREATE, 0, 2, 3, "/d/e/x"), "");
}

static void
a_folder_shows_what_becomes_of_itself(void **state)
{
    (void)state;
    add("/d", "\x0d", true, ALL);
    assert_told(did(NOTIFY_SETATTR, NOTIFY_ISDIR, 0xd, 1, "/d"), "1 ATTRIB,ISDIR.");
    assert_told(did(NOTIFY_OPEN, NOTIFY_ISDIR, 0xd, 1, "/d"), "1 OPEN,ISDIR.");
    assert_told(moved(NOTIFY_ISDIR, 0xd, 1, "/d", 1, "/e"), "1 MOVE_SELF.");
    assert_told(did(NOTIFY_CREATE, 0, 2, 0xd, "/e/a"), "1 CREATE a.");
    assert_told(did(NOTIFY_RMDIR, NOTIFY_ISDIR, 0xd, 1, "/e"), "1 DELETE_SELF; 1 IGNORED.");
    assert_null(watch_get(&t.set, 1));
    assert_told(did(NOTIFY_CREATE, 0, 2, 0xd, "/d/a"), "");
}

static void
the_root_is_a_folder(void **state)
{
    (void)state;
    add("", "", true, DEEP);
    assert_told(did(NOTIFY_CREATE, 0, 2, 1, "/a"), "1 CREATE a.");
    assert_told(did(NOTIFY_CREATE, 0, 2, 9, "/x/y/a"), "1 CREATE x/y/a.");
    assert_told(did(NOTIFY_SETATTR, NOTIFY_ISDIR, 1, 0, "/"), "1 ATTRIB,ISDIR.");
    assert_told(moved(0, 2, 1, "/a", 9, "/x/b"), "1 MOVED_FROM a c1; 1 MOVED_TO x/b c1.");
}

static void
a_rename_is_a_pair(void **state)
{
    (void)state;
    add("/d", "\x0d", true, ALL);
    add("/e", "\x0e", true, ALL);
    assert_told(moved(0, 2, 0xd, "/d/a", 0xd, "/d/b"), "1 MOVED_FROM a c1; 1 MOVED_TO b c1.");
    assert_told(moved(0, 2, 0xd, "/d/b", 0xe, "/e/b"), "1 MOVED_FROM b c2; 2 MOVED_TO b c2.");
    assert_told(moved(0, 2, 0xe, "/e/b", 1, "/b"), "2 MOVED_FROM b c3.");
    assert_told(moved(0, 2, 1, "/b", 0xd, "/d/b"), "1 MOVED_TO b c4.");
    assert_told(moved(NOTIFY_ISDIR, 3, 0xd, "/d/x", 0xe, "/e/x"),
                "1 MOVED_FROM,ISDIR x c5; 2 MOVED_TO,ISDIR x c5.");
}

/* ---- a file ---------------------------------------------------------------- */

static void
a_file_shows_what_is_done_to_it_by_any_name(void **state)
{
    (void)state;
    add("/d", "\x0d", true, ALL);
    add("/d/a", "\x0d\x02", false, ALL);
    assert_told(did(NOTIFY_LINK, 0, 2, 0xd, "/d/l"), "2 ATTRIB; 1 CREATE l.");
    assert_told(did(NOTIFY_OPEN, 0, 2, 0xd, "/d/l"), "1 OPEN l; 2 OPEN.");
    assert_told(did(NOTIFY_WRITE, 0, 2, 0xd, "/d/l"), "1 MODIFY l; 2 MODIFY.");
    assert_told(did(NOTIFY_CLOSE, NOTIFY_WRITABLE, 2, 0xd, "/d/l"), "1 CLOSE_WRITE l; 2 CLOSE_WRITE.");
    assert_told(did(NOTIFY_SETATTR, 0, 2, 0xd, "/d/a"), "1 ATTRIB a; 2 ATTRIB.");
    assert_told(did(NOTIFY_UNLINK, 0, 2, 0xd, "/d/l"), "2 ATTRIB; 1 DELETE l.");
    assert_told(did(NOTIFY_UNLINK, NOTIFY_LAST_LINK, 2, 0xd, "/d/a"),
                "2 ATTRIB; 2 DELETE_SELF; 2 IGNORED; 1 DELETE a.");
}

static void
a_file_that_is_renamed_stays_watched(void **state)
{
    (void)state;
    add("/d/b", "\x0d\x02", false, ALL);
    assert_told(moved(0, 2, 0xd, "/d/b", 0xe, "/e/c"), "1 MOVE_SELF.");
    assert_string_equal(watch_get(&t.set, 1)->path, "/e/c");
    assert_told(did(NOTIFY_WRITE, 0, 2, 0xe, "/e/c"), "1 MODIFY.");
    /* another of its names is renamed */
    assert_told(moved(0, 2, 0xd, "/d/x", 0xd, "/d/y"), "1 MOVE_SELF.");
    assert_string_equal(watch_get(&t.set, 1)->path, "/e/c");
}

static void
a_rename_over_a_watched_file_ends_its_watch(void **state)
{
    (void)state;
    add("/d", "\x0d", true, ALL);
    add("/d/b", "\x0d\x02", false, ALL);
    add("/d/c", "\x0d\x03", false, ALL);
    assert_told(moved(NOTIFY_LAST_LINK, 2, 0xd, "/d/b", 0xd, "/d/c"),
                "1 MOVED_FROM b c1; 1 MOVED_TO c c1; 3 ATTRIB; 2 MOVE_SELF; 3 DELETE_SELF; 3 IGNORED.");
    assert_null(watch_get(&t.set, 3));
    assert_string_equal(watch_get(&t.set, 2)->path, "/d/c");
}

static void
a_rename_over_one_of_two_names_does_not_end_its_watch(void **state)
{
    (void)state;
    add("/d/c", "\x0d\x03", false, ALL);
    assert_told(moved(0, 2, 0xd, "/d/b", 0xd, "/d/c"), "1 ATTRIB.");
    assert_told(did(NOTIFY_WRITE, 0, 3, 0xd, "/d/other"), "1 MODIFY.");
}

/* ---- recursive ------------------------------------------------------------- */

static void
a_recursive_watch_shows_what_is_below(void **state)
{
    (void)state;
    add("/d", "\x0d", true, DEEP);
    assert_told(did(NOTIFY_CREATE, 0, 2, 0xd, "/d/a"), "1 CREATE a.");
    assert_told(did(NOTIFY_MKDIR, NOTIFY_ISDIR, 3, 0xd, "/d/e"), "1 CREATE,ISDIR e.");
    assert_told(did(NOTIFY_CREATE, 0, 4, 3, "/d/e/f/g"), "1 CREATE e/f/g.");
    assert_told(did(NOTIFY_CREATE, 0, 4, 1, "/dd"), "");
    assert_told(did(NOTIFY_CREATE, 0, 4, 8, "/dd/x"), "");
    assert_told(did(NOTIFY_SETATTR, NOTIFY_ISDIR, 0xd, 1, "/d"), "1 ATTRIB,ISDIR.");
    assert_told(moved(0, 4, 3, "/d/e/g", 1, "/g"), "1 MOVED_FROM e/g c1.");
    assert_told(moved(0, 4, 1, "/g", 3, "/d/e/g"), "1 MOVED_TO e/g c2.");
}

static void
a_recursive_watch_follows_its_folder_and_those_above(void **state)
{
    (void)state;
    add("/p/q/d", "\x0a\x0b\x0d", true, DEEP);
    assert_told(moved(NOTIFY_ISDIR, 0xb, 0xa, "/p/q", 1, "/r"), "");
    assert_string_equal(watch_get(&t.set, 1)->path, "/r/d");
    assert_told(did(NOTIFY_CREATE, 0, 4, 3, "/r/d/e/g"), "1 CREATE e/g.");
    assert_told(moved(NOTIFY_ISDIR, 0xb, 1, "/r", 0xc, "/x/y/z"), "");
    assert_string_equal(watch_get(&t.set, 1)->path, "/x/y/z/d");
    /* of x nothing was known but its name */
    assert_told(moved(NOTIFY_ISDIR, 0x77, 1, "/x", 1, "/w"), "");
    assert_string_equal(watch_get(&t.set, 1)->path, "/w/y/z/d");
    assert_told(moved(NOTIFY_ISDIR, 0xd, 0xb, "/w/y/z/d", 1, "/d"), "1 MOVE_SELF.");
    assert_told(did(NOTIFY_CREATE, 0, 4, 3, "/d/e/g"), "1 CREATE e/g.");
    assert_told(did(NOTIFY_CREATE, 0, 4, 3, "/w/y/z/d/e/g"), "");
}

static void
another_folder_of_an_old_name_moves_nothing(void **state)
{
    (void)state;
    add("/p/d", "\x0a\x0d", true, DEEP);
    /* as a journal tells it: long ago, another folder was called so */
    assert_told(moved(NOTIFY_ISDIR, 0x55, 1, "/p", 1, "/old"), "");
    assert_string_equal(watch_get(&t.set, 1)->path, "/p/d");
    /* and this one came to be called so */
    assert_told(moved(NOTIFY_ISDIR, 0x0a, 1, "/x", 1, "/p"), "");
    assert_string_equal(watch_get(&t.set, 1)->path, "/p/d");
    assert_memory_equal(watch_get(&t.set, 1)->chain[0], "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0a", 16);
}

static void
what_was_done_under_the_old_name_and_comes_late_is_told(void **state)
{
    (void)state;
    add("/d", "\x0d", true, DEEP);
    moved_at(5000, NOTIFY_ISDIR, 0xd, 1, "/d", 1, "/e");
    struct notify_record r = record(NOTIFY_CREATE, 0, 4, 3, "/d/s/f");

    r.time = 4999;
    assert_told(apply(&r), "1 CREATE s/f.");
    r.time = 5001; /* another folder has that name now */
    assert_told(apply(&r), "");
    for (int i = 0; i < 2 * WATCH_FORMER; i++) {
        moved_at(6000, NOTIFY_ISDIR, 0xd, 1, "/e", 1, "/g");
        moved_at(6000, NOTIFY_ISDIR, 0xd, 1, "/g", 1, "/e");
    }
    r.time = 4999; /* so many names are not kept */
    assert_told(apply(&r), "");
}

/* ---- what is not known ------------------------------------------------------ */

static void
what_cannot_be_placed_comes_to_all_and_says_so(void **state)
{
    (void)state;
    add("/d", "\x0d", true, DEEP);
    add("/e", "\x0e", true, ALL);
    add("/f", "\x0f", false, ALL);
    assert_told(did(NOTIFY_CLOSE, NOTIFY_NAME_ONLY | NOTIFY_WRITABLE, 2, 0, "x"),
                "1 CLOSE_WRITE x?; 2 CLOSE_WRITE x?.");
    assert_told(did(NOTIFY_CLOSE, NOTIFY_NAME_ONLY, 2, 0, ""),
                "1 CLOSE_NOWRITE?; 2 CLOSE_NOWRITE?.");
    /* its folder is known, but not where that is */
    assert_told(did(NOTIFY_CREATE, NOTIFY_NAME_ONLY, 2, 7, "x"), "1 CREATE x?.");
    assert_told(did(NOTIFY_CREATE, NOTIFY_NAME_ONLY, 2, 0xe, "x"), "2 CREATE x; 1 CREATE x?.");
    assert_told(did(NOTIFY_CREATE, NOTIFY_NAME_ONLY, 2, 0xd, "x"), "1 CREATE x.");
    /* the file itself is known in any case */
    assert_told(did(NOTIFY_SETATTR, NOTIFY_NAME_ONLY, 0xf, 1, ""), "1 ATTRIB?; 3 ATTRIB.");
    assert_told(did(NOTIFY_SETATTR, NOTIFY_NAME_ONLY | NOTIFY_ISDIR, 0xd, 1, "d"), "1 ATTRIB,ISDIR.");
    /* a path without its folder's gfid is enough */
    assert_told(did(NOTIFY_WRITE, 0, 2, 0, "/e/x"), "2 MODIFY x.");
    assert_told(did(NOTIFY_WRITE, 0, 2, 0, "/d/y/x"), "1 MODIFY y/x.");
}

static void
a_rename_to_nowhere_known_is_looked_up_later(void **state)
{
    (void)state;
    add("/d", "\x0d", true, DEEP);
    assert_told(moved(NOTIFY_ISDIR | NOTIFY_TO_NAME_ONLY, 0xd, 1, "/d", 5, "x"), "1 MOVE_SELF.");
    assert_true(t.set.stale);
    assert_true(watch_get(&t.set, 1)->stale);
    /* what bricks may send */
    assert_told(moved(NOTIFY_ISDIR, 0xd, 1, "/d", 5, "x"), "1 MOVE_SELF.");
    assert_told(moved(NOTIFY_ISDIR, 0xd, 1, "/d", 5, ""), "1 MOVE_SELF.");
    assert_told(moved(NOTIFY_ISDIR, 0xd, 1, "", 5, ""), "1 MOVE_SELF.");
}

static void
what_was_found_out_is_synthetic(void **state)
{
    struct notify_record r = record(NOTIFY_MISSED, NOTIFY_HAS_DETAIL, 2, 0xd, "/d/a");

    (void)state;
    add("/d", "\x0d", true, ALL);
    r.detail = "create";
    r.detail_len = 6;
    assert_int_equal(watches_apply(&t.set, &r, true, take, NULL), 0);
    assert_told(strbuf_text(&t.told), "1 CREATE,SYNTHETIC a.");
    strbuf_reset(&t.told);
    r.detail = "writev";
    assert_int_equal(watches_apply(&t.set, &r, true, take, NULL), 0);
    assert_told(strbuf_text(&t.told), "1 MODIFY,SYNTHETIC a.");
}

/* ---- masks ------------------------------------------------------------------ */

static void
a_mask_chooses(void **state)
{
    (void)state;
    add("/d", "\x0d", true, GNOTIFY_MOVED_TO | GNOTIFY_DELETE);
    assert_told(moved(0, 2, 0xd, "/d/a", 0xd, "/d/b"), "1 MOVED_TO b c1.");
    assert_told(did(NOTIFY_CREATE, 0, 2, 0xd, "/d/a"), "");
    assert_told(did(NOTIFY_UNLINK, 0, 2, 0xd, "/d/a"), "1 DELETE a.");
    /* the end of a watch is always told */
    assert_told(did(NOTIFY_RMDIR, NOTIFY_ISDIR, 0xd, 1, "/d"), "1 IGNORED.");
}

static void
once_is_once(void **state)
{
    (void)state;
    add("/d", "\x0d", true, DEEP | (uint32_t)GNOTIFY_ONESHOT);
    assert_told(moved(0, 2, 0xd, "/d/a", 0xd, "/d/b"), "1 MOVED_FROM a c1; 1 IGNORED.");
    assert_told(did(NOTIFY_CREATE, 0, 2, 0xd, "/d/a"), "");
    add("/f", "\x0f", false, ALL | (uint32_t)GNOTIFY_ONESHOT);
    assert_told(did(NOTIFY_UNLINK, NOTIFY_LAST_LINK, 0xf, 1, "/f"), "2 ATTRIB; 2 IGNORED.");
    assert_int_equal(t.set.count, 0);
}

static void
the_same_file_is_the_same_watch(void **state)
{
    (void)state;
    assert_int_equal(add("/d", "\x0d", true, ALL), 1);
    assert_int_equal(add("/d", "\x0d", true, DEEP), 1);
    assert_told(did(NOTIFY_CREATE, 0, 2, 3, "/d/x/y"), "1 CREATE x/y.");
    assert_int_equal(add("/e", "\x0d", true, DEEP), 1); /* it was renamed, which was not told yet */
    assert_told(did(NOTIFY_CREATE, 0, 2, 3, "/e/x/y"), "1 CREATE x/y.");
    assert_int_equal(add("/e", "\x0d", true, GNOTIFY_DELETE), 1);
    assert_told(did(NOTIFY_CREATE, 0, 2, 3, "/e/x/y"), "");
}

static void
many_watches_are_found(void **state)
{
    char path[32];
    uint8_t chain[1][WATCH_GFID] = {{0}};

    (void)state;
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(path, sizeof(path), "/f%u", i);
        memcpy(chain[0], &i, sizeof(i));
        chain[0][15] = (uint8_t)i;
        chain[0][12] = 1;
        assert_int_equal(watch_add(&t.set, path, (const uint8_t(*)[WATCH_GFID])chain, 1, false, ALL),
                         i + 1);
    }
    for (unsigned i = 0; i < 5000; i++) {
        struct notify_record r = record(NOTIFY_UNLINK, NOTIFY_LAST_LINK, 0, 1, "/f");

        memcpy(r.gfid, &i, sizeof(i));
        r.gfid[15] = (uint8_t)i;
        r.gfid[12] = 1;
        AUTO_FREE char *expected = str_fmt("%u ATTRIB; %u DELETE_SELF; %u IGNORED.", i + 1, i + 1,
                                           i + 1);

        strbuf_reset(&t.told);
        assert_int_equal(watches_apply(&t.set, &r, false, take, NULL), 0);
        assert_told(strbuf_text(&t.told), expected);
        if (i % 100 == 0)
            watches_sweep(&t.set);
    }
    watches_sweep(&t.set);
    assert_int_equal(t.set.count, 0);
}

/* Bricks may send anything: nothing is read that is not there, and no watch is told what it
 * did not ask for. */
static int
check(void *arg, const struct notify_record *r, const struct watch_event *e)
{

    (void)arg, (void)r;
    assert_true(e->wd >= 1 && e->wd <= t.set.last_wd);
    /* all bytes are read */
    strbuf_reset(&t.told);
    strbuf_add(&t.told, e->name ? e->name : "", e->name_len);
    strbuf_add(&t.told, e->path ? e->path : "", e->path_len);
    assert_false(strbuf_failed(&t.told));
    return 0;
}

static unsigned
chance(unsigned below)
{
    static uint64_t state = 88172645463325252u;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 33) % below;
}

static void
any_path(struct notify_name *n, char *bytes)
{
    n->path = bytes;
    n->len = (uint16_t)chance(12);
    for (unsigned i = 0; i < n->len; i++)
        bytes[i] = "/////abc"[chance(8)];
    if (n->len && chance(4))
        bytes[0] = '/';
    n->parent[15] = (uint8_t)chance(6);
}

static void
whatever_bricks_send_does_no_harm(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 200000; n++) {
        /* of its own, so that a byte too many is seen */
        char *name = malloc(12), *to = malloc(12);
        struct notify_record r = {.op = chance(NOTIFY_OPS + 1), .flags = chance(NOTIFY_FLAGS + 1),
                                  .time = chance(100)};

        any_path(&r.name, name);
        any_path(&r.to, to);
        r.gfid[15] = (uint8_t)chance(6);
        if (r.op == NOTIFY_OPS)
            r.op = NOTIFY_MISSED;
        if (chance(4) == 0) {
            static const char *const paths[] = {"", "/a", "/a/b", "/a/b/c"};
            unsigned depth = chance(4);
            uint8_t chain[3][WATCH_GFID] = {{0}};

            for (unsigned i = 0; i < depth; i++)
                chain[i][15] = (uint8_t)(2 + chance(4));
            assert_true(watch_add(&t.set, paths[depth], (const uint8_t(*)[WATCH_GFID])chain, depth,
                                  chance(2), (1 + chance(0xfff)) | (chance(2) ? GNOTIFY_RECURSIVE : 0) |
                                  (chance(8) ? 0 : (uint32_t)GNOTIFY_ONESHOT)) > 0);
        }
        assert_int_equal(watches_apply(&t.set, &r, chance(2), check, NULL), 0);
        watches_sweep(&t.set);
        free(name);
        free(to);
    }
}

static void
operations_are_those_the_events_need(void **state)
{
    uint64_t names = (uint64_t)2 * ((1 << NOTIFY_RENAME) - 1);

    (void)state;
    assert_int_equal(events_ops(GNOTIFY_CREATE), names);
    assert_int_equal(events_ops(GNOTIFY_OPEN), names | 1 << NOTIFY_OPEN);
    assert_int_equal(events_ops(GNOTIFY_ALL_EVENTS), ((uint64_t)1 << NOTIFY_OPS) - 2);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_folder_shows_its_entries),
        TEST(a_folder_shows_what_becomes_of_itself),
        TEST(the_root_is_a_folder),
        TEST(a_rename_is_a_pair),
        TEST(a_file_shows_what_is_done_to_it_by_any_name),
        TEST(a_file_that_is_renamed_stays_watched),
        TEST(a_rename_over_a_watched_file_ends_its_watch),
        TEST(a_rename_over_one_of_two_names_does_not_end_its_watch),
        TEST(a_recursive_watch_shows_what_is_below),
        TEST(a_recursive_watch_follows_its_folder_and_those_above),
        TEST(another_folder_of_an_old_name_moves_nothing),
        TEST(what_was_done_under_the_old_name_and_comes_late_is_told),
        TEST(what_cannot_be_placed_comes_to_all_and_says_so),
        TEST(a_rename_to_nowhere_known_is_looked_up_later),
        TEST(what_was_found_out_is_synthetic),
        TEST(a_mask_chooses),
        TEST(once_is_once),
        TEST(the_same_file_is_the_same_watch),
        TEST(many_watches_are_found),
        TEST(whatever_bricks_send_does_no_harm),
        TEST(operations_are_those_the_events_need),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
