/* SPDX-License-Identifier: Apache-2.0 */
#include "same.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "icgw_tables.h"
#include "lflow.h"
#include "map.h"
#include "model.h"
#include "specialise.h"

static const char *port_name(const struct model_port *port)
{
    return port ? port->name : "none";
}

static void same_port(const struct model_port *a, const struct model_port *b)
{
    assert_string_equal(a->name, b->name);
    assert_string_equal(a->type_name, b->type_name);
    assert_int_equal(a->key, b->key);
    assert_string_equal(a->chassis ? a->chassis->name : "", b->chassis ? b->chassis->name : "");
    assert_int_equal(a->resident, b->resident);
    assert_string_equal(a->datapath->uuid, b->datapath->uuid);
    assert_string_equal(port_name(a->peer), port_name(b->peer));
    assert_string_equal(port_name(a->distributed), port_name(b->distributed));
    assert_string_equal(port_name(a->redirect), port_name(b->redirect));
}

static void same_stage(const struct model_stage *a, const struct model_stage *b)
{
    assert_int_equal(a->n_flows, b->n_flows);
    assert_int_equal(a->index != NULL, b->index != NULL);
    for (size_t i = 0; i < a->n_flows; i++) {
        assert_int_equal(a->flows[i].priority, b->flows[i].priority);
        assert_string_equal(a->flows[i].lflow->uuid, b->flows[i].lflow->uuid);
        assert_string_equal(a->flows[i].lflow->stage, b->flows[i].lflow->stage);
        assert_ptr_equal(a->flows[i].lflow->code, b->flows[i].lflow->code);
    }
}

static void same_groups(const struct model_datapath *a, const struct model_datapath *b)
{
    assert_int_equal(a->n_groups, b->n_groups);
    for (size_t i = 0; i < a->n_groups; i++) {
        assert_string_equal(a->groups[i].name, b->groups[i].name);
        assert_int_equal(a->groups[i].key, b->groups[i].key);
        assert_int_equal(a->groups[i].n_ports, b->groups[i].n_ports);
    }
}

static void same_datapath(const struct model_datapath *a, const struct model_datapath *b)
{
    assert_string_equal(a->uuid, b->uuid);
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->key, b->key);
    assert_int_equal(a->router, b->router);
    assert_int_equal(a->transit, b->transit);
    assert_int_equal(a->n_ports, b->n_ports);
    for (size_t i = 0; i < a->n_ports; i++) {
        same_port(a->ports[i], b->ports[i]);
    }
    same_groups(a, b);
    assert_int_equal(a->n_mac_bindings, b->n_mac_bindings);
    for (size_t i = 0; i < a->n_mac_bindings; i++) {
        assert_string_equal(a->mac_bindings[i].port->name, b->mac_bindings[i].port->name);
        assert_memory_equal(&a->mac_bindings[i].ip, &b->mac_bindings[i].ip, 16);
        assert_memory_equal(a->mac_bindings[i].mac, b->mac_bindings[i].mac, 6);
    }
    assert_int_equal(a->n_fdb, b->n_fdb);
    for (int stage = 0; stage < 2 * MODEL_MAX_TABLES; stage++) {
        same_stage(&a->stages[stage % 2][stage / 2], &b->stages[stage % 2][stage / 2]);
    }
    assert_int_equal(a->fingerprint, b->fingerprint);
}

void assert_same_model(const struct model *a, const struct model *b)
{
    size_t n_a, n_b;
    struct model_chassis *const *chassis_a = model_chassis_list(a, &n_a);
    struct model_chassis *const *chassis_b = model_chassis_list(b, &n_b);
    assert_int_equal(n_a, n_b);
    for (size_t i = 0; i < n_a; i++) {
        assert_string_equal(chassis_a[i]->name, chassis_b[i]->name);
    }
    assert_int_equal(model_fingerprint(a), model_fingerprint(b));
    struct model_datapath *const *datapaths_a = model_datapaths(a, &n_a);
    struct model_datapath *const *datapaths_b = model_datapaths(b, &n_b);
    assert_int_equal(n_a, n_b);
    for (size_t i = 0; i < n_a; i++) {
        same_datapath(datapaths_a[i], datapaths_b[i]);
    }
    assert_int_equal(model_n_flows(a), model_n_flows(b));
}

static void same_sources(const struct icgw_source_guard *a, const struct icgw_source_guard *b)
{
    assert_int_equal(a != NULL, b != NULL);
    if (a != NULL) {
        assert_int_equal(a->n, b->n);
        assert_memory_equal(a->prefix, b->prefix, a->n * sizeof a->prefix[0]);
    }
}

/* What assert_same_specialised() compares: numbers of tunnels may differ. */
static const struct specialised *tunnels_of[2];

static void same_tunnel(const struct specialised_tunnel *a, const struct specialised_tunnel *b)
{
    assert_memory_equal(&a->local, &b->local, sizeof a->local);
    assert_memory_equal(&a->remote, &b->remote, sizeof a->remote);
    assert_int_equal(a->dst_port, b->dst_port);
    assert_int_equal(a->csum, b->csum);
}

static void same_tunnel_number(uint16_t a, uint16_t b)
{
    if (a == ICGW_NO_TUNNEL || b == ICGW_NO_TUNNEL) {
        assert_int_equal(a, b);
        return;
    }
    assert_true(a < tunnels_of[0]->n_tunnels && b < tunnels_of[1]->n_tunnels);
    same_tunnel(&tunnels_of[0]->tunnels[a], &tunnels_of[1]->tunnels[b]);
}

static void same_rules(const struct icgw_classifier *a, const struct icgw_classifier *b)
{
    assert_int_equal(icgw_classifier_rules(a), icgw_classifier_rules(b));
    for (uint32_t i = 0; i < icgw_classifier_rules(a); i++) {
        struct icgw_rule x, y;
        icgw_classifier_rule(a, i, &x);
        icgw_classifier_rule(b, i, &y);
        assert_memory_equal(&x, &y, sizeof x);
    }
}

static void same_dest(const struct icgw_dest *a, const struct icgw_dest *b)
{
    struct icgw_dest x = *a, y = *b;
    assert_int_equal(a->verdict, b->verdict);
    if (a->verdict == ICGW_VERDICT_CLASSIFY) {
        same_rules(a->classifier, b->classifier);
    } else {
        same_sources(a->sources, b->sources);
    }
    x.sources = y.sources = NULL;
    x.members = y.members = NULL;
    if (x.verdict == ICGW_VERDICT_FORWARD && y.verdict == ICGW_VERDICT_FORWARD) {
        same_tunnel_number(x.tunnel, y.tunnel);
        x.tunnel = y.tunnel = 0;
    }
    assert_memory_equal(&x, &y, sizeof x);
    for (unsigned int i = 0; i < a->n_members; i++) {
        same_dest(&a->members[i], &b->members[i]);
    }
}

/* Every value of the one map is that of the same key in the other. */
static void same_map(const struct icgw_map *a, const struct icgw_map *b,
                     void (*same)(uint64_t, uint64_t))
{
    assert_int_equal(icgw_map_count(a), icgw_map_count(b));
    for (uint32_t i = 0; a != NULL && i <= a->mask; i++) {
        const uint64_t *slot = &a->slots[(size_t)i * (a->key_words + 1)];
        if (slot[a->key_words] != 0) {
            uint64_t other = icgw_map_get(b, slot, a->key_words);
            assert_true(other != 0);
            same(slot[a->key_words], other);
        }
    }
}

static void same_value(uint64_t a, uint64_t b)
{
    assert_int_equal(a, b);
}

static void same_dest_value(uint64_t a, uint64_t b)
{
    same_dest((const struct icgw_dest *)(uintptr_t)a, (const struct icgw_dest *)(uintptr_t)b);
}

static void same_endpoint(uint64_t x, uint64_t y)
{
    const struct icgw_endpoint *a = (const struct icgw_endpoint *)(uintptr_t)x;
    const struct icgw_endpoint *b = (const struct icgw_endpoint *)(uintptr_t)y;
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->reason, b->reason);
    assert_int_equal(a->transit, b->transit);
    assert_memory_equal(a->router_mac, b->router_mac, 6);
    assert_int_equal(a->port_key, b->port_key);
    same_map(a->l2, b->l2, same_dest_value);
    same_map(a->v4, b->v4, same_dest_value);
    same_map(a->v6, b->v6, same_dest_value);
}

void assert_same_specialised(const struct specialised *x, const struct specialised *y)
{
    const struct icgw_tables *a = x->tables, *b = y->tables;
    tunnels_of[0] = x;
    tunnels_of[1] = y;
    same_map(a->endpoints, b->endpoints, same_endpoint);
    same_map(a->vnis, b->vnis, same_value);
    same_map(a->sources, b->sources, same_value);
    assert_int_equal(a->n_tunnels, b->n_tunnels);
    assert_int_equal(a->n_dests, b->n_dests);
}

void assert_same_reports(const struct specialised *a, const struct specialised *b)
{
    assert_int_equal(a->n_reports, b->n_reports);
    assert_int_equal(a->n_unsupported, b->n_unsupported);
    for (size_t i = 0; i < a->n_reports; i++) {
        const struct specialised_report *x = specialised_report(a, i);
        const struct specialised_report *y = specialised_report(b, i);
        assert_string_equal(x->port, y->port);
        assert_string_equal(x->destination, y->destination);
        assert_string_equal(x->why, y->why);
        assert_string_equal(x->flow, y->flow);
    }
}
