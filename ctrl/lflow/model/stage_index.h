/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_STAGE_INDEX_H
#define ICGW_STAGE_INDEX_H

/* Which flows of a stage can match at all.
 *
 * Large stages are tables in disguise: thousands of flows that compare the same
 * bits with a constant each.  The index keeps such flows by that constant, so
 * that a packet whose bits are known meets only its own. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model;
struct model_datapath;
struct model_stage;
struct stage_index;
struct state;

/* NULL for a stage that is as quickly searched without. */
struct stage_index *stage_index_create(const struct model *, const struct model_datapath *,
                                       const struct model_stage *);
void stage_index_free(struct stage_index *);

#define STAGE_INDEX_KEYS 40 /* different bits that flows of one stage are kept by */

/* A walk over the flows that can match, highest priority first. */
struct stage_walk {
    const struct model_stage *stage;
    unsigned int n_lists;
    struct {
        const uint32_t *next;
        const uint32_t *end;
    } lists[STAGE_INDEX_KEYS + 1];
    uint32_t position; /* next flow, without an index */
};

void stage_walk_start(struct stage_walk *, const struct model_stage *, const struct state *);
/* The next flow's position in stage->flows; false: no more. */
bool stage_walk_next(struct stage_walk *, uint32_t *position);

#endif
