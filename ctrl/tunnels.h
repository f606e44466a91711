/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_TUNNELS_H
#define ICGW_TUNNELS_H

/* Tunnel templates from what the kernel says of the underlay.  Control thread
 * only. */

#include <stdbool.h>

#include "icgw_tables.h"

struct specialised;
struct underlay;

/* Has the kernel resolve the next hops of these tunnels and of no others. */
void tunnels_want(struct underlay *, const struct specialised *);
/* Sets the tunnels of the tables.  False: out of memory. */
bool tunnels_fill(struct icgw_tables *, const struct specialised *, const struct underlay *);

#endif
