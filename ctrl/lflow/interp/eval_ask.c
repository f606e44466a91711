/* SPDX-License-Identifier: Apache-2.0 */

/* What a classifier would have to tell for a match to be decided. */

#include "eval_private.h"

/* Deeper expressions are taken apart rather than asked about as a whole: enough for
 * comparisons with a list, their prerequisites beside each. */
#define WHOLE_DEPTH 3

/* Widest field of which a range is asked about: each end takes up to as many values. */
#define RANGE_WIDTH 16

static bool is_deep(const struct expr *e, unsigned int depth)
{
    if (depth == 0) {
        return true;
    }
    for (size_t i = 0; i < e->n_sub; i++) {
        if (is_deep(e->sub[i], depth - 1)) {
            return true;
        }
    }
    return false;
}

/* A condition being put together. */
struct whole {
    struct condition condition; /* what is not decided of it */
    bool any;                   /* there is something in it */
    bool inverted;              /* the expression says that it does not hold */
    bool sure;                  /* it holds */
};

/* A classifier is no routing table: where destinations are not split, what a router makes
 * of them is left to the slow path rather than tried one by one. */
static bool may_ask(const struct eval *ev, enum field_id field)
{
    bool destination = field == FIELD_IP4_DST || field == FIELD_IP6_DST;
    return condition_field(field) && !(destination && ev->datapath->router) &&
           (ev->split == NULL || ev->split->field != field);
}

/* `bits == value` is one of the alternatives, inverted all of them are != . */
static bool add_value(struct eval *ev, struct whole *w, enum field_id id, wide value, wide mask,
                      bool inverted)
{
    struct condition *c = &w->condition;
    struct question q;
    enum truth now = eval_equal_bits(ev, id, value, mask);
    if (w->any && w->inverted != inverted) {
        return false;
    }
    w->any = true;
    w->inverted = inverted;
    if (now != TRUTH_UNKNOWN) {
        w->sure |= now == TRUTH_TRUE;
        return true;
    }
    if (!eval_ask_origin(ev->state, id, value, mask, &q) || !may_ask(ev, q.field) ||
        (c->n > 0 && c->field != q.field)) {
        return false;
    }
    c->field = q.field;
    condition_add(c, q.value, q.mask);
    return true;
}

/* A range is cut into prefixes. */
static bool add_range(struct eval *ev, struct whole *w, const struct expr *e)
{
    uint64_t constant = (uint64_t)(e->value >> e->bits.lo), from = 0;
    uint64_t end = (uint64_t)wide_ones(e->bits.width) + 1; /* the first one beyond */
    if (e->bits.width > RANGE_WIDTH) {
        return false;
    }
    if (e->relop == RELOP_LT || e->relop == RELOP_LE) {
        end = constant + (e->relop == RELOP_LE);
    } else {
        from = constant + (e->relop == RELOP_GT);
    }
    w->any = true;
    while (from < end) {
        uint64_t size = 1;
        while ((from & size) == 0 && from + 2 * size <= end) {
            size *= 2;
        }
        wide mask = wide_ones(e->bits.width) & ~(wide)(size - 1);
        if (!add_value(ev, w, e->bits.field, (wide)from << e->bits.lo, mask << e->bits.lo, false)) {
            return false;
        }
        from += size;
    }
    return !w->inverted;
}

static bool add_set(struct eval *ev, struct whole *w, const struct expr *e)
{
    const struct model_address_set *set = eval_set(ev, e);
    for (size_t i = 0; set != NULL && i < set->n; i++) {
        if (!add_value(ev, w, e->bits.field, eval_set_value(e, set->addresses[i].value),
                       eval_set_value(e, set->addresses[i].mask), e->relop == RELOP_NE)) {
            return false;
        }
    }
    return set != NULL;
}

/* False: it is not about one field alone. */
static bool add(struct eval *ev, struct whole *w, const struct expr *e)
{
    size_t n_open = 0;
    switch (e->type) {
    case EXPR_COMPARE:
        return e->relop == RELOP_EQ || e->relop == RELOP_NE
                   ? add_value(ev, w, e->bits.field, e->value, e->mask, e->relop == RELOP_NE)
                   : add_range(ev, w, e);
    case EXPR_SET:
        return add_set(ev, w, e);
    case EXPR_AND:
    case EXPR_OR:
        for (size_t i = 0; i < e->n_sub; i++) {
            if (eval_match(ev, e->sub[i]) == TRUTH_UNKNOWN) {
                n_open++;
                if (!add(ev, w, e->sub[i])) {
                    return false;
                }
            }
        }
        /* Either of several, or none of several, but not both of two. */
        return n_open <= 1 || w->inverted == (e->type == EXPR_AND);
    default:
        return false;
    }
}

static bool take_whole(struct eval *ev, const struct expr *e, struct whole *w)
{
    if (!is_deep(e, WHOLE_DEPTH) && add(ev, w, e)) {
        return true;
    }
    condition_clear(&w->condition);
    return false;
}

static enum truth opposite_if(bool inverted, enum truth t)
{
    if (t == TRUTH_UNKNOWN || !inverted) {
        return t;
    }
    return t == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
}

enum truth eval_recall(struct eval *ev, const struct expr *e)
{
    struct whole w = {.any = false};
    enum truth t = TRUTH_UNKNOWN;
    if (!take_whole(ev, e, &w)) {
        return t;
    }
    if (w.sure) {
        t = TRUTH_TRUE;
    } else if (w.condition.n == 0) {
        t = w.any ? TRUTH_FALSE : TRUTH_UNKNOWN;
    } else {
        t = conditions_recall(ev->known, &w.condition);
    }
    condition_clear(&w.condition);
    return opposite_if(w.inverted, t);
}

/* Fields of a protocol are asked about when the packet is known to be of it. */
static void ask_protocol_first(const struct eval *ev, struct condition *c)
{
    uint8_t protocol = condition_protocol(c->field);
    if (protocol != 0 &&
        conditions_imply(ev->known, FIELD_IP_PROTO, protocol, 0xff) != TRUTH_TRUE) {
        condition_clear(c);
        c->field = FIELD_IP_PROTO;
        condition_add(c, protocol, 0xff);
    }
}

bool eval_ask(struct eval *ev, const struct expr *e, struct condition *c)
{
    struct whole w = {.any = false};
    if (eval_match(ev, e) != TRUTH_UNKNOWN) {
        return false;
    }
    if (take_whole(ev, e, &w) && w.condition.n > 0 && !w.sure) {
        *c = w.condition;
        ask_protocol_first(ev, c);
        return true;
    }
    condition_clear(&w.condition);
    for (size_t i = 0; i < e->n_sub; i++) {
        if (eval_ask(ev, e->sub[i], c)) {
            return true;
        }
    }
    return false;
}
