/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOFT_NIC_H
#define SOFT_NIC_H

/* A NIC in software: net_null with receive and transmit callbacks, and with
 * control functions of ethdev replaced (linked with --wrap, see meson.build) so
 * that it has the abilities that a test gives it.  It executes RSS and rules of
 * rte_flow on frames that the test injects. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>

#define SOFT_NIC_DEVICE "net_null0,no-rx=1"
#define SOFT_NIC_QUEUES 16
#define SOFT_NIC_FRAME_MAX 10240
#define SOFT_NIC_SENT_MAX 8192

struct soft_nic {
    /* What it can do; the test sets it. */
    uint16_t max_rx_queues;
    uint16_t rx_queues; /* that can be set up, fewer than it says; 0: all */
    uint16_t max_tx_queues;
    uint64_t rss;              /* RTE_ETH_RSS_* */
    uint64_t tx_offloads;      /* beside those of net_null */
    bool flow;                 /* rules at all … */
    bool flow_refuse;          /* … of which it takes none … */
    bool flow_geneve;          /* … with the Geneve item, */
    bool flow_inner;           /* RSS on inner headers, */
    bool flow_count;           /* counters, */
    bool flow_rest;            /* and one for all that no other rule takes */
    uint16_t segment;          /* bytes in one mbuf; 0: as many as fit */
    _Atomic(uint16_t) accepts; /* frames of a burst that are sent */

    /* What has become of it; the test reads it. */
    struct rte_eth_conf conf;
    uint16_t n_rxq;
    uint16_t n_txq;
    unsigned int configured; /* times */
    unsigned int n_rules;
    _Atomic(uint64_t) no_mbuf;
    atomic_uint n_sent;
    atomic_uint n_offloaded; /* checksums computed */
};

extern struct soft_nic soft_nic;

/* Empty, able to do everything. */
void soft_nic_reset(void);
/* As from the wire: to the queue that rules and RSS say.  False: lost, for want
 * of an mbuf or of room in the queue.  *queue: where to; may be NULL. */
bool soft_nic_receive(const uint8_t *frame, uint16_t len, uint16_t *queue);
/* The frame sent as number i; *len may be NULL. */
const uint8_t *soft_nic_sent(unsigned int i, uint16_t *len);

/* A Geneve packet of a flow (flow: inner UDP source port; the outer one follows
 * from it) with 16 bytes of payload, of which the first four are `mark`. */
#define TUNNEL_LEN (58 + 14 + 20 + 8 + 16)
#define TUNNEL_MARK (58 + 14 + 20 + 8)
void soft_nic_tunnel(uint8_t frame[TUNNEL_LEN], uint16_t flow, uint32_t mark);

#endif
