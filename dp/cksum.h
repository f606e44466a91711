/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_CKSUM_H
#define ICGW_CKSUM_H

#include <stdint.h>

struct rte_mbuf;

/* One's complement sum, folded, of `len` bytes from `off` on, which the frame
 * has.  Instead of rte_raw_cksum_mbuf(), which loses carries where a segment
 * begins at an odd offset (DPDK 22.11). */
uint16_t icgw_sum_mbuf(const struct rte_mbuf *m, uint32_t off, uint32_t len);

#endif
