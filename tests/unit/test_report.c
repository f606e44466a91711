/* SPDX-License-Identifier: Apache-2.0 */

/* What is said of destinations that are not on the fast path. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lflow.h"
#include "recording.h"
#include "recording_zone.h"
#include "specialise.h"
#include "test_eal.h"

/* A router between a transit switch and a switch with one guest. */
#define ZONE                                                                                       \
    ROUTED_ZONE                                                                                    \
    "in lr 1 10 ip4.dst == 10.1.0.0/24 => outport = \"lr-sw\"; output;\n"                          \
    "in sw 0 0 1 => outport = \"vm1\"; output;\n"

static struct lflow_cache *cache;
static struct model *model;
static struct specialised *result;

static void build(const char *flow)
{
    struct icgw_addr local = recording_gateway(1);
    char text[4096];
    snprintf(text, sizeof text, "%s%s\n", ZONE, flow);
    model = zone_model(text, cache);
    result = specialise(model, &local, 1);
    assert_non_null(result);
}

/* The one report about a destination of the router. */
static const struct specialised_report *report(const char *destination)
{
    const struct specialised_report *found = NULL;
    for (size_t i = 0; i < result->n_reports; i++) {
        const struct specialised_report *r = specialised_report(result, i);
        if (strcmp(r->port, "ts-lr") == 0 && strcmp(r->destination, destination) == 0) {
            assert_null(found);
            found = r;
        }
    }
    assert_non_null(found);
    return found;
}

static void clear(void)
{
    specialised_free(result);
    model_free(model);
}

static void check(const char *flow, const char *destination, bool unsupported, const char *why,
                  const char *needs)
{
    build(flow);
    const struct specialised_report *r = report(destination);
    assert_int_equal(r->unsupported, unsupported);
    assert_string_equal(r->why, why);
    assert_string_equal(r->needs, needs);
    /* uuid pipeline table (stage) match action */
    assert_non_null(strstr(r->flow, "lr/0/"));
    assert_non_null(strstr(r->flow, " ingress table=0 ("));
    assert_non_null(strstr(r->flow, " match=("));
    assert_non_null(strstr(r->flow, " action=("));
    clear();
}

#define TRACKING "): NAT, load balancing and stateful ACLs belong on another chassis"

static void test_connection_tracking(void **state)
{
    (void)state;
    check("in lr 0 9 ip4.dst == 10.1.0.7 => ct_dnat(10.1.0.10);", "10.1.0.7/32", true,
          "action ct_dnat is not supported", "connection tracking (ct_dnat" TRACKING);
    check("in lr 0 9 ip4.dst == 10.1.0.7 => clone { ct_lb_mark(backends=10.1.0.10); };",
          "10.1.0.7/32", true, "action ct_lb_mark is not supported",
          "connection tracking (ct_lb_mark" TRACKING);
}

/* Sources that are translated fail a guard and are dropped: that is said, too. */
static void test_translated_sources(void **state)
{
    (void)state;
    check("in lr 0 9 ip4.src == 10.9.0.0/24 => ct_snat(10.9.9.9);", "10.1.0.0/24", true,
          "dropped where the flow matches, else forwarded",
          "connection tracking (ct_snat" TRACKING);
}

static bool says_translated(void)
{
    bool found = false;
    for (size_t i = 0; i < result->n_reports; i++) {
        const struct specialised_report *r = specialised_report(result, i);
        found |= r->unsupported && strstr(r->flow, "ct_snat") != NULL;
    }
    return found;
}

/* The same behind a flow that ends the specialiser's run. */
static void test_translated_later(void **state)
{
    (void)state;
    build("in lr 0 9 udp.dst == 9 => drop;\n"
          "in lr 1 9 ip4.src == 10.9.0.0/24 => ct_snat(10.9.9.9);");
    assert_true(says_translated());
    clear();
}

static void add_translation(const char *datapath, enum model_pipeline pipeline, int64_t table)
{
    const struct model_flow_row row = {.uuid = "nat",
                                       .pipeline = pipeline,
                                       .table = table,
                                       .priority = 9,
                                       .match = "ip4.src == 10.9.0.0/24",
                                       .actions = "ct_snat(10.9.9.9);"};
    assert_true(model_add_flow(model, &datapath, 1, &row));
}

static void check_translated(bool expected)
{
    struct icgw_addr local = recording_gateway(1);
    model_finish(model);
    struct specialised *now = specialise_again(model, &local, 1, result, result->tables);
    assert_non_null(now);
    specialised_free(result);
    result = now;
    assert_int_equal(says_translated(), expected);
}

/* A flow comes and goes, behind one that ends the specialiser's run in the transit switch:
 * beside others of its stage or as the only one, there or in the router behind the port. */
static void test_translated_now_and_then(void **state)
{
    static const struct {
        const char *datapath;
        enum model_pipeline pipeline;
        int64_t table;
    } places[] = {
        {"lr", MODEL_INGRESS, 1},
        {"ts", MODEL_EGRESS, 1},
        {"lr", MODEL_INGRESS, 40},
        {"lr", MODEL_EGRESS, 63},
    };
    (void)state;
    build("out ts 0 9 ip.dscp == 46 && ip4.src != 10.9.0.1 => drop;");
    assert_false(says_translated());
    for (size_t i = 0; i < 2 * RTE_DIM(places); i++) { /* each twice */
        enum model_pipeline pipeline = places[i / 2].pipeline;
        add_translation(places[i / 2].datapath, pipeline, places[i / 2].table);
        check_translated(true);
        model_remove_flow(model, "nat");
        check_translated(false);
        /* Its stage is not looked through any more. */
        assert_true(model_datapath_by_uuid(model, places[i / 2].datapath)->tracking[pipeline] == 0);
    }
    clear();
}

/* What else is left to the control plane is the slow path's, and dropped there. */
static void test_ruled_out(void **state)
{
    (void)state;
    build("in lr 0 9 ip4.src == 10.9.0.0/24 => handle_bfd_msg();");
    assert_int_equal(result->n_reports, 0);
    clear();
}

static void test_other_actions(void **state)
{
    (void)state;
    check("in lr 0 9 ip4.dst == 10.1.0.7 => trigger_event(event = \"e\");", "10.1.0.7/32", true,
          "action trigger_event is not supported", "the action trigger_event");
    check("in lr 0 9 ip4.dst == 10.1.0.7 && novel.symbol == 3 => drop;", "10.1.0.7/32", true,
          "match names something unknown", "the symbol novel.symbol");
}

static void test_guards(void **state)
{
    (void)state;
    check("in lr 0 9 ip4.dst == 10.1.0.7 && ip.dscp == 46 && ip4.src != 10.9.0.1 => drop;",
          "10.1.0.7/32", false, "for some packets: depends on more than the destination",
          "guards that look at ip.dscp, ip4.src");
}

static int start(void **state)
{
    (void)state;
    cache = lflow_cache_create();
    return test_eal_init() < 0 ? -1 : 0;
}

static int stop(void **state)
{
    (void)state;
    lflow_cache_free(cache);
    return rte_eal_cleanup();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connection_tracking),     cmocka_unit_test(test_translated_sources),
        cmocka_unit_test(test_translated_later),        cmocka_unit_test(test_ruled_out),
        cmocka_unit_test(test_other_actions),           cmocka_unit_test(test_guards),
        cmocka_unit_test(test_translated_now_and_then),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
