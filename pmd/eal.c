/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>

#include "pmd.h"

static bool is_pci(const char *device)
{
    unsigned int a, b, c, d;

    return !strncmp(device, "pci:", 4) || sscanf(device, "%x:%x:%x.%x", &a, &b, &c, &d) == 4 ||
           sscanf(device, "%x:%x.%x", &a, &b, &c) == 3;
}

static bool any_pci(const struct icgw_pmd_config *config)
{
    for (uint16_t i = 0; i < config->n_ports; i++) {
        if (is_pci(config->ports[i].device)) {
            return true;
        }
    }
    return false;
}

static bool plan_cpus(const struct icgw_pmd_config *config, struct pmd_cpus *plan, char **error)
{
    static struct pmd_cpu cpus[CPU_SETSIZE];
    unsigned int ids[CPU_SETSIZE], n = 0, n_near;
    int ports[ICGW_MAX_PORTS];
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set) != 0) {
        return pmd_fail(error, "cannot tell which CPUs this process may use: %s", strerror(errno));
    }
    for (unsigned int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, &set)) {
            cpus[n++] = (struct pmd_cpu){cpu, pmd_numa_of_cpu(cpu)};
        }
    }
    for (uint16_t i = 0; i < config->n_ports; i++) {
        ports[i] = pmd_numa_of_device(config->ports[i].device);
    }
    n_near = pmd_numa_order(cpus, n, config->n_workers, ports, config->n_ports);
    for (unsigned int i = 0; i < n; i++) {
        ids[i] = cpus[i].id;
    }
    return pmd_cpus_plan(ids, n, n_near, config->n_workers, config->idle_sleep, plan, error);
}

/* EAL wants a writable argv and may keep it. */
struct arguments {
    int n;
    char *argv[24];
    size_t used;
    char text[sizeof(struct pmd_cpus) + 1024];
};

static void add(struct arguments *a, const char *text)
{
    size_t size = strlen(text) + 1;

    if (a->n + 1U < RTE_DIM(a->argv) && size <= sizeof a->text - a->used) {
        a->argv[a->n++] = memcpy(a->text + a->used, text, size);
        a->used += size;
    }
}

/* The first word found in what DPDK says (22.11 to 24.11) tells what to look at. */
const char *pmd_eal_hint(const char *reason, bool huge_pages)
{
    static const struct {
        const char *word, *hint;
    } hints[] = {
        {"vfio",
         "are the IOMMU on and the module vfio-pci loaded, and may this user open /dev/vfio?"},
        {"iommu", "is the IOMMU on (kernel parameters), and the device bound to vfio-pci?"},
        {"permission", "has this user the rights that the service gives?"},
        {"not permitted", "has this user the rights that the service gives?"},
        {"hugepage", NULL},
        {"memory", NULL},
        {"memseg", NULL},
        {"lcore", "may this process use enough CPUs (taskset, CPUAffinity=)?"},
        {"affinity", "may this process use enough CPUs (taskset, CPUAffinity=)?"},
        {"pci", "are the devices there (lspci), bound to a driver that DPDK can use?"},
        {"bus", "are the devices there (lspci), bound to a driver that DPDK can use?"},
        {"device", "are the devices there (lspci), bound to a driver that DPDK can use?"},
    };

    for (size_t i = 0; i < RTE_DIM(hints); i++) {
        if (strcasestr(reason, hints[i].word) == NULL) {
            continue;
        }
        if (hints[i].hint != NULL) {
            return hints[i].hint;
        }
        return huge_pages ? "is that much free in /proc/meminfo, HugePages_Free?"
                          : "is that much memory free?";
    }
    return "what DPDK logs when the service starts may say more";
}

static bool init(struct arguments *a, const struct icgw_pmd_config *config, char **error)
{
    const char *reason;

    pmd_log_record();
    if (rte_eal_init(a->n, a->argv) >= 0) {
        pmd.eal = true;
        return true;
    }
    reason = pmd_log_reason(rte_errno);
    pmd_fail(error, "DPDK does not start: %s; [dpdk] huge-pages = %s, memory = %u MiB: %s", reason,
             config->huge_pages ? "yes" : "no", config->memory_mib,
             pmd_eal_hint(reason, config->huge_pages));
    pmd_log_release();
    return false;
}

bool pmd_eal_start(const struct icgw_pmd_config *config, char **error)
{
    static struct pmd_cpus plan; /* 16 KiB each, not for the stack */
    static struct arguments a;
    char memory[16];

    if (!plan_cpus(config, &plan, error)) {
        return false;
    }
    pmd.pinned = plan.pinned;
    snprintf(memory, sizeof memory, "%u", config->memory_mib);
    memset(&a, 0, sizeof a);
    add(&a, config->program ? config->program : "ovnic-gw");
    /* No files, no other processes: several daemons run side by side. */
    add(&a, config->huge_pages ? "--in-memory" : "--no-shconf");
    add(&a, "--no-telemetry");
    add(&a, "--log-level=*:error");
    add(&a, "--lcores");
    add(&a, plan.lcores);
    add(&a, "--main-lcore=0");
    add(&a, "-m");
    add(&a, memory);
    if (!config->huge_pages) {
        add(&a, "--no-huge");
    }
    if (any_pci(config)) {
        /* Allow no device at first; those that are configured are probed by
         * name.  Without this EAL takes every NIC bound to a DPDK driver.
         * (Open vSwitch, lib/dpdk.c, does the same.) */
        add(&a, "-a");
        add(&a, "0000:00:00.0");
    } else {
        add(&a, "--no-pci");
    }
    return init(&a, config, error);
}

void pmd_eal_stop(void)
{
    if (pmd.eal) {
        rte_eal_cleanup();
        pmd.eal = false;
    }
    pmd_log_release();
}
