/* SPDX-License-Identifier: Apache-2.0 */

/* The keys of ports that IC-SB has and had, with a clock that only the test moves.  The
 * database's schema is OVN's without what keeps senseless rows out. */

#include "ovsdb_gateway.h"

static long long skew; /* ms */

static long long test_time_msec(void)
{
    return 1000000 + skew;
}

#define time_msec test_time_msec
#include "icsb_keys.c"
#undef time_msec

#define TS1_OF_SB 16711682 /* zone_rows; of ts1-lr1: 1 */
#define TS1 16711690

struct wanted {
    const char *port;
    struct ovsdb_keys keys;
    bool found;
};

static void compare(void *aux, const char *port, struct ovsdb_keys keys)
{
    struct wanted *w = aux;
    w->found |= !strcmp(port, w->port) && keys.vni == w->keys.vni && keys.port == w->keys.port;
}

static bool has(const struct zone *z, const char *port, uint32_t vni, uint16_t key)
{
    struct wanted w = {.port = port, .keys = {vni, key}};
    ovsdb_for_each_keys(z->o, compare, &w);
    return w.found;
}

static void count(void *aux, const char *port, struct ovsdb_keys keys)
{
    (void)port;
    (void)keys;
    ++*(size_t *)aux;
}

static size_t n_keys(const struct zone *z)
{
    size_t n = 0;
    ovsdb_for_each_keys(z->o, count, &n);
    return n;
}

/* Until the gateway has seen what was written before. */
static void settle(struct zone *z)
{
    static unsigned int n;
    char name[16];
    snprintf(name, sizeof name, "far%u", ++n);
    ctl(z, ICSB,
        "-vconsole:err -- --id=@z create Availability_Zone name=%s"
        " -- --id=@e create Encap type=geneve ip=198.51.100.%u"
        " -- create Gateway name=%s availability_zone=@z encaps=@e",
        name, n, name);
    UNTIL(z, z->model && model_chassis_by_name(z->model, name));
}

static void later(struct zone *z, long long ms)
{
    skew += ms;
    settle(z);
}

static void create_open_database(const struct zone *z)
{
    char command[512], schema[128];
    snprintf(schema, sizeof schema, "%s/schema", z->dir);
    snprintf(command, sizeof command,
             "sed -e 's/\"minInteger\": 1,/\"minInteger\": -1,/'"
             " -e 's/\"maxInteger\": [0-9]*/\"maxInteger\": 9999999999/'"
             " -e '/\"indexes\": .*tunnel_key/d' <" SCHEMAS "ovn-ic-sb.ovsschema >%s",
             schema);
    assert_int_equal(system(command), 0);
    create_database(z, ICSB, schema);
    unlink(schema);
}

static void add_lr3(const struct zone *z)
{
    ctl(z, SB,
        "create Port_Binding datapath=$(ovn-sbctl --db=unix:%s/sb.sock --bare --columns=_uuid"
        " find Datapath_Binding tunnel_key=%u) tunnel_key=3 logical_port=ts1-lr3 type=patch "
        "options:peer=lr3-ts1",
        z->dir, TS1_OF_SB);
}

/* Our own zone is az1; ts1 leads to a second router, too. */
static int start(void **state)
{
    if (zone_create(state)) {
        return -1;
    }
    struct zone *z = *state;
    skew = 0;
    create_database(z, SB, SCHEMAS "ovn-sb.ovsschema");
    create_open_database(z);
    start_server(z, SB);
    start_server(z, ICSB);
    ctl(z, SB, "init");
    ctl(z, SB, "%s", zone_rows);
    add_lr3(z);
    gateway_start(z, "gw1", "192.0.2.21");
    UNTIL(z, is_registered(z));
    make_group(z, 10, NULL, 0);
    UNTIL(z, is_claimed(z));
    ctl(z, ICSB,
        "-- --id=@az1 create Availability_Zone name=az1"
        " -- --id=@e1 create Encap type=geneve ip=192.0.2.21"
        " -- create Gateway name=gw1 availability_zone=@az1 encaps=@e1");
    return 0;
}

static void add_switch(const struct zone *z, const char *name, const char *key)
{
    ctl(z, ICSB, "create Datapath_Binding transit_switch=%s tunnel_key=%s", name, key);
}

static void add_port(const struct zone *z, const char *transit_switch, const char *port,
                     const char *key)
{
    char *az1 = uuid_of(z, ICSB, "Availability_Zone", "name=az1");
    ctl(z, ICSB,
        "create Port_Binding transit_switch=%s logical_port=%s tunnel_key=%s availability_zone=%s",
        transit_switch, port, key, az1);
    free(az1);
}

static void add_ts1(struct zone *z)
{
    add_switch(z, "ts1", "16711690");
    add_port(z, "ts1", "ts1-lr1", "1");
    UNTIL(z, has(z, "ts1-lr1", TS1, 1));
}

static void test_keys_that_change(void **state)
{
    struct zone *z = *state;
    add_ts1(z);
    assert_true(has(z, "ts1-lr1", TS1_OF_SB, 1));
    uint64_t before = ovsdb_keys_version(z->o);
    settle(z);
    assert_int_equal(ovsdb_keys_version(z->o), before);
    ctl(z, ICSB, "set Port_Binding ts1-lr1 tunnel_key=5");
    UNTIL(z, has(z, "ts1-lr1", TS1, 5));
    assert_true(ovsdb_keys_version(z->o) > before);
    later(z, 4000);
    assert_true(has(z, "ts1-lr1", TS1, 1)); /* another zone may be behind */
    later(z, 1100);
    assert_false(has(z, "ts1-lr1", TS1, 1));
    assert_true(has(z, "ts1-lr1", TS1, 5));
    assert_true(has(z, "ts1-lr1", TS1_OF_SB, 1)); /* the Southbound's do not age */
    assert_int_equal(n_keys(z), 2);
}

/* Their time ends with the clock, not with the next change. */
static void test_keys_end_by_themselves(void **state)
{
    struct zone *z = *state;
    add_ts1(z);
    ctl(z, ICSB, "set Port_Binding ts1-lr1 tunnel_key=5");
    UNTIL(z, has(z, "ts1-lr1", TS1, 5));
    skew += 5100;
    assert_false(has(z, "ts1-lr1", TS1, 1));
    assert_true(has(z, "ts1-lr1", TS1, 5)); /* and those that are in use do not end */
    assert_true(has(z, "ts1-lr1", TS1_OF_SB, 1));
}

/* The same of a key that differs from the Southbound's in the port alone. */
static void test_key_of_the_port_that_changes(void **state)
{
    struct zone *z = *state;
    add_switch(z, "ts1", "16711682");
    add_port(z, "ts1", "ts1-lr1", "4");
    UNTIL(z, has(z, "ts1-lr1", TS1_OF_SB, 4));
    ctl(z, ICSB, "set Port_Binding ts1-lr1 tunnel_key=5");
    UNTIL(z, has(z, "ts1-lr1", TS1_OF_SB, 5));
    later(z, 5100);
    assert_false(has(z, "ts1-lr1", TS1_OF_SB, 4));
    assert_true(has(z, "ts1-lr1", TS1_OF_SB, 1));
}

static void test_keys_that_come_back(void **state)
{
    struct zone *z = *state;
    add_ts1(z);
    ctl(z, ICSB, "set Port_Binding ts1-lr1 tunnel_key=5");
    UNTIL(z, has(z, "ts1-lr1", TS1, 5));
    later(z, 3000);
    ctl(z, ICSB, "set Port_Binding ts1-lr1 tunnel_key=1");
    later(z, 0);
    later(z, 10000);
    assert_true(has(z, "ts1-lr1", TS1, 1)); /* not as old as it was */
    assert_false(has(z, "ts1-lr1", TS1, 5));
    uint64_t before = ovsdb_keys_version(z->o);
    ctl(z, ICSB, "set Port_Binding ts1-lr1 tunnel_key=5");
    UNTIL(z, has(z, "ts1-lr1", TS1, 5)); /* news, once it was forgotten */
    assert_true(ovsdb_keys_version(z->o) > before);
}

static void test_emptied(void **state)
{
    struct zone *z = *state;
    add_ts1(z);
    ctl(z, ICSB, "-- --all destroy Port_Binding -- --all destroy Datapath_Binding");
    later(z, 4000);
    assert_true(has(z, "ts1-lr1", TS1, 1));
    assert_true(has(z, "ts1-lr1", TS1_OF_SB, 1));
    later(z, 5100);
    later(z, 5100);
    assert_false(has(z, "ts1-lr1", TS1, 1));
    assert_true(has(z, "ts1-lr1", TS1_OF_SB, 1)); /* the model has them */
    assert_int_equal(n_keys(z), 1);
}

/* The Southbound has the port no longer, and then again; IC-SB has it all the while. */
static void test_port_that_vanishes(void **state)
{
    struct zone *z = *state;
    add_ts1(z);
    add_port(z, "ts1", "ts1-lr3", "3");
    UNTIL(z, has(z, "ts1-lr3", TS1, 3));
    char *lr3 = uuid_of(z, SB, "Port_Binding", "logical_port=ts1-lr3");
    ctl(z, SB, "destroy Port_Binding %s", lr3);
    free(lr3);
    UNTIL(z, !model_port_by_name(z->model, "ts1-lr3"));
    settle(z);
    assert_true(has(z, "ts1-lr3", TS1, 3));
    later(z, 5100);
    assert_false(has(z, "ts1-lr3", TS1, 3));
    assert_false(has(z, "ts1-lr3", TS1_OF_SB, 3));
    assert_int_equal(n_keys(z), 2);
    add_lr3(z);
    UNTIL(z, has(z, "ts1-lr3", TS1, 3));
}

/* The model waits for the Southbound, other zones do not. */
static void test_while_the_southbound_is_refilled(void **state)
{
    struct zone *z = *state;
    add_ts1(z);
    ctl(z, SB,
        "-- --all destroy Logical_Flow -- --all destroy Port_Binding"
        " -- --all destroy MAC_Binding -- --all destroy Static_MAC_Binding"
        " -- --all destroy Datapath_Binding");
    UNTIL(z, ovsdb_model(z->o) == NULL);
    ctl(z, ICSB, "set Port_Binding ts1-lr1 tunnel_key=5");
    UNTIL(z, has(z, "ts1-lr1", TS1, 5));
    assert_null(ovsdb_model(z->o));
}

/* Only ports of this zone on transit switches, and only those that the switch is known of. */
static void test_other_ports(void **state)
{
    struct zone *z = *state;
    add_ts1(z);
    add_switch(z, "ts2", "16711699");
    add_port(z, "ts1", "ts1-lr2", "2");     /* another zone's */
    add_port(z, "ts1", "vm1", "6");         /* on a switch of this zone */
    add_port(z, "ts1", "nobody", "7");      /* unheard of */
    add_port(z, "nowhere", "ts1-lr3", "8"); /* on a switch without a key */
    settle(z);
    assert_false(has(z, "ts1-lr2", TS1, 2));
    assert_false(has(z, "vm1", TS1, 6));
    assert_false(has(z, "nobody", TS1, 7));
    assert_true(has(z, "ts1-lr3", TS1_OF_SB, 3));
    assert_int_equal(n_keys(z), 3);
}

/* Several ovn-ic have made the same switch. */
static void test_rows_of_the_same_switch(void **state)
{
    struct zone *z = *state;
    add_ts1(z);
    add_switch(z, "ts1", "16711691");
    add_switch(z, "ts1", "16711691");   /* twice the same */
    add_port(z, "ts1", "ts1-lr3", "1"); /* as ts1-lr1 */
    UNTIL(z, has(z, "ts1-lr1", 16711691, 1) && has(z, "ts1-lr3", 16711691, 1));
    assert_true(has(z, "ts1-lr1", TS1, 1));
    assert_true(has(z, "ts1-lr3", TS1, 1));
    assert_int_equal(n_keys(z), 6);
    for (int i = 0; i < 2 * MAX_ROWS_OF_SWITCH; i++) {
        char key[16];
        snprintf(key, sizeof key, "%d", 16711700 + i);
        add_switch(z, "ts1", key);
    }
    settle(z);
    later(z, 5100); /* the ones that were taken before the last row came */
    assert_in_range(n_keys(z), 2 * MAX_ROWS_OF_SWITCH, 2 * (MAX_ROWS_OF_SWITCH + 1));
}

static void test_without_ic_sb(void **state)
{
    struct zone *z = *state;
    char sb[128];
    gateway_stop(z);
    snprintf(sb, sizeof sb, "unix:%s/sb.sock", z->dir);
    const struct icgw_addr ip = {{[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 21}};
    const struct ovsdb_config config = {.chassis = "gw1",
                                        .hostname = "host1",
                                        .encap_ips = &ip,
                                        .n_encap_ips = 1,
                                        .southbound = sb,
                                        .cache = z->cache};
    z->o = ovsdb_create(&config);
    UNTIL(z, z->model && model_port_by_name(z->model, "ts1-lr1"));
    assert_int_equal(n_keys(z), 0);
}

/* What the tools would not write. */
__attribute__((format(printf, 2, 3))) static void transact(const struct zone *z, const char *format,
                                                           ...)
{
    char operation[256], command[512];
    va_list args;
    va_start(args, format);
    vsnprintf(operation, sizeof operation, format, args);
    va_end(args);
    snprintf(
        command, sizeof command,
        "ovsdb-client transact unix:%s/ic-sb.sock '[\"OVN_IC_Southbound\",%s]' | grep -qv error",
        z->dir, operation);
    assert_int_equal(system(command), 0);
}

/* None of them is a key; none is taken for what it would be in fewer bits. */
static void test_senseless_keys(void **state)
{
    static const long long switches[] = {0, -1, 0x1000000, 0x100ff000aLL};
    static const long long ports[] = {0, -1, 0x8000, 0x10005, 0x100000005LL};
    struct zone *z = *state;
    add_ts1(z);
    for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
        transact(z,
                 "{\"op\":\"insert\",\"table\":\"Datapath_Binding\","
                 "\"row\":{\"transit_switch\":\"ts1\",\"tunnel_key\":%lld}}",
                 switches[i]);
    }
    settle(z);
    assert_int_equal(n_keys(z), 2);
    for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
        transact(z,
                 "{\"op\":\"update\",\"table\":\"Port_Binding\","
                 "\"where\":[[\"logical_port\",\"==\",\"ts1-lr1\"]],"
                 "\"row\":{\"tunnel_key\":%lld}}",
                 ports[i]);
        settle(z);
        assert_int_equal(n_keys(z), 2);
    }
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, start, zone_destroy)

int main(void)
{
    if (!is_installed("ovsdb-server") || !is_installed("ovn-sbctl") ||
        !is_installed("ovn-ic-sbctl") || access(SCHEMAS "ovn-sb.ovsschema", R_OK)) {
        printf("skipped: needs ovsdb-server and OVN's tools and schemas\n");
        return 77; /* meson: skipped */
    }
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_ERR);
    const struct CMUnitTest tests[] = {
        TEST(test_keys_that_change),
        TEST(test_keys_end_by_themselves),
        TEST(test_key_of_the_port_that_changes),
        TEST(test_while_the_southbound_is_refilled),
        TEST(test_keys_that_come_back),
        TEST(test_emptied),
        TEST(test_port_that_vanishes),
        TEST(test_other_ports),
        TEST(test_rows_of_the_same_switch),
        TEST(test_senseless_keys),
        TEST(test_without_ic_sb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
