/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_VIEW_H
#define ICGW_VIEW_H

/* A frame as the parser may read it.  Inside dp/ only. */

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "icgw_forward.h"

struct icgw_view {
    const uint8_t *data;
    uint32_t data_len; /* first segment: what may be read */
    uint32_t pkt_len;  /* whole frame */
};

static inline bool icgw_addr_equal(const struct icgw_addr *a, const struct icgw_addr *b)
{
    return ((icgw_load64(a->bytes) ^ icgw_load64(b->bytes)) |
            (icgw_load64(a->bytes + 8) ^ icgw_load64(b->bytes + 8))) == 0;
}

/* Whether the bytes up to `end` lie within `limit`, an offset that a header
 * gave, and may be read.  If not, *reason is `beyond`, or says that the frame
 * has them but not in its first segment. */
static inline bool icgw_readable(const struct icgw_view *v, uint32_t end, uint32_t limit,
                                 enum icgw_drop beyond, enum icgw_drop *reason)
{
    if (end <= limit && end <= v->data_len) {
        return true;
    }
    *reason = end > limit || end > v->pkt_len ? beyond : ICGW_DROP_HEADER_SPLIT;
    return false;
}

/* An IPv4 address in network byte order. */
bool icgw_is_local4(const struct icgw_tables *tables, uint32_t addr_be);

/* Takes the inner frame from `start` to `end` (within pkt_len) apart. */
bool icgw_parse_inner(const struct icgw_view *v, uint32_t start, uint32_t end,
                      struct icgw_packet *packet, enum icgw_drop *reason);

#endif
