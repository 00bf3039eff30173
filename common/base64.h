/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Base64 (RFC 4648), for bytes on their way through text.
 */
#ifndef VOLEXT_BASE64_H
#define VOLEXT_BASE64_H

#include "strbuf.h"

void
base64_encode(const void *data, size_t len, struct strbuf *out);
/* 0 or -EINVAL; what is in len bytes of text, padded. */
int
base64_decode(const char *text, size_t len, struct strbuf *out);

#endif
