/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Directory entries that Python can look at, edit, and take out of an answer.
 */
#include "xlators/glupy/glupy.h"
#include "xlators/glupy/entries.h"

#include <errno.h>

/* One for all: it is held for moments. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void
entries_init(struct entries *e, gf_dirent_t *from)
{
    memset(e, 0, sizeof(*e));
    INIT_LIST_HEAD(&e->removed);
    INIT_LIST_HEAD(&e->head.list);
    if (from && from->list.next) /* not every translator initializes it where it fails */
        list_splice_init(&from->list, &e->head.list);
}

static void
free_slots(struct entries *e)
{
    for (unsigned i = 0; e->slots && e->slots[i].entry; i++)
        free(e->slots[i].stat);
    free(e->slots);
    free(e->at);
    e->slots = NULL;
    e->at = NULL;
}

void
entries_free(struct entries *e)
{
    gf_dirent_t removed;

    INIT_LIST_HEAD(&removed.list);
    list_splice_init(&e->removed, &removed.list);
    gf_dirent_free(&removed);
    gf_dirent_free(&e->head);
    free_slots(e);
}

/* Under the lock. */
static void
give(struct entries *e)
{
    for (unsigned i = 0; !e->given && i < e->count; i++) {
        if (e->at[i]->stat)
            e->at[i]->entry->d_stat = *e->at[i]->stat;
    }
    e->given = true;
}

void
entries_give(struct entries *e)
{
    pthread_mutex_lock(&lock);
    give(e);
    pthread_mutex_unlock(&lock);
}

bool
entries_move(struct entries *e, struct entries *from)
{
    pthread_mutex_lock(&lock);
    bool had = !from->given;

    if (had) {
        give(from);
        list_splice_init(&from->head.list, &e->head.list);
    }
    pthread_mutex_unlock(&lock);
    return had;
}

/* The last slot has no entry. */
static int
make_slots(struct entries *e)
{
    unsigned count = 0;
    gf_dirent_t *entry;

    list_for_each_entry(entry, &e->head.list, list) count++;
    e->slots = calloc(count + 1, sizeof(*e->slots));
    e->at = calloc(count + 1, sizeof(struct slot *));
    if (!e->slots || !e->at) {
        free_slots(e);
        return ENOMEM;
    }
    list_for_each_entry(entry, &e->head.list, list)
    {
        e->slots[e->count].entry = entry;
        e->at[e->count] = &e->slots[e->count];
        e->count++;
    }
    return 0;
}

int
entries_lock(struct entries *e)
{
    int err = 0;

    pthread_mutex_lock(&lock);
    if (e->given)
        err = ESTALE;
    else if (!e->at)
        err = make_slots(e);
    if (err)
        pthread_mutex_unlock(&lock);
    return err;
}

void
entries_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

void
entries_remove(struct entries *e, unsigned i)
{
    list_move_tail(&e->at[i]->entry->list, &e->removed);
    e->count--;
    memmove(&e->at[i], &e->at[i + 1], (e->count - i) * sizeof(struct slot *));
}

int
entries_rename(struct entries *e, struct slot *slot, const char *name)
{
    gf_dirent_t *old = slot->entry, *new = gf_dirent_for_name(name);

    if (!new)
        return ENOMEM;
    new->d_ino = old->d_ino;
    new->d_off = old->d_off;
    new->d_type = old->d_type;
    new->d_stat = old->d_stat;
    new->dict = old->dict; /* moved: the old one is only waiting to be freed */
    new->inode = old->inode;
    old->dict = NULL;
    old->inode = NULL;
    list_add(&new->list, &old->list);
    list_move_tail(&old->list, &e->removed);
    slot->entry = new;
    return 0;
}

struct iatt *
entries_stat(struct slot *slot)
{
    if (!slot->stat && (slot->stat = malloc(sizeof(*slot->stat))))
        *slot->stat = slot->entry->d_stat;
    return slot->stat;
}
