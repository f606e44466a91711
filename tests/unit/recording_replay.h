/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RECORDING_REPLAY_H
#define RECORDING_REPLAY_H

/* A gateway without ports: the forwarding code and the slow path on the tables
 * of a recorded zone.  One at a time; needs the EAL. */

#include "icgw_forward.h"
#include "recording.h"
#include "slow_path.h"
#include "specialise.h"

struct replay {
    struct lflow_cache *cache;
    struct model *model;
    struct specialised *specialised;
    struct slow_path *slow_path;
    struct recording_frames sent;
    unsigned int n_received;
    unsigned int n_actions[5]; /* by enum icgw_action of the fast path */
};

void replay_start(struct replay *, const char *release, int zone);
/* The gateway receives a copy of the frame. */
void replay_receive(struct replay *, const struct recording_frame *);
void replay_stop(struct replay *);

#endif
