/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * A command that turns a group of options at once, remembers what they were, and puts that
 * back: volume upcall, volume notify. The memory is a hidden option of the volume.
 *
 *   group.c          the steps: look at the volume, set, reset, say
 *   group_memory.c   what values mean; the memory as text
 *   group_restore.c  putting everything back
 *   group_turn.c     one command at a time in the whole pool
 */
#ifndef VOLEXT_CLI_GROUP_H
#define VOLEXT_CLI_GROUP_H

#include "cli/change.h"

/* ---- values ----------------------------------------------------------------- */

/* Do both texts mean the same to GlusterFS: on and enable, 60 and 60s? */
bool
group_same(const char *a, const char *b);
bool
group_is_on(const char *value);
/* Seconds as GlusterFS reads them, -1 for what it does not take. */
long long
group_seconds(const char *value);

/* ---- the memory ------------------------------------------------------------- */

struct saved {
    char *key;
    char *set; /* what this command has set it to last */
    char *was; /* what it was before; NULL: it was not set */
};

enum memory_state {
    MEMORY_OFF,
    MEMORY_ON,
    MEMORY_LEAVING, /* a disable has begun */
};

struct memory {
    enum memory_state state;
    unsigned long long fresh; /* clients with another number begin with empty caches; 0: none */
    struct saved *list;
    size_t count;
};

#define MEMORY_INIT {0}
#define AUTO_MEMORY AUTO(memory_free)

/* text NULL or the word for "unset": MEMORY_OFF. 0, -EBADMSG (somebody else's text: not of this
 * form, a key that is not known, nothing to put back), -ENOMEM. */
int
memory_parse(const char *text, bool (*knows)(const char *key), struct memory *memory);
/* The opposite; never empty, no newline, nothing that an option's value may not hold. */
void
memory_print(const struct memory *memory, struct strbuf *out);
/* Adds or changes an entry; was is taken only for a new one. 0 or -ENOMEM. */
int
memory_set(struct memory *memory, const char *key, const char *set,
                  const char *was);
const struct saved *
memory_find(const struct memory *memory, const char *key);
/* Forgets an entry; the others keep their order. */
void
memory_drop(struct memory *memory, const char *key);
void
memory_free(struct memory *memory);

/* ---- the command ------------------------------------------------------------ */

struct group_kind {
    const char *word;       /* upcall: of `volume upcall` */
    const char *memory_key; /* without `user.` */
    bool (*knows)(const char *key); /* may this be in the memory? */
    const char *(*def)(const char *key); /* its default */
};

/* One command on one volume, from its words to its end. */
struct group {
    struct change c;
    const struct group_kind *kind;
    struct kv options;    /* of the volume, as they are set now, keys as stored */
    struct memory memory; /* as the volume has it now */
    bool started;
    struct kv notes;  /* sentences (the keys) that are said when all went well */
    const char *half; /* what to do should the next step fail; NULL: nothing was changed yet */
    int lock;         /* this node's flag while this command has it up, else -1 */
};

#define GROUP_INIT(of, with) {.kind = &(of), .c = {.cli = (with)}, .lock = -1}
#define AUTO_GROUP AUTO(group_free)
void
group_free(struct group *g);

/* The volume's options that are set, and its memory; GET_VOLUME's reply. 0, -ENOMEM; -EBADMSG: the
 * memory cannot be read. */
int
group_read(const struct group_kind *kind, const struct reply *volume, struct kv *options,
           struct memory *memory);

/* Each of these returns 0, or the exit status of the command, which then has said why. */

/* What the volume has now; *reply is for who wants to know more. */
int
group_fetch(struct group *g, struct reply *reply);
/* Waits until no other command in the pool changes this volume's options so; until this one
 * ends none does. Fills g->c.peers. group_turn.c says how. */
int
group_take_turn(struct group *g);
/* One SET_VOLUME of these keys, as they are stored. */
int
group_set(struct group *g, const struct kv *wanted);
/* One RESET_VOLUME. */
int
group_reset(struct group *g, const char *key);
/* Puts back what was before, with what is in wanted already; goes on where an earlier one was
 * ended. kept: what was changed by hand since, and its value ("": it was reset). */
int
group_restore(struct group *g, struct kv *wanted, struct kv *kept);

/* Adds the memory to the options that are to be set. 0, -ENOMEM; -E2BIG: it is too long. */
int
group_put_memory(const struct group *g, const struct memory *memory, struct kv *wanted);
/* Keeps a sentence for group_tell_notes. 0 or -ENOMEM. */
int
group_note(struct group *g, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Says them, and which nodes hear of the change later. */
void
group_tell_notes(struct group *g);

#endif
