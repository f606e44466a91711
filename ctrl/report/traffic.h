/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_REPORT_TRAFFIC_H
#define ICGW_REPORT_TRAFFIC_H

/* What workers have counted by peer and by transit switch or router, since the
 * daemon started.  Control thread only. */

#include <stddef.h>
#include <stdint.h>

#include "icgw_account.h"

struct json;

struct traffic_line {
    struct icgw_addr peer; /* 0 for a datapath, … */
    uint32_t datapath;     /* … and the tunnel key 0 for a peer */
    struct icgw_traffic rx;
    struct icgw_traffic tx;
};

struct traffic {
    struct traffic_line *lines; /* sorted, each of peer and datapath once */
    size_t n;
};

void traffic_take(struct traffic *);
void traffic_free(struct traffic *);

/* All zeroes: it has none. */
struct traffic_line traffic_of_peer(const struct traffic *, const struct icgw_addr *);
struct traffic_line traffic_of_datapath(const struct traffic *, uint32_t key);

/* Adds rx_packets, rx_bytes, tx_packets and tx_bytes. */
void traffic_put(struct json *object, const struct traffic_line *);

#endif
