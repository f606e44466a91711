/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "icgw_config.h"
#include "util.h"

/* "0000:03:00.0" of a device; NULL: a virtual one. */
static char *pci_address(const char *device)
{
    size_t n = strcspn(device, ",");
    if (!strncmp(device, "net_", 4)) {
        return NULL;
    }
    char *address = xmemdup0(device, n);
    if (n == strlen("03:00.0")) { /* the domain may be left out */
        char *full = xasprintf("0000:%s", address);
        free(address);
        address = full;
    }
    return address;
}

static bool is_dpdk_driver(const char *driver)
{
    return !strcmp(driver, "vfio-pci") || !strcmp(driver, "uio_pci_generic") ||
           !strcmp(driver, "igb_uio");
}

/* Drivers of the kernel that DPDK works through (bifurcated drivers). */
static bool is_shared_driver(const char *driver)
{
    return !strcmp(driver, "mlx5_core") || !strcmp(driver, "mlx4_core") || !strcmp(driver, "mana");
}

static void check_driver(struct check *c, const char *name, const char *pci)
{
    char *driver = check_link(c, "sys/bus/pci/devices/%s/driver", pci);
    bool uio = driver != NULL && strstr(driver, "uio") != NULL;
    bool good = driver != NULL && (is_dpdk_driver(driver) || is_shared_driver(driver));
    check_add(c, name,
              !good ? CHECK_MUST_CHANGE
              : uio ? CHECK_ADVICE
                    : CHECK_OK,
              xasprintf("driver %s", driver ? driver : "none"),
              xstrdup(uio ? "without an IOMMU between, the device can write anywhere"
                          : "the kernel has the device, not DPDK"),
              xasprintf("modprobe vfio-pci; dpdk-devbind.py --bind=vfio-pci %s", pci));
    if (driver != NULL && !strcmp(driver, "vfio-pci")) {
        char *group = check_link(c, "sys/bus/pci/devices/%s/iommu_group", pci);
        char *unsafe = check_read(c, "sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
        bool open = unsafe != NULL && *unsafe == 'Y';
        check_add(c, "IOMMU",
                  group  ? CHECK_OK
                  : open ? CHECK_ADVICE
                         : CHECK_MUST_CHANGE,
                  group ? xasprintf("group %s", group) : xstrdup("off"),
                  xstrdup(open ? "vfio works without one, but the device can write anywhere"
                               : "vfio-pci needs one"),
                  xstrdup("kernel command line: intel_iommu=on iommu=pt (AMD: iommu=pt), and VT-d "
                          "or AMD-Vi in the firmware"));
        free(unsafe);
        free(group);
    }
    free(driver);
}

/* Workers are best on the node of the device. */
static void check_numa(struct check *c, const char *name, const char *pci)
{
    long long node = check_number(c, "sys/bus/pci/devices/%s/numa_node", pci);
    char *nodes = check_read(c, "sys/devices/system/node/online");
    char *cpus = node >= 0 ? check_read(c, "sys/devices/system/node/node%lld/cpulist", node) : NULL;
    struct check_cpus list;
    if (cpus != NULL && nodes != NULL && strcmp(nodes, "0") != 0 && check_cpu_list(cpus, &list)) {
        unsigned int n = 0;
        for (size_t i = 0; i < CHECK_MAX_CPUS; i++) {
            n += list.has[i];
        }
        char *title = xasprintf("%s: NUMA", name);
        check_add(c, title, n >= c->config->cores ? CHECK_OK : CHECK_ADVICE,
                  xasprintf("node %lld, CPUs %s, %u worker(s)", node, cpus, c->config->cores),
                  xstrdup("some workers run on another node than the device, and reach its memory "
                          "the long way"),
                  xasprintf("cores = %u in [workers]; CPUAffinity=%s in the unit", n, cpus));
        free(title);
    }
    free(cpus);
    free(nodes);
}

void check_devices(struct check *c)
{
    for (size_t i = 0; i < c->config->n_ports; i++) {
        const struct icgw_config_port *port = &c->config->ports[i];
        char *pci = pci_address(port->device);
        char *name = xasprintf("port %s", port->name);
        char *vendor = pci ? check_read(c, "sys/bus/pci/devices/%s/vendor", pci) : NULL;
        if (pci == NULL) {
            check_add(c, name, CHECK_ADVICE, xasprintf("virtual device %.60s", port->device),
                      xstrdup("a NIC of its own is many times as fast"),
                      xstrdup("dpdk-devbind.py --status lists them; device in [port]"));
        } else if (vendor == NULL) {
            check_add(c, name, CHECK_MUST_CHANGE, xasprintf("no PCI device %s", pci),
                      xstrdup("the device is not there"), xstrdup("dpdk-devbind.py --status"));
        } else {
            check_driver(c, name, pci);
            check_numa(c, name, pci);
        }
        free(vendor);
        free(name);
        free(pci);
    }
}
