/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_CAPTURE_H
#define ICGW_CAPTURE_H

/* Copies of the frames that workers receive, send and drop, for somebody to look
 * at: what `trace --live` and `capture` are made of.
 *
 * Off, it costs a worker one load and one branch per burst.  On, it costs a run of
 * the filter and a copy of the first bytes per frame; nobody waits for the reader:
 * a frame that finds no room is counted as missed.  One capture at a time. */

#include <stdbool.h>
#include <stdint.h>

struct bpf_insn; /* libpcap's */

enum icgw_capture_point {
    ICGW_CAPTURE_RX,   /* as received by `port`; action and reason: what was decided */
    ICGW_CAPTURE_TX,   /* as sent by `port` */
    ICGW_CAPTURE_DROP, /* dropped for `reason` after it had been decided about */
};

#define ICGW_CAPTURE_BIT(point) (1u << (point))
#define ICGW_CAPTURE_MIN_SNAPLEN 64u
#define ICGW_CAPTURE_MAX_SNAPLEN 16384u
#define ICGW_CAPTURE_NO_PORT UINT16_MAX /* dropped by the control thread */

struct icgw_capture_record {
    uint64_t tsc;     /* when */
    uint64_t id;      /* a frame received and what it was sent as share it; 0: none */
    uint32_t pkt_len; /* bytes of the frame … */
    uint16_t len;     /* … and of it in data[] */
    uint16_t port;    /* index of the [port] section */
    uint16_t lane;    /* number of the worker; icgw_pmd_n_workers(): control thread */
    uint8_t point;    /* enum icgw_capture_point */
    uint8_t action;   /* enum icgw_action; RX only */
    uint8_t reason;   /* enum icgw_drop or, with ICGW_ACTION_SLOW, enum icgw_slow */
    char flow[9];     /* DROP by logical flows: first digits of the flow's UUID; or "" */
    uint8_t data[];
};

struct icgw_capture_config {
    /* Which frames; NULL: all.  Constant until icgw_pmd_capture_free().  A frame
     * that is sent is of interest too when it was as it was received. */
    const struct bpf_insn *filter;
    uint32_t points;  /* ICGW_CAPTURE_BIT()s; with RX not set but DROP, frames that are
                       * dropped at once are recorded as RX all the same */
    uint32_t snaplen; /* bytes of each frame; ICGW_CAPTURE_MIN_SNAPLEN to _MAX_SNAPLEN */
    uint64_t limit;   /* frames per worker, then it stops looking; TX after RX not counted */
};

/* Control thread: begins.  False, with *error (malloc'ed): another one runs, or no
 * memory. */
bool icgw_pmd_capture_start(const struct icgw_capture_config *, char **error);
/* Control thread: workers record nothing more.  Waits until they know, which
 * takes them a burst; 3 s at most, for the sake of one that is stuck.  What was
 * recorded can still be read. */
void icgw_pmd_capture_stop(void);
/* Control thread, when the reader has ended.  False: a worker is stuck and may look at
 * the filter and the memory for records whenever it comes round, so that is kept,
 * and the filter has to be; the next icgw_pmd_capture_start() tries again. */
bool icgw_pmd_capture_free(void);
/* Control thread: whether there is a capture that wants drops; then records one of
 * its own, of a frame that was to leave the control thread.  `flow`: UUID, or NULL. */
bool icgw_pmd_capture_wants_drops(void);
void icgw_pmd_capture_drop(const void *frame, uint32_t len, uint8_t reason, const char *flow);

/* The reader, one thread, from start to free.  The descriptor becomes readable when
 * there are records, and stays so until icgw_pmd_capture_next() has returned NULL.
 * Each record is given back. */
int icgw_pmd_capture_fd(void);
struct icgw_capture_record *icgw_pmd_capture_next(void);
void icgw_pmd_capture_give_back(struct icgw_capture_record *);
/* Any thread, from start to free: frames of interest that found no room. */
uint64_t icgw_pmd_capture_missed(void);

#endif
