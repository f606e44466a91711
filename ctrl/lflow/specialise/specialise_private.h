/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_SPECIALISE_PRIVATE_H
#define ICGW_SPECIALISE_PRIVATE_H

/* Between specialise.c (tables), specialise_endpoint.c (which destinations) and
 * specialise_run.c (one destination). */

#include "dependencies.h"
#include "interp.h"
#include "specialise.h"

/* An endpoint and what it was made from.  Shared by results of which nothing
 * changed in between. */
struct specialised_endpoint {
    uint64_t id; /* VNI and key */
    size_t refs;
    struct icgw_endpoint *endpoint;
    struct dependencies deps;
    struct specialised_report *reports;
    size_t n_reports;
    size_t n_destinations;
};

/* Most destinations of one endpoint. */
#define SPECIALISE_MAX_DESTINATIONS (1u << 20)

struct destination {
    uint16_t eth_type; /* 0x800 or 0x86dd */
    wide eth_dst;
    struct split *split; /* L3: which prefixes exist */
    struct split_prefix prefix;
    struct dependencies *deps; /* datapaths met are added */
};

/* A verdict with room for what it points to. */
struct verdict {
    struct icgw_dest dest;
    struct icgw_source_guard sources;
    struct icgw_dest *members; /* malloc'ed; NULL but for ICGW_VERDICT_SELECT */
    bool unsupported;
    char *why; /* malloc'ed; NULL when on the fast path */
    const struct lflow *why_flow;
    /* A flow of which guards say that it does not apply, and that needs connection
     * tracking where it does; NULL: none. */
    const struct lflow *refused;
};

/* Lists the tunnels of the model, those of `before` (NULL: none) under the same numbers
 * where there is no hole to fill, and the ways to each chassis. */
void specialise_tunnels(struct specialised *, const struct model *, const struct icgw_addr *locals,
                        size_t n_locals, const struct specialised *before);

/* Whether specialised_tunnel() says the same as before of each chassis that was sent to. */
bool specialise_ways_hold(const struct specialised *, const struct dependencies *);

/* Runs the pipeline for what arrives at `port`.  The caller frees ->why. */
void specialise_run(const struct specialised *, const struct model *, const struct model_port *port,
                    const struct destination *, struct verdict *);

/* Fills in the endpoint of a port, with all its destinations.  False: out of
 * memory. */
bool specialise_endpoint(const struct specialised *, const struct model *,
                         const struct model_port *port, struct specialised_endpoint *);

/* The same for answers that are flooded to no port in particular. */
bool specialise_flooded_answers(const struct model_datapath *, struct specialised_endpoint *);

/* Whether something keeps a destination, or part of it, off the fast path … */
bool specialise_report_due(const struct verdict *);
/* … and says what. */
void specialise_report(struct specialised_endpoint *, const struct model_port *,
                       const char *destination, const struct verdict *);

void specialise_report_clear(struct specialised_report *);

/* The endpoint with this id from `before`, with a reference, if nothing that it
 * was made from has changed; else NULL.  *at is where to look: ids are asked for
 * in ascending order, from 0 on. */
struct specialised_endpoint *specialise_reuse(const struct specialised *result,
                                              const struct specialised *before,
                                              const struct model *, uint64_t id, size_t *at);
void specialised_endpoint_unref(struct specialised_endpoint *);

#endif
