/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volgen: volfiles as data, and where volext's translators go in them. A pure
 * library: no glusterd, no global state, no I/O but reading description files.
 *
 *   parse.c      text -> graph
 *   volfile.c    the graph, its edits, and graph -> text
 *   extension.c  the table of extensions and their options
 *   events.c     the events of notification, and the records that they are made from
 *   check.c      may a value be stored for an option?
 *   describe.c   further extensions from description files; table.c: all of them
 *   plan.c       which nodes a volume's options want in which kind of volfile
 *   place.c      where they go; running.c: for a brick that runs, which can neither
 *                gain nor lose one
 */
#ifndef VOLEXT_VOLGEN_H
#define VOLEXT_VOLGEN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/kv.h"
#include "common/strbuf.h"

/* ---- volfile.c ---------------------------------------------------------- */

/* Where and why parsing failed. Line and column count from 1, in bytes. */
struct volgen_error {
    int line;
    int column;
    char text[160];
};

/* One `volume … end-volume`. Everything is the graph's. */
struct volgen_node {
    char *name;
    char *type;
    struct kv options;       /* in the file's order */
    struct volgen_node **subvolumes;
    size_t subvolume_count;
    struct volgen_node *next; /* in the file's order: children come first */
    bool dirty;               /* printed anew; otherwise its own bytes are kept */
    /* private to volgen: the node's own bytes, in the graph's text, of which the
     * first lead_len stand before its `volume`; where it is a subvolume; links */
    const char *source;
    size_t source_len, lead_len;
    struct volgen_link *parents;
    size_t parent_count;
    struct volgen_node *prev, *same_bucket;
};

/* A node is subvolumes[slot] of its parent. */
struct volgen_link {
    struct volgen_node *parent;
    size_t slot;
};

struct volgen_graph {
    struct volgen_node *first;
    /* private to volgen: the text it was parsed from, its bytes after the last
     * node, and a hash of the names */
    struct volgen_node *last;
    char *text;
    const char *tail;
    size_t tail_len;
    struct volgen_node **buckets;
    size_t bucket_count, node_count;
};

/* Parses what GlusterFS's own grammar accepts (comments, quoted values), except
 * backquoted commands, which are an error: volext never runs what it reads. As
 * there, a key given twice has its last value, and an option with an empty value is
 * none. A
 * graph without nodes, a subvolume that was not defined before, a name twice, a
 * node without type, a NUL byte are errors. NULL on an error, with *err filled.
 * Free with volgen_graph_free. */
struct volgen_graph *
volgen_parse(const char *text, size_t len, struct volgen_error *err);

/* Nodes that were not touched come out with the bytes they came in with; others
 * in glusterd's own form (four blanks, options in list order, one blank line
 * between nodes). What is printed parses to the same graph. 0 or -errno. */
int
volgen_print(const struct volgen_graph *graph, struct strbuf *out);

void
volgen_graph_free(struct volgen_graph *graph);

struct volgen_node *
volgen_find(const struct volgen_graph *graph, const char *name);
/* The next node of this type after `after` (NULL: from the start). */
struct volgen_node *
volgen_find_type(const struct volgen_graph *graph, const char *type,
                 const struct volgen_node *after);
/* The node that is nobody's subvolume; NULL if there is none or more than one. */
struct volgen_node *
volgen_top(const struct volgen_graph *graph);

/* A new node between `node` and all its parents (the new top if it had none).
 * NULL with errno EEXIST (name taken), EINVAL (a name or type that the grammar
 * cannot hold), ENOMEM. */
struct volgen_node *
volgen_insert_above(struct volgen_graph *graph, struct volgen_node *node,
                    const char *name, const char *type);
/* A new node between `node` and its only subvolume; EINVAL if it has not one. */
struct volgen_node *
volgen_insert_below(struct volgen_graph *graph, struct volgen_node *node,
                    const char *name, const char *type);
/* Takes a node with exactly one subvolume out; its parents get that. -EINVAL for
 * any other. */
int
volgen_remove(struct volgen_graph *graph, struct volgen_node *node);
/* 0, -EINVAL (a key or value that the grammar cannot hold: empty, or with a newline
 * in it; anything else is quoted), -ENOMEM. Unchanged values leave the node's bytes
 * as they are. */
int
volgen_set_option(struct volgen_node *node, const char *key, const char *value);

/* ---- extension.c -------------------------------------------------------- */

/* Kinds of volfile that glusterd writes; a set of them is a mask. */
enum volgen_kind {
    VOLGEN_OTHER = 0,          /* never touched */
    VOLGEN_TRUSTED_CLIENT = 1, /* trusted-V.tcp-fuse.vol */
    VOLGEN_CLIENT = 2,         /* V.tcp-fuse.vol */
    VOLGEN_BRICK = 4,          /* V.HOST.PATH.vol */
};

/* The kind of `file` (no folder) in vols/`volume`/. */
enum volgen_kind
volgen_kind_of(const char *volume, const char *file);

enum volgen_type {
    VOLGEN_BOOL,    /* on off, and what GlusterFS takes for these */
    VOLGEN_INT,     /* within min..max */
    VOLGEN_SIZE,    /* bytes with KB MB GB TB, or a percentage if max is 0 */
    VOLGEN_TIME,    /* seconds with s m h d w */
    VOLGEN_ENUM,    /* one of choices */
    VOLGEN_TEXT,
    VOLGEN_XLATOR,  /* an xlator type, category/name */
    VOLGEN_MODULES, /* names of glupy modules, comma-separated, no name twice, or off */
    VOLGEN_EVENTS,  /* names of volgen_events, comma-separated */
};

struct volgen_option {
    const char *key;     /* without `user.`; with prefix set, what it begins with */
    enum volgen_type type;
    bool prefix;         /* features.glupy-option.MODULE.KEY */
    bool hidden;         /* kept by volext for itself: not in help, not in info */
    long long min, max;
    const char *const *choices; /* NULL-terminated; for INT: words beside numbers */
    const char *def;     /* the default, as text; "" for none */
    const char *xlator_option; /* the option of the xlator that gets the value, or NULL */
    const char *unit;    /* for help: "ms", or NULL */
    const char *help;    /* one sentence */
};

struct volgen_extension {
    const char *name;    /* glupy */
    const char *xlator;  /* features/glupy */
    const char *help;
    const char *switch_key; /* the option that turns it on */
    const struct volgen_option *options;
    size_t option_count;
    /* for extensions described in a file; NULL for ours, which place.c knows */
    unsigned kinds;      /* mask of volgen_kind */
    const char *position; /* "" below the top io-stats, or `above TYPE`, `below TYPE` */
    /* the xlator's option, and its value, that make a node inactive which a running
     * brick cannot lose; NULL if it has none */
    const char *inactive_key, *inactive_value;
};

/* Ours, then the described ones that were read. */
struct volgen_table {
    const struct volgen_extension **extensions;
    size_t count;
    /* private to describe.c */
    void *described;
};

/* Reads every NAME.conf in dir (may be NULL or missing: then ours only). A file
 * that is not root's, or wrong, is left out: complain() is told once for each, with
 * a sentence that names the file, line, value and remedy. 0 or -ENOMEM. */
int
volgen_table_load(struct volgen_table *table, const char *dir,
                  void (*complain)(void *arg, const char *sentence), void *arg);
void
volgen_table_free(struct volgen_table *table);
#define VOLGEN_TABLE_INIT {0}
#define AUTO_TABLE AUTO(volgen_table_free)

/* The option for a key as users type it (`features.glupy-module`; with or without
 * `user.`), or NULL. *ext, if not NULL, is set to its extension. */
const struct volgen_option *
volgen_option_find(const struct volgen_table *table, const char *key,
                   const struct volgen_extension **ext);

/* What a reset stores for an option without a default (def ""): it stands for no value,
 * because glusterd can neither drop one user.* key nor keep one that is empty. */
#define VOLGEN_UNSET "default"

enum { VOLGEN_MAX_STORED = 4090 }; /* bytes of key + value: glusterd aborts above */

/* Is the value one that may be stored under key (user. is counted)? 0, or -EINVAL
 * with why = a sentence naming key, value (shortened, cleaned) and remedy. */
int
volgen_check(const struct volgen_option *option, const char *key,
             const char *value, struct strbuf *why);

/* Does the value of features.glupy-module name no module? `off`, in any case of letters. */
bool
volgen_is_off(const char *modules);

/* A module's name: a Python identifier of ASCII, at most 64 bytes, not a keyword. */
bool
volgen_is_module_name(const char *name);

/* ---- events.c ------------------------------------------------------------- */

/* An event as inotify's tools call it, or `default` or `all`. */
struct volgen_event {
    const char *name;
    const char *records; /* the translator's names for what it is made from, comma-separated */
    bool opens;          /* some of it does not reach bricks while clients put opens off */
};

extern const struct volgen_event volgen_events[];
extern const size_t volgen_event_count;

/* The event of that name (len bytes), or NULL. */
const struct volgen_event *
volgen_event_find(const char *name, size_t len);

/* Is one of a comma-separated list made from opens that clients put off? */
bool
volgen_events_need_opens(const char *list);

/* What the translator is to record for a comma-separated list. 0; -EINVAL: no such event;
 * -ENOMEM. */
int
volgen_events_records(const char *list, struct strbuf *out);

/* ---- place.c ------------------------------------------------------------ */

/* A glupy module as found on this node. */
struct volgen_module {
    char name[65];
    char digest[65]; /* SHA-256, hex */
    char dir[4096];
};

/* What place.c has to ask of its caller. */
struct volgen_world {
    const struct volgen_table *table;
    const char *volume;
    const struct kv *options; /* of the volume, keys as stored: `user.…`, and volgen_reads */
    bool resident; /* bricks get features/gnotify also where notification is off */
    /* is the xlator's .so installed for the running GlusterFS? */
    bool (*has_xlator)(void *arg, const char *type);
    /* fills module for a name; false (and *why, static or the caller's) if it
     * is not there or may not be run */
    bool (*find_module)(void *arg, const char *name, struct volgen_module *module,
                        const char **why);
    /* told what was not done and why; one sentence each */
    void (*complain)(void *arg, const char *sentence);
    void *arg;
};

/* Does placing look at this stock option of a volume? */
bool
volgen_reads(const char *key);

/* Makes the graph of that kind hold exactly the nodes that the options want:
 * ours that are there are removed first, so that doing it twice gives the same
 * bytes as once. Values that do not pass volgen_check are told and the default is
 * used. 0, or -errno with the graph in an undefined state (do not print it). */
int
volgen_place(struct volgen_graph *graph, enum volgen_kind kind,
             const struct volgen_world *world);

/* Our nodes in a volume's graph, top first: a line `NAME TYPE SUBVOLUME` each; what
 * is recorded for a running brick and shown by status. A subvolume's name may
 * hold blanks, the others never do. */
int
volgen_placed(const struct volgen_graph *graph, const char *volume,
              struct strbuf *out);

/* Takes all our nodes out of a volume's graph. 0 or -errno. */
int
volgen_strip(struct volgen_graph *graph, const char *volume);

/* For a running brick: like volgen_place, but with exactly the nodes (names and
 * types, as volgen_placed gave them) that it runs: one that is no longer wanted
 * stays (inactive: `option passthrough on`), one that is newly wanted stays out. *waiting
 * is set when that differs from what is wanted. */
int
volgen_place_running(struct volgen_graph *graph, enum volgen_kind kind,
                     const struct volgen_world *world, const char *running,
                     bool *waiting);

/* Every node of ours has a name that begins so: VOLUME-volext-EXTENSION… The
 * volume must be known: one may itself be called `my-volext-volume`. */
bool
volgen_is_ours(const struct volgen_node *node, const char *volume);

#endif
