/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The events that a volume's notification is for, in the words of inotify's tools, and which
 * of the translator's records each of them is made from.
 */
#include <errno.h>

#include "volgen/volgen.h"

const struct volgen_event volgen_events[] = {
    {"access", "read", false},
    {"modify", "write,truncate,fallocate,discard,zerofill", false},
    {"attrib", "setattr,setxattr,removexattr", false},
    {"close_write", "close", false},
    {"close_nowrite", "close", true},
    {"close", "close", true},
    {"open", "open,opendir", true},
    {"moved_to", "rename", false},
    {"moved_from", "rename", false},
    {"move", "rename", false},
    {"move_self", "rename", false},
    {"create", "create,mknod,mkdir,symlink,link", false},
    {"delete", "unlink,rmdir", false},
    {"delete_self", "unlink,rmdir", false},
    {VOLGEN_UNSET, "default", false},
    {"all", "all", true},
};
const size_t volgen_event_count = ARRAY_SIZE(volgen_events);

const struct volgen_event *
volgen_event_find(const char *name, size_t len)
{
    for (size_t i = 0; i < volgen_event_count; i++)
        if (strlen(volgen_events[i].name) == len && !memcmp(volgen_events[i].name, name, len))
            return &volgen_events[i];
    return NULL;
}

bool
volgen_events_need_opens(const char *list)
{
    for (size_t len; *list; list += len + (list[len] == ',')) {
        len = strcspn(list, ",");
        const struct volgen_event *event = volgen_event_find(list, len);

        if (event && event->opens)
            return true;
    }
    return false;
}

/* Adds those of a comma-separated list that are not there yet. */
static int
add_records(struct kv *records, const char *list)
{
    AUTO_FREE char *copy = strdup(list);
    char *rest = copy, *name;
    int ret = copy ? 0 : -ENOMEM;

    while (!ret && (name = strsep(&rest, ",")))
        ret = kv_set(records, name, "");
    return ret;
}

int
volgen_events_records(const char *list, struct strbuf *out)
{
    AUTO_KV struct kv records = KV_INIT;
    int ret = 0;

    for (size_t len; *list && !ret; list += len + (list[len] == ',')) {
        len = strcspn(list, ",");
        const struct volgen_event *event = volgen_event_find(list, len);

        ret = event ? add_records(&records, event->records) : -EINVAL;
    }
    if (!ret && kv_get(&records, "all"))
        strbuf_str(out, "all");
    for (size_t i = 0; !ret && !kv_get(&records, "all") && i < records.count; i++)
        strbuf_fmt(out, "%s%s", i ? "," : "", records.pairs[i].key);
    return ret ? ret : strbuf_failed(out) ? -ENOMEM : 0;
}
