/* SPDX-License-Identifier: Apache-2.0 */
/* Ports and workers, with a forwarding path of the test's own: the first bytes
 * of a frame say what becomes of it.
 *
 *   port 0  net_ring0, which receives what is sent by it; with host interface
 *           icgwt0, where the test may create one
 *   port 1  net_pcap0: a single queue, so one of the two workers has none
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "icgw_pmd.h"
#include "pmd_one_copy.h"

#define HOST "icgwt0"
#define FRAME_LEN 100

/* frame[0..2] of frames that are ours: MAGIC, action, reason. */
#define MAGIC 0x02
/* Counted for as whom frame[3] says, and all of them for this. */
#define ANY_TRANSIT 1000

static struct rte_ring *port0; /* what port 0 receives */
static bool have_host;
static atomic_uint captured; /* frames sent by port 1; written by workers */
static uint8_t last[FRAME_LEN];
static atomic_uint freed_tables, live_reads;
static atomic_bool stuck, no_memory; /* workers, malloc() of pmd/ */
static atomic_uint n_stuck;          /* workers */
static unsigned int created_tables;

/* --- in place of dp/ */

struct icgw_tables *icgw_tables_create(uint32_t n_endpoints, uint32_t n_sources, uint16_t n_tunnels,
                                       const struct icgw_addr *locals, uint16_t n_locals)
{
    struct icgw_tables *t = calloc(1, sizeof *t);

    (void)n_endpoints, (void)n_sources, (void)n_tunnels, (void)locals, (void)n_locals;
    assert_non_null(t);
    t->n_locals = MAGIC;
    created_tables++;
    return t;
}

void icgw_tables_free(struct icgw_tables *t)
{
    t->n_locals = 0xdead;
    free(t);
    freed_tables++;
}

struct icgw_memo *icgw_memo_create(int socket)
{
    (void)socket;
    return malloc(1);
}

void icgw_memo_free(struct icgw_memo *memo)
{
    free(memo);
}

bool icgw_forward(const struct icgw_tables *tables, struct icgw_memo *memo, struct rte_mbuf **pkts,
                  uint16_t n, struct icgw_result *results)
{
    (void)memo;
    if (tables->n_locals != MAGIC) {
        abort(); /* freed under our eyes; ASan says so too */
    }
    live_reads++;
    n_stuck++;
    while (stuck) {
        rte_delay_us_sleep(1000);
    }
    n_stuck--;
    if (tables->n_locals != MAGIC) {
        abort();
    }
    for (uint16_t i = 0; i < n; i++) {
        const uint8_t *frame = rte_pktmbuf_mtod(pkts[i], const uint8_t *);

        results[i] = (struct icgw_result){.action = ICGW_ACTION_DROP, .reason = ICGW_DROP_LOOP};
        if (frame[0] == MAGIC) {
            results[i] = (struct icgw_result){
                .action = frame[1],
                .reason = frame[2],
                .port = 1,
                .accounts = {frame[3], ANY_TRANSIT},
            };
        }
    }
    return false;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
    return no_memory ? NULL : __real_malloc(size);
}

/* --- what port 1 sends */

static uint16_t capture(uint16_t port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n,
                        void *user)
{
    (void)port, (void)queue, (void)user;
    for (uint16_t i = 0; i < n; i++) {
        memcpy(last, rte_pktmbuf_mtod(pkts[i], void *), FRAME_LEN);
        captured++;
    }
    return n;
}

/* --- helpers */

static const char *frame(uint8_t action, uint8_t reason, uint8_t mark)
{
    static uint8_t data[FRAME_LEN];

    memset(data, mark, sizeof data);
    data[0] = MAGIC;
    data[1] = action;
    data[2] = reason;
    return (const char *)data;
}

static void receive(uint8_t action, uint8_t reason, uint8_t mark)
{
    struct rte_mbuf *m = icgw_pmd_mbuf(frame(action, reason, mark), FRAME_LEN);

    assert_non_null(m);
    assert_int_equal(rte_ring_enqueue(port0, m), 0);
}

static struct icgw_stats total(void)
{
    struct icgw_stats sum = {0};
    uint64_t *s = (uint64_t *)&sum;

    for (uint16_t w = 0; w < icgw_pmd_n_workers(); w++) {
        struct icgw_worker_info info;

        icgw_pmd_worker_info(w, &info);
        for (size_t i = 0; i < sizeof sum / sizeof *s; i++) {
            s[i] += ((const uint64_t *)&info.stats)[i];
        }
    }
    return sum;
}

/* Waits up to 5 s. */
#define WAIT_FOR(condition)                                                                        \
    do {                                                                                           \
        for (int ms_ = 0; ms_ < 5000 && !(condition); ms_++) {                                     \
            rte_delay_us_sleep(1000);                                                              \
        }                                                                                          \
        assert_true(condition);                                                                    \
    } while (0)

static bool readable_within(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    for (;;) {
        int rc = poll(&p, 1, ms);
        if (rc >= 0) {
            return rc == 1;
        } /* else a signal of net_tap */
    }
}

static bool rings_within(int ms)
{
    return readable_within(icgw_pmd_slow_fd(), ms);
}

/* --- tests */

static void forwards_from_port_to_port(void **state)
{
    struct icgw_stats before = total();
    unsigned int seen = captured;

    (void)state;
    receive(ICGW_ACTION_TX, 0, 0x11);
    receive(ICGW_ACTION_TX, 0, 0x22);
    WAIT_FOR(captured == seen + 2);
    assert_int_equal(last[FRAME_LEN - 1], 0x22);
    WAIT_FOR(total().tx_packets == before.tx_packets + 2);
    WAIT_FOR(total().busy_cycles > before.busy_cycles); /* at the end of the burst */
    struct icgw_stats after = total();
    assert_int_equal(icgw_pmd_traffic(0x11).packets, 1);
    assert_int_equal(icgw_pmd_traffic(0x22).bytes, FRAME_LEN);
    assert_int_equal(icgw_pmd_traffic(ANY_TRANSIT).packets, 2);
    assert_int_equal(icgw_pmd_traffic(ANY_TRANSIT).bytes, 2 * FRAME_LEN);
    assert_int_equal(after.rx_packets - before.rx_packets, 2);
    assert_int_equal(after.rx_bytes - before.rx_bytes, 2 * FRAME_LEN);
    assert_int_equal(after.tx_bytes - before.tx_bytes, 2 * FRAME_LEN);
    assert_true(after.polls > before.polls);
}

static void puts_a_stripped_vlan_tag_back(void **state)
{
    struct rte_mbuf *m = icgw_pmd_mbuf(frame(ICGW_ACTION_TX, 0, 0x12), FRAME_LEN);
    struct icgw_stats before = total();
    unsigned int seen = captured;

    (void)state;
    m->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
    m->vlan_tci = 0x2005;
    assert_int_equal(rte_ring_enqueue(port0, m), 0);
    WAIT_FOR(captured == seen + 1);
    assert_memory_equal(last + 12, "\x81\x00\x20\x05\x12", 5);
    WAIT_FOR(total().tx_bytes == before.tx_bytes + FRAME_LEN + 4);
}

static void counts_drops_by_reason(void **state)
{
    struct icgw_stats before = total();

    (void)state;
    receive(ICGW_ACTION_DROP, ICGW_DROP_UNKNOWN_VNI, 0);
    WAIT_FOR(total().drops[ICGW_DROP_UNKNOWN_VNI] == before.drops[ICGW_DROP_UNKNOWN_VNI] + 1);
}

static void hands_over_to_the_slow_path_and_rings_once(void **state)
{
    struct icgw_stats before = total();
    struct rte_mbuf *pkts[8];
    enum icgw_slow reasons[8];
    uint16_t n = 0;

    (void)state;
    assert_false(rings_within(0));
    receive(ICGW_ACTION_SLOW, ICGW_SLOW_ND, 0x33);
    assert_true(rings_within(5000));
    receive(ICGW_ACTION_SLOW, ICGW_SLOW_TTL, 0x44);
    WAIT_FOR(total().slow[ICGW_SLOW_TTL] == before.slow[ICGW_SLOW_TTL] + 1);

    /* One at a time: what is left keeps the descriptor readable. */
    assert_int_equal(icgw_pmd_slow_rx(pkts, reasons, 1), 1);
    assert_true(rings_within(0));
    n = icgw_pmd_slow_rx(pkts + 1, reasons + 1, 7);
    assert_int_equal(n, 1);
    assert_false(rings_within(0));
    assert_int_equal(reasons[0], ICGW_SLOW_ND);
    assert_int_equal(reasons[1], ICGW_SLOW_TTL);
    assert_memory_equal(rte_pktmbuf_mtod(pkts[1], void *),
                        frame(ICGW_ACTION_SLOW, ICGW_SLOW_TTL, 0x44), FRAME_LEN);
    rte_pktmbuf_free(pkts[0]);
    rte_pktmbuf_free(pkts[1]);
    assert_int_equal(icgw_pmd_slow_rx(pkts, reasons, 8), 0);
}

static void limits_the_slow_path_per_reason(void **state)
{
    struct icgw_stats before = total();
    uint16_t taken = 0;

    (void)state;
    for (int i = 0; i < 900; i++) {
        receive(ICGW_ACTION_SLOW, ICGW_SLOW_ARP, 0);
    }
    uint64_t passed, refused;
    WAIT_FOR(
        (passed = total().slow[ICGW_SLOW_ARP] - before.slow[ICGW_SLOW_ARP],
         refused = total().drops[ICGW_DROP_SLOW_PATH_RATE] - before.drops[ICGW_DROP_SLOW_PATH_RATE],
         passed + refused == 900));
    assert_true(passed >= 200);
    assert_true(refused > 0);

    /* Another reason is not affected. */
    receive(ICGW_ACTION_SLOW, ICGW_SLOW_ND, 0);
    WAIT_FOR(total().slow[ICGW_SLOW_ND] == before.slow[ICGW_SLOW_ND] + 1);
    struct rte_mbuf *pkts[64];
    enum icgw_slow reasons[64];
    for (uint16_t n; (n = icgw_pmd_slow_rx(pkts, reasons, 64)) > 0; taken += n) {
        rte_pktmbuf_free_bulk(pkts, n);
    }
    assert_int_equal(taken, passed + 1);
    assert_false(rings_within(0));
}

static void hands_bfd_over_by_value(void **state)
{
    struct icgw_stats before = total();
    uint8_t got[ICGW_BFD_FRAME_MAX];

    (void)state;
    assert_int_equal(icgw_pmd_bfd_rx(got, sizeof got), 0);
    assert_false(readable_within(icgw_pmd_bfd_fd(), 0));
    receive(ICGW_ACTION_BFD, 0, 0x35);
    assert_true(readable_within(icgw_pmd_bfd_fd(), 5000));
    receive(ICGW_ACTION_BFD, 0, 0x36);
    WAIT_FOR(total().to_bfd == before.to_bfd + 2);
    assert_int_equal(icgw_pmd_bfd_rx(got, sizeof got), FRAME_LEN);
    assert_memory_equal(got, frame(ICGW_ACTION_BFD, 0, 0x35), FRAME_LEN);
    assert_true(readable_within(icgw_pmd_bfd_fd(), 0));
    assert_int_equal(icgw_pmd_bfd_rx(got, 3), 3); /* no more than there is room for */
    assert_int_equal(icgw_pmd_bfd_rx(got, sizeof got), 0);
    assert_false(readable_within(icgw_pmd_bfd_fd(), 0));
}

static uint64_t bfd_received(void)
{
    struct icgw_stats now = total();
    return now.to_bfd + now.drops[ICGW_DROP_BFD_FULL];
}

static void drops_bfd_that_nobody_fetches(void **state)
{
    struct icgw_stats before = total();
    uint64_t received = bfd_received();
    uint8_t got[ICGW_BFD_FRAME_MAX];
    unsigned int fetched = 0;

    (void)state;
    for (int i = 0; i < 1500; i++) {
        receive(ICGW_ACTION_BFD, 0, 0);
        if (i % 500 == 499) {
            WAIT_FOR(bfd_received() == received + (unsigned int)i + 1);
        }
    }
    struct icgw_stats after = total();
    uint64_t refused = after.drops[ICGW_DROP_BFD_FULL] - before.drops[ICGW_DROP_BFD_FULL];
    while (icgw_pmd_bfd_rx(got, sizeof got) > 0) {
        fetched++;
    }
    assert_true(refused > 0);
    assert_int_equal(after.to_bfd - before.to_bfd, fetched);
    assert_int_equal(refused + fetched, 1500);
}

static void sends_what_the_bfd_thread_makes(void **state)
{
    unsigned int seen = captured;
    uint8_t long_frame[ICGW_BFD_FRAME_MAX + 1] = {0};

    (void)state;
    assert_true(icgw_pmd_bfd_tx(1, (const uint8_t *)frame(ICGW_ACTION_TX, 0, 0x58), FRAME_LEN));
    WAIT_FOR(captured == seen + 1);
    assert_int_equal(last[FRAME_LEN - 1], 0x58);
    assert_false(icgw_pmd_bfd_tx(2, long_frame, FRAME_LEN));
    assert_false(icgw_pmd_bfd_tx(1, long_frame, sizeof long_frame));
}

static void sends_what_the_control_thread_makes(void **state)
{
    unsigned int seen = captured;
    struct icgw_stats before;

    (void)state;
    assert_true(icgw_pmd_tx(1, icgw_pmd_mbuf(frame(ICGW_ACTION_TX, 0, 0x55), FRAME_LEN)));
    WAIT_FOR(captured == seen + 1);
    assert_int_equal(last[FRAME_LEN - 1], 0x55);

    icgw_pmd_control_stats(&before);
    assert_false(icgw_pmd_tx(7, icgw_pmd_mbuf("x", 1)));
    struct icgw_stats after;
    icgw_pmd_control_stats(&after);
    assert_int_equal(after.drops[ICGW_DROP_TX_FULL], before.drops[ICGW_DROP_TX_FULL] + 1);
}

static void mbufs_have_room_for_outer_headers(void **state)
{
    struct rte_mbuf *m = icgw_pmd_mbuf("abc", 3);

    (void)state;
    assert_true(rte_pktmbuf_headroom(m) >= ICGW_OUTER_MAX);
    assert_memory_equal(rte_pktmbuf_mtod(m, void *), "abc", 3);
    rte_pktmbuf_free(m);
    assert_null(icgw_pmd_mbuf(frame(0, 0, 0), UINT16_MAX)); /* refused before it is read */
}

static void frees_old_tables_when_nobody_looks(void **state)
{
    unsigned int seen = captured, reads = live_reads;

    (void)state;
    for (int i = 0; i < 200; i++) {
        uint64_t number = icgw_pmd_published();

        icgw_pmd_publish(icgw_tables_create(0, 0, 0, NULL, 0));
        assert_int_equal(icgw_pmd_published(), number + 1);
        if (i % 10 == 0) {
            receive(ICGW_ACTION_TX, 0, 0);
        }
    }
    WAIT_FOR(icgw_pmd_in_use() == icgw_pmd_published());
    icgw_pmd_run();
    assert_int_equal(freed_tables, created_tables - 1); /* all but the present ones */
    WAIT_FOR(captured == seen + 20);
    assert_true(live_reads > reads);
    assert_int_equal(icgw_pmd_tables()->n_locals, MAGIC);
}

/* The control thread neither waits for a worker nor needs memory to remember which
 * tables it may still be looking at. */
static void publishes_while_a_worker_is_stuck(void **state)
{
    struct icgw_tables *new[5];
    unsigned int freed;

    (void)state;
    WAIT_FOR(icgw_pmd_in_use() == icgw_pmd_published());
    freed = freed_tables;
    stuck = true;
    receive(ICGW_ACTION_TX, 0, 0);
    WAIT_FOR(n_stuck == 1);
    for (size_t i = 0; i < RTE_DIM(new); i++) {
        new[i] = icgw_tables_create(0, 0, 0, NULL, 0);
    }
    alarm(20); /* instead of waiting without end */
    no_memory = true;
    for (size_t i = 0; i < RTE_DIM(new); i++) {
        icgw_pmd_publish(new[i]);
    }
    no_memory = false;
    alarm(0);
    assert_ptr_equal(icgw_pmd_tables(), new[RTE_DIM(new) - 1]);
    assert_int_equal(icgw_pmd_in_use(), icgw_pmd_published() - RTE_DIM(new));
    icgw_pmd_run();
    assert_int_equal(freed_tables, freed); /* it may look at any of them */
    stuck = false;
    WAIT_FOR(icgw_pmd_in_use() == icgw_pmd_published());
    assert_int_equal(freed_tables, freed + RTE_DIM(new));
}

static int packet_socket(void)
{
    struct sockaddr_ll a = {.sll_family = AF_PACKET,
                            .sll_protocol = htons(0x0003),
                            .sll_ifindex = if_nametoindex(HOST)};
    struct timeval limit = {.tv_sec = 5};
    int fd = socket(AF_PACKET, SOCK_RAW, htons(0x0003));

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return fd;
}

static void host_interface_has_the_ports_address(void **state)
{
    struct icgw_port_info info;
    struct ifreq r = {.ifr_name = HOST};
    int fd;

    (void)state;
    if (!have_host) {
        skip();
    }
    icgw_pmd_port_info(0, &info);
    assert_string_equal(info.host_interface, HOST);
    fd = packet_socket();
    assert_int_equal(ioctl(fd, SIOCGIFHWADDR, &r), 0);
    assert_memory_equal(r.ifr_hwaddr.sa_data, info.mac, 6);
    assert_int_equal(ioctl(fd, SIOCGIFFLAGS, &r), 0);
    assert_true(r.ifr_flags & IFF_UP);
    assert_int_equal(ioctl(fd, SIOCGIFMTU, &r), 0);
    assert_int_equal(r.ifr_mtu, info.mtu);
    close(fd);
}

static void what_is_not_ours_goes_to_the_host(void **state)
{
    char got[2048];
    ssize_t len;
    int fd;

    (void)state;
    if (!have_host) {
        skip();
    }
    fd = packet_socket();
    receive(ICGW_ACTION_HOST, 0, 0x66);
    do {
        len = recv(fd, got, sizeof got, 0);
        assert_true(len > 0);
    } while (got[0] != MAGIC);
    assert_int_equal(len, FRAME_LEN);
    assert_memory_equal(got, frame(ICGW_ACTION_HOST, 0, 0x66), FRAME_LEN);
    close(fd);
}

/* All of them in one burst. */
static void receive_for_host(const uint16_t *lengths, unsigned int n)
{
    static uint8_t data[2048];
    struct rte_mbuf *pkts[8];

    memcpy(data, frame(ICGW_ACTION_HOST, 0, 0x67), FRAME_LEN);
    for (unsigned int i = 0; i < n; i++) {
        pkts[i] = icgw_pmd_mbuf(data, lengths[i]);
        assert_non_null(pkts[i]);
    }
    assert_int_equal(rte_ring_enqueue_bulk(port0, (void **)pkts, n, NULL), n);
}

/* net_tap takes none of what comes after a frame that is too long for it. */
static void a_long_frame_for_the_host_takes_no_other_with_it(void **state)
{
    static const uint16_t lengths[] = {100, 1523, 1522, 101, 2000, 102};
    static const ssize_t kept[] = {100, 1522, 101, 102};
    struct icgw_stats before = total(), after;
    char got[2048];
    int fd;

    (void)state;
    if (!have_host) {
        skip();
    }
    fd = packet_socket();
    receive_for_host(lengths, RTE_DIM(lengths));
    for (unsigned int i = 0; i < RTE_DIM(kept);) {
        ssize_t len = recv(fd, got, sizeof got, 0);

        assert_true(len > 0);
        if (got[0] == MAGIC) {
            assert_int_equal(len, kept[i++]);
        }
    }
    close(fd);
    WAIT_FOR(total().to_host == before.to_host + RTE_DIM(kept));
    after = total();
    assert_int_equal(after.drops[ICGW_DROP_RX_TOO_LONG] - before.drops[ICGW_DROP_RX_TOO_LONG], 2);
    assert_int_equal(after.drops[ICGW_DROP_HOST_FULL], before.drops[ICGW_DROP_HOST_FULL]);
}

static void what_the_host_sends_leaves_by_the_port(void **state)
{
    unsigned int seen = captured;
    struct icgw_stats before = total();
    int fd;

    (void)state;
    if (!have_host) {
        skip();
    }
    /* Port 0 receives what it sends, and sends it on to port 1. */
    fd = packet_socket();
    assert_int_equal(send(fd, frame(ICGW_ACTION_TX, 0, 0x77), FRAME_LEN, 0), FRAME_LEN);
    WAIT_FOR(captured == seen + 1);
    assert_int_equal(last[FRAME_LEN - 1], 0x77);
    assert_true(total().from_host > before.from_host);
    close(fd);
}

static void without_host_interface_the_frame_is_dropped(void **state)
{
    struct icgw_stats before = total();

    (void)state;
    if (have_host) {
        skip();
    }
    receive(ICGW_ACTION_HOST, 0, 0);
    WAIT_FOR(total().drops[ICGW_DROP_HOST_FULL] == before.drops[ICGW_DROP_HOST_FULL] + 1);
}

static void sleeps_when_idle(void **state)
{
    struct icgw_stats before = total();
    uint64_t begun = rte_get_timer_cycles();

    (void)state;
    rte_delay_us_sleep(300 * 1000);
    struct icgw_stats after = total();
    uint64_t ms = (rte_get_timer_cycles() - begun) * 1000 / rte_get_timer_hz();
    /* At most one nap per millisecond and worker, after a few short ones. */
    assert_true(after.polls - before.polls < 7 * ms);
    assert_true(after.polls > before.polls);
}

/* --- start and stop */

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);

    if (fd >= 0) {
        ssize_t ignored = write(fd, text, strlen(text));
        (void)ignored;
        close(fd);
    }
}

static bool host_possible(void)
{
    if (access("/dev/net/tun", R_OK | W_OK) != 0 || unshare(CLONE_NEWNET) != 0) {
        print_message("no host interface: not root, or no /dev/net/tun\n");
        return false;
    }
    /* The kernel's own traffic would only confuse. */
    write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
    return true;
}

static int start(void **state)
{
    struct icgw_pmd_config config = {
        .program = "test_pmd",
        .memory_mib = 256,
        .n_workers = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 2 : 1,
        .idle_sleep = true,
        .n_ports = 2,
        .ports =
            {
                {.name = "a", .device = "net_ring0"},
                {.name = "b", .device = "net_pcap0,tx_pcap=/dev/null"},
            },
    };
    char *error = NULL;
    uint16_t id;

    (void)state;
    have_host = host_possible();
    config.ports[0].host_interface = have_host ? HOST : NULL;
    if (!icgw_pmd_start(&config, &error)) {
        print_error("%s\n", error);
        free(error);
        return -1;
    }
    port0 = rte_ring_lookup("ETH_RXTX0_net_ring0");
    if (!port0 || rte_eth_dev_get_port_by_name("net_pcap0", &id) != 0 ||
        !rte_eth_add_tx_callback(id, 0, capture, NULL)) {
        return -1;
    }
    return 0;
}

static int stop(void **state)
{
    (void)state;
    icgw_pmd_stop();
    if (freed_tables != created_tables) {
        print_error("%u tables created, %u freed\n", created_tables, freed_tables);
        return -1;
    }
    if (if_nametoindex(HOST) != 0) {
        print_error("%s is still there\n", HOST);
        return -1;
    }
    icgw_pmd_stop(); /* harmless */
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forwards_from_port_to_port),
        cmocka_unit_test(puts_a_stripped_vlan_tag_back),
        cmocka_unit_test(counts_drops_by_reason),
        cmocka_unit_test(hands_over_to_the_slow_path_and_rings_once),
        cmocka_unit_test(limits_the_slow_path_per_reason),
        cmocka_unit_test(hands_bfd_over_by_value),
        cmocka_unit_test(drops_bfd_that_nobody_fetches),
        cmocka_unit_test(sends_what_the_bfd_thread_makes),
        cmocka_unit_test(sends_what_the_control_thread_makes),
        cmocka_unit_test(mbufs_have_room_for_outer_headers),
        cmocka_unit_test(frees_old_tables_when_nobody_looks),
        cmocka_unit_test(publishes_while_a_worker_is_stuck),
        cmocka_unit_test(host_interface_has_the_ports_address),
        cmocka_unit_test(what_is_not_ours_goes_to_the_host),
        cmocka_unit_test(a_long_frame_for_the_host_takes_no_other_with_it),
        cmocka_unit_test(what_the_host_sends_leaves_by_the_port),
        cmocka_unit_test(without_host_interface_the_frame_is_dropped),
        cmocka_unit_test(sleeps_when_idle),
    };
    return cmocka_run_group_tests_name("pmd", tests, start, stop);
}
