/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RECORDING_ZONE_H
#define RECORDING_ZONE_H

/* A zone written by hand in a few lines, for tests of one thing that recordings
 * are too large to show.  One row per line, `#` begins a comment:
 *
 *   chassis NAME IP            remote NAME IP
 *   switch NAME KEY            router NAME KEY            transit NAME KEY
 *   port DATAPATH NAME KEY TYPE [chassis=C] [peer=P] [distributed=P] [mac=M]
 *       [additional=C] [security]
 *   group DATAPATH NAME KEY PORT…
 *   mac DATAPATH PORT IP MAC   fdb DATAPATH_KEY MAC PORT_KEY
 *   addresses NAME CONSTANT…   ports NAME PORT…
 *   in DATAPATH TABLE PRIORITY MATCH => ACTIONS
 *   out DATAPATH TABLE PRIORITY MATCH => ACTIONS
 *
 * TYPE `vif` stands for the empty one. */

#include "model.h"

/* A finished model of chassis gw1.  Ends the program on a row that the model
 * does not take. */
struct model *zone_model(const char *text, struct lflow_cache *);
/* The same, to be finished by the caller. */
struct model *zone_model_open(const char *text, struct lflow_cache *);

#endif
