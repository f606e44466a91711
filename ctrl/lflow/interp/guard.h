/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_GUARD_H
#define ICGW_GUARD_H

/* Assumptions about a class of packets: what the fast path checks before it
 * uses a precomputed verdict (struct icgw_dest). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "field.h"
#include "icgw_tables.h"
#include "wide.h"

enum truth { TRUTH_FALSE, TRUTH_TRUE, TRUTH_UNKNOWN };

struct guard {
    uint32_t classes; /* enum icgw_class bits that the packet is not in */
    uint8_t min_ttl;
    uint16_t max_len; /* bytes of inner IP packet; 0: any */
    bool exact;       /* no prefix holds more than what is to be excluded */
    uint16_t n_sources;
    struct {
        wide value;
        wide mask;
    } sources[ICGW_MAX_SOURCES]; /* prefixes that ip4.src or ip6.src is not in */
};

/* Whether `(field on arrival & mask) == value`, as far as the assumptions say. */
enum truth guard_implies(const struct guard *, enum field_id, wide value, wide mask);

/* Assumes that the same does not hold.  With `sources` the source address may
 * be used for it; many sources are excluded by prefixes that hold more, unless ->exact.  False: no
 * guard can tell. */
bool guard_exclude(struct guard *, enum field_id, wide value, wide mask, bool sources);

/* Assumes that the inner frame is not longer than `frame_len` bytes. */
void guard_limit_length(struct guard *, wide frame_len);

#endif
