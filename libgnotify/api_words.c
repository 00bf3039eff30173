/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The names of events, as inotifywait has them.
 */
#include "libgnotify/api.h"

#include <errno.h>
#include <strings.h>

/* The order is that in which several of one event are shown. */
static const struct {
    const char *name;
    uint32_t bits;
} words[] = {
    {"CLOSE_WRITE", GNOTIFY_CLOSE_WRITE},
    {"CLOSE_NOWRITE", GNOTIFY_CLOSE_NOWRITE},
    {"CLOSE", GNOTIFY_CLOSE},
    {"ACCESS", GNOTIFY_ACCESS},
    {"MODIFY", GNOTIFY_MODIFY},
    {"ATTRIB", GNOTIFY_ATTRIB},
    {"OPEN", GNOTIFY_OPEN},
    {"MOVED_FROM", GNOTIFY_MOVED_FROM},
    {"MOVED_TO", GNOTIFY_MOVED_TO},
    {"MOVE", GNOTIFY_MOVE},
    {"CREATE", GNOTIFY_CREATE},
    {"DELETE", GNOTIFY_DELETE},
    {"DELETE_SELF", GNOTIFY_DELETE_SELF},
    {"MOVE_SELF", GNOTIFY_MOVE_SELF},
    {"GAP", GNOTIFY_GAP},
    {"IGNORED", GNOTIFY_IGNORED},
    {"SYNTHETIC", GNOTIFY_SYNTHETIC},
    {"CAUGHT_UP", GNOTIFY_CAUGHT_UP},
    {"CRAWLED", GNOTIFY_CRAWLED},
    {"ISDIR", GNOTIFY_ISDIR},
};

GNOTIFY_API const char *
gnotify_event_name(uint32_t bit)
{
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (words[i].bits == bit)
            return words[i].name;
    }
    return NULL;
}

GNOTIFY_API int
gnotify_parse_events(const char *list, uint32_t *mask)
{
    uint32_t found = 0;

    for (size_t len; *list; list += len + (list[len] == ',')) {
        uint32_t bits = 0;

        len = strcspn(list, ",");
        for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
            if (strlen(words[i].name) == len && !strncasecmp(words[i].name, list, len) &&
                !(words[i].bits & ~(uint32_t)GNOTIFY_ALL_EVENTS))
                bits = words[i].bits;
        }
        if (len == 3 && !strncasecmp(list, "all", 3))
            bits = GNOTIFY_ALL_EVENTS;
        if (!bits)
            return -EINVAL;
        found |= bits;
    }
    if (!found)
        return -EINVAL;
    *mask |= found;
    return 0;
}
