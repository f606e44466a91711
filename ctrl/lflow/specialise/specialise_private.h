/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_SPECIALISE_PRIVATE_H
#define ICGW_SPECIALISE_PRIVATE_H

/* Between specialise.c (tables), specialise_endpoint.c (which destinations) and
 * specialise_classify.c (one destination), specialise_run.c (one run). */

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

/* What classifiers of one endpoint have taken so far. */
struct effort {
    unsigned int runs;
    unsigned int wasted; /* of those, for destinations that got none */
};

struct destination {
    uint16_t eth_type; /* 0x800 or 0x86dd */
    wide eth_dst;
    struct split *split; /* L3: which prefixes exist */
    struct split_prefix prefix;
    struct dependencies *deps; /* datapaths met are added */
    struct effort *effort;
};

/* A verdict with room for what it points to. */
struct verdict {
    struct icgw_dest dest;
    struct icgw_source_guard sources;
    struct icgw_dest *members;          /* malloc'ed; NULL but for ICGW_VERDICT_SELECT, _CLASSIFY */
    struct icgw_classifier *classifier; /* NULL but for ICGW_VERDICT_CLASSIFY … */
    struct verdict *leaves;             /* … as what the members point to, n_leaves */
    size_t n_leaves;
    bool unsupported;
    char *why; /* malloc'ed; NULL when on the fast path */
    const struct lflow *why_flow;
    /* A flow of which guards say that it does not apply, and that needs connection
     * tracking where it does; NULL: none. */
    const struct lflow *refused;
    /* Classified, and some packets are slow all the same: why; NULL: none. */
    char *partly;
    const struct lflow *partly_flow;
};

/* Lists the tunnels of the model, those of `before` (NULL: none) under the same numbers
 * where there is no hole to fill, and the ways to each chassis. */
void specialise_tunnels(struct specialised *, const struct model *, const struct icgw_addr *locals,
                        size_t n_locals, const struct specialised *before);

/* Whether specialised_tunnel() says the same as before of each chassis that was sent to. */
bool specialise_ways_hold(const struct specialised *, const struct dependencies *);

/* A run, or several, for what arrives at `port`. */
struct run {
    const struct specialised *result;
    const struct model *model;
    const struct model_port *port;
    const struct destination *destination;
    const struct conditions *known; /* see struct interp */
    struct condition *asked;
    bool exact; /* see struct guard */
};

/* Runs the pipeline.  False: it depends on run->asked, and *v is nothing.  The caller
 * clears the verdict. */
bool specialise_run(const struct run *, struct verdict *);
/* The same with a classifier where packets have to be told apart, and one can. */
void specialise_classify(const struct run *, struct verdict *);
void specialise_verdict_clear(struct verdict *);

/* Adds "the field has this value" to a rule.  False: it says the contrary. */
bool specialise_narrow(struct icgw_rule *, enum field_id, const struct condition_value *);

/* Verdicts of runs without a classifier: whether they are alike in all that workers and
 * reports see, … */
bool specialise_same_leaf(const struct verdict *, const struct verdict *);
/* … or in what becomes of packets that pass the guards of both (never, when slow). */
bool specialise_same_way(const struct verdict *, const struct verdict *);
/* Makes the guards of a verdict those of both.  False: more than a guard can hold. */
bool specialise_unite_guards(struct verdict *, const struct verdict *with);
/* Moves a verdict, which may point to itself. */
void specialise_move(struct verdict *to, struct verdict *from);

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
