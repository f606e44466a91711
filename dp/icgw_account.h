/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_ACCOUNT_H
#define ICGW_ACCOUNT_H

/* What traffic is counted for: the chassis that a packet came from, the transit
 * switch or router that it came by, the chassis (and transit switch or router) that
 * it goes to.  Each of those has a number that stays its own while the program runs,
 * whatever becomes of the tables, which have it beside what they say of the packet.
 * So counters need not follow the tables, and never go back. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <rte_mbuf.h>

#include "icgw_forward.h"
#include "icgw_tables.h"

/* Of one account and one worker, written by that worker only; read by others without
 * locks.  Bytes are of whole frames, with the headers that they leave with. */
struct icgw_traffic {
    uint64_t packets;
    uint64_t bytes;
};

enum icgw_account_kind {
    ICGW_ACCOUNT_NONE,
    ICGW_ACCOUNT_FROM_PEER,    /* what came from it, BFD left out */
    ICGW_ACCOUNT_FROM_TRANSIT, /* what came by the datapath */
    ICGW_ACCOUNT_TO,           /* what was forwarded to the peer, on the datapath */
};

struct icgw_account {
    struct icgw_addr peer; /* 0: any */
    uint32_t datapath;     /* tunnel key of a transit switch or router; 0: another */
    uint32_t kind;         /* enum icgw_account_kind */
};

/* As many as 1,000 hypervisors and 1,000 transit switches with ten gateways each
 * need.  [0] is for what has none, also for lack of numbers. */
#define ICGW_ACCOUNTS 16384 /* power of 2 */

/* The number of an account, which gets one if it has none; 0: there is none left.
 * peer NULL: any.  Control thread. */
uint16_t icgw_account(enum icgw_account_kind kind, const struct icgw_addr *peer, uint32_t datapath);
/* How many there are, [0] included, and what each is for.  Control thread. */
uint16_t icgw_accounts(void);
const struct icgw_account *icgw_account_at(uint16_t number);

static inline void icgw_account_add(struct icgw_traffic *traffic, uint16_t number, uint64_t packets,
                                    uint64_t bytes)
{
    struct icgw_traffic *t = &traffic[number % ICGW_ACCOUNTS];

    t->packets += packets;
    t->bytes += bytes;
}

/* Counts a burst, decided and rewritten but not sent yet, of `bytes` in all; n is not
 * 0.  Returns what differs among the results: bits that are 0 are the same in all.
 * Mostly all of them are, or all but who sent the packet or all but where it goes,
 * so that counting costs the burst a few additions.  Owning worker. */
static inline struct icgw_result icgw_count(struct icgw_traffic *traffic,
                                            const struct icgw_result *results,
                                            struct rte_mbuf *const *pkts, uint16_t n,
                                            uint64_t bytes)
{
    uint64_t first = icgw_result_word(&results[0]), bits = 0;
    struct icgw_result differs;

    for (uint16_t i = 1; i < n; i++) {
        bits |= icgw_result_word(&results[i]) ^ first;
    }
    memcpy(&differs, &bits, sizeof differs);
    for (unsigned int k = 0; k < ICGW_RESULT_ACCOUNTS; k++) {
        if (likely(differs.accounts[k] == 0)) {
            icgw_account_add(traffic, results[0].accounts[k], n, bytes);
            continue;
        }
        for (uint16_t i = 0; i < n; i++) {
            icgw_account_add(traffic, results[i].accounts[k], 1, rte_pktmbuf_pkt_len(pkts[i]));
        }
    }
    return differs;
}

#endif
