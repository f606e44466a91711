/* SPDX-License-Identifier: Apache-2.0 */
#include "lex.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned int integer_width(enum integer_format format)
{
    switch (format) {
    case FORMAT_IPV6:
        return 128;
    case FORMAT_IPV4:
        return 32;
    case FORMAT_ETHERNET:
        return 48;
    case FORMAT_DECIMAL:
    case FORMAT_HEX:
        break;
    }
    return 128;
}

static void fail(struct lexer *lx, const char *error)
{
    lx->type = TOKEN_ERROR;
    lx->error = error;
}

/* Length of what may be an integer or address.  Stops before "..", and at a
 * colon after a dot, so that `1.2.3.4:80` is three tokens. */
static size_t integer_extent(const char *s)
{
    size_t n = 0;
    bool dot = false;
    while (isalnum((unsigned char)s[n]) || (s[n] == ':' && !dot) ||
           (s[n] == '.' && s[n + 1] != '.')) {
        dot |= s[n] == '.';
        n++;
    }
    return n;
}

static bool parse_hex(const char *s, size_t n, wide *value)
{
    *value = 0;
    if (n == 0 || n > 32) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (!isxdigit((unsigned char)s[i])) {
            return false;
        }
        int digit = isdigit((unsigned char)s[i]) ? s[i] - '0' : (s[i] | 0x20) - 'a' + 10;
        *value = *value << 4 | (wide)digit;
    }
    return true;
}

static bool parse_decimal(const char *s, size_t n, wide *value)
{
    *value = 0;
    if (n == 0 || n > 20) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (!isdigit((unsigned char)s[i])) {
            return false;
        }
        *value = *value * 10 + (wide)(s[i] - '0');
    }
    return *value <= UINT64_MAX;
}

static bool parse_ethernet(const char *s, size_t n, wide *value)
{
    *value = 0;
    if (n != 17) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (i % 3 == 2 ? s[i] != ':' : !isxdigit((unsigned char)s[i])) {
            return false;
        }
        if (i % 3 != 2) {
            int digit = isdigit((unsigned char)s[i]) ? s[i] - '0' : (s[i] | 0x20) - 'a' + 10;
            *value = *value << 4 | (wide)digit;
        }
    }
    return true;
}

/* One integer without mask; returns its length, 0 if it is none. */
static size_t parse_integer(const char *s, wide *value, enum integer_format *format)
{
    size_t n = integer_extent(s);
    char copy[INET6_ADDRSTRLEN];
    uint8_t bytes[16];

    if (parse_ethernet(s, n, value)) {
        *format = FORMAT_ETHERNET;
        return n;
    }
    if (parse_decimal(s, n, value)) {
        *format = FORMAT_DECIMAL;
        return n;
    }
    if (n > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && parse_hex(s + 2, n - 2, value)) {
        *format = FORMAT_HEX;
        return n;
    }
    if (n == 0 || n >= sizeof copy) {
        return 0;
    }
    memcpy(copy, s, n);
    copy[n] = '\0';
    if (inet_pton(AF_INET, copy, bytes) == 1) {
        *format = FORMAT_IPV4;
        *value = wide_from_bytes(bytes, 4);
        return n;
    }
    if (inet_pton(AF_INET6, copy, bytes) == 1) {
        *format = FORMAT_IPV6;
        *value = wide_from_bytes(bytes, 16);
        return n;
    }
    return 0;
}

/* OVN has no decimal numbers that look octal. */
static bool has_leading_zero(const char *s, enum integer_format format)
{
    return format == FORMAT_DECIMAL && s[0] == '0' && isdigit((unsigned char)s[1]);
}

/* The mask after a slash: a prefix length for addresses, else a value of the
 * same format. */
static bool parse_mask(struct lexer *lx)
{
    enum integer_format format;
    wide mask;
    size_t n = parse_integer(lx->next, &mask, &format);
    if (n == 0) {
        return false;
    }
    unsigned int width = integer_width(lx->format);
    if (format == FORMAT_DECIMAL && (lx->format == FORMAT_IPV4 || lx->format == FORMAT_IPV6)) {
        if (mask > width) {
            return false;
        }
        mask = wide_ones(width) & ~wide_ones(width - (unsigned int)mask);
    } else if (format != lx->format && !(format <= FORMAT_HEX && lx->format <= FORMAT_HEX)) {
        return false;
    } else if (format != lx->format) { /* OVN takes 0/0x12, and no other number like it */
        lx->refused |= lx->format != FORMAT_DECIMAL || lx->value != 0;
    }
    lx->refused |= has_leading_zero(lx->next, format);
    lx->next += n;
    lx->mask = mask;
    lx->value &= mask;
    lx->masked = true;
    return true;
}

static void lex_integer(struct lexer *lx)
{
    size_t n = parse_integer(lx->next, &lx->value, &lx->format);
    if (n == 0) {
        fail(lx, "malformed constant");
        return;
    }
    lx->refused |= has_leading_zero(lx->next, lx->format);
    lx->next += n;
    lx->n_constants++;
    lx->type = TOKEN_INTEGER;
    lx->masked = false;
    lx->mask = wide_ones(integer_width(lx->format));
    if (*lx->next == '/') {
        lx->next++;
        if (!parse_mask(lx)) {
            fail(lx, "malformed mask");
        }
    }
}

static bool is_id_start(char c)
{
    return isalpha((unsigned char)c) || c == '_' || c == '.';
}

static void lex_id(struct lexer *lx, enum token_type type)
{
    size_t n = 0;
    while (is_id_start(lx->next[n]) || isdigit((unsigned char)lx->next[n]) ||
           (type != TOKEN_ID && lx->next[n] == '-')) {
        n++;
    }
    if (n == 0 || n >= sizeof lx->text) {
        fail(lx, n ? "identifier too long" : "name expected");
        return;
    }
    memcpy(lx->text, lx->next, n);
    lx->text[n] = '\0';
    /* For OVN, `$a-b` is the set a, something else, and b. */
    lx->refused |= type != TOKEN_ID && (!is_id_start(*lx->text) || strchr(lx->text, '-') != NULL);
    lx->next += n;
    lx->type = type;
}

/* The four hex digits of \uXXXX, as UTF-8. */
static bool lex_unicode_escape(struct lexer *lx, size_t *n)
{
    wide code;
    if (strnlen(lx->next, 4) < 4 || !parse_hex(lx->next, 4, &code) || code == 0) {
        return false;
    }
    lx->next += 4;
    unsigned int c = (unsigned int)code;
    if (c < 0x80) {
        lx->text[(*n)++] = (char)c;
    } else if (c < 0x800) {
        lx->text[(*n)++] = (char)(0xc0 | c >> 6);
        lx->text[(*n)++] = (char)(0x80 | (c & 0x3f));
    } else {
        lx->text[(*n)++] = (char)(0xe0 | c >> 12);
        lx->text[(*n)++] = (char)(0x80 | (c >> 6 & 0x3f));
        lx->text[(*n)++] = (char)(0x80 | (c & 0x3f));
    }
    return true;
}

/* A string in quotes with the escapes of JSON (RFC 8259, section 7). */
static void lex_string(struct lexer *lx)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    size_t n = 0;

    lx->next++;
    while (*lx->next != '"') {
        if (*lx->next == '\0' || n + 4 >= sizeof lx->text) {
            fail(lx, *lx->next ? "string too long" : "missing closing quote");
            return;
        }
        if (*lx->next != '\\') {
            lx->text[n++] = *lx->next++;
            continue;
        }
        lx->next++;
        const char *escape = *lx->next ? strchr(from, *lx->next) : NULL;
        if (escape != NULL) {
            lx->text[n++] = to[escape - from];
            lx->next++;
        } else if (*lx->next++ != 'u' || !lex_unicode_escape(lx, &n)) {
            fail(lx, "bad escape in string");
            return;
        }
    }
    lx->next++;
    lx->text[n] = '\0';
    lx->n_constants++;
    lx->type = TOKEN_STRING;
}

static bool skip_space(struct lexer *lx)
{
    for (;;) {
        if (isspace((unsigned char)*lx->next)) {
            lx->next++;
        } else if (lx->next[0] == '/' && lx->next[1] == '*') {
            const char *end = strstr(lx->next + 2, "*/");
            if (end == NULL) {
                return false;
            }
            lx->next = end + 2;
        } else if (lx->next[0] == '/' && lx->next[1] == '/') {
            lx->next += strcspn(lx->next, "\n");
        } else {
            return true;
        }
    }
}

static void lex_symbol(struct lexer *lx)
{
    /* Longer ones first where one begins like another. */
    static const struct {
        const char *text;
        enum token_type type;
    } symbols[] = {
        {"<->", TOKEN_EXCHANGE}, {"==", TOKEN_EQ},        {"!=", TOKEN_NE},
        {"<=", TOKEN_LE},        {">=", TOKEN_GE},        {"&&", TOKEN_AND},
        {"||", TOKEN_OR},        {"--", TOKEN_DECREMENT}, {"..", TOKEN_ELLIPSIS},
        {"<", TOKEN_LT},         {">", TOKEN_GT},         {"!", TOKEN_NOT},
        {"=", TOKEN_ASSIGN},     {"(", TOKEN_LPAREN},     {")", TOKEN_RPAREN},
        {"{", TOKEN_LBRACE},     {"}", TOKEN_RBRACE},     {"[", TOKEN_LBRACKET},
        {"]", TOKEN_RBRACKET},   {",", TOKEN_COMMA},      {";", TOKEN_SEMICOLON},
        {":", TOKEN_COLON},
    };
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        size_t n = strlen(symbols[i].text);
        /* Most differ in the first character: no call for those. */
        if (symbols[i].text[0] == lx->next[0] && strncmp(lx->next, symbols[i].text, n) == 0) {
            lx->next += n;
            lx->type = symbols[i].type;
            return;
        }
    }
    fail(lx, "unexpected character");
}

/* `fe80::1`, `aa:bb:…` and `ip4` all begin with a letter: what looks like an
 * address is one, the rest are identifiers. */
static bool looks_like_integer(const char *s)
{
    if (isdigit((unsigned char)*s) || (s[0] == ':' && s[1] == ':')) {
        return true;
    }
    size_t n = integer_extent(s);
    return isxdigit((unsigned char)*s) && memchr(s, ':', n) != NULL;
}

void lexer_next(struct lexer *lx)
{
    if (lx->type == TOKEN_ERROR) {
        return;
    }
    if (!skip_space(lx)) {
        fail(lx, "unterminated comment");
        return;
    }
    lx->start = lx->next;
    if (*lx->next == '\0') {
        lx->type = TOKEN_END;
    } else if (*lx->next == '"') {
        lex_string(lx);
    } else if (*lx->next == '$' || *lx->next == '@') {
        enum token_type type = *lx->next++ == '$' ? TOKEN_SET : TOKEN_GROUP;
        lex_id(lx, type);
    } else if (looks_like_integer(lx->next)) {
        lex_integer(lx);
    } else if (is_id_start(*lx->next) && strncmp(lx->next, "..", 2) != 0) {
        lex_id(lx, TOKEN_ID);
    } else {
        lex_symbol(lx);
    }
}

void lexer_init(struct lexer *lx, const char *text)
{
    lx->start = lx->next = text;
    lx->n_constants = 0;
    lx->refused = false;
    lx->type = TOKEN_END;
    lx->error = NULL;
    lexer_next(lx);
}

bool lexer_match(struct lexer *lx, enum token_type type)
{
    if (lx->type != type) {
        return false;
    }
    lexer_next(lx);
    return true;
}

bool lexer_match_id(struct lexer *lx, const char *id)
{
    if (lx->type != TOKEN_ID || strcmp(lx->text, id) != 0) {
        return false;
    }
    lexer_next(lx);
    return true;
}

bool lex_constant(const char *text, wide *value, wide *mask, bool *masked,
                  enum integer_format *format)
{
    struct lexer lx;
    lexer_init(&lx, text);
    if (lx.type != TOKEN_INTEGER) {
        return false;
    }
    *value = lx.value;
    *mask = lx.mask;
    *masked = lx.masked;
    *format = lx.format;
    lexer_next(&lx);
    return lx.type == TOKEN_END;
}
