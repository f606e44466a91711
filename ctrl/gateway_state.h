/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_GATEWAY_STATE_H
#define ICGW_GATEWAY_STATE_H

/* The file that the next run forwards by before the databases have answered it,
 * kept up to date for the case that this one ends without notice.  Control thread
 * only. */

#include <stdint.h>

struct gateway;

/* Writes what has changed, STATE_INTERVAL_MS after the last time at the earliest,
 * and later when writing is expensive. */
void gateway_state_run(struct gateway *, const char *path);
/* Time (ms) at which gateway_state_run() has something to do; INT64_MAX: none. */
int64_t gateway_state_wakeup(const struct gateway *);

/* At the end, with the BFD sessions: the next run follows at once. */
void gateway_state_save(struct gateway *, const char *path);

#endif
