/* SPDX-License-Identifier: Apache-2.0 */

/* Several chassis with one address: who may address a datapath of the zone does not
 * depend on names, and fast path and slow path agree. */

#include <stdlib.h>

#include "lflow.h"
#include "recording_zone.h"
#include "slow_path.h"
#include "specialise.h"
#include "test_dp_frame.h"

#define ROUTER_KEY 2
#define REDIRECT_KEY 3

static const char zone[] = "chassis gw1 192.0.2.21\n"
                           "remote gw2 192.0.2.22\n"
                           "transit ts 0xff0002\n"
                           "router lr 2\n"
                           "port ts ts-lr 1 patch peer=lr-ts\n"
                           "port ts ts-gw2 2 remote chassis=gw2\n"
                           "port lr lr-ts 2 patch peer=ts-lr mac=02:00:00:00:00:02\n"
                           "port lr cr 3 chassisredirect chassis=gw1 distributed=lr-ts\n"
                           "out ts 0 0 1 => output;\n"
                           "out lr 0 0 1 => output;\n"
                           "in ts 0 0 1 => outport = \"ts-gw2\"; output;\n";

static struct rte_mbuf *no_mbuf(const void *data, uint16_t len)
{
    (void)data, (void)len;
    return NULL;
}

static int64_t now(void)
{
    return 0;
}

/* To the zone's router. */
static struct rte_mbuf *packet_from(uint8_t last_byte)
{
    uint8_t bytes[FRAME_MAX];
    struct frame f = {.src = addr4(192, 0, 2, last_byte),
                      .dst = addr4(192, 0, 2, 21),
                      .sport = 50000,
                      .dport = 6081,
                      .vni = ROUTER_KEY,
                      .inport = 1,
                      .outport = REDIRECT_KEY,
                      .in_eth_dst = {2, 0, 0, 0, 0, 0x22},
                      .in_eth_src = {2, 0, 0, 0, 0, 2},
                      .in_src = {10, 1, 0, 10},
                      .in_dst = {10, 2, 0, 10},
                      .in_ttl = 63,
                      .in_payload = 8};
    return to_mbuf(bytes, build(&f, bytes).end, 0);
}

/* What becomes of a packet that is let in is for other tests. */
#define LET_IN ICGW_N_DROPS

static unsigned int fast_verdict(const struct specialised *s, uint8_t last_byte)
{
    struct rte_mbuf *m = packet_from(last_byte);
    struct icgw_result result;
    icgw_forward(s->tables, NULL, &m, 1, &result);
    rte_pktmbuf_free(m);
    return result.action == ICGW_ACTION_DROP ? result.reason : LET_IN;
}

static unsigned int slow_verdict(const struct model *m, const struct specialised *s,
                                 uint8_t last_byte)
{
    static const struct slow_path_ops ops = {.alloc = no_mbuf, .now = now};
    struct slow_path *sp = slow_path_create(&ops, NULL);
    slow_path_update(sp, m, s, s->tables);
    slow_path_packet(sp, packet_from(last_byte));
    const uint64_t *drops = slow_path_stats(sp)->drops;
    unsigned int verdict = drops[ICGW_DROP_UNKNOWN_SOURCE]   ? ICGW_DROP_UNKNOWN_SOURCE
                           : drops[ICGW_DROP_ZONE_VIOLATION] ? ICGW_DROP_ZONE_VIOLATION
                                                             : LET_IN;
    slow_path_destroy(sp);
    return verdict;
}

static const char *verdict_name(unsigned int verdict)
{
    return verdict == LET_IN ? "let in" : icgw_drop_name(verdict);
}

static void check(const char *chassis, uint8_t last_byte, unsigned int expected)
{
    const struct icgw_addr local = addr4(192, 0, 2, 21);
    struct lflow_cache *cache = lflow_cache_create();
    char text[2048];
    snprintf(text, sizeof text, "%s%s", chassis, zone);
    struct model *m = zone_model(text, cache);
    struct specialised *s = specialise(m, &local, 1);
    assert_non_null(s);
    unsigned int fast = fast_verdict(s, last_byte), slow = slow_verdict(m, s, last_byte);
    if (fast != expected || slow != expected) {
        fail_msg("%s: expected %s, got %s on the fast path, %s on the slow path", chassis,
                 verdict_name(expected), verdict_name(fast), verdict_name(slow));
    }
    specialised_free(s);
    model_free(m);
    lflow_cache_free(cache);
}

static void test_one_chassis(void **state)
{
    (void)state;
    check("chassis aa 192.0.2.11\n", 11, LET_IN);
    check("remote aa 192.0.2.11\n", 11, ICGW_DROP_ZONE_VIOLATION);
    check("", 11, ICGW_DROP_UNKNOWN_SOURCE);
    check("", 21, ICGW_DROP_UNKNOWN_SOURCE); /* ourselves */
}

/* The zone's own database says who is of the zone. */
static void test_local_and_remote(void **state)
{
    (void)state;
    check("chassis aa 192.0.2.11\nremote zz 192.0.2.11\n", 11, LET_IN);
    check("chassis zz 192.0.2.11\nremote aa 192.0.2.11\n", 11, LET_IN);
}

static void test_two_of_a_kind(void **state)
{
    (void)state;
    check("chassis aa 192.0.2.11\nchassis zz 192.0.2.11\n", 11, LET_IN);
    check("remote aa 192.0.2.11\nremote zz 192.0.2.11\n", 11, ICGW_DROP_ZONE_VIOLATION);
}

/* Nobody else sends from our address. */
static void test_our_own(void **state)
{
    (void)state;
    check("remote aa 192.0.2.21\n", 21, ICGW_DROP_UNKNOWN_SOURCE);
    check("remote zz 192.0.2.21\n", 21, ICGW_DROP_UNKNOWN_SOURCE);
    check("chassis aa 192.0.2.21\n", 21, ICGW_DROP_UNKNOWN_SOURCE);
    check("chassis zz 192.0.2.21\n", 21, ICGW_DROP_UNKNOWN_SOURCE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_chassis),
        cmocka_unit_test(test_local_and_remote),
        cmocka_unit_test(test_two_of_a_kind),
        cmocka_unit_test(test_our_own),
    };
    return cmocka_run_group_tests_name("doubled", tests, start_eal, stop_eal);
}
