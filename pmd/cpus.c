/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "pmd.h"

/* Where the threads run.
 *
 * Workers that poll without end get a CPU each, the last ones of the ports' nodes
 * (the first usually serve interrupts and the rest of the system), and
 * the control thread gets those that are left, or shares if none is.
 *
 * Workers that sleep when idle are not pinned: several daemons on one machine
 * would all choose the same CPUs, and a worker that wakes up would queue
 * behind its peers while other CPUs idle.  The scheduler keeps a thread that
 * is busy where it is.  They stay on the NUMA nodes of the ports, if those have
 * enough CPUs.  Whoever wants a placement gives it with taskset or systemd's
 * CPUAffinity=; it is obeyed in both cases. */

static bool append_set(struct pmd_cpus *plan, unsigned int lcore, const unsigned int *cpus,
                       unsigned int n)
{
    size_t used = strlen(plan->lcores);
    size_t room = sizeof plan->lcores;

    used += snprintf(plan->lcores + used, room - used, "%s%u@(", used ? "," : "", lcore);
    for (unsigned int i = 0, last; i < n && used < room; i = last + 1) {
        const char *comma = i ? "," : "";

        for (last = i; last + 1 < n && cpus[last + 1] == cpus[last] + 1; last++) {
        }
        used += last == i ? snprintf(plan->lcores + used, room - used, "%s%u", comma, cpus[i])
                          : snprintf(plan->lcores + used, room - used, "%s%u-%u", comma, cpus[i],
                                     cpus[last]);
    }
    if (used < room) {
        used += snprintf(plan->lcores + used, room - used, ")");
    }
    return used < room;
}

/* "(1-3)@(0,1)" would be shorter, but gives lcores that share a CPU set; one
 * set per lcore says the same for both layouts. */
static bool append_workers(struct pmd_cpus *plan, const unsigned int *cpus, unsigned int n_cpus,
                           unsigned int n_near, uint16_t n_workers)
{
    const unsigned int *own = cpus + n_cpus - n_workers;
    unsigned int n = n_near >= n_workers ? n_near : n_cpus;

    for (uint16_t w = 0; w < n_workers; w++) {
        bool ok = plan->pinned ? append_set(plan, 1 + w, own + w, 1)
                               : append_set(plan, 1 + w, cpus + n_cpus - n, n);
        if (!ok) {
            return false;
        }
    }
    return true;
}

bool pmd_cpus_plan(const unsigned int *cpus, unsigned int n_cpus, unsigned int n_near,
                   uint16_t n_workers, bool idle_sleep, struct pmd_cpus *plan, char **error)
{
    unsigned int n_control = n_cpus;

    memset(plan, 0, sizeof *plan);
    if (n_workers == 0 || n_workers > ICGW_MAX_WORKERS || n_workers > n_cpus) {
        unsigned int most = RTE_MIN(n_cpus, (unsigned int)ICGW_MAX_WORKERS);
        return pmd_fail(error,
                        "[workers] cores = %u: this process may use %u CPU%s, so 1 to %u workers; "
                        "lower cores, or allow more CPUs (taskset, CPUAffinity=)",
                        n_workers, n_cpus, n_cpus == 1 ? "" : "s", most);
    }
    plan->pinned = !idle_sleep;
    if (plan->pinned && n_workers < n_cpus) {
        n_control = n_cpus - n_workers;
    }
    if (!append_set(plan, 0, cpus, n_control) ||
        !append_workers(plan, cpus, n_cpus, n_near, n_workers)) {
        return pmd_fail(error, "[workers] cores = %u: the list of CPUs is too long for EAL",
                        n_workers);
    }
    return true;
}
