/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_METRICS_COLLECT_H
#define ICGW_METRICS_COLLECT_H

/* The gateway's state as metrics.  Control thread only. */

struct exposition;
struct gateway;
struct metrics_snapshot;

void collect_snapshot(const struct gateway *, struct metrics_snapshot *);

/* Parts. */
void collect_workers(struct exposition *);
void collect_ports(struct exposition *);
void collect_traffic(const struct gateway *, struct exposition *);

#endif
