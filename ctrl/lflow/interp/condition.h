/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_CONDITION_H
#define ICGW_CONDITION_H

/* What is assumed of a class of packets where a classifier (dp/classifier.h) will
 * tell them apart. */

#include <stdbool.h>
#include <stddef.h>

#include "field.h"
#include "guard.h"
#include "wide.h"

/* One of these: the bits `mask` of the field on arrival equal `value`. */
struct condition_value {
    wide value;
    wide mask;
};

struct condition {
    enum field_id field;
    bool holds;
    size_t n;
    struct condition_value *values; /* malloc'ed */
};

#define CONDITIONS_MAX 64

struct conditions {
    size_t n;
    struct condition list[CONDITIONS_MAX];
};

/* Whether a classifier sees the field. */
bool condition_field(enum field_id);
/* The ip.proto without which the field is 0; 0: it does not depend on that. */
uint8_t condition_protocol(enum field_id);
void condition_add(struct condition *, wide value, wide mask);
void condition_clear(struct condition *);

/* Whether `(field on arrival & mask) == value`, as far as the assumptions say. */
enum truth conditions_imply(const struct conditions *, enum field_id, wide value, wide mask);
/* The same of a whole condition that has been assumed or ruled out. */
enum truth conditions_recall(const struct conditions *, const struct condition *);

#endif
