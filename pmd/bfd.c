/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_ring_elem.h>

#include "capture.h"
#include "out.h"

/* The BFD lane: frames between the workers and the BFD thread, by value.  That
 * thread may lose its CPU at any time, so it touches nothing that a worker
 * could have to wait for, and the mempool is such a thing. */

/* Frames; more than all peers together send while the thread sleeps. */
#define RING_SIZE 512

struct frame {
    uint16_t len;
    uint8_t data[ICGW_BFD_FRAME_MAX + 2];
};
_Static_assert(sizeof(struct frame) % 4 == 0, "rings take elements of whole words");

/* Written while starting, then constant. */
static int bell = -1;
/* Whether the bell has been rung since the BFD thread last found nothing.
 * Workers set it, the BFD thread clears it. */
static atomic_bool rung;
/* BFD thread only. */
static uint16_t next_worker;

static struct rte_ring *ring_create(const char *kind, unsigned int n)
{
    char name[RTE_RING_NAMESIZE];

    snprintf(name, sizeof name, "icgw_%s%u", kind, n);
    return rte_ring_create_elem(name, sizeof(struct frame), RING_SIZE, SOCKET_ID_ANY,
                                RING_F_SP_ENQ | RING_F_SC_DEQ);
}

bool pmd_bfd_open(char **error)
{
    bool ok = true;

    for (uint16_t i = 0; i < pmd.n_workers && ok; i++) {
        ok = (pmd.workers[i]->bfd = ring_create("bfdrx", i)) != NULL;
    }
    for (uint16_t p = 0; p < pmd.n_ports && ok; p++) {
        const struct pmd_dev *dev = &pmd.ports[p].dev;

        ok = (pmd.ports[p].bfd = ring_create("bfdtx", dev->id)) != NULL;
        pmd.workers[dev->owners[0]]->lanes[p].bfd = pmd.ports[p].bfd;
    }
    if (!ok) {
        return pmd_fail(error, "no memory for the rings of BFD: %s; raise [dpdk] memory",
                        rte_strerror(rte_errno));
    }
    bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (bell < 0) {
        return pmd_fail(error, "eventfd for BFD: %s", strerror(errno));
    }
    atomic_store(&rung, false);
    next_worker = 0;
    return true;
}

void pmd_bfd_close(void)
{
    for (uint16_t i = 0; i < pmd.n_workers; i++) {
        if (pmd.workers[i]) {
            rte_ring_free(pmd.workers[i]->bfd);
            pmd.workers[i]->bfd = NULL;
        }
    }
    for (uint16_t p = 0; p < pmd.n_ports; p++) {
        rte_ring_free(pmd.ports[p].bfd);
        pmd.ports[p].bfd = NULL;
    }
    if (bell >= 0) {
        close(bell);
        bell = -1;
    }
}

static void ring_bell(void)
{
    uint64_t one = 1;

    if (!atomic_exchange(&rung, true)) {
        ssize_t ignored = write(bell, &one, sizeof one); /* full means readable: good enough */
        (void)ignored;
    }
}

enum icgw_drop pmd_bfd_hand_over(struct pmd_worker *w, const struct rte_mbuf *m)
{
    struct frame f;
    const void *data;

    if (m->pkt_len > ICGW_BFD_FRAME_MAX) {
        return ICGW_DROP_BFD;
    }
    f.len = (uint16_t)m->pkt_len;
    data = rte_pktmbuf_read(m, 0, f.len, f.data);
    if (data != f.data) {
        memcpy(f.data, data, f.len);
    }
    if (rte_ring_sp_enqueue_elem(w->bfd, &f, sizeof f) != 0) {
        return ICGW_DROP_BFD_FULL;
    }
    w->stats.to_bfd++;
    ring_bell();
    return ICGW_N_DROPS;
}

uint16_t pmd_bfd_serve(struct pmd_worker *w, struct pmd_lane *lane)
{
    struct frame f;
    uint16_t found = 0;

    if (!lane->bfd) {
        return 0;
    }
    while (found < ICGW_BURST && rte_ring_sc_dequeue_elem(lane->bfd, &f, sizeof f) == 0) {
        struct rte_mbuf *m = icgw_pmd_mbuf(f.data, f.len);

        found++;
        if (!m) {
            w->stats.drops[ICGW_DROP_NO_MBUF]++;
            continue;
        }
        pmd_out_push(&lane->tx, m);
    }
    if (lane->tx.n > 0) {
        pmd_capture_sent(w, &lane->tx, lane->tx.pkts, lane->tx.n);
        pmd_out_flush_port(w, &lane->tx);
    }
    return found;
}

int icgw_pmd_bfd_fd(void)
{
    return bell;
}

static bool take(struct frame *f)
{
    for (uint16_t i = 0; i < pmd.n_workers; i++) {
        struct pmd_worker *w = pmd.workers[(next_worker + i) % pmd.n_workers];

        if (rte_ring_sc_dequeue_elem(w->bfd, f, sizeof *f) == 0) {
            /* The next one goes first, so that one in need does not starve others. */
            next_worker = (uint16_t)((next_worker + i + 1) % pmd.n_workers);
            return true;
        }
    }
    return false;
}

uint16_t icgw_pmd_bfd_rx(uint8_t *frame, uint16_t max)
{
    struct frame f;

    if (!take(&f)) {
        uint64_t count;
        ssize_t ignored = read(bell, &count, sizeof count);

        (void)ignored; /* EAGAIN: nobody rang */
        atomic_exchange(&rung, false);
        if (!take(&f)) { /* who came meanwhile may have found it rung */
            return 0;
        }
    }
    f.len = RTE_MIN(f.len, max);
    memcpy(frame, f.data, f.len);
    return f.len;
}

bool icgw_pmd_bfd_tx(uint16_t port, const uint8_t *frame, uint16_t len)
{
    struct frame f = {.len = len};

    if (port >= pmd.n_ports || len > ICGW_BFD_FRAME_MAX) {
        return false;
    }
    memcpy(f.data, frame, len);
    return rte_ring_sp_enqueue_elem(pmd.ports[port].bfd, &f, sizeof f) == 0;
}
