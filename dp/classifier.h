/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_CLASSIFIER_H
#define ICGW_CLASSIFIER_H

/* Which of a destination's members a packet goes to, by headers that the look-up
 * does not see.  A list of rules, the first that fits counts; of the headers only
 * the words that some rule looks at are compared.  Inside dp/ only. */

#include "icgw_forward.h"

#define ICGW_HEADER_WORDS (sizeof(struct icgw_headers) / 4)

struct icgw_classifier {
    uint16_t n_rules;
    uint8_t n_words;
    uint8_t word[ICGW_HEADER_WORDS]; /* which words of struct icgw_headers */
    uint32_t data[]; /* of each rule: the member, then value and mask of each word */
};

size_t icgw_classifier_size(const struct icgw_classifier *);

/* The member of an ICGW_VERDICT_CLASSIFY destination for the packet whose inner
 * frame is at `inner`, `have` bytes of it in the first segment.  NULL: nothing here
 * can tell, the slow path has to. */
const struct icgw_dest *icgw_classify(const struct icgw_dest *dest, const struct icgw_packet *p,
                                      const uint8_t *inner, uint32_t have);

#endif
