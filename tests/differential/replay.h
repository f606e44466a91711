/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPLAY_H
#define REPLAY_H

/* ovnic-gw between two databases and a list of packets: no ports, no daemon. */

#include <stddef.h>
#include <stdint.h>

struct icgw_addr;
struct lflow_cache;
struct model;

/* Connects to the databases.  The chassis registers itself there as the daemon does:
 * they have to be copies. */
void replay_open(const char *southbound, const char *ic_southbound, const char *chassis,
                 const struct icgw_addr *encap, struct lflow_cache *);
void replay_close(void);
/* The model of the chassis by what the databases say, once SB_Global.nb_cfg is this;
 * -1: whatever it is.  Ends the program when that does not come within some seconds.
 * Valid until the next one, or replay_close(). */
const struct model *replay_model(int64_t nb_cfg);

/* How flows of the same priority are ordered; see replay_ties.c. */
extern unsigned int replay_ties;

/* Gateway: forwarding tables and slow path of a model. */
void replay_start(void);
/* Brings the tables up to date with the model, from those before. */
void replay_tables(const struct model *, const struct icgw_addr *encap);
/* Prints one line per destination that is not on the fast path. */
void replay_print_reports(void);
/* Takes one frame as often as routes of equal cost can matter; prints what became
 * of it each time. */
void replay_packet(const uint8_t *frame, size_t len);
void replay_stop(void);

#endif
