/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_TRACE_OUTER_H
#define ICGW_TRACE_OUTER_H

/* The headers of a frame on the underlay, for people and for comparisons.  Any
 * thread; reads nothing beyond `len`. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "icgw_tables.h"

struct ds;
struct model;

struct outer {
    uint8_t eth_dst[6];
    uint8_t eth_src[6];
    bool tagged;
    uint16_t vlan;
    struct icgw_addr src;
    struct icgw_addr dst;
    uint16_t src_port;
    uint16_t dst_port;
    bool has_option;
    uint32_t vni;
    uint16_t inport;
    uint16_t outport;
    size_t inner; /* offset of the inner frame */
};

/* False: no Geneve, or cut off before the inner frame. */
bool outer_parse(const uint8_t *frame, size_t len, struct outer *);
/* An address of either family. */
void outer_format_ip(const struct icgw_addr *, struct ds *);
/* "192.0.2.11 > 192.0.2.21, VNI 2 (lr1), from port 1 (lr1-ls1) to port 3 (cr-lr1-ts1)"; the
 * names are those of `model` (NULL: none). */
void outer_format(const struct outer *, const struct model *, struct ds *);
/* "00:…:01 > 00:…:02, IPv4 10.1.0.10 > 10.2.0.10, TTL 64, UDP 1 > 2, 92 bytes".  `len`
 * bytes are there of a frame that has `whole`. */
void inner_format(const uint8_t *frame, size_t len, size_t whole, struct ds *);

#endif
