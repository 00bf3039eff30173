/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * gfind --from-changelog: what bricks of this machine have in their journals of GlusterFS's own
 * changelog, from before the volume had notification. Without a connection to the volume.
 */
#include "gfind/gfind.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "gfind/journal.h"

#define SECOND 1000000000ull

/* ---- options -------------------------------------------------------------------------------- */

bool
history_since(const char *text, uint64_t *since)
{
    static const char *const forms[] = {"%s", "%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M",
                                        "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"};

    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        struct tm tm = {.tm_isdst = -1};
        const char *end = strptime(text, forms[i], &tm);

        if (!end || *end)
            continue;
        long offset = tm.tm_gmtoff;
        time_t time = strstr(forms[i], "%z") ? timegm(&tm) - offset : mktime(&tm);

        *since = time > 0 ? (uint64_t)time : 0;
        return true;
    }
    return false;
}

/* ---- several bricks --------------------------------------------------------------------------- */

static int
compare_text(const char *x, const char *y)
{
    return x && y ? strcmp(x, y) : !!x - !!y;
}

static int
by_target(const void *a, const void *b)
{
    const struct change *x = a, *y = b;
    int order = compare_text(x->to, y->to);

    order = order ? order : compare_text(x->from, y->from);
    return order ? order : (int)x->kind - (int)y->kind;
}

/* Copies record the same; and a brick that was away for a while less than the others. */
static void
join(struct changes *all)
{
    size_t kept = 0;

    qsort(all->list, all->count, sizeof(*all->list), by_target);
    for (size_t i = 0; i < all->count; i++) {
        struct change *c = &all->list[i], *before = kept ? &all->list[kept - 1] : NULL;

        if (before && !compare_text(before->to, c->to) && !compare_text(before->from, c->from) &&
            (before->kind == c->kind || c->kind >= CHANGE_MODIFIED)) {
            free(c->from);
            free(c->to);
            continue;
        }
        all->list[kept++] = *c;
    }
    all->count = kept;
    changes_sort(all);
}

struct history {
    const struct options *options;
    bool gap;
};

static void
tell_gap(void *arg, uint64_t from, uint64_t to, const char *why)
{
    struct history *h = arg;

    h->gap = true;
    show_gap(&h->options->show, from * SECOND, (to ? to : (uint64_t)time(NULL)) * SECOND, why);
}

static int
collect(struct history *h, struct journals *all, struct changes *changes)
{
    int ret = 0;

    for (unsigned i = 0; i < all->count && !ret; i++) {
        struct journal *j = &all->list[i];

        j->since = h->options->since;
        j->gap = tell_gap;
        j->arg = h;
        ret = journal_read(j);
        if (!ret && (ret = reduce_end(&j->reduce, journals_whereis, all, changes)))
            fprintf(stderr, PROGRAM ": %s\n", strerror(-ret));
    }
    return ret;
}

enum status
history_run(const struct options *o, char **words, unsigned count)
{
    struct history h = {.options = o};
    struct journals all = {.list = calloc(count, sizeof(*all.list))};
    AUTO_CHANGES struct changes changes = CHANGES_INIT;
    int ret = all.list ? 0 : -ENOMEM;

    for (; all.count < count && !ret; all.count++)
        ret = journal_open(&all.list[all.count], words[all.count]);
    if (!ret)
        ret = collect(&h, &all, &changes);
    if (!ret)
        join(&changes);
    for (size_t i = 0; i < changes.count && !ret; i++) {
        bool entered;

        show_change(&o->show, &changes.list[i], NULL, &entered);
    }
    for (unsigned i = 0; i < all.count; i++)
        journal_free(&all.list[i]);
    free(all.list);
    return ret ? FAILED : h.gap ? GAP : DONE;
}
