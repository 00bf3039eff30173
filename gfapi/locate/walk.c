/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Lists every folder on all bricks at the same time and joins the lists: a name that all
 * bricks of a set have, and have as the same file, is told at once; whatever else there is
 * (a heal that is due, a file just made or moved) is left to the resolver, which asks the
 * volume. So is a path that is named. The processes it uses: worker.h.
 */
#include "walk.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "common/strbuf.h"

enum {
    LISTERS_MAX = 16, /* bricks share them where there are more */
    FOLDERS_AT_ONCE = 8,
    QUESTIONS_AT_ONCE = 2, /* to one lister: it is never idle, and soon replaced when it is due */
    NAMED = 1,              /* a question's tag: the user named the path */
};

/* A name that some bricks of a set have told, others not yet. */
struct name {
    struct name *next;
    uint64_t bricks, inode, block, size;
    uint32_t kind, hash;
    bool differs;
    char text[];
};

struct names {
    struct name **bucket;
    size_t buckets, count;
};

enum state { WANTED, ASKED, DONE, FAILED };

struct folder {
    char *path; /* NULL: not in use */
    struct {
        enum state state;
        int error;
        uint64_t cookie;
    } *bricks;
    struct names *sets;
    int left;       /* bricks that are not DONE or FAILED */
    int folder_set; /* the set whose folders are followed */
};

struct locate_walk {
    const char *spec;
    struct connect_options options;
    struct locate_events events;
    struct gfapi_graph graph;
    char *dir;
    struct locate_worker resolver, listers[LISTERS_MAX];
    int lister_count;
    bool *down; /* bricks that do not answer */
    bool *set_told; /* sets of which no brick answers: said once */
    struct folder folders[FOLDERS_AT_ONCE];
    char **stack; /* folders to be listed */
    size_t stack_count, stack_room;
    int failure; /* -errno: no memory, no process */
};

static void
failed(struct locate_walk *walk, int error)
{
    if (!walk->failure)
        walk->failure = error;
}

static void
push(struct locate_walk *walk, char *path)
{
    if (walk->stack_count == walk->stack_room) {
        size_t room = walk->stack_room ? 2 * walk->stack_room : 64;
        char **stack = realloc(walk->stack, room * sizeof(*stack));

        if (!stack || !path) {
            free(path);
            failed(walk, -ENOMEM);
            return;
        }
        walk->stack = stack;
        walk->stack_room = room;
    }
    if (path)
        walk->stack[walk->stack_count++] = path;
    else
        failed(walk, -ENOMEM);
}

static char *
path_join(const char *folder, const char *name)
{
    return str_fmt("%s/%s", strcmp(folder, "/") ? folder : "", name);
}

/* ---- the resolver ------------------------------------------------------------------------ */

/* What the first answer of a resolver holds. */
static int
read_first(const struct strbuf *first, const char **dir, struct gfapi_graph *graph)
{
    *dir = first->data + strlen(first->data) + 1;
    const char *volfile = *dir + strlen(*dir) + 1;

    return gfapi_graph_parse(volfile, first->len - (volfile - first->data), graph);
}

static int
resolver_first(struct locate_walk *walk, struct strbuf *first, bool *said)
{
    struct locate_resolver what = {.spec = walk->spec, .options = &walk->options};
    struct locate_answer answer;
    int ret = locate_worker_start(&walk->resolver, locate_resolver_serve, &what);

    if (!ret)
        ret = locate_read(walk->resolver.fd, &answer, sizeof(answer));
    if (ret)
        return ret;
    AUTO_FREE char *text = malloc(answer.len + 1);

    if (!text)
        return -ENOMEM;
    ret = locate_read(walk->resolver.fd, text, answer.len);
    if (!ret)
        strbuf_add(first, text, answer.len);
    *said = answer.error;
    return answer.error ? answer.error : ret ? ret : strbuf_failed(first) ? -ENOMEM : 0;
}

/* first: its first answer. What is wrong with the volume the resolver has said itself. */
static int
resolver_start(struct locate_walk *walk, struct strbuf *first)
{
    bool said = false;
    int ret = resolver_first(walk, first, &said);

    if (ret && !said)
        fprintf(stderr, "%s: the process that asks %s ended before it answered: %s; run it again\n",
                walk->options.program, walk->spec, strerror(-ret));
    return ret;
}

/* Another one in its place: it must mean the same bricks by the same numbers. */
static int
resolver_renew(struct locate_walk *walk)
{
    AUTO_STRBUF struct strbuf first = STRBUF_INIT;
    AUTO_GFAPI_GRAPH struct gfapi_graph graph = GFAPI_GRAPH_INIT;
    const char *dir;

    locate_worker_end(&walk->resolver);
    int ret = resolver_start(walk, &first);

    if (!ret)
        ret = read_first(&first, &dir, &graph);
    return ret ? ret : gfapi_graph_is_same(&graph, &walk->graph) ? 0 : -ESTALE;
}

static void
tell_place(struct locate_walk *walk, const char *path, uint32_t tag, int error,
           const struct locate_place *place)
{
    if (error && tag != NAMED && (error == -ENOENT || error == -ESTALE))
        return; /* gone since it was listed */
    if (!error && place->kind == LOCATE_OTHER && tag == NAMED)
        error = -EINVAL;
    if (error)
        walk->events.error(walk->events.arg, path, error);
    else if (place->kind == LOCATE_FILE)
        walk->events.file(walk->events.arg, path, place);
    else if (place->kind == LOCATE_FOLDER)
        push(walk, strdup(path));
}

static void
resolver_hear(struct locate_walk *walk)
{
    struct locate_answer answer;
    struct locate_place place;
    int ret = locate_read(walk->resolver.fd, &answer, sizeof(answer));
    AUTO_FREE char *path = NULL;

    if (!ret)
        ret = locate_read(walk->resolver.fd, &place, sizeof(place));
    if (!ret) {
        path = malloc(answer.len - sizeof(place));
        ret = path ? locate_read(walk->resolver.fd, path, answer.len - sizeof(place)) : -ENOMEM;
    }
    if (ret) {
        failed(walk, ret);
        return;
    }
    walk->resolver.waiting--;
    tell_place(walk, path, answer.tag, answer.error, &place);
}

/* Asks where path is; the answer comes later. */
static void
resolver_ask(struct locate_walk *walk, const char *path, uint32_t tag)
{
    struct locate_question question = {.tag = tag, .len = strlen(path) + 1};
    bool renew = walk->resolver.served >= LOCATE_RENEW;

    while (!walk->failure && walk->resolver.waiting >= (renew ? 1 : LOCATE_LOOKUPS))
        resolver_hear(walk);
    int ret = renew && !walk->failure ? resolver_renew(walk) : 0;

    if (ret)
        failed(walk, ret);
    if (walk->failure)
        return;
    ret = locate_write(walk->resolver.fd, &question, sizeof(question), path, question.len);

    if (ret) {
        failed(walk, ret);
        return;
    }
    walk->resolver.waiting++;
    walk->resolver.served++;
}

/* ---- joining ------------------------------------------------------------------------------ */

static uint32_t
hash_of(const char *text)
{
    uint32_t hash = 2166136261u;

    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    return hash;
}

static bool
names_grow(struct names *names)
{
    size_t buckets = names->buckets ? 4 * names->buckets : 64;
    struct name **bucket = calloc(buckets, sizeof(*bucket));

    if (!bucket)
        return names->buckets; /* slower, then */
    for (size_t i = 0; i < names->buckets; i++)
        while (names->bucket[i]) {
            struct name *name = names->bucket[i];

            names->bucket[i] = name->next;
            name->next = bucket[name->hash % buckets];
            bucket[name->hash % buckets] = name;
        }
    free(names->bucket);
    names->bucket = bucket;
    names->buckets = buckets;
    return true;
}

/* Where the name is in its bucket, or where it would be; NULL without memory. */
static struct name **
names_find(struct names *names, const char *text, uint32_t hash)
{
    if (names->count >= names->buckets && !names_grow(names))
        return NULL;
    struct name **at = &names->bucket[hash % names->buckets];

    while (*at && ((*at)->hash != hash || strcmp((*at)->text, text) != 0))
        at = &(*at)->next;
    return at;
}

static void
names_free(struct names *names)
{
    for (size_t i = 0; i < names->buckets; i++)
        while (names->bucket[i]) {
            struct name *name = names->bucket[i];

            names->bucket[i] = name->next;
            free(name);
        }
    free(names->bucket);
    *names = (struct names){0};
}

/* The bricks of a set that answer, by place in it. */
static uint64_t
up_bricks(const struct locate_walk *walk, int set)
{
    const struct gfapi_set *s = &walk->graph.sets[set];
    uint64_t bricks = 0;

    for (int i = 0; i < s->count; i++)
        if (!walk->down[s->first + i])
            bricks |= 1ULL << i;
    return bricks;
}

/* What the volume does not show of its bricks: shards, and what replication keeps. */
static bool
is_hidden(const struct locate_walk *walk, const struct folder *folder, int set,
          const char *name)
{
    static const char anonymous[] = ".glusterfs-anonymous-inode-";

    if (strcmp(folder->path, "/") != 0 || *name != '.')
        return false;
    return (walk->graph.sharded && !strcmp(name, ".shard")) ||
           (walk->graph.sets[set].type == GFAPI_REPLICATED &&
            (!strcmp(name, ".landfill") || !strncmp(name, anonymous, strlen(anonymous))));
}

/* All that answer have the same: no question is left. */
static void
settle(struct locate_walk *walk, const struct folder *folder, int set,
       const struct locate_entry *entry, uint64_t bricks, const char *name)
{
    AUTO_FREE char *path = NULL;

    if (entry->kind == LOCATE_LINKTO || (entry->kind == LOCATE_FOLDER && set != folder->folder_set))
        return;
    path = path_join(folder->path, name);
    if (!path) {
        failed(walk, -ENOMEM);
    } else if (entry->kind == LOCATE_FOLDER) {
        push(walk, TAKE(path));
    } else {
        struct locate_place place = {.bricks = bricks, .set = set, .kind = LOCATE_FILE,
                                     .block = entry->block, .size = entry->size};

        walk->events.file(walk->events.arg, path, &place);
    }
}

static void
join(struct locate_walk *walk, struct folder *folder, int brick,
     const struct locate_entry *entry, const char *text)
{
    int set = walk->graph.bricks[brick].set;
    struct names *names = &folder->sets[set];
    uint64_t bit = 1ULL << (brick - walk->graph.sets[set].first), up = up_bricks(walk, set);
    uint32_t hash = hash_of(text);

    if (is_hidden(walk, folder, set, text))
        return;
    if (up == bit && entry->kind != LOCATE_UNSURE) {
        settle(walk, folder, set, entry, bit, text);
        return;
    }
    struct name **at = names_find(names, text, hash), *name = at ? *at : NULL;

    if (!name) {
        name = at ? calloc(1, sizeof(*name) + entry->len) : NULL;
        if (!name) {
            failed(walk, -ENOMEM);
            return;
        }
        name->inode = entry->inode;
        name->kind = entry->kind;
        name->hash = hash;
        memcpy(name->text, text, entry->len);
        *at = name;
        names->count++;
    }
    name->differs |= name->inode != entry->inode || name->kind != entry->kind ||
                     entry->kind == LOCATE_UNSURE;
    name->bricks |= bit;
    if (entry->block) {
        name->block = entry->block;
        name->size = entry->size;
    }
    if (name->differs || (name->bricks & up) != up)
        return;
    struct locate_entry all = {.kind = name->kind, .block = name->block, .size = name->size};

    *at = name->next;
    names->count--;
    settle(walk, folder, set, &all, name->bricks, name->text);
    free(name);
}

/* What not all have in the same way. */
static void
join_rest(struct locate_walk *walk, struct folder *folder, int set)
{
    struct names *names = &folder->sets[set];
    uint64_t up = up_bricks(walk, set);

    for (size_t i = 0; i < names->buckets; i++)
        for (struct name *name = names->bucket[i]; name; name = name->next) {
            struct locate_entry all = {.kind = name->kind, .block = name->block,
                                       .size = name->size};

            if (up && !name->differs && (name->bricks & up) == up) {
                settle(walk, folder, set, &all, name->bricks & up, name->text);
                continue;
            }
            if (name->kind == LOCATE_FOLDER && set != folder->folder_set && !name->differs)
                continue;
            AUTO_FREE char *path = path_join(folder->path, name->text);

            if (path)
                resolver_ask(walk, path, 0);
            else
                failed(walk, -ENOMEM);
        }
    names_free(names);
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
    if (walk->set_told[set] || up_bricks(walk, set))
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
                failed(walk, ret);
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
        join(walk, folder, answer->brick, &entry, data + sizeof(entry));
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
            failed(walk, -errno);
        return;
    }
    for (int i = 0; i <= walk->lister_count && !walk->failure; i++) {
        if (!polls[i].revents)
            continue;
        if (i)
            lister_hear(walk, i - 1);
        else if (walk->resolver.waiting)
            resolver_hear(walk);
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
    resolver_ask(walk, clean, NAMED);
    while (!walk->failure && advance(walk))
        hear(walk);
    return walk->failure;
}

static int
prepare(struct locate_walk *walk, const struct strbuf *first)
{
    const char *dir;
    int ret = read_first(first, &dir, &walk->graph);
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
    int ret = resolver_start(made, &first);

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
