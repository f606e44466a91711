/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

/* Compiled into a copy of dp/memo_burst.c that only the benchmark has: the time
 * between look-ups and the rest of a burst. */

#include <rte_cycles.h>

#include "memo.h"

icgw_memo_burst bench_memo_burst_generic, bench_memo_burst_avx512;

extern uint64_t bench_between;
#define ICGW_BETWEEN() (bench_between = rte_rdtsc_precise())

#endif
