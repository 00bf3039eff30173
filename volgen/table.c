/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The table of all extensions: ours, then those that files describe.
 */
#include <dirent.h>
#include <errno.h>

#include "common/file.h"
#include "volgen/describe.h"

typedef void complain_fn(void *arg, const char *sentence);

static const struct volgen_extension *
find_name(const struct volgen_table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (!strcmp(table->extensions[i]->name, name))
            return table->extensions[i];
    return NULL;
}

/* Names of extensions and of options are there once. */
static int
check_unique(const struct volgen_table *table, const char *path,
             const struct volgen_extension *new, struct strbuf *why)
{
    const struct volgen_extension *other = find_name(table, new->name);

    if (other) {
        strbuf_fmt(why, "%s: %s is the name of another extension; rename the file",
                   path, new->name);
        return -EINVAL;
    }
    for (size_t i = 0; i < new->option_count; i++)
        if (volgen_option_find(table, new->options[i].key, &other)) {
            strbuf_fmt(why, "%s: the option %s belongs to the extension %s; give it "
                       "another name", path, new->options[i].key, other->name);
            return -EINVAL;
        }
    return 0;
}

static int
table_add(struct volgen_table *table, const struct volgen_extension *extension)
{
    const struct volgen_extension **list =
        reallocarray(table->extensions, table->count + 1, sizeof(*list));

    if (!list)
        return -ENOMEM;
    table->extensions = list;
    list[table->count++] = extension;
    return 0;
}

static int
read_one(struct volgen_table *table, const char *path, const char *name,
         struct strbuf *why)
{
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;
    struct described *d = NULL;
    const char *distrust;

    if (!file_is_trusted(path, &distrust)) {
        strbuf_fmt(why, "%s %s, so it is not read; give it and its folder to root, "
                   "mode 0644 and 0755", path, distrust);
        return -EPERM;
    }
    int ret = file_read(path, DESCRIBED_BYTES, &text);
    if (ret) {
        strbuf_fmt(why, "%s cannot be read: %s", path, strerror(-ret));
        return ret;
    }
    ret = described_parse(path, name, strbuf_text(&text), text.len, &d, why);
    if (!ret)
        ret = check_unique(table, path, &d->extension, why);
    if (!ret)
        ret = table_add(table, &d->extension);
    if (ret) {
        described_free(d);
        return ret;
    }
    d->next = table->described;
    table->described = d;
    return 0;
}

/* NAME.conf; what editors and packagers leave beside it is not. */
static int
is_conf(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return entry->d_name[0] != '.' && len > 5 &&
           !strcmp(entry->d_name + len - 5, ".conf");
}

static int
read_entry(struct volgen_table *table, const char *dir, const char *file,
           complain_fn *complain, void *arg)
{
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    AUTO_FREE char *path = str_fmt("%s/%s", dir, file);
    AUTO_FREE char *name = strndup(file, strlen(file) - 5);

    if (!path || !name)
        return -ENOMEM;
    int ret = read_one(table, path, name, &why);
    if (ret == -ENOMEM)
        return ret;
    if (ret && complain)
        complain(arg, strbuf_text(&why));
    return 0;
}

int
volgen_table_load(struct volgen_table *table, const char *dir, complain_fn *complain,
                  void *arg)
{
    struct dirent **entries = NULL;
    int ret = 0;

    *table = (struct volgen_table)VOLGEN_TABLE_INIT;
    for (size_t i = 0; volgen_builtin[i] && !ret; i++)
        ret = table_add(table, volgen_builtin[i]);
    /* sorted, so that it is the same everywhere whose position is taken first */
    int count = dir && !ret ? scandir(dir, &entries, is_conf, alphasort) : 0;
    for (int i = 0; i < count; i++) {
        if (!ret)
            ret = read_entry(table, dir, entries[i]->d_name, complain, arg);
        free(entries[i]);
    }
    free(entries);
    if (ret)
        volgen_table_free(table);
    return ret;
}

void
volgen_table_free(struct volgen_table *table)
{
    for (struct described *d = table->described, *next; d; d = next) {
        next = d->next;
        described_free(d);
    }
    free(table->extensions);
    *table = (struct volgen_table)VOLGEN_TABLE_INIT;
}
