/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_BFD_SESSION_H
#define ICGW_BFD_SESSION_H

/* One BFD session: RFC 5880, asynchronous mode, no echo, no authentication.
 *
 * Knows no clock and no socket: the caller says what time it is (microseconds
 * of a clock that never goes back) and what arrived, and asks what to send and
 * when to come back.  One thread at a time. */

#include <stdbool.h>
#include <stdint.h>

#include "packet.h"

#define BFD_NEVER INT64_MAX

/* Intervals in microseconds, as on the wire. */
struct bfd_session {
    enum bfd_state state;
    enum bfd_state remote_state;
    enum bfd_diag diag;
    enum bfd_diag remote_diag;
    uint32_t local_discr;
    uint32_t remote_discr;
    uint32_t random; /* state of the generator behind the jitter; not 0 */

    struct bfd_timers timers; /* wanted; no zeroes */
    bool decayed;             /* decay_min_rx_ms is in force */
    uint8_t remote_mult;      /* 0: nothing was received yet */
    uint32_t remote_min_tx;
    uint32_t remote_min_rx;
    /* What our packets say … */
    uint32_t min_tx;
    uint32_t min_rx;
    /* … and what we go by, which lags behind until a poll sequence has told the
     * peer (RFC 5880, 6.8.3). */
    uint32_t used_tx;
    uint32_t used_rx;
    bool polling;
    bool final_due;
    bool urgent; /* the peer has not been told of a change yet */

    int64_t last_tx;
    int64_t next_tx;   /* BFD_NEVER: the peer wants nothing */
    int64_t detect_at; /* BFD_NEVER: nothing to miss */
    int64_t decay_at;  /* next look at the traffic */
    uint64_t decay_packets;
    int64_t changed_at; /* last change of state; 0: none */
    uint64_t rx_packets;
    uint64_t tx_packets;
    uint64_t discarded;
    uint64_t flaps;
};

/* Defaults in place of zeroes, and what makes no sense set right. */
struct bfd_timers bfd_session_timers(const struct bfd_timers *);

/* discr: not 0, and unique among the sessions of this system. */
void bfd_session_init(struct bfd_session *, uint32_t discr, uint32_t seed,
                      const struct bfd_timers *, bool admin_down, int64_t now);
void bfd_session_set_timers(struct bfd_session *, const struct bfd_timers *, int64_t now);
void bfd_session_set_admin_down(struct bfd_session *, bool admin_down, int64_t now);

/* Right after bfd_session_init(): Up, as the session was that had these
 * discriminators.  A peer that has noticed something says so at once, and the
 * session comes up anew. */
void bfd_session_resume(struct bfd_session *, uint32_t remote_discr, int64_t now);

/* The way to the peer has opened: do not wait for the next periodic packet. */
void bfd_session_announce(struct bfd_session *);

/* False: discarded (RFC 5880, 6.8.6). */
bool bfd_session_receive(struct bfd_session *, const struct bfd_control *, int64_t now);

/* Time passes: detection.  `arrived` counts packets that have come from the
 * peer (decay). */
void bfd_session_run(struct bfd_session *, uint64_t arrived, int64_t now);
/* Fills *control when there is something to be sent now.  Call until false. */
bool bfd_session_transmit(struct bfd_session *, struct bfd_control *, int64_t now);
/* What the peer is to hear once we are dead. */
void bfd_session_last_will(const struct bfd_session *, struct bfd_control *);
/* When bfd_session_run() or bfd_session_transmit() have something to do. */
int64_t bfd_session_deadline(const struct bfd_session *);

/* Silence after which the peer is down; 0: not known yet. */
uint64_t bfd_session_detect_us(const struct bfd_session *);
/* Between two transmissions, without jitter. */
uint32_t bfd_session_tx_interval(const struct bfd_session *);

#endif
