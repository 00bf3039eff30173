/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * gupcallwait: waits for upcalls of a GlusterFS volume, the messages by which bricks tell
 * their clients that something these have cached is no longer so. It is also an example of
 * a program that uses them: docs/gupcallwait.md goes through its parts.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include <glusterfs/api/glfs-handles.h>

#include "gfapi/connect.h"
#include "gfapi/gupcallwait/lease.h"
#include "gfapi/gupcallwait/look.h"
#include "gfapi/gupcallwait/options.h"
#include "gfapi/gupcallwait/setting.h"

enum status { EVENT = 0, FAILED = 1, TIMED_OUT = 2 }; /* inotifywait's */

static struct timespec
after(double seconds)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    ts.tv_sec += (time_t)seconds;
    ts.tv_nsec += (long)((seconds - (double)(time_t)seconds) * 1e9);
    if (ts.tv_nsec >= 1000000000L) {
        ts.tv_sec++;
        ts.tv_nsec -= 1000000000L;
    }
    return ts;
}

static bool
earlier(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* -- upcalls arrive ------------------------------------------------------------------ */

static bool
gfid_of(struct glfs_object *object, unsigned char gfid[GFID_SIZE])
{
    return object && glfs_h_extract_handle(object, gfid, GFID_SIZE) == GFID_SIZE;
}

/* On a thread of libgfapi, of which there are few, and whose stack is small: notes what
 * the upcall was about, and leaves the rest to the main thread. */
static void
arrived(struct glfs_upcall *upcall, void *data)
{
    struct watch_set *set = data;
    unsigned char gfid[GFID_SIZE], target[GFID_SIZE];

    if (glfs_upcall_get_reason(upcall) == GLFS_UPCALL_INODE_INVALIDATE) {
        struct glfs_upcall_inode *inode = glfs_upcall_get_event(upcall);

        if (gfid_of(glfs_upcall_inode_get_object(inode), gfid)) {
            bool to = gfid_of(glfs_upcall_inode_get_pobject(inode), target);

            watch_mark(set, gfid, (uint32_t)glfs_upcall_inode_get_flags(inode),
                       to ? target : NULL, false);
        }
    } else if (glfs_upcall_get_reason(upcall) == GLFS_UPCALL_RECALL_LEASE) {
        struct glfs_upcall_lease *lease = glfs_upcall_get_event(upcall);

        if (gfid_of(glfs_upcall_lease_get_object(lease), gfid))
            watch_mark(set, gfid, 0, NULL, true);
    }
    glfs_free(upcall);
}

/* -- the volume ---------------------------------------------------------------------- */

/* Where a sharded file keeps its size: a write behind the first block changes nothing else
 * of the file that is watched. */
#define SHARD_SIZE "trusted.glusterfs.shard.file-size"

/* A lookup that the client's own caches answer reaches no brick, and would not count
 * there. md-cache stays in the graph with what it is good for here: it registers at the
 * bricks the names of extended attributes whose changes are told; stock registers none of
 * the user's. */
static const struct connect_option own_graph[] = {
    {"*-md-cache", "pass-through", "on"},
    {"*-md-cache", "cache-invalidation", "on"},
    {"*-md-cache", "xattr-cache-list", "user.*," SHARD_SIZE},
    {"*-nl-cache", "pass-through", "on"},
    {"*-quick-read", "pass-through", "on"},
};

/* When the volume's options or bricks change, libgfapi makes a new graph, a new client to
 * the bricks, which know nothing of its interest; nobody tells the program. But it can see
 * the volfile, which is in memory: a number that changes with it. */
static uint64_t
volfile_number(struct glfs *fs)
{
    ssize_t size = -glfs_get_volfile(fs, NULL, 0);
    AUTO_FREE unsigned char *text = size > 0 ? malloc((size_t)size) : NULL;
    uint64_t n = 14695981039346656037u; /* FNV-1a */

    if (!text || glfs_get_volfile(fs, text, (size_t)size) != size)
        return 0;
    for (ssize_t i = 0; i < size; i++)
        n = (n ^ text[i]) * 1099511628211u;
    return n;
}

/* 0, or -EOPNOTSUPP with a message: what was asked for is off. */
static int
judge_setting(const struct connect_place *place, const struct options *o,
              const struct setting *setting)
{
    if (!setting->upcall) {
        fprintf(stderr, PROGRAM ": volume %s sends no upcalls (features.cache-invalidation is "
                "off): gluster volume upcall %s enable\n", place->volume, place->volume);
        return -EOPNOTSUPP;
    }
    if (o->lease && !setting->leases) {
        fprintf(stderr, PROGRAM ": volume %s gives no leases (features.leases is off): gluster "
                "volume upcall %s enable leases\n", place->volume, place->volume);
        return -EOPNOTSUPP;
    }
    return 0;
}

static int
check_setting(const struct connect_place *place, const struct options *o,
              struct setting *setting)
{
    if (o->expiry) {
        *setting = (struct setting){.upcall = true, .timeout = o->expiry, .leases = true};
        return 0;
    }
    int ret = setting_read(place, setting);

    if (!ret)
        return judge_setting(place, o, setting);
    if (!o->quiet)
        fprintf(stderr, PROGRAM ": the options of volume %s cannot be had (%s): taking 60 "
                "for features.cache-invalidation-timeout; --expiry SECONDS tells it\n",
                place->volume,
                ret == -ENOENT ? "there is no gluster program here"
                : ret == -EIO  ? "`gluster volume info` failed"
                               : strerror(-ret));
    *setting = (struct setting){.upcall = true, .timeout = 60, .leases = true};
    return 0;
}

/* -- waiting ------------------------------------------------------------------------- */

struct wait {
    const struct options *options;
    const struct connect_place *place;
    struct look look;
    struct setting setting;
    uint64_t volfile;
    bool away; /* as look's was when glusterd was asked */
    struct timespec next_look, next_setting, end;
};

/* Everything is asked for again well before the brick forgets that it was, and more often
 * if that is cheap: it finds what a brick that was restarted did not tell. */
static double
interval(const struct wait *w)
{
    double limit = (double)w->setting.timeout / 3, cheap = (double)w->look.set.count / 100;

    if (w->options->keep > 0)
        return w->options->keep;
    cheap = cheap < 5 ? 5 : cheap;
    return cheap < limit ? cheap : limit;
}

static void
handle(struct wait *w, const struct upcall *upcall)
{
    look_at(&w->look, upcall);
    if (!upcall->recalled || !upcall->watch->lease)
        return;
    uint32_t what = EV_LEASE_RECALL;

    w->look.shown += show_event(&w->options->show,
                                &(struct event){.watch = upcall->watch, .what = what});
    lease_return(upcall->watch, w->options->lease_write);
}

/* The replicas tell of a change within milliseconds: one look then serves all of them, and
 * sees it on each. */
static void
handle_queue(struct wait *w)
{
    const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    struct upcall upcall;

    clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
    while (watch_take(&w->look.set, &upcall))
        handle(w, &upcall);
    look_sweep(&w->look);
}

/* Looks at everything. What upcalls name meanwhile comes first. */
static void
look_at_all(struct wait *w)
{
    struct upcall upcall;

    w->look.failed = false;
    for (struct watch *x = w->look.set.first; x; x = x->next) {
        while (watch_take(&w->look.set, &upcall))
            handle(w, &upcall);
        look_at(&w->look, &(struct upcall){.watch = x});
    }
    look_sweep(&w->look);
    w->look.away = w->look.failed;
    w->next_look = after(interval(w));
}

/* Bricks that are away may be those of a volume that was deleted, or come back with other
 * options. A glusterd that does not answer now is no reason to end. */
static int
ask_setting(struct wait *w)
{
    struct setting setting;
    int ret = setting_read(w->place, &setting);

    w->away = w->look.away;
    w->next_setting = after(w->away ? 10 : 60);
    if (ret == -ENODEV) {
        fprintf(stderr, PROGRAM ": volume %s no longer exists: there is nothing to wait for\n",
                w->place->volume);
        return ret;
    }
    if (ret || w->options->expiry)
        return 0;
    w->setting = setting;
    return judge_setting(w->place, w->options, &setting);
}

/* Once a second: is there a new graph, is it time to look at all, is upcall still on?
 * -errno with a message: waiting is over. */
static int
tick(struct wait *w)
{
    struct timespec now = after(0);
    uint64_t volfile = volfile_number(w->look.fs);

    if (volfile != w->volfile) {
        w->volfile = volfile;
        w->next_setting = now;
        look_at_all(w);
        /* once more when the new graph is surely the one in use */
        w->next_look = after(3);
    } else if (!earlier(&now, &w->next_look))
        look_at_all(w);
    if (w->look.away != w->away)
        w->next_setting = now;
    if (!earlier(&now, &w->next_setting) && (w->look.away || w->away || !w->options->expiry))
        return ask_setting(w);
    return 0;
}

static enum status
wait_for_events(struct wait *w)
{
    const struct options *o = w->options;
    size_t shown = w->look.shown;

    for (;;) {
        struct timespec until = after(1);

        if (o->timeout > 0 && earlier(&w->end, &until))
            until = w->end;
        if (earlier(&w->next_look, &until))
            until = w->next_look;
        if (watch_wait(&w->look.set, &until))
            handle_queue(w);
        if (tick(w))
            return FAILED;
        if (w->look.shown != shown) {
            if (!o->monitor || ferror(stdout))
                return EVENT;
            shown = w->look.shown;
            w->end = after(o->timeout);
        }
        if (!w->look.named) {
            fprintf(stderr, PROGRAM ": nothing is left to watch\n");
            return o->monitor ? EVENT : FAILED;
        }
        struct timespec now = after(0);

        if (o->timeout > 0 && !earlier(&now, &w->end))
            return TIMED_OUT;
    }
}

static int
set_up(struct wait *w, char *const *paths, int count)
{
    const struct options *o = w->options;
    struct look *look = &w->look;

    if (glfs_upcall_register(look->fs, GLFS_EVENT_ANY, arrived, &look->set) < 0) {
        fprintf(stderr, PROGRAM ": libgfapi takes no callback for upcalls: %s\n",
                strerror(errno));
        return -EIO;
    }
    if (!o->quiet)
        fprintf(stderr, "Setting up watches.%s\n",
                o->recursive ? "  Beware: with -r this may take a while!" : "");
    for (int i = 0; i < count; i++) {
        AUTO_STRBUF struct strbuf path = STRBUF_INIT;
        bool below = *paths[i] != '/' && strcmp(w->place->dir, "/") != 0;

        /* one slash before each part, none at the end */
        strbuf_str(&path, below ? w->place->dir : "");
        for (const char *p = paths[i]; *p; p += strcspn(p, "/")) {
            p += strspn(p, "/");
            if (*p)
                strbuf_fmt(&path, "/%.*s", (int)strcspn(p, "/"), p);
        }
        if (look_add(look, path.len ? path.data : "/"))
            return -ENOENT;
    }
    for (struct watch *x = look->set.first; o->lease && x; x = x->next) {
        if (x->named && lease_take(look->fs, x, o->lease_write))
            return -EIO;
    }
    if (!o->quiet)
        fprintf(stderr, "Watches established.\n");
    return 0;
}

static enum status
run(const struct options *o, char *const *paths, int count)
{
    struct wait w = {.options = o};
    AUTO_PLACE struct connect_place place = CONNECT_PLACE_INIT;
    const struct connect_options options = {
        .program = PROGRAM,
        .log_file = o->log_file,
        .no_follow = !count, /* a link itself may be watched */
        .xlator_options = own_graph,
        .xlator_option_count = ARRAY_SIZE(own_graph),
    };
    char *here[] = {(char *)""};

    if (connect_volume(o->volume, &options, &w.look.fs, &place) ||
        check_setting(&place, o, &w.setting))
        return FAILED;
    if (watch_set_init(&w.look.set)) {
        fprintf(stderr, PROGRAM ": out of memory\n");
        return FAILED;
    }
    w.place = &place;
    w.look.show = &o->show;
    w.look.recursive = o->recursive;
    w.volfile = volfile_number(w.look.fs);
    if (set_up(&w, count ? paths : here, count ? count : 1))
        return FAILED;
    w.next_look = after(interval(&w));
    w.next_setting = after(60);
    w.end = after(o->timeout);
    return wait_for_events(&w);
}

int
main(int argc, char **argv)
{
    struct options o;

    if (!options_read(&o, argc, argv))
        return FAILED;
    o.volume = argv[optind];
    connect_leave(PROGRAM, run(&o, argv + optind + 1, argc - optind - 1));
}
