/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_TEST_EAL_H
#define ICGW_TEST_EAL_H

/* For tests of what lies in EAL's memory. */

#include <stddef.h>
#include <string.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_mbuf.h>

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

/* NULL: none is left, or the frame is too long for one. */
static inline struct rte_mbuf *test_mbuf(struct rte_mempool *pool, const void *frame, uint16_t len)
{
    struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
    char *to = m != NULL ? rte_pktmbuf_append(m, len) : NULL;

    if (to == NULL) {
        rte_pktmbuf_free(m);
        return NULL;
    }
    memcpy(to, frame, len);
    return m;
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
