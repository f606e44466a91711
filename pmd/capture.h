/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PMD_CAPTURE_H
#define PMD_CAPTURE_H

/* The workers' side of icgw_capture.h. */

#include <stdatomic.h>

#include "icgw_capture.h"
#include "pmd.h"

struct rte_mempool;

/* From one worker, or the control thread, to the reader. */
struct pmd_capture {
    const struct bpf_insn *filter;
    uint32_t points;
    uint32_t snaplen;
    uint16_t lane;
    uint64_t left;                                /* of icgw_capture_config.limit; worker only */
    uint64_t last_id;                             /* worker only */
    struct rte_mempool *records;                  /* worker takes, reader gives back */
    struct rte_ring *ring;                        /* worker enqueues, reader dequeues */
    _Atomic(uint64_t) missed;                     /* worker writes, reader reads */
    struct icgw_capture_record *kept[ICGW_BURST]; /* of the burst at hand; worker only */
};

/* Of this burst; NULL: off. */
static inline struct pmd_capture *pmd_capture_on(const struct pmd_worker *w)
{
    return atomic_load_explicit(&w->capture, memory_order_acquire);
}

/* Before and after icgw_forward() has decided about frames that `port` received. */
void pmd_capture_received(struct pmd_capture *c, uint16_t port, struct rte_mbuf *const *pkts,
                          uint16_t n);
void pmd_capture_decided(struct pmd_capture *c, uint16_t port, struct rte_mbuf *const *pkts,
                         const struct icgw_result *results, uint16_t n);
/* Frames of other threads that are about to be sent. */
void pmd_capture_sent(struct pmd_worker *w, const struct pmd_out *out, struct rte_mbuf *const *pkts,
                      uint16_t n);
/* Frames that are about to be freed. */
void pmd_capture_dropped(struct pmd_worker *w, uint16_t port, struct rte_mbuf *const *pkts,
                         uint16_t n, enum icgw_drop reason);

/* The index of the port that has this ethdev; ICGW_CAPTURE_NO_PORT: none. */
uint16_t pmd_capture_port(uint16_t ethdev);

#endif
