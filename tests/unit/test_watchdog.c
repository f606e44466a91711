/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdatomic.h>
#include <unistd.h>

#include "watchdog.h"

#define LIMIT_MS 200

static atomic_int n_stuck, n_over;

static void say(bool stuck, int64_t ms)
{
    assert_true(ms >= LIMIT_MS);
    (stuck ? &n_stuck : &n_over)[0]++;
}

static void wait_until(const atomic_int *counter, int n)
{
    for (int i = 0; i < 500 && *counter < n; i++) {
        usleep(10000);
    }
    assert_int_equal(*counter, n);
}

static void test_says_once(void **state)
{
    (void)state;
    struct watchdog *w = watchdog_create(LIMIT_MS, say);
    assert_non_null(w);
    for (int turn = 1; turn <= 2; turn++) {
        watchdog_busy(w);
        wait_until(&n_stuck, turn);
        usleep(2 * LIMIT_MS * 1000);
        assert_int_equal(n_stuck, turn);
        assert_int_equal(n_over, turn - 1);
        watchdog_idle(w);
        wait_until(&n_over, turn);
    }
    usleep(2 * LIMIT_MS * 1000); /* asleep is not stuck */
    assert_int_equal(n_stuck, 2);
    watchdog_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_says_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
