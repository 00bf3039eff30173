/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Loads a part of the front end by its full path; see module.h. No environment
 * variable has a say in it: root runs this.
 */
#include "cli/module.h"

#include <dlfcn.h>

#include "common/strbuf.h"

const char *cli_module_dir = CLI_MODULEDIR;

void *
cli_module_symbol(const char *name, const char *symbol, const char **why)
{
    AUTO_FREE char *path = str_fmt("%s/%s.so", cli_module_dir, name);
    if (!path) {
        *why = "out of memory";
        return NULL;
    }
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    void *address = module ? dlsym(module, symbol) : NULL;
    if (!address)
        *why = dlerror();
    return address;
}
