/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PMD_H
#define PMD_H

/* Private to pmd/.
 *
 * Who may touch what: `struct pmd` and everything under it is written by the
 * control thread before the workers start and after they have stopped.  While
 * they run, it is constant, except where a field says otherwise. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>
#include <rte_ether.h>
#include <rte_ring.h>

#include "icgw_pmd.h"

struct pmd_capture;
struct rte_device;
struct rte_flow;
struct rte_mbuf;
struct rte_mempool;
struct rte_rcu_qsbr;

#define PMD_NO_QUEUE UINT16_MAX

/* Descriptors of a port's queue: as many received frames as a napping worker
 * (1 ms at most) can find at 2 Mpps. */
#define PMD_RX_DESC 2048
#define PMD_TX_DESC 1024

/* net_tap reads each frame with an I/O vector of that many mbufs and allocates
 * them in advance; a frame fits one. */
#define PMD_HOST_RX_DESC 4
#define PMD_HOST_TX_DESC 256

/* What net_tap sends beyond the MTU: the Ethernet header, a VLAN tag, the CRC. */
#define PMD_HOST_OVERHEAD (RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN + RTE_ETHER_CRC_LEN)

#define PMD_RING_SIZE 1024
/* As PMD_RX_DESC: the worker at the other end may be napping. */
#define PMD_HANDOVER_RING_SIZE 2048

/* How long workers are waited for.  One ends its poll first, or its nap: a millisecond. */
#define PMD_STOP_S 3
#define PMD_STOP_POLL_US 100

#define PMD_MAX_LOCALS 8
#define PMD_MAX_NOTES 16

/* An ethdev: a port, or the host interface of one.
 *
 * A queue belongs to one worker, for reception and transmission alike.  A worker
 * that has no transmission queue hands its frames to the owner of queue 0. */
struct pmd_dev {
    uint16_t id; /* ethdev port id */
    bool probed;
    bool started;
    int node;      /* below 0: unknown */
    uint16_t pool; /* of pmd.pools[]: what it receives into */
    uint16_t n_rxq;
    uint16_t n_txq;
    bool udp_cksum;                    /* the device computes it where an mbuf asks for it */
    uint16_t owners[ICGW_MAX_WORKERS]; /* by queue */
    uint16_t n_near;                   /* workers of its node, the first owners */
    uint16_t rest_queue;               /* of the owner of queue 0: for all but tunnel packets;
                                        * PMD_NO_QUEUE: none */
    struct rte_device *device;
    /* Frames to be sent by the owner of queue 0.  One ring per producer, so
     * that nobody waits for anybody: [0] control thread, [1 + w] worker w, if
     * it has no queue.  NULL where not needed. */
    struct rte_ring *feeds[1 + ICGW_MAX_WORKERS];
};

struct pmd_port {
    char *name;
    char *device;
    char *host_interface; /* NULL: none */
    char driver[32];
    uint8_t mac[6];
    uint16_t mtu;
    bool steer;              /* rules are to be tried */
    enum icgw_spread wanted; /* as configured */
    enum icgw_spread spread;
    uint16_t n_notes;
    struct icgw_pmd_note notes[PMD_MAX_NOTES];
    struct rte_flow *flows[PMD_MAX_LOCALS]; /* one for each of our addresses; NULL: none */
    struct rte_flow *flow_rest;
    bool flows_count;
    struct pmd_dev dev;
    struct pmd_dev host;
    struct rte_ring *bfd; /* BFD thread enqueues, owner of queue 0 dequeues */
};

/* One worker's way to send by a device.  Worker only, while it runs. */
struct pmd_out {
    uint16_t id;
    uint16_t queue;        /* PMD_NO_QUEUE: use `feed` */
    uint16_t n;            /* frames in pkts[] */
    uint8_t full;          /* enum icgw_drop: what a frame that is not taken counts as */
    struct rte_ring *feed; /* to the owner of queue 0; NULL: no such device, drop */
    uint16_t n_feeds;      /* rings that this worker sends from, as owner of queue 0 */
    struct rte_ring **feeds;
    struct rte_mbuf *pkts[ICGW_BURST];
};

/* Hand-over of received frames between workers, where the device does not
 * spread flows.  Whoever receives a flow hands it to one worker, by a ring that
 * only these two use, so its packets keep their order. */
#define PMD_SHARES 256
struct pmd_handover {
    bool on;                   /* this worker receives and hands over … */
    bool all;                  /* … all that it receives, not only what the rest queue has */
    uint16_t n_from;           /* used entries of from[] */
    uint8_t share[PMD_SHARES]; /* worker, by the upper bits of a flow's hash */
    struct rte_ring *to[ICGW_MAX_WORKERS];   /* by worker; this one enqueues */
    struct rte_ring *from[ICGW_MAX_WORKERS]; /* this one dequeues */
};

/* What one worker has of one port. */
struct pmd_lane {
    uint16_t id;
    uint16_t rx_queue;   /* PMD_NO_QUEUE: none */
    uint16_t rest_queue; /* likewise */
    uint16_t host_id;
    uint16_t host_rx_queue;
    uint32_t host_max;    /* bytes of a frame that the host interface takes */
    struct rte_ring *bfd; /* as pmd_port.bfd; NULL: another worker's */
    struct pmd_out tx;
    struct pmd_out host;
    struct pmd_handover handover;
};

/* Token bucket, counted in TSC cycles. */
struct pmd_bucket {
    uint64_t credit;
    uint64_t last;
};

/* Worker only, while it runs, except where said. */
struct pmd_worker {
    uint16_t index;
    bool relays; /* other workers send by queues of this one */
    unsigned int lcore;
    unsigned int cpu;  /* where it ran last; control thread reads */
    atomic_int thread; /* gettid(2); control thread reads */
    uint64_t now;      /* TSC at the start of this poll */
    struct icgw_memo *memo;
    /* The copy for its node.  Control thread stores, worker loads. */
    _Atomic(const struct icgw_tables *) tables;
    struct icgw_traffic *traffic; /* ICGW_ACCOUNTS; other threads read */
    /* capture.h; NULL: off.  Control thread stores, worker loads. */
    _Atomic(struct pmd_capture *) capture;
    struct pmd_bucket buckets[ICGW_N_SLOWS];
    struct rte_ring *slow; /* this worker enqueues, control thread dequeues */
    struct rte_ring *bfd;  /* this worker enqueues, BFD thread dequeues */
    struct rte_ring *feeds[2 * ICGW_MAX_PORTS][1 + ICGW_MAX_WORKERS]; /* see pmd_out.feeds */
    struct pmd_lane lanes[ICGW_MAX_PORTS];
    struct icgw_stats stats; /* control thread reads */
} __rte_cache_aligned;

struct pmd {
    bool eal; /* rte_eal_init() succeeded */
    bool idle_sleep;
    bool pinned; /* each worker has a CPU of its own */
    uint16_t n_workers;
    uint16_t n_locals;
    struct icgw_addr locals[PMD_MAX_LOCALS];
    uint16_t n_ports;
    struct pmd_port ports[ICGW_MAX_PORTS];
    struct pmd_worker *workers[ICGW_MAX_WORKERS];
    uint16_t n_pools; /* one for each NUMA node with ports */
    struct rte_mempool *pools[ICGW_MAX_PORTS];
    struct rte_rcu_qsbr *rcu;
    struct icgw_stats control; /* control thread only */
    atomic_bool stop;          /* control thread stores, workers load */
};

extern struct pmd pmd;

/* error.c.  Sets *error and returns false. */
bool pmd_fail(char **error, const char *format, ...) __rte_format_printf(2, 3);

/* cpus.c */
struct pmd_cpus {
    bool pinned;
    char lcores[16384]; /* for --lcores: lcore 0 control, 1 + w worker w */
};
/* `cpus` are the CPUs that the process may use, in the order of pmd_numa_order();
 * `n_near` of them, the last, are near a port. */
bool pmd_cpus_plan(const unsigned int *cpus, unsigned int n_cpus, unsigned int n_near,
                   uint16_t n_workers, bool idle_sleep, struct pmd_cpus *plan, char **error);

/* numa.c */
struct pmd_cpu {
    unsigned int id;
    int node; /* below 0: unknown */
};
int pmd_numa_of_device(const char *device);
int pmd_numa_of_cpu(unsigned int cpu);
/* Puts the CPUs for pinned workers last, each near a port as far as there are
 * such CPUs, and before them what else is near one.  Returns the number of CPUs
 * that are near a port. */
unsigned int pmd_numa_order(struct pmd_cpu *cpus, unsigned int n_cpus, uint16_t n_workers,
                            const int *ports, uint16_t n_ports);
/* One group for each node that n ports, or workers, are on; what is on no known node
 * is in the first.  Returns how many, 1 at least; nodes[] by group (below 0: unknown),
 * groups[] by port or worker. */
uint16_t pmd_numa_group(const int *of, uint16_t n, uint16_t *groups, int *nodes);
/* Lists the workers, from number `first` on, those near the port before others;
 * returns how many are near. */
uint16_t pmd_numa_owners(int port, const int *workers, uint16_t n_workers, uint16_t first,
                         uint16_t *owners);

/* eal.c */
bool pmd_eal_start(const struct icgw_pmd_config *config, char **error);
void pmd_eal_stop(void);
/* What to look at when EAL does not start for that reason, pmd_log_reason(). */
const char *pmd_eal_hint(const char *reason, bool huge_pages);

/* log.c */
void pmd_log_record(void);
/* Something is tried. */
void pmd_log_listen(void);
/* Why it failed: what DPDK has logged since, else the text of the errno. */
const char *pmd_log_reason(int error);
/* Ends recording; DPDK logs to stderr and syslog from here on. */
void pmd_log_release(void);

/* dev.c */
struct pmd_dev_setup {
    const char *what; /* for messages: port "uplink" */
    uint16_t mtu;
    uint16_t n_rxd;
    uint16_t n_txd;
    bool rss;       /* hash over the reception queues */
    bool udp_cksum; /* computed by the device where it can */
};
bool pmd_dev_probe(struct pmd_dev *dev, const char *what, const char *args, uint16_t index,
                   uint16_t mtu, const char *hint, char **error);
void pmd_dev_halt(struct pmd_dev *dev);
bool pmd_dev_start(struct pmd_dev *dev, const struct pmd_dev_setup *setup, char **error);
void pmd_dev_stop(struct pmd_dev *dev);
/* The queue of `dev` that belongs to the worker; PMD_NO_QUEUE: none. */
uint16_t pmd_dev_queue(const struct pmd_dev *dev, uint16_t worker, uint16_t n_queues);

/* port.c, host.c, pool.c */
bool pmd_port_probe(struct pmd_port *port, uint16_t index,
                    const struct icgw_pmd_port_config *config, char **error);
bool pmd_port_start(struct pmd_port *port, char **error);
void pmd_port_stop(struct pmd_port *port);
bool pmd_host_probe(struct pmd_port *port, uint16_t index, char **error);
bool pmd_host_start(struct pmd_port *port, char **error);
bool pmd_pools_create(uint32_t min_mbufs, char **error);
void pmd_pools_free(void);

/* note.c */
void pmd_note(struct pmd_port *port, bool warning, const char *format, ...)
    __rte_format_printf(3, 4);

/* spread.c */
/* `hashes` are the RTE_ETH_RSS_* flags of the device. */
/* Says what was chosen, once the device runs. */
void pmd_spread_note(struct pmd_port *port);
enum icgw_spread pmd_spread_choose(enum icgw_spread wanted, uint16_t n_workers, uint16_t n_rxq,
                                   uint64_t hashes);
/* What the device has to hash so that tunnels spread by their UDP source port. */
uint64_t pmd_spread_hashes(void);

/* handover.c */
bool pmd_handover_create(char **error);
void pmd_handover_destroy(void);
/* Hands over what is others' of n frames, at most ICGW_BURST, received by this
 * lane; returns how many are left in pkts[]. */
uint16_t pmd_handover(struct pmd_worker *w, struct pmd_lane *lane, struct rte_mbuf **pkts,
                      uint16_t n);

/* lanes.c: who sends and receives where. */
bool pmd_workers_create(char **error);
void pmd_workers_destroy(void);

/* worker.c */
int pmd_worker_main(void *worker);

/* slow.c */
bool pmd_slow_open(char **error);
void pmd_slow_close(void);
/* True if this worker may hand over one more packet for that reason. */
bool pmd_slow_admit(struct pmd_worker *w, enum icgw_slow reason);
/* Hands over n packets with their reasons and rings once. */
void pmd_slow_tx(struct pmd_worker *w, struct rte_mbuf **pkts, const uint8_t *reasons, uint16_t n);

/* bfd.c */
bool pmd_bfd_open(char **error);
void pmd_bfd_close(void);
/* Hands a copy of the frame to the BFD thread; returns ICGW_N_DROPS, or why
 * that did not take it.  The mbuf stays the caller's. */
enum icgw_drop pmd_bfd_hand_over(struct pmd_worker *w, const struct rte_mbuf *m);
/* Sends what that thread has left; returns the number of frames. */
uint16_t pmd_bfd_serve(struct pmd_worker *w, struct pmd_lane *lane);

/* publish.c */
bool pmd_publish_open(char **error);
void pmd_publish_close(void);

/* replicas.c.  Once it is known where workers run; */
void pmd_replicas_open(void);
/* copies tables to the other nodes with workers, where what they have in common with those
 * before (NULL: none) is; */
void pmd_replicas_make(struct icgw_tables *tables, const struct icgw_tables *before);
/* has each worker read the copy on its node. */
void pmd_replicas_give(const struct icgw_tables *tables);

#endif
