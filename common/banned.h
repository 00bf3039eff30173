/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * String functions that cannot be told the size of their target do not compile
 * here. Included by every file through cleanup.h; use strbuf.h instead.
 */
#ifndef VOLEXT_BANNED_H
#define VOLEXT_BANNED_H

#include <stdio.h>
#include <string.h>

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets tmpnam tempnam

#endif
