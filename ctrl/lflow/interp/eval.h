/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_EVAL_H
#define ICGW_EVAL_H

/* Matches, three-valued: what is known of the packet may not decide. */

#include "condition.h"
#include "expr.h"
#include "guard.h"
#include "model.h"
#include "split.h"
#include "state.h"

struct eval {
    const struct model *model;
    const struct model_datapath *datapath;
    const struct state *state;
    const struct guard *guard;      /* NULL for an actual packet */
    struct split *split;            /* NULL for an actual packet */
    struct dependencies *deps;      /* NULL: of no interest */
    const struct model_chassis *at; /* as in struct interp */
    const struct conditions *known; /* NULL: nothing is assumed for a classifier */
    bool split_full;                /* set when a prefix did not fit into *split */
};

enum truth eval_match(struct eval *, const struct expr *);

/* The same of a flow whose match is understood: false where ovn-controller would not take
 * it, because it names an address set or port group that there is not, or a set with an
 * address that the field is too narrow for.  One that is not false may be asked about, and
 * made false, by its match. */
enum truth eval_flow(struct eval *, const struct lflow_code *);

/* Whether the bits equal a value: for functions such as get_arp() that look a
 * field up in a table of constants. */
enum truth eval_equal(struct eval *, struct bits, wide value);

/* Adds assumptions to *guard under which a match that is unknown becomes false.
 * `sources`: also about the source.  False: no guard can tell; *guard is then as
 * before. */
bool eval_make_false(struct eval *, const struct expr *, struct guard *guard, bool sources);

/* A condition that a classifier can check, and that has to be known before the match
 * is; the caller clears it.  False: there is none. */
bool eval_ask(struct eval *, const struct expr *, struct condition *);

/* The key of a port of the datapath by name, or of a multicast group; 0: none. */
uint16_t eval_port_key(const struct model *, const struct model_datapath *, const char *name);

#endif
