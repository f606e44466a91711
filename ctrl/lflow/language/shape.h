/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_SHAPE_H
#define ICGW_SHAPE_H

/* Shapes of flows: pairs of texts in which each address has been replaced by the largest one
 * of its format, and each name by one and the same.  If these can be parsed, so can any two
 * that have the shape; and they come to the same, values and names apart.  For lflow.c. */

#include "lflow.h"

struct lflow_shape {
    char *key; /* both texts, each with its NUL */
    size_t key_size;
    struct lflow_parsed parsed; /* nodes of the match know their constants */
    size_t refs;
    UT_hash_handle hh;
};

struct shapes {
    struct lflow_shape *list;
    char *key; /* being made */
    size_t allocated;
};

/* The shape of two texts, with a reference; NULL: it cannot be parsed, so that each that is
 * like this has to be looked at by itself. */
const struct lflow_shape *shapes_get(struct shapes *, const char *match, const char *actions);
/* Gives the reference back; NULL is allowed. */
void shapes_put(struct shapes *, const struct lflow_shape *);
/* All of them must have been given back. */
void shapes_free(struct shapes *);

static inline const struct lflow_parsed *shape_parsed(const struct lflow_shape *shape)
{
    return &shape->parsed;
}

void parsed_init(struct lflow_parsed *, const char *match, const char *actions);
void parsed_clear(struct lflow_parsed *);

#endif
