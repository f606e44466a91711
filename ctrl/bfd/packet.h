/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_BFD_PACKET_H
#define ICGW_BFD_PACKET_H

/* BFD on the wire: the control packet, and the frame that OVN's tunnels carry
 * it in.  Any thread; nothing here has a state. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bfd.h"

/* A control packet without authentication (RFC 5880, 4.1).  Host byte order. */
struct bfd_control {
    enum bfd_state state;
    enum bfd_diag diag;
    bool poll;
    bool final;
    uint8_t mult;
    uint32_t my_discr;
    uint32_t your_discr;
    uint32_t min_tx_us;   /* Desired Min TX Interval */
    uint32_t min_rx_us;   /* Required Min RX Interval */
    uint32_t min_echo_us; /* Required Min Echo RX Interval */
};

/* What of a frame is the session's own. */
struct bfd_source {
    uint8_t eth_src[6]; /* inner */
    uint16_t port;      /* inner UDP source, 49152 to 65535 (RFC 5881, 4) */
    uint16_t entropy;   /* outer UDP source */
};

/* A frame for the peer at the end of the tunnel, which is resolved.  Returns
 * its length. */
uint16_t bfd_frame_build(uint8_t frame[BFD_FRAME_MAX], const struct icgw_tunnel *,
                         const struct bfd_source *, const struct bfd_control *);

struct bfd_arrival {
    struct icgw_addr src; /* outer */
    struct icgw_addr dst;
    struct bfd_control control;
};

/* Takes a received frame apart.  `locals` are our encap addresses.  False: no
 * BFD packet to one of them, or one that RFC 5880, 6.8.6 discards whatever the
 * session.  Addresses are filled as soon as the outer headers are good;
 * *addressed says whether. */
bool bfd_frame_parse(const uint8_t *frame, uint16_t len, struct icgw_addr *locals,
                     uint16_t n_locals, struct bfd_arrival *, bool *addressed);

#endif
