/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Lines about events in the way of inotifywait: what programs that wait for something have
 * in common in --format, and in JSON.
 */
#ifndef VOLEXT_LINE_H
#define VOLEXT_LINE_H

#include <stdint.h>
#include <time.h>

#include "json.h"

/* A bit and its name. */
struct line_word {
    uint32_t bit;
    const char *name;
};

/* What a program has for the codes of a format. */
struct line_event {
    const struct line_word *words; /* of %e, in the order they are shown */
    size_t count;
    uint32_t bits;
    const struct timespec *time; /* of %T; NULL: now */
    const char *time_format;     /* NULL: %T is empty */
    /* Adds what the letter of a code that is the program's own stands for; false: nothing. */
    bool (*code)(struct strbuf *out, char letter, const void *arg);
    const void *arg;
};

/* Adds the names of the bits, with `between` between them. */
void
line_words(struct strbuf *out, const struct line_word *words, size_t count, uint32_t bits,
           char between);

/* Adds what stands for one code, whose first character behind the % this is: how many
 * characters it has; 0 if there is no such code. Here are %e, %Xe (with X between), %T, %n (a newline),
 * %0 (NUL) and %%; all others are the program's. */
size_t
line_code(struct strbuf *out, const char *code, const struct line_event *e);

/* Adds a whole format. A code that there is not stands for itself. */
void
line_format(struct strbuf *out, const char *format, const struct line_event *e);

/* strftime(3); NULL adds nothing. */
void
line_time(struct strbuf *out, const char *format, const struct timespec *time);

/* Adds 16 bytes as a UUID. */
void
line_gfid(struct strbuf *out, const unsigned char *gfid);

/* ---- JSON -------------------------------------------------------------------- */

/* The names, in lower case, as an array. */
void
line_json_words(struct json *j, const char *name, const struct line_word *words, size_t count,
                uint32_t bits);

/* A name of a file: a string, and if it is not UTF-8, also its bytes in NAME_base64. */
void
line_json_name(struct json *j, const char *name, const char *bytes);

/* Seconds with nine digits behind the point, as a string. */
void
line_json_time(struct json *j, const char *name, const struct timespec *time);

#endif
