/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Lists every folder on all bricks at the same time, and has the lists joined (join.c). What they
 * leave open is left to the resolver, which asks the volume (ask.c); so is a path that is
 * named. The processes it uses: worker.h.
 */
#include "walk_inside.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

enum { QUESTIONS_AT_ONCE = 2 }; /* to one lister: it is never idle, and soon replaced when it is due */

void
walk_failed(struct locate_walk *walk, int error)
{
    if (!walk->failure)
        walk->failure = error;
}

void
walk_push(struct locate_walk *walk, char *path)
{
    if (walk->stack_count == walk->stack_room) {
        size_t room = walk->stack_room ? 2 * walk->stack_room : 64;
        char **stack = realloc(walk->stack, room * sizeof(*stack));

        if (!stack || !path) {
            free(path);
            walk_failed(walk, -ENOMEM);
            return;
        }
        walk->stack = stack;
        walk->stack_room = room;
    }
    if (path)
        walk->stack[walk->stack_count++] = path;
    else
        walk_failed(walk, -ENOMEM);
}

/* ---- folders ------------------------------------------------------------------------------ */

static void
folder_begin(struct locate_walk *walk, struct folder *folder, char *path)
{
    folder->path = path;
    folder->left = walk->graph.brick_count;
    folder->folder_set = -1;
    for (int i = 0; i < walk->graph.brick_count; i++) {
        folder->bricks[i].state = WANTED;
        folder->bricks[i].error = 0;
        folder->bricks[i].cookie = 0;
        if (walk->down[i]) {
            folder->bricks[i].state = FAILED;
            folder->bricks[i].error = -ENOTCONN;
            folder->left--;
        } else if (folder->folder_set < 0) {
            folder->folder_set = walk->graph.bricks[i].set;
        }
    }
}

/* Says once that nothing is known of a set's files. */
static void
check_set(struct locate_walk *walk, int set)
{
    if (walk->set_told[set] || join_up(walk, set))
        return;
    walk->set_told[set] = true;
    walk->events.error(walk->events.arg, walk->graph.sets[set].name, -ENOTCONN);
}

static void
folder_end(struct locate_walk *walk, struct folder *folder)
{
    int error = 0;

    for (int i = 0; i < walk->graph.brick_count; i++) {
        int e = folder->bricks[i].error;

        /* where the folder is not, what others have in it is asked for, name by name */
        if (e && e != -ENOTCONN && e != -ENOENT && e != -ESTALE)
            error = e;
    }
    for (int set = 0; set < walk->graph.set_count; set++) {
        join_rest(walk, folder, set);
        check_set(walk, set);
    }
    if (error)
        walk->events.error(walk->events.arg, folder->path, error);
    free(folder->path);
    folder->path = NULL;
}

static void
brick_failed(struct locate_walk *walk, struct folder *folder, int brick, int error)
{
    folder->bricks[brick].state = FAILED;
    folder->bricks[brick].error = error;
    folder->left--;
    if (error == -ENOTCONN)
        walk->down[brick] = true;
}

/* ---- listers ------------------------------------------------------------------------------ */

/* Sets of replicas tell of shards by their first brick with data that answers. */
static bool
tells_shards(const struct locate_walk *walk, int brick)
{
    const struct gfapi_set *set = &walk->graph.sets[walk->graph.bricks[brick].set];

    for (int i = set->first; walk->graph.sharded && i < set->first + set->count; i++)
        if (!walk->down[i] && !walk->graph.bricks[i].arbiter)
            return i == brick;
    return false;
}

static int
list(struct locate_walk *walk, struct locate_worker *lister, int slot, int brick)
{
    struct folder *folder = &walk->folders[slot];
    struct locate_lister what = {.graph = &walk->graph};
    struct locate_question question = {
        .brick = brick, .tag = slot, .cookie = folder->bricks[brick].cookie,
        .len = strlen(folder->path) + 1, .shards = tells_shards(walk, brick),
    };
    int ret = lister->pid ? 0 : locate_worker_start(lister, locate_lister_serve, &what);

    if (!ret)
        ret = locate_write(lister->fd, &question, sizeof(question), folder->path, question.len);
    if (ret)
        return ret;
    folder->bricks[brick].state = ASKED;
    lister->waiting++;
    return 0;
}

/* Gives a lister what it is to do; a new one takes over where the old one has seen much. */
static void
lister_feed(struct locate_walk *walk, int number)
{
    struct locate_worker *lister = &walk->listers[number];

    if (lister->served >= LOCATE_RENEW && !lister->waiting)
        locate_worker_end(lister);
    for (int slot = 0; slot < FOLDERS_AT_ONCE; slot++)
        for (int brick = number; walk->folders[slot].path && brick < walk->graph.brick_count;
             brick += walk->lister_count) {
            if (lister->waiting >= QUESTIONS_AT_ONCE || lister->served >= LOCATE_RENEW)
                return;
            if (walk->folders[slot].bricks[brick].state != WANTED)
                continue;
            int ret = list(walk, lister, slot, brick);

            if (ret) {
                walk_failed(walk, ret);
                return;
            }
        }
}

/* A lister ended unasked: what it had not answered is left to the resolver. */
static void
lister_died(struct locate_walk *walk, int number)
{
    locate_worker_end(&walk->listers[number]);
    for (int slot = 0; slot < FOLDERS_AT_ONCE; slot++)
        for (int brick = number; walk->folders[slot].path && brick < walk->graph.brick_count;
             brick += walk->lister_count)
            if (walk->folders[slot].bricks[brick].state == ASKED)
                brick_failed(walk, &walk->folders[slot], brick, -EREMOTEIO);
}

static void
lister_entries(struct locate_walk *walk, struct folder *folder,
               const struct locate_answer *answer, const char *data)
{
    for (uint32_t i = 0; i < answer->names && !walk->failure; i++) {
        struct locate_entry entry;

        memcpy(&entry, data, sizeof(entry));
        join_entry(walk, folder, answer->brick, &entry, data + sizeof(entry));
        data += sizeof(entry) + entry.len;
    }
}

static void
lister_hear(struct locate_walk *walk, int number)
{
    struct locate_worker *lister = &walk->listers[number];
    struct locate_answer answer;
    AUTO_FREE char *data = NULL;
    int ret = locate_read(lister->fd, &answer, sizeof(answer));

    if (!ret) {
        data = malloc(answer.len + 1);
        ret = data ? locate_read(lister->fd, data, answer.len) : -ENOMEM;
    }
    if (ret) {
        lister_died(walk, number);
        return;
    }
    struct folder *folder = &walk->folders[answer.tag];

    lister->waiting--;
    lister->served += answer.names + 1;
    if (answer.error) {
        brick_failed(walk, folder, answer.brick, answer.error);
        return;
    }
    lister_entries(walk, folder, &answer, data);
    folder->bricks[answer.brick].cookie = answer.cookie;
    folder->bricks[answer.brick].state = answer.last ? DONE : WANTED;
    folder->left -= answer.last;
}

/* ---- the walk ----------------------------------------------------------------------------- */

/* Takes folders from the stack, ends those that are complete. False: all is done. */
static bool
advance(struct locate_walk *walk)
{
    bool busy = false;

    for (int slot = 0; slot < FOLDERS_AT_ONCE; slot++) {
        struct folder *folder = &walk->folders[slot];

        if (folder->path && !folder->left)
            folder_end(walk, folder);
        if (!folder->path && walk->stack_count)
            folder_begin(walk, folder, walk->stack[--walk->stack_count]);
        busy |= folder->path != NULL;
    }
    for (int i = 0; i < walk->lister_count; i++)
        lister_feed(walk, i);
    return busy || walk->resolver.waiting;
}

static void
hear(struct locate_walk *walk)
{
    struct pollfd polls[LISTERS_MAX + 1];
    bool waits = false;

    for (int i = 0; i <= walk->lister_count; i++) {
        struct locate_worker *worker = i ? &walk->listers[i - 1] : &walk->resolver;

        polls[i] = (struct pollfd){.fd = worker->waiting ? worker->fd : -1, .events = POLLIN};
        waits |= worker->waiting > 0;
    }
    if (!waits)
        return;
    if (poll(polls, walk->lister_count + 1, -1) < 0) {
        if (errno != EINTR)
            walk_failed(walk, -errno);
        return;
    }
    for (int i = 0; i <= walk->lister_count && !walk->failure; i++) {
        if (!polls[i].revents)
            continue;
        if (i)
            lister_hear(walk, i - 1);
        else if (walk->resolver.waiting)
            ask_hear(walk);
    }
}

/* "/a//b/./c/" is /a/b/c. *up: there is a .. in it, which stays: what it means depends on
 * links. NULL without memory. */
static char *
path_clean(const char *dir, const char *path, bool *up)
{
    AUTO_STRBUF struct strbuf out = STRBUF_INIT;
    AUTO_FREE char *all = str_fmt("%s/%s", *path == '/' ? "" : dir, path);

    *up = false;
    if (!all)
        return NULL;
    for (const char *part = all; *part;) {
        size_t len = strcspn(part, "/");

        *up |= len == 2 && !memcmp(part, "..", 2);
        if (len && !(len == 1 && *part == '.')) {
            strbuf_char(&out, '/');
            strbuf_add(&out, part, len);
        }
        part += len + (part[len] == '/');
    }
    if (!out.len)
        strbuf_char(&out, '/');
    return strbuf_take(&out);
}

int
locate_walk_path(struct locate_walk *walk, const char *path)
{
    bool up;
    AUTO_FREE char *clean = path_clean(walk->dir, path, &up);

    if (!clean)
        return -ENOMEM;
    if (up) {
        walk->events.error(walk->events.arg, clean, -EINVAL);
        return 0;
    }
    ask_where(walk, clean, WALK_NAMED);
    while (!walk->failure && advance(walk))
        hear(walk);
    return walk->failure;
}

static int
prepare(struct locate_walk *walk, const struct strbuf *first)
{
    const char *dir;
    int ret = ask_first(first, &dir, &walk->graph);
    int bricks = walk->graph.brick_count, sets = walk->graph.set_count;

    if (ret)
        return ret;
    walk->lister_count = bricks < LISTERS_MAX ? bricks : LISTERS_MAX;
    walk->dir = strdup(dir);
    walk->down = calloc(bricks, sizeof(*walk->down));
    walk->set_told = calloc(sets, sizeof(*walk->set_told));
    if (!walk->dir || !walk->down || !walk->set_told)
        return -ENOMEM;
    for (int i = 0; i < FOLDERS_AT_ONCE; i++) {
        walk->folders[i].bricks = calloc(bricks, sizeof(*walk->folders[i].bricks));
        walk->folders[i].sets = calloc(sets, sizeof(*walk->folders[i].sets));
        if (!walk->folders[i].bricks || !walk->folders[i].sets)
            return -ENOMEM;
    }
    walk->events.volume(walk->events.arg, first->data, dir, &walk->graph);
    return 0;
}

int
locate_walk_new(const char *spec, const struct connect_options *options,
                const struct locate_events *events, struct locate_walk **walk)
{
    AUTO_STRBUF struct strbuf first = STRBUF_INIT;
    struct locate_walk *made = calloc(1, sizeof(*made));

    if (!made)
        return -ENOMEM;
    made->spec = spec;
    made->options = *options;
    made->events = *events;
    made->resolver.fd = -1;
    for (int i = 0; i < LISTERS_MAX; i++)
        made->listers[i].fd = -1;
    int ret = ask_start(made, &first);

    if (!ret)
        ret = prepare(made, &first);
    if (ret) {
        locate_walk_free(made);
        return ret;
    }
    *walk = made;
    return 0;
}

void
locate_walk_free(struct locate_walk *walk)
{
    locate_worker_end(&walk->resolver);
    for (int i = 0; i < walk->lister_count; i++)
        locate_worker_end(&walk->listers[i]);
    for (int i = 0; i < FOLDERS_AT_ONCE; i++) {
        for (int set = 0; walk->folders[i].sets && set < walk->graph.set_count; set++)
            names_free(&walk->folders[i].sets[set]);
        free(walk->folders[i].path);
        free(walk->folders[i].bricks);
        free(walk->folders[i].sets);
    }
    while (walk->stack_count)
        free(walk->stack[--walk->stack_count]);
    free(walk->stack);
    free(walk->down);
    free(walk->set_told);
    free(walk->dir);
    gfapi_graph_free(&walk->graph);
    free(walk);
}
