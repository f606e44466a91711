/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_PMD_H
#define ICGW_PMD_H

/* EAL, ports, workers.  All functions: control thread only, unless said. */

#include <stdbool.h>
#include <stdint.h>

#include "icgw_account.h"
#include "icgw_forward.h"
#include "icgw_stats.h"
#include "icgw_tables.h"

struct rte_mbuf;

#define ICGW_MAX_PORTS 8
#define ICGW_MAX_WORKERS 64

/* How the flows that come by a port spread over the workers.  Whichever way,
 * packets of one flow keep their order. */
enum icgw_spread {
    ICGW_SPREAD_AUTO,     /* configuration only: the best that the device can do */
    ICGW_SPREAD_NONE,     /* there is one worker */
    ICGW_SPREAD_QUEUES,   /* as the device's queues receive them */
    ICGW_SPREAD_RSS,      /* the device hashes outer addresses and UDP ports */
    ICGW_SPREAD_FLOW,     /* rules of the device (rte_flow) for tunnel packets */
    ICGW_SPREAD_HANDOVER, /* workers hand over to each other, by hash of the inner flow: asked for
                           */
};

struct icgw_pmd_port_config {
    const char *name;           /* of the [port NAME] section */
    const char *device;         /* PCI address or vdev arguments */
    const char *host_interface; /* TAP to create; NULL for none (bench) */
    uint16_t mtu;               /* of port and host interface; 0: 1500 */
    enum icgw_spread spread;    /* AUTO, QUEUES or HANDOVER */
};

struct icgw_pmd_config {
    const char *program; /* for messages of EAL */
    bool huge_pages;
    uint32_t memory_mib;
    uint16_t n_workers;
    bool idle_sleep;                /* workers sleep when nothing arrives */
    uint32_t extra_mbufs;           /* beyond what queues need (bench: net_pcap with infinite_rx) */
    const struct icgw_addr *locals; /* addresses that tunnels end at; copied */
    uint16_t n_locals;
    uint16_t n_ports;
    struct icgw_pmd_port_config ports[ICGW_MAX_PORTS];
};

/* Starts EAL, ports, host interfaces and workers.  On failure returns false and
 * sets *error (malloc'ed: what failed, where, what to do); nothing is left
 * running.  Workers run with empty tables until icgw_pmd_publish().  Once in the
 * life of a process (EAL does not start twice), and after it has forked. */
bool icgw_pmd_start(const struct icgw_pmd_config *, char **error);
/* Stops workers and closes ports; frees the published tables.  Returns -1, or the
 * number of a worker that has not ended within 3 s: it may still use everything,
 * so all is left as it is, for the end of the process. */
int icgw_pmd_stop(void);

/* Makes workers use *tables from their next burst on; takes ownership of them,
 * sets icgw_tunnel.offload, and copies them to each NUMA node where workers run.
 * The tables before are freed when no worker can see them any more, at the
 * latest by a later icgw_pmd_publish(), icgw_pmd_run() or icgw_pmd_stop(). */
void icgw_pmd_publish(struct icgw_tables *tables);
/* The published tables, the first copy; valid until the next icgw_pmd_publish(). */
const struct icgw_tables *icgw_pmd_tables(void);
/* A number that grows with each publication, and the newest that every worker
 * is known to use. */
uint64_t icgw_pmd_published(void);
uint64_t icgw_pmd_in_use(void);

/* Periodic work: reclaims old tables. */
void icgw_pmd_run(void);

/* Slow path.  The descriptor becomes readable when workers have handed packets
 * over, and stays so until icgw_pmd_slow_rx() has returned them all.  Returned
 * mbufs belong to the caller; reasons[i] says why.  At most n. */
int icgw_pmd_slow_fd(void);
uint16_t icgw_pmd_slow_rx(struct rte_mbuf **pkts, enum icgw_slow *reasons, uint16_t n);
/* Queues a complete frame for transmission by `port`; takes the mbuf in any
 * case.  False: the queue is full (counted as tx_full). */
bool icgw_pmd_tx(uint16_t port, struct rte_mbuf *);
/* An mbuf with ICGW_OUTER_MAX bytes of headroom and a copy of data; NULL: none
 * left, or data does not fit one segment. */
struct rte_mbuf *icgw_pmd_mbuf(const void *data, uint16_t len);

/* BFD lane.  One thread, which need not be the control thread, between
 * icgw_pmd_start() and icgw_pmd_stop(); no lock, and no memory that workers
 * would have to share with it.  The descriptor becomes readable when workers have
 * handed frames over, and stays so until icgw_pmd_bfd_rx() has returned 0; that
 * copies the next frame, whose length it returns.  icgw_pmd_bfd_tx() queues a
 * copy for transmission by `port`; false: the queue is full. */
#define ICGW_BFD_FRAME_MAX 188
int icgw_pmd_bfd_fd(void);
uint16_t icgw_pmd_bfd_rx(uint8_t *frame, uint16_t max);
bool icgw_pmd_bfd_tx(uint16_t port, const uint8_t *frame, uint16_t len);
/* Tunnel packets that have arrived, BFD left out.  Any thread. */
uint64_t icgw_pmd_arrived(void);

/* What workers have counted for an account.  Any thread. */
struct icgw_traffic icgw_pmd_traffic(uint16_t account);

struct icgw_worker_info {
    unsigned int core;       /* CPU; with idle_sleep the one on which it ran last */
    int thread;              /* gettid(2); 0: does not run yet */
    struct icgw_stats stats; /* a copy */
};
uint16_t icgw_pmd_n_workers(void);
void icgw_pmd_worker_info(uint16_t worker, struct icgw_worker_info *);
/* Counters of the functions above that drop (icgw_pmd_tx()): a copy. */
void icgw_pmd_control_stats(struct icgw_stats *);

/* Something that an operator may want to know about a port, found when starting. */
struct icgw_pmd_note {
    bool warning;
    char text[200];
};

/* A copy of the published tables.  There is one for each NUMA node where workers
 * run; what found no memory there is read from the first copy, as the note says. */
struct icgw_copy_info {
    int node;                  /* below 0: of no node in particular */
    uint16_t n_workers;        /* that run there */
    struct icgw_pmd_note note; /* text "": all as it should be */
};
uint16_t icgw_pmd_n_copies(void);
void icgw_pmd_copy_info(uint16_t i, struct icgw_copy_info *);
/* Of memory for it, the allocator's own left out.  Goes through all endpoints. */
size_t icgw_pmd_copy_bytes(uint16_t i);

const char *icgw_spread_name(enum icgw_spread);

struct icgw_port_info {
    const char *name;
    const char *device;
    const char *driver;
    const char *host_interface;
    unsigned int kernel_index; /* of the kernel's interface that the device is, too; 0: none */
    uint8_t mac[6];
    bool link_up;
    uint16_t mtu;
    bool udp_cksum; /* computes UDP checksums (icgw_tunnel.offload) */
    uint16_t n_rx_queues;
    uint16_t n_tx_queues;
    enum icgw_spread spread;
    uint16_t n_notes;
    const struct icgw_pmd_note *notes;
    bool counted;            /* by rules: */
    uint64_t tunnel_packets; /* to the workers' queues */
    uint64_t rest_packets;   /* to the host's queue */
    uint64_t rx_packets;     /* as the driver counts them */
    uint64_t tx_packets;
    uint64_t rx_bytes;
    uint64_t tx_bytes;
    uint64_t rx_missed;
    uint64_t rx_no_mbuf; /* frames lost for want of an mbuf */
    uint64_t rx_errors;
    uint64_t tx_errors;
};
uint16_t icgw_pmd_n_ports(void);
void icgw_pmd_port_info(uint16_t port, struct icgw_port_info *);
bool icgw_pmd_link_up(uint16_t port);

#endif
