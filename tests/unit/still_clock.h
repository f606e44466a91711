/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_TEST_STILL_CLOCK_H
#define ICGW_TEST_STILL_CLOCK_H

/* The clock of the sources that a test includes behind `#define time_msec still_time_msec`.
 * What is done while it stands still has not waited for anything, however long it took. */

#include <config.h>

#include "timeval.h"

static long long still_since; /* ms; 0: it goes */

static inline long long still_time_msec(void)
{
    return still_since ? still_since : time_msec();
}

static inline void stop_clock(void)
{
    still_since = time_msec();
}

static inline void start_clock(void)
{
    still_since = 0;
}

#endif
