/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_mbuf.h>
#include <rte_rcu_qsbr.h>

#include "icgw_capture.h"
#include "pmd.h"

struct pmd pmd;

static bool start_ports(const struct icgw_pmd_config *config, char **error)
{
    /* All are probed before any starts: the pool depends on their queues. */
    for (uint16_t i = 0; i < config->n_ports; i++) {
        pmd.n_ports = i + 1;
        if (!pmd_port_probe(&pmd.ports[i], i, &config->ports[i], error)) {
            return false;
        }
        if (pmd.ports[i].host_interface && !pmd_host_probe(&pmd.ports[i], i, error)) {
            return false;
        }
    }
    if (!pmd_pools_create(config->extra_mbufs, error)) {
        return false;
    }
    for (uint16_t i = 0; i < pmd.n_ports; i++) {
        if (!pmd_port_start(&pmd.ports[i], error)) {
            return false;
        }
        if (pmd.ports[i].host_interface && !pmd_host_start(&pmd.ports[i], error)) {
            return false;
        }
    }
    return true;
}

static bool start_workers(char **error)
{
    if (!pmd_workers_create(error) || !pmd_slow_open(error) || !pmd_bfd_open(error) ||
        !pmd_publish_open(error)) {
        return false;
    }
    atomic_store(&pmd.stop, false);
    for (uint16_t i = 0; i < pmd.n_workers; i++) {
        int rc = rte_eal_remote_launch(pmd_worker_main, pmd.workers[i], pmd.workers[i]->lcore);

        if (rc != 0) {
            return pmd_fail(error, "worker %u does not start: %s", i, strerror(-rc));
        }
    }
    return true;
}

static bool check(const struct icgw_pmd_config *config, char **error)
{
    if (pmd.eal) {
        return pmd_fail(error, "DPDK runs already");
    }
    if (config->n_ports == 0 || config->n_ports > ICGW_MAX_PORTS) {
        return pmd_fail(error, "%u ports configured; 1 to %u are possible", config->n_ports,
                        ICGW_MAX_PORTS);
    }
    return true;
}

bool icgw_pmd_start(const struct icgw_pmd_config *config, char **error)
{
    if (!check(config, error)) {
        return false;
    }
    memset(&pmd, 0, sizeof pmd);
    pmd.n_workers = config->n_workers;
    pmd.idle_sleep = config->idle_sleep;
    pmd.n_locals = RTE_MIN(config->n_locals, (uint16_t)PMD_MAX_LOCALS);
    if (pmd.n_locals > 0) {
        memcpy(pmd.locals, config->locals, pmd.n_locals * sizeof pmd.locals[0]);
    }
    if (!pmd_eal_start(config, error)) {
        return false;
    }
    if (!start_ports(config, error) || !start_workers(error)) {
        icgw_pmd_stop();
        return false;
    }
    pmd_log_release();
    return true;
}

/* The first worker that does not end; -1: all have ended. */
static int wait_workers(void)
{
    uint64_t deadline = rte_rdtsc() + PMD_STOP_S * rte_get_tsc_hz();

    for (uint16_t i = 0; i < pmd.n_workers && pmd.workers[i]; i++) {
        while (rte_eal_get_lcore_state(pmd.workers[i]->lcore) == RUNNING) {
            if (rte_rdtsc() > deadline) {
                return i;
            }
            rte_delay_us_sleep(PMD_STOP_POLL_US);
        }
    }
    return -1;
}

int icgw_pmd_stop(void)
{
    int stuck;

    atomic_store(&pmd.stop, true);
    if (!pmd.eal) {
        return -1;
    }
    stuck = wait_workers();
    if (stuck >= 0) {
        return stuck;
    }
    rte_eal_mp_wait_lcore();
    icgw_pmd_capture_free();
    pmd_publish_close();
    pmd_slow_close();
    pmd_bfd_close();
    pmd_workers_destroy();
    for (uint16_t i = 0; i < pmd.n_ports; i++) {
        pmd_port_stop(&pmd.ports[i]);
    }
    pmd.n_ports = 0;
    pmd_pools_free();
    pmd_eal_stop();
    return -1;
}
