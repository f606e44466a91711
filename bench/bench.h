/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_H
#define BENCH_H

/* ovnic-gw-bench: the forwarding library without databases, alone or on a device. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "icgw_forward.h"
#include "icgw_pmd.h"

struct rte_mbuf;

#define BENCH_MAX_DEVICES ICGW_MAX_PORTS
#define BENCH_MAX_TRANSITS 10000
#define BENCH_MAX_DESTINATIONS 10000000 /* of all transit switches */
#define BENCH_MAX_RATE 100000000
/* Inner frame with 16 bytes behind IPv6 and UDP headers, for the time. */
#define BENCH_MIN_TIMED6 78
/* With its outer headers, what memif takes. */
#define BENCH_MAX_TIMED 1456

enum bench_direction {
    BENCH_OUT, /* hypervisor to remote gateway: by inner destination MAC */
    BENCH_IN,  /* remote gateway to hypervisor: by inner destination address */
};

struct bench_options {
    enum bench_direction direction;
    bool checksum; /* UDP checksum in and out */
    bool ipv6;     /* inside */
    bool json;
    bool by_stage;
    bool huge_pages; /* with a device */
    uint32_t memory_mib;
    const char *devices[BENCH_MAX_DEVICES];
    uint16_t n_devices; /* 0: the library alone */
    uint16_t workers;
    enum icgw_spread spread;
    const char *pcap;      /* only write the frames, to this file; or NULL */
    uint32_t transits;     /* transit switches */
    uint32_t destinations; /* behind each */
    uint32_t flows;
    uint32_t length;  /* bytes of inner frame */
    uint32_t latency; /* packets per second that are timed, through a loop; 0: none */
    double seconds;
};

#define BENCH_ROUNDS 10
/* Of bursts: percentiles 1, 50, 99, 99.9 of the time that one takes. */
#define BENCH_PERCENTILES 4

/* What packets go through one after the other. */
#define BENCH_MAX_STAGES 8
struct bench_stage {
    const char *way; /* of which this is a stage */
    const char *name;
    double cycles; /* per packet, median; below 0: these packets do not go that way */
};

#define BENCH_LATENCIES 5

struct bench_latency {
    uint64_t sent;
    uint64_t received;
    uint64_t skipped;           /* not sent in time, because the generator had no core */
    double ns[BENCH_LATENCIES]; /* percentiles 50, 90, 99, 99.9, and the most */
    double generator_pause_ns;  /* longest: no packet is taken in meanwhile */
    double worker_had_core;     /* share of the time */
};

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
    struct bench_stage stages[BENCH_MAX_STAGES];
    unsigned int n_stages;
    struct bench_latency latency;
};

#define BENCH_MIN_LENGTH 64
#define BENCH_MAX_LENGTH 1900 /* one default mbuf with outer headers */

/* options.c.  Exits on --help and on mistakes. */
void bench_parse_options(struct bench_options *, int argc, char **argv);

/* print.c */
void bench_print_table(const struct bench_options *, const struct bench_result *);
void bench_print_json(const struct bench_options *, const struct bench_result *);

/* world.c.  Tables with the destinations asked for.  NULL: no memory. */
struct icgw_tables *bench_tables(const struct bench_options *);
/* Makes *m the frame of one flow, as a NIC would have received it. */
void bench_frame(const struct bench_options *, uint32_t flow, struct rte_mbuf *m);

/* measure.c.  Frames in flight, as many as a receive queue has: more than
 * first-level cache holds, so that headers do not lie there by chance. */
#define BENCH_IN_FLIGHT 512
struct bench_frames {
    const struct bench_options *options;
    struct rte_mbuf *pkts[BENCH_IN_FLIGHT];
    uint32_t next_flow;
};
/* Writes all frames anew, of the next flows. */
void bench_frames_refill(struct bench_frames *);
/* The median of n values, which it sorts. */
double bench_median(double *values, size_t n);

/* stages.c.  Fills result->stages, in process.  Returns NULL or what went wrong. */
const char *bench_by_stage(struct bench_frames *, const struct icgw_tables *, struct icgw_memo *,
                           struct bench_result *);

/* clock.c.  Reads the clock before and after what the workers call of their
 * devices' drivers.  Start after icgw_pmd_start(), with workers running: returns
 * NULL or what went wrong.  Note: once in a while, with the packets sent since. */
const char *bench_clock_start(void);
void bench_clock_note(uint64_t packets);
void bench_clock_result(struct bench_result *);

/* worker.c.  Nanoseconds that a thread of this process had a core. */
uint64_t bench_cpu_time(int thread);
void bench_configure(const struct bench_options *, struct icgw_pmd_config *);

/* Run; return NULL or what went wrong. */
const char *bench_measure(const struct bench_options *, struct bench_result *);
const char *bench_device(const struct bench_options *, struct bench_result *);
const char *bench_latency(const struct bench_options *, struct bench_result *);
const char *bench_write_pcap(const struct bench_options *);

#endif
