/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Run by configure: does the installed libglusterfs use the structure sizes that
 * our headers and macros give? The library itself is asked: it makes an inode
 * table, and while it does, it tells the allocator how large its inode_t, fd_t and
 * dentry_t are. We stand in the allocator's place and listen.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glusterfs/xlator.h>
#include <glusterfs/inode.h>
#include <glusterfs/fd.h>
#include <glusterfs/globals.h>
#include <glusterfs/mem-pool.h>

static const struct {
    const char *name;
    unsigned long size;
} ours[] = {
    {"inode_t", sizeof(inode_t)},
    {"fd_t", sizeof(fd_t)},
    {"dentry_t", sizeof(dentry_t)},
};
static unsigned seen, wrong;

static void
finish(void)
{
    fflush(stdout);
    /* at once: with wrong sizes the library would crash further on */
    _exit(wrong || seen != sizeof(ours) / sizeof(*ours));
}

struct mem_pool *
mem_pool_new_fn(glusterfs_ctx_t *ctx, unsigned long size, unsigned long count,
                char *name)
{
    struct mem_pool *(*real)(glusterfs_ctx_t *, unsigned long, unsigned long,
                             char *) = dlsym(RTLD_NEXT, "mem_pool_new_fn");

    for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++) {
        if (strcmp(ours[i].name, name))
            continue;
        seen++;
        if (ours[i].size != size) {
            wrong++;
            printf("\n  sizeof(%s): headers %lu, library %lu", name,
                   ours[i].size, size);
        }
    }
    if (seen == sizeof(ours) / sizeof(*ours))
        finish();
    return real(ctx, size, count, name);
}

static void
crashed(int sig)
{
    (void)sig;
    puts("\n  libglusterfs crashes on a structure that these headers laid out");
    wrong++;
    finish();
}

int
main(void)
{
    signal(SIGSEGV, crashed);
    glusterfs_ctx_t *ctx = glusterfs_ctx_new();

    if (!ctx || glusterfs_globals_init(ctx))
        return 2;
    THIS->ctx = ctx;
    glusterfs_graph_t graph = {.xl_count = 1};
    xlator_t xl = {.name = "abi-check", .ctx = ctx, .graph = &graph};

    inode_table_new(64, &xl, 0, 0);
    printf("\n  libglusterfs did not say how large its structures are");
    finish();
}
