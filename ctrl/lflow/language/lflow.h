/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_LFLOW_H
#define ICGW_LFLOW_H

/* Logical flows: their texts, and what these mean.
 *
 * Texts stay the same from one change of the database to the next: each pair of them is kept
 * once.  Nearly all are one of a few dozen with other addresses and names in their places, of
 * which no run of a pipeline ever meets a good part: one of each shape is parsed when it
 * appears, and any other when it is met.  Control thread only. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

#include "action.h"
#include "expr.h"

/* A pair of texts, parsed. */
struct lflow_parsed {
    struct expr *match; /* NULL: not understood, match_error says why */
    const char *match_error;
    struct action *actions; /* NULL: not understood */
    size_t n_actions;
    const char *actions_error;
};

struct lflow_shape;

/* A pair of texts.  Shared by flows, counted. */
struct lflow_code {
    uint64_t id; /* no other code ever has it: unlike its address */
    const char *match_text;
    const char *actions_text;
    const struct lflow_shape *shape; /* NULL: it is like no other one */
    struct lflow_parsed *parsed;     /* NULL: not yet; see lflow_parsed() */
    const char *unsupported;         /* name of the first action that is not; NULL: none */
    uint32_t refs;
    bool tunnel_rx;          /* the match looks at flags.tunnel_rx */
    bool tracks_connections; /* an action does, and is not supported */
    bool takes_all;          /* the match holds for every packet */
    bool names_sets;         /* the match names address sets or port groups */
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

/* For lflow_parsed(). */
const struct lflow_parsed *lflow_parse(const struct lflow_code *);

/* What the texts say, which stays with the code from the first call on. */
static inline const struct lflow_parsed *lflow_parsed(const struct lflow_code *code)
{
    return code->parsed != NULL ? code->parsed : lflow_parse(code);
}

/* A constant or name in a match. */
struct lflow_constant {
    wide value;
    const char *text; /* of a name, in quotes; not ended by NUL.  NULL: an integer */
    size_t text_size;
};

/* The match without parsing the text, if it has a shape: its tree, some values and names in
 * which are those of the shape.  A node with `origin` has the constant that has this number,
 * from 1 on, in *constants instead, which is valid until the next call.  NULL: not
 * understood. */
const struct expr *lflow_outline(struct lflow_cache *, const struct lflow_code *,
                                 const struct lflow_constant **constants);

#endif
