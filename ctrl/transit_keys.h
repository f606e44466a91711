/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_TRANSIT_KEYS_H
#define ICGW_TRANSIT_KEYS_H

/* Ports on transit switches that other zones address by other keys than the model
 * has: IC-SB's are ahead of the Southbound's, and other zones may be behind both.
 * Control thread only. */

#include <stdbool.h>

struct icgw_tables;
struct model;
struct ovsdb;

/* Whether transit_keys_add() would add something. */
bool transit_keys_missing(const struct icgw_tables *, const struct model *, const struct ovsdb *);
/* Makes the endpoints of such ports, which are in the tables of *model, known by those
 * keys, too.  Keys that lead somewhere already stay.  False: out of memory. */
bool transit_keys_add(struct icgw_tables *, const struct model *, const struct ovsdb *);

#endif
