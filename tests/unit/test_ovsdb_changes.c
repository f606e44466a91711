/* SPDX-License-Identifier: Apache-2.0 */

/* A gateway that has followed many changes of its databases has the same model as
 * one that has just started.  Random rows by ovn-sbctl, several in a transaction.
 * ICGW_TEST_SEED=N: others. */

#include "ovsdb_zone.h"

#include "same.h"
#include "specialise.h"
#include "test_eal.h"

#define SCHEMAS "/usr/share/ovn/"
#define N_ROUTERS 3
#define N_STEPS 60
#define N_VMS 3

/* ovn-sbctl's arguments under way. */
static char batch[16384];
static unsigned int nb_cfg;

static unsigned int any(unsigned int n)
{
    return (unsigned int)rand() % n;
}

__attribute__((format(printf, 1, 2))) static void add(const char *format, ...)
{
    size_t used = strlen(batch);
    va_list args;
    va_start(args, format);
    vsnprintf(batch + used, sizeof batch - used, format, args);
    va_end(args);
    assert_true(strlen(batch) < sizeof batch - 1);
}

static void commit(const struct zone *z)
{
    add(" -- set SB_Global . nb_cfg=%u", ++nb_cfg);
    ctl(z, SB, "%s", batch);
    batch[0] = '\0';
}

static const char *find(const struct zone *z, const char *table, const char *column,
                        const char *value)
{
    static char uuids[4][40];
    static unsigned int next;
    char *uuid = uuids[next++ % 4];
    snprintf(uuid, sizeof uuids[0], "%s",
             ctl(z, SB, "--bare --columns=_uuid find %s %s=%s", table, column, value));
    return uuid;
}

/* Router i and its switch, between the transit switch and VMs. */
static void add_router(unsigned int i)
{
    add(" -- --id=@lr%u create Datapath_Binding tunnel_key=%u external_ids:name=lr%u"
        " external_ids:logical-router=00000000-0000-0000-0000-0000000001%02u",
        i, 10 + i, i, i);
    add(" -- --id=@ls%u create Datapath_Binding tunnel_key=%u external_ids:name=ls%u"
        " external_ids:logical-switch=00000000-0000-0000-0000-0000000002%02u",
        i, 20 + i, i, i);
    add(" -- create Port_Binding datapath=@lr%u tunnel_key=1 logical_port=lr%u-ts type=patch"
        " options:peer=ts-lr%u options:chassis-redirect-port=cr-lr%u"
        " 'mac=\"aa:00:00:00:00:0%u 169.254.0.%u/24\"'",
        i, i, i, i, i + 1, i + 1);
    add(" -- create Port_Binding datapath=@lr%u tunnel_key=2 logical_port=cr-lr%u"
        " type=chassisredirect options:distributed-port=lr%u-ts options:always-redirect=true"
        " ha_chassis_group=@g",
        i, i, i);
    add(" -- create Port_Binding datapath=@lr%u tunnel_key=3 logical_port=lr%u-ls type=patch"
        " options:peer=ls%u-lr 'mac=\"00:00:00:00:0%u:01 10.%u.0.1/24\"'",
        i, i, i, i, i);
    add(" -- create Port_Binding datapath=@ls%u tunnel_key=1 logical_port=ls%u-lr type=patch"
        " options:peer=lr%u-ls mac=router",
        i, i, i);
    add(" -- create Port_Binding datapath=@ts tunnel_key=%u logical_port=ts-lr%u type=patch"
        " options:peer=lr%u-ts mac=router",
        i + 1, i, i);
    add(" -- create Logical_Flow logical_datapath=@lr%u pipeline=ingress table_id=2 priority=74"
        " match='\"ip4.dst == 10.%u.0.0/24\"' actions='\"ip.ttl--; reg0 = ip4.dst; outport ="
        " \\\"lr%u-ls\\\"; eth.src = 00:00:00:00:0%u:01; next;\"'",
        i, i, i, i);
}

static void start_zone(struct zone *z)
{
    create_database(z, SB, SCHEMAS "ovn-sb.ovsschema");
    create_database(z, ICSB, SCHEMAS "ovn-ic-sb.ovsschema");
    start_server(z, SB);
    start_server(z, ICSB);
    ctl(z, SB, "init");
    gateway_start(z, "gw1", "192.0.2.21");
    UNTIL(z, ctl(z, SB, "--bare --columns=chassis find Chassis_Private name=gw1")[0] != '\0');

    const char *us = find(z, "Chassis", "name", "gw1");
    add("-- --id=@h create HA_Chassis chassis=%s priority=7", us);
    add(" -- --id=@g create HA_Chassis_Group name=g ha_chassis=@h");
    for (unsigned int i = 0; i < 3; i++) {
        add(" -- --id=@e%u create Encap type=geneve ip=192.0.2.%u chassis_name=hv%u", i, 11 + i, i);
        add(" -- create Chassis name=hv%u encaps=@e%u other_config:is-remote=%s", i, i,
            i == 2 ? "true" : "false");
    }
    /* Always there: a zone that has lost all of something is not believed for a while. */
    add(" -- --id=@base create Encap type=geneve ip=192.0.2.19 chassis_name=base"
        " -- --id=@cbase create Chassis name=base encaps=@base"
        " -- create Port_Binding datapath=@ls0 tunnel_key=99 logical_port=vm-base chassis=@cbase");
    add(" -- --id=@ts create Datapath_Binding tunnel_key=16711681 external_ids:name=ts"
        " external_ids:interconn-ts=ts"
        " external_ids:logical-switch=00000000-0000-0000-0000-000000000300"
        " -- create Port_Binding datapath=@ts tunnel_key=9 logical_port=ts-far type=remote"
        " 'mac=\"aa:00:00:00:00:09 169.254.0.9/24\"'");
    for (unsigned int i = 0; i < N_ROUTERS; i++) {
        add_router(i);
    }
    add(" -- --id=@routers create Logical_DP_Group datapaths=@lr0,@lr1,@lr2");
    for (unsigned int table = 0; table < 5; table++) {
        static const char *const actions[] = {"next;", "next;", "drop;",
                                              "get_arp(outport, reg0); next;", "output;"};
        add(" -- create Logical_Flow logical_dp_group=@routers pipeline=ingress table_id=%u"
            " priority=0 match=1 actions='\"%s\"'",
            table, actions[table]);
    }
    commit(z);
}

/* One random change.  False: there is nothing to change that way. */
static bool change_vm(const struct zone *z)
{
    unsigned int r = any(N_ROUTERS), v = any(N_VMS);
    char name[20];
    snprintf(name, sizeof name, "vm%u-%u", r, v);
    const char *vm = find(z, "Port_Binding", "logical_port", name);
    char key[8];
    snprintf(key, sizeof key, "%u", 20 + r);
    if (!*vm) {
        const char *ls = find(z, "Datapath_Binding", "tunnel_key", key);
        if (*ls) {
            add(" -- create Port_Binding datapath=%s tunnel_key=%u logical_port=%s"
                " 'mac=\"00:00:00:00:0%u:1%u 10.%u.0.1%u\"'",
                ls, 10 + v, name, r, v, r, v);
        }
        return *ls != '\0';
    }
    switch (any(4)) {
    case 0:
        add(" -- destroy Port_Binding %s", vm);
        break;
    case 1:
        add(" -- clear Port_Binding %s chassis", vm);
        break;
    case 2:
        add(" -- set Port_Binding %s tunnel_key=%u", vm, 10 + v + 10 * any(5));
        break;
    default:
        snprintf(key, sizeof key, "hv%u", any(2));
        const char *hv = find(z, "Chassis", "name", key);
        if (!*hv) {
            return false;
        }
        add(" -- set Port_Binding %s chassis=%s", vm, hv);
    }
    return true;
}

/* As northd does when a flow of several datapaths becomes one of a single one, and back. */
static void move_flow(const struct zone *z, const char *flow, const char *dp)
{
    bool grouped = *ctl(z, SB, "--bare get Logical_Flow %s logical_dp_group", flow) != '[';
    if (grouped) {
        add(" -- clear Logical_Flow %s logical_dp_group"
            " -- set Logical_Flow %s logical_datapath=%s",
            flow, flow, dp);
    } else {
        add(" -- clear Logical_Flow %s logical_datapath"
            " -- set Logical_Flow %s logical_dp_group=%s",
            flow, flow, ctl(z, SB, "--bare --columns=_uuid list Logical_DP_Group"));
    }
}

static bool change_flow(const struct zone *z)
{
    unsigned int r = any(N_ROUTERS), v = any(N_VMS);
    char name[40], key[8];
    bool on_switch = any(2);
    snprintf(name, sizeof name, "external_ids:n%u_%u_%u", r, v, on_switch);
    const char *flow = find(z, "Logical_Flow", name, "1");
    snprintf(key, sizeof key, "%u", (on_switch ? 20 : 10) + r);
    const char *dp = find(z, "Datapath_Binding", "tunnel_key", key);
    if (*flow) {
        switch (*dp ? any(3) : any(2)) {
        case 0:
            add(" -- destroy Logical_Flow %s", flow);
            break;
        case 1:
            add(" -- set Logical_Flow %s priority=%u", flow, 100 + any(5));
            break;
        default:
            move_flow(z, flow, dp);
        }
        return true;
    }
    if (!*dp) {
        return false;
    }
    if (on_switch) {
        add(" -- create Logical_Flow logical_datapath=%s pipeline=ingress table_id=0 priority=50"
            " match='\"eth.dst == 00:00:00:00:0%u:1%u\"' actions='\"outport ="
            " \\\"vm%u-%u\\\"; output;\"' %s=1",
            dp, r, v, r, v, name);
    } else {
        add(" -- create Logical_Flow logical_datapath=%s pipeline=ingress table_id=3 priority=100"
            " match='\"outport == \\\"lr%u-ls\\\" && reg0 == 10.%u.0.1%u\"'"
            " actions='\"eth.dst = 00:00:00:00:0%u:1%u; next;\"' %s=1",
            dp, r, r, v, r, v, name);
    }
    return true;
}

/* MAC_Binding, Static_MAC_Binding, FDB, Multicast_Group. */
static bool change_neighbour(const struct zone *z)
{
    static const char *const tables[] = {"MAC_Binding", "Static_MAC_Binding"};
    unsigned int r = any(N_ROUTERS), v = any(N_VMS);
    const char *table = tables[any(2)];
    char ip[20], key[8];
    snprintf(ip, sizeof ip, "10.%u.0.1%u", r, v);
    snprintf(key, sizeof key, "%u", 10 + r);
    const char *row = find(z, table, "ip", ip);
    const char *dp = find(z, "Datapath_Binding", "tunnel_key", key);
    if (*row) {
        if (any(2)) {
            add(" -- destroy %s %s", table, row);
        } else {
            add(" -- set %s %s 'mac=\"00:00:00:00:0%u:2%u\"'", table, row, r, any(9));
        }
    } else if (*dp) {
        add(" -- create %s datapath=%s logical_port=lr%u-ls ip=%s 'mac=\"00:00:00:00:0%u:1%u\"'%s",
            table, dp, r, ip, r, v,
            table == tables[1] ? (any(2) ? " override_dynamic_mac=true" : "") : "");
    }
    return *row || *dp;
}

static bool change_fdb(const struct zone *z)
{
    unsigned int r = any(N_ROUTERS);
    char key[8];
    snprintf(key, sizeof key, "%u", 20 + r);
    const char *row = find(z, "FDB", "dp_key", key);
    if (*row) {
        add(" -- destroy FDB %s", row);
    } else {
        add(" -- create FDB dp_key=%s 'mac=\"00:00:00:00:09:01\"' port_key=%u", key, 10 + any(3));
    }
    return true;
}

static bool change_set(const struct zone *z)
{
    const char *set = find(z, "Address_Set", "name", "as1");
    if (!*set) {
        add(" -- create Address_Set name=as1 addresses=10.9.0.%u", any(4));
    } else if (any(3) == 0) {
        add(" -- destroy Address_Set %s", set);
    } else {
        add(" -- set Address_Set %s addresses=10.9.0.%u", set, any(4));
    }
    return true;
}

static bool change_chassis(const struct zone *z)
{
    char name[8];
    snprintf(name, sizeof name, "hv%u", any(3));
    const char *hv = find(z, "Chassis", "name", name);
    if (!*hv) {
        add(" -- --id=@new create Encap type=geneve ip=192.0.2.%u chassis_name=%s"
            " -- create Chassis name=%s encaps=@new",
            11u + (unsigned int)(name[2] - '0'), name, name);
    } else if (any(2)) {
        add(" -- destroy Chassis %s", hv);
    } else {
        add(" -- set Chassis %s other_config:something=%u", hv, any(100));
    }
    return true;
}

/* Datapaths that come to matter, and no longer do, while they stay in the database. */
static bool change_topology(const struct zone *z)
{
    unsigned int r = 1 + any(N_ROUTERS - 1); /* the first one stays */
    char name[20];
    snprintf(name, sizeof name, any(2) ? "cr-lr%u" : "lr%u-ls", r);
    const char *port = find(z, "Port_Binding", "logical_port", name);
    const char *group = find(z, "HA_Chassis_Group", "name", "g");
    if (!*port) {
        return false;
    }
    if (name[0] == 'l') {
        add(" -- set Port_Binding %s options:peer=%s%u%s", port, any(3) ? "ls" : "odd", r, "-lr");
    } else if (any(2)) {
        add(" -- clear Port_Binding %s ha_chassis_group", port);
    } else {
        add(" -- set Port_Binding %s ha_chassis_group=%s", port, group);
    }
    return true;
}

static bool change_group(const struct zone *z)
{
    unsigned int r = any(N_ROUTERS);
    char key[8], list[160] = "";
    for (unsigned int i = 0; i < N_ROUTERS; i++) {
        snprintf(key, sizeof key, "%u", 10 + i);
        const char *lr = find(z, "Datapath_Binding", "tunnel_key", key);
        if (i != r && *lr) {
            snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", *list ? "," : "", lr);
        }
    }
    char group[40];
    snprintf(group, sizeof group, "%.39s",
             ctl(z, SB,
                 "--bare --columns=_uuid list"
                 " Logical_DP_Group"));
    if (*group && *list) {
        add(" -- set Logical_DP_Group %s datapaths=%s", group, list);
    }
    return *group && *list;
}

/* Different kinds, so that they do not contradict each other, may be changed in one
 * transaction. */
static void change(const struct zone *z)
{
    static bool (*const kinds[])(const struct zone *) = {
        change_vm,  change_vm,  change_vm,      change_flow,     change_flow,  change_neighbour,
        change_fdb, change_set, change_chassis, change_topology, change_group,
    };
    static bool (*in_batch[sizeof kinds / sizeof *kinds])(const struct zone *);
    static size_t n;
    bool (*kind)(const struct zone *);
    do {
        kind = kinds[any(sizeof kinds / sizeof *kinds)];
        bool again = false;
        for (size_t i = 0; i < n; i++) {
            again |= kind == in_batch[i];
        }
        if (batch[0] && (again || any(2))) {
            commit(z);
        }
        n = batch[0] ? n : 0;
    } while (!kind(z));
    in_batch[n++] = kind;
}

static bool is_behind(const struct zone *z)
{
    return z->model == NULL || ovsdb_model_nb_cfg(z->o) != (int64_t)nb_cfg;
}

/* A gateway of the same name, started now, is the yardstick. */
static void check(struct zone *z, struct specialised **before)
{
    static const struct icgw_addr local = {{[10] = 0xff, 0xff, 192, 0, 2, 21}};
    struct zone fresh = *z;
    fresh.model = NULL;
    gateway_start(&fresh, "gw1", "192.0.2.21");
    UNTIL(&fresh, !is_behind(&fresh));
    UNTIL(z, !is_behind(z));
    gateway_run_for(z, 60); /* ports that are released, or claimed */
    gateway_run_for(&fresh, 60);
    gateway_run_for(z, 60);
    struct specialised *now =
        specialise_again(z->model, &local, 1, *before, *before ? (*before)->tables : NULL);
    struct specialised *expected = specialise(fresh.model, &local, 1);
    assert_same_model(z->model, fresh.model);
    assert_same_specialised(now, expected);
    specialised_free(expected);
    specialised_free(*before);
    *before = now;
    gateway_stop(&fresh);
}

/* What changes before the gateway is connected again, it learns by what is there. */
static void restart_server(struct zone *z)
{
    stop_server(z, SB);
    gateway_step(z);
    start_server(z, SB);
}

static void test_random_changes(void **state)
{
    struct zone *z = *state;
    struct specialised *before = NULL;
    size_t n_reused = 0;
    const char *seed = getenv("ICGW_TEST_SEED");
    srand(seed ? (unsigned int)atoi(seed) : 4);
    start_zone(z);
    for (unsigned int step = 0; step < N_STEPS; step++) {
        if (any(15) == 0) {
            restart_server(z);
        }
        for (unsigned int n = 1 + any(4); n > 0; n--) {
            change(z);
        }
        commit(z);
        if (step % 4 == 3) {
            check(z, &before);
            n_reused += before->n_reused;
        } else {
            UNTIL(z, !is_behind(z));
        }
    }
    assert_true(n_reused > 0);
    specialised_free(before);
}

#define N_BACKLOG 80 /* messages: more than the library takes at a time */

/* Flows of their own, and how many there are in all then. */
static size_t add_flows(struct zone *z, unsigned int n)
{
    char router[40];
    snprintf(router, sizeof router, "%s", find(z, "Datapath_Binding", "tunnel_key", "10"));
    for (unsigned int i = 0; i < n; i++) {
        add(" -- create Logical_Flow logical_datapath=%s pipeline=ingress table_id=3"
            " priority=%u match='\"ip4\"' actions='\"next;\"' external_ids:more=1",
            router, 200 + i);
        if (i % 20 == 19) {
            commit(z);
        }
    }
    commit(z);
    UNTIL(z, !is_behind(z));
    return model_n_flows(z->model);
}

/* Many small changes while the gateway is busy. */
static void test_backlog(void **state)
{
    struct zone *z = *state;
    start_zone(z);
    size_t n = add_flows(z, N_BACKLOG);
    char *rows = strdup(ctl(z, SB, "--bare --columns=_uuid find Logical_Flow external_ids:more=1"));
    for (char *row = strtok(rows, "\n"); row; row = strtok(NULL, "\n")) {
        ctl(z, SB, "destroy Logical_Flow %s", row);
    }
    free(rows);
    commit(z);
    UNTIL(z, !is_behind(z));
    assert_int_equal(model_n_flows(z->model), n - N_BACKLOG);
}

/* A change that is the last that a connection brings. */
static void test_last_words(void **state)
{
    struct zone *z = *state;
    start_zone(z);
    size_t n = add_flows(z, 1);
    add(" -- destroy Logical_Flow %s", find(z, "Logical_Flow", "external_ids:more", "1"));
    commit(z);
    find(z, "Chassis", "name", "hv0"); /* once this is answered the update has been sent, too */
    stop_server(z, SB);
    UNTIL(z, !is_behind(z));
    assert_int_equal(model_n_flows(z->model), n - 1);
}

/* What goes while there is no connection: no row of it is tracked. */
static void test_gone_meanwhile(void **state)
{
    struct zone *z = *state;
    struct specialised *before = NULL;
    start_zone(z);
    add(" -- create Address_Set name=as1 addresses=10.9.0.1 -- create Port_Group name=pg1");
    commit(z);
    check(z, &before);
    restart_server(z);
    add(" -- destroy Address_Set as1 -- destroy Port_Group pg1");
    commit(z);
    check(z, &before);
    assert_null(model_address_set(z->model, "as1"));
    specialised_free(before);
}

/* Commits, and compares; something is not as it was before. */
static void expect_concerned(struct zone *z, struct specialised **before)
{
    commit(z);
    check(z, before);
    assert_in_range((*before)->n_reused, 0, (*before)->n_endpoints - 1);
}

/* A flow comes and goes with a set that no packet is compared with, and with elements that are
 * too wide. */
static void test_set_of_a_flow(void **state)
{
    struct zone *z = *state;
    struct specialised *before = NULL;
    start_zone(z);
    add(" -- create Logical_Flow logical_datapath=%s pipeline=egress table_id=0 priority=0"
        " match=1 actions='\"output;\"'",
        find(z, "Datapath_Binding", "tunnel_key", "16711681"));
    add(" -- create Logical_Flow logical_datapath=%s pipeline=ingress table_id=1 priority=80"
        " match='\"ip4.dst == 10.0.0.0/24 && (ip || ip4.src == {$as1, $as2})\"' actions='\"drop;\"'"
        " -- create Address_Set name=as1 addresses=10.9.0.1",
        find(z, "Datapath_Binding", "tunnel_key", "10"));
    commit(z);
    check(z, &before);
    add(" -- create Address_Set name=as2 addresses=10.9.0.2");
    expect_concerned(z, &before);
    add(" -- add Address_Set as2 addresses '\"fd00::5\"'");
    expect_concerned(z, &before);
    add(" -- remove Address_Set as2 addresses '\"fd00::5\"'");
    expect_concerned(z, &before);
    add(" -- destroy Address_Set as2");
    expect_concerned(z, &before);
    specialised_free(before);
}

static void bind_port(const struct zone *z, const char *port, const char *chassis)
{
    const char *row = find(z, "Port_Binding", "logical_port", port);
    add(" -- set Port_Binding %s chassis=%s", row, find(z, "Chassis", "name", chassis));
}

/* Commits, and counts the datapaths whose ports were read again for it. */
static uint64_t n_filled_by_commit(struct zone *z, struct specialised **before)
{
    uint64_t n = ovsdb_n_filled(z->o);
    commit(z);
    UNTIL(z, !is_behind(z));
    n = ovsdb_n_filled(z->o) - n;
    check(z, before);
    return n;
}

/* A chassis concerns the datapaths with ports at it, and no others. */
static void test_chassis_concerns_few(void **state)
{
    struct zone *z = *state;
    struct specialised *before = NULL;
    start_zone(z);
    for (unsigned int r = 0; r < N_ROUTERS; r++) {
        char key[8];
        snprintf(key, sizeof key, "%u", 20 + r);
        add(" -- create Port_Binding datapath=%s tunnel_key=10 logical_port=vm%u-0",
            find(z, "Datapath_Binding", "tunnel_key", key), r);
    }
    commit(z);
    for (unsigned int r = 0; r < N_ROUTERS; r++) {
        char port[8];
        snprintf(port, sizeof port, "vm%u-0", r);
        bind_port(z, port, r == 1 ? "hv1" : "hv0");
    }
    bind_port(z, "ts-far", "hv2");
    commit(z);
    UNTIL(z, !is_behind(z));
    check(z, &before);

    add(" -- --id=@new create Encap type=geneve ip=192.0.2.30 chassis_name=hv9"
        " -- create Chassis name=hv9 encaps=@new");
    assert_int_equal(n_filled_by_commit(z, &before), 0);

    add(" -- set Encap %s ip=192.0.2.31", find(z, "Encap", "chassis_name", "hv1"));
    assert_int_equal(n_filled_by_commit(z, &before), 1);

    add(" -- set Encap %s ip=192.0.2.32", find(z, "Encap", "chassis_name", "hv0"));
    assert_int_equal(n_filled_by_commit(z, &before), 2);

    add(" -- destroy Chassis %s", find(z, "Chassis", "name", "hv9"));
    assert_int_equal(n_filled_by_commit(z, &before), 0);

    add(" -- destroy Chassis %s", find(z, "Chassis", "name", "hv1"));
    assert_int_equal(n_filled_by_commit(z, &before), 1);
    specialised_free(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_random_changes, zone_create, zone_destroy),
        cmocka_unit_test_setup_teardown(test_backlog, zone_create, zone_destroy),
        cmocka_unit_test_setup_teardown(test_last_words, zone_create, zone_destroy),
        cmocka_unit_test_setup_teardown(test_gone_meanwhile, zone_create, zone_destroy),
        cmocka_unit_test_setup_teardown(test_set_of_a_flow, zone_create, zone_destroy),
        cmocka_unit_test_setup_teardown(test_chassis_concerns_few, zone_create, zone_destroy),
    };

    if (!is_installed("ovsdb-server") || !is_installed("ovn-sbctl")) {
        puts("no ovsdb-server, no ovn-sbctl: skipped");
        return 77;
    }
    if (test_eal_init() < 0) {
        return 1;
    }
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_ERR);
    return cmocka_run_group_tests_name("ovsdb_changes", tests, NULL, NULL);
}
