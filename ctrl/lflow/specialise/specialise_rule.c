/* SPDX-License-Identifier: Apache-2.0 */

/* Conditions as workers check them: value and mask of the headers. */

#include <stddef.h>

#include "specialise_private.h"

/* Where a field is in struct icgw_headers. */
struct place {
    size_t offset;
    unsigned int n;
};

#define PLACE(MEMBER, SKIP, N) ((struct place){offsetof(struct icgw_headers, MEMBER) + (SKIP), N})

static struct place place_of(enum field_id field)
{
    switch (field) {
    case FIELD_ETH_SRC:
        return PLACE(eth_src, 0, 6);
    case FIELD_IP_PROTO:
        return PLACE(proto, 0, 1);
    case FIELD_IP_FRAG:
        return PLACE(frag, 0, 1);
    case FIELD_IP4_SRC:
        return PLACE(src, 0, 4);
    case FIELD_IP4_DST:
        return PLACE(dst, 0, 4);
    case FIELD_IP6_SRC:
        return PLACE(src, 0, 16);
    case FIELD_IP6_DST:
        return PLACE(dst, 0, 16);
    case FIELD_ICMP4_TYPE:
    case FIELD_ICMP6_TYPE:
        return PLACE(l4, 0, 1);
    case FIELD_ICMP4_CODE:
    case FIELD_ICMP6_CODE:
        return PLACE(l4, 1, 1);
    case FIELD_TCP_SRC:
    case FIELD_UDP_SRC:
    case FIELD_SCTP_SRC:
        return PLACE(l4, 0, 2);
    default: /* destination ports: see condition_field() */
        return PLACE(l4, 2, 2);
    }
}

bool specialise_narrow(struct icgw_rule *rule, enum field_id field, const struct condition_value *v)
{
    struct place at = place_of(field);
    uint8_t *values = (uint8_t *)&rule->value + at.offset;
    uint8_t *masks = (uint8_t *)&rule->mask + at.offset;
    uint8_t value[16], mask[16];
    wide_to_bytes(v->value, value, at.n);
    wide_to_bytes(v->mask, mask, at.n);
    for (unsigned int i = 0; i < at.n; i++) {
        if (((values[i] ^ value[i]) & masks[i] & mask[i]) != 0) {
            return false;
        }
        values[i] |= value[i];
        masks[i] |= mask[i];
    }
    return true;
}
