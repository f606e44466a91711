/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_PCAPNG_H
#define ICGW_PCAPNG_H

/* The few blocks of a pcapng file that a capture needs (draft-ietf-opsawg-pcapng).
 *
 * Not DPDK's rte_pcapng: that of 22.11 writes no comments and lists every ethdev,
 * host interfaces included, and its functions have changed with each release since.
 * Not libpcap: it reads pcapng and writes pcap only. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct pcapng_packet {
    uint32_t interface; /* in the order of pcapng_interface() */
    uint64_t ns;        /* since 1970 */
    const void *data;
    uint32_t len;     /* bytes of data … */
    uint32_t pkt_len; /* … of a packet that had so many */
    bool outbound;
    uint64_t id;         /* the same packet elsewhere has the same; 0: none */
    const char *comment; /* NULL: none */
};

/* All: false when the file cannot be written; errno says why. */
bool pcapng_begin(FILE *, const char *application);
bool pcapng_interface(FILE *, const char *name, uint32_t snaplen, const char *filter);
bool pcapng_packet(FILE *, const struct pcapng_packet *);
/* How many packets one interface missed; at the end. */
bool pcapng_statistics(FILE *, uint32_t interface, uint64_t ns, uint64_t missed);

#endif
