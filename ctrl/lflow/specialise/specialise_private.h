/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_SPECIALISE_PRIVATE_H
#define ICGW_SPECIALISE_PRIVATE_H

/* Between specialise.c (tables), specialise_plan.c and specialise_part.c (what is made anew),
 * specialise_endpoint.c (which destinations), specialise_classify.c (one destination) and
 * specialise_run.c (one run). */

#include "dependencies.h"
#include "interp.h"
#include "specialise.h"

/* An endpoint and what it was made from.  Shared by parts in between which nothing of it
 * changed. */
struct specialised_endpoint {
    uint64_t id; /* VNI and key */
    size_t refs;
    struct icgw_endpoint *endpoint;
    struct dependencies deps;
    struct specialised_report *reports;
    size_t n_reports;
    size_t n_destinations;
};

/* Endpoints of the datapaths whose keys are alike modulo SPECIALISE_PARTS; keys count up
 * from 1, and from the first one of a range.  Shared by results in between which nothing
 * of it has changed. */
struct specialised_part {
    size_t refs;
    struct specialised_endpoint **endpoints; /* sorted by VNI and key */
    size_t n;
    const struct specialised_report **reports; /* of all endpoints */
    size_t n_reports;
    size_t n_unsupported; /* of those */
    size_t n_destinations;
    uint64_t *tokens; /* that they depend on (model_log.h, and ways), sorted */
    size_t n_tokens;
    bool unknown; /* see struct dependencies */
    bool failed;  /* no memory for tables */
};

/* What is to be done for a part. */
struct specialise_todo {
    bool due;       /* else it is as before */
    uint32_t *keys; /* of datapaths that it may have endpoints of, sorted */
    size_t n;
};

struct specialise_plan {
    struct specialise_todo parts[SPECIALISE_PARTS];
};

/* What is to be done to come from `before` (NULL: nothing) to a result whose tunnels are
 * known.  The caller frees what the plan has. */
void specialise_plan(struct specialise_plan *, const struct specialised *result,
                     const struct model *, const struct specialised *before);
void specialise_plan_free(struct specialise_plan *);

/* A part as it was, with a reference more, or made anew, with what it can take over; NULL:
 * as it was, and that was nothing. */
struct specialised_part *specialise_part(struct specialised *, const struct model *,
                                         const struct specialise_todo *,
                                         struct specialised_part *before);
void specialise_part_unref(struct specialised_part *);
/* Completes a part's list of tokens. */
void specialise_list_tokens(struct specialised_part *);
/* Brings tables that have the one up to the other.  False: out of memory. */
bool specialise_part_to_tables(struct icgw_tables *, const struct specialised_part *before,
                               const struct specialised_part *now);

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

/* Whether specialised_tunnel() says the same as before of a chassis, or of each that was
 * sent to. */
bool specialise_way_holds(const struct specialised *, uint64_t way);
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

#endif
