/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volume upcall VOLNAME disable: one SET_VOLUME of what every option of the group was, or
 * its default, so that clients and bricks change at once; then those that had not been set
 * are taken out, one by one.
 */
#include "cli/upcall.h"

#include <errno.h>

static bool
is_ours(const struct upcall *u, const struct upcall_saved *one)
{
    const char *now = kv_get(&u->options, one->key);

    return now && upcall_same(now, one->set);
}

static bool
is_as_before(const struct upcall *u, const struct upcall_saved *one)
{
    const char *now = kv_get(&u->options, one->key);

    return one->was ? now && upcall_same(now, one->was) : !now;
}

/* Everything as it was before, or at its default: one change for bricks and clients. Where all
 * was changed by hand, nothing is left to be done after it. */
static int
collect_former(struct upcall *u, struct kv *wanted, struct kv *kept)
{
    AUTO_UPCALL_MEMORY struct upcall_memory left = {.state = UPCALL_LEAVING};
    int ret = 0;

    for (size_t i = 0; i < u->memory.count && !ret; i++) {
        const struct upcall_saved *one = &u->memory.list[i];
        const char *now = kv_get(&u->options, one->key);
        const char *former = one->was ? one->was : upcall_default(one->key);

        if (!is_ours(u, one)) {
            if (!is_as_before(u, one))
                ret = kv_set(kept, one->key, now ? now : "");
            continue;
        }
        ret = kv_set(wanted, one->key, former);
        if (!ret)
            ret = upcall_memory_set(&left, one->key, former, one->was);
    }
    if (!left.count)
        left.state = UPCALL_OFF;
    return ret ? ret : upcall_put_memory(u, &left, wanted);
}

/* Resets what was not set before, one at a time, as long as nobody else changes anything. */
static int
take_out(struct upcall *u, struct kv *kept)
{
    AUTO_REPLY struct reply reply = REPLY_INIT;

    for (;;) {
        const char *next = NULL;
        int status = upcall_fetch(u, &reply);

        if (status)
            return status;
        if (u->memory.state != UPCALL_LEAVING)
            return change_fail(&u->c, EAGAIN, "another command changed volume %s meanwhile: see "
                               "`gluster volume upcall %s status`", u->c.volume, u->c.volume);
        for (size_t i = 0; i < u->memory.count; i++) {
            const struct upcall_saved *one = &u->memory.list[i];

            if (one->was && !is_as_before(u, one) &&
                kv_set(kept, one->key, kv_get(&u->options, one->key) ?: "") < 0)
                return rpc_fail(u->c.cli, u->c.e, u->c.command, -ENOMEM);
            if (one->was || !kv_get(&u->options, one->key))
                continue;
            if (is_ours(u, one))
                next = one->key;
            else if (kv_set(kept, one->key, kv_get(&u->options, one->key)) < 0)
                return rpc_fail(u->c.cli, u->c.e, u->c.command, -ENOMEM);
        }
        if (!next)
            return 0;
        status = upcall_reset(u, next);
        if (status)
            return status;
    }
}

static void
warn(void *arg, const char *sentence)
{
    struct upcall *u = arg;

    emit_note(u->c.e, "note: %s\n", sentence);
    emit_str(u->c.e, NULL, sentence);
}

static int
end_disable(struct upcall *u, const struct kv *kept)
{
    emit_text(u->c.e, "volume upcall: success: disabled on volume %s\n", u->c.volume);
    emit_object(u->c.e, "volUpcall");
    emit_str(u->c.e, "volName", u->c.volume);
    emit_str(u->c.e, "state", "off");
    emit_list(u->c.e, "kept", "option");
    for (size_t i = 0; i < kept->count; i++) {
        const char *value = kept->pairs[i].value;

        emit_note(u->c.e, "%s was changed by hand: it stays %s\n", kept->pairs[i].key,
                  *value ? value : "reset");
        emit_object(u->c.e, NULL);
        emit_str(u->c.e, "name", kept->pairs[i].key);
        emit_str(u->c.e, "value", value);
        emit_object_end(u->c.e);
    }
    emit_list_end(u->c.e);
    emit_list(u->c.e, "conflicts", "conflict");
    upcall_conflicts(&u->options, u->c.volume, warn, u);
    emit_list_end(u->c.e);
    upcall_tell_notes(u);
    emit_object_end(u->c.e);
    return emit_end(u->c.e);
}

static int
was_not_enabled(struct upcall *u)
{
    static const char key[] = "features.cache-invalidation";

    if (upcall_is_on(kv_get(&u->options, key)))
        return change_fail(&u->c, EINVAL, "%s of volume %s is on, but not by this command, which "
                           "therefore does not know what was before: `gluster volume reset %s %s`",
                           key, u->c.volume, u->c.volume, key);
    if (upcall_note(u, "it was not enabled; nothing was changed"))
        return rpc_fail(u->c.cli, u->c.e, u->c.command, -ENOMEM);
    return end_disable(u, &(struct kv)KV_INIT);
}

/* What had not been set goes, and then the memory. */
static int
take_out_all(struct upcall *u, struct kv *kept)
{
    AUTO_KV struct kv done = KV_INIT;
    int status = take_out(u, kept);

    if (status)
        return status;
    if (kv_set(&done, "user." UPCALL_MEMORY_KEY, VOLGEN_UNSET) < 0)
        return rpc_fail(u->c.cli, u->c.e, u->c.command, -ENOMEM);
    return upcall_set(u, &done);
}

int
upcall_disable(struct upcall *u)
{
    AUTO_KV struct kv wanted = KV_INIT, kept = KV_INIT;
    bool all = true;
    int status = 0;

    if (u->memory.state == UPCALL_OFF)
        return was_not_enabled(u);
    if (u->memory.state == UPCALL_ON) {
        int ret = collect_former(u, &wanted, &kept);

        if (ret)
            return rpc_fail(u->c.cli, u->c.e, u->c.command, ret);
        all = wanted.count > 1; /* more than the memory itself */
        status = upcall_set(u, &wanted);
    }
    u->half = "Not all is as it was before: run the command again, it goes on from here";
    if (!status && all)
        status = take_out_all(u, &kept);
    return status ? status : end_disable(u, &kept);
}
