/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_METRICS_EXPOSITION_H
#define ICGW_METRICS_EXPOSITION_H

/* Metrics as text: OpenMetrics 1.0, or the Prometheus text format 0.0.4 for
 * readers that do not ask for it.  The two differ in how a counter's family is
 * named and in the last line.  Any thread. */

#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/dynamic-string.h"

struct exposition {
    struct ds text;
    bool open_metrics;
    const char *family; /* without ovnic_gw_ and _total */
    const char *suffix; /* "_total" in a family of counters */
};

void exposition_begin(struct exposition *, bool open_metrics);
/* Ends it; the text is the caller's to free. */
char *exposition_end(struct exposition *);

/* Begins a family; samples of it follow.  `name` without prefix and without
 * "_total"; both strings must live until the next family. */
void exposition_gauge(struct exposition *, const char *name, const char *help);
void exposition_counter(struct exposition *, const char *name, const char *help);
void exposition_histogram(struct exposition *, const char *name, const char *help);

/* Label names and values, ended by NULL.  Values may be anything: what is no
 * valid UTF-8 is replaced. */
struct label {
    const char *name; /* NULL: the end */
    const char *value;
};

void exposition_integer(struct exposition *, const struct label *, uint64_t value);
void exposition_real(struct exposition *, const struct label *, double value);
/* The buckets of a histogram, in ascending order; `below` counts what is at most
 * `bound`, INFINITY at the end.  Then exposition_sum(). */
void exposition_bucket(struct exposition *, const struct label *, double bound, uint64_t below);
void exposition_sum(struct exposition *, const struct label *, double sum, uint64_t count);

#endif
