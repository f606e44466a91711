/* SPDX-License-Identifier: Apache-2.0 */
#include "cksum.h"

#include <rte_mbuf.h>

#include "bytes.h"

static uint16_t sum_segment(const uint8_t *p, uint32_t len)
{
    uint32_t sum = icgw_sum(p, len & ~1u);

    if (len & 1) {
        const uint8_t last[2] = {p[len - 1], 0};

        sum += icgw_load16(last);
    }
    return icgw_fold(sum);
}

uint16_t icgw_sum_mbuf(const struct rte_mbuf *m, uint32_t off, uint32_t len)
{
    uint32_t sum = 0;
    uint32_t done = 0;

    for (; m != NULL && done < len; m = m->next) {
        uint32_t n;
        uint16_t part;

        if (off >= m->data_len) {
            off -= m->data_len;
            continue;
        }
        n = RTE_MIN(m->data_len - off, len - done);
        part = sum_segment(rte_pktmbuf_mtod_offset(m, const uint8_t *, off), n);
        /* RFC 1071 section 2 (B): a part at an odd offset counts byte-swapped. */
        sum += done & 1 ? rte_bswap16(part) : part;
        done += n;
        off = 0;
    }
    return icgw_fold(sum);
}
