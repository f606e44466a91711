/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_CTL_WATCH_H
#define ICGW_CTL_WATCH_H

#include <stdbool.h>

/* Prints rates every `seconds` until interrupted, or as lines of JSON: the
 * counters each time.  Returns the exit status. */
int watch_stats(const char *target, unsigned int seconds, bool json, bool colour);

#endif
