/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_BYTES_H
#define ICGW_BYTES_H

/* Loads and stores at any alignment, and the Internet checksum (RFC 1071).
 * Inside dp/ only. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_common.h>

/* As the bytes lie in the packet: network order. */
static inline uint16_t icgw_load16(const uint8_t *p)
{
    uint16_t v;

    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint32_t icgw_load32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint64_t icgw_load64(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof v);
    return v;
}

static inline void icgw_store16(uint8_t *p, uint16_t v)
{
    memcpy(p, &v, sizeof v);
}

static inline void icgw_store32(uint8_t *p, uint32_t v)
{
    memcpy(p, &v, sizeof v);
}

/* Left to the compiler, which rotates.  rte_be_to_cpu_16() exchanges two halves of a
 * register, on x86 three operations. */
static inline uint16_t icgw_load_be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t icgw_load_be32(const uint8_t *p)
{
    return rte_be_to_cpu_32(icgw_load32(p));
}

/* Sum of 16-bit words in memory order, not folded.  RFC 1071 section 2 (B):
 * the order of bytes does not matter as long as all sums use the same one.
 * len is even and at most 128 KiB, so 32 bits do not overflow. */
static inline uint32_t icgw_sum(const uint8_t *p, size_t len)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < len; i += 2) {
        sum += icgw_load16(p + i);
    }
    return sum;
}

/* The same for a multiple of 4 bytes, of words of 32 bits: the same number in
 * one's complement arithmetic, in a quarter of the additions. */
static inline uint64_t icgw_sum32(const uint8_t *p, size_t len)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < len; i += 4) {
        sum += icgw_load32(p + i);
    }
    return sum;
}

/* Adding a number to itself with its halves exchanged leaves in the upper half what
 * both halves add up to, the carry brought round from the lower one. */
static inline uint16_t icgw_fold(uint32_t sum)
{
    return (uint16_t)((sum + (sum << 16 | sum >> 16)) >> 16);
}

static inline uint16_t icgw_fold64(uint64_t sum)
{
    return icgw_fold((uint32_t)((sum + (sum << 32 | sum >> 32)) >> 32));
}

/* RFC 1624 equation 3: the checksum after covered words that summed up to
 * `before` came to sum up to `after`. */
static inline uint16_t icgw_cksum_update(uint16_t cksum, uint32_t before, uint32_t after)
{
    uint32_t sum = (uint16_t)~cksum;

    sum += (uint16_t)~icgw_fold(before);
    sum += icgw_fold(after);
    return (uint16_t)~icgw_fold(sum);
}

#endif
