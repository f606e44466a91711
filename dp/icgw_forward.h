/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_FORWARD_H
#define ICGW_FORWARD_H

/* The fast path: what a worker does with a burst. */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "icgw_stats.h"
#include "icgw_tables.h"

struct rte_mbuf;

#define ICGW_BURST 32
#define ICGW_GENEVE_PORT 6081

/* A tunnel packet, taken apart. */
struct icgw_packet {
    uint8_t outer_l2_len; /* 14 or 18 */
    bool outer_v6;
    uint8_t outer_len;    /* up to and including OVN's option */
    uint8_t inner_l3_off; /* from the start of the inner frame; 14 */
    uint8_t ttl;          /* inner TTL or hop limit */
    bool has_option;      /* false: VNI 0 without option, that is BFD */
    uint16_t inner_len;   /* bytes of inner frame, Ethernet padding of the outer frame excluded */
    uint16_t inner_ip_len;
    uint16_t inport;
    uint16_t outport;
    uint16_t eth_type; /* inner, network byte order */
    uint32_t vni;
    uint32_t class;       /* enum icgw_class bits */
    struct icgw_addr src; /* outer addresses */
    struct icgw_addr dst;
};

enum icgw_action {
    ICGW_ACTION_TX,   /* rewritten; send by `port` */
    ICGW_ACTION_HOST, /* not ours: to the host interface of the port it came by, unchanged */
    ICGW_ACTION_SLOW, /* to the control thread, unchanged; reason is enum icgw_slow */
    ICGW_ACTION_DROP, /* to be freed; reason is enum icgw_drop */
    ICGW_ACTION_BFD,  /* from a chassis of this zone: to the BFD thread, unchanged */
};

/* What a packet is counted for (icgw_account.h), struct icgw_result.accounts. */
enum {
    ICGW_RESULT_PEER,    /* who sent it */
    ICGW_RESULT_TRANSIT, /* by which transit switch or router it came */
    ICGW_RESULT_TO,      /* where it goes */
    ICGW_RESULT_ACCOUNTS,
};

#define ICGW_RESULT_PORTS 16 /* of 4 bits */

struct icgw_result {
    uint8_t action : 4; /* enum icgw_action */
    uint8_t port : 4;
    uint8_t reason;
    uint16_t accounts[ICGW_RESULT_ACCOUNTS]; /* 0: none */
};
_Static_assert(sizeof(struct icgw_result) == sizeof(uint64_t), "compared and copied as a whole");

static inline uint64_t icgw_result_word(const struct icgw_result *r)
{
    uint64_t word;

    memcpy(&word, r, sizeof word);
    return word;
}

/* Takes the headers of a frame apart; reads nothing beyond the first segment.
 * Any thread.  Returns ICGW_ACTION_TX for a well-formed tunnel packet to one
 * of `locals` (then *packet is filled), ICGW_ACTION_HOST for a frame that is
 * none, ICGW_ACTION_DROP with *reason for a damaged one. */
enum icgw_action icgw_parse(const struct rte_mbuf *m, const struct icgw_tables *tables,
                            struct icgw_packet *packet, enum icgw_drop *reason);

/* Which rule a packet fits whose inner frame is at `inner`, `have` bytes of it in the
 * first segment: as workers find it, any thread.  UINT32_MAX: nothing here can tell, the
 * slow path has to. */
uint32_t icgw_classifier_find(const struct icgw_classifier *, const struct icgw_packet *,
                              const uint8_t *inner, uint32_t have);

/* What a worker remembers from burst to burst, about 0.4 MiB, on a NUMA node.
 * NULL: no memory.  Control thread. */
struct icgw_memo;
struct icgw_memo *icgw_memo_create(int socket);
void icgw_memo_free(struct icgw_memo *);

/* Decides about and rewrites n <= ICGW_BURST frames that came by one port.
 * Worker threads, each with a memo of its own; without one (NULL) all comes out the
 * same, only later.  Frees nothing and counts nothing: the caller acts on and
 * counts results[i].  False: the frames are as long as they were. */
bool icgw_forward(const struct icgw_tables *tables, struct icgw_memo *memo, struct rte_mbuf **pkts,
                  uint16_t n, struct icgw_result *results);

/* Prepends outer headers to an inner frame (one segment with ICGW_OUTER_MAX
 * bytes of headroom).  `entropy` becomes the UDP source port.  Computes the
 * whole UDP checksum.  For packets that the control thread makes.  Any thread.
 * Returns false, with *reason, when the tunnel is unresolved or the packet too
 * big for its link. */
bool icgw_encapsulate(struct rte_mbuf *inner, const struct icgw_tunnel *tunnel, uint32_t vni,
                      uint16_t inport, uint16_t outport, uint16_t entropy, enum icgw_drop *reason);

/* Hash of inner addresses, protocol and ports; also the entropy of packets that
 * the control thread makes.  `frame` is an inner Ethernet frame. */
uint32_t icgw_flow_hash(const uint8_t *frame, uint16_t len);

/* icgw_flow_hash() of the inner frames of n <= ICGW_BURST received ones, to
 * spread them over workers.  Returns a bit for each that is a tunnel packet, to
 * whomever; the others have no hash.  Frames need not be sound.  Any thread. */
uint32_t icgw_flow_hashes(struct rte_mbuf *const *pkts, uint16_t n, uint32_t *hashes);

#endif
