/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's routes and neighbours, in network namespaces of the test's own:
 *
 *   host0 192.0.2.1/24 2001:db8::1/64  ──veth──  far0 192.0.2.2 2001:db8::2
 *                                                (in a namespace held by a child)
 *   other0 203.0.113.129/25, which is no host interface
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "now.h"
#include "underlay.h"

static pid_t far_end;
static struct underlay *u;

static const uint8_t host_mac[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t far_mac[6] = {2, 0, 0, 0, 0, 2};

/* What the kernel is made to do. */
static struct {
    bool lose;              /* the next notifications do not fit */
    bool silent;            /* the next request is not answered in time */
    uint16_t type;          /* dumps of these messages … */
    unsigned int interrupt; /* … are interrupted, so many of them */
    uint32_t seq;           /* the last one that was */
} fate;

/* --- in place of libmnl */

ssize_t __real_mnl_socket_recvfrom(const struct mnl_socket *s, void *buffer, size_t size);
ssize_t __wrap_mnl_socket_recvfrom(const struct mnl_socket *s, void *buffer, size_t size);

/* As the kernel does when an interface comes or goes during a dump: the first
 * message of the next datagram says so.  This dump misses everything. */
static void interrupt(struct nlmsghdr *nlh, int n)
{
    if (nlh->nlmsg_type == fate.type && fate.interrupt > 0 && nlh->nlmsg_seq != fate.seq &&
        (nlh->nlmsg_flags & NLM_F_MULTI)) {
        fate.seq = nlh->nlmsg_seq;
        fate.interrupt--;
        nlh->nlmsg_flags |= NLM_F_DUMP_INTR;
    }
    for (; mnl_nlmsg_ok(nlh, n); nlh = mnl_nlmsg_next(nlh, &n)) {
        if (nlh->nlmsg_seq == fate.seq && nlh->nlmsg_type == fate.type) {
            nlh->nlmsg_type = NLMSG_NOOP;
        }
    }
}

ssize_t __wrap_mnl_socket_recvfrom(const struct mnl_socket *s, void *buffer, size_t size)
{
    bool event = u && mnl_socket_get_fd(s) == underlay_fd(u);
    ssize_t n;

    if (event && fate.lose) {
        fate.lose = false;
        errno = ENOBUFS;
        return -1;
    }
    if (!event && fate.silent) {
        fate.silent = false;
        errno = EAGAIN;
        return -1;
    }
    /* Little room: the kernel needs several datagrams for what there is here. */
    n = __real_mnl_socket_recvfrom(s, buffer, event || size < 4096 ? size : 4096);
    if (n > 0 && !event) {
        interrupt(buffer, (int)n);
    }
    return n;
}

/* --- helpers */

static int __attribute__((format(printf, 1, 2))) run(const char *format, ...)
{
    char command[2048];
    va_list args;

    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    return system(command);
}

#define SH(...) assert_int_equal(run(__VA_ARGS__), 0)

static struct icgw_addr addr(const char *text)
{
    struct icgw_addr a = {.bytes = {[10] = 0xff, [11] = 0xff}};

    assert_int_equal(strchr(text, ':') ? inet_pton(AF_INET6, text, a.bytes)
                                       : inet_pton(AF_INET, text, a.bytes + 12),
                     1);
    return a;
}

static struct underlay_path path(const char *local, const char *remote)
{
    return (struct underlay_path){addr(local), addr(remote)};
}

/* As the daemon does: waits for the descriptor or the time, then runs. */
static bool step(int64_t until)
{
    struct pollfd p = {.fd = underlay_fd(u), .events = POLLIN};
    int64_t now = now_ms(), wake = underlay_wakeup(u);

    wake = wake < until ? wake : until;
    poll(&p, 1, wake > now ? (int)(wake - now) : 0);
    return underlay_run(u);
}

/* Runs until the path has a next hop (or none), for 10 s. */
static bool settles(const struct underlay_path *p, bool want, struct underlay_next_hop *hop,
                    const char **why)
{
    int64_t until = now_ms() + 10000;

    while (underlay_next_hop(u, p, hop, why) != want && now_ms() < until) {
        step(until);
    }
    return underlay_next_hop(u, p, hop, why) == want;
}

static void expect_hop(struct underlay_path p, uint16_t vlan, uint16_t mtu, const uint8_t *eth_dst)
{
    struct underlay_next_hop hop;
    const char *why = "";

    if (!settles(&p, true, &hop, &why)) {
        fail_msg("no next hop: %s", why);
    }
    assert_int_equal(hop.port, 1);
    assert_int_equal(hop.vlan, vlan);
    assert_int_equal(hop.mtu, mtu);
    assert_memory_equal(hop.eth_src, host_mac, 6);
    assert_memory_equal(hop.eth_dst, eth_dst, 6);
}

static void expect_gone(struct underlay_path p)
{
    struct underlay_next_hop hop;
    const char *why;

    assert_true(settles(&p, false, &hop, &why));
}

static void expect_none(struct underlay_path p, const char *reason)
{
    struct underlay_next_hop hop;
    const char *why = "";

    assert_true(settles(&p, false, &hop, &why));
    if (!strstr(why, reason)) {
        fail_msg("\"%s\" expected, not \"%s\"", reason, why);
    }
}

static void want(struct underlay_path p)
{
    underlay_want(u, &p, 1);
}

/* Takes up what was changed a moment ago. */
static void catch_up(void)
{
    int64_t until = now_ms() + 400;

    while (now_ms() < until) {
        step(until);
    }
}

/* --- tests */

static void finds_a_neighbour_on_the_link(void **state)
{
    struct underlay_path both[] = {path("192.0.2.1", "192.0.2.2"),
                                   path("2001:db8::1", "2001:db8::2")};

    (void)state;
    underlay_want(u, both, 2);
    expect_hop(both[0], 0, 1500, far_mac);
    expect_hop(both[1], 0, 1500, far_mac);
    expect_none(path("192.0.2.1", "192.0.2.77"), "not asked for");
}

static void follows_routes_and_their_mtu(void **state)
{
    struct underlay_path p = path("192.0.2.1", "203.0.113.1");

    (void)state;
    want(p);
    expect_none(p, "no route");
    SH("ip route add 203.0.113.0/25 via 192.0.2.2 mtu 1400");
    expect_hop(p, 0, 1400, far_mac);
    SH("ip route del 203.0.113.0/25");
    expect_none(p, "no route");
    SH("ip route add unreachable 203.0.113.0/25");
    catch_up();
    expect_none(p, "no route");
    SH("ip route del unreachable 203.0.113.0/25");
}

static void follows_ipv6_routes(void **state)
{
    struct underlay_path p = path("2001:db8::1", "2001:db8:f::1");

    (void)state;
    want(p);
    expect_none(p, "no route");
    SH("ip route add 2001:db8:f::/48 via 2001:db8::2");
    expect_hop(p, 0, 1500, far_mac);
    SH("ip route del 2001:db8:f::/48");
    expect_none(p, "no route");
}

static void reaches_ipv4_by_an_ipv6_gateway(void **state)
{
    struct underlay_path p = path("192.0.2.1", "203.0.113.1");

    (void)state;
    SH("ip route add 203.0.113.0/25 via inet6 2001:db8::2 dev host0");
    want(p);
    expect_hop(p, 0, 1500, far_mac);
    SH("ip route del 203.0.113.0/25");
}

static void leaves_by_a_vlan(void **state)
{
    static const uint8_t fixed[6] = {2, 0, 0, 0, 0, 9};
    struct underlay_path p = path("198.51.100.1", "198.51.100.9");

    (void)state;
    if (run("ip link add link host0 name host0.5 type vlan id 5 2>/dev/null") != 0) {
        print_message("this kernel has no 802.1Q interfaces\n");
        skip();
    }
    SH("ip link set host0.5 mtu 1496 up; ip addr add 198.51.100.1/24 dev host0.5");
    SH("ip neigh replace 198.51.100.9 dev host0.5 lladdr 02:00:00:00:00:09 nud permanent");
    want(p);
    expect_hop(p, 5, 1496, fixed);
    SH("ip link del host0.5");
    expect_gone(p);
}

static void what_the_operator_has_fixed_stays_fixed(void **state)
{
    static const uint8_t fixed[6] = {2, 0, 0, 0, 0, 9};
    struct underlay_path p = path("192.0.2.1", "192.0.2.9");

    (void)state;
    SH("ip neigh replace 192.0.2.9 dev host0 lladdr 02:00:00:00:00:09 nud permanent");
    want(p);
    expect_hop(p, 0, 1500, fixed);
    SH("ip neigh replace 192.0.2.9 dev host0 lladdr 02:00:00:00:00:02 nud permanent");
    catch_up();
    expect_hop(p, 0, 1500, far_mac);
    underlay_want(u, NULL, 0);
    SH("ip neigh show 192.0.2.9 | grep -q PERMANENT");
    SH("ip neigh del 192.0.2.9 dev host0");
}

static void names_what_is_wrong(void **state)
{
    struct underlay_path p[] = {
        path("192.0.2.1", "203.0.113.130"), path("192.0.2.1", "192.0.2.1"),
        path("10.9.9.9", "192.0.2.2"),      path("192.0.2.1", "2001:db8::2"),
        path("192.0.2.1", "192.0.2.66"),    path("192.0.2.1", "224.0.0.1"),
    };

    (void)state;
    underlay_want(u, p, sizeof p / sizeof *p);
    expect_none(p[0], "route leaves by other0, which is no host interface of ours");
    expect_none(p[1], "own");
    expect_none(p[2], "our address is on no interface");
    expect_none(p[3], "other family");
    catch_up();
    expect_none(p[4], "next hop");
    expect_none(p[5], "no");
}

static void asks_the_kernel_to_keep_neighbours(void **state)
{
    struct underlay_path p = path("192.0.2.1", "192.0.2.2");

    (void)state;
    SH("ip neigh flush dev host0");
    want(p);
    expect_hop(p, 0, 1500, far_mac);
    if (run("ip neigh show 192.0.2.2 | grep -q managed") != 0) {
        print_message("this kernel does not keep neighbours by itself (before 5.16)\n");
        skip();
    }
    underlay_want(u, NULL, 0);
    assert_int_not_equal(run("ip neigh show 192.0.2.2 | grep -q managed"), 0);
}

/* Its last address is used until the kernel, which we ask, has one again. */
static void expect_asked_again(struct underlay_path p)
{
    int64_t until = now_ms() + 10000;

    catch_up();
    while (run("ip neigh show 192.0.2.2 | grep -q lladdr") != 0 && now_ms() < until) {
        expect_hop(p, 0, 1500, far_mac);
        step(now_ms() + 50);
    }
    SH("ip neigh show 192.0.2.2 | grep -q lladdr");
    catch_up();
    expect_hop(p, 0, 1500, far_mac);
}

static void resolves_again_what_was_removed(void **state)
{
    struct underlay_path p = path("192.0.2.1", "192.0.2.2");

    (void)state;
    want(p);
    expect_hop(p, 0, 1500, far_mac);
    SH("ip neigh del 192.0.2.2 dev host0");
    expect_asked_again(p);
}

static void asks_one_that_is_silent(void **state)
{
    struct underlay_path p = path("192.0.2.1", "192.0.2.2");

    (void)state;
    want(p);
    expect_hop(p, 0, 1500, far_mac);
    SH("ip neigh replace 192.0.2.2 dev host0 nud failed");
    expect_asked_again(p);
}

static void follows_the_interface(void **state)
{
    struct underlay_path p = path("192.0.2.1", "192.0.2.2");

    (void)state;
    want(p);
    expect_hop(p, 0, 1500, far_mac);
    SH("ip link set host0 mtu 1450");
    catch_up();
    expect_hop(p, 0, 1450, far_mac);
    SH("ip link set host0 down");
    expect_gone(p);
    SH("ip link set host0 mtu 1500 up");
    expect_hop(p, 0, 1500, far_mac);
    SH("ip addr add 2001:db8::1/64 dev host0 nodad"); /* went with the link */
}

static void tells_when_something_changed(void **state)
{
    struct underlay_path p = path("192.0.2.1", "203.0.113.1");
    bool told = false;
    int64_t until;

    (void)state;
    want(p);
    catch_up();
    assert_false(underlay_run(u));
    SH("ip route add 203.0.113.0/25 via 192.0.2.2");
    until = now_ms() + 5000;
    while (!told && now_ms() < until) {
        told = step(until);
    }
    assert_true(told);
    SH("ip route del 203.0.113.0/25");
    expect_none(p, "no route");
}

static void survives_lost_notifications(void **state)
{
    struct underlay_path p = path("192.0.2.1", "203.0.113.1");
    int small = 1;

    (void)state;
    want(p);
    catch_up();
    setsockopt(underlay_fd(u), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    for (int i = 0; i < 40; i++) {
        SH("ip route add 10.0.%d.0/24 via 192.0.2.2", i);
    }
    SH("ip route add 203.0.113.0/25 via 192.0.2.2");
    expect_hop(p, 0, 1500, far_mac);
}

/* An interface that the kernel has made another one, without telling. */
static void change_unnoticed(const char *change)
{
    SH("%s", change);
    fate.lose = true;
}

static void interrupt_dumps(uint16_t type, unsigned int n)
{
    fate.type = type;
    fate.interrupt = n;
}

static void gets_over_interrupted_dumps(void **state)
{
    struct underlay_path p = path("192.0.2.1", "192.0.2.2");

    (void)state;
    want(p);
    expect_hop(p, 0, 1500, far_mac);
    interrupt_dumps(RTM_NEWLINK, 2);
    change_unnoticed("ip link set host0 mtu 1450");
    catch_up();
    assert_int_equal(fate.interrupt, 0);
    assert_null(underlay_trouble(u));
    expect_hop(p, 0, 1450, far_mac);
    SH("ip link set host0 mtu 1500");
    catch_up();
    expect_hop(p, 0, 1500, far_mac);
}

static void tries_again_what_it_could_not_list(void **state)
{
    struct underlay_path p = path("192.0.2.1", "192.0.2.2");

    (void)state;
    want(p);
    expect_hop(p, 0, 1500, far_mac);
    catch_up();
    interrupt_dumps(RTM_NEWLINK, UINT_MAX);
    change_unnoticed("ip link set host0 mtu 1450");
    for (int i = 0; i < 3; i++) {
        catch_up();
        assert_non_null(underlay_trouble(u));
        assert_non_null(strstr(underlay_trouble(u), "cannot list network interfaces"));
        assert_true(underlay_wakeup(u) <= now_ms() + 100);
        expect_hop(p, 0, 1500, far_mac); /* as it was */
    }
    assert_true(fate.interrupt > UINT_MAX - 60); /* three each 100 ms */
    interrupt_dumps(RTM_NEWLINK, 0);
    catch_up();
    assert_null(underlay_trouble(u));
    expect_hop(p, 0, 1450, far_mac);
    SH("ip link set host0 mtu 1500");
    catch_up();
    expect_hop(p, 0, 1500, far_mac);
}

/* The kernel begins no other dump before it has been read to its end. */
static void a_dump_that_was_given_up_is_not_in_the_way(void **state)
{
    struct underlay_path p = path("192.0.2.1", "192.0.2.2");

    (void)state;
    want(p);
    expect_hop(p, 0, 1500, far_mac);
    catch_up();
    change_unnoticed("ip link set host0 mtu 1450");
    fate.silent = true;
    underlay_run(u);
    assert_non_null(strstr(underlay_trouble(u), strerror(ETIMEDOUT)));
    usleep(110 * 1000);
    underlay_run(u);
    assert_null(underlay_trouble(u));
    expect_hop(p, 0, 1450, far_mac);
    SH("ip link set host0 mtu 1500");
    catch_up();
    expect_hop(p, 0, 1500, far_mac);
}

static void starts_while_interfaces_come_and_go(void **state)
{
    struct underlay_path p = path("192.0.2.1", "192.0.2.2");
    static const char *const hosts[] = {"nothing0", "host0"};
    struct underlay *first = u;
    char *error = NULL;

    (void)state;
    interrupt_dumps(RTM_NEWLINK, 2);
    u = underlay_open(hosts, 2, &error);
    assert_non_null(u);
    assert_null(underlay_trouble(u));
    underlay_close(u);
    u = NULL;
    interrupt_dumps(RTM_NEWLINK, 3); /* no more attempts at once */
    u = underlay_open(hosts, 2, &error);
    assert_non_null(u);
    assert_non_null(underlay_trouble(u));
    want(p);
    expect_hop(p, 0, 1500, far_mac);
    assert_null(underlay_trouble(u));
    underlay_close(u);
    u = NULL;
    u = first;
}

/* What the operator has fixed is not asked about before it is known to be fixed. */
static void tries_again_for_neighbours(void **state)
{
    static const uint8_t fixed[6] = {2, 0, 0, 0, 0, 9};
    struct underlay_path p = path("192.0.2.1", "192.0.2.9");

    (void)state;
    SH("ip neigh replace 192.0.2.9 dev host0 lladdr 02:00:00:00:00:09 nud permanent");
    interrupt_dumps(RTM_NEWNEIGH, UINT_MAX);
    want(p);
    catch_up();
    assert_non_null(strstr(underlay_trouble(u), "cannot list neighbours"));
    SH("ip neigh show 192.0.2.9 | grep -q PERMANENT");
    interrupt_dumps(RTM_NEWNEIGH, 0);
    catch_up();
    assert_null(underlay_trouble(u));
    expect_hop(p, 0, 1500, fixed);
    SH("ip neigh del 192.0.2.9 dev host0");
    underlay_want(u, NULL, 0);
}

/* What fitted before others were lost is older than what the kernel says when asked. */
static void old_notifications_do_not_undo_a_resync(void **state)
{
    struct underlay_path p = path("192.0.2.1", "192.0.2.2");
    int small = 1;

    (void)state;
    want(p);
    expect_hop(p, 0, 1500, far_mac);
    catch_up();
    setsockopt(underlay_fd(u), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    SH("ip link set host0 mtu 1450");
    SH("for i in $(seq 40); do ip route add 10.1.$i.0/24 via 192.0.2.2; done");
    SH("ip link set host0 mtu 1500");
    catch_up();
    expect_hop(p, 0, 1500, far_mac);
    SH("for i in $(seq 40); do ip route del 10.1.$i.0/24; done");
}

/* One turn of a daemon that shields; another one may have been killed before. */
static void shield_once(void)
{
    const char *hosts[] = {"host0"};
    char *error = NULL;
    struct underlay *other = underlay_open(hosts, 1, &error);

    assert_non_null(other);
    assert_true(underlay_shield(other, "shield0", &error));
    SH("tc qdisc show dev shield0 | grep -q clsact");
    underlay_close(other);
}

static void takes_its_shield_away(void **state)
{
    (void)state;
    SH("ip link add shield0 type veth peer name shield1");
    shield_once();
    SH("! tc qdisc show dev shield0 | grep -q clsact");
    /* As one that was killed leaves it. */
    SH("tc qdisc add dev shield0 clsact");
    SH("tc filter add dev shield0 ingress handle 0x6f766e bpf da bytecode '1,6 0 0 2'");
    shield_once();
    SH("! tc qdisc show dev shield0 | grep -q clsact");
    /* Somebody else's. */
    SH("tc qdisc add dev shield0 clsact");
    SH("tc filter add dev shield0 ingress bpf da bytecode '1,6 0 0 2'");
    shield_once();
    SH("tc qdisc show dev shield0 | grep -q clsact");
    SH("ip link del shield0");
}

static void follows_a_carrier(void **state)
{
    struct underlay_path p = path("192.0.2.1", "192.0.2.2");
    char *error = NULL;

    (void)state;
    want(p);
    expect_hop(p, 0, 1500, far_mac);
    assert_false(underlay_set_carrier(u, "nowhere0", true, &error));
    assert_non_null(strstr(error, "nowhere0"));
    free(error);
    SH("ip tuntap add carrier0 mode tap && ip link set carrier0 up");
    assert_true(underlay_set_carrier(u, "carrier0", false, &error));
    SH("grep -q 1 /proc/sys/net/ipv4/conf/carrier0/ignore_routes_with_linkdown");
    SH("ip link del carrier0");
}

static void puts_addresses_on(void **state)
{
    struct icgw_addr a4 = addr("192.0.2.200"), a6 = addr("2001:db8::200");
    char *error = NULL;

    (void)state;
    for (int i = 0; i < 2; i++) { /* the second time it is there already */
        assert_true(underlay_add_address(u, "host0", &a4, 24, &error));
        assert_true(underlay_add_address(u, "host0", &a6, 64, &error));
    }
    SH("ip addr show dev host0 | grep -q 'inet 192.0.2.200/24'");
    SH("ip addr show dev host0 | grep 'inet6 2001:db8::200/64' | grep -vq tentative");
    assert_false(underlay_add_address(u, "nosuch0", &a4, 24, &error));
    assert_non_null(strstr(error, "nosuch0"));
    free(error);
    assert_false(underlay_add_address(u, "host0", &a4, 33, &error));
    assert_non_null(strstr(error, "prefix length 33"));
    free(error);
}

/* --- the network */

static pid_t hold_namespace(void)
{
    int ready[2];
    char c;
    pid_t pid;

    if (pipe(ready) != 0) {
        return -1;
    }
    pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        c = unshare(CLONE_NEWNET) == 0 ? 'y' : 'n';
        if (write(ready[1], &c, 1) == 1 && c == 'y') {
            pause();
        }
        _exit(1);
    }
    if (pid > 0 && (read(ready[0], &c, 1) != 1 || c != 'y')) {
        return -1;
    }
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static bool build_network(void)
{
    if (unshare(CLONE_NEWNET) != 0 || (far_end = hold_namespace()) < 0) {
        return false;
    }
    return run("set -e; exec 2>&1\n"
               "ip link set lo up\n"
               "ip link add host0 address 02:00:00:00:00:01 type veth"
               " peer name far0 address 02:00:00:00:00:02\n"
               "ip link set far0 netns %d\n"
               "ip addr add 192.0.2.1/24 dev host0; ip link set host0 up\n"
               "ip addr add 2001:db8::1/64 dev host0 nodad\n"
               "ip link add other0 type veth peer name other1\n"
               "ip addr add 203.0.113.129/25 dev other0; ip link set other0 up;"
               " ip link set other1 up\n"
               "for i in $(seq 10); do ip link add many$i type veth peer name more$i; done\n"
               "nsenter -t %d -n sh -c 'ip link set far0 up; ip addr add 192.0.2.2/24 dev far0;"
               " ip addr add 2001:db8::2/64 dev far0 nodad'\n",
               far_end, far_end) == 0;
}

static int start(void **state)
{
    static const char *const hosts[] = {"nothing0", "host0"};
    char *error = NULL;

    (void)state;
    u = underlay_open(hosts, 2, &error);
    if (!u) {
        print_error("%s\n", error);
        free(error);
    }
    return u ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    underlay_close(u);
    u = NULL;
    kill(far_end, SIGKILL);
    waitpid(far_end, NULL, 0);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_a_neighbour_on_the_link),
        cmocka_unit_test(follows_routes_and_their_mtu),
        cmocka_unit_test(follows_ipv6_routes),
        cmocka_unit_test(reaches_ipv4_by_an_ipv6_gateway),
        cmocka_unit_test(leaves_by_a_vlan),
        cmocka_unit_test(what_the_operator_has_fixed_stays_fixed),
        cmocka_unit_test(names_what_is_wrong),
        cmocka_unit_test(asks_the_kernel_to_keep_neighbours),
        cmocka_unit_test(resolves_again_what_was_removed),
        cmocka_unit_test(asks_one_that_is_silent),
        cmocka_unit_test(follows_the_interface),
        cmocka_unit_test(tells_when_something_changed),
        cmocka_unit_test(gets_over_interrupted_dumps),
        cmocka_unit_test(tries_again_what_it_could_not_list),
        cmocka_unit_test(a_dump_that_was_given_up_is_not_in_the_way),
        cmocka_unit_test(starts_while_interfaces_come_and_go),
        cmocka_unit_test(tries_again_for_neighbours),
        cmocka_unit_test(survives_lost_notifications),
        cmocka_unit_test(old_notifications_do_not_undo_a_resync),
        cmocka_unit_test(takes_its_shield_away),
        cmocka_unit_test(follows_a_carrier),
        cmocka_unit_test(puts_addresses_on),
    };

    if (geteuid() != 0 || run("ip -V >/dev/null 2>&1 && nsenter -V >/dev/null 2>&1") != 0 ||
        !build_network()) {
        printf("underlay: skipped, needs root, ip and nsenter\n");
        return 77; /* skipped, for meson */
    }
    return cmocka_run_group_tests_name("underlay", tests, start, stop);
}
