/* SPDX-License-Identifier: Apache-2.0 */
#include <sched.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <rte_branch_prediction.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_mbuf.h>
#include <rte_rcu_qsbr.h>

#include "capture.h"
#include "out.h"
#include "repair.h"

/* The loop of a worker: receive, decide, send, to completion. */

/* Fruitless polls before the first nap: a burst that follows closely on another
 * finds the worker awake. */
#define IDLE_POLLS 64
/* Naps start short and double, so that traffic that comes in gusts is met
 * early and a quiet night costs 1,000 wake-ups a second. */
#define NAP_MIN_NS 20000
#define NAP_MAX_NS 1000000
/* Under load the kernel and the control thread are served every so many polls;
 * their rings hold far more than comes in between. */
#define SIDE_POLLS 8

_Static_assert(ICGW_MAX_PORTS <= ICGW_RESULT_PORTS, "a result names any port");

/* Counts a burst; true if any of its frames is to be repaired. */
static inline bool count_received(struct pmd_worker *w, struct rte_mbuf *const *pkts, uint16_t n,
                                  uint64_t *bytes)
{
    uint64_t sum = 0, flags = 0;
    uint16_t segments = 0;

    for (uint16_t i = 0; i < n; i++) {
        sum += rte_pktmbuf_pkt_len(pkts[i]);
        flags |= pkts[i]->ol_flags;
        segments |= pkts[i]->nb_segs;
    }
    w->stats.rx_packets += n;
    w->stats.rx_bytes += sum;
    *bytes = sum;
    return pmd_repair_needed(flags, segments);
}

/* What is done with a burst, beyond sending. */
struct burst {
    uint32_t ports; /* bit per port with something to send */
    uint16_t n_slow;
    uint16_t n_drop;
    uint8_t reasons[ICGW_BURST];
    struct rte_mbuf *slow[ICGW_BURST];
    struct rte_mbuf *drop[ICGW_BURST];
};

static inline void drop(struct pmd_worker *w, struct burst *b, struct rte_mbuf *m,
                        unsigned int reason)
{
    w->stats.drops[reason]++;
    b->drop[b->n_drop++] = m;
}

static void hand_over_bfd(struct pmd_worker *w, const struct pmd_lane *lane, struct burst *b,
                          struct rte_mbuf *m)
{
    enum icgw_drop why = pmd_bfd_hand_over(w, m);

    if (why < ICGW_N_DROPS) {
        w->stats.drops[why]++;
        pmd_capture_dropped(w, pmd_capture_port(lane->id), &m, 1, why);
    }
    b->drop[b->n_drop++] = m;
}

/* net_tap stops at a frame that is too long, and what comes after it in the burst
 * would be lost as well. */
static inline void push_host(struct pmd_worker *w, struct pmd_lane *lane, struct burst *b,
                             struct rte_mbuf *m)
{
    if (likely(rte_pktmbuf_pkt_len(m) <= lane->host_max)) {
        pmd_out_push(&lane->host, m);
        return;
    }
    drop(w, b, m, ICGW_DROP_RX_TOO_LONG);
    pmd_capture_dropped(w, pmd_capture_port(lane->id), &m, 1, ICGW_DROP_RX_TOO_LONG);
}

static inline void act(struct pmd_worker *w, struct pmd_lane *lane, struct burst *b,
                       struct rte_mbuf *m, const struct icgw_result *r)
{
    switch (r->action) {
    case ICGW_ACTION_TX: {
        unsigned int port = r->port % ICGW_MAX_PORTS; /* in bounds whatever the tables say */

        pmd_out_push(&w->lanes[port].tx, m);
        b->ports |= 1u << port;
        break;
    }
    case ICGW_ACTION_HOST:
        push_host(w, lane, b, m);
        break;
    case ICGW_ACTION_SLOW:
        if (pmd_slow_admit(w, r->reason)) {
            b->reasons[b->n_slow] = r->reason;
            b->slow[b->n_slow++] = m;
        } else {
            drop(w, b, m, ICGW_DROP_SLOW_PATH_RATE);
            pmd_capture_dropped(w, pmd_capture_port(lane->id), &m, 1, ICGW_DROP_SLOW_PATH_RATE);
        }
        break;
    case ICGW_ACTION_BFD:
        hand_over_bfd(w, lane, b, m);
        break;
    default:
        drop(w, b, m, r->reason);
    }
}

static void finish(struct pmd_worker *w, struct pmd_lane *lane, struct burst *b)
{
    for (uint32_t ports = b->ports; ports; ports &= ports - 1) {
        pmd_out_flush_port(w, &w->lanes[__builtin_ctz(ports)].tx);
    }
    if (lane->host.n > 0) {
        pmd_out_flush_host(w, &lane->host);
    }
    if (b->n_slow > 0) {
        pmd_slow_tx(w, b->slow, b->reasons, b->n_slow);
    }
    if (b->n_drop > 0) {
        rte_pktmbuf_free_bulk(b->drop, b->n_drop);
    }
}

static void act_all(struct pmd_worker *w, struct pmd_lane *lane, struct rte_mbuf **pkts,
                    const struct icgw_result *results, uint16_t n)
{
    struct burst b;

    b.ports = b.n_slow = b.n_drop = 0; /* the arrays need no zeroes */
    for (uint16_t i = 0; i < n; i++) {
        act(w, lane, &b, pkts[i], &results[i]);
    }
    finish(w, lane, &b);
}

/* n frames of `bytes` in all. */
static inline void forward(struct pmd_worker *w, struct pmd_lane *lane,
                           const struct icgw_tables *tables, struct rte_mbuf **pkts, uint16_t n,
                           uint64_t bytes)
{
    struct icgw_result results[ICGW_BURST];
    struct pmd_capture *capture = pmd_capture_on(w);
    struct icgw_result differs;

    if (unlikely(capture != NULL)) {
        pmd_capture_received(capture, pmd_capture_port(lane->id), pkts, n);
    }
    if (unlikely(icgw_forward(tables, w->memo, pkts, n, results))) {
        bytes = pmd_out_bytes(pkts, n);
    }
    if (unlikely(capture != NULL)) {
        pmd_capture_decided(capture, pmd_capture_port(lane->id), pkts, results, n);
    }
    differs = icgw_count(w->traffic, results, pkts, n, bytes);
    /* All to be sent by one port, as most bursts are? */
    if (likely(results[0].action == ICGW_ACTION_TX && (differs.action | differs.port) == 0)) {
        pmd_out_send_port(w, &w->lanes[results[0].port % ICGW_MAX_PORTS].tx, pkts, n, bytes);
    } else {
        act_all(w, lane, pkts, results, n);
    }
}

static uint16_t poll_queue(struct pmd_worker *w, struct pmd_lane *lane, uint16_t queue,
                           bool hand_over, const struct icgw_tables *tables)
{
    struct rte_mbuf *pkts[ICGW_BURST];
    uint16_t found, n;
    uint64_t bytes;

    if (queue == PMD_NO_QUEUE) {
        return 0;
    }
    found = rte_eth_rx_burst(lane->id, queue, pkts, ICGW_BURST);
    if (found == 0) {
        return 0;
    }
    n = found;
    if (unlikely(count_received(w, pkts, n, &bytes))) {
        n = pmd_repair(w, pkts, n);
        bytes = pmd_out_bytes(pkts, n);
    }
    if (hand_over) {
        n = pmd_handover(w, lane, pkts, n);
        bytes = pmd_out_bytes(pkts, n);
    }
    if (likely(n > 0)) {
        forward(w, lane, tables, pkts, n, bytes);
    }
    return found;
}

/* What other workers have received for this one. */
static uint16_t poll_handover(struct pmd_worker *w, struct pmd_lane *lane,
                              const struct icgw_tables *tables)
{
    uint16_t found = 0;

    for (uint16_t i = 0; i < lane->handover.n_from; i++) {
        struct rte_mbuf *pkts[ICGW_BURST];
        uint16_t n = (uint16_t)rte_ring_sc_dequeue_burst(lane->handover.from[i], (void **)pkts,
                                                         ICGW_BURST, NULL);

        if (n > 0) {
            w->stats.taken_over += n;
            forward(w, lane, tables, pkts, n, pmd_out_bytes(pkts, n));
            found += n;
        }
    }
    return found;
}

/* From the kernel to the port, unchanged. */
static uint16_t poll_host(struct pmd_worker *w, struct pmd_lane *lane)
{
    uint16_t n;

    if (lane->host_rx_queue == PMD_NO_QUEUE) {
        return 0;
    }
    n = rte_eth_rx_burst(lane->host_id, lane->host_rx_queue, lane->tx.pkts, ICGW_BURST);
    if (n > 0) {
        w->stats.from_host += n;
        lane->tx.n = n;
        pmd_capture_sent(w, &lane->tx, lane->tx.pkts, n);
        pmd_out_flush_port(w, &lane->tx);
    }
    return n;
}

static uint16_t poll_sides(struct pmd_worker *w, const struct icgw_tables *tables)
{
    uint16_t found = 0;

    for (uint16_t p = 0; p < pmd.n_ports; p++) {
        struct pmd_lane *lane = &w->lanes[p];

        found += poll_queue(w, lane, lane->rest_queue, lane->handover.on, tables);
        found += poll_host(w, lane);
        found += pmd_bfd_serve(w, lane);
        found += pmd_out_serve_feeds(w, &lane->tx, false);
        found += pmd_out_serve_feeds(w, &lane->host, true);
    }
    return found;
}

/* What other workers send by queues of this one is as much as they forward. */
static uint16_t relay(struct pmd_worker *w)
{
    uint16_t found = 0;

    for (uint16_t p = 0; p < pmd.n_ports; p++) {
        found += pmd_out_serve_feeds(w, &w->lanes[p].tx, false);
    }
    return found;
}

static uint16_t poll_all(struct pmd_worker *w)
{
    const struct icgw_tables *tables = atomic_load_explicit(&w->tables, memory_order_acquire);
    uint16_t found = 0;

    for (uint16_t p = 0; p < pmd.n_ports; p++) {
        struct pmd_lane *lane = &w->lanes[p];

        found += poll_queue(w, lane, lane->rx_queue, lane->handover.all, tables);
        found += poll_handover(w, lane, tables);
    }
    if (w->relays) {
        found += relay(w);
    }
    if (found == 0 || w->stats.polls % SIDE_POLLS == 0) {
        found += poll_sides(w, tables);
    }
    w->stats.polls++;
    return found;
}

/* Offline meanwhile: publication does not wait for a worker that sleeps. */
static void nap(struct pmd_worker *w, long ns)
{
    struct timespec ts = {.tv_nsec = ns};

    rte_rcu_qsbr_thread_offline(pmd.rcu, w->index);
    nanosleep(&ts, NULL); /* a signal (net_tap has frames) ends it early: welcome */
    rte_rcu_qsbr_thread_online(pmd.rcu, w->index);
    w->cpu = sched_getcpu();
    w->now = rte_rdtsc();
}

int pmd_worker_main(void *arg)
{
    struct pmd_worker *w = arg;
    unsigned int fruitless = 0;
    long nap_ns = NAP_MIN_NS;

    prctl(PR_SET_TIMERSLACK, 1); /* the default, 50 us, is more than the shortest nap */
    w->cpu = sched_getcpu();
    atomic_store(&w->thread, gettid());
    w->now = rte_rdtsc();
    rte_rcu_qsbr_thread_online(pmd.rcu, w->index);
    while (!atomic_load_explicit(&pmd.stop, memory_order_relaxed)) {
        uint16_t found = poll_all(w);
        uint64_t after = rte_rdtsc();

        rte_rcu_qsbr_quiescent(pmd.rcu, w->index);
        if (found > 0) {
            w->stats.busy_cycles += after - w->now;
            fruitless = 0;
            nap_ns = NAP_MIN_NS;
        }
        w->now = after;
        if (found == 0 && pmd.idle_sleep && ++fruitless > IDLE_POLLS) {
            nap(w, nap_ns);
            nap_ns = RTE_MIN(2 * nap_ns, (long)NAP_MAX_NS);
        }
    }
    rte_rcu_qsbr_thread_offline(pmd.rcu, w->index);
    return 0;
}
