/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_EVAL_PRIVATE_H
#define ICGW_EVAL_PRIVATE_H

/* Between eval.c (what a match is) and eval_ask.c (what would decide it). */

#include "eval.h"

/* A comparison with a field on arrival: bits `mask` of `field` against value. */
struct question {
    enum field_id field;
    wide value;
    wide mask;
};

/* Turns a comparison of a container into one of its origin.  False: the bits
 * that are not known have no origin. */
bool eval_ask_origin(const struct state *, enum field_id, wide value, wide mask, struct question *);

/* Whether the bits `mask` of a container equal `value`.  A single bit that is not 0 is
 * 1, and the other way round; asked as equality with 1, which is what guards exclude. */
enum truth eval_equal_bits(struct eval *, enum field_id, wide value, wide mask);

/* The set that an EXPR_SET compares with.  NULL: there is none, or one of its elements is
 * wider than the field, and ovn-controller takes no flow with such a comparison. */
const struct model_address_set *eval_set(const struct eval *, const struct expr *);
/* Value or mask of an element, as bits of the container.  Of one that is wider than a part
 * of a field, the lowest bits. */
wide eval_set_value(const struct expr *, wide value);

/* What has been assumed of the expression as a whole. */
enum truth eval_recall(struct eval *, const struct expr *);

#endif
