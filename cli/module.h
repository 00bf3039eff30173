/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Parts that are loaded when they are used: a command that needs neither XML nor
 * readline does not pay for linking their libraries.
 */
#ifndef VOLEXT_CLI_MODULE_H
#define VOLEXT_CLI_MODULE_H

/* Where the modules are; changed by unit tests only. */
extern const char *cli_module_dir;

/* The address of symbol in module NAME (no folder, no suffix), which stays
 * loaded. NULL when there is none; *why is then a sentence, dlerror's. */
void *
cli_module_symbol(const char *name, const char *symbol, const char **why);

#endif
