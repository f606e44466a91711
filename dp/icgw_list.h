/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_LIST_H
#define ICGW_LIST_H

/* The contents of forwarding tables, for people.  Control thread only. */

#include <stdint.h>

#include "icgw_tables.h"

enum icgw_entry_kind { ICGW_ENTRY_L2, ICGW_ENTRY_V4, ICGW_ENTRY_V6 };

/* A destination with what it is found by. */
struct icgw_entry {
    enum icgw_entry_kind kind;
    uint8_t addr[16];  /* MAC, IPv4 (4 bytes) or IPv6 address; network byte order */
    uint8_t len;       /* prefix length */
    uint16_t eth_type; /* host byte order; ICGW_ENTRY_L2 only */
    const struct icgw_dest *dest;
};

typedef void icgw_entry_fn(const struct icgw_entry *, void *aux);

/* Calls the function for every destination of the endpoint, in no order.  The
 * entry is gone afterwards, *dest lives as long as the endpoint. */
void icgw_endpoint_list(const struct icgw_endpoint *ep, icgw_entry_fn *show, void *aux);

#endif
