/* SPDX-License-Identifier: Apache-2.0 */

/* Examining a host: made-up hosts, below a folder of their own. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "check.h"
#include "icgw_config.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "text.h"
#include "util.h"
#include "view.h"

static char root[] = "/tmp/test_check.XXXXXX";

static char *make_path(const char *path)
{
    char *full = xasprintf("%s/%s", root, path);
    for (char *p = full + strlen(root) + 1; (p = strchr(p, '/')) != NULL; p++) {
        *p = '\0';
        mkdir(full, 0755);
        *p = '/';
    }
    return full;
}

static void put_file(const char *path, const char *text)
{
    char *full = make_path(path);
    FILE *stream = fopen(full, "w");
    assert_non_null(stream);
    fprintf(stream, "%s\n", text);
    fclose(stream);
    free(full);
}

static void put_link(const char *path, const char *target)
{
    char *full = make_path(path);
    unlink(full);
    assert_int_equal(symlink(target, full), 0);
    free(full);
}

static int start(void **state OVS_UNUSED)
{
    return mkdtemp(root) ? 0 : -1;
}

static void clear_root(void)
{
    char *command = xasprintf("rm -rf '%s'/*", root);
    assert_int_equal(system(command), 0);
    free(command);
}

static int stop(void **state OVS_UNUSED)
{
    clear_root();
    return rmdir(root);
}

/* A host that leaves nothing to be wished for. */
static int good_host(void **state OVS_UNUSED)
{
    clear_root();
    put_file("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "100");
    put_file("sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages", "1");
    put_file("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never");
    put_file("sys/devices/system/cpu/online", "0-7");
    put_file("sys/devices/system/cpu/isolated", "2-3,6");
    put_file("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance");
    put_file("sys/devices/system/cpu/cpu7/cpufreq/scaling_governor", "performance");
    put_file("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc");
    put_file("sys/bus/pci/devices/0000:03:00.0/vendor", "0x8086");
    put_file("sys/bus/pci/devices/0000:03:00.0/numa_node", "1");
    put_link("sys/bus/pci/devices/0000:03:00.0/driver", "../../../../bus/pci/drivers/vfio-pci");
    put_link("sys/bus/pci/devices/0000:03:00.0/iommu_group", "../../../kernel/iommu_groups/17");
    put_file("sys/devices/system/node/online", "0-1");
    put_file("sys/devices/system/node/node1/cpulist", "4-7");
    put_file("sys/class/misc/tun/dev", "10:200");
    put_file("proc/sys/net/ipv4/conf/all/rp_filter", "2");
    put_file("proc/sys/net/ipv4/conf/default/rp_filter", "2");
    put_file("proc/sys/net/ipv4/conf/all/arp_ignore", "1");
    put_file("proc/sys/net/ipv4/neigh/default/gc_thresh3", "4096");
    put_file("proc/sys/kernel/numa_balancing", "0");
    return 0;
}

static char device[] = "03:00.0,dv_flow_en=1", other[] = "net_tap0";

static struct icgw_config good_config(void)
{
    struct icgw_config c = {.cores = 3, .huge_pages = true, .memory_mib = 1024, .n_ports = 1};
    strcpy(c.ports[0].name, "uplink");
    c.ports[0].device = device;
    return c;
}

/* "check=verdict" of everything that is not ok, in order, and "fit". */
static void expect(const struct icgw_config *config, const char *text)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    struct json *report = check_host(root, config);
    const struct json *checks = view_get(report, "checks"), *one;
    VIEW_FOR_EACH(one, i, checks)
    {
        const char *verdict = view_string(one, "verdict");
        assert_true(*view_string(one, "found") != '\0');
        if (strcmp(verdict, "ok") != 0) {
            ds_put_format(&ds, "%s=%s ", view_string(one, "check"), verdict);
            assert_true(*view_string(one, "why") != '\0' && *view_string(one, "command") != '\0');
        }
    }
    ds_put_cstr(&ds, view_bool(report, "fit") ? "fit" : "unfit");
    assert_string_equal(ds_cstr(&ds), text);
    ds_clear(&ds);
    text_check(report, &ds, false);
    assert_memory_equal(ds_cstr(&ds), "check", 5);
    ds_destroy(&ds);
    json_destroy(report);
}

static void test_good(void **state OVS_UNUSED)
{
    struct icgw_config c = good_config();
    expect(&c, "fit");
}

static void test_memory(void **state OVS_UNUSED)
{
    struct icgw_config c = good_config();
    c.memory_mib = 1225; /* 1224 MiB are free */
    expect(&c, "hugepages=must_change unfit");
    c.memory_mib = 1224;
    expect(&c, "fit");
    c.huge_pages = false;
    expect(&c, "hugepages=advice fit");
    put_file("sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never");
    expect(&c, "hugepages=advice transparent hugepages=advice fit");
}

static void test_cpus(void **state OVS_UNUSED)
{
    struct icgw_config c = good_config();
    c.cores = 4;
    expect(&c, "isolated cores=advice fit");
    c.idle_sleep = true;
    expect(&c, "fit");
    put_file("sys/devices/system/cpu/online", "0,2-4");
    expect(&c, "cores=advice fit");
    c.cores = 5;
    c.idle_sleep = false;
    expect(&c, "cores=must_change isolated cores=advice port uplink: NUMA=advice unfit");
    good_host(NULL);
    c.cores = 3;
    put_file("sys/devices/system/cpu/cpu7/cpufreq/scaling_governor", "powersave");
    put_file("sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet");
    expect(&c, "CPU governor=advice clock source=advice fit");
}

static void test_devices(void **state OVS_UNUSED)
{
    struct icgw_config c = good_config();
    put_link("sys/bus/pci/devices/0000:03:00.0/driver", "../drivers/mlx5_core");
    expect(&c, "fit");
    put_link("sys/bus/pci/devices/0000:03:00.0/driver", "../drivers/ixgbe");
    expect(&c, "port uplink=must_change unfit");
    put_link("sys/bus/pci/devices/0000:03:00.0/driver", "../drivers/uio_pci_generic");
    expect(&c, "port uplink=advice fit");
    put_file("sys/devices/system/node/node1/cpulist", "6-7");
    expect(&c, "port uplink=advice port uplink: NUMA=advice fit");
    good_host(NULL);
    char *group = make_path("sys/bus/pci/devices/0000:03:00.0/iommu_group");
    unlink(group);
    free(group);
    expect(&c, "IOMMU=must_change unfit");
    put_file("sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y");
    expect(&c, "IOMMU=advice fit");
    c.ports[0].device = other;
    expect(&c, "port uplink=advice fit");
}

static void test_kernel(void **state OVS_UNUSED)
{
    struct icgw_config c = good_config();
    put_file("proc/sys/net/ipv4/conf/all/rp_filter", "1");
    put_file("proc/sys/net/ipv4/conf/default/rp_filter", "0");
    put_file("proc/sys/net/ipv4/conf/all/arp_ignore", "0");
    expect(&c, "fit");
    c.n_ports = 2;
    strcpy(c.ports[1].name, "b");
    c.ports[1].device = device;
    expect(&c, "rp_filter=advice arp_ignore=advice fit");
    put_file("proc/sys/net/ipv4/neigh/default/gc_thresh3", "512");
    put_file("proc/sys/kernel/numa_balancing", "1");
    expect(&c, "rp_filter=advice arp_ignore=advice neighbour table=advice NUMA balancing=advice "
               "fit");
}

/* What cannot be read is no reason to complain, but for what must be there. */
static void test_bare_host(void **state OVS_UNUSED)
{
    struct icgw_config c = good_config();
    clear_root();
    expect(&c, "hugepages=must_change port uplink=must_change host interfaces=must_change unfit");
    put_file("sys/devices/system/cpu/online", "zero");
    put_file("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "many");
    put_file("proc/sys/kernel/numa_balancing", "");
    put_file("sys/kernel/mm/transparent_hugepage/enabled", "]always[");
    expect(&c, "hugepages=must_change port uplink=must_change host interfaces=must_change unfit");
}

static void expect_cpus(const char *text, const char *list)
{
    struct check_cpus cpus;
    struct ds ds = DS_EMPTY_INITIALIZER;
    if (!check_cpu_list(text, &cpus)) {
        assert_null(list);
        return;
    }
    for (unsigned int i = 0; i < CHECK_MAX_CPUS; i++) {
        if (cpus.has[i]) {
            ds_put_format(&ds, "%u ", i);
        }
    }
    assert_non_null(list);
    assert_string_equal(ds_cstr(&ds), list);
    ds_destroy(&ds);
}

static void test_cpu_lists(void **state OVS_UNUSED)
{
    expect_cpus("", "");
    expect_cpus("0", "0 ");
    expect_cpus("1-3,8,1022-4000000000", "1 2 3 8 1022 1023 ");
    expect_cpus("3-1", NULL);
    expect_cpus("-1", NULL);
    expect_cpus("1,x", NULL);
    expect_cpus("1-", NULL);
    expect_cpus("99999999999999999999999", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_good, good_host),
        cmocka_unit_test_setup(test_memory, good_host),
        cmocka_unit_test_setup(test_cpus, good_host),
        cmocka_unit_test_setup(test_devices, good_host),
        cmocka_unit_test_setup(test_kernel, good_host),
        cmocka_unit_test_setup(test_bare_host, good_host),
        cmocka_unit_test(test_cpu_lists),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
