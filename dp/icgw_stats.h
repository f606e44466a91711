/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_STATS_H
#define ICGW_STATS_H

#include <stdint.h>

#include <rte_common.h>

/* Why a packet was dropped.  One counter each; the names are part of the
 * operator's interface (`ovnic-gw-ctl stats`).  Append only. */
#define ICGW_DROPS(X)                                                                              \
    /* Outer headers. */                                                                           \
    X(OUTER_TRUNCATED, "outer_truncated")       /* shorter than its headers say */                 \
    X(OUTER_BAD_LENGTH, "outer_bad_length")     /* IP or UDP length contradicts the frame */       \
    X(OUTER_BAD_CHECKSUM, "outer_bad_checksum") /* IPv4 header checksum */                         \
    X(OUTER_FRAGMENT, "outer_fragment")         /* tunnels set DF; fragments are refused */        \
    X(GENEVE_VERSION, "geneve_version")                                                            \
    X(GENEVE_PROTOCOL, "geneve_protocol") /* not Ethernet inside */                                \
    X(GENEVE_OAM, "geneve_oam")           /* control bit set */                                    \
    X(GENEVE_OPTIONS, "geneve_options")   /* not exactly OVN's option */                           \
    X(BFD, "bfd")                         /* nobody here speaks BFD with the sender */             \
    /* Inner headers. */                                                                           \
    X(INNER_TRUNCATED, "inner_truncated")                                                          \
    X(INNER_MALFORMED, "inner_malformed")                                                          \
    /* Admission and look-up. */                                                                   \
    X(UNKNOWN_SOURCE, "unknown_source") /* outer source is no known chassis */                     \
    X(ZONE_VIOLATION, "zone_violation") /* other zone addressed a local datapath */                \
    X(UNKNOWN_VNI, "unknown_vni")                                                                  \
    X(UNKNOWN_PORT, "unknown_port") /* no such outport in that datapath */                         \
    X(NOT_RESIDENT, "not_resident") /* outport is bound to another chassis */                      \
    X(LOGICAL_DROP, "logical_drop") /* the logical flows drop it */                                \
    X(UNBOUND_PORT, "unbound_port") /* destination port has no chassis */                          \
    X(UNSUPPORTED, "unsupported")   /* see list-unsupported */                                     \
    X(LOOP, "loop")                 /* too many logical hops */                                    \
    /* Underlay. */                                                                                \
    X(NO_TUNNEL, "no_tunnel")                     /* no tunnel to the destination chassis */       \
    X(UNDERLAY_UNRESOLVED, "underlay_unresolved") /* next hop not resolved by the kernel yet */    \
    X(TOO_BIG, "too_big")                         /* does not fit the underlay link */             \
    /* Resources. */                                                                               \
    X(HEADER_SPLIT, "header_split") /* headers not contiguous in the first segment */              \
    X(NO_MBUF, "no_mbuf")                                                                          \
    X(TX_FULL, "tx_full")                                                                          \
    X(HOST_FULL, "host_full") /* host interface did not take it */                                 \
    X(SLOW_PATH_FULL, "slow_path_full")                                                            \
    X(SLOW_PATH_RATE, "slow_path_rate_limited")                                                    \
    X(NEIGHBOUR_QUEUE_FULL, "neighbour_queue_full")                                                \
    X(NEIGHBOUR_TIMEOUT, "neighbour_timeout")                                                      \
    X(BFD_FULL, "bfd_full")           /* the BFD thread does not keep up */                        \
    X(HANDOVER_FULL, "handover_full") /* another worker does not keep up */                        \
    X(RX_TOO_LONG, "rx_too_long")     /* longer than its port's MTU admits */

/* Why a packet left the fast path for the interpreter in the control thread. */
#define ICGW_SLOWS(X)                                                                              \
    X(ARP, "arp")                                                                                  \
    X(ND, "nd")               /* ND and MLD */                                                     \
    X(MULTICAST, "multicast") /* multicast key, or group destination */                            \
    X(TTL, "ttl")                                                                                  \
    X(TOO_LONG, "too_long")     /* longer than gateway_mtu admits */                               \
    X(ICMP_ERROR, "icmp_error") /* fragmentation needed, packet too big */                         \
    X(SOURCE, "source")         /* source address that a flow singles out */                       \
    X(FRAGMENT, "fragment")                                                                        \
    X(NOT_IP, "not_ip")                                                                            \
    X(ROUTER_ADDRESS, "router_address")           /* addressed to a router */                      \
    X(NEIGHBOUR, "neighbour")                     /* MAC address of the next hop unknown */        \
    X(DESTINATION, "destination")                 /* outcome depends on more than tables tell */   \
    X(UNKNOWN_DESTINATION, "unknown_destination") /* MAC address that no table has */              \
    X(TOO_BIG, "too_big")                         /* does not fit the underlay link */

#define ICGW_ENUM_DROP(name, text) ICGW_DROP_##name,
#define ICGW_ENUM_SLOW(name, text) ICGW_SLOW_##name,

enum icgw_drop { ICGW_DROPS(ICGW_ENUM_DROP) ICGW_N_DROPS };
enum icgw_slow { ICGW_SLOWS(ICGW_ENUM_SLOW) ICGW_N_SLOWS };

/* Snake-case names, as in `stats --json`.  Any thread. */
const char *icgw_drop_name(enum icgw_drop reason);
const char *icgw_slow_name(enum icgw_slow reason);

/* Counters of one thread.  Written by that thread only; read by others without
 * locks (a reader may see a burst half counted, never a torn value). */
struct icgw_stats {
    uint64_t rx_packets;
    uint64_t tx_packets;
    uint64_t rx_bytes;
    uint64_t tx_bytes;
    uint64_t busy_cycles; /* TSC cycles in polls that found packets */
    uint64_t polls;
    uint64_t to_host; /* handed to the host interface */
    uint64_t from_host;
    uint64_t to_bfd;      /* handed to the BFD thread */
    uint64_t handed_over; /* received here, handed to another worker … */
    uint64_t taken_over;  /* … and the other way round */
    uint64_t drops[ICGW_N_DROPS];
    uint64_t slow[ICGW_N_SLOWS];
} __rte_cache_aligned;

#endif
