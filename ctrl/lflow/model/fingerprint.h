/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_FINGERPRINT_H
#define ICGW_FINGERPRINT_H

/* What a part of the model says, as a number: the same rows, in whatever order
 * they come, give the same; others almost surely do not. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* FNV-1a, 64 bits (draft-eastlake-fnv). */
#define FINGERPRINT_START 0xcbf29ce484222325ull

static inline uint64_t fingerprint_bytes(uint64_t h, const void *data, size_t n)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < n; i++) {
        h = (h ^ bytes[i]) * 0x100000001b3ull;
    }
    return h;
}

/* NULL differs from "". */
static inline uint64_t fingerprint_text(uint64_t h, const char *text)
{
    return text ? fingerprint_bytes(h, text, strlen(text) + 1) : fingerprint_bytes(h, "\1", 1);
}

static inline uint64_t fingerprint_number(uint64_t h, uint64_t x)
{
    return fingerprint_bytes(h, &x, sizeof x);
}

/* The multiplication (from splitmix64) spreads rows that differ in few bits. */
static inline uint64_t fingerprint_spread(uint64_t row)
{
    row = (row ^ row >> 30) * 0xbf58476d1ce4e5b9ull;
    row = (row ^ row >> 27) * 0x94d049bb133111ebull;
    return row ^ row >> 31;
}

/* Adds a row to a whole, or takes it out.  Sums do not depend on the order. */
static inline void fingerprint_add(uint64_t *whole, uint64_t row)
{
    *whole += fingerprint_spread(row);
}

static inline void fingerprint_remove(uint64_t *whole, uint64_t row)
{
    *whole -= fingerprint_spread(row);
}

#endif
