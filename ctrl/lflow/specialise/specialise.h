/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_SPECIALISE_H
#define ICGW_SPECIALISE_H

/* Model in, forwarding tables out: the pipeline is run ahead of time for every
 * destination that can arrive.  Control thread only. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "icgw_tables.h"
#include "model.h"

/* Where tunnels lead.  icgw_dest.tunnel is an index into these. */
struct specialised_tunnel {
    struct icgw_addr local;
    struct icgw_addr remote;
    uint16_t dst_port; /* host byte order */
    bool csum;
};

/* A destination that is not on the fast path. */
struct specialised_report {
    char *port;        /* logical port by which it arrives */
    char *destination; /* prefix or MAC address; "*" for all */
    bool unsupported;  /* dropped; otherwise forwarded by the slow path */
    char *why;
    char *flow;  /* uuid, stage, match and actions of the flow that decided; may be "" */
    char *needs; /* what would be needed; may be "" */
};

struct specialised_part;
#define SPECIALISE_PARTS 256 /* as ICGW_SHARES in dp/shares.h, for the same reason */

struct specialised {
    uint64_t model_id; /* see model_log.h */
    uint64_t model_version;
    uint64_t chassis_fingerprint;
    struct icgw_tables *tables; /* tunnels are empty: the caller sets them */
    struct specialised_tunnel *tunnels;
    size_t n_tunnels;
    struct specialised_part *parts[SPECIALISE_PARTS]; /* NULL: no endpoints */
    size_t n_reports;
    size_t n_unsupported;  /* of those */
    size_t n_destinations; /* entries in the tables */
    size_t n_endpoints;
    size_t n_reused; /* endpoints that are the same as before */
    uint64_t *ways;  /* to each chassis of model_chassis_list(): its encaps and their tunnels */
    uint64_t *sorted_ways; /* the same, ascending */
    size_t n_ways;
    bool same_ways; /* as in the result before */
};

/* NULL when memory for tables is exhausted.  The caller frees the result; the
 * tables are freed with it unless it took them (and set .tables to NULL). */
struct specialised *specialise(const struct model *, const struct icgw_addr *locals,
                               size_t n_locals);
/* The same, taking over what has not changed since `before` (NULL: nothing), of which
 * `tables` are, or copies of those.  The local addresses must be the same.  Of the model
 * of `before` it looks at what has changed only; that of any other is compared. */
struct specialised *specialise_again(const struct model *, const struct icgw_addr *locals,
                                     size_t n_locals, const struct specialised *before,
                                     const struct icgw_tables *tables);
void specialised_free(struct specialised *);

/* Report `i` of n_reports; those of an endpoint are next to each other. */
const struct specialised_report *specialised_report(const struct specialised *, size_t i);

typedef void specialised_report_fn(void *aux, const struct specialised_report *);
/* Calls back with what is reported, and was not of the same endpoint before. */
void specialised_new_reports(const struct specialised *, const struct specialised *before,
                             specialised_report_fn *, void *aux);

/* The tunnel to a chassis, or ICGW_NO_TUNNEL.  encap NULL, or of an address family
 * that none of our addresses has: the first one of a family that one of them has. */
uint16_t specialised_tunnel(const struct specialised *, const struct model_chassis *,
                            const struct model_encap *encap);

#endif
