/* SPDX-License-Identifier: Apache-2.0 */

/* What the specialiser makes of recorded topologies: a transit router, and the
 * default VPC of Kube-OVN. */

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "interp.h"
#include "lflow.h"
#include "recording.h"
#include "specialise.h"
#include "test_eal.h"

static struct lflow_cache *cache;
static struct model *model;
static struct specialised *result;

static int load(const char *recording)
{
    struct icgw_addr local = recording_gateway(1);
    cache = lflow_cache_create();
    model = recording_model(recording, 1, cache);
    result = specialise(model, &local, 1);
    return result == NULL;
}

static int load_transit_router(void **state)
{
    (void)state;
    return load("transit-router-26.03");
}

static int load_kube_ovn(void **state)
{
    (void)state;
    return load("kube-ovn-23.03");
}

static int unload(void **state)
{
    (void)state;
    specialised_free(result);
    model_free(model);
    lflow_cache_free(cache);
    return 0;
}

static const struct model_port *port(const char *name)
{
    const struct model_port *found = model_port_by_name(model, name);
    assert_non_null(found);
    return found;
}

/* What becomes of packets for `ip` that arrive for that port. */
static const struct icgw_dest *destination(const char *at, const char *ip)
{
    const struct model_port *p = port(at);
    const struct icgw_endpoint *ep = icgw_tables_endpoint(result->tables, p->datapath->key, p->key);
    uint8_t bytes[16];
    uint32_t v4;
    assert_non_null(ep);
    assert_int_equal(ep->kind, ICGW_ENDPOINT_L3);
    if (inet_pton(AF_INET6, ip, bytes) == 1) {
        return icgw_endpoint_find_v6(ep, bytes);
    }
    assert_int_equal(inet_pton(AF_INET, ip, bytes), 1);
    memcpy(&v4, bytes, sizeof v4);
    return icgw_endpoint_find_v4(ep, v4);
}

static void check_forward(const struct icgw_dest *d, const char *port_name, uint8_t chassis,
                          unsigned int hops)
{
    const struct model_port *p = port(port_name);
    assert_non_null(d);
    assert_int_equal(d->verdict, ICGW_VERDICT_FORWARD);
    assert_int_equal(d->vni, p->datapath->key);
    assert_int_equal(d->outport, p->key);
    assert_int_equal(d->ttl_dec, hops);
    assert_int_equal(result->tunnels[d->tunnel].remote.bytes[15], chassis);
}

/* It leaves for a port at 192.0.2.CHASSIS after so many routers. */
static void forward(const char *at, const char *ip, const char *port_name, uint8_t chassis,
                    unsigned int hops)
{
    check_forward(destination(at, ip), port_name, chassis, hops);
}

static void test_nothing_is_slow(void **state)
{
    (void)state;
    for (size_t i = 0; i < result->n_reports; i++) {
        print_message("%s at %s: %s: %s\n", specialised_report(result, i)->destination,
                      specialised_report(result, i)->port, specialised_report(result, i)->why,
                      specialised_report(result, i)->flow);
    }
    assert_int_equal(result->n_reports, 0);
}

/* --- transit router */

static void test_into_zone(void **state)
{
    (void)state;
    forward("tr-gwr1", "192.168.1.10", "ext1", 11, 1);
    forward("tr-gwr1", "fd01:1::10", "ext1", 11, 1);
}

static void test_out_of_zone(void **state)
{
    (void)state;
    forward("out1-gwr1", "192.168.2.10", "tr-gwr2", 22, 2);
    forward("out1-gwr1", "fd02:1::10", "tr-gwr2", 22, 2);
    forward("cr-shared-tr", "192.168.2.10", "tr-gwr2", 22, 1);
    forward("cr-shared-tr", "fd02:1::10", "tr-gwr2", 22, 1);
}

/* The switch is everywhere: its ports are reached where they are. */
static void test_shared_switch(void **state)
{
    (void)state;
    forward("out1-gwr1", "10.200.0.11", "pod1", 11, 2);
    forward("out1-gwr1", "10.200.0.12", "pod2", 12, 2);
    forward("out1-gwr1", "fd20::12", "pod2", 12, 2);
    forward("cr-shared-tr", "192.168.1.10", "ext1", 11, 2);
    assert_true(port("pod2")->datapath->transit);
}

static enum icgw_endpoint_kind kind_of(const char *name)
{
    const struct icgw_endpoint *ep =
        icgw_tables_endpoint(result->tables, port(name)->datapath->key, port(name)->key);
    assert_non_null(ep);
    return ep->kind;
}

/* Who sends to the shared switch asks the chassisredirect port. Only that one may send back
 * by the same tunnel, which workers do not look at. */
static void test_distributed_port(void **state)
{
    (void)state;
    assert_int_equal(kind_of("cr-tr-shared"), ICGW_ENDPOINT_L2);
    assert_int_equal(kind_of("tr-shared"), ICGW_ENDPOINT_SLOW);
}

struct seen {
    unsigned int n;
    uint8_t chassis[4];
    struct interp_send last;
    const char *learned;
};

static void on_send(struct interp *in, const struct interp_send *to)
{
    struct seen *seen = in->aux;
    assert_true(seen->n < 4);
    seen->chassis[seen->n++] = to->chassis->encaps[0].ip.bytes[15];
    seen->last = *to;
}

static void on_drop(struct interp *in, enum icgw_drop reason, const struct lflow *flow)
{
    (void)in, (void)reason, (void)flow;
}

static void on_learn(struct interp *in, const struct model_port *at, bool v6,
                     const struct icgw_addr *ip, const uint8_t mac[6])
{
    struct seen *seen = in->aux;
    (void)v6, (void)ip, (void)mac;
    seen->learned = at->name;
}

/* An ARP packet of tr's side of the link to a gateway router, or of that router. */
static void run_arp(uint8_t op, const uint8_t macs[12], const uint8_t ips[8], const char *inport,
                    uint16_t outport, struct seen *seen)
{
    static const struct interp_ops ops = {.send = on_send, .drop = on_drop, .learn = on_learn};
    struct frame *frame = calloc(1, sizeof *frame);
    struct interp in = {.model = model, .ops = &ops, .aux = seen, .frame = frame};
    const uint8_t fixed[] = {0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, op};
    memcpy(frame->data, macs + 6, 6);
    memcpy(frame->data + 6, macs, 6);
    memcpy(frame->data + 12, fixed, sizeof fixed);
    memcpy(frame->data + 22, macs, 6);
    memcpy(frame->data + 28, ips, 4);
    memcpy(frame->data + 32, macs + 6, 6);
    memcpy(frame->data + 38, ips + 4, 4);
    frame->len = 42;
    memset(seen, 0, sizeof *seen);
    interp_from_tunnel(&in, port("tr-gwr1")->datapath, port(inport)->key, outport);
    assert_null(in.why);
    free(frame);
}

/* The router of another zone asks for a neighbour behind a port of ours. */
static void test_answer_is_flooded(void **state)
{
    static const uint8_t macs[] = {0, 0, 0, 4, 1, 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    static const uint8_t ips[] = {100, 65, 1, 2, 100, 65, 1, 1};
    struct seen seen;
    (void)state;
    run_arp(1, macs, ips, "tr-shared", port("tr-gwr1")->key, &seen);
    assert_int_equal(seen.n, 2); /* every chassis of other zones */
    assert_int_equal(seen.chassis[0] + seen.chassis[1], 12 + 22);
    assert_int_equal(seen.last.vni, port("tr-gwr1")->datapath->key);
    assert_int_equal(seen.last.inport, port("tr-gwr1")->key);
    assert_int_equal(seen.last.outport, MODEL_FLOODED_ANSWER_KEY);
}

static void test_flooded_answer_is_learned(void **state)
{
    static const uint8_t macs[] = {0, 0, 0, 4, 2, 9, 0, 0, 0, 4, 2, 2};
    static const uint8_t ips[] = {100, 65, 2, 1, 100, 65, 2, 2};
    const struct model_datapath *tr = port("tr-gwr1")->datapath;
    const struct icgw_endpoint *ep =
        icgw_tables_endpoint(result->tables, tr->key, MODEL_FLOODED_ANSWER_KEY);
    struct seen seen;
    (void)state;
    assert_non_null(ep);
    assert_int_equal(ep->kind, ICGW_ENDPOINT_SLOW);
    assert_true(ep->transit);
    run_arp(2, macs, ips, "tr-gwr2", MODEL_FLOODED_ANSWER_KEY, &seen);
    assert_int_equal(seen.n, 0); /* not passed on a second time */
    assert_string_equal(seen.learned, "tr-gwr2");
    /* Only answers are flooded. */
    run_arp(1, macs, ips, "tr-gwr2", MODEL_FLOODED_ANSWER_KEY, &seen);
    assert_int_equal(seen.n, 0);
    assert_null(seen.learned);
    /* Routers of one zone have no such endpoint. */
    assert_null(icgw_tables_endpoint(result->tables, port("gwr1-tr")->datapath->key,
                                     MODEL_FLOODED_ANSWER_KEY));
}

/* --- Kube-OVN */

static const char *const transit_ports[] = {"ts-az1", "ts2-az1", "ts3-az1"};

/* The policy for local subnets goes before those that look at the source. */
static void test_local_subnet(void **state)
{
    (void)state;
    for (size_t i = 0; i < RTE_DIM(transit_ports); i++) {
        const struct icgw_dest *v4 = destination(transit_ports[i], "10.161.0.10");
        const struct icgw_dest *v6 = destination(transit_ports[i], "fd00:10:161::10");
        check_forward(v4, "kpod1", 11, 1);
        check_forward(v6, "kpod1", 11, 1);
        /* The router's own addresses and what is no source at all. */
        assert_true(v4->sources == NULL || v4->sources->n < 16);
        assert_true(v6->sources == NULL || v6->sources->n < 16);
    }
}

/* The policy for a node reroutes, whatever the source; no node is plugged in the
 * recording. */
static void test_node(void **state)
{
    (void)state;
    for (size_t i = 0; i < RTE_DIM(transit_ports); i++) {
        const struct icgw_dest *d = destination(transit_ports[i], "172.18.1.2");
        assert_int_equal(d->verdict, ICGW_VERDICT_DROP);
        assert_int_equal(d->reason, ICGW_DROP_UNBOUND_PORT);
        assert_true(d->sources == NULL || d->sources->n < 16);
    }
}

/* Policies by source rule out our pods; what is left is the default route, whose
 * next hop nobody has. */
static void test_default_route(void **state)
{
    (void)state;
    for (size_t i = 0; i < RTE_DIM(transit_ports); i++) {
        const struct icgw_dest *d = destination(transit_ports[i], "8.8.8.8");
        assert_int_equal(d->verdict, ICGW_VERDICT_SLOW);
        assert_int_equal(d->reason, ICGW_SLOW_NEIGHBOUR);
    }
}

/* What another zone sends on to a third: all ways of equal cost. */
static void test_equal_cost(void **state)
{
    (void)state;
    const struct icgw_dest *d = destination("ts-az1", "10.162.0.10");
    assert_int_equal(d->verdict, ICGW_VERDICT_SELECT);
    assert_int_equal(d->n_members, 3);
    uint32_t vnis = 0;
    for (unsigned int i = 0; i < d->n_members; i++) {
        assert_int_equal(d->members[i].verdict, ICGW_VERDICT_FORWARD);
        assert_int_equal(result->tunnels[d->members[i].tunnel].remote.bytes[15], 22);
        vnis |= 1u << (d->members[i].vni & 31);
    }
    assert_int_equal(__builtin_popcount(vnis), 3);
}

int main(void)
{
#define TR(NAME) cmocka_unit_test_setup_teardown(NAME, load_transit_router, unload)
#define KO(NAME) cmocka_unit_test_setup_teardown(NAME, load_kube_ovn, unload)
    const struct CMUnitTest tests[] = {
        TR(test_nothing_is_slow),
        TR(test_into_zone),
        TR(test_out_of_zone),
        TR(test_shared_switch),
        TR(test_distributed_port),
        TR(test_answer_is_flooded),
        TR(test_flooded_answer_is_learned),
        KO(test_nothing_is_slow),
        KO(test_local_subnet),
        KO(test_node),
        KO(test_default_route),
        KO(test_equal_cost),
    };
    return cmocka_run_group_tests(tests, test_eal_start, test_eal_stop);
}
