/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_SPLIT_H
#define ICGW_SPLIT_H

/* The destinations that the flows tell apart.
 *
 * The specialiser runs the pipeline for a set of destination addresses at a
 * time: a prefix without the longer prefixes of this set.  When a flow compares
 * the destination with a longer prefix still, that prefix joins the set and
 * gets a run of its own; for the run at hand the comparison is false. */

#include <stdbool.h>
#include <stddef.h>

#include "field.h"
#include "wide.h"

struct split_prefix {
    wide value;
    unsigned int len;
};

struct split {
    enum field_id field; /* eth.dst, ip4.dst or ip6.dst */
    struct split_prefix *prefixes;
    size_t n;
    size_t limit; /* most prefixes to hold */
    struct split_entry *index;
};

void split_init(struct split *, enum field_id field, size_t limit);
void split_destroy(struct split *);
/* Adds a prefix unless it is there.  False: over the limit. */
bool split_add(struct split *, wide value, unsigned int len);

#endif
