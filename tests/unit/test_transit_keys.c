/* SPDX-License-Identifier: Apache-2.0 */

/* Which keys of IC-SB lead to a port, and what they open to other zones.  Linked with
 * --wrap: IC-SB has the keys of `said`. */

#include "test_dp_frame.h"

#include <stdlib.h>

#include "lflow.h"
#include "model.h"
#include "ovsdb.h"
#include "transit_keys.h"

#define LS 5         /* a switch of this zone alone … */
#define TS 0xff0001  /* … and two transit switches */
#define TS2 0xff0002 /* … */
#define NEW 0xff0009 /* what IC-SB has in place of TS */
#define LATER 0xff000a
#define FLOOD 0x8000u /* key of a group */

struct said {
    const char *port;
    struct ovsdb_keys keys;
};

static const struct said *said;
static size_t n_said;
static unsigned int n_fails; /* calls of icgw_tables_add_alias() from now on */

static struct lflow_cache *cache;
static struct model *model;
static struct icgw_tables *tables;
static struct icgw_endpoint *of_ts, *of_ts2, *of_ls;

void __wrap_ovsdb_for_each_keys(const struct ovsdb *, ovsdb_keys_cb *, void *aux);
bool __real_icgw_tables_add_alias(struct icgw_tables *, uint32_t, uint16_t,
                                  const struct icgw_endpoint *);
bool __wrap_icgw_tables_add_alias(struct icgw_tables *, uint32_t, uint16_t,
                                  const struct icgw_endpoint *);

void __wrap_ovsdb_for_each_keys(const struct ovsdb *o, ovsdb_keys_cb *cb, void *aux)
{
    (void)o;
    for (size_t i = 0; i < n_said; i++) {
        cb(aux, said[i].port, said[i].keys);
    }
}

bool __wrap_icgw_tables_add_alias(struct icgw_tables *t, uint32_t vni, uint16_t port,
                                  const struct icgw_endpoint *ep)
{
    if (n_fails > 0) {
        n_fails--;
        return false;
    }
    return __real_icgw_tables_add_alias(t, vni, port, ep);
}

#define SAY(...)                                                                                   \
    do {                                                                                           \
        static const struct said rows_[] = {__VA_ARGS__};                                          \
        said = rows_;                                                                              \
        n_said = RTE_DIM(rows_);                                                                   \
    } while (0)

static void add_port(const char *datapath, const char *name, int64_t key)
{
    const struct model_port_row row = {.name = name, .type = "", .key = key, .datapath = datapath};
    assert_non_null(model_add_port(model, &row));
}

static struct icgw_endpoint *add_endpoint(uint32_t vni, uint16_t port, bool transit)
{
    struct icgw_endpoint *ep = icgw_endpoint_create(ICGW_ENDPOINT_SLOW, transit, 0, 0, 0);
    assert_non_null(ep);
    ep->reason = ICGW_SLOW_NOT_IP; /* as good as any */
    ep->port_key = port;
    assert_true(icgw_tables_add_endpoint(tables, vni, port, ep));
    icgw_endpoint_unref(ep);
    return ep;
}

static int start(void **state)
{
    const struct icgw_addr us = addr4(192, 0, 2, 21), other_zone = addr4(192, 0, 2, 31);
    (void)state;
    cache = lflow_cache_create();
    model = model_create("gw1", cache);
    model_add_datapath(model, "ls", "ls", LS, false, false);
    model_add_datapath(model, "ts", "ts", TS, false, true);
    model_add_datapath(model, "ts2", "ts2", TS2, false, true);
    add_port("ls", "vm", 1);
    add_port("ts", "ts-lr", 1);
    add_port("ts", "ts-far", 2); /* has no endpoint */
    add_port("ts2", "ts2-lr", 1);
    model_finish(model);
    tables = icgw_tables_create(8, 2, 0, &us, 1);
    assert_non_null(tables);
    assert_true(icgw_tables_add_source(tables, &other_zone, ICGW_ZONE_REMOTE));
    of_ls = add_endpoint(LS, 1, false);
    of_ts = add_endpoint(TS, 1, true);
    of_ts2 = add_endpoint(TS2, 1, true);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    icgw_tables_free(tables);
    model_free(model);
    lflow_cache_free(cache);
    n_fails = 0;
    return 0;
}

/* As on a change of IC-SB; whether anything was to be added is as expected. */
static void follow(bool missing)
{
    assert_int_equal(transit_keys_missing(tables, model, NULL), missing);
    assert_true(transit_keys_add(tables, model, NULL));
    assert_false(transit_keys_missing(tables, model, NULL));
}

static void expect(uint32_t vni, uint16_t port, const struct icgw_endpoint *expected)
{
    const struct icgw_endpoint *got = icgw_tables_endpoint(tables, vni, port);
    if (got != expected) {
        fail_msg("VNI %#x, port %u: expected %p, got %p", vni, port, (const void *)expected,
                 (const void *)got);
    }
}

/* What becomes of a packet that a gateway of another zone sends to these keys. */
static void expect_from_afar(uint32_t vni, uint16_t port, enum icgw_action action,
                             unsigned int reason)
{
    const struct frame f = {.src = addr4(192, 0, 2, 31),
                            .dst = addr4(192, 0, 2, 21),
                            .dport = 6081,
                            .vni = vni,
                            .inport = 9,
                            .outport = port,
                            .in_ttl = 64,
                            .in_payload = 40};
    struct icgw_result result;
    uint8_t bytes[FRAME_MAX], what[64];
    const struct layout at = build(&f, bytes);
    struct rte_mbuf *m = to_mbuf(bytes, at.end, 0);
    icgw_forward(tables, NULL, &m, 1, &result);
    snprintf((char *)what, sizeof what, "from another zone to VNI %#x, port %#x", vni, port);
    check_outcome((const char *)what, action, reason, result.action, result.reason);
    rte_pktmbuf_free(m);
}

static void test_other_keys_lead_to_the_port(void **state)
{
    (void)state;
    expect_from_afar(NEW, 7, ICGW_ACTION_DROP, ICGW_DROP_UNKNOWN_VNI);
    SAY({"ts-lr", {NEW, 7}}, {"ts-lr", {TS, 1}});
    follow(true);
    expect(NEW, 7, of_ts);
    expect(TS, 1, of_ts);
    expect_from_afar(NEW, 7, ICGW_ACTION_SLOW, ICGW_SLOW_NOT_IP);
    expect_from_afar(NEW, 8, ICGW_ACTION_DROP, ICGW_DROP_UNKNOWN_PORT);

    /* Again: those that were added before stay until there are other tables. */
    SAY({"ts-lr", {NEW, 7}}, {"ts-lr", {LATER, 8}});
    follow(true);
    expect(NEW, 7, of_ts);
    expect(LATER, 8, of_ts);
    assert_int_equal(of_ts->refs, 3);
    n_said = 0;
    follow(false);
    expect(LATER, 8, of_ts);
}

/* Another key of the port alone, and the same key on another transit switch. */
static void test_key_of_another_transit_switch(void **state)
{
    (void)state;
    SAY({"ts-lr", {TS, 3}}, {"ts-lr", {TS2, 4}});
    follow(true);
    expect(TS, 3, of_ts);
    expect(TS2, 4, of_ts);
    expect(TS2, 1, of_ts2);
}

static void test_keys_of_a_local_switch_stay_closed(void **state)
{
    (void)state;
    expect_from_afar(LS, FLOOD, ICGW_ACTION_DROP, ICGW_DROP_ZONE_VIOLATION);
    SAY({"ts-lr", {LS, 7}}, {"ts-lr", {LS, 1}});
    follow(false);
    expect(LS, 1, of_ls);
    expect(LS, 7, NULL);
    expect_from_afar(LS, 7, ICGW_ACTION_DROP, ICGW_DROP_ZONE_VIOLATION);
    expect_from_afar(LS, 1, ICGW_ACTION_DROP, ICGW_DROP_ZONE_VIOLATION);
    expect_from_afar(LS, FLOOD, ICGW_ACTION_DROP, ICGW_DROP_ZONE_VIOLATION);
}

static void test_ports_of_this_zone_alone(void **state)
{
    (void)state;
    SAY({"vm", {NEW, 7}}, {"ts-far", {NEW, 8}}, {"unheard-of", {NEW, 9}});
    follow(false);
    expect(NEW, 7, NULL);
    expect(NEW, 8, NULL);
    expect(NEW, 9, NULL);
    expect_from_afar(NEW, 7, ICGW_ACTION_DROP, ICGW_DROP_UNKNOWN_VNI);
}

/* A key that leads somewhere stays, whoever else claims it. */
static void test_keys_that_collide(void **state)
{
    (void)state;
    SAY({"ts-lr", {TS2, 1}}, {"ts2-lr", {TS, 1}});
    follow(false);
    expect(TS, 1, of_ts);
    expect(TS2, 1, of_ts2);
    SAY({"ts2-lr", {NEW, 7}}, {"ts-lr", {NEW, 7}});
    follow(true);
    expect(NEW, 7, of_ts2);
    assert_int_equal(of_ts->refs, 1);
    assert_int_equal(of_ts2->refs, 2);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    SAY({"ts-lr", {NEW, 7}}, {"ts-lr", {NEW, 8}});
    n_fails = 1;
    assert_false(transit_keys_add(tables, model, NULL));
    expect(NEW, 7, NULL);
    assert_true(transit_keys_add(tables, model, NULL));
    expect(NEW, 7, of_ts);
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_other_keys_lead_to_the_port),
        TEST(test_key_of_another_transit_switch),
        TEST(test_keys_of_a_local_switch_stay_closed),
        TEST(test_ports_of_this_zone_alone),
        TEST(test_keys_that_collide),
        TEST(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, start_eal, stop_eal);
}
