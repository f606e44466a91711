/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_H
#define BENCH_H

/* ovnic-gw-bench: the forwarding library without databases, alone or on a device. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "icgw_pmd.h"

struct icgw_tables;
struct rte_mbuf;

#define BENCH_MAX_DEVICES ICGW_MAX_PORTS

enum bench_direction {
    BENCH_OUT, /* hypervisor to remote gateway: by inner destination MAC */
    BENCH_IN,  /* remote gateway to hypervisor: by inner destination address */
};

struct bench_options {
    enum bench_direction direction;
    bool checksum; /* UDP checksum in and out */
    bool v6;       /* inner IPv6 */
    bool json;
    bool huge_pages; /* with a device */
    uint32_t memory_mib;
    const char *devices[BENCH_MAX_DEVICES];
    uint16_t n_devices; /* 0: the library alone */
    uint16_t workers;
    enum icgw_spread spread;
    const char *pcap; /* only write the frames, to this file; or NULL */
    uint32_t destinations;
    uint32_t flows;
    uint32_t length; /* bytes of inner frame */
    double seconds;
};

#define BENCH_ROUNDS 10
/* Of bursts: percentiles 1, 50, 99, 99.9 of the time that one takes. */
#define BENCH_PERCENTILES 4

struct bench_result {
    uint64_t packets;
    double packets_per_second;         /* of the median round, all workers */
    double share[ICGW_MAX_WORKERS];    /* of each worker in the packets sent */
    double had_core[ICGW_MAX_WORKERS]; /* share of the time that it had a core */
    double capacity;                   /* packets per second if each had had one all the time */
    uint64_t handed_over;              /* between workers */
    uint64_t dropped;                  /* for any reason */
    double cycles[BENCH_ROUNDS];       /* per packet, ascending; TSC */
    uint32_t burst[BENCH_PERCENTILES]; /* TSC cycles */
    double bytes_per_destination;
};

#define BENCH_MIN_LENGTH 64
#define BENCH_MAX_LENGTH 1900 /* one default mbuf with outer headers */

/* Tables with the destinations asked for.  NULL: no memory. */
struct icgw_tables *bench_tables(const struct bench_options *);
/* Makes *m the frame of one flow, as a NIC would have received it. */
void bench_frame(const struct bench_options *, uint32_t flow, struct rte_mbuf *m);
/* Run; return NULL or what went wrong. */
const char *bench_measure(const struct bench_options *, struct bench_result *);
const char *bench_device(const struct bench_options *, struct bench_result *);
const char *bench_write_pcap(const struct bench_options *);

#endif
