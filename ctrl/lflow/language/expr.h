/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_EXPR_H
#define ICGW_EXPR_H

/* Match expressions of logical flows, parsed.
 *
 * Negation is moved down to the comparisons while parsing, and each comparison
 * carries the prerequisites of its field, as OVN does it: `!(tcp.dst == 80)` is
 * `tcp && tcp.dst != 80`.  Predicates are negated with their prerequisites:
 * `!ip4.mcast` holds for IPv6.  `ip4.src != $set` does, too, while the set is empty: it has
 * no comparison to carry prerequisites then.  A node that names something unknown is kept as
 * EXPR_UNKNOWN: what it stands next to may decide without it.
 *
 * ovn-controller never installs a flow whose match it refuses, though what it says is
 * plain: `!tcp`, `a || b && c`.  Users can write those, as nobody reads the match of an
 * ACL or a policy before.  Such a match is the constant false. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "field.h"
#include "lex.h"
#include "wide.h"

enum expr_type {
    EXPR_CONSTANT, /* true or false */
    EXPR_AND,
    EXPR_OR,
    EXPR_COMPARE,  /* field against a constant */
    EXPR_PORT,     /* inport or outport against a port name */
    EXPR_SET,      /* field against an address set */
    EXPR_EMPTY,    /* an address set has no elements */
    EXPR_GROUP,    /* inport or outport against a port group */
    EXPR_RESIDENT, /* is_chassis_resident("port") */
    EXPR_UNKNOWN,  /* a symbol or function that we do not know */
};

enum relop { RELOP_EQ, RELOP_NE, RELOP_LT, RELOP_LE, RELOP_GT, RELOP_GE };

/* A large zone has millions of them: fields are as small as they can be. */
struct expr {
    enum expr_type type : 8;
    enum relop relop : 8; /* COMPARE; EQ or NE for PORT, SET, EMPTY, GROUP, RESIDENT */
    /* COMPARE, PORT of expr_parse_outline(): which constant of the text it compares with, from
     * 1 on; 0: one of a predicate. */
    uint16_t origin;
    uint32_t n_sub;
    struct bits bits; /* COMPARE, PORT, SET, GROUP */
    /* COMPARE: shifted to the place of the bits; CONSTANT: 0 or 1; SET: width of the field
     * that the bits are of, as OVN has it. */
    wide value;
    wide mask;         /* COMPARE: which bits of the container count */
    char *name;        /* PORT, SET, EMPTY, GROUP, RESIDENT, UNKNOWN */
    struct expr **sub; /* AND, OR */
};

/* Deepest nesting of parentheses, blocks and predicates. */
#define EXPR_MAX_DEPTH 64

/* Parses to the end of the text.  NULL: a syntax error, *error is a static
 * string. */
struct expr *expr_parse(const char *text, const char **error);
/* The same, with origins.  The text has at most UINT16_MAX constants. */
struct expr *expr_parse_outline(const char *text, const char **error);
void expr_free(struct expr *);
/* Takes both; NULL where one is. */
struct expr *expr_and(struct expr *, struct expr *);

/* A field reference `name`, `name[3]`, `name[0..15]`; the lexer is on the name.
 * False: not known or malformed, *error says which. */
bool expr_parse_field(struct lexer *, struct bits *, const struct symbol **, struct symbol *scratch,
                      const char **error);

/* Whether the expression names `symbol`, directly or by a predicate. */
bool expr_mentions(const struct expr *, const struct bits *);

#endif
