/* SPDX-License-Identifier: Apache-2.0 */
/* Where control thread and workers run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pmd.h"

static const unsigned int two[] = {0, 1};
static const unsigned int some[] = {2, 3, 5, 7};
static struct pmd_cpus plan;

static void expect(const unsigned int *cpus, unsigned int n, uint16_t workers, bool idle_sleep,
                   const char *want)
{
    char *error = NULL;

    assert_true(pmd_cpus_plan(cpus, n, n, workers, idle_sleep, &plan, &error));
    assert_string_equal(plan.lcores, want);
    assert_int_equal(plan.pinned, !idle_sleep);
}

static void busy_workers_have_a_cpu_each(void **state)
{
    (void)state;
    expect(two, 2, 1, false, "0@(0),1@(1)");
    expect(some, 4, 1, false, "0@(2-3,5),1@(7)");
    expect(some, 4, 2, false, "0@(2-3),1@(5),2@(7)");
}

static void control_shares_when_no_cpu_is_left(void **state)
{
    (void)state;
    expect(two, 2, 2, false, "0@(0-1),1@(0),2@(1)");
}

static void sleeping_workers_go_where_there_is_room(void **state)
{
    (void)state;
    expect(two, 2, 1, true, "0@(0-1),1@(0-1)");
    expect(two, 2, 2, true, "0@(0-1),1@(0-1),2@(0-1)");
}

static void sleeping_workers_stay_near_their_ports(void **state)
{
    char *error = NULL;

    (void)state;
    assert_true(pmd_cpus_plan(some, 4, 2, 2, true, &plan, &error));
    assert_string_equal(plan.lcores, "0@(2-3,5,7),1@(5,7),2@(5,7)");
    /* Too few are: anywhere. */
    assert_true(pmd_cpus_plan(some, 4, 1, 2, true, &plan, &error));
    assert_string_equal(plan.lcores, "0@(2-3,5,7),1@(2-3,5,7),2@(2-3,5,7)");
}

static void too_many_workers_are_refused_by_name(void **state)
{
    char *error = NULL;

    (void)state;
    assert_false(pmd_cpus_plan(two, 2, 2, 3, true, &plan, &error));
    assert_non_null(strstr(error, "[workers] cores = 3"));
    assert_non_null(strstr(error, "2 CPUs"));
    free(error);
    assert_false(pmd_cpus_plan(two, 2, 2, 0, true, &plan, &error));
    free(error);
}

static void most_workers_fit(void **state)
{
    unsigned int cpus[64];

    (void)state;
    for (unsigned int i = 0; i < 64; i++) {
        cpus[i] = 960 + i;
    }
    char *error = NULL;
    assert_true(pmd_cpus_plan(cpus, 64, 64, 64, true, &plan, &error));
    assert_non_null(strstr(plan.lcores, ",64@(960-1023)"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(busy_workers_have_a_cpu_each),
        cmocka_unit_test(control_shares_when_no_cpu_is_left),
        cmocka_unit_test(sleeping_workers_go_where_there_is_room),
        cmocka_unit_test(sleeping_workers_stay_near_their_ports),
        cmocka_unit_test(too_many_workers_are_refused_by_name),
        cmocka_unit_test(most_workers_fit),
    };
    return cmocka_run_group_tests_name("pmd_cpus", tests, NULL, NULL);
}
