/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Fuzz target: a volfile, a path and a pathinfo, each ended by a NUL, from any bytes. What
 * is read of a pathinfo is in the graph; and the pathinfo that the bricks of a set would
 * give for the path is read as that set, whatever the path holds.
 */
#include <stdint.h>
#include <string.h>

#include "common/must.h"
#include "common/strbuf.h"
#include "pathinfo.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char usual[] =
    "volume c0\ntype protocol/client\noption remote-host h\noption remote-subvolume /b\nend-volume\n"
    "volume c1\ntype protocol/client\noption remote-host i\noption remote-subvolume /b):\nend-volume\n"
    "volume c2\ntype protocol/client\noption remote-host j\noption remote-subvolume /b/c\nend-volume\n"
    "volume r\ntype cluster/replicate\nsubvolumes c0 c1 c2\nend-volume\n"
    "volume d\ntype cluster/distribute\nsubvolumes r\nend-volume\n";

static void
check(const struct gfapi_graph *graph, const char *path, const char *text, size_t len)
{
    struct locate_told told;

    if (locate_pathinfo_parse(graph, path, text, len, &told))
        return;
    if (told.set < 0) {
        MUST(told.like >= 0 && told.like < graph->brick_count);
        return;
    }
    MUST(told.set < graph->set_count);
    const struct gfapi_set *set = &graph->sets[told.set];

    MUST(set->count == GFAPI_SET_MAX || !(told.bricks >> set->count));
    MUST(!told.complete || told.bricks);
}

/* What GlusterFS makes for the bricks `told` of the first set. */
static void
check_real(const struct gfapi_graph *graph, const char *path, uint64_t bricks)
{
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;
    struct locate_told told;
    const char *separator = "";

    strbuf_str(&text, "(<DISTRIBUTE:d> (<REPLICATE:r> ");
    for (int i = 0; i < 3; i++)
        if (bricks & (1ULL << i)) {
            strbuf_fmt(&text, "%s<POSIX(%s):host-%d.x:%s%s>", separator, graph->bricks[i].path, i,
                       graph->bricks[i].path, path);
            separator = " ";
        }
    strbuf_str(&text, "))");
    MUST(!locate_pathinfo_parse(graph, path, text.data, text.len, &told));
    MUST(told.set == 0 && (!told.complete || told.bricks == bricks));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    AUTO_FREE char *copy = malloc(len + 1);
    AUTO_GFAPI_GRAPH struct gfapi_graph graph = GFAPI_GRAPH_INIT, real = GFAPI_GRAPH_INIT;

    MUST(copy);
    memcpy(copy, data, len);
    copy[len] = 0;
    char *end = copy + len, *volfile = copy, *path = volfile + strlen(volfile);

    path += path < end;
    char *text = path + strlen(path);

    text += text < end;
    if (!gfapi_graph_parse(volfile, strlen(volfile), &graph))
        check(&graph, path, text, end - text);
    MUST(!gfapi_graph_parse(usual, strlen(usual), &real));
    check(&real, path, text, end - text);
    if (*path == '/' && path[1])
        for (uint64_t bricks = 1; bricks < 8; bricks++)
            check_real(&real, path, bricks);
    return 0;
}
