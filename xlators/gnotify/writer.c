/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The thread that writes the journal. While nobody waits for records it lets some gather;
 * it opens the journal when events are wanted, and lets go of it when they are not: what
 * happens until then is unknown, and the journal's next start says so.
 */
#include "xlators/gnotify/gnotify.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#include <glusterfs/common-utils.h>

enum { CLIENTS_MAX = 4096, NAMES_MAX = 64 << 10, HEADS = 1024, RETRY_S = 5 };

/* ns. What comes alone is written at once. Most of the cost of a reader that follows closely is of
 * each answer, and of threads that wake, not of each event; but who waits for one event before he
 * causes the next should not wait long. So what comes more often than BUSY gathers for GATHER_SHORT, and
 * in a storm, where something came before the reader was back, less than STORM ago, all is written at
 * multiples of GATHER_STORM of the clock: on all bricks at once, for a reader waits for the last of the
 * copies, and wakes for each. When that has lasted for LASTING nobody waits for single events, and it is
 * done at multiples of GATHER_LASTING. For nobody, that is when nobody has read for FOLLOWED, events gather for
 * GATHER_LONG. */
#define GATHER_SHORT 1000000ull
#define GATHER_STORM 3500000ull
#define GATHER_LASTING 8000000ull
#define GATHER_LONG 20000000ull
#define BUSY 5000000ull
#define STORM 30000000ull
#define LASTING 100000000ull
#define FOLLOWED 1000000000ull

struct known {
    uint64_t number;
    uint64_t used; /* in which batch */
    bool announced; /* in the segment that is written to */
    uint8_t len;
    char name[NOTIFY_DETAIL_MAX];
};

struct writer {
    struct gnotify *g;
    struct merges *merges;
    uint8_t *batch; /* NOTIFY_BATCH_MAX bytes */
    size_t len;
    unsigned count;
    uint64_t batches;
    struct known *clients; /* a ring: the oldest goes */
    unsigned known, oldest;
    uint64_t retry;        /* ns, monotonic: to open the journal again */
    uint64_t wrote;        /* ns, monotonic: the last batch */
    bool took;             /* events, in the last pass */
    uint64_t storm, begun; /* ns, monotonic: the last pass of a storm, and the first one */
    unsigned unkept;       /* events since `unkept_since`, while there was no journal */
    uint64_t unkept_since; /* ns */
    bool failed;
};

/* ---- batches --------------------------------------------------------------- */

static struct known *
client_find(struct writer *w, uint64_t number)
{
    for (unsigned i = 0; number && i < w->known; i++) {
        if (w->clients[i].number == number)
            return &w->clients[i];
    }
    return NULL;
}

static void
client_learn(struct writer *w, const struct event *e)
{
    struct known *k = client_find(w, e->r.client);

    if (!k && w->known < CLIENTS_MAX) {
        struct known *more = reallocarray(w->clients, w->known + 1, sizeof(*more));

        if (!more)
            return;
        w->clients = more;
        k = &more[w->known++];
    } else if (!k) {
        k = &w->clients[w->oldest++ % CLIENTS_MAX];
    }
    *k = (struct known){.number = e->r.client, .len = e->r.detail_len};
    memcpy(k->name, e->r.detail, e->r.detail_len);
}

/* The names of the batch's clients, where the segment does not have them yet. */
static void
announce_clients(struct writer *w, uint64_t now)
{
    AUTO_FREE uint8_t *buf = malloc(NAMES_MAX);
    size_t len = 0;
    unsigned count = 0;

    for (unsigned i = 0; buf && i < w->known; i++) {
        struct known *k = &w->clients[i];

        if (k->used != w->batches || k->announced)
            continue;
        struct notify_record r = {.op = NOTIFY_CLIENT,
                                  .flags = NOTIFY_HAS_ACTOR | NOTIFY_HAS_DETAIL,
                                  .time = now,
                                  .client = k->number,
                                  .detail = k->name,
                                  .detail_len = k->len};
        ssize_t n = notify_record_encode(&r, buf + len, NAMES_MAX - len);

        if (n < 0)
            break; /* the others with the next batch */
        k->announced = true;
        len += (size_t)n;
        count++;
    }
    if (count)
        notify_journal_append(w->g->journal, buf, len, count, now);
}

/* For the status: how many come in a second. */
static void
count_lately(struct gnotify *g, unsigned count)
{
    uint64_t second = clock_ns(CLOCK_MONOTONIC) / 1000000000u;
    size_t i = second % ARRAY_SIZE(g->lately);

    if (atomic_load(&g->lately[i].second) != second) {
        atomic_store(&g->lately[i].count, 0);
        atomic_store(&g->lately[i].second, second);
    }
    atomic_fetch_add(&g->lately[i].count, count);
}

/* Is everything recorded now; and is it a new begin of that? */
static void
set_recording(struct gnotify *g, bool on, bool anew)
{
    if (!on)
        atomic_store(&g->recording, 0);
    else if (anew)
        atomic_store(&g->recording, clock_ns(CLOCK_REALTIME));
}

static void
batch_write(struct writer *w)
{
    struct gnotify *g = w->g;
    uint64_t now = clock_ns(CLOCK_REALTIME);

    if (!w->count)
        return;
    if (!g->journal) {
        atomic_fetch_add(&g->dropped, w->count);
        w->unkept_since = w->unkept ? w->unkept_since : now;
        w->unkept += atomic_load(&g->active) ? w->count : 0;
    } else {
        if (notify_journal_turn(g->journal, w->len + NAMES_MAX + HEADS, now)) {
            for (unsigned i = 0; i < w->known; i++)
                w->clients[i].announced = false;
        }
        announce_clients(w, now);
        int err = notify_journal_append(g->journal, w->batch, w->len, w->count, now);

        if (err && !w->failed)
            gf_log(g->xl->name, GF_LOG_ERROR,
                   "%s: %s: events are not recorded until there is room; readers are told of a gap",
                   g->directory, strerror(-err));
        if (err && !w->failed)
            atomic_fetch_add(&g->gaps, 1);
        w->failed = err;
        set_recording(g, !err, !atomic_load(&g->recording));
        if (err) /* when there is room again nothing else need come */
            w->retry = clock_ns(CLOCK_MONOTONIC) + RETRY_S * 1000000000ull;
        if (!err) {
            count_lately(g, w->count);
            atomic_fetch_add(&g->written, w->count);
            atomic_fetch_add(&g->bytes_written, w->len);
        } else {
            atomic_fetch_add(&g->dropped, w->count);
        }
    }
    w->len = 0;
    w->count = 0;
    w->wrote = clock_ns(CLOCK_MONOTONIC);
    w->batches++;
    serve_news(g);
}

/* Readers that wait for what comes are told of what does not, too. */
static void
tell_gap(struct writer *w)
{
    struct gnotify *g = w->g;

    if (!g->journal)
        return;
    int err = notify_journal_tell(g->journal, clock_ns(CLOCK_REALTIME));

    set_recording(g, !err, true);
    w->retry = err ? clock_ns(CLOCK_MONOTONIC) + RETRY_S * 1000000000ull : 0;
    serve_news(g);
}

/* A heal takes a folder that it had put aside back to where it is to be. */
static void
take_back(struct notify_record *r)
{
    static const char aside[] = "/.glusterfs-";
    const size_t len = sizeof(aside) - 1;

    if (r->op != NOTIFY_MISSED || !(r->flags & NOTIFY_HAS_TO) || r->name.len < len ||
        memcmp(r->name.path, aside, len) != 0 || (r->to.len >= len && !memcmp(r->to.path, aside, len)))
        return;
    r->name = r->to;
    r->to = (struct notify_name){0};
    r->flags &= ~(unsigned)(NOTIFY_HAS_TO | NOTIFY_NAME_ONLY);
    if (r->flags & NOTIFY_TO_NAME_ONLY)
        r->flags ^= NOTIFY_TO_NAME_ONLY | NOTIFY_NAME_ONLY;
    r->detail = r->flags & NOTIFY_ISDIR ? "mkdir" : "link";
    r->detail_len = (uint8_t)strlen(r->detail);
}

/* An event becomes a record of the batch. */
static void
emit(struct event *e, void *arg)
{
    struct writer *w = arg;
    struct notify_record *r = &e->r;
    char room[RESOLVED_ROOM];

    resolve_names(w->g, r, room);
    take_back(r);
    if (r->op != NOTIFY_MISSED && r->name.len >= 12 && !memcmp(r->name.path, "/.glusterfs/", 12)) {
        event_free(e);
        return;
    }
    resolve_remember(w->g, r, e->other);
    struct known *k = client_find(w, r->client);

    ssize_t n = notify_record_encode(r, w->batch + w->len, NOTIFY_BATCH_MAX - w->len);
    if (n == -ENOSPC) {
        batch_write(w);
        n = notify_record_encode(r, w->batch, NOTIFY_BATCH_MAX);
    }
    if (k)
        k->used = w->batches;
    if (n > 0) {
        w->len += (size_t)n;
        w->count++;
    } else {
        atomic_fetch_add(&w->g->lost, 1);
    }
    event_free(e);
}

/* ---- the journal -------------------------------------------------------------- */

/* What the options leave open depends on the brick's disk. */
static struct notify_limits
limits_now(struct gnotify *g)
{
    struct statvfs fs;
    uint64_t disk = 0;

    if (!statvfs(g->brick ? g->brick : g->directory, &fs))
        disk = (uint64_t)fs.f_blocks * fs.f_frsize;
    pthread_mutex_lock(&g->lock);
    struct notify_limits l = {.size = g->retention_size,
                              .age = g->retention_time * 1000000000ull,
                              .segment = g->segment_size};

    l.reserve = g->reserve <= 100 ? (uint64_t)((double)disk * g->reserve / 100)
                                  : (uint64_t)g->reserve;
    pthread_mutex_unlock(&g->lock);
    if (!l.size) {
        l.size = disk / 100;
        l.size = l.size < (256ull << 20) ? 256ull << 20 : l.size;
        l.size = l.size > (16ull << 30) ? 16ull << 30 : l.size;
    }
    if (!l.segment) {
        l.segment = l.size / 16;
        l.segment = l.segment > (64ull << 20) ? 64ull << 20 : l.segment;
    }
    return l;
}

static void
set_why_not(struct gnotify *g, const char *why, int err)
{
    pthread_mutex_lock(&g->lock);
    bool same = g->why_not[0] && why;

    if (why)
        snprintf(g->why_not, sizeof(g->why_not), "%s: %s", why, strerror(err));
    else
        g->why_not[0] = '\0';
    pthread_mutex_unlock(&g->lock);
    if (why && !same)
        gf_log(g->xl->name, GF_LOG_ERROR,
               "the journal %s cannot be opened: %s; nothing is recorded, tried again in %d s", why,
               strerror(err), RETRY_S);
}

static void
journal_begin(struct writer *w)
{
    struct gnotify *g = w->g;
    struct notify_limits limits = limits_now(g);
    struct notify_journal *journal = NULL;
    int err = g->directory
                  ? notify_journal_open(g->directory, &limits, clock_ns(CLOCK_REALTIME), &journal)
                  : -ENOENT;

    if (err) {
        set_why_not(g, g->directory ? g->directory : "(option directory is not set)", -err);
        w->retry = clock_ns(CLOCK_MONOTONIC) + RETRY_S * 1000000000ull;
        return;
    }
    set_why_not(g, NULL, 0);
    w->retry = 0;
    for (unsigned i = 0; i < w->known; i++)
        w->clients[i].announced = false;
    pthread_rwlock_wrlock(&g->journal_lock);
    g->journal = journal;
    pthread_rwlock_unlock(&g->journal_lock);
    atomic_fetch_add(&g->gaps, w->unkept ? 1 : 0);
    notify_journal_lost(journal, w->unkept, w->unkept_since);
    w->unkept = 0;
    tell_gap(w);
}

static void
journal_end(struct gnotify *g, bool clean)
{
    pthread_rwlock_wrlock(&g->journal_lock);
    if (clean)
        notify_journal_close(g->journal, clock_ns(CLOCK_REALTIME));
    else
        notify_journal_drop(g->journal);
    g->journal = NULL;
    set_recording(g, false, false);
    pthread_rwlock_unlock(&g->journal_lock);
    serve_news(g);
}

/* A journal that is not written to while the brick serves has not seen all: its last word
 * must not be that it ended in good order. */
static void
journal_spoil(struct writer *w)
{
    struct gnotify *g = w->g;

    if (!g->directory || access(g->directory, F_OK) < 0)
        return;
    journal_begin(w);
    if (g->journal)
        journal_end(g, false);
    w->retry = 0;
}

/* As the options want it. */
static void
journal_follow(struct writer *w)
{
    struct gnotify *g = w->g;
    bool active = atomic_load(&g->active);

    if (active && !g->journal &&
        (atomic_load(&g->options_changed) || clock_ns(CLOCK_MONOTONIC) >= w->retry))
        journal_begin(w);
    else if (active && w->retry && clock_ns(CLOCK_MONOTONIC) >= w->retry)
        tell_gap(w);
    if (!active && g->journal)
        journal_end(g, false);
    if (atomic_exchange(&g->options_changed, false) && g->journal) {
        struct notify_limits limits = limits_now(g);

        notify_journal_limits(g->journal, &limits);
    }
}

/* ---- the thread ----------------------------------------------------------------- */

void
writer_kick(struct gnotify *g)
{
    if (atomic_exchange(&g->writer_state, WRITER_AWAKE) != WRITER_AWAKE)
        sem_post(&g->wake);
}

void
writer_push_wakes(struct gnotify *g)
{
    int asleep = WRITER_ASLEEP;

    if (atomic_load(&g->writer_state) == WRITER_ASLEEP &&
        atomic_compare_exchange_strong(&g->writer_state, &asleep, WRITER_AWAKE))
        sem_post(&g->wake);
    else if (atomic_load_explicit(&g->queued, memory_order_relaxed) >
             atomic_load_explicit(&g->buffer_size, memory_order_relaxed) / 4)
        writer_kick(g);
}

/* It may be that what is in the ring gathers for nobody. */
void
writer_is_followed(struct gnotify *g)
{
    uint64_t now = clock_ns(CLOCK_MONOTONIC), before = atomic_exchange(&g->followed, now);

    if (!atomic_load(&g->ring))
        return;
    atomic_store(&g->stormed, now);
    if (now - before > FOLLOWED)
        writer_kick(g);
}

static bool
is_followed(struct gnotify *g, uint64_t now)
{
    return atomic_load(&g->waiting) || now - atomic_load(&g->followed) <= FOLLOWED;
}

/* Until when more may gather (ns, monotonic) that nobody waits for, or in a storm; else 0. */
static uint64_t
gathers_until(struct writer *w, uint64_t now)
{
    bool lasts = now - w->storm <= STORM && now - w->begun > LASTING;
    uint64_t tick = lasts ? GATHER_LASTING : GATHER_STORM;

    if (!is_followed(w->g, now))
        return now + GATHER_LONG;
    if (now - atomic_load(&w->g->stormed) > (lasts ? 3 * STORM : STORM))
        return 0;
    if (now - w->storm > STORM)
        w->begun = now;
    w->storm = now;
    return now + tick - clock_ns(CLOCK_REALTIME) % tick;
}

/* Until somebody wakes it, or `until` (ns, monotonic). */
static void
wait_until(struct gnotify *g, int state, uint64_t until)
{
    struct timespec t = {.tv_sec = (time_t)(until / 1000000000u),
                         .tv_nsec = (long)(until % 1000000000u)};

    atomic_store(&g->writer_state, state);
    bool has_events = state == WRITER_ASLEEP && (atomic_load(&g->ring) || atomic_load(&g->lost));
    bool is_asked = atomic_load(&g->options_changed) || atomic_load(&g->pass_asked);

    if (!(atomic_load(&g->up) && (has_events || is_asked)) && !atomic_load(&g->stop)) {
        if (until == UINT64_MAX)
            sem_wait(&g->wake);
        else
            sem_clockwait(&g->wake, CLOCK_MONOTONIC, &t);
    }
    atomic_store(&g->writer_state, WRITER_AWAKE);
}

/* What happens to a shard happens to its file, also where it is merged. False: to nothing
 * that anybody knows. */
static bool
is_told(struct gnotify *g, struct event *e)
{
    struct notify_record known = e->r;
    char room[RESOLVED_ROOM];

    if (!(e->r.flags & NOTIFY_HAS_NAME))
        return true;
    if (is_null(e->r.name.parent))
        resolve_names(g, &known, room);
    if (!is_shard_folder(known.name.parent))
        return true;
    if (e->r.op == NOTIFY_TRUNCATE || !resolve_shard(g, &known)) /* its file's new size is told */
        return false;
    e->r = known;
    return true;
}

static void
take_all(struct writer *w)
{
    struct gnotify *g = w->g;
    uint64_t now = clock_ns(CLOCK_MONOTONIC);
    uint64_t pass = atomic_fetch_add(&g->passes_begun, 1) + 1;
    size_t size = 0;

    for (struct event *e = ring_take(g), *next; e; e = next) {
        next = e->next;
        size += e->size;
        if (e->is_client) {
            client_learn(w, e);
            event_free(e);
        } else if (!is_told(g, e)) {
            event_free(e);
        } else {
            merges_add(w->merges, e, now);
        }
    }
    atomic_fetch_sub(&g->queued, size);
    w->took = size;
    batch_write(w);
    unsigned lost = atomic_exchange(&g->lost, 0);

    if (lost && g->journal) {
        atomic_fetch_add(&g->gaps, 1);
        notify_journal_lost(g->journal, lost, clock_ns(CLOCK_REALTIME));
        gf_log(g->xl->name, GF_LOG_WARNING,
               "%u events came faster than they were written: readers are told of a gap "
               "(option buffer-size)", lost);
        tell_gap(w);
    }
    atomic_store(&g->passes_over, pass);
    if (atomic_exchange(&g->pass_asked, false))
        serve_news(g);
}

/* After a pass, until the next one. In a storm nobody need wake it. */
static void
linger(struct writer *w, uint64_t due)
{
    struct gnotify *g = w->g;
    uint64_t more = w->took ? gathers_until(w, clock_ns(CLOCK_MONOTONIC)) : 0;

    if (more) {
        wait_until(g, WRITER_LINGERS, more);
        return;
    }
    wait_until(g, WRITER_ASLEEP, due);
    uint64_t now = clock_ns(CLOCK_MONOTONIC);

    if (atomic_load(&g->waiting)) {
        if (now - w->wrote >= BUSY)
            return;
    } else if (is_followed(g, now)) {
        atomic_store(&g->stormed, now);
    }
    more = gathers_until(w, now);
    wait_until(g, WRITER_LINGERS, more ? more : now + GATHER_SHORT);
}

static void *
writer_run(void *arg)
{
    struct writer *w = arg;
    struct gnotify *g = w->g;
    uint64_t due = UINT64_MAX;

    THIS = g->xl;
    while (!atomic_load(&g->up) && !atomic_load(&g->stop))
        wait_until(g, WRITER_LINGERS, UINT64_MAX);
    if (!atomic_load(&g->active))
        journal_spoil(w);
    for (;;) {
        bool stops = atomic_load(&g->stop);

        journal_follow(w);
        take_all(w);
        due = merges_flush(w->merges, clock_ns(CLOCK_MONOTONIC), stops);
        batch_write(w);
        if (stops && !atomic_load(&g->ring))
            break;
        linger(w, w->retry && atomic_load(&g->active) && w->retry < due ? w->retry : due);
    }
    if (g->journal)
        journal_end(g, atomic_load(&g->active) && !atomic_load(&g->in_flight));
    merges_free(w->merges);
    free(w->clients);
    free(w->batch);
    free(w);
    return NULL;
}

int
writer_start(struct gnotify *g)
{
    struct writer *w = calloc(1, sizeof(*w));

    if (!w)
        return -ENOMEM;
    *w = (struct writer){.g = g, .batches = 1, .merges = merges_new(g, emit, w),
                         .batch = malloc(NOTIFY_BATCH_MAX)};
    int err = w->merges && w->batch ? 0 : -ENOMEM;

    if (!err)
        err = -gf_thread_create(&g->writer, NULL, writer_run, w, "gnwriter");
    if (err) {
        merges_free(w->merges);
        free(w->batch);
        free(w);
        return err < 0 ? err : -EAGAIN;
    }
    g->writer_runs = true;
    return 0;
}

void
writer_stop(struct gnotify *g)
{
    if (!g->writer_runs)
        return;
    atomic_store(&g->stop, true);
    writer_kick(g);
    pthread_join(g->writer, NULL);
    g->writer_runs = false;
}
