/* SPDX-License-Identifier: Apache-2.0 */
#include "expr.h"

#include <stdlib.h>
#include <string.h>

struct parser {
    struct lexer *lx;
    unsigned int depth;
    bool origins;      /* nodes get theirs */
    bool refused;      /* by ovn-controller */
    bool atomic;       /* the last operand may stand behind a `!` */
    const char *error; /* first one */
};

static struct expr *parse_chain(struct parser *, bool negated);
static struct expr *parse_text(const char *text, unsigned int depth, const char **error);

static struct expr *expr_new(enum expr_type type)
{
    struct expr *e = calloc(1, sizeof *e);
    if (e == NULL) {
        abort(); /* a control thread without memory cannot go on */
    }
    e->type = type;
    return e;
}

static struct expr *expr_named(enum expr_type type, const char *name, enum relop relop)
{
    struct expr *e = expr_new(type);
    e->name = strdup(name);
    if (e->name == NULL) {
        abort();
    }
    e->relop = relop;
    return e;
}

static struct expr *expr_constant(bool value)
{
    struct expr *e = expr_new(EXPR_CONSTANT);
    e->value = value;
    return e;
}

void expr_free(struct expr *e)
{
    if (e == NULL) {
        return;
    }
    for (size_t i = 0; i < e->n_sub; i++) {
        expr_free(e->sub[i]);
    }
    free(e->sub);
    free(e->name);
    free(e);
}

static struct expr *fail(struct parser *p, const char *error)
{
    if (p->error == NULL) {
        p->error = p->lx->error ? p->lx->error : error;
    }
    return NULL;
}

/* Whatever follows, the flow is installed nowhere. */
static struct expr *refuse(struct parser *p)
{
    p->refused = true;
    return NULL;
}

static void expr_append(struct expr *parent, struct expr *child)
{
    parent->sub = realloc(parent->sub, (parent->n_sub + 1) * sizeof(struct expr *));
    if (parent->sub == NULL) {
        abort();
    }
    parent->sub[parent->n_sub++] = child;
}

/* a AND b, a OR b; takes both, flattens a. */
static struct expr *combine(enum expr_type type, struct expr *a, struct expr *b)
{
    if (a == NULL || b == NULL) {
        expr_free(a);
        expr_free(b);
        return NULL;
    }
    if (a->type != type) {
        struct expr *parent = expr_new(type);
        expr_append(parent, a);
        a = parent;
    }
    expr_append(a, b);
    return a;
}

struct expr *expr_and(struct expr *a, struct expr *b)
{
    return combine(EXPR_AND, a, b);
}

static enum relop relop_negate(enum relop r)
{
    static const enum relop inverse[] = {
        [RELOP_EQ] = RELOP_NE, [RELOP_NE] = RELOP_EQ, [RELOP_LT] = RELOP_GE,
        [RELOP_LE] = RELOP_GT, [RELOP_GT] = RELOP_LE, [RELOP_GE] = RELOP_LT,
    };
    return inverse[r];
}

static enum relop relop_turn(enum relop r)
{
    static const enum relop turned[] = {
        [RELOP_EQ] = RELOP_EQ, [RELOP_NE] = RELOP_NE, [RELOP_LT] = RELOP_GT,
        [RELOP_LE] = RELOP_GE, [RELOP_GT] = RELOP_LT, [RELOP_GE] = RELOP_LE,
    };
    return turned[r];
}

static bool parse_relop(struct parser *p, enum relop *relop)
{
    switch (p->lx->type) {
    case TOKEN_EQ:
        *relop = RELOP_EQ;
        break;
    case TOKEN_NE:
        *relop = RELOP_NE;
        break;
    case TOKEN_LT:
        *relop = RELOP_LT;
        break;
    case TOKEN_LE:
        *relop = RELOP_LE;
        break;
    case TOKEN_GT:
        *relop = RELOP_GT;
        break;
    case TOKEN_GE:
        *relop = RELOP_GE;
        break;
    default:
        return false;
    }
    lexer_next(p->lx);
    return true;
}

static bool parse_bit_number(struct lexer *lx, unsigned int *bit)
{
    if (lx->type != TOKEN_INTEGER || lx->masked || lx->value > 127) {
        return false;
    }
    *bit = (unsigned int)lx->value;
    lexer_next(lx);
    return true;
}

bool expr_parse_field(struct lexer *lx, struct bits *bits, const struct symbol **symbol,
                      struct symbol *scratch, const char **error)
{
    *error = "unknown symbol";
    *symbol = lx->type == TOKEN_ID ? symbol_find(lx->text, scratch) : NULL;
    if (*symbol == NULL) {
        return false;
    }
    *bits = (*symbol)->bits;
    lexer_next(lx);
    if (!lexer_match(lx, TOKEN_LBRACKET)) {
        return true;
    }

    unsigned int first, last;
    *error = "malformed subfield";
    if ((*symbol)->kind != SYMBOL_FIELD || !parse_bit_number(lx, &first)) {
        return false;
    }
    last = first;
    if (lexer_match(lx, TOKEN_ELLIPSIS) && !parse_bit_number(lx, &last)) {
        return false;
    }
    if (first > last || last >= bits->width || !lexer_match(lx, TOKEN_RBRACKET)) {
        return false;
    }
    bits->lo = (uint8_t)(bits->lo + first);
    bits->width = (uint8_t)(last - first + 1);
    return true;
}

/* Whether OVN has the comparison, whatever it compares with.  Negation is already in relop. */
static bool can_compare(const struct symbol *symbol, struct bits bits, enum relop relop)
{
    return !symbol->nominal || (relop == RELOP_EQ && bits.width == symbol->bits.width);
}

/* OVN goes by how a constant is written: an address is as wide as any other. */
static bool too_wide(const struct lexer *lx, unsigned int width)
{
    if (lx->masked) {
        return (lx->mask & ~wide_ones(width)) != 0;
    }
    return lx->format > FORMAT_HEX && integer_width(lx->format) > width;
}

/* One constant on the right of a comparison.  Negation is already in relop. */
static struct expr *make_compare(struct parser *p, const struct symbol *symbol, struct bits bits,
                                 enum relop relop)
{
    const struct lexer *lx = p->lx;
    struct expr *e;

    if (!can_compare(symbol, bits, relop)) {
        return refuse(p);
    }
    if (symbol->kind == SYMBOL_PORT) {
        if ((lx->type != TOKEN_STRING && lx->type != TOKEN_GROUP) || relop > RELOP_NE) {
            return fail(p, "a port is compared with == or != to a port name or port group");
        }
        e = expr_named(lx->type == TOKEN_STRING ? EXPR_PORT : EXPR_GROUP, lx->text, relop);
        e->bits = bits;
        e->origin = p->origins ? (uint16_t)lx->n_constants : 0;
        return e;
    }
    if (lx->type == TOKEN_SET && relop <= RELOP_NE) {
        e = expr_named(EXPR_SET, lx->text, relop);
        e->bits = bits;
        e->value = symbol->bits.width;
        return e;
    }
    if (lx->type != TOKEN_INTEGER) {
        return fail(p, "constant expected");
    }
    if (too_wide(lx, symbol->bits.width)) {
        return refuse(p);
    }
    wide ones = wide_ones(bits.width);
    if ((lx->value & ~ones) != 0) {
        return fail(p, "constant too large for the field");
    }
    if (lx->masked && relop > RELOP_NE) {
        return fail(p, "a masked constant takes == or != only");
    }
    e = expr_new(EXPR_COMPARE);
    e->relop = relop;
    e->bits = bits;
    e->origin = p->origins ? (uint16_t)lx->n_constants : 0;
    e->value = lx->value << bits.lo;
    e->mask = (lx->masked ? lx->mask & ones : ones) << bits.lo;
    return e;
}

/* That all sets are empty which a field is compared with by !=.  NULL: it is compared with
 * something else. */
static struct expr *all_empty(const struct expr *e)
{
    struct expr *all = NULL;
    if (e->type == EXPR_SET && e->relop == RELOP_NE) {
        return expr_named(EXPR_EMPTY, e->name, RELOP_EQ);
    }
    for (size_t i = 0; e->type == EXPR_AND && i < e->n_sub; i++) {
        struct expr *one = all_empty(e->sub[i]);
        if (one == NULL) {
            expr_free(all);
            return NULL;
        }
        all = all ? combine(EXPR_AND, all, one) : one;
    }
    return all;
}

static struct expr *with_prerequisite(struct parser *p, const struct symbol *symbol, struct expr *e)
{
    if (e == NULL || symbol->prerequisite == NULL) {
        return e;
    }
    struct expr *empty = all_empty(e);
    struct expr *pre = parse_text(symbol->prerequisite, p->depth + 1, &p->error);
    e = combine(EXPR_AND, pre, e);
    return empty != NULL ? combine(EXPR_OR, empty, e) : e;
}

/* `field relop constant` or `field relop {a, b, …}`; the lexer is on the
 * constant. */
static struct expr *parse_constants(struct parser *p, const struct symbol *symbol, struct bits bits,
                                    enum relop relop)
{
    if (!lexer_match(p->lx, TOKEN_LBRACE)) {
        struct expr *e = make_compare(p, symbol, bits, relop);
        lexer_next(p->lx);
        return with_prerequisite(p, symbol, e);
    }
    if (relop > RELOP_NE) {
        return fail(p, "a set takes == or != only");
    }
    /* == one of them; != all of them. */
    struct expr *all = NULL;
    while (!lexer_match(p->lx, TOKEN_RBRACE)) {
        struct expr *e = make_compare(p, symbol, bits, relop);
        if (e == NULL) {
            expr_free(all);
            return NULL;
        }
        lexer_next(p->lx);
        all = all ? combine(relop == RELOP_EQ ? EXPR_OR : EXPR_AND, all, e) : e;
        lexer_match(p->lx, TOKEN_COMMA);
    }
    if (all == NULL) { /* {} */
        return refuse(p);
    }
    return with_prerequisite(p, symbol, all);
}

/* Turns an expression into its opposite, prerequisites and all. */
static void invert(struct expr *e)
{
    switch (e->type) {
    case EXPR_CONSTANT:
        e->value = !e->value;
        break;
    case EXPR_AND:
    case EXPR_OR:
        e->type = e->type == EXPR_AND ? EXPR_OR : EXPR_AND;
        break;
    case EXPR_COMPARE:
    case EXPR_PORT:
    case EXPR_SET:
    case EXPR_EMPTY:
    case EXPR_GROUP:
    case EXPR_RESIDENT:
        e->relop = relop_negate(e->relop);
        break;
    case EXPR_UNKNOWN:
        break;
    }
    for (size_t i = 0; i < e->n_sub; i++) {
        invert(e->sub[i]);
    }
}

static struct expr *parse_predicate(struct parser *p, const struct symbol *symbol, bool negated)
{
    enum relop relop;
    if (parse_relop(p, &relop)) {
        if (relop > RELOP_NE || p->lx->type != TOKEN_INTEGER || p->lx->value > 1) {
            return fail(p, "a predicate is compared with == or != to 0 or 1");
        }
        negated ^= (p->lx->value == 0) == (relop == RELOP_EQ);
        lexer_next(p->lx);
        p->atomic = false;
    }
    if (negated && symbol->nominal) {
        return refuse(p);
    }
    struct expr *e = parse_text(symbol->expansion, p->depth + 1, &p->error);
    if (e != NULL && negated) {
        invert(e);
    }
    return e;
}

static struct expr *parse_resident(struct parser *p, bool negated)
{
    if (!lexer_match(p->lx, TOKEN_LPAREN) || p->lx->type != TOKEN_STRING) {
        return fail(p, "is_chassis_resident takes a port name");
    }
    struct expr *e = expr_named(EXPR_RESIDENT, p->lx->text, negated ? RELOP_NE : RELOP_EQ);
    lexer_next(p->lx);
    if (!lexer_match(p->lx, TOKEN_RPAREN)) {
        expr_free(e);
        return fail(p, "missing )");
    }
    return e;
}

/* Passes over what follows an unknown name as far as it belongs to it. */
static struct expr *parse_unknown(struct parser *p)
{
    struct expr *e = expr_named(EXPR_UNKNOWN, p->lx->text, RELOP_EQ);
    unsigned int depth = 0;
    lexer_next(p->lx);
    while (p->lx->type != TOKEN_END && p->lx->type != TOKEN_ERROR) {
        bool opens = p->lx->type == TOKEN_LPAREN || p->lx->type == TOKEN_LBRACE ||
                     p->lx->type == TOKEN_LBRACKET;
        bool closes = p->lx->type == TOKEN_RPAREN || p->lx->type == TOKEN_RBRACE ||
                      p->lx->type == TOKEN_RBRACKET;
        bool logical = p->lx->type == TOKEN_AND || p->lx->type == TOKEN_OR;
        if (depth == 0 && (closes || logical)) {
            break;
        }
        depth += opens;
        depth -= closes;
        lexer_next(p->lx);
    }
    return e;
}

/* `field`: not 0.  OVN wants that of more than one bit said, but takes `!field`. */
static struct expr *parse_bare(struct parser *p, const struct symbol *symbol, struct bits bits,
                               bool negated)
{
    enum relop relop = negated ? RELOP_EQ : RELOP_NE;
    if ((bits.width > 1 && !negated) || !can_compare(symbol, bits, relop)) {
        return refuse(p);
    }
    struct expr *e = expr_new(EXPR_COMPARE);
    e->relop = relop;
    e->bits = bits;
    e->mask = wide_ones(bits.width) << bits.lo;
    return with_prerequisite(p, symbol, e);
}

static struct expr *parse_comparison(struct parser *p, bool negated)
{
    struct symbol scratch;
    const struct symbol *symbol;
    struct bits bits;
    enum relop relop;
    const char *error;

    if (strcmp(p->lx->text, "is_chassis_resident") == 0) {
        lexer_next(p->lx);
        return parse_resident(p, negated);
    }
    if (symbol_find(p->lx->text, &scratch) == NULL) {
        return parse_unknown(p);
    }
    if (!expr_parse_field(p->lx, &bits, &symbol, &scratch, &error)) {
        return fail(p, error);
    }
    if (symbol->kind == SYMBOL_PREDICATE) {
        return parse_predicate(p, symbol, negated);
    }
    if (parse_relop(p, &relop)) {
        p->atomic = false;
        return parse_constants(p, symbol, bits, negated ? relop_negate(relop) : relop);
    }
    if (symbol->kind == SYMBOL_PORT) {
        return fail(p, "port name expected");
    }
    return parse_bare(p, symbol, bits, negated);
}

/* Whether `x a field b y` is a range: both operators point the same way. */
static bool is_range(enum relop a, enum relop b)
{
    return a > RELOP_NE && b > RELOP_NE && (a <= RELOP_LE) == (b <= RELOP_LE);
}

/* `1 < field`, `1 < field < 9`, `0`, `1`. */
static struct expr *parse_constant_first(struct parser *p, bool negated)
{
    struct lexer constant = *p->lx;
    struct symbol scratch;
    const struct symbol *symbol;
    struct bits bits;
    enum relop relop, second;
    const char *error;

    lexer_next(p->lx);
    if (!parse_relop(p, &relop)) {
        if (constant.value > 1 || constant.format != FORMAT_DECIMAL) {
            return fail(p, "relational operator expected");
        }
        return expr_constant((constant.value == 1) != negated);
    }
    p->atomic = false;
    if (!expr_parse_field(p->lx, &bits, &symbol, &scratch, &error)) {
        return fail(p, error);
    }
    if (symbol->kind != SYMBOL_FIELD) {
        return fail(p, "field expected");
    }

    struct lexer *rest = p->lx;
    enum relop turned = relop_turn(relop);
    p->lx = &constant;
    struct expr *e = make_compare(p, symbol, bits, negated ? relop_negate(turned) : turned);
    p->lx = rest;
    e = with_prerequisite(p, symbol, e);
    if (parse_relop(p, &second)) {
        if (!is_range(relop, second)) {
            expr_free(e);
            return refuse(p);
        }
        struct expr *upper =
            parse_constants(p, symbol, bits, negated ? relop_negate(second) : second);
        e = combine(negated ? EXPR_OR : EXPR_AND, e, upper);
    }
    return e;
}

static struct expr *parse_parentheses(struct parser *p, bool negated)
{
    if (++p->depth > EXPR_MAX_DEPTH) {
        return fail(p, "nested too deeply");
    }
    struct expr *e = parse_chain(p, negated);
    p->depth--;
    if (e != NULL && !lexer_match(p->lx, TOKEN_RPAREN)) {
        expr_free(e);
        return fail(p, "missing )");
    }
    p->atomic = true;
    return e;
}

static struct expr *parse_primary(struct parser *p, bool negated)
{
    p->atomic = true; /* unless it turns out to be a comparison */
    if (lexer_match(p->lx, TOKEN_LPAREN)) {
        return parse_parentheses(p, negated);
    }
    if (p->lx->type == TOKEN_ID) {
        return parse_comparison(p, negated);
    }
    if (p->lx->type == TOKEN_INTEGER) {
        return parse_constant_first(p, negated);
    }
    return fail(p, "expression expected");
}

/* OVN has neither `!a == 1` nor `!!a`: it wants parentheses. */
static struct expr *parse_not(struct parser *p, bool negated)
{
    if (!lexer_match(p->lx, TOKEN_NOT)) {
        return parse_primary(p, negated);
    }
    if (p->lx->type == TOKEN_NOT) {
        return refuse(p);
    }
    struct expr *e = parse_primary(p, !negated);
    if (e != NULL && !p->atomic) {
        expr_free(e);
        return refuse(p);
    }
    return e;
}

static bool is_logical(enum token_type token)
{
    return token == TOKEN_AND || token == TOKEN_OR;
}

/* A chain of && or ||.  De Morgan's laws turn one into the other under a
 * negation.  Neither binds more tightly: OVN wants parentheses where both are. */
static struct expr *parse_chain(struct parser *p, bool negated)
{
    struct expr *e = parse_not(p, negated);
    enum token_type token = p->lx->type;
    if (e == NULL || !is_logical(token)) {
        return e;
    }
    struct expr *chain = expr_new((token == TOKEN_AND) != negated ? EXPR_AND : EXPR_OR);
    while (e != NULL && lexer_match(p->lx, token)) {
        expr_append(chain, e);
        e = parse_not(p, negated);
    }
    if (e == NULL) {
        expr_free(chain);
        return NULL;
    }
    expr_append(chain, e);
    if (is_logical(p->lx->type)) {
        expr_free(chain);
        return refuse(p);
    }
    return chain;
}

static struct expr *parse_whole(const char *text, unsigned int depth, bool origins,
                                const char **error)
{
    struct lexer lx;
    struct parser p = {.lx = &lx, .depth = depth, .origins = origins};

    lexer_init(&lx, text);
    struct expr *e =
        depth > EXPR_MAX_DEPTH ? fail(&p, "nested too deeply") : parse_chain(&p, false);
    if (p.refused || lx.refused) {
        expr_free(e);
        return expr_constant(false);
    }
    if (e != NULL && lx.type != TOKEN_END) {
        expr_free(e);
        e = fail(&p, "unexpected text after the expression");
    }
    if (e == NULL && *error == NULL) {
        *error = p.error;
    }
    return e;
}

static struct expr *parse_text(const char *text, unsigned int depth, const char **error)
{
    return parse_whole(text, depth, false, error);
}

struct expr *expr_parse(const char *text, const char **error)
{
    *error = NULL;
    return parse_text(text, 0, error);
}

struct expr *expr_parse_outline(const char *text, const char **error)
{
    *error = NULL;
    return parse_whole(text, 0, true, error);
}

bool expr_mentions(const struct expr *e, const struct bits *bits)
{
    if (e->type == EXPR_COMPARE && e->bits.field == bits->field && e->bits.lo == bits->lo &&
        e->bits.width == bits->width) {
        return true;
    }
    for (size_t i = 0; i < e->n_sub; i++) {
        if (expr_mentions(e->sub[i], bits)) {
            return true;
        }
    }
    return false;
}
