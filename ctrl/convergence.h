/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_CONVERGENCE_H
#define ICGW_CONVERGENCE_H

/* How long a change of the databases takes to reach the workers, and which part of
 * the way takes how long.  Control thread only.
 *
 * A change is what one turn of the main loop has read; one that leaves the
 * forwarding as it was is not counted.  Times are of CLOCK_MONOTONIC, in
 * microseconds.  Nothing here is ever reset: readers take differences. */

#include <stdbool.h>
#include <stdint.h>

/* Upper bounds of the buckets, microseconds; the last bucket has none. */
#define CONVERGENCE_BOUNDS                                                                         \
    {                                                                                              \
        500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000, 1000000, 2000000,      \
            5000000, 10000000                                                                      \
    }
#define CONVERGENCE_BUCKETS 15

struct convergence_histogram {
    uint64_t buckets[CONVERGENCE_BUCKETS]; /* each counts its own, not those below */
    uint64_t count;
    uint64_t sum_us;
    uint64_t max_us;
    uint64_t last_us;
};

struct convergence {
    struct convergence_histogram model;      /* read → model up to date */
    struct convergence_histogram specialise; /* model → tables */
    struct convergence_histogram publish;    /* tables → the next burst of a worker finds them */
    struct convergence_histogram total;      /* read → published */
    struct convergence_histogram in_use;     /* read → every worker is known to use them */

    /* The last change. */
    int64_t read_us; /* when ovsdb_run() was about to read it */
    int64_t published_us;

    /* Not for readers. */
    int64_t step_us;       /* end of the step before */
    bool waiting;          /* published, not yet known to be in use by all … */
    int64_t waiting_since; /* … and when the oldest such change was read */
};

/* Upper bound of a bucket in microseconds; UINT64_MAX for the last one. */
uint64_t convergence_bound(unsigned int bucket);

/* The steps of one change, in this order; `now` in microseconds.  A change that
 * comes to nothing is begun only. */
void convergence_read(struct convergence *, int64_t now);
void convergence_model(struct convergence *, int64_t now);
void convergence_specialised(struct convergence *, int64_t now);
void convergence_published(struct convergence *, int64_t now);
/* All workers use what was published last. */
void convergence_in_use(struct convergence *, int64_t now);

#endif
