/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_WAITING_H
#define ICGW_WAITING_H

/* Packets that wait for the MAC address of their next hop.  Control thread only. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "icgw_tables.h"

/* As many as ovn-controller holds for one next hop; in all, what a burst to a
 * whole unknown subnet may cost in memory. */
#define WAITING_PER_NEIGHBOUR 4
#define WAITING_MAX 512
/* Neighbours that have not answered by then are not there. */
#define WAITING_MS 5000

/* A packet as it came out of the tunnel. */
struct waiting_packet {
    uint32_t vni;
    uint16_t inport;
    uint16_t outport;
    uint16_t src_port;    /* outer UDP */
    struct icgw_addr src; /* outer */
    uint16_t len;
    uint8_t *frame;
};

struct waiting_entry {
    char *port; /* logical port that the next hop is behind */
    bool v6;
    struct icgw_addr ip;
    int64_t deadline;
    struct waiting_packet packet;
};

struct waiting {
    struct waiting_entry *entries[WAITING_MAX]; /* oldest first */
    size_t n;
};

/* Copies the packet.  Returns how many others were pushed out (0 or 1). */
unsigned int waiting_add(struct waiting *, const char *port, bool v6, const struct icgw_addr *ip,
                         const struct waiting_packet *, int64_t now);
/* Whether it is this next hop that the packet waits for. */
bool waiting_for(const struct waiting_entry *, const char *port, const struct icgw_addr *ip);
/* Takes the entry out; waiting_entry_free() it. */
struct waiting_entry *waiting_take(struct waiting *, size_t index);
void waiting_entry_free(struct waiting_entry *);
/* Removes what is over its deadline; returns how many. */
unsigned int waiting_expire(struct waiting *, int64_t now);
void waiting_clear(struct waiting *);

#endif
