/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What changed since a session was acknowledged: from the bricks' records, or, the first time and
 * after a gap in them, by a crawl. What changes while a crawl lists is recorded; so after it the
 * records are read, and what they tell is put right.
 */
#include "gfind/gfind.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "gfind/read.h"
#include "libgnotify/crawl.h"

#define SECOND 1000000000ull
#define CLOCKS (60 * SECOND) /* clients' clocks may differ by so much: ctime is theirs */
enum { CRAWLS_MAX = 3, PROGRESS = 200 /* ms */ };

struct run {
    const struct options *options;
    struct session *session;
    struct volume volume;
    uint64_t began;
    int target; /* the cursor that will stand behind what is printed */
    int64_t shown; /* when progress was */
};

/* ---- cursors ------------------------------------------------------------------------------ */

/* From behind cursor `behind` (0: from now on), to acknowledge under `cursor`. */
static int
reach(const struct run *r, int behind, int cursor, struct gnotify **g)
{
    char name[CURSOR_SIZE], place[CURSOR_SIZE];
    struct gnotify_options how = {
        .size = sizeof(how), .cursor = name, .socket = r->options->socket,
        .log_file = r->options->log_file,
        .events = GNOTIFY_CREATE | GNOTIFY_DELETE | GNOTIFY_MOVE | GNOTIFY_MODIFY | GNOTIFY_ATTRIB,
    };

    session_cursor(r->session, cursor, name);
    if (behind) {
        session_cursor(r->session, behind, place);
        how.from = GNOTIFY_FROM_CURSOR;
        how.behind = place;
    }
    int ret = gnotify_init(g, r->options->spec, &how);

    if (ret && ret != -ENODATA)
        fprintf(stderr, PROGRAM ": %s\n", gnotify_error(NULL));
    return ret;
}

static int
acknowledge(struct gnotify *g, uint64_t number)
{
    int ret = gnotify_ack(g, number);

    if (ret)
        fprintf(stderr, PROGRAM ": %s\n", gnotify_error(g));
    return ret;
}

static int
save(struct session *session)
{
    int ret = session_save(session);

    if (ret)
        fprintf(stderr, PROGRAM ": cannot write session %s in %s: %s\n", session->name,
                session->folder, strerror(-ret));
    return ret;
}

/* ---- crawling ----------------------------------------------------------------------------- */

static int
found(void *arg, const struct crawl_entry *entry)
{
    const struct run *r = arg;
    bool entered;
    struct change change = {.kind = CHANGE_FOUND, .dir = S_ISDIR(entry->stat->st_mode),
                            .has_gfid = true, .to = (char *)entry->path};

    memcpy(change.gfid, entry->gfid, GFID_SIZE);
    show_change(&r->options->show, &change, entry->stat, &entered);
    return ferror(r->options->show.out) ? -EIO : 0;
}

static void
not_listed(void *arg, const char *path, int error)
{
    const struct run *r = arg;

    if (*path != '/')
        fprintf(stderr, PROGRAM ": %s of volume %s is away, and what is only there is not told: "
                "`gluster volume status` shows its bricks; run it again when they are back\n",
                path, r->options->spec);
    else
        fprintf(stderr, PROGRAM ": %s: cannot be listed: %s\n", path, strerror(-error));
}

static void
progress(void *arg, const struct crawl_progress *p)
{
    struct run *r = arg;
    int64_t now = now_ms();

    if (r->options->quiet || now - r->shown < PROGRESS)
        return;
    r->shown = now;
    fprintf(stderr, "\r%" PRIu64 " found in %" PRIu64 " folders, %" PRIu64 " folders wait\033[K",
            p->entries, p->folders, p->waiting);
}

/* What is below a folder. */
static int
list(struct run *r, const char *below, uint64_t since)
{
    const struct crawl_options how = {.below = below, .since = since, .entry = found,
                                      .error = not_listed, .progress = progress, .arg = r};
    int ret = volume_reach(&r->volume);

    if (ret)
        return ret;
    ret = crawl(r->volume.fs, &how);
    if (r->shown)
        fprintf(stderr, "\r\033[K");
    if (ret && ret != -EIO)
        fprintf(stderr, PROGRAM ": %s of volume %s: %s\n", below ? below : "/", r->options->spec,
                strerror(-ret));
    return ret;
}

/* ---- telling ------------------------------------------------------------------------------ */

/* In a span of which the beginning is not known, all that can be said of a file is that it is
 * there, or not. */
static int
tell_found(struct run *r, const struct change *c)
{
    struct change told = *c;
    int there = c->from && c->kind != CHANGE_CREATED ? volume_has(&r->volume, c->from) : 1;
    bool entered;

    if (there < 0)
        return there;
    if (!there) {
        told.kind = CHANGE_DELETED;
        told.to = NULL;
        show_change(&r->options->show, &told, NULL, &entered);
    }
    if (!c->to)
        return 0;
    told.kind = CHANGE_FOUND;
    told.from = NULL;
    told.to = c->to;
    show_change(&r->options->show, &told, NULL, &entered);
    if (c->kind != CHANGE_MOVED || !c->dir || !show_wants(&r->options->show, c->to))
        return 0;
    int ret = list(r, c->to, 0);

    return ret == -ENOENT || ret == -ENOTDIR ? 0 : ret;
}

static int
tell(struct run *r, const struct change *c, bool crawled)
{
    bool entered;

    if (crawled)
        return tell_found(r, c);
    show_change(&r->options->show, c, NULL, &entered);
    int ret = entered ? list(r, c->to, 0) : 0;

    return ret == -ENOENT || ret == -ENOTDIR ? 0 : ret;
}

static int
tell_span(struct run *r, struct span *span, bool crawled)
{
    AUTO_CHANGES struct changes changes = CHANGES_INIT;
    int ret = reduce_end(&span->reduce, volume_whereis, &r->volume, &changes);

    if (ret)
        fprintf(stderr, PROGRAM ": %s\n", strerror(-ret));
    for (size_t i = 0; i < changes.count && !ret; i++)
        ret = tell(r, &changes.list[i], crawled);
    return ret;
}

/* All is told: the target cursor stands behind it. */
static int
finish(struct run *r, struct gnotify *g, uint64_t number)
{
    struct session *session = r->session;
    FILE *out = r->options->show.out;

    if (fflush(out) || ferror(out)) {
        fprintf(stderr, PROGRAM ": cannot write to standard output: %s\n", strerror(errno));
        return -EIO;
    }
    int ret = acknowledge(g, number);

    if (ret)
        return ret;
    session->printed = r->target;
    session->printed_time = r->began;
    if (r->options->commit) {
        session->acked = session->printed;
        session->acked_time = session->printed_time;
    }
    return save(session);
}

/* ---- the two ways ------------------------------------------------------------------------- */

/* The crawl, and what happened meanwhile: read from behind cursor `behind`. */
static int
by_crawl(struct run *r, int behind, uint64_t since, unsigned gaps)
{
    for (int i = 0; i < CRAWLS_MAX; i++) {
        AUTO_SPAN struct span span = SPAN_INIT;
        struct gnotify *g;
        int ret = list(r, r->options->show.below, since);

        if (!ret)
            ret = reach(r, behind, r->target, &g);
        if (!ret)
            ret = span_read(&span, g);
        if (ret)
            return ret;
        if (span.gaps <= gaps) {
            ret = tell_span(r, &span, true);
            return ret ? ret : finish(r, g, span.number);
        }
        /* there is another one since */
        show_gap(&r->options->show, span.gap_from, span.gap_to, span.why);
        gaps = span.gaps;
        gnotify_close(g);
    }
    fprintf(stderr, PROGRAM ": bricks lose records again and again: `gluster volume notify %s "
            "status` shows them; run it again\n", r->options->spec);
    return -EIO;
}

/* The cursor that stood behind what was printed is about to move: until that is printed, too,
 * nothing is there to be acknowledged. */
static int
forget_printed(struct session *session)
{
    if (!session->printed)
        return 0;
    session->printed = 0;
    return save(session);
}

/* A place from which all is recorded, then what there is. */
static enum status
first(struct run *r, uint64_t since)
{
    struct session *session = r->session;
    struct gnotify *g;
    int other = 3 - r->target;

    /* that cursor moves, too */
    session->printed |= session->acked;
    session->acked = 0;
    int ret = forget_printed(session);

    if (!ret)
        ret = reach(r, 0, other, &g);
    if (!ret) {
        ret = acknowledge(g, 0);
        gnotify_close(g);
    }
    if (!ret)
        ret = by_crawl(r, other, since, 0);
    return ret ? FAILED : since ? GAP : DONE;
}

static uint64_t
before(uint64_t time)
{
    return time > CLOCKS ? time - CLOCKS : 1;
}

static enum status
lost(struct run *r)
{
    uint64_t since = r->session->acked_time;

    show_gap(&r->options->show, since, r->began, "no brick knows the session");
    return first(r, before(since));
}

static enum status
next(struct run *r)
{
    AUTO_SPAN struct span span = SPAN_INIT;
    struct gnotify *g;
    int ret = forget_printed(r->session);

    if (!ret)
        ret = reach(r, r->session->acked, r->target, &g);
    if (ret == -ENODATA)
        return lost(r);
    if (!ret)
        ret = span_read(&span, g);
    if (ret)
        return FAILED;
    if (!span.gaps) {
        ret = tell_span(r, &span, false);
        if (ret || finish(r, g, span.number))
            return FAILED;
        return r->options->still && !span.events ? STILL : DONE;
    }
    uint64_t since = r->session->acked_time;

    show_gap(&r->options->show, span.gap_from, span.gap_to, span.why);
    gnotify_close(g);
    if (span.gap_from && span.gap_from < since)
        since = span.gap_from;
    return by_crawl(r, r->session->acked, before(since), span.gaps) ? FAILED : GAP;
}

enum status
run(const struct options *o, struct session *session)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    struct run r = {
        .options = o, .session = session, .target = session->acked == 1 ? 2 : 1,
        .began = (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec,
        .volume = {.spec = o->spec,
                   .how = {.program = PROGRAM, .socket = o->socket, .log_file = o->log_file}},
    };

    return session->acked && !o->anew ? next(&r) : first(&r, 0);
}

int
run_forget(const struct options *o, const struct session *session)
{
    struct run r = {.options = o, .session = (struct session *)session};
    int ret = 0;

    for (int which = 1; which <= 2 && !ret; which++) {
        struct gnotify *g;

        ret = reach(&r, 0, which, &g);
        if (ret)
            return ret;
        ret = gnotify_forget(g);
        if (ret)
            fprintf(stderr, PROGRAM ": %s\n", gnotify_error(g));
        gnotify_close(g);
    }
    return ret;
}
