/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_METRICS_H
#define ICGW_METRICS_H

/* Metrics over HTTP, on a thread of its own.
 *
 * That thread never looks at what the control thread has: it asks for a new
 * snapshot, waits a moment, and sends the newest one that there is.  The
 * control thread only ever tries the mutex, so a client cannot hold it up, and
 * makes one snapshot a second at most, however many clients ask.
 *
 * All functions below: control thread only. */

#include <stdbool.h>
#include <stdint.h>

#include "icgw_tables.h"

struct metrics;

/* Both forms of one state; malloc'ed. */
struct metrics_snapshot {
    char *open_metrics;
    char *plain;
};

/* Listens at the address (may be unspecified) and port.  NULL with *error
 * (malloc'ed). */
struct metrics *metrics_start(const struct icgw_addr *, uint16_t port, char **error);
void metrics_stop(struct metrics *);

/* Readable when a snapshot is wanted, until metrics_wanted(). */
int metrics_fd(const struct metrics *);
/* Whether one is wanted now. */
bool metrics_wanted(struct metrics *);
/* Hands a new snapshot over; takes its texts. */
void metrics_put(struct metrics *, const struct metrics_snapshot *);

#endif
