/* SPDX-License-Identifier: Apache-2.0 */
#include "condition.h"

#include <netinet/in.h>
#include <stdlib.h>

#include "model_private.h"

bool condition_field(enum field_id field)
{
    switch (field) {
    case FIELD_ETH_SRC:
    case FIELD_IP_PROTO:
    case FIELD_IP_FRAG:
    case FIELD_IP4_SRC:
    case FIELD_IP4_DST:
    case FIELD_IP6_SRC:
    case FIELD_IP6_DST:
        return true;
    default:
        return condition_protocol(field) != 0;
    }
}

uint8_t condition_protocol(enum field_id field)
{
    switch (field) {
    case FIELD_ICMP4_TYPE:
    case FIELD_ICMP4_CODE:
        return IPPROTO_ICMP;
    case FIELD_ICMP6_TYPE:
    case FIELD_ICMP6_CODE:
        return IPPROTO_ICMPV6;
    case FIELD_TCP_SRC:
    case FIELD_TCP_DST:
        return IPPROTO_TCP;
    case FIELD_UDP_SRC:
    case FIELD_UDP_DST:
        return IPPROTO_UDP;
    case FIELD_SCTP_SRC:
    case FIELD_SCTP_DST:
        return IPPROTO_SCTP;
    default:
        return 0;
    }
}

void condition_add(struct condition *c, wide value, wide mask)
{
    struct condition_value *v = model_grow(&c->values, &c->n, sizeof *v);
    v->value = value;
    v->mask = mask;
}

void condition_clear(struct condition *c)
{
    free(c->values);
    c->values = NULL;
    c->n = 0;
}

/* What one assumption about the field says. */
static enum truth implies(const struct condition *c, wide value, wide mask)
{
    size_t inside = 0, outside = 0;
    for (size_t i = 0; i < c->n; i++) {
        const struct condition_value *v = &c->values[i];
        bool holds_it = (v->mask & ~mask) == 0 && (value & v->mask) == v->value;
        if (!c->holds && holds_it) {
            return TRUTH_FALSE;
        }
        inside += (mask & ~v->mask) == 0 && (v->value & mask) == value;
        outside += ((v->value ^ value) & v->mask & mask) != 0;
    }
    if (!c->holds) {
        return TRUTH_UNKNOWN;
    }
    return inside == c->n ? TRUTH_TRUE : outside == c->n ? TRUTH_FALSE : TRUTH_UNKNOWN;
}

enum truth conditions_imply(const struct conditions *all, enum field_id field, wide value,
                            wide mask)
{
    uint8_t protocol = condition_protocol(field);
    if (protocol != 0 && conditions_imply(all, FIELD_IP_PROTO, protocol, 0xff) == TRUTH_FALSE) {
        return value == 0 ? TRUTH_TRUE : TRUTH_FALSE;
    }
    for (size_t i = 0; i < all->n; i++) {
        enum truth t =
            all->list[i].field == field ? implies(&all->list[i], value, mask) : TRUTH_UNKNOWN;
        if (t != TRUTH_UNKNOWN) {
            return t;
        }
    }
    return TRUTH_UNKNOWN;
}

static bool same(const struct condition *a, const struct condition *b)
{
    if (a->field != b->field || a->n != b->n) {
        return false;
    }
    for (size_t i = 0; i < a->n; i++) {
        if (a->values[i].value != b->values[i].value || a->values[i].mask != b->values[i].mask) {
            return false;
        }
    }
    return true;
}

enum truth conditions_recall(const struct conditions *all, const struct condition *c)
{
    for (size_t i = 0; i < all->n; i++) {
        if (same(&all->list[i], c)) {
            return all->list[i].holds ? TRUTH_TRUE : TRUTH_FALSE;
        }
    }
    return TRUTH_UNKNOWN;
}
