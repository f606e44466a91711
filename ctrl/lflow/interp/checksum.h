/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_CHECKSUM_H
#define ICGW_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* The Internet checksum (RFC 1071) of big-endian bytes, to be continued and
 * finished.  Slow path only. */

static inline uint32_t checksum_add(uint32_t sum, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i + 1 < n; i += 2) {
        sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
        sum = (sum & 0xffff) + (sum >> 16);
    }
    if (n & 1) {
        sum += (uint32_t)bytes[n - 1] << 8;
    }
    return (sum & 0xffff) + (sum >> 16);
}

static inline uint16_t checksum_finish(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static inline uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline void put16(uint8_t *p, uint16_t x)
{
    p[0] = (uint8_t)(x >> 8);
    p[1] = (uint8_t)x;
}

#endif
