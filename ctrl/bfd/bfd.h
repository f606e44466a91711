/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_BFD_H
#define ICGW_BFD_H

/* Bidirectional Forwarding Detection (RFC 5880) with hypervisors of the zone and
 * with fellow gateways, inside their tunnels, as Open vSwitch speaks it.
 *
 * A thread of its own transmits and detects, whatever the control thread is
 * busy with.  That thread alone touches sessions; the control thread leaves
 * orders in a mailbox and takes copies of what the thread has published.  The
 * mutex of the mailbox is only ever tried by the BFD thread, so that a control
 * thread that is stopped with the mutex in its hand delays nothing.
 *
 * All functions below: control thread only. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "icgw_tables.h"

struct bfd;
struct bfd_will;

enum bfd_state { /* RFC 5880, 4.1: values on the wire */
                 BFD_ADMIN_DOWN,
                 BFD_DOWN,
                 BFD_INIT,
                 BFD_UP,
};

enum bfd_diag {
    BFD_DIAG_NONE,
    BFD_DIAG_TIMEOUT,
    BFD_DIAG_ECHO_FAILED,
    BFD_DIAG_NEIGHBOUR_DOWN,
    BFD_DIAG_FORWARDING_RESET,
    BFD_DIAG_PATH_DOWN,
    BFD_DIAG_CONCATENATED_DOWN,
    BFD_DIAG_ADMIN_DOWN,
    BFD_DIAG_REVERSE_DOWN,
};

/* As in `bfd --json`: "admin_down", "down", "init", "up".  Any thread. */
const char *bfd_state_name(enum bfd_state);
const char *bfd_diag_name(enum bfd_diag);

/* Options of SB_Global.  Zero means the default. */
struct bfd_timers {
    uint32_t min_rx_ms;       /* bfd-min-rx; default 1000 */
    uint32_t min_tx_ms;       /* bfd-min-tx; default 100 */
    uint32_t decay_min_rx_ms; /* bfd-decay-min-rx; default 0: never */
    uint8_t mult;             /* bfd-mult; default 3 */
};

static inline bool bfd_timers_equal(const struct bfd_timers *a, const struct bfd_timers *b)
{
    return a->min_rx_ms == b->min_rx_ms && a->min_tx_ms == b->min_tx_ms &&
           a->decay_min_rx_ms == b->decay_min_rx_ms && a->mult == b->mult;
}

/* One pair of encap addresses. */
struct bfd_session_config {
    const char *chassis; /* name of the peer */
    struct icgw_addr local;
    struct icgw_addr remote;
    struct icgw_tunnel tunnel; /* nothing is sent while it is unresolved */
    uint16_t account;          /* icgw_account.h: of the traffic from the peer */
    /* A session that the last run of this program left Up: it goes on as if
     * nothing had been, if the peer has not noticed.  0: none. */
    uint32_t resume_local_discr;
    uint32_t resume_remote_discr;
};

/* A frame of the workers' BFD lane, or one for it.  Long enough for BFD inside
 * the longest outer headers and for options of the peer that we ignore. */
#define BFD_FRAME_MAX 188

/* How the thread reaches the workers and the clock. */
struct bfd_ops {
    /* Descriptor that is readable when receive() has something; -1: none. */
    int (*receive_fd)(void);
    /* Copies the next frame, up to max bytes; 0: there is none. */
    uint16_t (*receive)(uint8_t *frame, uint16_t max);
    bool (*transmit)(uint16_t port, const uint8_t *frame, uint16_t len);
    /* Packets that have come from the peer with that account, BFD left out, for
     * decay_min_rx_ms; NULL: never decay. */
    uint64_t (*arrived)(uint16_t account);
};

/* Starts the thread.  The ops are called by it alone; so is the will, which may
 * be NULL and must outlive it.  NULL with errno: no thread, descriptor or memory. */
struct bfd *bfd_create(const struct bfd_ops *, struct bfd_will *);
/* Ends the thread.  What the peers notice is what they notice: announce
 * bfd_set_admin_down() before. */
void bfd_destroy(struct bfd *);

/* Replaces the set of sessions; everything is copied.  A session whose chassis
 * and addresses are in both sets goes on, with its new tunnel.  One that is not
 * in the new set ends without a word. */
void bfd_set_sessions(struct bfd *, const struct bfd_session_config *, size_t n);
void bfd_set_timers(struct bfd *, const struct bfd_timers *);
/* True: tells every peer, at once and then periodically, that we are down on
 * purpose (drain, shutdown).  False: sessions come up again. */
void bfd_set_admin_down(struct bfd *, bool admin_down);

/* What a session was when the thread published it: at once after a change of
 * state, counters within 250 ms. */
struct bfd_session_status {
    const char *chassis;
    struct icgw_addr local;
    struct icgw_addr remote;
    enum bfd_state state;
    enum bfd_state remote_state;
    enum bfd_diag diag; /* why it last went down */
    enum bfd_diag remote_diag;
    bool up;
    bool resolved;      /* the tunnel is */
    int64_t changed_ms; /* of the last change of state, CLOCK_MONOTONIC; 0: none yet */
    uint64_t rx_packets;
    uint64_t tx_packets;
    uint64_t rx_discarded; /* ill-formed, or a Your Discriminator that is not ours */
    uint64_t flaps;        /* times that it left Up */
    uint32_t detect_ms;    /* silence after which the peer is down; 0: not known yet */
    uint32_t tx_interval_ms;
    uint32_t local_discr;
    uint32_t remote_discr;
};

/* One per chassis: up if any of its sessions is. */
struct bfd_peer_status {
    const char *chassis;
    bool up;
    int64_t changed_ms; /* when `up` changed last; 0: never was up */
};

struct bfd_stats {
    uint64_t rx_packets;
    uint64_t tx_packets;
    uint64_t unexpected;  /* from an address pair without a session */
    uint64_t discarded;   /* no BFD in it, or BFD that RFC 5880, 6.8.6 discards */
    uint64_t tx_failed;   /* the workers' ring was full */
    uint64_t max_late_us; /* longest delay of a transmission behind its time */
};

struct bfd_snapshot {
    struct bfd_peer_status *peers; /* sorted by name */
    size_t n_peers;
    struct bfd_session_status *sessions; /* sorted by chassis, then addresses */
    size_t n_sessions;
    struct bfd_stats stats;
    bool admin_down;
};

/* The newest; never NULL, valid until the next bfd_peers() or bfd_destroy().  A
 * peer that bfd_set_sessions() has just added may not be in it yet. */
const struct bfd_snapshot *bfd_peers(struct bfd *);
/* Whether the chassis is up in it; false for one that is not in it. */
bool bfd_peer_up(const struct bfd_snapshot *, const char *chassis);

/* Readable (poll_fd_wait(fd, POLLIN)) after any peer went up or down or came
 * or went, until bfd_changed(), which says whether it was. */
int bfd_fd(const struct bfd *);
bool bfd_changed(struct bfd *);

/* For the databases' side: whom to speak to and how fast.  ctrl/ovsdb provides
 *
 *     bool ovsdb_bfd_peers(const struct ovsdb *, const char *const **names, size_t *n);
 *     void ovsdb_bfd_timers(const struct ovsdb *, struct bfd_timers *);
 *
 * names: fellow members and, where we are a member, the ref_chassis of
 * HA_Chassis_Groups with two or more members; without ourselves and without
 * chassis of other zones; sorted, each once; valid until ovsdb_run(). */

#endif
