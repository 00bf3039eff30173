/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * A tree in which things happen at random: what the events come to, applied to the tree as it
 * was, must give the tree as it is.
 */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/strbuf.h"
#include "gfind/reduce_test.h"

enum { FILES = 600, NAMES = 2000, OPERATIONS = 60, RUNS = 3000 };

/* A volume: files by number (1 is the root), names in folders. */
struct name {
    unsigned folder, file;
    char text[8];
};

struct volume {
    struct { bool dir, there; unsigned data, attributes, links; } files[FILES];
    struct name names[NAMES];
    unsigned file_count, name_count;
};

static uint64_t seed;

static unsigned
any(unsigned below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % below;
}

static char *
path_in(const struct volume *v, unsigned folder, const char *text)
{
    if (folder == 1)
        return str_fmt("/%s", text);
    for (unsigned i = 0; i < v->name_count; i++)
        if (v->names[i].file == folder) {
            AUTO_FREE char *above = path_in(v, v->names[i].folder, v->names[i].text);

            return str_fmt("%s/%s", above, text);
        }
    fail();
    return NULL;
}

static struct name *
name_at(struct volume *v, unsigned folder, const char *text)
{
    for (unsigned i = 0; i < v->name_count; i++)
        if (v->names[i].folder == folder && !strcmp(v->names[i].text, text))
            return &v->names[i];
    return NULL;
}

static bool
is_empty(const struct volume *v, unsigned folder)
{
    for (unsigned i = 0; i < v->name_count; i++)
        if (v->names[i].folder == folder)
            return false;
    return true;
}

static bool
is_below(const struct volume *v, unsigned folder, unsigned above)
{
    for (unsigned i = 0; folder != above; i++) {
        if (folder == 1)
            return false;
        for (i = 0; v->names[i].file != folder; i++)
            ;
        folder = v->names[i].folder;
    }
    return true;
}

static unsigned
any_folder(const struct volume *v)
{
    unsigned f;

    do
        f = 1 + any(v->file_count);
    while (!v->files[f].there || !v->files[f].dir);
    return f;
}

static void
name_drop(struct volume *v, struct name *n)
{
    if (!--v->files[n->file].links)
        v->files[n->file].there = false;
    *n = v->names[--v->name_count];
}

static struct name *
name_add(struct volume *v, unsigned folder, const char *text, unsigned file)
{
    struct name *n = &v->names[v->name_count++];

    assert_true(v->name_count < NAMES);
    n->folder = folder;
    n->file = file;
    snprintf(n->text, sizeof(n->text), "%s", text);
    v->files[file].links++;
    return n;
}

/* What a reader of events is told; some of it is not known to the brick. */
static void
tell(struct reduce *r, struct reduce_event *e, unsigned file, unsigned folder, const char *path,
     unsigned to_folder, const char *to)
{
    unsigned what = any(12);

    if (!r)
        return;
    gfid(e->gfid, file);
    if (folder)
        gfid(e->name.parent, folder);
    if (to_folder)
        gfid(e->to.parent, to_folder);
    e->name.path = path;
    e->to.path = to;
    if (what == 0 && e->happened != REDUCE_MOVE) /* the name alone */
        e->name.path = path ? strrchr(path, '/') + 1 : NULL;
    assert_int_equal(reduce_event(r, e), 0);
}

static void
happen_create(struct volume *v, struct reduce *r, unsigned folder, const char *text)
{
    struct reduce_event e = {.happened = REDUCE_CREATE, .dir = any(3) == 0};

    if (name_at(v, folder, text) || v->file_count + 2 >= FILES)
        return;
    unsigned file = ++v->file_count;

    v->files[file].dir = e.dir;
    v->files[file].there = true;
    name_add(v, folder, text, file);
    AUTO_FREE char *path = path_in(v, folder, text);

    tell(r, &e, file, folder, path, 0, NULL);
}

static void
happen_remove(struct volume *v, struct reduce *r)
{
    struct name *n = &v->names[any(v->name_count)];
    struct reduce_event e = {.happened = REDUCE_DELETE, .dir = v->files[n->file].dir,
                             .last_link = v->files[n->file].links == 1};

    if (e.dir && !is_empty(v, n->file))
        return;
    AUTO_FREE char *path = path_in(v, n->folder, n->text);
    struct name was = *n;

    name_drop(v, n);
    tell(r, &e, was.file, was.folder, path, 0, NULL);
}

static void
happen_link(struct volume *v, struct reduce *r, unsigned folder, const char *text)
{
    struct name *n = &v->names[any(v->name_count)];
    struct reduce_event e = {.happened = REDUCE_LINK};

    if (v->files[n->file].dir || name_at(v, folder, text))
        return;
    n = name_add(v, folder, text, n->file);
    AUTO_FREE char *path = path_in(v, folder, text);

    tell(r, &e, n->file, folder, path, 0, NULL);
}

static void
happen_move(struct volume *v, struct reduce *r, unsigned folder, const char *text)
{
    struct name was = v->names[any(v->name_count)], *there = name_at(v, folder, text);
    struct reduce_event e = {.happened = REDUCE_MOVE, .dir = v->files[was.file].dir, .replaced = there};

    if (e.dir && is_below(v, folder, was.file))
        return;
    if (there && (there->file == was.file || v->files[there->file].dir != e.dir ||
                  (e.dir && !is_empty(v, there->file))))
        return;
    AUTO_FREE char *path = path_in(v, was.folder, was.text);

    if (there)
        name_drop(v, there);
    name_add(v, folder, text, was.file);
    name_drop(v, name_at(v, was.folder, was.text));
    AUTO_FREE char *to = path_in(v, folder, text);

    tell(r, &e, was.file, was.folder, path, folder, to);
}

static void
happen_touch(struct volume *v, struct reduce *r)
{
    static unsigned version;
    struct name *n = &v->names[any(v->name_count)];
    struct reduce_event e = {.dir = v->files[n->file].dir};

    e.happened = !e.dir && any(2) ? REDUCE_MODIFY : REDUCE_ATTRIB;
    *(e.happened == REDUCE_MODIFY ? &v->files[n->file].data : &v->files[n->file].attributes) = ++version;
    AUTO_FREE char *path = path_in(v, n->folder, n->text);
    bool nameless = any(20) == 0;

    tell(r, &e, n->file, nameless ? 0 : n->folder, nameless ? NULL : path, 0, NULL);
}

static void
happen(struct volume *v, struct reduce *r)
{
    unsigned folder = any_folder(v), what = v->name_count ? any(12) : 0;
    char text[2] = {(char)('a' + any(5)), '\0'};

    if (what < 3)
        happen_create(v, r, folder, text);
    else if (what < 5)
        happen_remove(v, r);
    else if (what < 6)
        happen_link(v, r, folder, text);
    else if (what < 10)
        happen_move(v, r, folder, text);
    else
        happen_touch(v, r);
}

static unsigned
number_of(const uint8_t bytes[GFID_SIZE])
{
    uint32_t number;

    memcpy(&number, bytes + 8, 4);
    return bytes[15] == 1 ? 1 : be32toh(number);
}

static int
in_model(void *arg, const uint8_t bytes[GFID_SIZE], const char *known, char **path)
{
    struct volume *v = arg;
    unsigned file = number_of(bytes);

    *path = NULL;
    for (unsigned i = 0; i < v->name_count && !*path; i++)
        if (v->names[i].file == file) {
            *path = path_in(v, v->names[i].folder, v->names[i].text);
            if (known && strcmp(known, *path) != 0 && i + 1 < v->name_count) {
                free(*path); /* it may be the next one */
                *path = NULL;
            }
        }
    return 0;
}

/* -- a backup: path by path, data and attributes by file, as it keeps hard links */

struct copy {
    struct { char *path; unsigned file; } paths[NAMES];
    unsigned count;
    unsigned data[FILES], attributes[FILES];
};

static void
copy_take(struct copy *c, struct volume *v)
{
    memset(c, 0, sizeof(*c));
    for (; c->count < v->name_count; c->count++) {
        c->paths[c->count].path = path_in(v, v->names[c->count].folder, v->names[c->count].text);
        c->paths[c->count].file = v->names[c->count].file;
    }
    for (unsigned i = 0; i < FILES; i++) {
        c->data[i] = v->files[i].data;
        c->attributes[i] = v->files[i].attributes;
    }
}

static void
copy_free(struct copy *c)
{
    while (c->count)
        free(c->paths[--c->count].path);
}

static int
copy_find(const struct copy *c, const char *path)
{
    for (unsigned i = 0; i < c->count; i++)
        if (!strcmp(c->paths[i].path, path))
            return (int)i;
    return -1;
}

static void
copy_drop(struct copy *c, int i)
{
    free(c->paths[i].path);
    c->paths[i] = c->paths[--c->count];
}

/* Takes FROM and what is below it to another place. */
static void
copy_move(struct copy *c, const char *from, const char *to)
{
    size_t len = strlen(from);

    assert_true(copy_find(c, from) >= 0);
    for (unsigned i = 0; i < c->count; i++)
        if (!strncmp(c->paths[i].path, from, len) && (!c->paths[i].path[len] || c->paths[i].path[len] == '/')) {
            char *path = str_fmt("%s%s", to, c->paths[i].path + len);

            free(c->paths[i].path);
            c->paths[i].path = path;
        }
}

static void
copy_put(struct copy *c, struct volume *v, const struct change *change)
{
    int i = copy_find(c, change->to);

    for (unsigned n = 0; n < v->name_count; n++) {
        AUTO_FREE char *path = path_in(v, v->names[n].folder, v->names[n].text);
        unsigned file = v->names[n].file;

        if (strcmp(path, change->to) != 0)
            continue;
        assert_true(change->kind == CHANGE_CREATED ? i < 0 || c->paths[i].file != file : i >= 0);
        if (i < 0) {
            i = (int)c->count++;
            c->paths[i].path = TAKE(path);
        }
        c->paths[i].file = file;
        c->data[file] = v->files[file].data;
        c->attributes[file] = v->files[file].attributes;
        return;
    }
    print_error("%s is not there\n", change->to);
    fail();
}

static void
copy_apply(struct copy *c, struct volume *v, const struct changes *changes)
{
    for (size_t i = 0; i < changes->count; i++) {
        const struct change *change = &changes->list[i];
        AUTO_FREE char *aside = str_fmt("%zu", i);

        if (change->kind == CHANGE_DELETED) {
            assert_true(copy_find(c, change->from) >= 0);
            copy_drop(c, copy_find(c, change->from));
        } else if (change->kind == CHANGE_MOVED) {
            copy_move(c, change->from, aside);
        }
    }
    for (size_t round = changes->count; round-- > 0;) {
        /* the shallowest TO first */
        size_t best = changes->count;

        for (size_t i = 0; i < changes->count; i++) {
            AUTO_FREE char *aside = str_fmt("%zu", i);

            if (changes->list[i].kind == CHANGE_MOVED && copy_find(c, aside) >= 0 &&
                (best == changes->count || strcmp(changes->list[i].to, changes->list[best].to) < 0))
                best = i;
        }
        if (best == changes->count)
            break;
        AUTO_FREE char *aside = str_fmt("%zu", best);
        int there = copy_find(c, changes->list[best].to);

        if (there >= 0)
            copy_drop(c, there);
        copy_move(c, aside, changes->list[best].to);
    }
    for (size_t i = 0; i < changes->count; i++)
        if (changes->list[i].to && changes->list[i].kind != CHANGE_MOVED && strcmp(changes->list[i].to, "/") != 0)
            copy_put(c, v, &changes->list[i]);
}

static bool
copy_same(const struct copy *a, const struct copy *b)
{
    bool same = a->count == b->count;

    for (unsigned i = 0; i < b->count; i++) {
        int there = copy_find(a, b->paths[i].path);
        unsigned file = b->paths[i].file;
        const char *wrong = there < 0 ? "is missing"
                            : a->paths[there].file != file ? "is another file"
                            : a->data[file] != b->data[file] ? "has old data"
                            : a->attributes[file] != b->attributes[file] ? "has old attributes"
                                                                         : NULL;

        if (wrong)
            print_error("%s %s\n", b->paths[i].path, wrong);
        same &= !wrong;
    }
    for (unsigned i = 0; i < a->count; i++)
        if (copy_find(b, a->paths[i].path) < 0)
            print_error("%s is too many\n", a->paths[i].path);
    return same;
}

static void
changes_lead_from_one_tree_to_the_next(void **state)
{
    static struct volume v;
    static struct copy backup, now;

    (void)state;
    for (unsigned run = 1; run <= RUNS; run++) {
        AUTO_REDUCE struct reduce r;
        AUTO_CHANGES struct changes changes = CHANGES_INIT;

        memset(&v, 0, sizeof(v));
        v.file_count = 1;
        v.files[1].dir = v.files[1].there = true;
        seed = run;
        for (unsigned i = any(100); i--;)
            happen(&v, NULL);
        copy_take(&backup, &v);
        assert_int_equal(reduce_init(&r), 0);
        for (unsigned i = any(OPERATIONS); i--;)
            happen(&v, &r);
        assert_int_equal(reduce_end(&r, in_model, &v, &changes), 0);
        copy_take(&now, &v);
        copy_apply(&backup, &v, &changes);
        if (!copy_same(&backup, &now))
            fail_msg("run %u: %s", run, text_of(&changes));
        copy_free(&backup);
        copy_free(&now);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_lead_from_one_tree_to_the_next),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
