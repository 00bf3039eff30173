/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Base64; see base64.h.
 */
#include "base64.h"

#include <errno.h>
#include <stdint.h>

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_encode(const void *data, size_t len, struct strbuf *out)
{
    const uint8_t *in = data;

    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t bits = (uint32_t)in[i] << 16 |
                        (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) |
                        (left > 2 ? in[i + 2] : 0);

        strbuf_char(out, digits[bits >> 18 & 63]);
        strbuf_char(out, digits[bits >> 12 & 63]);
        strbuf_char(out, left > 1 ? digits[bits >> 6 & 63] : '=');
        strbuf_char(out, left > 2 ? digits[bits & 63] : '=');
    }
}

int
base64_decode(const char *text, size_t len, struct strbuf *out)
{
    if (len % 4)
        return -EINVAL;
    for (size_t i = 0; i < len; i += 4) {
        bool last = i + 4 == len;
        int pad = last ? (text[i + 3] == '=') + (text[i + 2] == '=') : 0;
        uint32_t bits = 0;

        for (int k = 0; k < 4; k++) {
            const char *digit = k < 4 - pad && text[i + k]
                                    ? strchr(digits, text[i + k]) : digits;
            if (!digit)
                return -EINVAL;
            bits = bits << 6 | (uint32_t)(digit - digits);
        }
        for (int k = 0; k < 3 - pad; k++)
            strbuf_char(out, (char)(bits >> (16 - 8 * k) & 255));
    }
    return strbuf_failed(out) ? -ENOMEM : 0;
}
