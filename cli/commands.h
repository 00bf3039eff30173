/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The functions behind the rows of table.c. Each gets the words after its row's,
 * and returns the exit status or CLI_HAND_OVER.
 */
#ifndef VOLEXT_CLI_COMMANDS_H
#define VOLEXT_CLI_COMMANDS_H

#include "cli/cli.h"

int cmd_help(struct cli *cli, int argc, char **argv);
int cmd_volume_set(struct cli *cli, int argc, char **argv);
int cmd_volume_get(struct cli *cli, int argc, char **argv);
int cmd_volume_reset(struct cli *cli, int argc, char **argv);
int cmd_volume_info(struct cli *cli, int argc, char **argv);
int cmd_volume_help(struct cli *cli, int argc, char **argv);
int cmd_volume_extension(struct cli *cli, int argc, char **argv);
int cmd_volume_glupy(struct cli *cli, int argc, char **argv);
int cmd_volume_notify(struct cli *cli, int argc, char **argv);
int cmd_volume_locate(struct cli *cli, int argc, char **argv);
int cmd_volume_upcall(struct cli *cli, int argc, char **argv);
int cmd_glupy_help(struct cli *cli, int argc, char **argv);
int cmd_glupy_install(struct cli *cli, int argc, char **argv);
int cmd_glupy_list(struct cli *cli, int argc, char **argv);
int cmd_glupy_show(struct cli *cli, int argc, char **argv);
int cmd_glupy_remove(struct cli *cli, int argc, char **argv);

/* volume set help, help-xml */
int cmd_volume_set_help(struct cli *cli, int argc, char **argv);

/* Words that begin as ours and are none of the rows; these are all of them. */
int cmd_glupy_unknown(struct cli *cli, int argc, char **argv);

#endif
