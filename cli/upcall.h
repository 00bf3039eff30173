/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * gluster volume upcall: the options that must agree, what they were before, and which
 * values together give stale reads. upcall_options.c and upcall_rules.c know these and nothing
 * of glusterd; upcall.c, upcall_turn.c, upcall_enable.c and upcall_disable.c change a volume,
 * upcall_status.c shows one.
 */
#ifndef VOLEXT_CLI_UPCALL_H
#define VOLEXT_CLI_UPCALL_H

#include "cli/change.h"

/* Where a volume keeps what its options were, without `user.`. */
#define UPCALL_MEMORY_KEY "volext.upcall"

enum {
    UPCALL_SECONDS_MIN = 2,   /* at 1 a brick's thread that drops old state never sleeps */
    UPCALL_SECONDS_MAX = 600, /* performance.md-cache-timeout's maximum */
    UPCALL_SECONDS_DEFAULT = 600, /* as in GlusterFS's own group metadata-cache */
};

/* ---- the group -------------------------------------------------------------- */

struct upcall_member {
    const char *key;
    const char *wanted; /* NULL: the seconds */
    const char *def;    /* GlusterFS's default */
    bool at_least;      /* a larger number, or 0 (no limit), will do and is left alone */
    bool if_off;        /* left alone where it is on anyway: it needs a newer op-version */
    bool leases;        /* only with the word leases */
};

extern const struct upcall_member upcall_group[];
extern const size_t upcall_group_count;

/* GlusterFS's default of an option that the rules look at; NULL: none that is known. */
const char *
upcall_default(const char *key);

/* Do both texts mean the same to GlusterFS: on and enable, 60 and 60s? */
bool
upcall_same(const char *a, const char *b);
bool
upcall_is_on(const char *value);
/* Seconds as GlusterFS reads them, -1 for what it does not take. */
long long
upcall_seconds(const char *value);

/* What the user typed for SECONDS. -EINVAL: why is a sentence. */
int
upcall_read_seconds(const char *typed, int *seconds, struct strbuf *why);

/* ---- the memory ------------------------------------------------------------- */

struct upcall_saved {
    char *key;
    char *set; /* what this command has set it to last */
    char *was; /* what it was before; NULL: it was not set */
};

enum upcall_state {
    UPCALL_OFF,
    UPCALL_ON,
    UPCALL_LEAVING, /* a disable has begun */
};

struct upcall_memory {
    enum upcall_state state;
    unsigned long long fresh; /* clients with another number begin with empty caches; 0: none */
    struct upcall_saved *list;
    size_t count;
};

#define UPCALL_MEMORY_INIT {0}
#define AUTO_UPCALL_MEMORY AUTO(upcall_memory_free)

/* text NULL or the word for "unset": UPCALL_OFF. 0, -EBADMSG (somebody else's text: not of this
 * form, a key outside the group, nothing to put back), -ENOMEM. */
int
upcall_memory_parse(const char *text, struct upcall_memory *memory);
/* The opposite; never empty, no newline, nothing that an option's value may not hold. */
void
upcall_memory_print(const struct upcall_memory *memory, struct strbuf *out);
/* Adds or changes an entry; was is taken only for a new one. 0 or -ENOMEM. */
int
upcall_memory_set(struct upcall_memory *memory, const char *key, const char *set,
                  const char *was);
const struct upcall_saved *
upcall_memory_find(const struct upcall_memory *memory, const char *key);
void
upcall_memory_free(struct upcall_memory *memory);

/* ---- the rules -------------------------------------------------------------- */

/* What is wrong with a volume whose options (those that are set) are these: a sentence
 * each, which names both options, their values and the remedy. How many. */
int
upcall_conflicts(const struct kv *options, const char *volume,
                 void (*tell)(void *arg, const char *sentence), void *arg);

/* ---- a volume --------------------------------------------------------------- */

/* The volume's options that are set, and its memory; GET_VOLUME's reply. 0, -ENOMEM; -EBADMSG: the
 * memory cannot be read. */
int
upcall_read(const struct reply *volume, struct kv *options, struct upcall_memory *memory);

/* ---- upcall.c: the steps of a change ------------------------------------------ */

/* One command, from its words to its end. */
struct upcall {
    struct change c;
    int seconds; /* 0: not given */
    bool leases;
    struct kv options;           /* of the volume, as they are set now */
    struct upcall_memory memory; /* as the volume has it now */
    /* of the memory, when the command began */
    unsigned long long fresh_before;
    size_t known_before;
    bool started;
    struct kv notes;     /* sentences (the keys) that are said when all went well */
    const char *half;    /* what to do should the next step fail; NULL: nothing was changed yet */
    int lock; /* this node's flag while this command has it up, else -1 */
};

/* Each of these returns 0, or the exit status of the command, which then has said why. */

/* What the volume has now; *reply is for who wants to know more. */
int
upcall_fetch(struct upcall *u, struct reply *reply);
/* Waits until no other command in the pool changes this volume's upcall options; until this one
 * ends none does. Fills u->c.peers. upcall_turn.c says how. */
int
upcall_take_turn(struct upcall *u);
/* One SET_VOLUME of these keys, as they are stored. */
int
upcall_set(struct upcall *u, const struct kv *wanted);
/* One RESET_VOLUME. */
int
upcall_reset(struct upcall *u, const char *key);

/* Adds the memory to the options that are to be set. 0, -ENOMEM; -E2BIG: it is too long. */
int
upcall_put_memory(const struct upcall *u, const struct upcall_memory *memory, struct kv *wanted);
/* Keeps a sentence for upcall_tell_notes. 0 or -ENOMEM. */
int
upcall_note(struct upcall *u, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Says them, and which nodes hear of the change later. */
void
upcall_tell_notes(struct upcall *u);

/* ---- the commands; each returns the exit status -------------------------------- */

int
upcall_enable(struct upcall *u);
int
upcall_disable(struct upcall *u);
int
upcall_status(struct change *c, const struct reply *volume);

#endif
