/* SPDX-License-Identifier: Apache-2.0 */

/* Who holds a port of several gateways: with whom BFD is spoken, what it says, and what the
 * database has in the end. */

#include "ovsdb_zone.h"

#include "bfd.h"
#include "ovsdb_gateway.h"
#include "still_clock.h"

#define time_msec still_time_msec
#include "claims.c"
#undef time_msec

static void bfd_up(struct zone *z, const char *one, const char *other)
{
    const char *names[2] = {one, other};
    ovsdb_set_bfd(z->o, names, (one != NULL) + (other != NULL));
}

/* As northd does for hypervisors that use the group. */
static void refer_to_group(const struct zone *z)
{
    char *hv1 = uuid_of(z, SB, "Chassis", "name=hv1");
    char *group = strdup(ctl(z, SB, "get Port_Binding cr-lr1-ts1 ha_chassis_group"));
    ctl(z, SB, "set HA_Chassis_Group %s ref_chassis=%s", group, hv1);
    free(group);
    free(hv1);
}

static void bind_to(const struct zone *z, const char *chassis)
{
    bind_port(z, "cr-lr1-ts1", chassis);
}

static bool has_peers(const struct zone *z, size_t n)
{
    const char *const *names;
    size_t found;
    return ovsdb_bfd_peers(z->o, &names, &found) && found == n;
}

/* Us and gw3, with hv1 to look at both. */
static void start_pair(struct zone *z, int our_priority, int their_priority)
{
    zone_start(z);
    gateway_start(z, "gw1", "192.0.2.21");
    UNTIL(z, is_registered(z));
    make_group(z, our_priority, "gw3", their_priority);
    refer_to_group(z);
    UNTIL(z, has_peers(z, 2));
}

static void test_bfd_peers(void **state)
{
    struct zone *z = *state;
    const char *const *names;
    size_t n;
    struct bfd_timers timers;
    gateway_in_charge(z);
    UNTIL(z, has_peers(z, 0)); /* alone in the group */
    make_group(z, 10, "gw3", 20);
    refer_to_group(z);
    UNTIL(z, has_peers(z, 2));
    ovsdb_bfd_peers(z->o, &names, &n);
    assert_string_equal(names[0], "gw3");
    assert_string_equal(names[1], "hv1");

    ovsdb_bfd_timers(z->o, &timers);
    assert_int_equal(timers.min_rx_ms, 0);
    ctl(z, SB, "set SB_Global . options:bfd-min-rx=100 options:bfd-mult=5");
    UNTIL(z, (ovsdb_bfd_timers(z->o, &timers), timers.min_rx_ms == 100));
    assert_int_equal(timers.min_tx_ms, 0);
    assert_int_equal(timers.mult, 5);
    ctl(z, SB, "set SB_Global . options:bfd-min-rx=200 options:bfd-mult=300");
    UNTIL(z, (ovsdb_bfd_timers(z->o, &timers), timers.min_rx_ms == 200));
    assert_int_equal(timers.mult, 0); /* the default, as Open vSwitch takes it */

    /* Nor are groups without us: hv7, which refers to one, is no peer. */
    ctl(z, SB,
        "-- --id=@e create Encap type=geneve ip=192.0.2.17 chassis_name=hv7"
        " -- --id=@c create Chassis name=hv7 encaps=@e"
        " -- --id=@h1 create HA_Chassis chassis=@c priority=1"
        " -- --id=@h2 create HA_Chassis external_ids:chassis-name=gw8 priority=2"
        " -- create HA_Chassis_Group name=other ha_chassis=@h1,@h2 ref_chassis=@c");
    UNTIL(z, z->model && model_chassis_by_name(z->model, "hv7"));
    assert_true(has_peers(z, 2));

    /* Gateways of other zones are none of ours. */
    ctl(z, SB, "set Chassis gw3 other_config:is-remote=true");
    UNTIL(z, has_peers(z, 1));
}

static void test_elections(void **state)
{
    struct zone *z = *state;
    start_pair(z, 10, 20);
    gateway_run_for(z, 300);
    assert_false(held_by(z, "gw1")); /* nobody sees us */
    UNTIL(z, z->model && model_port_by_name(z->model, "cr-lr1-ts1"));
    assert_true(model_port_by_name(z->model, "cr-lr1-ts1")->resident); /* and yet it forwards */

    bfd_up(z, "gw3", "hv1");
    gateway_run_for(z, 300);
    assert_false(held_by(z, "gw1")); /* the other is better */
    bind_to(z, "gw3");
    bfd_up(z, "hv1", NULL);
    UNTIL(z, held_by(z, "gw1")); /* it is dead */
    bfd_up(z, "gw3", "hv1");
    gateway_run_for(z, 300);
    assert_true(held_by(z, "gw1")); /* left to it, never cleared */
    bind_to(z, "gw3");
    gateway_run_for(z, 300);
    assert_true(held_by(z, "gw3"));
    bfd_up(z, NULL, NULL);
    gateway_run_for(z, 300);
    assert_true(held_by(z, "gw3")); /* it is we who are cut off */

    make_group(z, 30, "gw3", 30); /* equal priority: the greater name */
    refer_to_group(z);
    bfd_up(z, "gw3", "hv1");
    gateway_run_for(z, 2500);
    assert_true(held_by(z, "gw3"));
    make_group(z, 31, "gw3", 30);
    UNTIL(z, held_by(z, "gw1"));
}

/* Members of a group that we only use speak with us; others that use it do not. */
static void test_bfd_peers_of_a_user(void **state)
{
    struct zone *z = *state;
    const char *const *names;
    size_t n;
    gateway_in_charge(z);
    char *us = uuid_of(z, SB, "Chassis", "name=gw1");
    char *gw3 = uuid_of(z, SB, "Chassis", "name=gw3");
    char *hv1 = uuid_of(z, SB, "Chassis", "name=hv1");
    ctl(z, SB,
        "-- --id=@h1 create HA_Chassis chassis=%s priority=1"
        " -- --id=@h2 create HA_Chassis external_ids:chassis-name=gw8 priority=2"
        " -- create HA_Chassis_Group name=other ha_chassis=@h1,@h2 ref_chassis=%s,%s",
        gw3, us, hv1);
    UNTIL(z, has_peers(z, 1));
    ovsdb_bfd_peers(z->o, &names, &n);
    assert_string_equal(names[0], "gw3");
    ctl(z, SB, "remove HA_Chassis_Group other ref_chassis %s", us);
    UNTIL(z, has_peers(z, 0));
    free(us);
    free(gw3);
    free(hv1);
}

/* Older northd refers to the members from the port itself. */
static void test_claims_by_gateway_chassis(void **state)
{
    struct zone *z = *state;
    zone_start(z);
    gateway_start(z, "gw1", "192.0.2.21");
    UNTIL(z, is_registered(z));
    char *us = uuid_of(z, SB, "Chassis", "name=gw1");
    ctl(z, SB,
        "-- --id=@g create Gateway_Chassis name=g1 chassis=%s priority=5"
        " -- set Port_Binding cr-lr1-ts1 gateway_chassis=@g",
        us);
    UNTIL(z, is_claimed(z));
    /* Nobody is to hold it after us: no reason to wait. */
    stop_clock();
    ctl(z, SB, "clear Port_Binding cr-lr1-ts1 gateway_chassis");
    UNTIL(z, row_is(z, SB, "Port_Binding", "logical_port=cr-lr1-ts1", "chassis", ""));
    start_clock();
    free(us);
}

/* The other takes the port: it does not see us, and soon we do not see it. */
static void test_cut_off(void **state)
{
    struct zone *z = *state;
    start_pair(z, 20, 10);
    bfd_up(z, "gw3", "hv1");
    UNTIL(z, is_claimed(z));
    gateway_run_for(z, TAKE_INTERVAL_MS); /* that is not what keeps it from taking it back */
    struct ovsdb_status s;
    stop_clock();
    bind_to(z, "gw3");
    UNTIL(z, (ovsdb_status(z->o, &s), s.n_claimed == 0));
    gateway_run_for(z, 300);
    assert_true(held_by(z, "gw3"));
    bfd_up(z, NULL, NULL);
    gateway_run_for(z, 300);
    start_clock();
    gateway_run_for(z, YIELD_MS + 500);
    assert_true(held_by(z, "gw3"));
    bfd_up(z, "gw3", "hv1");
    UNTIL(z, held_by(z, "gw1"));
}

/* BFD with the one that holds the port may come up last. */
static void test_start_beside_a_better_one(void **state)
{
    struct zone *z = *state;
    zone_start(z);
    bind_to(z, "gw3");
    gateway_start(z, "gw1", "192.0.2.21");
    UNTIL(z, is_registered(z));
    make_group(z, 10, "gw3", 20);
    refer_to_group(z);
    UNTIL(z, has_peers(z, 2));
    bfd_up(z, "hv1", NULL);
    gateway_run_for(z, 2500);
    assert_true(held_by(z, "gw3"));
    UNTIL(z, held_by(z, "gw1")); /* it is not there after all */
}

static void test_draining(void **state)
{
    struct zone *z = *state;
    struct ovsdb_status s;
    start_pair(z, 20, 10);
    bfd_up(z, "gw3", "hv1");
    UNTIL(z, is_claimed(z));
    ovsdb_status(z->o, &s);
    assert_int_equal(s.n_heirless, 0);

    ovsdb_set_draining(z->o, true);
    ovsdb_set_resigned(z->o, true);
    bfd_up(z, NULL, NULL); /* our own doing */
    gateway_run_for(z, 300);
    assert_true(held_by(z, "gw1")); /* until the other has come */
    ovsdb_status(z->o, &s);
    assert_int_equal(s.n_heirless, 0);
    bind_to(z, "gw3");
    UNTIL(z, (ovsdb_status(z->o, &s), s.n_claimed == 0));
    gateway_run_for(z, 300);
    assert_true(held_by(z, "gw3"));
    ovsdb_status(z->o, &s);
    assert_int_equal(s.n_standby, 1);

    ovsdb_set_draining(z->o, false);
    ovsdb_set_resigned(z->o, false);
    gateway_run_for(z, 300);
    assert_true(held_by(z, "gw3"));
    bfd_up(z, "gw3", "hv1");
    UNTIL(z, held_by(z, "gw1"));

    bfd_up(z, "hv1", NULL);
    UNTIL(z, (ovsdb_status(z->o, &s), s.n_heirless == 1));
    ctl(z, SB, "destroy Chassis gw3");
    ovsdb_set_draining(z->o, true);
    gateway_run_for(z, 300);
    assert_true(held_by(z, "gw1"));
}

/* The other is dead when the drain begins: BFD stays as it is, and goes on telling. */
static void test_draining_without_an_heir(void **state)
{
    struct zone *z = *state;
    struct ovsdb_status s;
    start_pair(z, 20, 10);
    bfd_up(z, "hv1", NULL);
    UNTIL(z, is_claimed(z));
    ovsdb_set_draining(z->o, true);
    UNTIL(z, (ovsdb_status(z->o, &s), s.n_heirless == 1));
    bfd_up(z, "gw3", "hv1");
    UNTIL(z, (ovsdb_status(z->o, &s), s.n_heirless == 0));
    assert_true(held_by(z, "gw1"));
    bfd_up(z, "hv1", NULL);
    UNTIL(z, (ovsdb_status(z->o, &s), s.n_heirless == 1));
    ovsdb_set_draining(z->o, false);
    bind_to(z, "gw3"); /* as a port that has not been ours yet */
    UNTIL(z, held_by(z, "gw1"));
}

/* A claim that was not committed is tried again at once: nobody has taken the port from us. */
static void test_claim_that_fails(void **state)
{
    struct zone *z = *state;
    start_pair(z, 10, 20);
    bind_to(z, "gw3");
    bfd_up(z, "gw3", "hv1");
    gateway_run_for(z, 300);
    stop_clock();
    kill(z->server[SB], SIGSTOP);
    bfd_up(z, "hv1", NULL);
    gateway_run_for(z, 200); /* sent, not answered */
    stop_server(z, SB);
    start_server(z, SB);
    struct ovsdb_status s;
    UNTIL(z, (ovsdb_status(z->o, &s), s.sb_connected));
    UNTIL(z, held_by(z, "gw1"));
    start_clock();
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, zone_create, zone_destroy)

int main(void)
{
    if (!has_databases()) {
        return 77; /* meson: skipped */
    }
    vlog_set_levels(NULL, VLF_SYSLOG, VLL_OFF);
    const struct CMUnitTest tests[] = {
        TEST(test_bfd_peers),
        TEST(test_bfd_peers_of_a_user),
        TEST(test_claims_by_gateway_chassis),
        TEST(test_elections),
        TEST(test_cut_off),
        TEST(test_start_beside_a_better_one),
        TEST(test_draining),
        TEST(test_draining_without_an_heir),
        TEST(test_claim_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
