/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_MEMO_HEADERS_H
#define ICGW_MEMO_HEADERS_H

/* Headers compared and written as a whole.  Written twice: for AVX-512, where each
 * is an instruction or two, and in words that any compiler makes the best of.
 * Inside dp/ only. */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __AVX512BW__
#include <immintrin.h>
#endif

#include "memo.h"

/* What must be the same for an entry to apply: all that no other check looks at. */
struct icgw_head_bytes {
    uint8_t bytes[ICGW_HEAD_LEN];
} __rte_aligned(ICGW_HEAD_LEN);

struct icgw_tail_bytes {
    uint8_t bytes[ICGW_TAIL_LEN];
} __rte_aligned(ICGW_TAIL_LEN);

/* Index: ICGW_MEMO_REWRITE, ICGW_MEMO_ROUTED and ICGW_MEMO_V6, of which REWRITE is
 * bit 0. */
extern const struct icgw_head_bytes icgw_head_mask;
extern const struct icgw_tail_bytes icgw_tail_masks[8];
/* What stays as it is: ECN, lengths, UDP source port. */
extern const struct icgw_head_bytes icgw_head_keep;

static __rte_always_inline const uint8_t *icgw_tail_mask(const struct icgw_memo_entry *e)
{
    return (const uint8_t *)icgw_tail_masks +
           (e->flags & (ICGW_MEMO_REWRITE | ICGW_MEMO_ROUTED | ICGW_MEMO_V6)) *
               (ICGW_TAIL_LEN / ICGW_MEMO_REWRITE);
}

#ifdef __AVX512BW__

struct icgw_head {
    __m512i v;
};

struct icgw_tail {
    __m256i v;
};

static __rte_always_inline void icgw_tail_load(struct icgw_tail *tail, const uint8_t *data,
                                               const bool v6)
{
    const void *at = data + ICGW_TAIL_AT;
    const void *dst = data + ICGW_TAIL6_DST_AT;

    tail->v = v6 ? _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(at)),
                                           _mm_loadu_si128(dst), 1)
                 : _mm256_loadu_si256(at);
}

static __rte_always_inline void icgw_head_load(struct icgw_head *head, const uint8_t *data)
{
    head->v = _mm512_loadu_si512(data);
}

static __rte_always_inline bool icgw_headers_differ(const struct icgw_head *head,
                                                    const struct icgw_tail *tail,
                                                    const struct icgw_memo_entry *e)
{
    __m512i h = _mm512_xor_si512(head->v, _mm512_loadu_si512(e->head));
    __m256i t = _mm256_xor_si256(tail->v, _mm256_loadu_si256((const void *)e->tail));

    return !_kortestz_mask8_u8(
        _mm512_test_epi64_mask(h, _mm512_loadu_si512(&icgw_head_mask)),
        _mm256_test_epi64_mask(t, _mm256_loadu_si256((const void *)icgw_tail_mask(e))));
}

static __rte_always_inline void icgw_head_store(uint8_t *data, const struct icgw_head *head,
                                                const struct icgw_memo_entry *e)
{
    enum { AND_OR = 0xea }; /* (a & b) | c */

    _mm512_storeu_si512(data,
                        _mm512_ternarylogic_epi64(head->v, _mm512_loadu_si512(&icgw_head_keep),
                                                  _mm512_loadu_si512(e->out), AND_OR));
}

#else

struct icgw_head {
    uint64_t v[ICGW_HEAD_LEN / sizeof(uint64_t)];
};

struct icgw_tail {
    uint64_t v[ICGW_TAIL_LEN / sizeof(uint64_t)];
};

static __rte_always_inline void icgw_tail_load(struct icgw_tail *tail, const uint8_t *data,
                                               const bool v6)
{
    if (v6) {
        memcpy(tail->v, data + ICGW_TAIL_AT, sizeof tail->v / 2);
        memcpy(tail->v + 2, data + ICGW_TAIL6_DST_AT, sizeof tail->v / 2);
    } else {
        memcpy(tail->v, data + ICGW_TAIL_AT, sizeof tail->v);
    }
}

static __rte_always_inline void icgw_head_load(struct icgw_head *head, const uint8_t *data)
{
    memcpy(head->v, data, sizeof head->v);
}

static __rte_always_inline uint64_t icgw_words_differ(const void *a, const void *b,
                                                      const void *mask, size_t n)
{
    uint64_t diff = 0;

    for (size_t i = 0; i < n; i++) {
        uint64_t x, y, m;

        memcpy(&x, (const uint64_t *)a + i, sizeof x);
        memcpy(&y, (const uint64_t *)b + i, sizeof y);
        memcpy(&m, (const uint64_t *)mask + i, sizeof m);
        diff |= (x ^ y) & m;
    }
    return diff;
}

static __rte_always_inline bool icgw_headers_differ(const struct icgw_head *head,
                                                    const struct icgw_tail *tail,
                                                    const struct icgw_memo_entry *e)
{
    return (icgw_words_differ(head->v, e->head, &icgw_head_mask, ICGW_HEAD_LEN / 8) |
            icgw_words_differ(tail->v, e->tail, icgw_tail_mask(e), ICGW_TAIL_LEN / 8)) != 0;
}

static __rte_always_inline void icgw_head_store(uint8_t *data, const struct icgw_head *head,
                                                const struct icgw_memo_entry *e)
{
    for (size_t i = 0; i < ICGW_HEAD_LEN / 8; i++) {
        uint64_t w =
            (head->v[i] & icgw_load64(icgw_head_keep.bytes + 8 * i)) | icgw_load64(e->out + 8 * i);

        memcpy(data + 8 * i, &w, sizeof w);
    }
}

#endif

#endif
