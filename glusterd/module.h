/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * glupy modules on this node: WORKDIR/volext/modules/NAME.py, root's and readable by
 * all, since applications of any user run them; and the packaged examples, which are
 * copied there when a volume names one.
 */
#ifndef VOLEXT_GLUSTERD_MODULE_H
#define VOLEXT_GLUSTERD_MODULE_H

#include <stdbool.h>

#include "common/file.h"
#include "common/kv.h"
#include "glusterd/site.h"
#include "volgen/volgen.h"

enum { MODULE_MAX = 1 << 20 }; /* what glusterd's `copy file` can carry */

/* Finds a module (a packaged one is deployed first when none is there), its folder
 * and digest. wanted: the digest it must have, or NULL. False with *why. */
bool
module_find(const struct site *site, const char *name, const char *wanted,
            struct volgen_module *module, const char **why);

/* The digest that a volume's options ask for, or NULL. */
const char *
module_wanted_digest(const struct kv *options, const char *name);

/* Do a volume's options name the module? */
bool
module_is_named(const struct kv *options, const char *module);

/* Reads a module that may be run: trusted, regular, at most MODULE_MAX. False with
 * *why. */
bool
module_read(const char *path, struct strbuf *source, const char **why);

/* Puts source in place as module NAME. 0 or -errno. */
int
module_put(const struct site *site, const char *name, const struct strbuf *source);

/* Does it compile and import? Runs it in a scratch process: the interpreter that
 * glupy embeds, isolated, as nobody, 10 s at most; the result is kept by digest.
 * False with a sentence in why. */
bool
module_check(const struct site *site, const char *name,
             const struct strbuf *source, struct strbuf *why);

#endif
