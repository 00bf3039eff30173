/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volume upcall VOLNAME disable: puts back what the options were, and tells what of them
 * was changed by hand since, and what does not agree now.
 */
#include "cli/upcall.h"

#include <errno.h>

static void
warn(void *arg, const char *sentence)
{
    struct upcall *u = arg;

    emit_note(u->g.c.e, "note: %s\n", sentence);
    emit_str(u->g.c.e, NULL, sentence);
}

static int
end_disable(struct upcall *u, const struct kv *kept)
{
    emit_text(u->g.c.e, "volume upcall: success: disabled on volume %s\n", u->g.c.volume);
    emit_object(u->g.c.e, "volUpcall");
    emit_str(u->g.c.e, "volName", u->g.c.volume);
    emit_str(u->g.c.e, "state", "off");
    emit_list(u->g.c.e, "kept", "option");
    for (size_t i = 0; i < kept->count; i++) {
        const char *value = kept->pairs[i].value;

        emit_note(u->g.c.e, "%s was changed by hand: it stays %s\n", kept->pairs[i].key,
                  *value ? value : "reset");
        emit_object(u->g.c.e, NULL);
        emit_str(u->g.c.e, "name", kept->pairs[i].key);
        emit_str(u->g.c.e, "value", value);
        emit_object_end(u->g.c.e);
    }
    emit_list_end(u->g.c.e);
    emit_list(u->g.c.e, "conflicts", "conflict");
    upcall_conflicts(&u->g.options, u->g.c.volume, warn, u);
    emit_list_end(u->g.c.e);
    group_tell_notes(&u->g);
    emit_object_end(u->g.c.e);
    return emit_end(u->g.c.e);
}

static int
was_not_enabled(struct upcall *u)
{
    static const char key[] = "features.cache-invalidation";

    if (group_is_on(kv_get(&u->g.options, key)))
        return change_fail(&u->g.c, EINVAL, "%s of volume %s is on, but not by this command, which "
                           "therefore does not know what was before: `gluster volume reset %s %s`",
                           key, u->g.c.volume, u->g.c.volume, key);
    if (group_note(&u->g, "it was not enabled; nothing was changed"))
        return change_rpc_fail(&u->g.c, -ENOMEM);
    return end_disable(u, &(struct kv)KV_INIT);
}

int
upcall_disable(struct upcall *u)
{
    AUTO_KV struct kv wanted = KV_INIT, kept = KV_INIT;

    if (u->g.memory.state == MEMORY_OFF)
        return was_not_enabled(u);
    int status = group_restore(&u->g, &wanted, &kept);

    return status ? status : end_disable(u, &kept);
}
