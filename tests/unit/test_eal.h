/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_TEST_EAL_H
#define ICGW_TEST_EAL_H

/* For tests of what lies in EAL's memory. */

#include <stddef.h>

#include <rte_common.h>
#include <rte_eal.h>

/* 64 MiB, no devices, no files. */
static inline int test_eal_init(void)
{
    static char args[][16] = {"test", "--no-huge", "--no-shconf",   "-m",
                              "64",   "--no-pci",  "--log-level=4", "--no-telemetry"};
    char *argv[RTE_DIM(args)];

    for (size_t i = 0; i < RTE_DIM(args); i++) {
        argv[i] = args[i];
    }
    return rte_eal_init(RTE_DIM(argv), argv);
}

/* As a group's setup and teardown. */
static inline int test_eal_start(void **state)
{
    (void)state;
    return test_eal_init() < 0 ? -1 : 0;
}

static inline int test_eal_stop(void **state)
{
    (void)state;
    return rte_eal_cleanup();
}

#endif
