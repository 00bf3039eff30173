/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The resolver, asked by the walk: where paths are of which the bricks' lists do not say enough.
 */
#include "walk_inside.h"

#include <errno.h>
#include <string.h>

int
ask_first(const struct strbuf *first, const char **dir, struct gfapi_graph *graph)
{
    *dir = first->data + strlen(first->data) + 1;
    const char *volfile = *dir + strlen(*dir) + 1;

    return gfapi_graph_parse(volfile, first->len - (volfile - first->data), graph);
}

static int
first_answer(struct locate_walk *walk, struct strbuf *first, bool *said)
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

int
ask_start(struct locate_walk *walk, struct strbuf *first)
{
    bool said = false;
    int ret = first_answer(walk, first, &said);

    if (ret && !said)
        fprintf(stderr, "%s: the process that asks %s ended before it answered: %s; run it again\n",
                walk->options.program, walk->spec, strerror(-ret));
    return ret;
}

/* Another one in its place: it must mean the same bricks by the same numbers. */
static int
start_anew(struct locate_walk *walk)
{
    AUTO_STRBUF struct strbuf first = STRBUF_INIT;
    AUTO_GFAPI_GRAPH struct gfapi_graph graph = GFAPI_GRAPH_INIT;
    const char *dir;

    locate_worker_end(&walk->resolver);
    int ret = ask_start(walk, &first);

    if (!ret)
        ret = ask_first(&first, &dir, &graph);
    return ret ? ret : gfapi_graph_is_same(&graph, &walk->graph) ? 0 : -ESTALE;
}

static void
tell_place(struct locate_walk *walk, const char *path, uint32_t tag, int error,
           const struct locate_place *place)
{
    if (error && tag != WALK_NAMED && (error == -ENOENT || error == -ESTALE))
        return; /* gone since it was listed */
    if (!error && place->kind == LOCATE_OTHER && tag == WALK_NAMED)
        error = -EINVAL;
    if (error)
        walk->events.error(walk->events.arg, path, error);
    else if (place->kind == LOCATE_FILE)
        walk->events.file(walk->events.arg, path, place);
    else if (place->kind == LOCATE_FOLDER)
        walk_push(walk, strdup(path));
}

void
ask_hear(struct locate_walk *walk)
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
        walk_failed(walk, ret);
        return;
    }
    walk->resolver.waiting--;
    tell_place(walk, path, answer.tag, answer.error, &place);
}

void
ask_where(struct locate_walk *walk, const char *path, uint32_t tag)
{
    struct locate_question question = {.tag = tag, .len = strlen(path) + 1};
    bool renew = walk->resolver.served >= LOCATE_RENEW;

    while (!walk->failure && walk->resolver.waiting >= (renew ? 1 : LOCATE_LOOKUPS))
        ask_hear(walk);
    int ret = renew && !walk->failure ? start_anew(walk) : 0;

    if (ret)
        walk_failed(walk, ret);
    if (walk->failure)
        return;
    ret = locate_write(walk->resolver.fd, &question, sizeof(question), path, question.len);

    if (ret) {
        walk_failed(walk, ret);
        return;
    }
    walk->resolver.waiting++;
    walk->resolver.served++;
}
