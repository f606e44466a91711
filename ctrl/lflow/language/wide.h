/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_WIDE_H
#define ICGW_WIDE_H

/* 128-bit integers: as wide as the widest field of OVN's language. */

#include <stdbool.h>
#include <stdint.h>

typedef unsigned __int128 wide;

/* The `width` lowest bits set; width 0 to 128. */
static inline wide wide_ones(unsigned int width)
{
    return width >= 128 ? ~(wide)0 : ((wide)1 << width) - 1;
}

/* Big-endian bytes to number and back; n <= 16. */
static inline wide wide_from_bytes(const uint8_t *bytes, unsigned int n)
{
    wide x = 0;
    for (unsigned int i = 0; i < n; i++) {
        x = x << 8 | bytes[i];
    }
    return x;
}

static inline void wide_to_bytes(wide x, uint8_t *bytes, unsigned int n)
{
    for (unsigned int i = n; i-- > 0; x >>= 8) {
        bytes[i] = (uint8_t)x;
    }
}

#endif
