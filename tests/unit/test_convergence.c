/* SPDX-License-Identifier: Apache-2.0 */

/* Times of a change's steps, and their histograms. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "convergence.h"

static void test_steps(void **state)
{
    struct convergence c = {.waiting = false};
    (void)state;
    convergence_in_use(&c, 50); /* nothing has been published */
    assert_int_equal(c.in_use.count, 0);

    convergence_read(&c, 1000);
    convergence_model(&c, 1400);
    convergence_specialised(&c, 3400);
    convergence_published(&c, 3500);
    assert_int_equal(c.model.last_us, 400);
    assert_int_equal(c.specialise.last_us, 2000);
    assert_int_equal(c.publish.last_us, 100);
    assert_int_equal(c.total.last_us, 2500);
    assert_int_equal(c.published_us, 3500);

    /* A second one before the workers have been seen to use the first: one wait,
     * from the first on. */
    convergence_read(&c, 5000);
    convergence_model(&c, 5001);
    convergence_specialised(&c, 5002);
    convergence_published(&c, 5003);
    convergence_in_use(&c, 9000);
    convergence_in_use(&c, 9500);
    assert_int_equal(c.in_use.count, 1);
    assert_int_equal(c.in_use.last_us, 8000);
    assert_int_equal(c.total.count, 2);
    assert_int_equal(c.total.sum_us, 2503);
    assert_int_equal(c.total.max_us, 2500);
}

/* A change that comes to nothing leaves no trace. */
static void test_nothing(void **state)
{
    struct convergence c = {.waiting = false};
    (void)state;
    convergence_read(&c, 1000);
    convergence_read(&c, 9000);
    convergence_model(&c, 9100);
    assert_int_equal(c.model.last_us, 100);
    assert_int_equal(c.total.count, 0);
}

static void test_buckets(void **state)
{
    struct convergence c = {.waiting = false};
    (void)state;
    for (unsigned int i = 0; i < CONVERGENCE_BUCKETS - 1; i++) {
        convergence_read(&c, 0);
        convergence_model(&c, (int64_t)convergence_bound(i)); /* bounds are inclusive … */
        convergence_read(&c, 0);
        convergence_model(&c, (int64_t)convergence_bound(i) + 1); /* … and this is above */
    }
    convergence_read(&c, 10);
    convergence_model(&c, 0); /* a clock that went back */
    assert_int_equal(c.model.buckets[0], 2);
    for (unsigned int i = 1; i < CONVERGENCE_BUCKETS - 1; i++) {
        assert_int_equal(c.model.buckets[i], 2);
    }
    assert_int_equal(c.model.buckets[CONVERGENCE_BUCKETS - 1], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_buckets),
    };
    return cmocka_run_group_tests_name("convergence", tests, NULL, NULL);
}
