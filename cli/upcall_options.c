/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The options that upcall needs to agree: which they are, and the seconds
 * that the user may give.
 */
#include "cli/upcall.h"

#include <ctype.h>
#include <errno.h>

static const char server_switch[] = "features.cache-invalidation";
static const char server_timeout[] = "features.cache-invalidation-timeout";
static const char md_timeout[] = "performance.md-cache-timeout";
static const char md_switch[] = "performance.cache-invalidation";

/* GlusterFS's group metadata-cache, and what makes content follow as well. */
const struct upcall_member upcall_group[] = {
    {.key = server_switch, .wanted = "on", .def = "off"},
    {.key = server_timeout, .def = "60"},
    {.key = "performance.stat-prefetch", .wanted = "on", .def = "on"},
    {.key = md_switch, .wanted = "on", .def = "false"},
    {.key = md_timeout, .def = "1"},
    {.key = "network.inode-lru-limit", .wanted = "200000", .def = "16384", .at_least = true},
    {.key = "performance.quick-read-cache-invalidation", .wanted = "on", .def = "false"},
    {.key = "performance.global-cache-invalidation", .wanted = "on", .def = "true",
     .if_off = true},
    {.key = "features.leases", .wanted = "on", .def = "off", .leases = true},
};
const size_t upcall_group_count = ARRAY_SIZE(upcall_group);

/* ---- what the user gives ------------------------------------------------------- */

int
upcall_read_seconds(const char *typed, int *seconds, struct strbuf *why)
{
    enum { SHOWN = 32 };
    size_t len = strlen(typed);
    long n = 0;

    for (size_t i = 0; i < len; i++)
        n = !isdigit((unsigned char)typed[i]) || n < 0       ? -1
            : n > UPCALL_SECONDS_MAX                         ? n
                                                             : n * 10 + (typed[i] - '0');
    if (len && n >= UPCALL_SECONDS_MIN && n <= UPCALL_SECONDS_MAX) {
        *seconds = (int)n;
        return 0;
    }
    strbuf_str(why, "timeout is '");
    for (size_t i = 0; i < len && i < SHOWN; i++)
        strbuf_char(why, isprint((unsigned char)typed[i]) ? typed[i] : '?');
    strbuf_fmt(why, "%s': it is a whole number of seconds from %d to %d", len > SHOWN ? "…" : "",
               UPCALL_SECONDS_MIN, UPCALL_SECONDS_MAX);
    if (n > UPCALL_SECONDS_MAX)
        strbuf_fmt(why, ", because %s takes no more", md_timeout);
    else if (n == 1)
        strbuf_fmt(why, ", because with %s 1 each brick keeps a processor busy", server_timeout);
    return -EINVAL;
}

static bool
knows(const char *key)
{
    for (size_t i = 0; i < upcall_group_count; i++)
        if (!strcmp(upcall_group[i].key, key))
            return true;
    return false;
}

const struct group_kind upcall_kind = {
    .word = "upcall", .memory_key = UPCALL_MEMORY_KEY, .knows = knows, .def = upcall_default};
