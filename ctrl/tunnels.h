/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_TUNNELS_H
#define ICGW_TUNNELS_H

/* Tunnel templates from what the kernel says of the underlay.  Control thread
 * only. */

#include <stdbool.h>

#include "icgw_tables.h"

struct specialised;
struct specialised_tunnel;
struct underlay;

/* Has the kernel resolve the next hops of these tunnels and of no others.  From
 * each of our addresses: traffic leaves by one, BFD is heard by every pair. */
void tunnels_want(struct underlay *, const struct specialised *, const struct icgw_addr *locals,
                  size_t n_locals);
/* A template as the kernel has it now; may be unresolved. */
void tunnels_make(struct icgw_tunnel *, const struct specialised_tunnel *, const struct underlay *);
/* Sets the tunnels of the tables.  False: out of memory. */
bool tunnels_fill(struct icgw_tables *, const struct specialised *, const struct underlay *);

#endif
