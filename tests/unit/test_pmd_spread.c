/* SPDX-License-Identifier: Apache-2.0 */
/* Several workers: how the flows of a port spread over them, and that each
 * flow stays in order.  Forwarding is the test's own: it sends everything back
 * and notes in the frame who did. */
#include "pmd_child.h"

#include <string.h>

#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "icgw_capture.h"
#include "icgw_forward.h"
#include "pmd.h"
#include "soft_nic.h"

#define FLOWS 64
#define ROUNDS 40

static atomic_int held; /* lcore that is kept from working; 0: none */

bool icgw_forward(const struct icgw_tables *tables, struct icgw_memo *memo, struct rte_mbuf **pkts,
                  uint16_t n, struct icgw_result *results)
{
    (void)memo;
    (void)tables;
    while (held == (int)rte_lcore_id()) {
        rte_pause();
    }
    for (uint16_t i = 0; i < n; i++) {
        /* Into the payload of a tunnel packet, or what would be there. */
        rte_pktmbuf_mtod(pkts[i], uint8_t *)[TUNNEL_MARK + 4] = (uint8_t)rte_lcore_id();
        results[i] = (struct icgw_result){.action = ICGW_ACTION_TX};
    }
    return false;
}

static struct icgw_pmd_config two_workers(void)
{
    struct icgw_pmd_config c = {
        .program = "test_pmd_spread",
        .memory_mib = 256,
        .n_workers = 2,
        .idle_sleep = true,
        .n_ports = 1,
        .ports = {{.name = "uplink", .device = SOFT_NIC_DEVICE}},
    };

    soft_nic_reset();
    soft_nic.flow = false;
    if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
        print_message("needs two CPUs\n");
        skip();
    }
    return c;
}

static struct icgw_pmd_config by_software(void)
{
    struct icgw_pmd_config c = two_workers();

    c.ports[0].spread = ICGW_SPREAD_HANDOVER;
    return c;
}

static uint32_t mark_of(const uint8_t *frame)
{
    uint32_t mark;

    memcpy(&mark, frame + TUNNEL_MARK, sizeof mark);
    return mark;
}

/* Sends ROUNDS packets of each of FLOWS flows; they come out in order, each flow
 * by one worker.  *by: packets that each lcore forwarded. */
static const char *run_flows(unsigned int by[3])
{
    uint8_t frame[TUNNEL_LEN], lcore[FLOWS] = {0};
    uint32_t next[FLOWS] = {0};

    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint16_t flow = 0; flow < FLOWS; flow++) {
            soft_nic_tunnel(frame, flow, round);
            EXPECT(soft_nic_receive(frame, sizeof frame, NULL));
        }
        /* Not more in flight than the rings take. */
        AWAIT(soft_nic.n_sent + 8 * FLOWS >= (round + 1) * FLOWS);
    }
    AWAIT(soft_nic.n_sent == FLOWS * ROUNDS);
    for (unsigned int i = 0; i < FLOWS * ROUNDS; i++) {
        const uint8_t *out = soft_nic_sent(i, NULL);
        uint16_t flow = (uint16_t)(out[TUNNEL_MARK - 8] << 8 | out[TUNNEL_MARK - 7]);
        uint8_t who = out[TUNNEL_MARK + 4];

        EXPECT(flow < FLOWS && who < 3);
        EXPECT(mark_of(out) == next[flow]);
        EXPECT(lcore[flow] == 0 || lcore[flow] == who);
        next[flow]++;
        lcore[flow] = who;
        by[who]++;
    }
    return NULL;
}

static const char *spreads_by_software(void)
{
    struct icgw_port_info port;
    unsigned int by[3] = {0};
    const char *wrong = run_flows(by);

    EXPECT(wrong == NULL || (fprintf(stderr, "%s\n", wrong), false));
    icgw_pmd_port_info(0, &port);
    EXPECT(port.spread == ICGW_SPREAD_HANDOVER);
    EXPECT(port.n_notes == 1 && strstr(port.notes[0].text, "compare with spread = auto"));
    EXPECT(by[1] >= FLOWS * ROUNDS / 4);
    EXPECT(by[2] >= FLOWS * ROUNDS / 4);
    uint16_t poller = child_stats(0).rx_packets > 0 ? 0 : 1, other = 1 - poller;
    EXPECT(child_stats(poller).rx_packets == FLOWS * ROUNDS);
    EXPECT(child_stats(poller).handed_over == by[1 + other]);
    EXPECT(child_stats(other).taken_over == by[1 + other]);
    EXPECT(child_stats(other).rx_packets == 0);
    EXPECT(child_total().tx_packets == FLOWS * ROUNDS);
    return NULL;
}

static void software_over_one_queue(void **state)
{
    struct icgw_pmd_config c = by_software();

    (void)state;
    soft_nic.max_rx_queues = soft_nic.max_tx_queues = 1;
    in_child(&c, spreads_by_software);
}

static void software_over_two_queues(void **state)
{
    struct icgw_pmd_config c = by_software();

    (void)state;
    /* One pair of addresses, so one of the two queues gets everything. */
    soft_nic.rss = RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_IPV6;
    soft_nic.max_tx_queues = 1;
    in_child(&c, spreads_by_software);
}

/* One worker does everything, in order, and the port's notes say why. */
static const char *stays_where_it_comes(void)
{
    unsigned int by[3] = {0};
    const char *wrong = run_flows(by);
    struct icgw_port_info port;

    EXPECT(wrong == NULL || (fprintf(stderr, "%s\n", wrong), false));
    icgw_pmd_port_info(0, &port);
    EXPECT(port.spread == ICGW_SPREAD_QUEUES);
    EXPECT(by[1] == FLOWS * ROUNDS || by[2] == FLOWS * ROUNDS);
    EXPECT(child_total().handed_over == 0 && child_total().taken_over == 0);
    EXPECT(child_total().tx_packets == FLOWS * ROUNDS);
    EXPECT(port.n_notes == 2 && strstr(port.notes[0].text, "of 2 workers receive"));
    if (soft_nic.n_rxq == 1) {
        EXPECT(port.notes[1].warning);
        EXPECT(strstr(port.notes[1].text, "1 of 2 workers have no share of this port: its device "
                                          "has 1 queue; spread = software"));
        EXPECT(strstr(port.notes[1].text, "where measured")); /* not cut off */
    } else {
        EXPECT(strstr(port.notes[1].text, "no hash of UDP ports"));
    }
    return NULL;
}

static void one_queue(void **state)
{
    struct icgw_pmd_config c = two_workers();

    (void)state;
    soft_nic.max_rx_queues = soft_nic.max_tx_queues = 1;
    in_child(&c, stays_where_it_comes);
}

static void hash_of_addresses_only(void **state)
{
    struct icgw_pmd_config c = two_workers();

    (void)state;
    soft_nic.rss = RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_IPV6;
    in_child(&c, stays_where_it_comes);
}

static const char *spreads_by_rss(void)
{
    struct icgw_port_info port;
    uint8_t frame[TUNNEL_LEN];

    icgw_pmd_port_info(0, &port);
    EXPECT(port.spread == ICGW_SPREAD_RSS);
    EXPECT(soft_nic.n_rxq == 2 && soft_nic.n_txq == 2);
    EXPECT(soft_nic.conf.rxmode.mq_mode == RTE_ETH_MQ_RX_RSS);
    EXPECT(soft_nic.conf.rx_adv_conf.rss_conf.rss_hf & RTE_ETH_RSS_NONFRAG_IPV4_UDP);
    for (uint16_t flow = 0; flow < FLOWS; flow++) {
        soft_nic_tunnel(frame, flow, 0);
        EXPECT(soft_nic_receive(frame, sizeof frame, NULL));
    }
    AWAIT(child_total().tx_packets == FLOWS);
    EXPECT(child_stats(0).rx_packets >= FLOWS / 4);
    EXPECT(child_stats(1).rx_packets >= FLOWS / 4);
    EXPECT(child_total().handed_over == 0);
    return NULL;
}

static void hash_of_ports(void **state)
{
    struct icgw_pmd_config c = two_workers();

    (void)state;
    in_child(&c, spreads_by_rss);
}

static const char *stays_with_the_receiver(void)
{
    uint8_t frame[TUNNEL_LEN];

    for (uint16_t flow = 0; flow < FLOWS; flow++) {
        soft_nic_tunnel(frame, flow, 0);
        frame[37] = 0xc2; /* another UDP port */
        EXPECT(soft_nic_receive(frame, sizeof frame, NULL));
    }
    AWAIT(soft_nic.n_sent == FLOWS);
    EXPECT(child_stats(0).rx_packets == FLOWS);
    EXPECT(child_total().handed_over == 0);
    return NULL;
}

static void what_is_no_tunnel_packet(void **state)
{
    struct icgw_pmd_config c = by_software();

    (void)state;
    soft_nic.max_rx_queues = soft_nic.max_tx_queues = 1;
    in_child(&c, stays_with_the_receiver);
}

static const char *drops_and_counts(void)
{
    unsigned int free_before = rte_mempool_avail_count(pmd.pools[0]);
    uint8_t frame[TUNNEL_LEN];
    uint64_t n = 0;

    held = 2;
    while (child_stats(0).drops[ICGW_DROP_HANDOVER_FULL] == 0) {
        soft_nic_tunnel(frame, (uint16_t)n, 0);
        n += soft_nic_receive(frame, sizeof frame, NULL);
        EXPECT(n < 100000);
    }
    held = 0;
    AWAIT(soft_nic.n_sent + child_total().drops[ICGW_DROP_HANDOVER_FULL] +
              child_total().drops[ICGW_DROP_TX_FULL] ==
          n);
    EXPECT(child_stats(0).handed_over >= PMD_HANDOVER_RING_SIZE - 1);
    EXPECT(child_stats(1).taken_over == child_stats(0).handed_over);
    AWAIT(rte_mempool_avail_count(pmd.pools[0]) == free_before);
    return NULL;
}

static void worker_that_does_not_keep_up(void **state)
{
    struct icgw_pmd_config c = by_software();

    (void)state;
    soft_nic.max_rx_queues = soft_nic.max_tx_queues = 1;
    in_child(&c, drops_and_counts);
}

static const char *stop_leaves_it(void)
{
    uint8_t frame[TUNNEL_LEN];

    held = 2;
    for (uint16_t flow = 0; flow < FLOWS; flow++) {
        soft_nic_tunnel(frame, flow, 0);
        EXPECT(soft_nic_receive(frame, sizeof frame, NULL));
    }
    AWAIT(child_stats(1).taken_over > 0);
    EXPECT(icgw_pmd_stop() == 1);
    EXPECT(rte_mempool_in_use_count(pmd.pools[0]) > 0); /* what it holds is there */
    held = 0;
    EXPECT(icgw_pmd_stop() == -1);
    return NULL;
}

static const char *capture_leaves_it(void)
{
    const struct icgw_capture_config config = {.points = ~0u, .snaplen = 64, .limit = 1000};
    uint8_t frame[TUNNEL_LEN];
    char *error = NULL;

    EXPECT(icgw_pmd_capture_start(&config, &error));
    held = 2;
    for (uint16_t flow = 0; flow < FLOWS; flow++) {
        soft_nic_tunnel(frame, flow, 0);
        EXPECT(soft_nic_receive(frame, sizeof frame, NULL));
    }
    AWAIT(child_stats(1).taken_over > 0);
    icgw_pmd_capture_stop();
    EXPECT(!icgw_pmd_capture_free());
    EXPECT(!icgw_pmd_capture_start(&config, &error) && strstr(error, "has not come round"));
    free(error);
    held = 0;
    AWAIT(icgw_pmd_capture_free());
    EXPECT(icgw_pmd_capture_start(&config, &error));
    icgw_pmd_capture_stop();
    EXPECT(icgw_pmd_capture_free());
    return NULL;
}

/* It holds a burst that it has yet to record. */
static void worker_that_captures_and_does_not_come_round(void **state)
{
    struct icgw_pmd_config c = by_software();

    (void)state;
    soft_nic.max_rx_queues = soft_nic.max_tx_queues = 1;
    in_child(&c, capture_leaves_it);
}

/* Both workers record what they forward: each frame as received and as sent, in the
 * lane of the worker that noted itself in it. */
static const char *captures_of_both(void)
{
    const struct icgw_capture_config config = {
        .points = ICGW_CAPTURE_BIT(ICGW_CAPTURE_RX) | ICGW_CAPTURE_BIT(ICGW_CAPTURE_TX),
        .snaplen = 256,
        .limit = 2 * FLOWS,
    };
    unsigned int sent[2] = {0}, received[2] = {0};
    uint8_t frame[TUNNEL_LEN];
    struct icgw_capture_record *r;
    char *error = NULL;

    EXPECT(icgw_pmd_capture_start(&config, &error));
    for (uint16_t flow = 0; flow < FLOWS; flow++) {
        soft_nic_tunnel(frame, flow, 0);
        EXPECT(soft_nic_receive(frame, sizeof frame, NULL));
    }
    AWAIT(soft_nic.n_sent == FLOWS);
    icgw_pmd_capture_stop();
    while ((r = icgw_pmd_capture_next()) != NULL) {
        EXPECT(r->lane < 2 && r->len == TUNNEL_LEN);
        if (r->point == ICGW_CAPTURE_TX) {
            EXPECT(r->data[TUNNEL_MARK + 4] == r->lane + 1); /* lcore of worker */
            sent[r->lane]++;
        } else {
            received[r->lane]++;
        }
        icgw_pmd_capture_give_back(r);
    }
    EXPECT(icgw_pmd_capture_missed() == 0);
    for (uint16_t w = 0; w < 2; w++) {
        EXPECT(sent[w] > 0 && sent[w] == received[w]);
        EXPECT(sent[w] == child_stats(w).tx_packets);
    }
    EXPECT(sent[0] + sent[1] == FLOWS);
    EXPECT(icgw_pmd_capture_free());
    return NULL;
}

static void capture_with_two_workers(void **state)
{
    struct icgw_pmd_config c = by_software();

    (void)state;
    soft_nic.max_rx_queues = 1;
    in_child(&c, captures_of_both);
}

static void worker_that_does_not_stop(void **state)
{
    struct icgw_pmd_config c = by_software();

    (void)state;
    soft_nic.max_rx_queues = soft_nic.max_tx_queues = 1;
    in_child(&c, stop_leaves_it);
}

static void choice(void **state)
{
    const uint64_t udp4 = RTE_ETH_RSS_NONFRAG_IPV4_UDP, udp6 = RTE_ETH_RSS_NONFRAG_IPV6_UDP;

    (void)state;
    pmd.n_locals = 1;
    pmd.locals[0] = (struct icgw_addr){.bytes = {[10] = 0xff, 0xff, 192, 0, 2, 1}};
    assert_int_equal(pmd_spread_choose(ICGW_SPREAD_AUTO, 1, 1, 0), ICGW_SPREAD_NONE);
    assert_int_equal(pmd_spread_choose(ICGW_SPREAD_HANDOVER, 1, 1, 0), ICGW_SPREAD_NONE);
    assert_int_equal(pmd_spread_choose(ICGW_SPREAD_AUTO, 4, 4, udp4), ICGW_SPREAD_RSS);
    assert_int_equal(pmd_spread_choose(ICGW_SPREAD_AUTO, 4, 2, udp4), ICGW_SPREAD_RSS);
    assert_int_equal(pmd_spread_choose(ICGW_SPREAD_AUTO, 4, 1, udp4), ICGW_SPREAD_QUEUES);
    assert_int_equal(pmd_spread_choose(ICGW_SPREAD_AUTO, 4, 4, udp6), ICGW_SPREAD_QUEUES);
    assert_int_equal(pmd_spread_choose(ICGW_SPREAD_AUTO, 4, 4, 0), ICGW_SPREAD_QUEUES);
    assert_int_equal(pmd_spread_choose(ICGW_SPREAD_QUEUES, 4, 2, 0), ICGW_SPREAD_QUEUES);
    assert_int_equal(pmd_spread_choose(ICGW_SPREAD_HANDOVER, 4, 4, udp4), ICGW_SPREAD_HANDOVER);
    /* Tunnels over both families need a hash of both. */
    pmd.n_locals = 2;
    pmd.locals[1] = (struct icgw_addr){.bytes = {0x20, 0x01, 0x0d, 0xb8}};
    assert_int_equal(pmd_spread_choose(ICGW_SPREAD_AUTO, 4, 4, udp4), ICGW_SPREAD_QUEUES);
    assert_int_equal(pmd_spread_choose(ICGW_SPREAD_AUTO, 4, 4, udp4 | udp6), ICGW_SPREAD_RSS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choice),
        cmocka_unit_test(one_queue),
        cmocka_unit_test(software_over_one_queue),
        cmocka_unit_test(software_over_two_queues),
        cmocka_unit_test(hash_of_addresses_only),
        cmocka_unit_test(hash_of_ports),
        cmocka_unit_test(what_is_no_tunnel_packet),
        cmocka_unit_test(worker_that_does_not_keep_up),
        cmocka_unit_test(worker_that_does_not_stop),
        cmocka_unit_test(worker_that_captures_and_does_not_come_round),
        cmocka_unit_test(capture_with_two_workers),
    };
    return cmocka_run_group_tests_name("pmd_spread", tests, NULL, NULL);
}
