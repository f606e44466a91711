/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_branch_prediction.h>
#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_mempool.h>
#include <rte_rcu_qsbr.h>
#include <rte_ring.h>

#include "capture_private.h"

/* Beginning, end and reading of a capture. */

/* What one lane may hold: records, and bytes of them. */
#define MAX_RECORDS 1023u /* one less than a power of 2: rte_mempool */
#define MIN_RECORDS 127u
#define LANE_BYTES (2u << 20)

/* Control thread writes before the workers and the reader can look and after both
 * have ended.  [n_workers] is the control thread's. */
static struct pmd_capture *lanes[ICGW_MAX_WORKERS + 1];
static int bell = -1;
static bool running;   /* control thread only */
static uint64_t token; /* of RCU, when the workers were told to stop; likewise */
/* A worker did not come round: it may still look.  Control thread only. */
static bool abandoned;
/* Whether the bell has been rung since the reader last found nothing.  Recording
 * threads set it, the reader clears it. */
static atomic_bool rung;
static uint16_t next_lane; /* reader only */

void pmd_capture_ring_bell(void)
{
    uint64_t one = 1;

    if (!atomic_exchange(&rung, true)) {
        ssize_t ignored = write(bell, &one, sizeof one); /* full means readable: good enough */
        (void)ignored;
    }
}

static uint16_t n_lanes(void)
{
    return (uint16_t)(pmd.n_workers + 1);
}

static unsigned int lane_records(uint32_t element)
{
    unsigned int n = MAX_RECORDS;

    while (n > MIN_RECORDS && n * element > LANE_BYTES) {
        n /= 2; /* rounds down: 1023, 511, 255, 127 */
    }
    return n;
}

static void lane_free(struct pmd_capture *c)
{
    if (c != NULL) {
        rte_ring_free(c->ring);
        rte_mempool_free(c->records);
        rte_free(c);
    }
}

static struct pmd_capture *lane_create(uint16_t index, const struct icgw_capture_config *config)
{
    uint32_t element = (uint32_t)sizeof(struct icgw_capture_record) + config->snaplen;
    unsigned int n = lane_records(element);
    char name[RTE_RING_NAMESIZE];
    struct pmd_capture *c = rte_zmalloc("icgw_capture", sizeof *c, RTE_CACHE_LINE_SIZE);

    if (c == NULL) {
        return NULL;
    }
    c->filter = config->filter;
    c->points = config->points;
    c->snaplen = config->snaplen;
    c->left = config->limit;
    c->lane = index;
    snprintf(name, sizeof name, "icgw_cap%u", index);
    c->records = rte_mempool_create(name, n, element, 0, 0, NULL, NULL, NULL, NULL, SOCKET_ID_ANY,
                                    MEMPOOL_F_SP_PUT | MEMPOOL_F_SC_GET);
    c->ring = rte_ring_create(name, n + 1, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
    if (c->records == NULL || c->ring == NULL) {
        lane_free(c);
        return NULL;
    }
    return c;
}

static bool open_lanes(const struct icgw_capture_config *config, char **error)
{
    for (uint16_t i = 0; i < n_lanes(); i++) {
        lanes[i] = lane_create(i, config);
        if (lanes[i] == NULL) {
            return pmd_fail(error,
                            "no memory to capture from %u workers: %s; take less of each frame, "
                            "or raise [dpdk] memory",
                            pmd.n_workers, rte_strerror(rte_errno));
        }
    }
    bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return bell >= 0 || pmd_fail(error, "eventfd for a capture: %s", strerror(errno));
}

bool icgw_pmd_capture_start(const struct icgw_capture_config *config, char **error)
{
    if (lanes[0] != NULL && !abandoned) {
        return pmd_fail(error, "another capture or live trace is running; one at a time");
    }
    if (abandoned && !icgw_pmd_capture_free()) {
        return pmd_fail(error, "a worker has not come round since the capture before: see status");
    }
    if (config->snaplen < ICGW_CAPTURE_MIN_SNAPLEN || config->snaplen > ICGW_CAPTURE_MAX_SNAPLEN) {
        return pmd_fail(error, "%u bytes of each frame; allowed: %u to %u", config->snaplen,
                        ICGW_CAPTURE_MIN_SNAPLEN, ICGW_CAPTURE_MAX_SNAPLEN);
    }
    atomic_store(&rung, false);
    next_lane = 0;
    if (!open_lanes(config, error)) {
        icgw_pmd_capture_free();
        return false;
    }
    for (uint16_t i = 0; i < pmd.n_workers; i++) {
        atomic_store_explicit(&pmd.workers[i]->capture, lanes[i], memory_order_release);
    }
    running = true;
    return true;
}

static bool workers_know(void)
{
    return pmd.rcu == NULL || rte_rcu_qsbr_check(pmd.rcu, token, false) == 1;
}

/* It takes them a burst or a nap; one that does not come round is not waited for. */
static void await_workers(void)
{
    uint64_t deadline = rte_rdtsc() + PMD_STOP_S * rte_get_tsc_hz();

    while (!workers_know() && rte_rdtsc() < deadline) {
        rte_delay_us_sleep(PMD_STOP_POLL_US);
    }
}

void icgw_pmd_capture_stop(void)
{
    if (!running) {
        return;
    }
    running = false;
    for (uint16_t i = 0; i < pmd.n_workers; i++) {
        atomic_store_explicit(&pmd.workers[i]->capture, NULL, memory_order_release);
    }
    token = rte_rcu_qsbr_start(pmd.rcu);
    await_workers();
}

bool icgw_pmd_capture_free(void)
{
    icgw_pmd_capture_stop();
    abandoned = !workers_know();
    if (abandoned) {
        return false;
    }
    token = 0;
    for (uint16_t i = 0; i < n_lanes(); i++) {
        lane_free(lanes[i]);
        lanes[i] = NULL;
    }
    if (bell >= 0) {
        close(bell);
        bell = -1;
    }
    return true;
}

bool icgw_pmd_capture_wants_drops(void)
{
    return running && (lanes[0]->points & ICGW_CAPTURE_BIT(ICGW_CAPTURE_DROP)) != 0;
}

void icgw_pmd_capture_drop(const void *frame, uint32_t len, uint8_t reason, const char *flow)
{
    if (icgw_pmd_capture_wants_drops()) {
        pmd_capture_record_drop(lanes[pmd.n_workers], frame, len, reason, flow);
    }
}

int icgw_pmd_capture_fd(void)
{
    return bell;
}

static struct icgw_capture_record *next_record(void)
{
    void *record;

    for (uint16_t i = 0; i < n_lanes(); i++) {
        uint16_t lane = (uint16_t)((next_lane + i) % n_lanes());

        if (rte_ring_sc_dequeue(lanes[lane]->ring, &record) == 0) {
            next_lane = lane; /* a frame and what it was sent as come after each other */
            return record;
        }
    }
    return NULL;
}

struct icgw_capture_record *icgw_pmd_capture_next(void)
{
    struct icgw_capture_record *r = next_record();
    uint64_t count;
    ssize_t ignored;

    if (r != NULL) {
        return r;
    }
    ignored = read(bell, &count, sizeof count);
    (void)ignored; /* EAGAIN: nobody rang */
    atomic_exchange(&rung, false);
    return next_record(); /* who came meanwhile may have found it rung */
}

void icgw_pmd_capture_give_back(struct icgw_capture_record *r)
{
    rte_mempool_put(lanes[r->lane]->records, r);
}

uint64_t icgw_pmd_capture_missed(void)
{
    uint64_t missed = 0;

    for (uint16_t i = 0; i < n_lanes(); i++) {
        missed += atomic_load_explicit(&lanes[i]->missed, memory_order_relaxed);
    }
    return missed;
}
