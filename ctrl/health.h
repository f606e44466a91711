/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_HEALTH_H
#define ICGW_HEALTH_H

/* Whether this gateway can do its work: workers come round, links are up and
 * lead to everybody.  While it cannot it leaves the work to others; BFD alone
 * would not notice, since it takes one worker and one way only.  Control thread
 * only. */

#include <stdbool.h>
#include <stdint.h>

#include "icgw_config.h"

struct gateway;

struct health {
    int64_t looked_at; /* ms; 0: not yet */
    struct health_worker {
        uint64_t polls;   /* when last looked at */
        int64_t still_ms; /* for how long that has been so */
        bool stuck;       /* and it was said */
    } workers[ICGW_CONFIG_MAX_CORES];
    int64_t workers_well_at; /* ms; since when none is stuck; 0: ever */
    bool link_up[ICGW_CONFIG_MAX_PORTS];
    int64_t ways_well_at; /* ms; since when there is a way to everybody; 0: ever */
    uint64_t far;         /* bit by copy of the tables: its note was logged */
};

/* Looks when it is time to. */
void health_run(struct gateway *);
/* When that is, ms. */
int64_t health_wakeup(const struct gateway *);

#endif
