/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include <numa.h>

#include "pmd.h"

/* Workers run on the nodes of the ports, and a port's queues belong to workers
 * of its node.  A node below 0 is unknown, and as near as any other. */

static bool near(int a, int b)
{
    return a < 0 || b < 0 || a == b;
}

static int read_node(const char *path)
{
    FILE *file = fopen(path, "r");
    int node = -1;

    if (file != NULL) {
        if (fscanf(file, "%d", &node) != 1) {
            node = -1;
        }
        fclose(file);
    }
    return node;
}

/* Before EAL runs, so from the kernel: of a PCI address, or of the interface
 * behind a virtual device. */
int pmd_numa_of_device(const char *device)
{
    const char *iface = strstr(device, "iface=");
    size_t len = strcspn(device, ",");
    char path[160];

    if (iface != NULL) {
        iface += strlen("iface=");
        snprintf(path, sizeof path, "/sys/class/net/%.*s/device/numa_node",
                 (int)RTE_MIN(strcspn(iface, ","), (size_t)32), iface);
    } else {
        /* PCI addresses may come without their domain. */
        snprintf(path, sizeof path, "/sys/bus/pci/devices/%s%.*s/numa_node",
                 len == strlen("00:00.0") ? "0000:" : "", (int)RTE_MIN(len, (size_t)32), device);
    }
    return read_node(path);
}

int pmd_numa_of_cpu(unsigned int cpu)
{
    return numa_available() < 0 ? -1 : numa_node_of_cpu((int)cpu);
}

static bool near_any(int node, const int *ports, uint16_t n_ports)
{
    for (uint16_t p = 0; p < n_ports; p++) {
        if (near(node, ports[p])) {
            return true;
        }
    }
    return false;
}

/* Moves the CPU at `from` to `to`, behind it. */
static void move_up(struct pmd_cpu *cpus, unsigned int from, unsigned int to)
{
    struct pmd_cpu cpu = cpus[from];

    memmove(&cpus[from], &cpus[from + 1], (to - from) * sizeof *cpus);
    cpus[to] = cpu;
}

/* The last CPU before `end` that is near the port; `end`: there is none. */
static unsigned int find_near(const struct pmd_cpu *cpus, unsigned int end, int port)
{
    for (unsigned int i = end; i-- > 0;) {
        if (near(cpus[i].node, port)) {
            return i;
        }
    }
    return end;
}

unsigned int pmd_numa_order(struct pmd_cpu *cpus, unsigned int n_cpus, uint16_t n_workers,
                            const int *ports, uint16_t n_ports)
{
    unsigned int left = n_cpus, n_near = 0;

    /* The ports take turns, so that each node with one has workers. */
    for (uint16_t w = 0, missed = 0; w < n_workers && missed < n_ports && left > 0;) {
        unsigned int i = find_near(cpus, left, ports[(w + missed) % n_ports]);

        if (i == left) {
            missed++;
            continue;
        }
        move_up(cpus, i, --left);
        w++;
        missed = 0;
    }
    /* Then what else is near, for workers that are not pinned. */
    for (unsigned int i = left; i-- > 0;) {
        if (near_any(cpus[i].node, ports, n_ports)) {
            move_up(cpus, i, --left);
        }
    }
    for (unsigned int i = 0; i < n_cpus; i++) {
        n_near += near_any(cpus[i].node, ports, n_ports);
    }
    return n_near;
}

uint16_t pmd_numa_group(const int *of, uint16_t n, uint16_t *groups, int *nodes)
{
    uint16_t n_groups = 0;

    for (uint16_t k = 0; k < n; k++) {
        uint16_t i = 0;

        while (i < n_groups && of[k] >= 0 && nodes[i] != of[k]) {
            i++;
        }
        if (i == n_groups && of[k] >= 0) {
            nodes[n_groups++] = of[k];
        }
        groups[k] = i; /* of an unknown node: the first */
    }
    if (n_groups == 0) {
        nodes[n_groups++] = -1;
    }
    return n_groups;
}

uint16_t pmd_numa_owners(int port, const int *workers, uint16_t n_workers, uint16_t first,
                         uint16_t *owners)
{
    uint16_t n = 0, n_near;

    for (uint16_t i = 0; i < n_workers; i++) {
        uint16_t w = (first + i) % n_workers;

        if (near(workers[w], port)) {
            owners[n++] = w;
        }
    }
    n_near = n;
    for (uint16_t i = 0; i < n_workers; i++) {
        uint16_t w = (first + i) % n_workers;

        if (!near(workers[w], port)) {
            owners[n++] = w;
        }
    }
    return n_near;
}
