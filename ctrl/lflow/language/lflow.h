/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_LFLOW_H
#define ICGW_LFLOW_H

/* Parsed logical flows.
 *
 * northd writes the same few match and action texts over and over, and they
 * stay the same from one change of the database to the next: each pair of texts
 * is parsed once and kept in a cache.  Control thread only. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

#include "action.h"
#include "expr.h"

/* A pair of texts, parsed.  Shared by flows, counted. */
struct lflow_code {
    uint64_t id; /* no other code ever has it: unlike its address */
    char *match_text;
    char *actions_text;
    struct expr *match; /* NULL: not understood, match_error says why */
    const char *match_error;
    struct action *actions; /* NULL: not understood */
    size_t n_actions;
    const char *actions_error;
    bool tunnel_rx;          /* the match looks at flags.tunnel_rx */
    bool tracks_connections; /* an action does, and is not supported */
    size_t refs;
};

struct model_datapath;

/* A row of Logical_Flow. */
struct lflow {
    const struct lflow_code *code;
    const char *uuid;
    const char *stage; /* of the model; "": not known, or not yet */
    int table;
    int32_t priority;
    bool egress;
    bool removed; /* from the model, which has not been finished since */
    UT_hash_handle hh;
    uint32_t n_datapaths;
    struct model_datapath *datapaths[]; /* that have it; then the text of the uuid */
};

struct lflow_cache;

struct lflow_cache *lflow_cache_create(void);
/* Every code must have been released. */
void lflow_cache_free(struct lflow_cache *);
/* The code of two texts, with a reference that lflow_cache_put() gives back. */
const struct lflow_code *lflow_cache_get(struct lflow_cache *, const char *match,
                                         const char *actions);
/* Another reference. */
const struct lflow_code *lflow_code_ref(const struct lflow_code *);
void lflow_cache_put(struct lflow_cache *, const struct lflow_code *);

#endif
