/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_DRAIN_H
#define ICGW_DRAIN_H

/* Leaving the work to others without losing a packet: BFD says so to everyone as soon as
 * somebody could take over (until then hypervisors would have no gateway), the claims go to
 * whoever takes them over, and what still arrives is forwarded all the while.  Control
 * thread only. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ovsdb;

/* Why; bits. */
enum drain_reason {
    DRAIN_OPERATOR = 1 << 0, /* `ovnic-gw-ctl drain` */
    DRAIN_EXIT = 1 << 1,
    DRAIN_WORKER = 1 << 2, /* one is stuck */
    DRAIN_LINK = 1 << 3,   /* one is down, and no other leads to all gateways */
};

enum drain_state {
    DRAIN_OFF,
    DRAIN_HANDING_OVER, /* somebody could take over a port that we still hold */
    DRAIN_FORWARDING,   /* nothing to hand over; packets still arrive */
    DRAIN_DONE,         /* none has arrived for DRAIN_QUIET_MS */
};

/* Longer than other zones take to read who holds a port now. */
#define DRAIN_QUIET_MS 1500

struct drain {
    unsigned int reasons; /* 0: not draining */
    uint64_t arrived;     /* tunnel packets, ever */
    int64_t arrived_at;   /* ms; of the last one that was noticed */
    /* As of drain_run(). */
    enum drain_state state;
    size_t n_heirless; /* ports that nobody else could take over */
    bool alone;        /* no peers at all: nobody notices that we leave */
    bool has_heirs;    /* of something we hold, or nothing is held */
    bool followed;     /* what has been handed over, other zones know by now */
    int64_t handed_at; /* ms; when there last was something to hand over; 0: never */
};

/* Adds or takes away a reason.  True when that begins or ends the drain. */
bool drain_change(struct drain *, struct ovsdb *, enum drain_reason, bool on);
/* `arrived`: tunnel packets that have arrived so far, other than BFD. */
void drain_run(struct drain *, const struct ovsdb *, uint64_t arrived, int64_t now);
/* Time (ms) at which drain_run() has something to find out; INT64_MAX: none. */
int64_t drain_wakeup(const struct drain *);

/* Whether to go on serving has no use: all is handed over and quiet, or there
 * is nobody who could take over. */
bool drain_finished(const struct drain *);

/* As in `status --json`: "off", "handing_over", "forwarding", "drained". */
const char *drain_state_name(enum drain_state);

#endif
