/* SPDX-License-Identifier: Apache-2.0 */
/* Starting and stopping, and what a failure says.  EAL starts once in the life
 * of a process, so each case has a process of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pmd.h"

static const struct icgw_pmd_config sane = {
    .program = "test_pmd_start",
    .memory_mib = 256,
    .n_workers = 1,
    .idle_sleep = true,
    .n_ports = 1,
    .ports = {{.name = "uplink", .device = "net_null0,no-rx=1"}},
};

/* Starts in a child, calls `then`, stops.  Returns what the child wrote: the
 * error of icgw_pmd_start(), or what `then` returned ("" for success). */
static const char *outcome(const struct icgw_pmd_config *config, const char *(*then)(void))
{
    static char text[1024];
    int out[2], status;
    size_t used = 0;

    assert_int_equal(pipe(out), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char *error = NULL;
        const char *said = "";

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (icgw_pmd_start(config, &error)) {
            said = then ? then() : "";
            icgw_pmd_stop();
        } else {
            said = error ? error : "no message";
        }
        dprintf(out[1], "%s", said);
        free(error);
        exit(0); /* LeakSanitizer looks */
    }
    close(out[1]);
    for (ssize_t n; (n = read(out[0], text + used, sizeof text - 1 - used)) > 0;) {
        used += (size_t)n;
    }
    text[used] = '\0';
    close(out[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    return text;
}

static void expect(const char *text, const char *part)
{
    bool found = strstr(text, part) != NULL;

    if (!found) {
        fputs(part, stderr);
        fputs(": expected in: ", stderr);
        fputs(text, stderr);
    }
    assert_true(found);
}

/* --- what goes wrong */

static void unknown_device(void **state)
{
    struct icgw_pmd_config c = sane;
    const char *error;

    (void)state;
    c.ports[0].device = "net_nosuch0,iface=eth1";
    error = outcome(&c, NULL);
    expect(error, "[port uplink]");
    expect(error, "net_nosuch0,iface=eth1");
    expect(error, "a device is");
}

static void unknown_pci_address(void **state)
{
    struct icgw_pmd_config c = sane;
    const char *error;

    (void)state;
    c.ports[0].device = "0000:fe:1f.7";
    error = outcome(&c, NULL);
    expect(error, "[port uplink]");
    expect(error, "0000:fe:1f.7");
}

static void missing_interface_behind_the_device(void **state)
{
    struct icgw_pmd_config c = sane;

    (void)state;
    c.ports[0].device = "net_af_packet0,iface=nosuch0";
    expect(outcome(&c, NULL), "nosuch0");
}

static void device_of_another_port(void **state)
{
    struct icgw_pmd_config c = sane;

    (void)state;
    c.n_ports = 2;
    c.ports[1] = c.ports[0];
    c.ports[1].name = "second";
    expect(outcome(&c, NULL), "[port second]: device \"net_null0,no-rx=1\" is in use");
}

/* Reasons as DPDK words them.  Where two words are in one, the hint is by the one that
 * says more. */
static void hint_by_reason(void **state)
{
    static const struct {
        const char *reason, *hint;
    } hints[] = {
        {"EAL: Cannot get hugepage information.", "HugePages_Free"},
        {"EAL: Not enough memory available on socket 0", "HugePages_Free"},
        {"EAL: Cannot allocate memseg list: Invalid argument", "HugePages_Free"},
        {"EAL:   cannot open VFIO container, error 2", "vfio-pci"},
        {"EAL: FATAL: Cannot init VFIO", "/dev/vfio"},
        {"EAL: Cannot allocate memory for VFIO", "/dev/vfio"},
        {"EAL: VFIO device: Permission denied", "/dev/vfio"},
        {"EAL: Cannot use IOVA as 'VA', no IOMMU for device", "kernel parameters"},
        {"EAL: Permission denied", "rights"},
        {"Operation not permitted", "rights"},
        {"EAL: Cannot open memory: Permission denied", "rights"},
        {"EAL: Cannot set affinity", "CPUAffinity"},
        {"EAL: lcore 7 unavailable", "CPUAffinity"},
        {"EAL: FATAL: Cannot probe devices", "lspci"},
        {"EAL: Cannot find PCI 0000:01:00.0", "lspci"},
        {"EAL: Bus (vdev) scan failed", "lspci"},
        {"EAL: something else", "may say more"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
        expect(pmd_eal_hint(hints[i].reason, true), hints[i].hint);
    }
    expect(pmd_eal_hint("Cannot allocate memory", false), "that much memory free");
    expect(pmd_eal_hint("EAL: Cannot get hugepage information.", false), "that much memory free");
    expect(pmd_eal_hint("EAL: Permission denied", false), "rights");
}

static void too_little_memory(void **state)
{
    struct icgw_pmd_config c = sane;

    (void)state;
    c.memory_mib = 8;
    expect(outcome(&c, NULL), "[dpdk] memory");
}

/* More than there is addresses for. */
static void too_much_memory(void **state)
{
    struct icgw_pmd_config c = sane;
    const char *error;

    (void)state;
    c.memory_mib = UINT32_MAX;
    error = outcome(&c, NULL);
    expect(error, "DPDK does not start: EAL: ");
    expect(error, "huge-pages = no, memory = 4294967295 MiB: is that much memory free?");
}

static void too_many_workers(void **state)
{
    struct icgw_pmd_config c = sane;

    (void)state;
    c.n_workers = UINT16_MAX;
    expect(outcome(&c, NULL), "[workers] cores = 65535");
}

static void host_interface_that_exists(void **state)
{
    struct icgw_pmd_config c = sane;

    (void)state;
    c.ports[0].host_interface = "lo";
    expect(outcome(&c, NULL), "host-interface lo: an interface of that name exists");
}

static void host_interface_with_a_long_name(void **state)
{
    struct icgw_pmd_config c = sane;

    (void)state;
    c.ports[0].host_interface = "sixteen-letters-";
    expect(outcome(&c, NULL), "at most 15 characters");
}

/* As in a container that was not given the device. */
static void host_interface_without_tun(void **state)
{
    struct icgw_pmd_config c = sane;

    (void)state;
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("/dev/null", "/dev/net/tun", NULL, MS_BIND, NULL) != 0) {
        skip();
    }
    c.ports[0].host_interface = "icgwt2";
    const char *said = outcome(&c, NULL);
    umount("/dev/net/tun");
    expect(said, "host-interface icgwt2");
    expect(said, "it takes /dev/net/tun and CAP_NET_ADMIN");
}

/* --- what goes well */

static const char *look(void)
{
    struct icgw_port_info port;
    struct icgw_worker_info worker;

    icgw_pmd_port_info(0, &port);
    icgw_pmd_worker_info(0, &worker);
    if (icgw_pmd_n_ports() != 1 || icgw_pmd_n_workers() != 1 || strcmp(port.name, "uplink") ||
        strcmp(port.driver, "net_null") || port.mtu != 1500 || !port.link_up) {
        return "port or worker wrong";
    }
    return icgw_pmd_tables() && icgw_pmd_slow_fd() >= 0 ? "" : "no tables";
}

static void starts_and_stops(void **state)
{
    (void)state;
    assert_string_equal(outcome(&sane, look), "");
}

static void starts_with_busy_workers(void **state)
{
    struct icgw_pmd_config c = sane;

    (void)state;
    c.idle_sleep = false;
    assert_string_equal(outcome(&c, look), "");
}

static void starts_with_jumbo_frames(void **state)
{
    struct icgw_pmd_config c = sane;

    (void)state;
    c.ports[0].mtu = 9000;
    assert_string_equal(outcome(&c, NULL), "");
}

/* --- the kernel's way through a port
 *
 *   here: eth1 (device), icgwt1 192.0.2.1/24 (host interface)
 *   far:  far0 192.0.2.2/24, which pings                        */

static const char *build(void)
{
    return "exec 2>/dev/null; set -e\n"
           "ip link set lo up\n"
           "ip link add eth1 type veth peer name far0\n"
           "ethtool -K eth1 tx off >/dev/null || true; ethtool -K far0 tx off >/dev/null || true\n"
           "touch $DIR/far; unshare --net=$DIR/far true\n"
           "ip link set far0 netns $DIR/far\n"
           "ip link set eth1 up arp off\n"
           "nsenter --net=$DIR/far sh -c"
           " 'ip link set far0 up; ip addr add 192.0.2.2/24 dev far0'\n";
}

static const char *ping(void)
{
    struct icgw_worker_info worker;

    if (system("ip addr add 192.0.2.1/24 dev icgwt1 &&"
               " nsenter --net=$DIR/far ping -q -c 3 -i 0.2 -W 2 192.0.2.1 >/dev/null")) {
        return "no answer";
    }
    icgw_pmd_worker_info(0, &worker); /* receives what is no tunnel packet */
    return worker.stats.from_host && worker.stats.to_host ? "" : "not by way of the worker";
}

static void clean_up(void)
{
    int ignored = system("umount $DIR/far 2>/dev/null; rm -r $DIR");

    (void)ignored;
}

/* A device with one queue: with two workers, they hand over to each other. */
static void kernel_answers(uint16_t n_workers)
{
    struct icgw_pmd_config c = sane;
    char dir[] = "/tmp/test_pmd.XXXXXX";

    assert_non_null(mkdtemp(dir));
    setenv("DIR", dir, 1);
    /* Mounts of its own: none stays, however this ends. */
    if (access("/dev/net/tun", R_OK | W_OK) != 0 || unshare(CLONE_NEWNET | CLONE_NEWNS) != 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 || system(build()) != 0) {
        print_message("needs root, ip, nsenter, veth and /dev/net/tun\n");
        clean_up();
        skip();
    }
    c.n_workers = n_workers;
    c.ports[0].device = "net_af_packet0,iface=eth1";
    c.ports[0].host_interface = "icgwt1";
    const char *said = outcome(&c, ping);
    clean_up();
    assert_string_equal(said, "");
}

static void kernel_answers_by_the_port(void **state)
{
    (void)state;
    kernel_answers(1);
}

static void kernel_answers_beside_two_workers(void **state)
{
    (void)state;
    if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
        skip();
    }
    kernel_answers(2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_device),
        cmocka_unit_test(unknown_pci_address),
        cmocka_unit_test(missing_interface_behind_the_device),
        cmocka_unit_test(device_of_another_port),
        cmocka_unit_test(too_little_memory),
        cmocka_unit_test(too_much_memory),
        cmocka_unit_test(hint_by_reason),
        cmocka_unit_test(too_many_workers),
        cmocka_unit_test(host_interface_that_exists),
        cmocka_unit_test(host_interface_with_a_long_name),
        cmocka_unit_test(host_interface_without_tun),
        cmocka_unit_test(starts_and_stops),
        cmocka_unit_test(starts_with_busy_workers),
        cmocka_unit_test(starts_with_jumbo_frames),
        cmocka_unit_test(kernel_answers_by_the_port),
        cmocka_unit_test(kernel_answers_beside_two_workers),
    };
    return cmocka_run_group_tests_name("pmd_start", tests, NULL, NULL);
}
