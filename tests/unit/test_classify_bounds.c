/* SPDX-License-Identifier: Apache-2.0 */

/* How much a classifier may take; what is beyond is slow, as without, and says why. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <rte_byteorder.h>

#include "lflow.h"
#include "recording.h"
#include "recording_zone.h"
#include "specialise.h"
#include "test_eal.h"

/* A router between a transit switch and a switch; policies are rows for table 1. */
#define ZONE                                                                                       \
    ROUTED_ZONE                                                                                    \
    "in lr 1 0 1 => next;\n"                                                                       \
    "in lr 2 0 1 => outport = \"lr-sw\"; output;\n"                                                \
    "in sw 0 0 1 => outport = \"vm1\"; output;\n"

static char rows[400000];
static struct lflow_cache *cache;
static struct model *model;
static struct specialised *result;

static void row(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void row(const char *format, ...)
{
    size_t used = strlen(rows);
    va_list args;
    va_start(args, format);
    assert_in_range(vsnprintf(rows + used, sizeof rows - used, format, args), 0,
                    sizeof rows - used - 1);
    va_end(args);
}

/* "{first, first + 1, …}" */
static void row_ports(unsigned int first, unsigned int n)
{
    row("{%u", first);
    for (unsigned int i = 1; i < n; i++) {
        row(", %u", first + 2 * i); /* no prefix of each other */
    }
    row("}");
}

static int start(void **state)
{
    (void)state;
    strcpy(rows, ZONE);
    return 0;
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

static void build(void)
{
    struct icgw_addr local = recording_gateway(1);
    cache = lflow_cache_create();
    model = zone_model(rows, cache);
    result = specialise(model, &local, 1);
    assert_non_null(result);
}

static const struct icgw_dest *destination(uint32_t ip)
{
    const struct icgw_endpoint *ep = icgw_tables_endpoint(result->tables, 0xff0002, 1);
    return icgw_endpoint_find_v4(ep, rte_cpu_to_be_32(ip));
}

#define ANY 0x0a010001

static void check_classified(uint32_t rules, unsigned int members)
{
    const struct icgw_dest *d = destination(ANY);
    assert_int_equal(d->verdict, ICGW_VERDICT_CLASSIFY);
    assert_int_equal(icgw_classifier_rules(d->classifier), rules);
    assert_int_equal(d->n_members, members);
}

static void check_slow(uint32_t ip, const char *name, const char *why)
{
    const struct icgw_dest *d = destination(ip);
    assert_int_equal(d->verdict, ICGW_VERDICT_SLOW);
    assert_int_equal(d->reason, ICGW_SLOW_DESTINATION);
    for (size_t i = 0; i < result->n_reports; i++) {
        if (strcmp(specialised_report(result, i)->destination, name) == 0) {
            assert_string_equal(specialised_report(result, i)->why, why);
            return;
        }
    }
    fail_msg("no report about %s", name);
}

#define WHY "depends on more than the destination (no classifier: more than "

/* One rule for each, one for other ports, and one for other protocols, which comes to the
 * same. */
static void test_rules(void **state)
{
    (void)state;
    row("in lr 1 10 ip4 && tcp.dst == ");
    row_ports(1, ICGW_MAX_RULES - 2);
    row(" => drop;\n");
    build();
    check_classified(ICGW_MAX_RULES - 1, 2);
}

static void test_too_many_rules(void **state)
{
    (void)state;
    row("in lr 1 10 ip4 && tcp.dst == ");
    row_ports(1, ICGW_MAX_RULES - 1);
    row(" => drop;\n");
    build();
    check_slow(ANY, "0.0.0.0/0", WHY "256 rules)");
}

/* More than there can be rules, by far: they are not compared any more. */
static void test_too_many_values(void **state)
{
    (void)state;
    row("in lr 1 10 udp.src == ");
    row_ports(1, 2 * ICGW_MAX_RULES);
    row(" => drop;\n");
    build();
    check_slow(ANY, "0.0.0.0/0", WHY "512 values in a row)");
}

/* Each source with each port. */
static void test_too_many_pairs(void **state)
{
    (void)state;
    row("in lr 1 10 udp.src == ");
    row_ports(1, 20);
    row(" && udp.dst == ");
    row_ports(1, 20);
    row(" => drop;\n");
    build();
    check_slow(ANY, "0.0.0.0/0", WHY "256 rules)");
}

static void ways(unsigned int n)
{
    for (unsigned int i = 0; i < n; i++) {
        row("in lr 1 10 ip4.src == 10.9.%u.0/24 => eth.src = 02:00:00:00:01:%02x; next;\n", i, i);
    }
    build();
}

static void test_outcomes(void **state)
{
    (void)state;
    ways(31);
    check_classified(32, 32);
}

static void test_too_many_outcomes(void **state)
{
    (void)state;
    ways(32);
    /* Guards do, for as many sources as one holds. */
    const struct icgw_dest *d = destination(ANY);
    assert_int_equal(d->verdict, ICGW_VERDICT_FORWARD);
    assert_int_equal(d->sources->n, 32);
    stop(state);
    start(state);
    for (unsigned int i = 0; i < 32; i++) {
        row("in lr 1 10 ip4 && udp.dst == %u => eth.src = 02:00:00:00:01:%02x; next;\n", i + 1, i);
    }
    build();
    check_slow(ANY, "0.0.0.0/0", WHY "32 outcomes)");
}

static void conditions(unsigned int n)
{
    for (unsigned int i = 0; i < n; i++) {
        row("in lr 1 10 ip4 && tcp.dst == %u => drop;\n", 1 + i);
    }
    build();
}

/* The protocol is one, too. */
static void test_conditions(void **state)
{
    (void)state;
    conditions(63);
    check_classified(64, 2);
}

static void test_too_many_conditions(void **state)
{
    (void)state;
    conditions(64);
    check_slow(ANY, "0.0.0.0/0", WHY "64 conditions in a row)");
}

/* What comes to nothing for one destination is not tried for all. */
static void test_in_vain(void **state)
{
    (void)state;
    for (unsigned int i = 1; i < 255; i++) {
        row("in lr 0 10 ip4.dst == 10.3.0.%u => reg1 = %u; next;\n", i, i);
    }
    conditions(64);
    check_slow(0x0a030001, "10.3.0.1/32", WHY "64 conditions in a row)");
    check_slow(0x0a0300fe, "10.3.0.254/32", WHY "5000 runs in vain for the port)");
}

/* What is slow whatever the answer is slow for that reason. */
static void test_slow_anyway(void **state)
{
    (void)state;
    row("in lr 0 10 eth.src == 02:00:00:00:00:99 => reg8[16] = 1; next;\n"
        "in lr 1 12 reg8[16] == 1 && ip.dscp == 40 => drop;\n"
        "in lr 1 10 ip.dscp == 46 => drop;\n");
    build();
    check_slow(ANY, "0.0.0.0/0", "depends on more than the destination");
    for (size_t i = 0; i < result->n_reports; i++) {
        assert_null(strstr(specialised_report(result, i)->flow, "eth.src"));
    }
}

/* A router behind a switch: what that makes of destinations is no matter of rules. */
static void test_router_behind(void **state)
{
    static const uint8_t mac[6] = {2, 0, 0, 0, 0, 0x55};
    const struct icgw_dest *d;
    (void)state;
    row("router lr2 5\n"
        "port ts ts-lr2 5 patch peer=lr2-ts\n"
        "port lr2 lr2-ts 1 patch peer=ts-lr2 mac=02:00:00:00:00:55\n"
        "in ts 0 9 eth.dst == 02:00:00:00:00:55 => outport = \"ts-lr2\"; output;\n"
        "in lr2 0 9 ip4.dst == 10.7.0.1 => drop;\n"
        "in lr2 0 0 1 => eth.dst = 02:00:00:00:00:02; outport = \"lr2-ts\"; output;\n"
        "out lr2 0 0 1 => output;\n"
        "in ts 0 9 eth.dst == 02:00:00:00:00:02 => outport = \"ts-lr\"; output;\n");
    build();
    d = icgw_endpoint_find_l2(icgw_tables_endpoint(result->tables, 2, 3), mac, RTE_BE16(0x0800));
    assert_non_null(d);
    assert_int_equal(d->verdict, ICGW_VERDICT_SLOW);
    assert_int_equal(d->reason, ICGW_SLOW_DESTINATION);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_rules),          TEST(test_too_many_rules),
        TEST(test_too_many_pairs), TEST(test_too_many_values),
        TEST(test_outcomes),       TEST(test_too_many_outcomes),
        TEST(test_conditions),     TEST(test_too_many_conditions),
        TEST(test_in_vain),        TEST(test_slow_anyway),
        TEST(test_router_behind),
    };
    return cmocka_run_group_tests(tests, test_eal_start, test_eal_stop);
}
