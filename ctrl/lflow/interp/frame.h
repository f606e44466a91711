/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_FRAME_H
#define ICGW_FRAME_H

/* An actual Ethernet frame and its fields. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "state.h"

#define FRAME_MAX 16384 /* longest frame the slow path takes */

struct frame {
    uint16_t len;
    uint8_t data[FRAME_MAX];
};

/* Reads the fields of the frame into *state; what the frame does not have is 0,
 * registers and metadata are left alone.  Reads nothing beyond frame->len. */
void frame_load(const struct frame *, struct state *);

/* Writes fields of *state that differ from the frame's into it.  Checksums are
 * updated (RFC 1624), not computed: a wrong one stays wrong. */
void frame_store(struct frame *, const struct state *);

/* Bytes of an IPv6 extension header (RFC 8200, 4; RFC 4302, 2.2), of which two are there. */
size_t extension_len(uint8_t proto, const uint8_t *header);

/* New frames that answer or ask on behalf of `in`, whose fields are *state.
 * They are complete, with checksums; actions then change their fields. */

/* An ARP request from eth.src to eth.dst of the packet. */
void frame_make_arp(struct frame *, const struct state *);
/* A neighbour solicitation for ip6.dst of the packet, from eth.src.  Flows put the next
 * hop in: into the target always, into the addresses not always. */
void frame_make_ns(struct frame *, const struct state *);
/* The answer to the neighbour solicitation `in`.  False: it is none. */
bool frame_make_na(struct frame *, const struct state *, bool router);
/* Destination unreachable, with the beginning of `in` as far as RFC 1812 and
 * RFC 4443 allow.  port_unreachable: code 3 (4 for IPv6) when `in` is UDP.
 * False: `in` is not IPv4 or IPv6. */
bool frame_make_icmp4(struct frame *, const struct frame *in, const struct state *,
                      bool port_unreachable);
bool frame_make_icmp6(struct frame *, const struct frame *in, const struct state *,
                      bool port_unreachable);
/* Fragmentation needed, or packet too big, in answer to `in`: Ethernet and IP
 * addresses exchanged.  mtu: bytes of IP packet.  False: `in` gets no error (may
 * be fragmented, is an error itself, is not IP). */
bool frame_make_too_big(struct frame *, const struct frame *in, uint32_t mtu);
/* A TCP reset or an SCTP abort for the packet `in`, addressed as that is: actions turn
 * it round.  False: `in` is no such packet, or only part of one. */
bool frame_make_tcp_reset(struct frame *, const struct frame *in, const struct state *);
bool frame_make_sctp_abort(struct frame *, const struct frame *in, const struct state *);

#endif
