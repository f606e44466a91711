/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_LEX_H
#define ICGW_LEX_H

/* Tokens of OVN's expression and action language (ovn-sb(5), Logical_Flow). */

#include <stdbool.h>
#include <stddef.h>

#include "wide.h"

enum token_type {
    TOKEN_END,
    TOKEN_ERROR,   /* lexer.error says what */
    TOKEN_ID,      /* field, function or keyword */
    TOKEN_STRING,  /* "quoted", without quotes and escapes */
    TOKEN_INTEGER, /* value, mask */
    TOKEN_SET,     /* $name: address set */
    TOKEN_GROUP,   /* @name: port group */
    TOKEN_EQ,
    TOKEN_NE,
    TOKEN_LT,
    TOKEN_LE,
    TOKEN_GT,
    TOKEN_GE,
    TOKEN_NOT,
    TOKEN_AND,
    TOKEN_OR,
    TOKEN_ASSIGN,
    TOKEN_EXCHANGE,
    TOKEN_DECREMENT,
    TOKEN_LPAREN,
    TOKEN_RPAREN,
    TOKEN_LBRACE,
    TOKEN_RBRACE,
    TOKEN_LBRACKET,
    TOKEN_RBRACKET,
    TOKEN_ELLIPSIS,
    TOKEN_COMMA,
    TOKEN_SEMICOLON,
    TOKEN_COLON,
};

enum integer_format { FORMAT_DECIMAL, FORMAT_HEX, FORMAT_ETHERNET, FORMAT_IPV4, FORMAT_IPV6 };

#define LEX_MAX_TEXT 512 /* longest identifier or string */

struct lexer {
    const char *start;        /* of the token */
    const char *next;         /* not yet read */
    unsigned int n_constants; /* INTEGER and STRING, up to the token */
    enum token_type type;
    char text[LEX_MAX_TEXT]; /* of ID, STRING, SET, GROUP */
    wide value;
    wide mask; /* all ones of the format's width when not masked */
    bool masked;
    enum integer_format format;
    bool refused;      /* something up to the token is none of OVN's language */
    const char *error; /* static string */
};

/* Begins with the first token.  `text` must outlive the lexer. */
void lexer_init(struct lexer *, const char *text);
void lexer_next(struct lexer *);
/* Whether the current token is `type`; if so goes on to the next. */
bool lexer_match(struct lexer *, enum token_type type);
bool lexer_match_id(struct lexer *, const char *id);

/* A lone integer constant, for elements of address sets: `masked` and all before it are
 * what they are in a lexer.  False: it is none. */
bool lex_constant(const char *text, wide *value, wide *mask, bool *masked,
                  enum integer_format *format);

/* Width in bits of values in that format; 64 for numbers. */
unsigned int integer_width(enum integer_format);

#endif
