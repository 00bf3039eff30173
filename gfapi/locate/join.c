/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The lists of a folder that its bricks gave, joined: a name that all bricks of a set have, and have
 * as the same file, is told at once; whatever else there is (a heal that is due, a file just made
 * or moved) is asked for.
 */
#include "walk_inside.h"

#include <errno.h>
#include <string.h>

/* A name that some bricks of a set have told, others not yet. */
struct name {
    struct name *next;
    uint64_t bricks, inode, block, size;
    uint32_t kind, hash;
    bool differs;
    char text[];
};

static char *
path_join(const char *folder, const char *name)
{
    return str_fmt("%s/%s", strcmp(folder, "/") ? folder : "", name);
}

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

void
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

uint64_t
join_up(const struct locate_walk *walk, int set)
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
        walk_failed(walk, -ENOMEM);
    } else if (entry->kind == LOCATE_FOLDER) {
        walk_push(walk, TAKE(path));
    } else {
        struct locate_place place = {.bricks = bricks, .set = set, .kind = LOCATE_FILE,
                                     .block = entry->block, .size = entry->size};

        walk->events.file(walk->events.arg, path, &place);
    }
}

void
join_entry(struct locate_walk *walk, struct folder *folder, int brick,
           const struct locate_entry *entry, const char *text)
{
    int set = walk->graph.bricks[brick].set;
    struct names *names = &folder->sets[set];
    uint64_t bit = 1ULL << (brick - walk->graph.sets[set].first), up = join_up(walk, set);
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
            walk_failed(walk, -ENOMEM);
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

void
join_rest(struct locate_walk *walk, struct folder *folder, int set)
{
    struct names *names = &folder->sets[set];
    uint64_t up = join_up(walk, set);

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
                ask_where(walk, path, 0);
            else
                walk_failed(walk, -ENOMEM);
        }
    names_free(names);
}
