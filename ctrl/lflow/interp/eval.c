/* SPDX-License-Identifier: Apache-2.0 */
#include "eval.h"

#include <string.h>

#include "dependencies.h"
#include "eval_private.h"
#include "lflow.h"

uint16_t eval_port_key(const struct model *m, const struct model_datapath *dp, const char *name)
{
    const struct model_port *port = model_port_by_name(m, name);
    if (port != NULL) {
        return port->datapath == dp ? port->key : 0;
    }
    const struct model_group *group = model_group_by_name(dp, name);
    return group != NULL ? group->key : 0;
}

static enum truth truth_of(bool value)
{
    return value ? TRUTH_TRUE : TRUTH_FALSE;
}

static enum truth truth_not(enum truth t)
{
    return t == TRUTH_UNKNOWN ? t : truth_of(t == TRUTH_FALSE);
}

bool eval_ask_origin(const struct state *s, enum field_id id, wide value, wide mask,
                     struct question *q)
{
    const struct state_field *f = &s->fields[id];
    if (f->origin == STATE_NO_ORIGIN) {
        return false;
    }
    wide range = wide_ones(field_width(f->origin));
    if ((mask & ~f->known & ~(range << f->origin_lo)) != 0) {
        return false;
    }
    q->field = f->origin;
    q->mask = mask >> f->origin_lo & range;
    q->value = value >> f->origin_lo & q->mask;
    return true;
}

static bool prefix_length(wide mask, unsigned int width, unsigned int *len)
{
    wide rest = ~mask & wide_ones(width);
    if ((rest & (rest + 1)) != 0) {
        return false;
    }
    *len = width;
    while (rest != 0) {
        rest >>= 1;
        --*len;
    }
    return true;
}

/* The class that tells IGMP is one of IPv4: for IPv6 it says nothing about the
 * protocol. */
static bool guard_can_tell(const struct state *s, const struct question *q)
{
    wide eth_type;
    return q->field != FIELD_IP_PROTO ||
           (state_get(s, whole(FIELD_ETH_TYPE), &eth_type) && eth_type == 0x0800);
}

static enum truth answer(struct eval *ev, struct question q)
{
    unsigned int len;
    if (ev->split != NULL && q.field == ev->split->field) {
        if (!prefix_length(q.mask, field_width(q.field), &len)) {
            return TRUTH_UNKNOWN;
        }
        if (!split_add(ev->split, q.value, len)) {
            ev->split_full = true;
            return TRUTH_UNKNOWN;
        }
        return TRUTH_FALSE;
    }
    if (q.field == FIELD_IP_TTL) {
        q.value += ev->state->ttl_dec;
        if (q.mask != 0xff) {
            return TRUTH_UNKNOWN;
        }
        if (q.value > 0xff) {
            return TRUTH_FALSE;
        }
    }
    enum truth t = TRUTH_UNKNOWN;
    if (ev->guard != NULL && guard_can_tell(ev->state, &q)) {
        t = guard_implies(ev->guard, q.field, q.value, q.mask);
    }
    if (t == TRUTH_UNKNOWN && ev->known != NULL) {
        t = conditions_imply(ev->known, q.field, q.value, q.mask);
    }
    return t;
}

static enum truth equal(struct eval *ev, enum field_id id, wide value, wide mask)
{
    const struct state_field *f = &ev->state->fields[id];
    struct question q;
    if (((f->value ^ value) & mask & f->known) != 0) {
        return TRUTH_FALSE;
    }
    if ((mask & ~f->known) == 0) {
        return TRUTH_TRUE;
    }
    return eval_ask_origin(ev->state, id, value, mask, &q) ? answer(ev, q) : TRUTH_UNKNOWN;
}

enum truth eval_equal_bits(struct eval *ev, enum field_id id, wide value, wide mask)
{
    if (mask != 0 && (mask & (mask - 1)) == 0 && value == 0) {
        enum truth direct = equal(ev, id, 0, mask);
        return direct != TRUTH_UNKNOWN ? direct : truth_not(equal(ev, id, mask, mask));
    }
    return equal(ev, id, value, mask);
}

enum truth eval_equal(struct eval *ev, struct bits bits, wide value)
{
    return eval_equal_bits(ev, bits.field, value << bits.lo, wide_ones(bits.width) << bits.lo);
}

static enum truth compare(struct eval *ev, const struct expr *e)
{
    if (e->relop == RELOP_EQ) {
        return eval_equal_bits(ev, e->bits.field, e->value, e->mask);
    }
    if (e->relop == RELOP_NE) {
        return truth_not(eval_equal_bits(ev, e->bits.field, e->value, e->mask));
    }
    wide value;
    if (!state_get(ev->state, e->bits, &value)) {
        return TRUTH_UNKNOWN;
    }
    wide constant = e->value >> e->bits.lo;
    switch (e->relop) {
    case RELOP_LT:
        return truth_of(value < constant);
    case RELOP_LE:
        return truth_of(value <= constant);
    case RELOP_GT:
        return truth_of(value > constant);
    default:
        return truth_of(value >= constant);
    }
}

static enum truth match_port(struct eval *ev, const struct expr *e)
{
    wide value;
    if (!state_get(ev->state, e->bits, &value)) {
        return TRUTH_UNKNOWN;
    }
    /* "none" is what get_fdb() leaves for an unknown address. */
    uint16_t key = eval_port_key(ev->model, ev->datapath, e->name);
    if (key == 0 && strcmp(e->name, "none") != 0) {
        return truth_of(e->relop == RELOP_NE);
    }
    return truth_of((value == key) == (e->relop == RELOP_EQ));
}

static enum truth match_group(struct eval *ev, const struct expr *e)
{
    wide value;
    bool known = true;
    if (!state_get(ev->state, e->bits, &value)) {
        return TRUTH_UNKNOWN;
    }
    if (ev->deps != NULL) {
        dependencies_add_port_group(ev->deps, ev->model, ev->datapath, e->name);
    }
    bool member = value <= UINT16_MAX &&
                  model_port_group_has(ev->model, e->name, ev->datapath, (uint16_t)value, &known);
    if (!known) {
        return TRUTH_FALSE; /* see eval_flow(), with != too */
    }
    return truth_of(member == (e->relop == RELOP_EQ));
}

const struct model_address_set *eval_set(const struct eval *ev, const struct expr *e)
{
    const struct model_address_set *set = model_address_set(ev->model, e->name);
    return set != NULL && set->width <= e->value ? set : NULL;
}

wide eval_set_value(const struct expr *e, wide value)
{
    return (value & wide_ones(e->bits.width)) << e->bits.lo;
}

static enum truth match_set(struct eval *ev, const struct expr *e)
{
    const struct model_address_set *set = eval_set(ev, e);
    enum truth result = TRUTH_FALSE;
    if (ev->deps != NULL) {
        dependencies_add_address_set(ev->deps, ev->model, e->name);
    }
    if (set == NULL) {
        return TRUTH_FALSE; /* see eval_flow(), with != too */
    }
    for (size_t i = 0; i < set->n && result != TRUTH_TRUE; i++) {
        enum truth t =
            eval_equal_bits(ev, e->bits.field, eval_set_value(e, set->addresses[i].value),
                            eval_set_value(e, set->addresses[i].mask));
        result = t == TRUTH_FALSE ? result : t;
    }
    return e->relop == RELOP_EQ ? result : truth_not(result);
}

static enum truth match_empty(struct eval *ev, const struct expr *e)
{
    const struct model_address_set *set = model_address_set(ev->model, e->name);
    if (ev->deps != NULL) {
        dependencies_add_address_set(ev->deps, ev->model, e->name);
    }
    return truth_of((set != NULL && set->n == 0) == (e->relop == RELOP_EQ));
}

static enum truth match_resident(const struct eval *ev, const struct expr *e)
{
    const struct model_port *port = model_port_by_name(ev->model, e->name);
    if (ev->deps != NULL && port != NULL) {
        dependencies_add(ev->deps, port->datapath);
    } else if (ev->deps != NULL) {
        ev->deps->unknown = true;
    }
    return truth_of((port != NULL && model_port_resident(port, ev->at)) == (e->relop == RELOP_EQ));
}

/* Whether bits that are known say that it is not so: most flows of a stage are told by
 * that. */
static bool surely_false(const struct eval *ev, const struct expr *e)
{
    const struct state_field *f = &ev->state->fields[e->bits.field];
    return e->type == EXPR_COMPARE && e->relop == RELOP_EQ &&
           ((f->value ^ e->value) & e->mask & f->known) != 0;
}

static enum truth match_all(struct eval *ev, const struct expr *e)
{
    enum truth decisive = e->type == EXPR_AND ? TRUTH_FALSE : TRUTH_TRUE;
    enum truth result = truth_not(decisive);
    /* Before anything is asked that destinations are to be told apart by. */
    for (size_t i = 0; e->type == EXPR_AND && i < e->n_sub; i++) {
        if (surely_false(ev, e->sub[i])) {
            return TRUTH_FALSE;
        }
    }
    for (size_t i = 0; i < e->n_sub; i++) {
        enum truth t = eval_match(ev, e->sub[i]);
        if (t == decisive) {
            return t;
        }
        if (t == TRUTH_UNKNOWN) {
            result = t;
        }
    }
    return result;
}

static enum truth evaluate(struct eval *ev, const struct expr *e)
{
    switch (e->type) {
    case EXPR_CONSTANT:
        return truth_of(e->value != 0);
    case EXPR_AND:
    case EXPR_OR:
        return match_all(ev, e);
    case EXPR_COMPARE:
        return compare(ev, e);
    case EXPR_PORT:
        return match_port(ev, e);
    case EXPR_GROUP:
        return match_group(ev, e);
    case EXPR_SET:
        return match_set(ev, e);
    case EXPR_EMPTY:
        return match_empty(ev, e);
    case EXPR_RESIDENT:
        return match_resident(ev, e);
    case EXPR_UNKNOWN:
        break;
    }
    return TRUTH_UNKNOWN;
}

enum truth eval_match(struct eval *ev, const struct expr *e)
{
    enum truth t = evaluate(ev, e);
    return t == TRUTH_UNKNOWN && ev->known != NULL && ev->known->n > 0 ? eval_recall(ev, e) : t;
}

/* Whether ovn-controller takes a match that names these sets and groups.  Depends on all of
 * them: the packet need not come as far as one that is created or destroyed. */
static bool sets_suit(struct eval *ev, const struct expr *e)
{
    bool suit = true;
    if (e->type == EXPR_SET) {
        if (ev->deps != NULL) {
            dependencies_add_address_set(ev->deps, ev->model, e->name);
        }
        return eval_set(ev, e) != NULL;
    }
    if (e->type == EXPR_GROUP) {
        if (ev->deps != NULL) {
            dependencies_add_port_group(ev->deps, ev->model, ev->datapath, e->name);
        }
        return model_port_group_fingerprint(ev->model, ev->datapath, e->name) != 0;
    }
    for (size_t i = 0; i < e->n_sub; i++) {
        suit &= sets_suit(ev, e->sub[i]);
    }
    return suit;
}

enum truth eval_flow(struct eval *ev, const struct lflow_code *code)
{
    const struct expr *match = lflow_parsed(code)->match;
    enum truth t = eval_match(ev, match);
    /* Comparisons with sets that there are not are false: a match that is false all the same
     * stays so, whatever becomes of the sets that have not been looked at. */
    return t != TRUTH_FALSE && code->names_sets && !sets_suit(ev, match) ? TRUTH_FALSE : t;
}

/* Makes `bits == value` false by an assumption. */
static bool exclude(const struct eval *ev, enum field_id id, wide value, wide mask,
                    struct guard *guard, bool sources)
{
    struct question q;
    if (!eval_ask_origin(ev->state, id, value, mask, &q) ||
        (ev->split != NULL && q.field == ev->split->field) || !guard_can_tell(ev->state, &q)) {
        return false;
    }
    if (q.field == FIELD_IP_TTL) {
        q.value += ev->state->ttl_dec;
    }
    return guard_exclude(guard, q.field, q.value, q.mask, sources);
}

static bool make_compare_false(const struct eval *ev, const struct expr *e, struct guard *guard,
                               bool sources)
{
    if (e->relop == RELOP_EQ) {
        return exclude(ev, e->bits.field, e->value, e->mask, guard, sources);
    }
    /* bit != 0 is bit == 1 */
    bool single = e->mask != 0 && (e->mask & (e->mask - 1)) == 0;
    return e->relop == RELOP_NE && single && e->value == 0 &&
           exclude(ev, e->bits.field, e->mask, e->mask, guard, sources);
}

static bool make_set_false(const struct eval *ev, const struct expr *e, struct guard *guard,
                           bool sources)
{
    const struct model_address_set *set = eval_set(ev, e);
    if (e->relop != RELOP_EQ || set == NULL) {
        return false;
    }
    for (size_t i = 0; i < set->n; i++) {
        if (!exclude(ev, e->bits.field, eval_set_value(e, set->addresses[i].value),
                     eval_set_value(e, set->addresses[i].mask), guard, sources)) {
            return false;
        }
    }
    return true;
}

static bool make_false(struct eval *ev, const struct expr *e, struct guard *guard, bool sources)
{
    const struct guard *outer = ev->guard;
    ev->guard = guard;
    enum truth now = eval_match(ev, e);
    ev->guard = outer;
    if (now != TRUTH_UNKNOWN) {
        return now == TRUTH_FALSE;
    }
    if (e->type == EXPR_COMPARE) {
        return make_compare_false(ev, e, guard, sources);
    }
    if (e->type == EXPR_SET) {
        return make_set_false(ev, e, guard, sources);
    }
    if (e->type != EXPR_AND && e->type != EXPR_OR) {
        return false;
    }
    for (size_t i = 0; i < e->n_sub; i++) {
        struct guard before = *guard;
        bool done = make_false(ev, e->sub[i], guard, sources);
        if (!done) {
            *guard = before;
        }
        if (done != (e->type == EXPR_OR)) {
            return done; /* one falsehood suffices for AND; OR needs all */
        }
    }
    return e->type == EXPR_OR;
}

bool eval_make_false(struct eval *ev, const struct expr *e, struct guard *guard, bool sources)
{
    struct guard before = *guard;
    /* Guards on the source cost more than a class bit, and a flow that looks at
     * both (TTL expiry towards one network, say) is rarer by its class. */
    if (make_false(ev, e, guard, false)) {
        return true;
    }
    *guard = before;
    if (sources && make_false(ev, e, guard, true)) {
        return true;
    }
    *guard = before;
    return false;
}
