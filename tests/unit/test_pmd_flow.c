/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that steer tunnel packets to workers and the rest to the host's queue,
 * on devices that can do less and less of it. */
#include "pmd_child.h"

#include <string.h>

#include <rte_mbuf.h>

#include "icgw_forward.h"
#include "pmd.h"
#include "soft_nic.h"

#define FLOWS 64
#define REST_QUEUE 2 /* of two workers */

static const struct icgw_addr locals[] = {
    {.bytes = {[10] = 0xff, 0xff, 192, 0, 2, 21}},
    {.bytes = {0x20, 0x01, 0x0d, 0xb8, [15] = 0x21}},
};

bool icgw_forward(const struct icgw_tables *tables, struct icgw_memo *memo, struct rte_mbuf **pkts,
                  uint16_t n, struct icgw_result *results)
{
    (void)memo;
    (void)tables, (void)pkts;
    for (uint16_t i = 0; i < n; i++) {
        results[i] = (struct icgw_result){.action = ICGW_ACTION_TX};
    }
    return false;
}

static struct icgw_pmd_config config(uint16_t n_workers)
{
    struct icgw_pmd_config c = {
        .program = "test_pmd_flow",
        .memory_mib = 256,
        .n_workers = n_workers,
        .idle_sleep = true,
        .locals = locals,
        .n_locals = 2,
        .n_ports = 1,
        .ports = {{.name = "uplink", .device = SOFT_NIC_DEVICE}},
    };

    soft_nic_reset();
    if (sysconf(_SC_NPROCESSORS_ONLN) < n_workers) {
        print_message("needs two CPUs\n");
        skip();
    }
    return c;
}

static bool noted(const char *text)
{
    struct icgw_port_info info;

    icgw_pmd_port_info(0, &info);
    for (uint16_t i = 0; i < info.n_notes; i++) {
        if (strstr(info.notes[i].text, text)) {
            return true;
        }
    }
    for (uint16_t i = 0; i < info.n_notes; i++) {
        fprintf(stderr, "noted: %s\n", info.notes[i].text);
    }
    return false;
}

/* Sends FLOWS tunnel packets; counts those that arrive in each queue.  With
 * `one_port` all have the same outer UDP source port. */
static const char *send_flows(bool one_port, unsigned int by_queue[SOFT_NIC_QUEUES])
{
    uint64_t before = child_total().tx_packets;

    memset(by_queue, 0, SOFT_NIC_QUEUES * sizeof by_queue[0]);
    for (uint16_t flow = 0; flow < FLOWS; flow++) {
        uint8_t frame[TUNNEL_LEN];
        uint16_t queue;

        soft_nic_tunnel(frame, flow, 0);
        if (one_port) {
            memset(frame + 34, 0xc1, 2);
        }
        EXPECT(soft_nic_receive(frame, sizeof frame, &queue));
        by_queue[queue]++;
    }
    AWAIT(child_total().tx_packets == before + FLOWS);
    return NULL;
}

/* Frames that are no tunnel packets to us: ARP, Geneve to somebody else. */
static const char *send_rest(uint16_t queue)
{
    uint64_t before = child_total().tx_packets;
    uint8_t frame[TUNNEL_LEN];
    uint16_t to;

    soft_nic_tunnel(frame, 1, 0);
    frame[12] = 0x08;
    frame[13] = 0x06;
    EXPECT(soft_nic_receive(frame, 60, &to));
    EXPECT(to == queue);
    soft_nic_tunnel(frame, 1, 0);
    frame[33]++;
    EXPECT(soft_nic_receive(frame, sizeof frame, &to));
    EXPECT(to == queue);
    AWAIT(child_total().tx_packets == before + 2);
    return NULL;
}

#define PASS_ON(call)                                                                              \
    do {                                                                                           \
        const char *wrong_ = (call);                                                               \
        if (wrong_) {                                                                              \
            return wrong_;                                                                         \
        }                                                                                          \
    } while (0)

static const char *check_steered(bool inner, bool counted)
{
    unsigned int by_queue[SOFT_NIC_QUEUES];
    struct icgw_port_info info;

    PASS_ON(send_flows(inner, by_queue));
    EXPECT(by_queue[0] >= FLOWS / 4 && by_queue[1] >= FLOWS / 4);
    EXPECT(by_queue[0] + by_queue[1] == FLOWS);
    PASS_ON(send_rest(REST_QUEUE));
    icgw_pmd_port_info(0, &info);
    EXPECT(info.spread == ICGW_SPREAD_FLOW);
    EXPECT(info.counted == counted);
    EXPECT(info.tunnel_packets == (counted ? FLOWS : 0));
    EXPECT(info.rest_packets == (counted ? 2 : 0));
    EXPECT(soft_nic.n_rules == 3); /* for each address and for the rest */
    return NULL;
}

static const char *all(void)
{
    EXPECT(noted("Geneve by inner headers: yes, to 2 queues"));
    EXPECT(noted("everything else: yes, to queue 2"));
    return check_steered(true, true);
}

static void device_that_can_do_everything(void **state)
{
    struct icgw_pmd_config c = config(2);

    (void)state;
    in_child(&c, all);
}

static const char *not_counted(void)
{
    EXPECT(noted("Geneve by inner headers, counted: refused: no counters"));
    EXPECT(noted("Geneve by inner headers, not counted: yes"));
    return check_steered(true, false);
}

static void device_without_counters(void **state)
{
    struct icgw_pmd_config c = config(2);

    (void)state;
    soft_nic.flow_count = false;
    in_child(&c, not_counted);
}

static const char *outer(void)
{
    EXPECT(noted("Geneve by inner headers, not counted: refused: no RSS on inner headers"));
    EXPECT(noted("Geneve by outer headers: yes"));
    return check_steered(false, true);
}

static void device_without_inner_rss(void **state)
{
    struct icgw_pmd_config c = config(2);

    (void)state;
    soft_nic.flow_inner = false;
    in_child(&c, outer);
}

static const char *udp(void)
{
    EXPECT(noted("Geneve by outer headers, not counted: refused: no item GENEVE"));
    EXPECT(noted("UDP port 6081 by outer headers: yes"));
    return check_steered(false, true);
}

static void device_without_geneve(void **state)
{
    struct icgw_pmd_config c = config(2);

    (void)state;
    soft_nic.flow_geneve = false;
    in_child(&c, udp);
}

static const char *rest_by_rss(void)
{
    unsigned int by_queue[SOFT_NIC_QUEUES];

    EXPECT(noted("everything else to queue 2: refused: no rule for everything; any queue"));
    PASS_ON(send_flows(true, by_queue));
    EXPECT(by_queue[0] + by_queue[1] == FLOWS);
    EXPECT(soft_nic.n_rules == 2);
    return NULL;
}

static void device_without_a_rule_for_the_rest(void **state)
{
    struct icgw_pmd_config c = config(2);

    (void)state;
    soft_nic.flow_rest = false;
    in_child(&c, rest_by_rss);
}

static const char *rss(void)
{
    unsigned int by_queue[SOFT_NIC_QUEUES];
    struct icgw_port_info info;

    EXPECT(noted("UDP port 6081 by outer headers, not counted: refused: not today"));
    EXPECT(noted("by the device's hash of UDP ports"));
    PASS_ON(send_flows(false, by_queue));
    EXPECT(by_queue[0] >= FLOWS / 4 && by_queue[1] >= FLOWS / 4);
    icgw_pmd_port_info(0, &info);
    EXPECT(info.spread == ICGW_SPREAD_RSS);
    EXPECT(info.n_rx_queues == 2 && soft_nic.n_rxq == 2);
    EXPECT(soft_nic.n_rules == 0);
    return NULL;
}

static void device_that_refuses_everything(void **state)
{
    struct icgw_pmd_config c = config(2);

    (void)state;
    soft_nic.flow_refuse = true;
    in_child(&c, rss);
}

static const char *no_rest(void)
{
    struct icgw_port_info info;

    EXPECT(noted("rte_flow: no queue for what is no tunnel packet: "));
    icgw_pmd_port_info(0, &info);
    EXPECT(info.spread == ICGW_SPREAD_RSS);
    EXPECT(info.n_rx_queues == 2 && soft_nic.n_rxq == 2);
    return NULL;
}

static void device_without_one_queue_more(void **state)
{
    struct icgw_pmd_config c = config(2);

    (void)state;
    soft_nic.rx_queues = 2;
    in_child(&c, no_rest);
}

static const char *queues(void)
{
    unsigned int by_queue[SOFT_NIC_QUEUES];

    EXPECT(noted("Geneve by outer headers: no, the device has no hash of UDP ports"));
    EXPECT(noted("2 of 2 workers receive, by the device's queues"));
    PASS_ON(send_flows(false, by_queue));
    EXPECT(child_total().handed_over == 0);
    return NULL;
}

static void device_that_hashes_addresses_only(void **state)
{
    struct icgw_pmd_config c = config(2);

    (void)state;
    soft_nic.flow_inner = false;
    soft_nic.rss = RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_IPV6;
    in_child(&c, queues);
}

static const char *untouched(void)
{
    EXPECT(noted("the driver has no rules"));
    EXPECT(soft_nic.configured == 1);
    EXPECT(soft_nic.n_rxq == 2);
    return NULL;
}

/* Some virtual devices do not start a second time. */
static void driver_without_rules(void **state)
{
    struct icgw_pmd_config c = config(2);

    (void)state;
    soft_nic.flow = false;
    in_child(&c, untouched);
}

static const char *one_worker(void)
{
    unsigned int by_queue[SOFT_NIC_QUEUES];

    EXPECT(noted("Geneve by outer headers: yes, to 1 queue"));
    PASS_ON(send_flows(true, by_queue));
    EXPECT(by_queue[0] == FLOWS);
    return send_rest(1);
}

static void host_has_a_queue_beside_one_worker(void **state)
{
    struct icgw_pmd_config c = config(1);

    (void)state;
    in_child(&c, one_worker);
}

static const char *tagged(void)
{
    for (uint16_t flow = 0; flow < FLOWS; flow++) {
        uint8_t frame[TUNNEL_LEN + 4];
        uint16_t queue;

        soft_nic_tunnel(frame + 4, flow, 0);
        memmove(frame, frame + 4, 12);
        memcpy(frame + 12, "\x81\x00\x00\x05", 4);
        EXPECT(soft_nic_receive(frame, sizeof frame, &queue));
        EXPECT(queue == REST_QUEUE);
    }
    AWAIT(child_total().tx_packets == FLOWS);
    EXPECT(child_stats(0).handed_over >= FLOWS / 4);
    EXPECT(child_stats(1).taken_over == child_stats(0).handed_over);
    return NULL;
}

static void tunnel_packets_that_rules_miss_spread_by_software(void **state)
{
    struct icgw_pmd_config c = config(2);

    (void)state;
    in_child(&c, tagged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(device_that_can_do_everything),
        cmocka_unit_test(device_without_counters),
        cmocka_unit_test(device_without_inner_rss),
        cmocka_unit_test(device_without_geneve),
        cmocka_unit_test(device_without_a_rule_for_the_rest),
        cmocka_unit_test(device_that_refuses_everything),
        cmocka_unit_test(device_without_one_queue_more),
        cmocka_unit_test(device_that_hashes_addresses_only),
        cmocka_unit_test(driver_without_rules),
        cmocka_unit_test(host_has_a_queue_beside_one_worker),
        cmocka_unit_test(tunnel_packets_that_rules_miss_spread_by_software),
    };
    return cmocka_run_group_tests_name("pmd_flow", tests, NULL, NULL);
}
