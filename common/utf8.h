/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Where a UTF-8 sequence ends: for the writers of JSON and XML, which must give
 * valid text for any bytes.
 */
#ifndef VOLEXT_UTF8_H
#define VOLEXT_UTF8_H

/* Length of the valid UTF-8 sequence at s, 0 when there is none (RFC 3629). Stops
 * at a NUL, which counts as a sequence of one byte. */
static inline int
utf8_length(const unsigned char *s)
{
    int n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2
          : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;

    for (int i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if (s[0] == 0xe0 && s[1] < 0xa0)
        return 0; /* overlong */
    if (s[0] == 0xed && s[1] > 0x9f)
        return 0; /* surrogate */
    if (s[0] == 0xf0 && s[1] < 0x90)
        return 0;
    if (s[0] == 0xf4 && s[1] > 0x8f)
        return 0; /* above U+10FFFF */
    return n;
}

/* The same, 0 also for what XML 1.0 has no way to say: most control characters, U+FFFE and
 * U+FFFF. */
static inline int
utf8_xml_length(const unsigned char *s)
{
    int n = utf8_length(s);

    if (*s < 0x20 && *s != '\t' && *s != '\n' && *s != '\r')
        return 0;
    if (n == 3 && s[0] == 0xef && s[1] == 0xbf && s[2] >= 0xbe)
        return 0;
    return n;
}

#endif
