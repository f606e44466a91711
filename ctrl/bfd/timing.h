/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_BFD_TIMING_H
#define ICGW_BFD_TIMING_H

/* When a session sends, and when it gives up.  For session.c. */

#include "session.h"

/* RFC 5880, 6.8.3: no faster than that while not Up. */
#define BFD_SLOW_US 1000000u

/* The next transmission, counted from the last. */
void bfd_timing_schedule(struct bfd_session *, int64_t now);
/* Something was heard: the detection time begins anew. */
void bfd_timing_detection(struct bfd_session *, int64_t now);
/* Packets are to say, and the peer to know, what is wanted now. */
void bfd_timing_adopt(struct bfd_session *);
/* Begins to watch the traffic anew. */
void bfd_timing_reset_decay(struct bfd_session *, uint64_t arrived, int64_t now);
/* Looks whether traffic has come or gone. */
void bfd_timing_decay(struct bfd_session *, uint64_t arrived, int64_t now);

#endif
