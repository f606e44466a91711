/* SPDX-License-Identifier: Apache-2.0 */
/* Captures of what a worker does, with a forwarding path of the test's own: the
 * first bytes of a frame say what becomes of it.  Port 0 is net_ring0, port 1
 * sends to nowhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>
#include <rte_cycles.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "icgw_capture.h"
#include "icgw_pmd.h"
#include "pmd_one_copy.h"

#define FRAME_LEN 100
#define MAGIC 0x02 /* frame[0..2]: MAGIC, action, reason */
#define SENT 0xee  /* what forwarding writes to frame[3] */
#define ALL 0x7u

static struct rte_ring *port0;

/* --- in place of dp/ */

struct icgw_tables *icgw_tables_create(uint32_t n_endpoints, uint32_t n_sources, uint16_t n_tunnels,
                                       const struct icgw_addr *locals, uint16_t n_locals)
{
    (void)n_endpoints, (void)n_sources, (void)n_tunnels, (void)locals, (void)n_locals;
    return calloc(1, sizeof(struct icgw_tables));
}

void icgw_tables_free(struct icgw_tables *t)
{
    free(t);
}

bool icgw_forward(const struct icgw_tables *tables, struct icgw_memo *memo, struct rte_mbuf **pkts,
                  uint16_t n, struct icgw_result *results)
{
    (void)memo;
    (void)tables;
    for (uint16_t i = 0; i < n; i++) {
        uint8_t *frame = rte_pktmbuf_mtod(pkts[i], uint8_t *);

        results[i] = (struct icgw_result){.action = frame[1], .reason = frame[2], .port = 1};
        if (frame[1] == ICGW_ACTION_TX) {
            frame[3] = SENT;
        }
    }
    return false;
}

/* --- helpers */

static void receive(uint8_t action, uint8_t reason, uint8_t mark)
{
    uint8_t data[FRAME_LEN];

    memset(data, mark, sizeof data);
    data[0] = MAGIC;
    data[1] = action;
    data[2] = reason;
    assert_int_equal(rte_ring_enqueue(port0, icgw_pmd_mbuf(data, sizeof data)), 0);
}

static void start(struct icgw_capture_config config)
{
    char *error = NULL;

    config.snaplen = config.snaplen ? config.snaplen : 64;
    config.limit = config.limit ? config.limit : 1000;
    assert_true(icgw_pmd_capture_start(&config, &error));
}

/* The next record; the test fails without one within 5 s. */
static struct icgw_capture_record *next(void)
{
    for (int ms = 0; ms < 5000; ms++) {
        struct icgw_capture_record *r = icgw_pmd_capture_next();

        if (r != NULL) {
            return r;
        }
        rte_delay_us_sleep(1000);
    }
    fail_msg("no record");
    return NULL;
}

static void expect(enum icgw_capture_point point, uint8_t reason, uint16_t port, uint8_t third)
{
    struct icgw_capture_record *r = next();

    assert_int_equal(r->point, point);
    assert_int_equal(r->reason, reason);
    assert_int_equal(r->port, port);
    assert_int_equal(r->pkt_len, FRAME_LEN);
    assert_int_equal(r->len, 64);
    assert_int_equal(r->data[3], third);
    icgw_pmd_capture_give_back(r);
}

static void expect_nothing(void)
{
    icgw_pmd_capture_stop();
    assert_null(icgw_pmd_capture_next());
    icgw_pmd_capture_free();
}

static struct icgw_stats stats(void)
{
    struct icgw_worker_info info;

    icgw_pmd_worker_info(0, &info);
    return info.stats;
}

static uint64_t drops(enum icgw_drop reason)
{
    return stats().drops[reason];
}

static void wait_received(uint64_t n)
{
    for (int ms = 0; ms < 5000 && stats().rx_packets < n; ms++) {
        rte_delay_us_sleep(1000);
    }
    assert_true(stats().rx_packets >= n);
}

static void wait_drops(enum icgw_drop reason, uint64_t n)
{
    for (int ms = 0; ms < 5000 && drops(reason) < n; ms++) {
        rte_delay_us_sleep(1000);
    }
    assert_int_equal(drops(reason), n);
}

/* --- tests */

static void records_before_and_after(void **state)
{
    struct icgw_capture_record *in, *out;
    struct pollfd p;

    (void)state;
    start((struct icgw_capture_config){.points = ALL});
    p = (struct pollfd){.fd = icgw_pmd_capture_fd(), .events = POLLIN};
    receive(ICGW_ACTION_TX, 0, 0x11);
    while (poll(&p, 1, 5000) < 0) { /* a signal */
    }
    assert_int_equal(p.revents, POLLIN);
    in = next();
    out = next();
    assert_int_equal(in->point, ICGW_CAPTURE_RX);
    assert_int_equal(in->data[3], 0x11);
    assert_int_equal(in->port, 0);
    assert_int_equal(out->point, ICGW_CAPTURE_TX);
    assert_int_equal(out->data[3], SENT);
    assert_int_equal(out->port, 1);
    assert_int_equal(in->id, out->id);
    assert_true(out->tsc >= in->tsc);
    icgw_pmd_capture_give_back(in);
    icgw_pmd_capture_give_back(out);
    receive(ICGW_ACTION_DROP, ICGW_DROP_UNKNOWN_VNI, 0x12);
    expect(ICGW_CAPTURE_RX, ICGW_DROP_UNKNOWN_VNI, 0, 0x12);
    expect_nothing();
}

static void records_drops_only(void **state)
{
    (void)state;
    start((struct icgw_capture_config){.points = ICGW_CAPTURE_BIT(ICGW_CAPTURE_DROP)});
    assert_true(icgw_pmd_capture_wants_drops());
    receive(ICGW_ACTION_TX, 0, 0x11);
    receive(ICGW_ACTION_DROP, ICGW_DROP_LOOP, 0x22);
    expect(ICGW_CAPTURE_RX, ICGW_DROP_LOOP, 0, 0x22);
    icgw_pmd_capture_drop("frame of the control thread, somewhat longer than that is, 64 or more",
                          FRAME_LEN - 40, ICGW_DROP_LOGICAL_DROP, "0123456789");
    struct icgw_capture_record *r = next();
    assert_int_equal(r->point, ICGW_CAPTURE_DROP);
    assert_int_equal(r->lane, icgw_pmd_n_workers());
    assert_string_equal(r->flow, "01234567");
    icgw_pmd_capture_give_back(r);
    expect_nothing();
    assert_false(icgw_pmd_capture_wants_drops());
}

/* What the slow path has no time for is dropped behind the decision, packet by packet. */
static void records_what_the_slow_path_refuses(void **state)
{
    uint64_t before = drops(ICGW_DROP_SLOW_PATH_RATE), refused, received = stats().rx_packets;
    struct icgw_capture_record *r;
    struct rte_mbuf *pkts[64];
    enum icgw_slow reasons[64];
    uint64_t n = 0;
    bool done;

    (void)state;
    start((struct icgw_capture_config){.points = ICGW_CAPTURE_BIT(ICGW_CAPTURE_DROP),
                                       .limit = 100000});
    for (unsigned int i = 0; i < 900; i++) {
        receive(ICGW_ACTION_SLOW, ICGW_SLOW_ARP, 0x66);
    }
    wait_received(received + 900);
    receive(ICGW_ACTION_DROP, ICGW_DROP_LOOP, 0x67); /* the last */
    do {
        r = next();
        if (r->reason == ICGW_DROP_SLOW_PATH_RATE) {
            assert_int_equal(r->point, ICGW_CAPTURE_DROP);
            assert_int_equal(r->port, 0);
            assert_int_equal(r->data[3], 0x66);
            n++;
        }
        done = r->reason == ICGW_DROP_LOOP;
        icgw_pmd_capture_give_back(r);
    } while (!done);
    refused = drops(ICGW_DROP_SLOW_PATH_RATE) - before;
    assert_true(refused > 0);
    assert_int_equal(n, refused - icgw_pmd_capture_missed());
    for (uint16_t got; (got = icgw_pmd_slow_rx(pkts, reasons, 64)) > 0;) {
        rte_pktmbuf_free_bulk(pkts, got);
    }
    expect_nothing();
}

static void records_what_matches(void **state)
{
    struct bpf_program program;
    pcap_t *dead = pcap_open_dead(DLT_EN10MB, 65535);

    (void)state;
    assert_int_equal(pcap_compile(dead, &program, "ether[3] == 0x33", 1, 0), 0);
    start((struct icgw_capture_config){.points = ALL, .filter = program.bf_insns});
    receive(ICGW_ACTION_DROP, ICGW_DROP_LOOP, 0x32);
    receive(ICGW_ACTION_DROP, ICGW_DROP_LOOP, 0x33);
    receive(ICGW_ACTION_TX, 0, 0x34);
    receive(ICGW_ACTION_TX, 0, 0x33);
    expect(ICGW_CAPTURE_RX, ICGW_DROP_LOOP, 0, 0x33);
    expect(ICGW_CAPTURE_RX, 0, 0, 0x33);
    expect(ICGW_CAPTURE_TX, 0, 1, SENT); /* with what it was, whatever it is now */
    expect_nothing();
    pcap_freecode(&program);
    pcap_close(dead);
}

/* Nobody reads: frames are missed, counted, and forwarded all the same. */
static void never_waits_for_the_reader(void **state)
{
    uint64_t before = drops(ICGW_DROP_LOOP), n = 0;
    struct icgw_capture_record *r;

    (void)state;
    start((struct icgw_capture_config){.points = ALL, .snaplen = 16384, .limit = 100000});
    for (unsigned int i = 0; i < 300; i++) {
        receive(ICGW_ACTION_DROP, ICGW_DROP_LOOP, 0x44);
    }
    wait_drops(ICGW_DROP_LOOP, before + 300);
    icgw_pmd_capture_stop();
    while ((r = icgw_pmd_capture_next()) != NULL) {
        n++;
        icgw_pmd_capture_give_back(r);
    }
    assert_true(n > 0 && n < 300);
    assert_int_equal(icgw_pmd_capture_missed(), 300 - n);
    icgw_pmd_capture_free();
}

static void ends_at_its_limit(void **state)
{
    uint64_t before = drops(ICGW_DROP_LOOP);

    (void)state;
    start((struct icgw_capture_config){.points = ALL, .limit = 2});
    for (unsigned int i = 0; i < 5; i++) {
        receive(ICGW_ACTION_DROP, ICGW_DROP_LOOP, 0x55);
    }
    wait_drops(ICGW_DROP_LOOP, before + 5);
    expect(ICGW_CAPTURE_RX, ICGW_DROP_LOOP, 0, 0x55);
    expect(ICGW_CAPTURE_RX, ICGW_DROP_LOOP, 0, 0x55);
    assert_int_equal(icgw_pmd_capture_missed(), 0);
    expect_nothing();
}

static void one_at_a_time(void **state)
{
    struct icgw_capture_config config = {.points = ALL, .snaplen = 64, .limit = 1};
    char *error = NULL;

    (void)state;
    start(config);
    assert_false(icgw_pmd_capture_start(&config, &error));
    assert_non_null(strstr(error, "one at a time"));
    free(error);
    expect_nothing();
    config.snaplen = 63;
    assert_false(icgw_pmd_capture_start(&config, &error));
    free(error);
    start(config = (struct icgw_capture_config){.points = ALL});
    expect_nothing();
}

static int set_up(void **state)
{
    const struct icgw_pmd_config config = {
        .program = "test",
        .memory_mib = 128,
        .n_workers = 1,
        .idle_sleep = true,
        .n_ports = 2,
        .ports = {{.name = "a", .device = "net_ring0"},
                  {.name = "b", .device = "net_pcap0,tx_pcap=/dev/null"}},
    };
    char *error = NULL;

    (void)state;
    if (!icgw_pmd_start(&config, &error)) {
        print_error("%s\n", error);
        free(error);
        return -1;
    }
    port0 = rte_ring_lookup("ETH_RXTX0_net_ring0");
    return port0 ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    icgw_pmd_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_before_and_after),
        cmocka_unit_test(records_drops_only),
        cmocka_unit_test(records_what_the_slow_path_refuses),
        cmocka_unit_test(records_what_matches),
        cmocka_unit_test(never_waits_for_the_reader),
        cmocka_unit_test(ends_at_its_limit),
        cmocka_unit_test(one_at_a_time),
    };
    return cmocka_run_group_tests_name("pmd_capture", tests, set_up, tear_down);
}
