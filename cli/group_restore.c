/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Putting back what a group of options was: one SET_VOLUME of what each of them was, or its
 * default, so that clients and bricks change at once; then those that had not been set
 * are taken out, one by one.
 */
#include "cli/group.h"

#include <errno.h>

static bool
is_ours(const struct group *g, const struct saved *one)
{
    const char *now = kv_get(&g->options, one->key);

    return now && group_same(now, one->set);
}

static bool
is_as_before(const struct group *g, const struct saved *one)
{
    const char *now = kv_get(&g->options, one->key);

    return one->was ? now && group_same(now, one->was) : !now;
}

/* Everything as it was before, or at its default: one change for bricks and clients. Where all
 * was changed by hand, nothing is left to be done after it. */
static int
collect_former(struct group *g, struct kv *wanted, struct kv *kept, bool *more)
{
    AUTO_MEMORY struct memory left = {.state = MEMORY_LEAVING};
    int ret = 0;

    for (size_t i = 0; i < g->memory.count && !ret; i++) {
        const struct saved *one = &g->memory.list[i];
        const char *now = kv_get(&g->options, one->key);
        const char *former = one->was ? one->was : g->kind->def(one->key);

        if (!is_ours(g, one)) {
            if (!is_as_before(g, one))
                ret = kv_set(kept, one->key, now ? now : "");
            continue;
        }
        ret = kv_set(wanted, one->key, former);
        if (!ret)
            ret = memory_set(&left, one->key, former, one->was);
    }
    *more = left.count > 0;
    if (!*more)
        left.state = MEMORY_OFF;
    return ret ? ret : group_put_memory(g, &left, wanted);
}

/* Resets what was not set before, one at a time, as long as nobody else changes anything. */
static int
take_out(struct group *g, struct kv *kept)
{
    AUTO_REPLY struct reply reply = REPLY_INIT;

    for (;;) {
        const char *next = NULL;
        int status = group_fetch(g, &reply);

        if (status)
            return status;
        if (g->memory.state != MEMORY_LEAVING)
            return change_fail(&g->c, EAGAIN, "another command changed volume %s meanwhile: see "
                               "`gluster volume %s %s status`", g->c.volume, g->kind->word, g->c.volume);
        for (size_t i = 0; i < g->memory.count; i++) {
            const struct saved *one = &g->memory.list[i];

            if (one->was && !is_as_before(g, one) &&
                kv_set(kept, one->key, kv_get(&g->options, one->key) ?: "") < 0)
                return change_rpc_fail(&g->c, -ENOMEM);
            if (one->was || !kv_get(&g->options, one->key))
                continue;
            if (is_ours(g, one))
                next = one->key;
            else if (kv_set(kept, one->key, kv_get(&g->options, one->key)) < 0)
                return change_rpc_fail(&g->c, -ENOMEM);
        }
        if (!next)
            return 0;
        status = group_reset(g, next);
        if (status)
            return status;
    }
}

/* What had not been set goes, and then the memory. */
static int
take_out_all(struct group *g, struct kv *kept)
{
    AUTO_KV struct kv done = KV_INIT;
    int status = take_out(g, kept);

    if (status)
        return status;
    if (group_put_memory(g, &(struct memory)MEMORY_INIT, &done) < 0)
        return change_rpc_fail(&g->c, -ENOMEM);
    return group_set(g, &done);
}

int
group_restore(struct group *g, struct kv *wanted, struct kv *kept)
{
    bool more = true;
    int status = 0;

    if (g->memory.state == MEMORY_ON) {
        int ret = collect_former(g, wanted, kept, &more);

        if (ret)
            return change_rpc_fail(&g->c, ret);
    }
    if (wanted->count)
        status = group_set(g, wanted);
    g->half = "Not all is as it was before: run the command again, it goes on from here";
    return status || !more ? status : take_out_all(g, kept);
}
