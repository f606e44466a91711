/* SPDX-License-Identifier: Apache-2.0 */

#include "reader.h"

#include <stdbool.h>
#include <string.h>

static const char bom[] = "\xef\xbb\xbf";

void reader_init(struct reader *r, const char *text, size_t length)
{
    if (length >= 3 && memcmp(text, bom, 3) == 0) {
        text += 3;
        length -= 3;
    }
    r->next = text;
    r->end = text + length;
    r->line = 0;
    r->name = "";
    r->value = "";
    r->error = NULL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static char *trim(char *s)
{
    while (is_blank(*s)) {
        s++;
    }
    for (size_t n = strlen(s); n > 0 && is_blank(s[n - 1]); n--) {
        s[n - 1] = '\0';
    }
    return s;
}

/* Ends the line where a comment begins. */
static void cut_comment(char *s)
{
    for (char *p = s; *p != '\0'; p++) {
        if ((*p == ';' || *p == '#') && (p == s || is_blank(p[-1]))) {
            *p = '\0';
            return;
        }
    }
}

static enum reader_kind fail(struct reader *r, const char *error)
{
    r->error = error;
    return READER_ERROR;
}

/* Copies the next line, without its end, into the buffer; false: `error`. */
static bool fetch_line(struct reader *r)
{
    const char *newline = memchr(r->next, '\n', (size_t)(r->end - r->next));
    const char *stop = newline != NULL ? newline : r->end;
    size_t length = (size_t)(stop - r->next);

    r->line++;
    if (length > 0 && r->next[length - 1] == '\r') {
        length--;
    }
    if (length > READER_MAX_LINE) {
        r->error = "the line is too long; allowed: 4096 bytes";
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)r->next[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            r->error = "the line has a control character; allowed: text";
            return false;
        }
    }
    memcpy(r->buffer, r->next, length);
    r->buffer[length] = '\0';
    r->next = newline != NULL ? newline + 1 : r->end;
    return true;
}

/* s: a trimmed line that begins with '['. */
static enum reader_kind section(struct reader *r, char *s)
{
    size_t n = strlen(s);
    if (s[n - 1] != ']') {
        return fail(r, "the section has no end; allowed: [SECTION]");
    }
    s[n - 1] = '\0';

    char *name = trim(s + 1);
    char *argument = name + strcspn(name, " \t");
    if (*argument != '\0') {
        *argument++ = '\0';
    }
    r->name = name;
    r->value = trim(argument);
    return READER_SECTION;
}

static enum reader_kind key(struct reader *r, char *s)
{
    char *equals = strchr(s, '=');
    if (equals == NULL) {
        return fail(r, "neither a section nor a key; allowed: [SECTION] or KEY = VALUE");
    }
    *equals = '\0';
    r->name = trim(s);
    r->value = trim(equals + 1);
    return READER_KEY;
}

enum reader_kind reader_next(struct reader *r)
{
    while (r->next < r->end) {
        if (!fetch_line(r)) {
            return READER_ERROR;
        }
        cut_comment(r->buffer);
        char *s = trim(r->buffer);
        if (*s == '[') {
            return section(r, s);
        }
        if (*s != '\0') {
            return key(r, s);
        }
    }
    return READER_END;
}
