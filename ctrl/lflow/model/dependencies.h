/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_DEPENDENCIES_H
#define ICGW_DEPENDENCIES_H

/* What an outcome depends on: datapaths, address sets and port groups. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model;
struct model_datapath;

struct dependencies {
    struct dependency {
        uint32_t key;         /* of the datapath */
        uint64_t fingerprint; /* that it had */
    } * list;
    size_t n;
    struct set_dependency {
        char *name;
        uint32_t key;         /* of the datapath whose port group it is; 0: an address set */
        uint64_t fingerprint; /* 0: there was none */
    } * sets;
    size_t n_sets;
    /* Finds those of `sets`: a run asks for each as often as a flow names it.  Only until
     * dependencies_complete(). */
    struct listed_set *listed;
    uint64_t *ways; /* to chassis: see specialise_tunnels() */
    size_t n_ways;
    bool unknown; /* also on something that no datapath has: never to be reused */
};

void dependencies_add(struct dependencies *, const struct model_datapath *);
void dependencies_add_address_set(struct dependencies *, const struct model *, const char *name);
void dependencies_add_port_group(struct dependencies *, const struct model *,
                                 const struct model_datapath *, const char *name);
void dependencies_add_way(struct dependencies *, uint64_t way);
/* Nothing more is added: frees what only that needs. */
void dependencies_complete(struct dependencies *);
void dependencies_free(struct dependencies *);
/* Adds to a list, grown by model_grow(), the tokens (model_log.h) of all of it: some may be
 * there twice.  A way is a token of its own. */
void dependencies_tokens(const struct dependencies *, uint64_t **tokens, size_t *n);
/* Whether all of it but the ways is in the model as it was. */
bool dependencies_hold(const struct dependencies *, const struct model *);

#endif
