/* SPDX-License-Identifier: Apache-2.0 */

/* The sessions against real ovsdb-servers with the schemas of the installed
 * OVN; what northd, ovn-ic and other chassis would write, ovn-sbctl writes. */

#include "ovsdb_zone.h"

#include "ovsdb_gateway.h"
#include "still_clock.h"

#define time_msec still_time_msec
#include "session.c"
#undef time_msec

#define OUR_SCHEMAS ICGW_TEST_DATA "/../ctrl/ovsdb/"

/* Hypervisors send as soon as there is a Chassis, so tables come first. */
static void test_prepares_before_it_registers(void **state)
{
    struct zone *z = *state;
    zone_start(z);
    ctl(z, SB,
        "-- --id=@h1 create HA_Chassis priority=10 external_ids:chassis-name=gw1"
        " -- --id=@g create HA_Chassis_Group name=g ha_chassis=@h1"
        " -- set Port_Binding cr-lr1-ts1 ha_chassis_group=@g");
    gateway_start(z, "gw1", "192.0.2.21");
    UNTIL(z, z->model && model_port_by_name(z->model, "cr-lr1-ts1"));
    assert_true(model_port_by_name(z->model, "cr-lr1-ts1")->resident);
    assert_false(is_registered(z));
    UNTIL(z, is_registered(z));
    gateway_run_for(z, 200);
    assert_false(is_claimed(z)); /* nobody else sees us in the group yet */
}

static void test_registers_and_repairs(void **state)
{
    struct zone *z = *state;
    zone_start(z);
    gateway_start(z, "gw1", "192.0.2.21");
    UNTIL(z, is_registered(z));
    assert_true(row_is(z, SB, "Chassis", "name=gw1", "hostname", "host1"));
    assert_true(row_is(z, SB, "Encap", "chassis_name=gw1", "ip", "192.0.2.21"));
    assert_true(row_is(z, SB, "Encap", "chassis_name=gw1", "options", "csum=true"));
    assert_string_equal(ctl(z, SB, "get Chassis gw1 other_config:is-interconn"), "\"true\"");
    assert_string_equal(ctl(z, SB, "get Chassis gw1 other_config:ct-state-save"), "\"true\"");

    ctl(z, SB,
        "remove Chassis gw1 other_config is-interconn -- set Chassis gw1"
        " other_config:operator=note");
    UNTIL(z,
          !strcmp(ctl(z, SB, "--if-exists get Chassis gw1 other_config:is-interconn"), "\"true\""));
    assert_string_equal(ctl(z, SB, "get Chassis gw1 other_config:operator"), "note");

    ctl(z, SB, "set Encap %s options:csum=false",
        ctl(z, SB, "--bare --columns=_uuid find Encap ip=192.0.2.21"));
    UNTIL(z, row_is(z, SB, "Encap", "chassis_name=gw1", "options", "csum=true"));

    ctl(z, SB, "destroy Chassis gw1 -- destroy Chassis_Private gw1");
    UNTIL(z, is_registered(z));
    assert_true(row_is(z, SB, "Encap", "chassis_name=gw1", "ip", "192.0.2.21"));
}

static void test_keeps_off_the_encap_of_another(void **state)
{
    struct zone *z = *state;
    zone_start(z);
    gateway_start(z, "gw1", "192.0.2.31"); /* gw3's */
    gateway_run_for(z, 500);
    assert_true(row_is(z, SB, "Chassis", "name=gw1", "name", ""));
    assert_true(row_is(z, SB, "Encap", "ip=192.0.2.31", "chassis_name", "gw3"));
    ctl(z, SB, "destroy Chassis gw3");
    UNTIL(z, is_registered(z));
}

static void test_claims(void **state)
{
    struct zone *z = *state;
    gateway_in_charge(z);
    assert_true(held_by(z, "gw1"));
    UNTIL(z, row_is(z, SB, "Port_Binding", "logical_port=cr-lr1-ts1", "up", "true"));

    /* Somebody takes it: back, but not at once. */
    char *gw3 = uuid_of(z, SB, "Chassis", "name=gw3");
    ctl(z, SB, "set Port_Binding cr-lr1-ts1 chassis=%s", gw3);
    long long start = time_msec();
    UNTIL(z, held_by(z, "gw1"));
    ctl(z, SB, "set Port_Binding cr-lr1-ts1 chassis=%s", gw3);
    UNTIL(z, held_by(z, "gw1"));
    assert_true(time_msec() - start >= 1900);
    free(gw3);

    /* No member any more: cleared when nobody comes, at once without others. */
    char *group = strdup(ctl(z, SB, "get Port_Binding cr-lr1-ts1 ha_chassis_group"));
    ctl(z, SB, "clear Port_Binding cr-lr1-ts1 ha_chassis_group");
    UNTIL(z, row_is(z, SB, "Port_Binding", "logical_port=cr-lr1-ts1", "chassis", ""));
    ctl(z, SB, "set Port_Binding cr-lr1-ts1 ha_chassis_group=%s", group);
    UNTIL(z, held_by(z, "gw1"));
    free(group);
}

/* A switch's port on a transit switch names its chassis; elsewhere that means nothing. */
static void test_claims_switch_ports(void **state)
{
    struct zone *z = *state;
    zone_start(z);
    ctl(z, SB, "set Port_Binding ts1-lr1 options:requested-chassis=gw1");
    ctl(z, SB, "set Port_Binding ls1-lr1 options:requested-chassis=gw1");
    gateway_start(z, "gw1", "192.0.2.21");
    UNTIL(z, is_registered(z));
    char *us = uuid_of(z, SB, "Chassis", "name=gw1");
    UNTIL(z, row_is(z, SB, "Port_Binding", "logical_port=ts1-lr1", "chassis", us));
    assert_true(row_is(z, SB, "Port_Binding", "logical_port=ls1-lr1", "chassis", ""));
    UNTIL(z, z->model && model_port_by_name(z->model, "ts1-lr1"));
    ctl(z, SB, "set Port_Binding ts1-lr1 options:requested-chassis=gw9");
    UNTIL(z, row_is(z, SB, "Port_Binding", "logical_port=ts1-lr1", "chassis", ""));
    free(us);
}

static void test_survives_deletion_of_its_chassis(void **state)
{
    struct zone *z = *state;
    gateway_in_charge(z);
    UNTIL(z, z->model && model_datapath_by_key(z->model, 2));
    ctl(z, SB, "set Port_Binding ts1-lr1 options:requested-chassis=gw1");
    UNTIL(z, *ctl(z, SB, "--bare get Port_Binding ts1-lr1 chassis") != '[');
    ctl(z, SB, "destroy Chassis gw1");
    UNTIL(z, is_registered(z));
    gateway_run_for(z, 300);
    assert_non_null(model_datapath_by_key(z->model, 2)); /* the last good one */
    /* No row changes but that of the chassis. */
    char *us = uuid_of(z, SB, "Chassis", "name=gw1");
    UNTIL(z, row_is(z, SB, "Port_Binding", "logical_port=ts1-lr1", "chassis", us));
    free(us);
    make_group(z, 11, NULL, 0);
    UNTIL(z, held_by(z, "gw1"));
    assert_non_null(model_datapath_by_key(z->model, 2));
}

static bool serves_vm1(const struct zone *z)
{
    const struct model_port *vm1 = z->model ? model_port_by_name(z->model, "vm1") : NULL;
    return vm1 && vm1->chassis && model_datapath_by_key(z->model, 2) &&
           model_port_by_name(z->model, "cr-lr1-ts1")->resident;
}

static void test_goes_on_while_refilled(void **state)
{
    struct zone *z = *state;
    gateway_in_charge(z);
    UNTIL(z, serves_vm1(z));
    unsigned int before = z->n_models;
    ctl(z, SB,
        "-- --all destroy Chassis -- --all destroy Chassis_Private -- --all destroy Logical_Flow"
        " -- --all destroy Multicast_Group -- --all destroy Port_Binding"
        " -- --all destroy MAC_Binding -- --all destroy Static_MAC_Binding"
        " -- --all destroy Datapath_Binding -- --all destroy HA_Chassis_Group"
        " -- --all destroy Address_Set -- --all destroy Port_Group -- --all destroy FDB");
    UNTIL(z, is_registered(z));
    ctl(z, SB, "%s", zone_rows);
    make_group(z, 12, NULL, 0);
    gateway_run_for(z, 500);
    assert_int_equal(z->n_models, before); /* the hypervisor is still missing */
    assert_true(serves_vm1(z));
    bind_port(z, "vm1", "hv1");
    UNTIL(z, z->n_models > before);
    assert_true(serves_vm1(z));
    UNTIL(z, is_claimed(z));
}

static void test_acknowledges_nb_cfg(void **state)
{
    struct zone *z = *state;
    gateway_in_charge(z);
    assert_int_equal(ovsdb_model_nb_cfg(z->o), 3);
    ovsdb_set_nb_cfg(z->o, 3);
    UNTIL(z, row_is(z, SB, "Chassis_Private", "name=gw1", "nb_cfg", "3"));
    assert_false(row_is(z, SB, "Chassis_Private", "name=gw1", "nb_cfg_timestamp", "0"));

    ctl(z, SB, "set SB_Global . nb_cfg=4 options:enable_chassis_nb_cfg_update=false");
    UNTIL(z, ovsdb_model_nb_cfg(z->o) == 4);
    ovsdb_set_nb_cfg(z->o, 4);
    gateway_run_for(z, 300);
    assert_true(row_is(z, SB, "Chassis_Private", "name=gw1", "nb_cfg", "3"));
}

static void check_datapaths(const struct model *m)
{
    size_t n;
    model_datapaths(m, &n);
    assert_int_equal(n, 3); /* lr9 is none of our business */
    const struct model_datapath *lr1 = model_datapath_by_key(m, 2);
    assert_string_equal(lr1->name, "lr1");
    assert_true(lr1->router);
    assert_false(lr1->transit);
    assert_int_equal(lr1->stages[MODEL_INGRESS][1].n_flows, 1);
    assert_int_equal(lr1->stages[MODEL_EGRESS][2].n_flows, 1); /* by group */
    assert_string_equal(lr1->stages[MODEL_INGRESS][1].flows[0].lflow->stage, "lr_in_x");
    assert_string_equal(lr1->stages[MODEL_EGRESS][2].flows[0].lflow->stage, "lr_out_y");
    assert_true(model_datapath_by_key(m, 16711682)->transit);
    const struct model_datapath *ls1 = model_datapath_by_key(m, 1);
    assert_false(ls1->router);
    assert_int_equal(ls1->n_fdb, 1);
    assert_int_equal(model_group_by_key(ls1, 32768)->n_ports, 1);
}

static void check_ports(const struct model *m)
{
    const struct model_port *cr = model_port_by_name(m, "cr-lr1-ts1");
    assert_true(cr->resident);
    assert_string_equal(cr->distributed->name, "lr1-ts1");
    const struct model_port *vm1 = model_port_by_name(m, "vm1");
    assert_string_equal(vm1->chassis->name, "hv1");
    assert_true(vm1->port_security);
    assert_string_equal(model_port_by_name(m, "lr1-ls1")->peer->name, "ls1-lr1");

    struct icgw_addr ip = {{[10] = 0xff, [11] = 0xff, [12] = 10, [13] = 1, [15] = 10}};
    const struct model_port *inside = model_port_by_name(m, "lr1-ls1");
    assert_int_equal(model_mac_binding(inside, false, &ip)->mac[5], 0x99); /* static wins */
    ip.bytes[15] = 11;
    assert_int_equal(model_mac_binding(inside, false, &ip)->mac[5], 0x11); /* dynamic wins */
}

static void test_model(void **state)
{
    struct zone *z = *state;
    gateway_in_charge(z);
    UNTIL(z, z->model && model_port_by_name(z->model, "cr-lr1-ts1"));
    check_datapaths(z->model);
    check_ports(z->model);

    assert_true(model_chassis_by_name(z->model, "gw1")->self);
    const struct model_chassis *gw2 = model_chassis_by_name(z->model, "gw2");
    assert_true(gw2->remote);
    assert_false(gw2->encaps[0].csum);
    assert_int_equal(gw2->encaps[0].dst_port, 6081);
    const struct model_chassis *gw3 = model_chassis_by_name(z->model, "gw3");
    assert_false(gw3->remote);
    assert_true(gw3->encaps[0].csum);
    assert_int_equal(gw3->encaps[0].dst_port, 7081);
}

static bool moves_to(const struct zone *z, const char *chassis)
{
    const struct model_port *vm1 = z->model ? model_port_by_name(z->model, "vm1") : NULL;
    return vm1 && vm1->n_additional == 1 && !strcmp(vm1->additional[0].chassis->name, chassis);
}

static void test_follows_a_port_that_moves(void **state)
{
    struct zone *z = *state;
    gateway_in_charge(z);
    char *gw3 = uuid_of(z, SB, "Chassis", "name=gw3");
    char *encap = uuid_of(z, SB, "Encap", "ip=192.0.2.31");
    ctl(z, SB, "set Port_Binding vm1 additional_chassis=%s additional_encap=%s", gw3, encap);
    UNTIL(z, moves_to(z, "gw3"));
    const struct model_port *vm1 = model_port_by_name(z->model, "vm1");
    assert_string_equal(vm1->chassis->name, "hv1");
    assert_ptr_equal(vm1->additional[0].encap, &vm1->additional[0].chassis->encaps[0]);

    char *hv1 = uuid_of(z, SB, "Chassis", "name=hv1"); /* there and back */
    ctl(z, SB, "set Port_Binding vm1 chassis=%s additional_chassis=%s additional_encap=[]", gw3,
        hv1);
    UNTIL(z, moves_to(z, "hv1"));
    ctl(z, SB, "set Port_Binding vm1 additional_chassis=[]");
    UNTIL(z, model_port_by_name(z->model, "vm1")->n_additional == 0);
    assert_string_equal(model_port_by_name(z->model, "vm1")->chassis->name, "gw3");
    free(gw3);
    free(hv1);
    free(encap);
}

static void test_follows_datapath_groups(void **state)
{
    struct zone *z = *state;
    gateway_in_charge(z);
    /* northd replaces the group of a flow when datapaths join it. */
    char *lr1 = uuid_of(z, SB, "Datapath_Binding", "tunnel_key=2");
    char *ls1 = uuid_of(z, SB, "Datapath_Binding", "tunnel_key=1");
    char *flow = uuid_of(z, SB, "Logical_Flow", "pipeline=egress");
    unsigned int before = z->n_models;
    ctl(z, SB,
        "-- --id=@g create Logical_DP_Group datapaths=%s,%s"
        " -- set Logical_Flow %s logical_dp_group=@g",
        lr1, ls1, flow);
    long long end = time_msec() + DEADLINE_MS;
    const struct model_datapath *dp;
    do {
        gateway_step(z);
        dp = model_datapath_by_key(z->model, 2);
        assert_int_equal(dp->stages[MODEL_EGRESS][2].n_flows, 1); /* at no time without */
        dp = model_datapath_by_key(z->model, 1);
    } while (!dp->stages[MODEL_EGRESS][2].n_flows && time_msec() < end);
    assert_true(z->n_models > before);
    assert_int_equal(dp->stages[MODEL_EGRESS][2].n_flows, 1);
    free(lr1);
    free(ls1);
    free(flow);
}

static const char ic_rows[] =
    "-- --id=@az1 create Availability_Zone name=az1"
    " -- --id=@az2 create Availability_Zone name=az2"
    " -- --id=@e1 create Encap type=geneve ip=192.0.2.21 gateway_name=gw1"
    " -- create Gateway name=gw1 availability_zone=@az1 encaps=@e1"
    " -- --id=@e2 create Encap type=geneve ip=192.0.2.122 gateway_name=gw2"
    " -- create Gateway name=gw2 availability_zone=@az2 encaps=@e2"
    " -- --id=@e4 create Encap type=geneve ip=192.0.2.24 gateway_name=gw4"
    " -- create Gateway name=gw4 availability_zone=@az2 encaps=@e4"
    " -- create Port_Binding availability_zone=@az1 transit_switch=ts1 logical_port=ts1-lr1"
    "    tunnel_key=1 gateway=gw4"
    " -- create Port_Binding availability_zone=@az2 transit_switch=ts1 logical_port=ts1-lr2"
    "    tunnel_key=2 gateway=gw2";

static bool located(const struct zone *z, const char *chassis)
{
    const struct model_port *port = z->model ? model_port_by_name(z->model, "ts1-lr2") : NULL;
    return port &&
           (chassis ? port->chassis && !strcmp(port->chassis->name, chassis) : !port->chassis);
}

static void test_follows_ic_sb(void **state)
{
    struct zone *z = *state;
    gateway_in_charge(z);
    UNTIL(z, located(z, NULL)); /* SB: not bound, IC-SB: empty */
    ctl(z, ICSB, "%s", ic_rows);
    UNTIL(z, located(z, "gw2"));
    /* IC-SB's address, not the copy in the SB. */
    const struct model_chassis *gw2 = model_chassis_by_name(z->model, "gw2");
    assert_int_equal(gw2->n_encaps, 1);
    assert_int_equal(gw2->encaps[0].ip.bytes[15], 122);
    assert_null(model_port_by_name(z->model, "ts1-lr1")->chassis);

    /* To a gateway that the SB has never heard of. */
    ctl(z, ICSB, "set Port_Binding ts1-lr2 gateway=gw4");
    UNTIL(z, located(z, "gw4"));
    assert_true(model_chassis_by_name(z->model, "gw4")->remote);
    ctl(z, ICSB, "set Port_Binding ts1-lr2 'gateway=\"\"'");
    gateway_run_for(z, 1000);
    assert_true(located(z, "gw4")); /* another may be about to come */
    UNTIL(z, located(z, NULL));
}

/* How many encaps the model's chassis has; -1: there is none. */
static int n_encaps(const struct zone *z, const char *chassis)
{
    const struct model_chassis *c = z->model ? model_chassis_by_name(z->model, chassis) : NULL;
    return c ? (int)c->n_encaps : -1;
}

static bool doubles(const struct zone *z, const char *chassis)
{
    struct ovsdb_status s;
    ovsdb_status(z->o, &s);
    return s.n_doubled == 1 && strstr(s.doubled[0], chassis) && strstr(s.doubled[0], "\"gw4\"");
}

static bool has_doubled(const struct zone *z)
{
    struct ovsdb_status s;
    ovsdb_status(z->o, &s);
    return s.n_doubled > 0;
}

static void set_address(const struct zone *z, const char *gateway, const char *ip)
{
    char condition[64];
    snprintf(condition, sizeof condition, "gateway_name=%s", gateway);
    char *encap = uuid_of(z, ICSB, "Encap", condition);
    ctl(z, ICSB, "set Encap %s ip='\"%s\"'", encap, ip);
    free(encap);
}

/* An address of a chassis of this zone stays its own, whatever other zones write. */
static void test_addresses_of_ic_sb(void **state)
{
    struct zone *z = *state;
    gateway_in_charge(z);
    ctl(z, ICSB, "%s", ic_rows);
    UNTIL(z, n_encaps(z, "gw4") == 1);
    assert_false(has_doubled(z));
    set_address(z, "gw4", "192.0.2.11");
    UNTIL(z, n_encaps(z, "gw4") == 0 && doubles(z, "\"hv1\""));
    const struct model_chassis *hv1 = model_chassis_by_name(z->model, "hv1");
    assert_true(!hv1->remote && hv1->n_encaps == 1);
    assert_ptr_equal(model_chassis_by_ip(z->model, &hv1->encaps[0].ip), hv1);
    set_address(z, "gw4", "192.0.2.24");
    UNTIL(z, n_encaps(z, "gw4") == 1 && !has_doubled(z));

    /* The chassis comes later, and goes first.  IPv6 has many ways to write one. */
    set_address(z, "gw4", "2001:db8:0::55");
    ctl(z, SB,
        "-- --id=@e create Encap type=geneve ip='\"2001:DB8::55\"' chassis_name=hv5"
        " -- create Chassis name=hv5 encaps=@e");
    UNTIL(z, n_encaps(z, "gw4") == 0 && doubles(z, "\"hv5\""));
    assert_int_equal(n_encaps(z, "hv5"), 1);
    ctl(z, SB, "destroy Chassis hv5");
    UNTIL(z, n_encaps(z, "gw4") == 1 && !has_doubled(z));

    /* gw2 is in the Southbound as ovn-ic has copied it, which is no other owner. */
    set_address(z, "gw2", "192.0.2.22");
    UNTIL(z, model_chassis_by_name(z->model, "gw2")->encaps[0].ip.bytes[15] == 22);
    assert_false(has_doubled(z));
    ctl(z, ICSB, "destroy Gateway gw4");
    UNTIL(z, n_encaps(z, "gw4") == -1);
}

struct wanted_keys {
    struct ovsdb_keys keys;
    bool found;
};

static void compare_keys(void *aux, const char *port, struct ovsdb_keys keys)
{
    struct wanted_keys *w = aux;
    w->found |= !strcmp(port, "ts1-lr1") && keys.vni == w->keys.vni && keys.port == w->keys.port;
    assert_string_not_equal(port, "ts1-lr2"); /* of another zone */
}

static bool has_keys(const struct zone *z, uint32_t vni, uint16_t port)
{
    struct wanted_keys w = {.keys = {vni, port}};
    ovsdb_for_each_keys(z->o, compare_keys, &w);
    return w.found;
}

/* Other zones may have followed IC-SB before the SB has, and after it. */
static void test_keys_of_ic_sb(void **state)
{
    struct zone *z = *state;
    gateway_in_charge(z);
    ctl(z, ICSB, "%s -- create Datapath_Binding transit_switch=ts1 tunnel_key=16711690", ic_rows);
    UNTIL(z, has_keys(z, 16711690, 1));
    assert_false(has_keys(z, 16711690, 2));
    uint64_t before = ovsdb_keys_version(z->o);

    /* As if ovn-ic had to begin anew. */
    ctl(z, ICSB, "-- --all destroy Port_Binding -- --all destroy Datapath_Binding");
    gateway_run_for(z, 200);
    assert_true(has_keys(z, 16711690, 1));
    ctl(z, ICSB,
        "-- create Datapath_Binding transit_switch=ts1 tunnel_key=16711691"
        " -- create Port_Binding transit_switch=ts1 logical_port=ts1-lr1 tunnel_key=2"
        "    availability_zone=$(ovn-ic-sbctl --db=unix:%s/ic-sb.sock --bare --columns=_uuid find"
        " Availability_Zone name=az1)",
        z->dir);
    UNTIL(z, has_keys(z, 16711691, 2));
    assert_true(has_keys(z, 16711690, 1));
    assert_int_not_equal(ovsdb_keys_version(z->o), before);
    UNTIL(z, !has_keys(z, 16711690, 1));
    assert_true(has_keys(z, 16711691, 2));
}

static void test_goes_on_without_ic_sb(void **state)
{
    struct zone *z = *state;
    gateway_in_charge(z);
    ctl(z, ICSB, "%s", ic_rows);
    UNTIL(z, located(z, "gw2"));
    stop_server(z, ICSB);
    struct ovsdb_status s;
    UNTIL(z, (ovsdb_status(z->o, &s), !s.ic_connected));
    unsigned int before = z->n_models;
    ctl(z, SB, "set SB_Global . nb_cfg=7");
    UNTIL(z, z->n_models > before);
    assert_true(located(z, "gw2")); /* the last that was said */

    /* The local ovn-ic may still be connected. */
    char *gw3 = uuid_of(z, SB, "Chassis", "name=gw3");
    ctl(z, SB, "set Port_Binding ts1-lr2 chassis=%s", gw3);
    UNTIL(z, located(z, "gw3"));
    free(gw3);

    start_server(z, ICSB);
    UNTIL(z, located(z, "gw2"));
}

static void test_learns(void **state)
{
    struct zone *z = *state;
    gateway_in_charge(z);
    char *lr1 = uuid_of(z, SB, "Datapath_Binding", "tunnel_key=2");
    ovsdb_learn(z->o, lr1, "lr1-ls1", "10.1.0.50", "00:00:00:01:00:50");
    ovsdb_learn(z->o, lr1, "lr1-ls1", "10.1.0.11", "00:00:00:01:00:12"); /* changed */
    ovsdb_learn(z->o, lr1, "no-such-port", "10.1.0.51", "00:00:00:01:00:51");
    UNTIL(z, row_is(z, SB, "MAC_Binding", "ip=10.1.0.50", "mac", "00:00:00:01:00:50"));
    assert_false(row_is(z, SB, "MAC_Binding", "ip=10.1.0.50", "timestamp", "0"));
    assert_true(row_is(z, SB, "MAC_Binding", "ip=10.1.0.11", "mac", "00:00:00:01:00:12"));
    assert_true(row_is(z, SB, "MAC_Binding", "ip=10.1.0.51", "mac", ""));

    /* While the database is away: the newest, up to a bound. */
    stop_server(z, SB);
    struct ovsdb_status s;
    UNTIL(z, (ovsdb_status(z->o, &s), !s.sb_connected));
    for (int i = 0; i < 1200; i++) {
        char ip[32];
        snprintf(ip, sizeof ip, "10.2.%d.%d", i / 100, i % 100);
        ovsdb_learn(z->o, lr1, "lr1-ls1", ip, "00:00:00:02:00:00");
    }
    start_server(z, SB);
    UNTIL(z, row_is(z, SB, "MAC_Binding", "ip=10.2.11.99", "mac", "00:00:00:02:00:00"));
    assert_true(row_is(z, SB, "MAC_Binding", "ip=10.2.0.0", "mac", ""));
    free(lr1);
}

static void test_learns_fdb(void **state)
{
    struct zone *z = *state;
    gateway_in_charge(z);
    for (int i = 0; i < 3; i++) {
        ovsdb_learn_fdb(z->o, 1, 2, "00:00:00:01:00:66");
    }
    ovsdb_learn_fdb(z->o, 1, 2, "00:00:00:01:00:77"); /* moved */
    UNTIL(z, row_is(z, SB, "FDB", "mac='\"00:00:00:01:00:66\"'", "dp_key", "1"));
    UNTIL(z, row_is(z, SB, "FDB", "mac='\"00:00:00:01:00:77\"'", "port_key", "2"));
    assert_true(row_is(z, SB, "FDB", "mac='\"00:00:00:01:00:66\"'", "port_key", "2"));
}

static void test_withdraws(void **state)
{
    struct zone *z = *state;
    gateway_in_charge(z);
    ovsdb_withdraw(z->o);
    assert_false(ovsdb_withdrawn(z->o));
    UNTIL(z, ovsdb_withdrawn(z->o));
    assert_true(row_is(z, SB, "Chassis", "name=gw1", "name", ""));
    assert_true(row_is(z, SB, "Chassis_Private", "name=gw1", "name", ""));
    assert_true(row_is(z, SB, "Encap", "chassis_name=gw1", "ip", ""));
    assert_true(row_is(z, SB, "Port_Binding", "logical_port=cr-lr1-ts1", "chassis", ""));
    gateway_run_for(z, 300);
    assert_true(row_is(z, SB, "Chassis", "name=gw1", "name", ""));
}

/* Another server of a cluster may be a moment away. */
static void test_withdraws_after_a_reconnection(void **state)
{
    struct zone *z = *state;
    gateway_in_charge(z);
    stop_clock();
    stop_server(z, SB);
    struct ovsdb_status s;
    UNTIL(z, (ovsdb_status(z->o, &s), !s.sb_connected));
    ovsdb_withdraw(z->o);
    gateway_step(z);
    assert_false(ovsdb_withdrawn(z->o));
    start_server(z, SB);
    UNTIL(z, ovsdb_withdrawn(z->o));
    start_clock();
    assert_true(row_is(z, SB, "Chassis", "name=gw1", "name", ""));
}

static void test_withdraws_without_a_server(void **state)
{
    struct zone *z = *state;
    gateway_in_charge(z);
    stop_server(z, SB);
    ovsdb_withdraw(z->o);
    UNTIL(z, ovsdb_withdrawn(z->o));
    start_server(z, SB);
    assert_true(held_by(z, "gw1"));
}

static void test_restart_keeps_rows(void **state)
{
    struct zone *z = *state;
    gateway_in_charge(z);
    char *before = uuid_of(z, SB, "Chassis", "name=gw1");
    gateway_stop(z);
    assert_true(held_by(z, "gw1"));
    z->n_models = 0;
    gateway_start(z, "gw1", "192.0.2.21");
    UNTIL(z, z->model);
    assert_non_null(model_datapath_by_key(z->model, 2)); /* the first is complete */
    assert_int_equal(model_datapath_by_key(z->model, 2)->stages[MODEL_INGRESS][1].n_flows, 1);
    char *after = uuid_of(z, SB, "Chassis", "name=gw1");
    assert_string_equal(before, after);

    /* With another address the same row, and no trace of the old address. */
    gateway_stop(z);
    gateway_start(z, "gw1", "192.0.2.99");
    UNTIL(z, row_is(z, SB, "Encap", "chassis_name=gw1", "ip", "192.0.2.99"));
    assert_true(held_by(z, "gw1"));
    free(before);
    free(after);
}

static void test_waits_for_the_database(void **state)
{
    struct zone *z = *state;
    gateway_start(z, "gw1", "192.0.2.21");
    gateway_run_for(z, 300);
    assert_null(ovsdb_model(z->o));
    struct ovsdb_status s;
    ovsdb_status(z->o, &s);
    assert_false(s.sb_connected);
    ovsdb_withdraw(z->o);
    gateway_step(z);
    assert_true(ovsdb_withdrawn(z->o)); /* nothing to be done */
    gateway_stop(z);

    gateway_start(z, "gw1", "192.0.2.21");
    gateway_run_for(z, 300);
    zone_start(z);
    UNTIL(z, is_registered(z));
}

/* Our own schemas have the columns of newer releases. */
static void test_newer_schema(void **state)
{
    struct zone *z = *state;
    create_database(z, SB, OUR_SCHEMAS "sb.ovsschema");
    start_server(z, SB);
    gateway_start(z, "gw1", "192.0.2.21");
    UNTIL(z, is_registered(z));
    char *us = uuid_of(z, SB, "Chassis", "name=gw1");
    char command[2048];
    snprintf(command, sizeof command,
             "ovsdb-client transact unix:%s/sb.sock '[\"OVN_Southbound\","
             "{\"op\":\"insert\",\"table\":\"Datapath_Binding\",\"uuid-name\":\"dp\","
             "\"row\":{\"tunnel_key\":5,\"type\":\"logical-router\"}},"
             "{\"op\":\"insert\",\"table\":\"Port_Binding\",\"row\":{\"datapath\":"
             "[\"named-uuid\",\"dp\"],\"type\":\"l3gateway\",\"logical_port\":\"gr\","
             "\"tunnel_key\":1,\"options\":[\"map\",[[\"l3gateway-chassis\",\"gw1\"]]]}}]'"
             " >/dev/null",
             z->dir);
    assert_int_equal(system(command), 0);
    free(us);
    UNTIL(z, z->model && model_datapath_by_key(z->model, 5));
    assert_true(model_datapath_by_key(z->model, 5)->router);
    struct ovsdb_status s;
    UNTIL(z, (ovsdb_status(z->o, &s), s.n_claimed == 1));
    assert_string_equal(s.claimed[0], "gr");
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, zone_create, zone_destroy)

int main(void)
{
    if (!has_databases()) {
        return 77; /* meson: skipped */
    }
    vlog_set_levels(NULL, VLF_SYSLOG, VLL_OFF);
    const struct CMUnitTest tests[] = {
        TEST(test_prepares_before_it_registers),
        TEST(test_registers_and_repairs),
        TEST(test_keeps_off_the_encap_of_another),
        TEST(test_claims),
        TEST(test_claims_switch_ports),
        TEST(test_survives_deletion_of_its_chassis),
        TEST(test_goes_on_while_refilled),
        TEST(test_acknowledges_nb_cfg),
        TEST(test_model),
        TEST(test_follows_a_port_that_moves),
        TEST(test_follows_datapath_groups),
        TEST(test_follows_ic_sb),
        TEST(test_addresses_of_ic_sb),
        TEST(test_keys_of_ic_sb),
        TEST(test_goes_on_without_ic_sb),
        TEST(test_learns),
        TEST(test_learns_fdb),
        TEST(test_withdraws),
        TEST(test_withdraws_after_a_reconnection),
        TEST(test_withdraws_without_a_server),
        TEST(test_restart_keeps_rows),
        TEST(test_waits_for_the_database),
        TEST(test_newer_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
