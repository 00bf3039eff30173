/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Every node of the pool, asked by `system:: execute volext`. The rule is that no
 * node is passed over in silence: one that is down, has no volext, did not answer or
 * answered with an error is a node with a reason.
 */
#ifndef VOLEXT_CLI_PEERS_H
#define VOLEXT_CLI_PEERS_H

#include "cli/cli.h"
#include "cli/rpc.h"

/* One line of a node's answer: the word after its uuid, then its fields, decoded. */
struct answer_line {
    char *word;
    char **fields;
    size_t count;
};

struct node {
    char *uuid;
    char *host;      /* the pool's name for it; this node: its host name */
    bool self;
    bool connected;
    bool ended;      /* its last line came */
    bool failed;     /* and said that it failed; then error is set */
    char *error;     /* its reason, or NULL */
    struct answer_line *lines;
    size_t line_count;
};

struct peers {
    struct node *nodes; /* this one first */
    size_t count;
};

#define PEERS_INIT {0}
#define AUTO_PEERS AUTO(peers_free)

/* The nodes of the pool. 0 or as rpc_call; -EIO when glusterd refused (*why then says why). */
int
peers_list(struct cli *cli, struct peers *peers, struct strbuf *why);

/* Asks all of them; words is NULL-terminated: the request and its arguments. Answers of
 * an earlier request are dropped. 0 when glusterd ran it (how each node fared is in the
 * nodes); -EIO when it did not (why); otherwise as rpc_call. */
int
peers_ask(struct cli *cli, struct peers *peers, const char *what, const char *const *words,
          struct strbuf *why);
void
peers_free(struct peers *peers);

/* Nodes that are down, did not answer, or answered with an error: a sentence each,
 * separated by "; ", into why. skip_down leaves out those that are down. How many. */
int
peers_complaints(const struct peers *peers, bool skip_down, struct strbuf *why);

/* One node's answer, for unit tests: a line of output as glusterd gives it. False: not
 * a line of the protocol, or of a node that is not in the pool. */
bool
peers_take_line(struct peers *peers, const char *line);

/* The next line of that word after `after` (NULL: the first), with at least `fields`
 * fields; NULL at the end. */
const struct answer_line *
node_line(const struct node *node, const char *word, size_t fields,
          const struct answer_line *after);

/* What its node says of a brick (HOST:PATH) in a line `brick name=…`, or NULL. *node: the one that
 * says it, else that of the brick's uuid (which may be NULL), else NULL. */
const struct answer_line *
node_brick(const struct peers *peers, const char *name, const char *uuid, const struct node **node);

/* The value of NAME=VALUE among its fields, or "". line may be NULL. */
const char *
line_value(const struct answer_line *line, const char *name);

#endif
