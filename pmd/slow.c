/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <rte_ring.h>

#include "capture.h"
#include "pmd.h"

/* The way from the workers to the control thread: a ring per worker and one
 * doorbell for all. */

/* Enough for what people do by hand and for neighbours to be found; few enough
 * that one reason does not keep the control thread from the others. */
#define RATE 1000u /* packets per second, worker and reason */
#define BURST 200u

/* Written while starting, then constant. */
static int bell = -1;
static int reason_offset = -1;
static uint64_t cycles_per_token;

/* Whether the bell has been rung since the control thread last looked.  Workers
 * set it, the control thread clears it. */
static atomic_bool rung;
/* Control thread only: the worker whose ring it looks at first. */
static uint16_t next_worker;

static inline uint8_t *reason_of(struct rte_mbuf *m)
{
    return RTE_MBUF_DYNFIELD(m, reason_offset, uint8_t *);
}

bool pmd_slow_open(char **error)
{
    static const struct rte_mbuf_dynfield field = {
        .name = "icgw_dynfield_slow_reason",
        .size = sizeof(uint8_t),
        .align = __alignof__(uint8_t),
    };

    reason_offset = rte_mbuf_dynfield_register(&field);
    if (reason_offset < 0) {
        return pmd_fail(error, "no room in mbufs for the slow path's reason: %s",
                        rte_strerror(rte_errno));
    }
    bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (bell < 0) {
        return pmd_fail(error, "eventfd for the slow path: %s", strerror(errno));
    }
    cycles_per_token = rte_get_tsc_hz() / RATE;
    atomic_store(&rung, false);
    next_worker = 0;
    for (uint16_t i = 0; i < pmd.n_workers; i++) {
        for (unsigned int r = 0; r < ICGW_N_SLOWS; r++) {
            pmd.workers[i]->buckets[r].credit = BURST * cycles_per_token;
            pmd.workers[i]->buckets[r].last = rte_rdtsc();
        }
    }
    return true;
}

void pmd_slow_close(void)
{
    if (bell >= 0) {
        close(bell);
        bell = -1;
    }
}

bool pmd_slow_admit(struct pmd_worker *w, enum icgw_slow reason)
{
    struct pmd_bucket *b = &w->buckets[reason];
    uint64_t most = BURST * cycles_per_token;

    b->credit = RTE_MIN(b->credit + (w->now - b->last), most);
    b->last = w->now;
    if (b->credit < cycles_per_token) {
        return false;
    }
    b->credit -= cycles_per_token;
    return true;
}

/* One system call until the control thread has looked, however many packets
 * follow.  Either the exchange sees false and rings, or the control thread
 * clears the flag after it and then sees the packets that are already there. */
static void ring_bell(void)
{
    uint64_t one = 1;

    if (!atomic_exchange(&rung, true)) {
        ssize_t ignored = write(bell, &one, sizeof one); /* full means readable: good enough */
        (void)ignored;
    }
}

void pmd_slow_tx(struct pmd_worker *w, struct rte_mbuf **pkts, const uint8_t *reasons, uint16_t n)
{
    uint16_t taken;

    for (uint16_t i = 0; i < n; i++) {
        *reason_of(pkts[i]) = reasons[i];
    }
    taken = rte_ring_sp_enqueue_burst(w->slow, (void **)pkts, n, NULL);
    for (uint16_t i = 0; i < taken; i++) {
        w->stats.slow[reasons[i]]++;
    }
    if (unlikely(taken < n)) {
        w->stats.drops[ICGW_DROP_SLOW_PATH_FULL] += n - taken;
        pmd_capture_dropped(w, ICGW_CAPTURE_NO_PORT, &pkts[taken], n - taken,
                            ICGW_DROP_SLOW_PATH_FULL);
        rte_pktmbuf_free_bulk(&pkts[taken], n - taken);
    }
    ring_bell();
}

int icgw_pmd_slow_fd(void)
{
    return bell;
}

uint16_t icgw_pmd_slow_rx(struct rte_mbuf **pkts, enum icgw_slow *reasons, uint16_t n)
{
    uint64_t count;
    uint16_t got = 0;
    unsigned int left, waiting = 0;
    ssize_t ignored = read(bell, &count, sizeof count);

    (void)ignored; /* EAGAIN: nobody rang; packets may be there all the same */
    atomic_exchange(&rung, false);
    for (uint16_t i = 0; i < pmd.n_workers; i++) {
        struct pmd_worker *w = pmd.workers[(next_worker + i) % pmd.n_workers];

        got += rte_ring_sc_dequeue_burst(w->slow, (void **)pkts + got, n - got, &left);
        waiting += left;
    }
    /* A worker in turn goes first, so that one in need does not starve others. */
    next_worker = (next_worker + 1) % pmd.n_workers;
    for (uint16_t i = 0; i < got; i++) {
        reasons[i] = *reason_of(pkts[i]);
    }
    if (waiting > 0) {
        ring_bell(); /* more than fits: stay readable */
    }
    return got;
}
