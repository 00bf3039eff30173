/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Asking every node of the pool; see peers.h.
 */
#include "cli/peers.h"

#include <errno.h>
#include <strings.h>
#include <sys/random.h>

enum { UUID_LENGTH = 36 };

static void
lines_free(struct node *node)
{
    for (size_t i = 0; i < node->line_count; i++) {
        for (size_t j = 0; j < node->lines[i].count; j++)
            free(node->lines[i].fields[j]);
        free(node->lines[i].fields);
        free(node->lines[i].word);
    }
    free(node->lines);
    free(node->error);
    node->lines = NULL;
    node->error = NULL;
    node->line_count = 0;
    node->ended = node->failed = false;
}

void
peers_free(struct peers *peers)
{
    for (size_t i = 0; i < peers->count; i++) {
        lines_free(&peers->nodes[i]);
        free(peers->nodes[i].uuid);
        free(peers->nodes[i].host);
    }
    free(peers->nodes);
    *peers = (struct peers)PEERS_INIT;
}

/* What is to be called this node in a message: its address in the pool is known to
 * the others only. */
static char *
own_name(const char *given)
{
    char name[256];

    if (strcmp(given, "localhost") || gethostname(name, sizeof(name)) < 0)
        return strdup(given);
    name[sizeof(name) - 1] = '\0';
    return strdup(name);
}

static int
read_friends(const struct dict *d, struct peers *peers)
{
    int64_t count = dict_num(d, "count", 0);

    if (count < 1 || count > 100000)
        return -EBADMSG;
    peers->nodes = calloc((size_t)count, sizeof(*peers->nodes));
    if (!peers->nodes)
        return -ENOMEM;
    for (int64_t i = 1; i <= count; i++) {
        const char *uuid = dict_strf(d, "friend%lld.uuid", (long long)i);
        const char *host = dict_strf(d, "friend%lld.hostname", (long long)i);
        if (!uuid || !host)
            return -EBADMSG;
        struct node *node = &peers->nodes[peers->count++];
        node->self = !strcmp(host, "localhost");
        node->connected = node->self ||
                          dict_numf(d, 0, "friend%lld.connected", (long long)i) == 1;
        node->uuid = strdup(uuid);
        node->host = own_name(host);
        if (!node->uuid || !node->host)
            return -ENOMEM;
    }
    /* glusterd lists itself last */
    for (size_t i = 1; i < peers->count; i++) {
        if (peers->nodes[i].self) {
            struct node self = peers->nodes[i];
            memmove(peers->nodes + 1, peers->nodes, i * sizeof(self));
            peers->nodes[0] = self;
        }
    }
    return 0;
}

int
peers_list(struct cli *cli, struct peers *peers, struct strbuf *why)
{
    AUTO_REPLY struct reply reply = REPLY_INIT;
    int ret = rpc_call(cli, RPC_LIST_FRIENDS, NULL, NULL, &reply);

    if (ret)
        return ret;
    if (reply.op_ret) {
        strbuf_str(why, "glusterd does not tell the nodes of its pool: see its log");
        return -EIO;
    }
    ret = read_friends(&reply.dict, peers);
    if (ret)
        peers_free(peers);
    return ret;
}

static int
hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A field of len bytes with its %XX replaced; a NUL among them ends it. */
static char *
decode_field(const char *text, size_t len)
{
    char *out = malloc(len + 1), *p = out;

    if (!out)
        return NULL;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '%' && i + 2 < len && hex_value(text[i + 1]) >= 0 &&
            hex_value(text[i + 2]) >= 0) {
            *p++ = (char)(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 2;
        } else {
            *p++ = text[i];
        }
    }
    *p = '\0';
    return out;
}

static struct node *
node_of(struct peers *peers, const char *line)
{
    for (size_t i = 0; i < peers->count; i++)
        if (!strncasecmp(peers->nodes[i].uuid, line, UUID_LENGTH) &&
            strlen(peers->nodes[i].uuid) == UUID_LENGTH)
            return &peers->nodes[i];
    return NULL;
}

/* "word\tfield\tfield" */
static bool
split(const char *text, struct answer_line *line)
{
    size_t fields = 0, len = strcspn(text, "\t");

    for (const char *p = text; *p; p++)
        fields += *p == '\t';
    line->word = decode_field(text, len);
    line->fields = calloc(fields + 1, sizeof(*line->fields));
    if (!line->word || !line->fields)
        return false;
    for (text += len; *text; text += len) {
        text++;
        len = strcspn(text, "\t");
        char *field = decode_field(text, len);
        if (!field)
            return false;
        line->fields[line->count++] = field;
    }
    return true;
}

bool
peers_take_line(struct peers *peers, const char *text)
{
    if (strlen(text) < UUID_LENGTH + 2 || text[UUID_LENGTH] != '\t')
        return false;
    struct node *node = node_of(peers, text);
    if (!node || node->ended)
        return false;
    struct answer_line *lines =
        reallocarray(node->lines, node->line_count + 1, sizeof(*lines));
    if (!lines)
        return false;
    node->lines = lines;
    struct answer_line *line = &lines[node->line_count++];
    *line = (struct answer_line){0};
    if (!split(text + UUID_LENGTH + 1, line))
        return false;
    if (!strcmp(line->word, "error") && line->count && !node->error)
        node->error = strdup(line->fields[0]);
    if (!strcmp(line->word, "end") && line->count) {
        node->ended = true;
        node->failed = strcmp(line->fields[0], "0") != 0;
    }
    return true;
}

/* The name of the lock: nobody else's, or calls from two nodes at once would fail. */
static void
put_lock_name(struct request *r)
{
    unsigned long long random;

    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
        random = (unsigned long long)getpid();
    AUTO_FREE char *name = str_fmt("volext-%llx-%d", random, (int)getpid());
    request_put(r, "volname", name ? name : "volext");
}

/* glusterd's words for a node without volext do not help anybody. */
static void
explain(const struct reply *reply, struct strbuf *why)
{
    static const char missing[] = "gsync peer_volext command not found.";
    const char *text = reply->op_errstr;
    const char *at = strstr(text, missing);

    if (!at) {
        strbuf_str(why, *text ? text : "glusterd refused to ask the nodes: see its log");
        return;
    }
    /* stock: "Staging failed on HOST. Error: …", nothing before it for this node */
    const char *host = strstr(text, " failed on ");
    if (host && host < at) {
        host += strlen(" failed on ");
        const char *end = strstr(host, ". Error");
        if (end)
            strbuf_fmt(why, "node %.*s: ", (int)(end - host), host);
    } else {
        strbuf_str(why, "this node: ");
    }
    strbuf_str(why, "volext is not installed there: install the package, or see "
                    "whether GlusterFS was upgraded after it");
}

int
peers_ask(struct cli *cli, struct peers *peers, const char *what, const char *const *words,
          struct strbuf *why)
{
    AUTO_REQUEST struct request request = REQUEST_INIT;
    AUTO_REPLY struct reply reply = REPLY_INIT;
    int count = 0;

    for (size_t i = 0; i < peers->count; i++)
        lines_free(&peers->nodes[i]);
    request_put(&request, "command", "volext");
    put_lock_name(&request);
    for (; words[count]; count++) {
        char key[32];
        snprintf(key, sizeof(key), "cmd_arg_%d", count + 1);
        request_put(&request, key, words[count]);
    }
    request_num(&request, "cmd_args_count", count);
    AUTO_FREE char *line = str_fmt("system:: execute volext %s", words[0]);
    request_put(&request, "cmd-str", line ? line : "system:: execute volext");

    int ret = rpc_call(cli, RPC_SYS_EXEC, what, &request, &reply);
    if (ret)
        return ret;
    if (reply.op_ret) {
        explain(&reply, why);
        return -EIO;
    }
    int64_t lines = dict_num(&reply.dict, "output_count", 0);
    for (int64_t i = 1; i <= lines; i++) {
        const char *text = dict_strf(&reply.dict, "output_%lld", (long long)i);
        if (text)
            peers_take_line(peers, text);
    }
    return 0;
}

int
peers_complaints(const struct peers *peers, bool skip_down, struct strbuf *why)
{
    int count = 0;

    for (size_t i = 0; i < peers->count; i++) {
        const struct node *n = &peers->nodes[i];

        if (n->ended && !n->failed)
            continue;
        if (!n->connected && skip_down)
            continue;
        strbuf_fmt(why, "%snode %s ", count++ ? "; " : "", n->host);
        if (!n->connected)
            strbuf_str(why, "is down");
        else if (n->ended)
            strbuf_fmt(why, "says: %s", n->error ? n->error : "it failed; see its volext.log");
        else
            strbuf_str(why, "did not answer: see glusterd's log and volext.log there");
    }
    return count;
}

const struct answer_line *
node_line(const struct node *node, const char *word, size_t fields,
          const struct answer_line *after)
{
    size_t i = after ? (size_t)(after - node->lines) + 1 : 0;

    for (; i < node->line_count; i++)
        if (!strcmp(node->lines[i].word, word) && node->lines[i].count >= fields)
            return &node->lines[i];
    return NULL;
}

const struct answer_line *
node_brick(const struct peers *peers, const char *name, const char *uuid, const struct node **node)
{
    *node = NULL;
    for (size_t i = 0; i < peers->count; i++) {
        const struct node *n = &peers->nodes[i];
        const struct answer_line *line = NULL;

        if (uuid && !strcasecmp(n->uuid, uuid))
            *node = n;
        while ((line = node_line(n, "brick", 1, line)))
            if (!strcmp(line_value(line, "name"), name)) {
                *node = n;
                return line;
            }
    }
    return NULL;
}

const char *
line_value(const struct answer_line *line, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; line && i < line->count; i++)
        if (!strncmp(line->fields[i], name, len) && line->fields[i][len] == '=')
            return line->fields[i] + len + 1;
    return "";
}
