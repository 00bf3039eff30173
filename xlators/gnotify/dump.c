/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * An instance's state, for statedumps.
 */
#include "xlators/gnotify/gnotify.h"

#include <inttypes.h>

/* How many numbers behind; those of another run say nothing. */
static uint64_t
lag(uint64_t seq, uint64_t next)
{
    return next > seq && next >> 32 == seq >> 32 ? next - seq : 0;
}

static void
dump_cursor(const char *name, const struct kept_cursor *c, void *arg)
{
    const struct notify_extent *extent = arg;
    char key[128];

    snprintf(key, sizeof(key), "cursor.%s", name);
    gf_proc_dump_write(key, "%" PRIu64, c->at.seq);
    snprintf(key, sizeof(key), "cursor.%s.lag", name);
    gf_proc_dump_write(key, "%" PRIu64, lag(c->at.seq, extent->next));
}

static void
dump_journal(struct gnotify *g)
{
    struct notify_extent extent = {0};

    pthread_rwlock_rdlock(&g->journal_lock);
    bool open = g->journal;

    if (open)
        notify_journal_extent(g->journal, &extent);
    pthread_rwlock_unlock(&g->journal_lock);
    gf_proc_dump_write("journal", "%s", open ? g->directory : "closed");
    gf_proc_dump_write("next", "%" PRIu64, extent.next);
    gf_proc_dump_write("oldest", "%" PRIu64, extent.oldest);
    gf_proc_dump_write("since", "%" PRIu64, extent.since / 1000000000u);
    gf_proc_dump_write("bytes", "%" PRIu64, extent.bytes);
    cursor_each(g, dump_cursor, &extent);
}

int32_t
gnotify_dump(xlator_t *this)
{
    struct gnotify *g = this->private;
    char key[GF_DUMP_MAX_BUF_LEN];

    if (!g)
        return 0;
    gf_proc_dump_build_key(key, "xlator.features.gnotify", "%s", this->name);
    gf_proc_dump_add_section("%s", key);
    gf_proc_dump_write("active", "%d", atomic_load(&g->active));
    pthread_mutex_lock(&g->lock);
    if (g->why_not[0])
        gf_proc_dump_write("problem", "%s", g->why_not);
    pthread_mutex_unlock(&g->lock);
    gf_proc_dump_write("events", "0x%llx", (unsigned long long)atomic_load(&g->mask));
    gf_proc_dump_write("written", "%llu", (unsigned long long)atomic_load(&g->written));
    gf_proc_dump_write("written-bytes", "%llu", (unsigned long long)atomic_load(&g->bytes_written));
    gf_proc_dump_write("dropped", "%llu", (unsigned long long)atomic_load(&g->dropped));
    gf_proc_dump_write("queued-bytes", "%zu", atomic_load(&g->queued));
    gf_proc_dump_write("in-flight", "%ld", atomic_load(&g->in_flight));
    dump_journal(g);
    pthread_mutex_lock(&g->serve_lock);
    gf_proc_dump_write("held", "%u", g->held);
    gf_proc_dump_write("answered", "%" PRIu64, g->answered);
    gf_proc_dump_write("refused", "%" PRIu64, g->refused);
    pthread_mutex_unlock(&g->serve_lock);
    return 0;
}
