/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_REWRITE_H
#define ICGW_REWRITE_H

/* Turning a received tunnel packet into the one to send.  Inside dp/ only. */

#include <stdbool.h>
#include <stdint.h>

#include "icgw_forward.h"

struct rte_mbuf;

/* Bytes of the outer IP packet around an inner frame of `inner_len`. */
static inline uint32_t icgw_outer_ip_len(const struct icgw_tunnel *t, uint32_t inner_len)
{
    return (uint32_t)t->hdr_len - t->l2_len + inner_len;
}

/* Rewrites in place.  On false the frame is to be dropped for *reason. */
bool icgw_rewrite(struct rte_mbuf *m, const struct icgw_packet *p, const struct icgw_tunnel *t,
                  const struct icgw_dest *dest, enum icgw_drop *reason);

#endif
