/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Where one path is: glusterfs.pathinfo, asked for through the volume's own graph. Where
 * that does not say all (graph.h), the bricks that come into question are looked at,
 * each alone. A resolver's work; see worker.h.
 */
#include "worker.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include <glusterfs/api/glfs.h>

#include "common/strbuf.h"

enum { PATHINFO_MAX = 64 * 1024, ATTEMPTS = 4 };

struct resolver {
    int fd;
    struct glfs *volume;
    struct gfapi_graph graph;
    struct glfs **bricks; /* connections, made when they are first wanted */
    bool *tried;
    pthread_mutex_t reading, writing, connecting;
};

static struct glfs *
brick_of(struct resolver *r, int brick)
{
    pthread_mutex_lock(&r->connecting);
    if (!r->tried[brick]) {
        r->tried[brick] = true;
        r->bricks[brick] = locate_brick_connect(&r->graph.bricks[brick]);
    }
    struct glfs *fs = r->bricks[brick];

    pthread_mutex_unlock(&r->connecting);
    return fs;
}

/* Which bricks of a set have the file with this inode; and its shards. */
static uint64_t
look_at_set(struct resolver *r, int set, const char *path, uint64_t inode,
            struct locate_place *place)
{
    const struct gfapi_set *s = &r->graph.sets[set];
    uint64_t bricks = 0;

    for (int i = 0; i < s->count; i++) {
        const struct gfapi_brick *brick = &r->graph.bricks[s->first + i];
        struct glfs *fs = brick_of(r, s->first + i);
        struct locate_entry entry;
        bool shards = r->graph.sharded && !brick->arbiter && !place->block;

        if (!fs || locate_brick_look(fs, path, shards, &entry) || entry.inode != inode ||
            entry.kind != LOCATE_FILE)
            continue;
        bricks |= 1ULL << i;
        if (entry.block) {
            place->block = entry.block;
            place->size = entry.size;
        }
    }
    return bricks;
}

static int
look_at_lone_bricks(struct resolver *r, int like, const char *path, uint64_t inode,
                    struct locate_place *place)
{
    for (int i = 0; i < r->graph.brick_count; i++) {
        int set = r->graph.bricks[i].set;

        if (r->graph.sets[set].count != 1 ||
            strcmp(r->graph.bricks[i].path, r->graph.bricks[like].path) != 0)
            continue;
        place->bricks = look_at_set(r, set, path, inode, place);
        if (place->bricks) {
            place->set = set;
            return 0;
        }
    }
    return -ENOENT;
}

/* GlusterFS 10 answers ENOMEM instead of the pathinfo of what is in a dispersed set. */
static int
look_at_dispersed_sets(struct resolver *r, const char *path, uint64_t inode,
                       struct locate_place *place)
{
    for (int set = 0; set < r->graph.set_count; set++) {
        if (r->graph.sets[set].type != GFAPI_DISPERSED)
            continue;
        place->bricks = look_at_set(r, set, path, inode, place);
        if (place->bricks) {
            place->set = set;
            return 0;
        }
    }
    return -EAGAIN;
}

/* -EAGAIN: it moved between two of the steps. */
static int
resolve_file(struct resolver *r, const char *path, uint64_t inode, struct locate_place *place)
{
    AUTO_FREE char *text = malloc(PATHINFO_MAX);
    struct locate_told told;

    if (!text)
        return -ENOMEM;
    ssize_t len = glfs_lgetxattr(r->volume, path, "glusterfs.pathinfo", text, PATHINFO_MAX);

    if (len < 0)
        return errno == ENOMEM ? look_at_dispersed_sets(r, path, inode, place) : -errno;
    int ret = locate_pathinfo_parse(&r->graph, path, text, len, &told);

    if (ret)
        return -EBADMSG;
    if (told.set < 0)
        return look_at_lone_bricks(r, told.like, path, inode, place) ? -EAGAIN : 0;
    place->set = told.set;
    place->bricks = told.bricks;
    if (!told.complete || r->graph.sharded) {
        uint64_t seen = look_at_set(r, told.set, path, inode, place);

        if (!told.complete)
            place->bricks = seen;
    }
    return place->bricks ? 0 : -EAGAIN;
}

static int
resolve(struct resolver *r, const char *path, struct locate_place *place)
{
    struct stat stat;
    int ret = -EAGAIN;

    for (int i = 0; i < ATTEMPTS && (ret == -EAGAIN || (i && ret == -ESTALE)); i++) {
        *place = (struct locate_place){.set = -1, .kind = LOCATE_OTHER};
        if (glfs_lstat(r->volume, path, &stat))
            return -errno;
        if (S_ISDIR(stat.st_mode))
            place->kind = LOCATE_FOLDER;
        if (!S_ISREG(stat.st_mode))
            return 0;
        place->kind = LOCATE_FILE;
        ret = resolve_file(r, path, stat.st_ino, place);
    }
    return ret;
}

/* One of several threads: takes a question, answers it. */
static void *
answer_questions(void *arg)
{
    struct resolver *r = arg;

    for (;;) {
        struct locate_question question;
        AUTO_FREE char *path = NULL;

        pthread_mutex_lock(&r->reading);
        int ret = locate_read(r->fd, &question, sizeof(question));

        path = ret ? NULL : malloc(question.len);
        if (path)
            ret = locate_read(r->fd, path, question.len);
        pthread_mutex_unlock(&r->reading);
        if (ret || !path)
            _exit(0);
        struct {
            struct locate_answer answer;
            struct locate_place place;
        } message = {.answer = {.tag = question.tag}};

        message.answer.error = resolve(r, path, &message.place);
        message.answer.len = sizeof(message.place) + question.len;
        pthread_mutex_lock(&r->writing);
        ret = locate_write(r->fd, &message, sizeof(message), path, question.len);
        pthread_mutex_unlock(&r->writing);
        if (ret)
            _exit(0);
    }
}

/* The volfile as libgfapi has it. */
static int
get_volfile(struct glfs *fs, struct strbuf *out)
{
    ssize_t want = glfs_get_volfile(fs, NULL, 0);
    size_t size = want < 0 ? (size_t)-want : 0;
    AUTO_FREE char *text = malloc(size + 1);

    if (!text)
        return -ENOMEM;
    ssize_t got = glfs_get_volfile(fs, text, size);

    if (got <= 0)
        return got < 0 ? -EAGAIN : -EIO;
    strbuf_add(out, text, got);
    return strbuf_failed(out) ? -ENOMEM : 0;
}

static int
begin(struct resolver *r, const struct locate_resolver *what, struct strbuf *out)
{
    AUTO_PLACE struct connect_place place = CONNECT_PLACE_INIT;
    AUTO_STRBUF struct strbuf volfile = STRBUF_INIT;
    int ret = connect_volume(what->spec, what->options, &r->volume, &place);

    if (ret)
        return ret;
    ret = get_volfile(r->volume, &volfile);
    if (!ret)
        ret = gfapi_graph_parse(volfile.data, volfile.len, &r->graph);
    if (ret) {
        fprintf(stderr, "%s: the volfile of volume %s cannot be read: %s; run it again\n",
                what->options->program, place.volume, strerror(-ret));
        return ret;
    }
    strbuf_add(out, place.volume, strlen(place.volume) + 1);
    strbuf_add(out, place.dir, strlen(place.dir) + 1);
    strbuf_add(out, volfile.data, volfile.len);
    r->bricks = calloc(r->graph.brick_count, sizeof(*r->bricks));
    r->tried = calloc(r->graph.brick_count, sizeof(*r->tried));
    return strbuf_failed(out) || !r->bricks || !r->tried ? -ENOMEM : 0;
}

void
locate_resolver_serve(int fd, void *arg)
{
    struct resolver r = {
        .fd = fd, .reading = PTHREAD_MUTEX_INITIALIZER, .writing = PTHREAD_MUTEX_INITIALIZER,
        .connecting = PTHREAD_MUTEX_INITIALIZER,
    };
    AUTO_STRBUF struct strbuf out = STRBUF_INIT;
    struct locate_answer answer = {0};

    answer.error = begin(&r, arg, &out);
    answer.len = answer.error ? 0 : out.len;
    if (locate_write(fd, &answer, sizeof(answer), out.data, answer.len) || answer.error)
        return;
    for (int i = 1; i < LOCATE_LOOKUPS; i++) {
        pthread_t thread;

        if (pthread_create(&thread, NULL, answer_questions, &r))
            break;
    }
    answer_questions(&r);
}
