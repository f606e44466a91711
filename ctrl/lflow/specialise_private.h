/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_SPECIALISE_PRIVATE_H
#define ICGW_SPECIALISE_PRIVATE_H

/* Between specialise.c (tables), specialise_endpoint.c (which destinations) and
 * specialise_run.c (one destination). */

#include "interp.h"
#include "specialise.h"

/* Most destinations of one endpoint. */
#define SPECIALISE_MAX_DESTINATIONS (1u << 20)

struct destination {
    uint16_t eth_type; /* 0x800 or 0x86dd */
    wide eth_dst;
    struct split *split; /* L3: which prefixes exist */
    struct split_prefix prefix;
};

/* A verdict with room for what it points to. */
struct verdict {
    struct icgw_dest dest;
    struct icgw_source_guard sources;
    struct icgw_dest members[ICGW_MAX_MEMBERS];
    bool unsupported;
    char *why; /* malloc'ed; NULL when on the fast path */
    const struct lflow *why_flow;
};

/* Runs the pipeline for what arrives at `port`.  The caller frees ->why. */
void specialise_run(const struct specialised *, const struct model *, const struct model_port *port,
                    const struct destination *, struct verdict *);

/* The endpoint of a port, with all its destinations; NULL: out of memory. */
struct icgw_endpoint *specialise_endpoint(struct specialised *, const struct model *,
                                          const struct model_port *port);

void specialise_report(struct specialised *, const struct model_port *, const char *destination,
                       const struct verdict *);

#endif
