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

/* A router between a transit switch and a switch with one guest, up to the router's first
 * table. */
#define ROUTED_ZONE                                                                                \
    "chassis gw1 192.0.2.21\n"                                                                     \
    "chassis hv1 192.0.2.11\n"                                                                     \
    "transit ts 0xff0002\n"                                                                        \
    "router lr 2\n"                                                                                \
    "switch sw 1\n"                                                                                \
    "port ts ts-lr 1 patch peer=lr-ts\n"                                                           \
    "port lr lr-ts 2 patch peer=ts-lr mac=02:00:00:00:00:02\n"                                     \
    "port lr lr-sw 1 patch peer=sw-lr mac=02:00:00:00:00:01\n"                                     \
    "port lr cr 3 chassisredirect chassis=gw1 distributed=lr-ts\n"                                 \
    "port sw sw-lr 2 patch peer=lr-sw\n"                                                           \
    "port sw vm1 1 vif chassis=hv1\n"                                                              \
    "out ts 0 0 1 => output;\n"                                                                    \
    "out lr 0 0 1 => output;\n"                                                                    \
    "out sw 0 0 1 => output;\n"                                                                    \
    "in lr 0 0 1 => next;\n"

#endif
