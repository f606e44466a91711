/* SPDX-License-Identifier: Apache-2.0 */
#include "action.h"

#include <stdlib.h>
#include <string.h>

#include "expr.h"
#include "lex.h"

/* Distinct texts in field.c, and those of blocks, are fewer. */
#define MAX_PREREQUISITES 24

struct prerequisites {
    const char *texts[MAX_PREREQUISITES];
    size_t n;
};

struct list {
    struct action *actions;
    size_t n;
    struct prerequisites *need;
};

static bool parse_block(struct lexer *, struct list *, unsigned int depth, const char **error);

static struct action *append(struct list *list, enum action_type type)
{
    list->actions = realloc(list->actions, (list->n + 1) * sizeof *list->actions);
    if (list->actions == NULL) {
        abort();
    }
    struct action *a = &list->actions[list->n++];
    memset(a, 0, sizeof *a);
    a->type = type;
    a->table = -1;
    return a;
}

void actions_free(struct action *actions, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        actions_free(actions[i].block, actions[i].n_block);
        free(actions[i].choices);
        free(actions[i].name);
    }
    free(actions);
}

const char *actions_unsupported(const struct action *actions, size_t n)
{
    const char *name = NULL;
    for (size_t i = 0; i < n && name == NULL; i++) {
        name = actions[i].type == ACTION_UNSUPPORTED
                   ? actions[i].name
                   : actions_unsupported(actions[i].block, actions[i].n_block);
    }
    return name;
}

static bool bits_equal(struct bits a, struct bits b)
{
    return a.field == b.field && a.lo == b.lo && a.width == b.width;
}

static bool action_equal(const struct action *a, const struct action *b)
{
    if (a->type != b->type || !bits_equal(a->dst, b->dst) || !bits_equal(a->src, b->src) ||
        a->value != b->value || a->flag != b->flag || a->to_egress != b->to_egress ||
        a->has_pipeline != b->has_pipeline || a->table != b->table || a->n_args != b->n_args ||
        a->n_choices != b->n_choices || (a->name == NULL) != (b->name == NULL)) {
        return false;
    }
    for (size_t i = 0; i < a->n_args; i++) {
        if (!bits_equal(a->args[i], b->args[i])) {
            return false;
        }
    }
    /* What an unsupported action does is not known, so not even that two do the same. */
    return a->type != ACTION_UNSUPPORTED && a->n_choices == 0 &&
           (a->name == NULL || strcmp(a->name, b->name) == 0) &&
           actions_equal(a->block, a->n_block, b->block, b->n_block);
}

bool actions_equal(const struct action *a, size_t n, const struct action *b, size_t m)
{
    for (size_t i = 0; i < n && n == m; i++) {
        if (!action_equal(&a[i], &b[i])) {
            return false;
        }
    }
    return n == m;
}

static void need(const struct list *list, const char *prerequisite)
{
    struct prerequisites *p = list->need;
    for (size_t i = 0; i < p->n; i++) {
        if (strcmp(p->texts[i], prerequisite) == 0) {
            return;
        }
    }
    if (p->n == MAX_PREREQUISITES) {
        abort();
    }
    p->texts[p->n++] = prerequisite;
}

/* A field that can be read and written. */
static bool parse_field(struct lexer *lx, const struct list *list, struct bits *bits,
                        const struct symbol **symbol, struct symbol *scratch, const char **error)
{
    if (!expr_parse_field(lx, bits, symbol, scratch, error) ||
        (*symbol)->kind == SYMBOL_PREDICATE) {
        return false;
    }
    if ((*symbol)->prerequisite != NULL) {
        need(list, (*symbol)->prerequisite);
    }
    return true;
}

static char *copy_name(const char *name)
{
    char *copy = strdup(name);
    if (copy == NULL) {
        abort();
    }
    return copy;
}

static bool fail(const struct lexer *lx, const char **error, const char *what)
{
    *error = lx->error ? lx->error : what;
    return false;
}

/* To the semicolon that ends the action, over brackets of any kind. */
static bool skip_action(struct lexer *lx, const char **error)
{
    unsigned int depth = 0;
    for (;;) {
        switch (lx->type) {
        case TOKEN_END:
        case TOKEN_ERROR:
            return fail(lx, error, "unterminated action");
        case TOKEN_LPAREN:
        case TOKEN_LBRACE:
        case TOKEN_LBRACKET:
            depth++;
            break;
        case TOKEN_RPAREN:
        case TOKEN_RBRACE:
        case TOKEN_RBRACKET:
            if (depth == 0) {
                return fail(lx, error, "unbalanced brackets");
            }
            depth--;
            break;
        case TOKEN_SEMICOLON:
            if (depth == 0) {
                lexer_next(lx);
                return true;
            }
            break;
        default:
            break;
        }
        lexer_next(lx);
    }
}

/* What we do not know is kept by name, and refused where it would run. */
static bool unsupported(struct lexer *lx, struct list *list, const char *name, const char **error)
{
    append(list, ACTION_UNSUPPORTED)->name = copy_name(name);
    return skip_action(lx, error);
}

/* `next;` `next(3);` `next(pipeline=ingress, table=3);` — behind `next`. */
static bool parse_next(struct lexer *lx, struct list *list, const char **error)
{
    struct action *a = append(list, ACTION_NEXT);
    if (!lexer_match(lx, TOKEN_LPAREN)) {
        return true;
    }
    while (!lexer_match(lx, TOKEN_RPAREN)) {
        if (lexer_match_id(lx, "pipeline")) {
            a->has_pipeline = lexer_match(lx, TOKEN_ASSIGN);
            a->to_egress = lexer_match_id(lx, "egress");
            if (!a->has_pipeline || (!a->to_egress && !lexer_match_id(lx, "ingress"))) {
                return fail(lx, error, "pipeline=ingress or pipeline=egress expected");
            }
        } else {
            if (lexer_match_id(lx, "table") && !lexer_match(lx, TOKEN_ASSIGN)) {
                return fail(lx, error, "table=N expected");
            }
            if (lx->type != TOKEN_INTEGER || lx->value > 255) {
                return fail(lx, error, "table number expected");
            }
            a->table = (int16_t)lx->value;
            lexer_next(lx);
        }
        lexer_match(lx, TOKEN_COMMA);
        if (lx->type == TOKEN_END || lx->type == TOKEN_ERROR) {
            return fail(lx, error, "missing )");
        }
    }
    return true;
}

static bool parse_args(struct lexer *lx, const struct list *list, struct action *a, size_t n,
                       const char **error)
{
    if (!lexer_match(lx, TOKEN_LPAREN)) {
        return fail(lx, error, "( expected");
    }
    for (size_t i = 0; i < n; i++) {
        struct symbol scratch;
        const struct symbol *symbol;
        if (i > 0 && !lexer_match(lx, TOKEN_COMMA)) {
            return fail(lx, error, "comma expected");
        }
        if (!parse_field(lx, list, &a->args[i], &symbol, &scratch, error)) {
            return fail(lx, error, "field expected");
        }
    }
    a->n_args = (uint8_t)n;
    return lexer_match(lx, TOKEN_RPAREN) || fail(lx, error, "missing )");
}

/* `select(1, 2)`, `select(1=100, 2=50)`, `select(values=(1=100, 2=50);
 * hash_fields="…")` — behind `select`. */
static bool parse_select(struct lexer *lx, struct action *a, const char **error)
{
    if (!lexer_match(lx, TOKEN_LPAREN)) {
        return fail(lx, error, "( expected");
    }
    bool named = lexer_match_id(lx, "values");
    if (named && (!lexer_match(lx, TOKEN_ASSIGN) || !lexer_match(lx, TOKEN_LPAREN))) {
        return fail(lx, error, "values=( expected");
    }
    while (lx->type == TOKEN_INTEGER) {
        struct action_choice choice = {.value = (uint32_t)lx->value, .weight = 100};
        lexer_next(lx);
        if (lexer_match(lx, TOKEN_ASSIGN)) {
            choice.weight = (uint32_t)lx->value;
            lexer_next(lx);
        }
        a->choices = realloc(a->choices, (a->n_choices + 1) * sizeof *a->choices);
        if (a->choices == NULL) {
            abort();
        }
        a->choices[a->n_choices++] = choice;
        lexer_match(lx, TOKEN_COMMA);
    }
    if (a->n_choices == 0) {
        return fail(lx, error, "values to select from expected");
    }
    if (named) {
        if (!lexer_match(lx, TOKEN_RPAREN)) {
            return fail(lx, error, "missing )");
        }
        while (lx->type == TOKEN_SEMICOLON || lx->type == TOKEN_ID || lx->type == TOKEN_ASSIGN ||
               lx->type == TOKEN_STRING) {
            lexer_next(lx);
        }
    }
    return lexer_match(lx, TOKEN_RPAREN) || fail(lx, error, "missing )");
}

/* Functions whose result goes into a field. */
static const struct function {
    const char *name;
    enum action_type type;
    size_t n_args;
    bool flag;
} functions[] = {
    {"lookup_arp", ACTION_LOOKUP_MAC, 3, false},
    {"lookup_nd", ACTION_LOOKUP_MAC, 3, false},
    {"lookup_arp_ip", ACTION_LOOKUP_MAC, 2, false},
    {"lookup_nd_ip", ACTION_LOOKUP_MAC, 2, false},
    {"get_fdb", ACTION_GET_FDB, 1, false},
    {"lookup_fdb", ACTION_LOOKUP_FDB, 2, false},
    {"check_in_port_sec", ACTION_PORT_SEC, 0, false},
    {"check_out_port_sec", ACTION_PORT_SEC, 0, true},
    {"ct_state_save", ACTION_MOVE, 0, false},
};

/* Actions that stand alone. */
static const struct function statements[] = {
    {"get_arp", ACTION_GET_MAC, 2, false}, {"get_nd", ACTION_GET_MAC, 2, false},
    {"put_arp", ACTION_PUT_MAC, 3, false}, {"put_nd", ACTION_PUT_MAC, 3, false},
    {"put_fdb", ACTION_PUT_FDB, 2, false},
};

static const struct function blocks[] = {
    {"clone", ACTION_CLONE, 0, false},           {"arp", ACTION_ARP, 0, false},
    {"nd_ns", ACTION_ND_NS, 0, false},           {"nd_na", ACTION_ND_NA, 0, false},
    {"nd_na_router", ACTION_ND_NA, 0, true},     {"icmp4", ACTION_ICMP4, 0, true},
    {"icmp4_error", ACTION_ICMP4, 0, false},     {"icmp6", ACTION_ICMP6, 0, true},
    {"icmp6_error", ACTION_ICMP6, 0, false},     {"tcp_reset", ACTION_TCP_RESET, 0, false},
    {"sctp_abort", ACTION_SCTP_ABORT, 0, false},
};

/* Actions without arguments.  Two change nothing that a gateway sends:
 * connection tracking is never entered here, so there is nothing to clear. */
static const struct function words[] = {
    {"output", ACTION_OUTPUT, 0, false},
    {"flood_remote", ACTION_FLOOD_REMOTE, 0, false},
    {"drop", ACTION_DROP, 0, false},
    {"ct_clear", ACTION_NOTHING, 0, false},
    {"mac_cache_use", ACTION_NOTHING, 0, false},
};

#define FIND(TABLE, NAME) find_function(TABLE, sizeof TABLE / sizeof *TABLE, NAME)

static const struct function *find_function(const struct function *table, size_t n,
                                            const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(table[i].name, name) == 0) {
            return &table[i];
        }
    }
    return NULL;
}

/* The right side of `dst = function(…)`; the lexer is on the name. */
static bool parse_function(struct lexer *lx, struct list *list, struct bits dst, const char **error)
{
    const struct function *f = FIND(functions, lx->text);
    if (f != NULL) {
        struct action *a = append(list, f->type);
        a->dst = dst;
        a->flag = f->flag;
        lexer_next(lx);
        if (f->type == ACTION_MOVE) { /* ct_state_save(): the low bits of ct_state */
            a->src = (struct bits){FIELD_CT_STATE, 0, 8};
            if (dst.width != a->src.width) {
                return fail(lx, error, "field of 8 bits expected");
            }
        }
        return parse_args(lx, list, a, f->n_args, error);
    }
    if (lexer_match_id(lx, "select")) {
        struct action *a = append(list, ACTION_SELECT);
        a->dst = dst;
        return parse_select(lx, a, error);
    }
    struct action *a = append(list, ACTION_PKT_LARGER); /* the one left, see is_function() */
    a->dst = dst;
    lexer_next(lx);
    if (!lexer_match(lx, TOKEN_LPAREN) || lx->type != TOKEN_INTEGER) {
        return fail(lx, error, "length expected");
    }
    a->value = lx->value;
    lexer_next(lx);
    return lexer_match(lx, TOKEN_RPAREN) || fail(lx, error, "missing )");
}

static bool is_function(const char *name)
{
    return FIND(functions, name) != NULL || strcmp(name, "select") == 0 ||
           strcmp(name, "check_pkt_larger") == 0;
}

static bool parse_value(struct lexer *lx, struct list *list, const struct symbol *dst_symbol,
                        struct bits dst, const char **error)
{
    struct action *a;
    struct symbol scratch;
    const struct symbol *symbol;

    if (lx->type == TOKEN_STRING && dst_symbol->kind == SYMBOL_PORT) {
        a = append(list, ACTION_LOAD_PORT);
        a->dst = dst;
        a->name = copy_name(lx->text);
        lexer_next(lx);
        return true;
    }
    if (lx->type == TOKEN_INTEGER && !lx->masked) {
        if ((lx->value & ~wide_ones(dst.width)) != 0) {
            return fail(lx, error, "constant too large for the field");
        }
        a = append(list, ACTION_LOAD);
        a->dst = dst;
        a->value = lx->value;
        lexer_next(lx);
        return true;
    }
    if (lx->type == TOKEN_ID && symbol_find(lx->text, &scratch) != NULL) {
        a = append(list, ACTION_MOVE);
        a->dst = dst;
        if (!parse_field(lx, list, &a->src, &symbol, &scratch, error) ||
            a->src.width != dst.width) {
            return fail(lx, error, "field of the same width expected");
        }
        return true;
    }
    return fail(lx, error, "value expected");
}

static bool parse_assignment(struct lexer *lx, struct list *list, const char **error)
{
    struct symbol scratch, other_scratch;
    const struct symbol *symbol, *other;
    struct bits dst;
    struct action *a;

    if (!parse_field(lx, list, &dst, &symbol, &scratch, error)) {
        return fail(lx, error, "field expected");
    }
    if (lexer_match(lx, TOKEN_DECREMENT)) {
        append(list, ACTION_DECREMENT);
        return dst.field == FIELD_IP_TTL || fail(lx, error, "only ip.ttl can be decremented");
    }
    if (lexer_match(lx, TOKEN_EXCHANGE)) {
        a = append(list, ACTION_EXCHANGE);
        a->dst = dst;
        return (parse_field(lx, list, &a->src, &other, &other_scratch, error) &&
                a->src.width == dst.width) ||
               fail(lx, error, "field of the same width expected");
    }
    if (!lexer_match(lx, TOKEN_ASSIGN)) {
        return fail(lx, error, "assignment expected");
    }
    if (lx->type == TOKEN_ID && is_function(lx->text)) {
        return parse_function(lx, list, dst, error);
    }
    if (lx->type == TOKEN_ID && symbol_find(lx->text, &other_scratch) == NULL) {
        char name[LEX_MAX_TEXT];
        strcpy(name, lx->text);
        lexer_next(lx);
        /* Keeps the semicolon for the caller. */
        append(list, ACTION_UNSUPPORTED)->name = copy_name(name);
        while (lx->type != TOKEN_SEMICOLON && lx->type != TOKEN_END && lx->type != TOKEN_ERROR) {
            lexer_next(lx);
        }
        return true;
    }
    return parse_value(lx, list, symbol, dst, error);
}

/* What the fields of a new frame need is no matter of the packet's; a clone is
 * the packet. */
static bool parse_nested(struct lexer *lx, const struct list *list, struct action *a,
                         unsigned int depth, const char **error)
{
    struct prerequisites inner = {.n = 0};
    struct list block = {NULL, 0, a->type == ACTION_CLONE ? list->need : &inner};
    if (!lexer_match(lx, TOKEN_LBRACE)) {
        return fail(lx, error, "{ expected");
    }
    bool ok = parse_block(lx, &block, depth + 1, error);
    a->block = block.actions;
    a->n_block = block.n;
    return ok && (lexer_match(lx, TOKEN_RBRACE) || fail(lx, error, "missing }"));
}

static const char *block_prerequisite(enum action_type type)
{
    switch (type) {
    case ACTION_ARP:
    case ACTION_ND_NS:
        return "ip";
    case ACTION_ND_NA:
        return "nd_ns";
    case ACTION_ICMP4:
        return "ip4";
    case ACTION_ICMP6:
        return "ip6";
    case ACTION_TCP_RESET:
        return "tcp";
    case ACTION_SCTP_ABORT:
        return "sctp";
    default:
        return NULL;
    }
}

static bool parse_block_action(struct lexer *lx, struct list *list, const struct function *f,
                               unsigned int depth, const char **error)
{
    const char *prerequisite = block_prerequisite(f->type);
    struct action *a = append(list, f->type);
    a->flag = f->flag;
    lexer_next(lx);
    if (prerequisite != NULL) {
        need(list, prerequisite);
    }
    return parse_nested(lx, list, a, depth, error);
}

/* One action with the semicolon behind it. */
static bool parse_action(struct lexer *lx, struct list *list, unsigned int depth,
                         const char **error)
{
    struct symbol scratch;
    const struct symbol *symbol;
    const struct function *f;
    struct action *a;
    bool ok;

    if (lx->type != TOKEN_ID) {
        return fail(lx, error, "action expected");
    }
    if ((f = FIND(blocks, lx->text)) != NULL) {
        /* `arp`, `icmp4` and others are predicates too; here they begin blocks. */
        ok = parse_block_action(lx, list, f, depth, error);
    } else if (lexer_match_id(lx, "next")) {
        ok = parse_next(lx, list, error);
    } else if ((f = FIND(words, lx->text)) != NULL) {
        append(list, f->type);
        lexer_next(lx);
        ok = true;
    } else if ((f = FIND(statements, lx->text)) != NULL) {
        a = append(list, f->type);
        lexer_next(lx);
        ok = parse_args(lx, list, a, f->n_args, error);
    } else if ((symbol = symbol_find(lx->text, &scratch)) != NULL &&
               symbol->kind != SYMBOL_PREDICATE) { /* `igmp` is an action, too */
        ok = parse_assignment(lx, list, error);
    } else {
        return unsupported(lx, list, lx->text, error);
    }
    return ok && (lexer_match(lx, TOKEN_SEMICOLON) || fail(lx, error, "missing ;"));
}

static bool parse_block(struct lexer *lx, struct list *list, unsigned int depth, const char **error)
{
    if (depth > EXPR_MAX_DEPTH) {
        return fail(lx, error, "nested too deeply");
    }
    while (lx->type != TOKEN_END && lx->type != TOKEN_RBRACE) {
        if (!parse_action(lx, list, depth, error)) {
            return false;
        }
    }
    return true;
}

static struct expr *conjunction(const struct prerequisites *p)
{
    struct expr *all = NULL;
    for (size_t i = 0; i < p->n; i++) {
        const char *error;
        struct expr *e = expr_parse(p->texts[i], &error);
        all = all != NULL ? expr_and(all, e) : e;
    }
    return all;
}

struct action *actions_parse(const char *text, size_t *n, struct expr **prerequisite,
                             const char **error)
{
    struct lexer lx;
    struct prerequisites needed = {.n = 0};
    struct list list = {NULL, 0, &needed};

    *error = NULL;
    *prerequisite = NULL;
    lexer_init(&lx, text);
    bool ok = parse_block(&lx, &list, 0, error);
    if (ok && lx.type != TOKEN_END) {
        ok = fail(&lx, error, "unexpected }");
    }
    if (ok && list.n == 0) {
        append(&list, ACTION_DROP); /* northd writes nothing but a comment for some drops */
    }
    if (!ok) {
        actions_free(list.actions, list.n);
        return NULL;
    }
    *n = list.n;
    *prerequisite = conjunction(&needed);
    return list.actions;
}
