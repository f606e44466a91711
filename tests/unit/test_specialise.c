/* SPDX-License-Identifier: Apache-2.0 */

/* Pipelines run ahead of time: a router written by hand, what its destinations
 * become, with their guards, as text. */

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lflow.h"
#include "recording_zone.h"
#include "specialise.h"
#include "test_eal.h"

#define PORTS                                                                                      \
    "chassis gw1 192.0.2.21\n"                                                                     \
    "chassis hv1 192.0.2.11\n"                                                                     \
    "chassis hv2 192.0.2.12\n"                                                                     \
    "chassis hv6 2001:db8::16\n"                                                                   \
    "remote gw2 192.0.2.22\n"                                                                      \
    "transit ts 0xff0002\n"                                                                        \
    "router lr 2\n"                                                                                \
    "switch sw 1\n"                                                                                \
    "port ts ts-lr 1 patch peer=lr-ts\n"                                                           \
    "port ts ts-gw2 2 remote chassis=gw2\n"                                                        \
    "port lr lr-ts 2 patch peer=ts-lr mac=02:00:00:00:00:02\n"                                     \
    "port lr lr-sw 1 patch peer=sw-lr mac=02:00:00:00:00:01\n"                                     \
    "port lr cr 3 chassisredirect chassis=gw1 distributed=lr-ts\n"                                 \
    "port sw sw-lr 2 patch peer=lr-sw\n"                                                           \
    "port sw vm1 1 vif chassis=hv1\n"                                                              \
    "port sw vm2 3 vif chassis=hv2\n"                                                              \
    "port sw vm6 4 vif chassis=hv6\n"                                                              \
    "out ts 0 0 1 => output;\n"                                                                    \
    "out lr 0 0 1 => output;\n"                                                                    \
    "out sw 0 0 1 => output;\n"                                                                    \
    "in ts 0 50 eth.dst == 02:00:00:00:00:22 => outport = \"ts-gw2\"; output;\n"                   \
    "in sw 0 50 eth.dst == 02:00:00:00:00:10 => outport = \"vm1\"; output;\n"                      \
    "in sw 0 50 eth.dst == 02:00:00:00:00:20 => outport = \"vm2\"; output;\n"                      \
    "in sw 0 50 eth.dst == 02:00:00:00:00:60 => outport = \"vm6\"; output;\n"

/* Tables 0: admission, 1: input, 2: routing, 3: next hop, 4: ask or send. */
#define ROUTER                                                                                     \
    "in lr 0 100 eth.src[40] => drop;\n"                                                           \
    "in lr 0 0 1 => next;\n"                                                                       \
    "in lr 1 100 ip4.src == {10.1.0.1, 10.1.0.255} || ip4.src == 127.0.0.0/8 => drop;\n"           \
    "in lr 1 90 ip4.dst == 10.1.0.1 && icmp4.type == 8 => ip4.dst <-> ip4.src; ip.ttl = 255; "     \
    "icmp4.type = 0; next;\n"                                                                      \
    "in lr 1 80 ip4.dst == 10.1.0.1 => drop;\n"                                                    \
    "in lr 1 30 ip.ttl == {0, 1} => drop;\n"                                                       \
    "in lr 1 0 1 => next;\n"                                                                       \
    "in lr 2 10 ip4.dst == 10.1.0.0/24 => ip.ttl--; reg0 = ip4.dst; eth.src = 02:00:00:00:00:01; " \
    "outport = \"lr-sw\"; next;\n"                                                                 \
    "in lr 3 10 reg0 == 10.1.0.10 => eth.dst = 02:00:00:00:00:10; next;\n"                         \
    "in lr 3 10 reg0 == 10.1.0.20 => eth.dst = 02:00:00:00:00:20; next;\n"                         \
    "in lr 3 10 reg0 == 10.1.0.60 => eth.dst = 02:00:00:00:00:60; next;\n"                         \
    "in lr 3 0 1 => get_arp(outport, reg0); next;\n"                                               \
    "in lr 4 10 eth.dst == 0 => arp { output; };\n"                                                \
    "in lr 4 0 1 => output;\n"

static struct lflow_cache *cache;
static struct model *model;
static struct specialised *result;

static const char *reason(const struct icgw_dest *d)
{
    return d->verdict == ICGW_VERDICT_SLOW ? icgw_slow_name(d->reason) : icgw_drop_name(d->reason);
}

static size_t put_dest(char *out, size_t size, const struct icgw_dest *d)
{
    static const char *const names[] = {"forward", "select", "slow", "drop", "classify"};
    size_t n = (size_t)snprintf(out, size, "%s", names[d->verdict]);
    if (d->verdict == ICGW_VERDICT_SLOW || d->verdict == ICGW_VERDICT_DROP) {
        n += (size_t)snprintf(out + n, size - n, " %s", reason(d));
    } else if (d->verdict == ICGW_VERDICT_FORWARD) {
        const struct specialised_tunnel *t = &result->tunnels[d->tunnel];
        n += (size_t)snprintf(out + n, size - n, " .%u %x %u>%u -%u", t->remote.bytes[15], d->vni,
                              d->inport, d->outport, d->ttl_dec);
    }
    if (d->rewrite_eth) {
        n += (size_t)snprintf(out + n, size - n, " eth %02x>%02x", d->eth_src[5], d->eth_dst[5]);
    }
    if (d->guard != 0) {
        n += (size_t)snprintf(out + n, size - n, " class %x", d->guard);
    }
    if (d->min_ttl != 0) {
        n += (size_t)snprintf(out + n, size - n, " ttl>=%u", d->min_ttl);
    }
    if (d->max_len != 0) {
        n += (size_t)snprintf(out + n, size - n, " len<=%u", d->max_len);
    }
    if (d->verdict == ICGW_VERDICT_CLASSIFY) {
        n += (size_t)snprintf(out + n, size - n, " %u", icgw_classifier_rules(d->classifier));
    } else if (d->sources != NULL) {
        n += (size_t)snprintf(out + n, size - n, " sources %u", d->sources->n);
    }
    for (unsigned int i = 0; i < d->n_members; i++) {
        n += (size_t)snprintf(out + n, size - n, " [");
        n += put_dest(out + n, size - n, &d->members[i]);
        n += (size_t)snprintf(out + n, size - n, "]");
    }
    return n;
}

static void check_dest(const char *what, const struct icgw_dest *d, const char *expected)
{
    char got[1024] = "nothing";
    if (d != NULL) {
        put_dest(got, sizeof got, d);
    }
    if (strcmp(got, expected) != 0) {
        for (size_t i = 0; i < result->n_reports; i++) {
            print_message("report: %s %s: %s: %s\n", specialised_report(result, i)->port,
                          specialised_report(result, i)->destination,
                          specialised_report(result, i)->why, specialised_report(result, i)->flow);
        }
        fail_msg("%s:\n  expected `%s`\n  got      `%s`", what, expected, got);
    }
}

/* For what arrives at the router from the transit switch. */
static void check(const char *ip, const char *expected)
{
    const struct icgw_endpoint *ep = icgw_tables_endpoint(result->tables, 0xff0002, 1);
    uint8_t bytes[16];
    assert_non_null(ep);
    if (inet_pton(AF_INET, ip, bytes) == 1) {
        uint32_t v4;
        memcpy(&v4, bytes, sizeof v4);
        check_dest(ip, icgw_endpoint_find_v4(ep, v4), expected);
    } else {
        assert_int_equal(inet_pton(AF_INET6, ip, bytes), 1);
        check_dest(ip, icgw_endpoint_find_v6(ep, bytes), expected);
    }
}

/* Exactly one report, with these words in it. */
static void check_report(const char *destination, bool unsupported, const char *why,
                         const char *flow)
{
    for (size_t i = 0; i < result->n_reports; i++) {
        const struct specialised_report *r = specialised_report(result, i);
        if (strcmp(r->port, "ts-lr") != 0 || strcmp(r->destination, destination) != 0) {
            continue;
        }
        if (r->unsupported != unsupported || strcmp(r->why, why) != 0 ||
            strstr(r->flow, flow) == NULL) {
            fail_msg("%s: expected a report `%s` with `%s`, got `%s` with `%s`", destination, why,
                     flow, r->why, r->flow);
        }
        return;
    }
    fail_msg("%s: expected a report `%s`, got none", destination, why);
}

static void build(const char *base, const char *more)
{
    static char text[400000];
    const struct icgw_addr local = {.bytes = {[10] = 0xff, 0xff, 192, 0, 2, 21}};
    snprintf(text, sizeof text, "%s%s", base, more);
    cache = lflow_cache_create();
    model = zone_model(text, cache);
    result = specialise(model, &local, 1);
    assert_non_null(result);
}

static int stop(void **state)
{
    (void)state;
    specialised_free(result);
    model_free(model);
    lflow_cache_free(cache);
    result = NULL;
    return 0;
}

#define TO_HV1 "forward .11 1 2>1 -1 eth 01>10 class 80 ttl>=2 sources 3"

static void test_router(void **state)
{
    (void)state;
    _Static_assert(ICGW_CLASS_MULTICAST_SOURCE == 0x80 && ICGW_CLASS_ECHO_REQUEST == 8, "texts");
    build(PORTS ROUTER, "");
    check("10.1.0.10", TO_HV1);
    check("10.1.0.20", "forward .12 1 2>3 -1 eth 01>20 class 80 ttl>=2 sources 3");
    check("10.1.0.1", "drop logical_drop class 88");
    check("10.1.0.99", "slow neighbour");
    check("192.168.0.1", "drop logical_drop class 80 ttl>=2 sources 3");
    check("fd01::1", "drop logical_drop class 80 ttl>=2");
    assert_int_equal(result->n_reports, 0); /* nothing of interest to an operator */
}

static void test_sources(void **state)
{
    (void)state;
    build(PORTS ROUTER, "");
    const struct icgw_endpoint *ep = icgw_tables_endpoint(result->tables, 0xff0002, 1);
    const struct icgw_dest *d = icgw_endpoint_find_v4(ep, htonl(0x0a01000a));
    const struct icgw_source_guard *g = d->sources;
    static const uint8_t own[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 1, 0, 1};
    assert_int_equal(g->n, 3);
    assert_memory_equal(g->prefix[0].value.bytes + 12, own + 12, 4);
    assert_int_equal(g->prefix[0].mask.bytes[15], 0xff);
    assert_int_equal(g->prefix[2].value.bytes[12], 127);
    assert_int_equal(g->prefix[2].mask.bytes[12], 0xff);
    assert_int_equal(g->prefix[2].mask.bytes[13], 0);
}

static void test_endpoint(void **state)
{
    static const uint8_t gw2[] = {2, 0, 0, 0, 0, 0x22};
    (void)state;
    build(PORTS ROUTER, "port lr cr-away 4 chassisredirect chassis=hv1 distributed=lr-sw\n");
    const struct icgw_endpoint *ep = icgw_tables_endpoint(result->tables, 0xff0002, 1);
    assert_int_equal(ep->kind, ICGW_ENDPOINT_L3);
    assert_int_equal(ep->router_mac[5], 2);
    assert_true(ep->transit);
    ep = icgw_tables_endpoint(result->tables, 2, 3);
    assert_int_equal(ep->port_key, 2); /* of the port that the chassisredirect one stands for */
    assert_int_equal(ep->kind, ICGW_ENDPOINT_L2);
    assert_false(ep->transit);
    check_dest("IPv4", icgw_endpoint_find_l2(ep, gw2, htons(0x0800)), "forward .22 ff0002 1>2 -0");
    check_dest("IPv6", icgw_endpoint_find_l2(ep, gw2, htons(0x86dd)), "forward .22 ff0002 1>2 -0");
    check_dest("ARP", icgw_endpoint_find_l2(ep, gw2, htons(0x0806)), "nothing");
    ep = icgw_tables_endpoint(result->tables, 2, 4);
    assert_int_equal(ep->kind, ICGW_ENDPOINT_DROP);
    assert_int_equal(ep->reason, ICGW_DROP_NOT_RESIDENT);
}

static void test_neighbours(void **state)
{
    (void)state;
    build(PORTS ROUTER, "mac lr lr-sw 10.1.0.99 02:00:00:00:00:20\n");
    check("10.1.0.99", "forward .12 1 2>3 -1 eth 01>20 class 80 ttl>=2 sources 3");
    check("10.1.0.98", "slow neighbour");
}

static void test_ecmp(void **state)
{
    (void)state;
    build(PORTS ROUTER,
          "in lr 2 20 ip4.dst == 10.5.0.0/16 => ip.ttl--; eth.src = 02:00:00:00:00:01; outport = "
          "\"lr-sw\"; reg8[16..31] = select(1, 2);\n"
          "in lr 3 20 reg8[16..31] == 1 => reg0 = 10.1.0.10; eth.dst = 02:00:00:00:00:10; next;\n"
          "in lr 3 20 reg8[16..31] == 2 => reg0 = 10.1.0.20; eth.dst = 02:00:00:00:00:20; next;\n");
    check("10.5.0.1", "select class 80 ttl>=2 sources 3 "
                      "[forward .11 1 2>1 -1 eth 01>10 class 80 ttl>=2] "
                      "[forward .12 1 2>3 -1 eth 01>20 class 80 ttl>=2]");
    check("10.1.0.10", TO_HV1);
}

/* Members of the fast path all have one weight. */
static void test_ecmp_of_different_weight(void **state)
{
    (void)state;
    build(PORTS ROUTER, "in lr 2 20 ip4.dst == 10.5.0.0/16 => ip.ttl--; outport = \"lr-sw\"; "
                        "reg8[16..31] = select(1=100, 2=50);\n");
    check("10.5.0.1", "slow destination");
}

static void test_mtu(void **state)
{
    (void)state;
    build(PORTS ROUTER, "in lr 1 20 ip4 => reg9[1] = check_pkt_larger(1414); next;\n"
                        "in lr 2 90 reg9[1] == 1 => icmp4_error { output; };\n");
    check("10.1.0.10", "forward .11 1 2>1 -1 eth 01>10 class 80 ttl>=2 "
                       "len<=1400 sources 3");
    stop(state);
    /* For some packets only, the rest being the same: the length is looked at for all. */
    for (unsigned int i = 0; i < 2; i++) {
        build(PORTS ROUTER,
              i == 0 ? "in lr 1 20 tcp.dst == 80 => reg9[1] = check_pkt_larger(1414); next;\n"
                       "in lr 1 19 udp.dst == 80 => reg9[1] = check_pkt_larger(1514); next;\n"
                       "in lr 2 90 reg9[1] == 1 => icmp4_error { output; };\n"
                     : "in lr 1 20 tcp.dst == 80 => next;\n"
                       "in lr 1 19 ip4 => reg9[1] = check_pkt_larger(1414); next;\n"
                       "in lr 2 90 reg9[1] == 1 => icmp4_error { output; };\n");
        check("10.1.0.10", "forward .11 1 2>1 -1 eth 01>10 class 80 ttl>=2 "
                           "len<=1400 sources 3");
        stop(state);
    }
    /* As OVN 25.09 and later have it; nothing was tracked, so there is nothing to save. */
    build(PORTS ROUTER, "in lr 3 20 reg0 == 10.1.0.10 => reg9[1] = check_pkt_larger(1414); "
                        "reg4[0..7] = ct_state_save(); next;\n"
                        "in lr 4 90 reg9[1] == 1 && reg4[5] => ct_dnat;\n"
                        "in lr 4 80 reg9[1] == 1 => icmp4_error { output; };\n"
                        "in lr 4 70 reg0 == 10.1.0.10 => eth.dst = 02:00:00:00:00:10; output;\n");
    check("10.1.0.10", "forward .11 1 2>1 -1 eth 01>10 class 80 ttl>=2 "
                       "len<=1400 sources 3");
}

static void test_unsupported(void **state)
{
    (void)state;
    build(PORTS ROUTER, "in lr 2 20 ip4.dst == 10.1.0.20 => ct_dnat(10.1.0.21);\n"
                        "in lr 2 20 ip4.dst == 10.1.0.60 && brand_new => next;\n");
    check("10.1.0.20", "drop unsupported");
    check_report("10.1.0.20/32", true, "action ct_dnat is not supported", "lr/2/20 ingress");
    check_report("10.1.0.20/32", true, "action ct_dnat is not supported", "ct_dnat(10.1.0.21)");
    check("10.1.0.60", "drop unsupported");
    check_report("10.1.0.60/32", true, "match names something unknown", "brand_new");
    check("10.1.0.10", TO_HV1); /* no other destination suffers */
}

static void test_port_security(void **state)
{
    (void)state;
    build(PORTS ROUTER, "port sw vm9 9 vif chassis=hv1 security\n"
                        "in sw 0 90 eth.dst == 02:00:00:00:00:20 => outport = \"vm9\"; "
                        "reg0[15] = check_out_port_sec(); output;\n"
                        "in sw 0 90 eth.dst == 02:00:00:00:00:10 => outport = \"vm1\"; "
                        "reg0[15] = check_out_port_sec(); next;\n"
                        "in sw 1 0 reg0[15] == 0 => output;\n");
    check("10.1.0.20", "drop unsupported");
    check_report("10.1.0.20/32", true, "port security of vm9 is not checked by a gateway",
                 "sw/0/90");
    check("10.1.0.10", TO_HV1); /* a port without it admits everything */
}

#define SECOND_ROUTER                                                                              \
    "router lr2 3\n"                                                                               \
    "switch sw2 4\n"                                                                               \
    "port sw sw-lr2 7 patch peer=lr2-sw\n"                                                         \
    "port lr2 lr2-sw 1 patch peer=sw-lr2 mac=02:00:00:00:00:31\n"                                  \
    "port lr2 lr2-sw2 2 patch peer=sw2-lr2 mac=02:00:00:00:00:32\n"                                \
    "port sw2 sw2-lr2 1 patch peer=lr2-sw2\n"                                                      \
    "port sw2 vm3 2 vif chassis=hv2\n"                                                             \
    "out lr2 0 0 1 => output;\n"                                                                   \
    "out sw2 0 0 1 => output;\n"                                                                   \
    "in lr 2 10 ip4.dst == 10.2.0.0/24 => ip.ttl--; eth.src = 02:00:00:00:00:01; "                 \
    "reg0 = 10.1.0.2; eth.dst = 02:00:00:00:00:31; outport = \"lr-sw\"; next(4);\n"                \
    "in sw 0 50 eth.dst == 02:00:00:00:00:31 => outport = \"sw-lr2\"; output;\n"                   \
    "in lr2 0 30 ip.ttl == {0, 1} => drop;\n"                                                      \
    "in lr2 0 0 1 => next;\n"                                                                      \
    "in lr2 1 0 ip4.dst == 10.2.0.0/25 => ip.ttl--; eth.src = 02:00:00:00:00:32; "                 \
    "eth.dst = 02:00:00:00:00:33; outport = \"lr2-sw2\"; output;\n"                                \
    "in sw2 0 0 1 => outport = \"vm3\"; output;\n"

static size_t count_refused(const char *destination, const char *action)
{
    size_t n = 0;
    for (size_t i = 0; i < result->n_reports; i++) {
        const struct specialised_report *r = specialised_report(result, i);
        n += r->unsupported && strstr(r->flow, action) != NULL &&
             strcmp(r->destination, destination) == 0;
    }
    return n;
}

/* Known before the router is reached to be slow; that the router refuses some packets is
 * said all the same. */
static void test_refused_behind(void **state)
{
    (void)state;
    build(PORTS ROUTER, "out ts 0 9 ip.dscp == 46 => drop;\n"
                        "in lr 4 50 reg9[10] == 1 => ct_commit;\n");
    check("10.1.0.20", "slow destination");
    assert_int_equal(count_refused("0.0.0.0/0", "ct_commit"), 1);
}

#define TWO_ROUTES                                                                                 \
    "in lr 2 20 ip4.dst == 10.5.0.0/16 => ip.ttl--; eth.src = 02:00:00:00:00:01; outport = "       \
    "\"lr-sw\"; reg8[16..31] = select(1, 2);\n"                                                    \
    "in lr 3 20 reg8[16..31] == 1 => reg0 = 10.1.0.99; get_arp(outport, reg0); next;\n"

/* The first route's next hop is not known: the destination is slow.  What the second one
 * refuses is said all the same. */
static void test_refused_member(void **state)
{
    build(PORTS ROUTER, TWO_ROUTES "in lr 3 20 reg8[16..31] == 2 => ct_commit;\n");
    check("10.5.0.1", "drop unsupported");
    check_report("10.5.0.0/16", true, "action ct_commit is not supported", "lr/3/20");
    stop(state);
    build(PORTS ROUTER, TWO_ROUTES "in lr 3 20 reg8[16..31] == 2 => reg0 = 10.1.0.20; "
                                   "eth.dst = 02:00:00:00:00:20; next;\n"
                                   "in lr 4 50 eth.dst == 02:00:00:00:00:20 && tcp && "
                                   "tcp.flags == 2 && inport == \"lr-ts\" => ct_commit;\n");
    check("10.5.0.1", "slow neighbour");
    assert_int_equal(count_refused("10.5.0.0/16", "ct_commit"), 1);
    stop(state);
    /* A second choice, and what comes behind it. */
    build(PORTS ROUTER, TWO_ROUTES "in lr 3 20 reg8[16..31] == 2 => reg7[0..15] = select(1, 2);\n"
                                   "in lr 4 50 reg7[0..15] == 2 => ct_commit;\n");
    check("10.5.0.1", "slow neighbour");
    assert_int_equal(count_refused("10.5.0.0/16", "ct_commit"), 1);
}

/* Guards keep the sources off that have routes of their own; one of those refuses them. */
static void test_refused_source_route(void **state)
{
    (void)state;
    build(PORTS ROUTER, "in lr 2 30 ip4.src == 10.9.0.0/16 => ip.ttl--; outport = \"lr-sw\"; "
                        "reg8[16..31] = select(1, 2);\n"
                        "in lr 3 20 reg8[16..31] == 1 => reg0 = 10.1.0.99; get_arp(outport, reg0); "
                        "next;\n"
                        "in lr 3 20 reg8[16..31] == 2 => reg9[10] = 1; next;\n"
                        "in lr 4 50 reg9[10] == 1 => ct_commit;\n");
    check("10.1.0.10", "forward .11 1 2>1 -1 eth 01>10 class 80 ttl>=2 sources 4");
    assert_int_equal(count_refused("10.1.0.10/32", "ct_commit"), 1);
}

static void test_two_routers(void **state)
{
    (void)state;
    build(PORTS ROUTER, SECOND_ROUTER);
    check("10.2.0.5", "forward .12 4 1>2 -2 eth 32>33 class 80 ttl>=3 sources 3");
    check("10.2.0.200", "drop logical_drop class 80 ttl>=3 sources 3");
}

static void test_policies(void **state)
{
    char many[4096] = "in lr 1 95 ip4.dst == 10.1.0.20 && ip4.src == {200.0.0.1";
    (void)state;
    for (int i = 1; i <= ICGW_MAX_SOURCES; i++) {
        snprintf(many + strlen(many), 32, ", %d.0.0.1", i);
    }
    strcat(many, "} => drop;\n"
                 "in lr 1 95 ip4.dst == 10.1.0.10 && tcp.dst == 80 => drop;\n"
                 "in lr 1 95 ip4.dst == 10.1.0.77 && ip.dscp == 46 => drop;\n"
                 "in lr 1 95 ip4.dst == 10.1.0.60 && ip4.src == 10.9.0.0/16 => drop;\n");
    build(PORTS ROUTER, many);
    /* More sources than a guard holds, and what none looks at. */
    check("10.1.0.20", "classify 34 [drop logical_drop class 80] "
                       "[forward .12 1 2>3 -1 eth 01>20 class 80 ttl>=2 sources 3]");
    check("10.1.0.10", "classify 2 [drop logical_drop class 80] "
                       "[forward .11 1 2>1 -1 eth 01>10 class 80 ttl>=2 sources 3]");
    /* What a classifier does not see either. */
    check("10.1.0.77", "slow destination");
    check_report("10.1.0.77/32", false, "depends on more than the destination", "ip.dscp == 46");
    /* One source prefix more is no reason. */
    check("10.1.0.60", "drop no_tunnel eth 01>60 class 80 ttl>=2 sources 4");
}

static void test_tunnels(void **state)
{
    (void)state;
    build(PORTS ROUTER, "");
    assert_int_equal(result->n_tunnels, 3); /* none to hv6: we have no IPv6 address */
    check("10.1.0.60", "drop no_tunnel eth 01>60 class 80 ttl>=2 sources 3");
    const struct model_chassis *hv2 = model_chassis_by_name(model, "hv2");
    uint16_t index = specialised_tunnel(result, hv2, NULL);
    assert_int_equal(result->tunnels[index].remote.bytes[15], 12);
    assert_int_equal(specialised_tunnel(result, model_chassis_by_name(model, "hv6"), NULL),
                     ICGW_NO_TUNNEL);
    assert_int_equal(specialised_tunnel(result, model_chassis_by_name(model, "gw1"), NULL),
                     ICGW_NO_TUNNEL);
}

static void test_moving(void **state)
{
    (void)state;
    build(PORTS ROUTER, "port sw vm9 9 vif chassis=hv1 additional=hv2\n"
                        "port sw vm8 8 vif additional=hv2\n"
                        "in sw 0 90 eth.dst == 02:00:00:00:00:20 => outport = \"vm9\"; output;\n"
                        "in sw 0 90 eth.dst == 02:00:00:00:00:10 => outport = \"vm8\"; output;\n");
    check("10.1.0.20", "slow destination");
    check_report("10.1.0.20/32", false, "vm9 is on more than one chassis while it moves",
                 "sw/0/90");
    check("10.1.0.10", "forward .12 1 2>8 -1 eth 01>10 class 80 ttl>=2 sources 3");
}

static void test_snooping(void **state)
{
    (void)state;
    build(PORTS ROUTER, "out ts 0 90 igmp => clone { igmp; }; next;\nout ts 1 0 1 => output;\n");
    check_report("IGMP and MLD", true, "listeners are not learned: action igmp is not supported",
                 "ts/0/90 egress");
    check("10.1.0.10", TO_HV1);
}

static void test_encaps(void **state)
{
    const struct icgw_addr locals[] = {{{[10] = 0xff, 0xff, 192, 0, 2, 21}},
                                       {{0x20, 1, 0xd, 0xb8, [15] = 0x21}}};
    struct model_encap other = {.ip = {{0x20, 1, 0xd, 0xb8, [15] = 0x99}}, .dst_port = 6081};
    (void)state;
    cache = lflow_cache_create();
    model = zone_model_open(PORTS ROUTER, cache);
    struct model_chassis *both = model_add_chassis(model, "both", false);
    model_add_encap(model, both, "geneve", "2001:db8::31", false, 6081);
    model_add_encap(model, both, "geneve", "192.0.2.31", true, 6081);
    model_finish(model);
    result = specialise(model, locals, 2);
    const struct specialised_tunnel *t = result->tunnels;
    assert_int_equal(t[specialised_tunnel(result, both, NULL)].remote.bytes[0], 0x20);
    assert_false(t[specialised_tunnel(result, both, NULL)].csum);
    assert_int_equal(t[specialised_tunnel(result, both, NULL)].local.bytes[15], 0x21);
    uint16_t v4 = specialised_tunnel(result, both, &both->encaps[1]);
    assert_int_equal(t[v4].remote.bytes[15], 31);
    assert_true(t[v4].csum);
    assert_int_equal(t[v4].local.bytes[15], 21);
    /* Where the named one does not serve, another does. */
    assert_int_equal(specialised_tunnel(result, both, &other),
                     specialised_tunnel(result, both, NULL));
    specialised_free(result);
    result = specialise(model, locals, 1); /* IPv4 only */
    v4 = specialised_tunnel(result, both, &both->encaps[0]);
    assert_int_equal(result->tunnels[v4].remote.bytes[15], 31);
}

static void test_rewrites(void **state)
{
    (void)state;
    build(PORTS ROUTER,
          "in lr 4 20 reg0 == 10.1.0.10 => ip4.dst = 10.1.0.11; output;\n"
          "in lr 4 20 reg0 == 10.1.0.20 => clone { output; }; output;\n"
          "in lr 4 20 reg0 == 10.1.0.21 => ip.ttl = 7; eth.dst = 02:00:00:00:00:20; output;\n"
          "in lr 4 20 reg0 == 10.1.0.23 => clone { eth.dst = 02:00:00:00:00:20; output; }; drop;\n"
          "in lr 2 20 ip4.dst == 10.1.0.22 => eth.dst <-> eth.src; outport = \"lr-sw\"; output;\n"
          "in sw 0 90 inport == \"sw-lr\" && eth.src == 02:00:00:00:00:02 => outport = \"vm2\"; "
          "output;\n");
    check("10.1.0.10", "slow destination");
    check_report("10.1.0.10/32", false, "changes ip4.dst", "");
    check("10.1.0.20", "slow destination");
    check_report("10.1.0.20/32", false, "more than one packet leaves", "");
    check("10.1.0.23", "slow destination");
    check_report("10.1.0.23/32", false, "more than one packet leaves", "");
    check("10.1.0.21", "slow destination");
    check_report("10.1.0.21/32", false, "sets ip.ttl", "");
    check("10.1.0.22", "slow destination"); /* the next hop's address is the sender's */
    check_report("10.1.0.22/32", false,
                 "changes Ethernet addresses in a way that depends on the packet", "");
}

/* A TTL that would become 0 is guarded against where no flow asks for it, too. */
static void test_ttl(void **state)
{
    (void)state;
    build(PORTS, "in lr 0 0 1 => ip.ttl--; ip.ttl--; eth.src = 02:00:00:00:00:01; "
                 "eth.dst = 02:00:00:00:00:10; outport = \"lr-sw\"; output;\n");
    check("10.1.0.10", "forward .11 1 2>1 -2 eth 01>10 ttl>=3");
}

/* With these flows errors about the path MTU enter the pipeline elsewhere. */
static void test_too_big(void **state)
{
    (void)state;
    build(PORTS ROUTER, "in ts 0 90 icmp4.type == 3 && flags.tunnel_rx == 1 => drop;\n");
    check("10.1.0.10", "forward .11 1 2>1 -1 eth 01>10 class 84 ttl>=2 sources 3");
    check("fd01::1", "drop logical_drop class 184 ttl>=2"); /* extension headers hide it */
}

static void test_loop(void **state)
{
    (void)state;
    build(PORTS ROUTER, "in lr 2 20 ip4.dst == 10.1.0.10 => next(0);\n");
    check("10.1.0.10", "slow destination");
    check_report("10.1.0.10/32", false, "flows run in a loop", "");
}

/* As many hosts as a zone of some size has, each with flows of its own. */
static void test_many(void **state)
{
    static char more[300000];
    struct timespec before, after;
    size_t n = 0;
    (void)state;
    for (int i = 0; i < 2000; i++) {
        n += (size_t)snprintf(more + n, sizeof more - n,
                              "in lr 3 20 reg0 == 10.7.%d.%d => eth.dst = 02:00:00:00:00:%d0; "
                              "next;\n",
                              i / 250, i % 250, 1 + i % 2);
    }
    snprintf(more + n, sizeof more - n,
             "in lr 2 10 ip4.dst == 10.7.0.0/16 => ip.ttl--; reg0 = ip4.dst; eth.src = "
             "02:00:00:00:00:01; outport = \"lr-sw\"; next;\n");
    clock_gettime(CLOCK_MONOTONIC, &before);
    build(PORTS ROUTER, more);
    clock_gettime(CLOCK_MONOTONIC, &after);
    check("10.7.0.0", TO_HV1);
    check("10.7.7.249", "forward .12 1 2>3 -1 eth 01>20 class 80 ttl>=2 sources 3");
    check("10.7.7.250", "slow neighbour");
    check("10.1.0.10", TO_HV1);
    assert_int_equal(result->n_reports, 0);
    assert_in_range(result->n_destinations, 2000, 2100);
    print_message("2,000 destinations in %.2f s\n",
                  (double)(after.tv_sec - before.tv_sec) +
                      (double)(after.tv_nsec - before.tv_nsec) / 1e9);
}

int main(void)
{
#define TEST(NAME) cmocka_unit_test_teardown(NAME, stop)
    const struct CMUnitTest tests[] = {
        TEST(test_router),
        TEST(test_sources),
        TEST(test_endpoint),
        TEST(test_neighbours),
        TEST(test_ecmp),
        TEST(test_ecmp_of_different_weight),
        TEST(test_mtu),
        TEST(test_unsupported),
        TEST(test_port_security),
        TEST(test_refused_behind),
        TEST(test_refused_member),
        TEST(test_refused_source_route),
        TEST(test_two_routers),
        TEST(test_policies),
        TEST(test_tunnels),
        TEST(test_rewrites),
        TEST(test_loop),
        TEST(test_ttl),
        TEST(test_too_big),
        TEST(test_snooping),
        TEST(test_moving),
        TEST(test_encaps),
        TEST(test_many),
    };
    return cmocka_run_group_tests_name("specialise", tests, test_eal_start, test_eal_stop);
}
