/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_REPORT_TOTALS_H
#define ICGW_REPORT_TOTALS_H

/* Counters of all threads together, and how fast they grow.  Control thread only. */

#include <stdint.h>

#include "icgw_stats.h"

struct gateway;

struct totals {
    uint64_t rx_packets; /* of the workers … */
    uint64_t tx_packets;
    uint64_t drops[ICGW_N_DROPS]; /* … of every thread */
    uint64_t slow[ICGW_N_SLOWS];
};

void totals_add_up(const struct gateway *, struct totals *);

/* Samples for rates: two, so that there is always one that is old enough. */
#define TOTALS_SAMPLE_MS 5000

struct totals_history {
    struct {
        struct totals totals;
        int64_t at; /* ms; 0: none yet */
    } newer, older;
};

/* Takes a sample when one is due, and says when (ms) the next one is. */
int64_t totals_sample(struct totals_history *, const struct gateway *, int64_t now);

/* The older sample and the seconds since; 0: none yet. */
double totals_since(const struct totals_history *, int64_t now, const struct totals **before);

#endif
