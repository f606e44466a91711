/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_TEST_NOW_H
#define ICGW_TEST_NOW_H

#include <stdint.h>
#include <time.h>

/* Milliseconds; they go on while the machine stands still. */
static inline int64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

#endif
