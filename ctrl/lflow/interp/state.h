/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_STATE_H
#define ICGW_STATE_H

/* What is known of the fields of a packet on its way through the logical
 * pipeline.  For an actual packet everything is known.  For a class of packets
 * some bits are not; then the field may still be known to equal a field of the
 * packet as it arrived (its origin), which a guard can look at. */

#include <stdbool.h>
#include <stdint.h>

#include "field.h"
#include "wide.h"

#define STATE_NO_ORIGIN N_FIELDS

struct state_field {
    wide value; /* 0 where not known */
    wide known;
    /* Bits origin_lo … origin_lo + field_width(origin) - 1 hold what `origin`
     * held on arrival (less `ttl_dec` for the TTL). */
    uint8_t origin; /* enum field_id or STATE_NO_ORIGIN */
    uint8_t origin_lo;
};

struct state {
    struct state_field fields[N_FIELDS];
    uint8_t ttl_dec; /* decrements of a TTL that is not known */
};

/* All fields known to be 0. */
void state_init(struct state *);

/* The field is as it arrived, `known` bits of it being `value`. */
void state_set_input(struct state *, enum field_id, wide value, wide known);

void state_set(struct state *, struct bits, wide value);
/* False, and 0, when some of the bits are not known. */
bool state_get(const struct state *, struct bits, wide *value);
void state_move(struct state *, struct bits dst, struct bits src);
void state_exchange(struct state *, struct bits a, struct bits b);
/* ip.ttl-- */
void state_decrement_ttl(struct state *);

/* The whole field; 0 where not known. */
wide state_value(const struct state *, enum field_id);
/* Whether the field is what arrived. */
bool state_unchanged(const struct state *, enum field_id);

static inline struct bits whole(enum field_id field)
{
    return (struct bits){field, 0, (uint8_t)field_width(field)};
}

#endif
