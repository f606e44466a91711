/* SPDX-License-Identifier: Apache-2.0 */

/* How far a drain is, by what the database says. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <config.h>

#include "drain.h"
#include "openvswitch/vlog.h"
#include "ovsdb.h"
#include "timeval.h"

bool __wrap_ovsdb_bfd_peers(const struct ovsdb *, const char *const **, size_t *);
void __wrap_ovsdb_status(const struct ovsdb *, struct ovsdb_status *);
void __wrap_ovsdb_set_draining(struct ovsdb *, bool);

static size_t n_claimed, n_heirless, n_peers;
static bool draining;

bool __wrap_ovsdb_bfd_peers(const struct ovsdb *o, const char *const **names, size_t *n)
{
    (void)o;
    *names = NULL;
    *n = n_peers;
    return true;
}

void __wrap_ovsdb_status(const struct ovsdb *o, struct ovsdb_status *s)
{
    (void)o;
    *s = (struct ovsdb_status){.n_claimed = n_claimed, .n_heirless = n_heirless};
}

void __wrap_ovsdb_set_draining(struct ovsdb *o, bool on)
{
    (void)o;
    draining = on;
}

static uint64_t arrived;

/* One more packet has come. */
static void look(struct drain *d, int64_t now)
{
    drain_run(d, NULL, ++arrived, now);
}

static void zone(size_t claimed, size_t heirless, size_t peers)
{
    n_claimed = claimed;
    n_heirless = heirless;
    n_peers = peers;
}

static void test_handed_over(void **state)
{
    struct drain d = {.reasons = 0};
    (void)state;
    zone(2, 0, 3);
    assert_true(drain_change(&d, NULL, DRAIN_OPERATOR, true));
    assert_true(draining);
    assert_false(drain_change(&d, NULL, DRAIN_EXIT, true));
    int64_t now = time_msec();
    look(&d, now);
    assert_int_equal(d.state, DRAIN_HANDING_OVER);
    assert_true(d.has_heirs);
    zone(0, 0, 3);
    look(&d, now += 100);
    assert_int_equal(d.state, DRAIN_FORWARDING);
    look(&d, now += 10000); /* packets still come */
    assert_false(drain_finished(&d));
    drain_run(&d, NULL, arrived, now += DRAIN_QUIET_MS);
    assert_int_equal(d.state, DRAIN_DONE);
    assert_true(drain_finished(&d));
    assert_false(drain_change(&d, NULL, DRAIN_EXIT, false));
    assert_true(drain_change(&d, NULL, DRAIN_OPERATOR, false));
    assert_false(draining);
}

/* Nobody can take over anything: no reason to wait, nor for BFD to say so. */
static void test_nobody_lives(void **state)
{
    struct drain d = {.reasons = 0};
    (void)state;
    zone(2, 2, 3);
    drain_change(&d, NULL, DRAIN_EXIT, true);
    assert_false(drain_finished(&d)); /* nobody has looked yet */
    look(&d, time_msec());
    assert_false(d.has_heirs);
    assert_int_equal(d.state, DRAIN_FORWARDING);
    assert_true(drain_finished(&d));
    zone(2, 1, 3); /* somebody comes */
    look(&d, time_msec());
    assert_true(d.has_heirs);
    assert_int_equal(d.state, DRAIN_HANDING_OVER);
    assert_false(drain_finished(&d));
}

/* A part is handed over: other zones get the time to follow. */
static void test_rest_without_heir(void **state)
{
    struct drain d = {.reasons = 0};
    (void)state;
    zone(2, 1, 3);
    drain_change(&d, NULL, DRAIN_EXIT, true);
    int64_t now = time_msec();
    look(&d, now);
    zone(1, 1, 3);
    look(&d, now += 100);
    assert_int_equal(d.state, DRAIN_FORWARDING);
    assert_false(drain_finished(&d));
    look(&d, now += DRAIN_QUIET_MS - 200);
    assert_false(drain_finished(&d));
    look(&d, now += 100);
    assert_true(drain_finished(&d));
}

/* What one drain has found is no news of the next. */
static void test_another_drain(void **state)
{
    struct drain d = {.reasons = 0};
    (void)state;
    zone(1, 1, 0);
    drain_change(&d, NULL, DRAIN_OPERATOR, true);
    look(&d, time_msec());
    assert_true(drain_finished(&d)); /* there is nobody else */
    drain_change(&d, NULL, DRAIN_OPERATOR, false);
    zone(1, 0, 2);
    drain_change(&d, NULL, DRAIN_EXIT, true);
    assert_false(drain_finished(&d));
    look(&d, time_msec());
    assert_false(drain_finished(&d));
}

int main(void)
{
    vlog_set_levels(NULL, VLF_SYSLOG, VLL_OFF);
    vlog_set_levels(NULL, VLF_CONSOLE, VLL_OFF);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_handed_over),
        cmocka_unit_test(test_nobody_lives),
        cmocka_unit_test(test_rest_without_heir),
        cmocka_unit_test(test_another_drain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
