/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_TABLES_H
#define ICGW_TABLES_H

/* Forwarding tables.
 *
 * The control thread builds these objects, the workers only read them.  After
 * icgw_tables_publish() nothing reachable from the tables changes any more; a
 * change is a new `struct icgw_tables` that shares the endpoints that stayed
 * the same.  Old tables are freed once every worker has reported quiescence.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_common.h>

#include "icgw_stats.h"

struct icgw_map;    /* map.h; says why these are not rte_hash tables */
struct icgw_shares; /* shares.h */

/* IPv6 address, or IPv4 address as ::ffff:a.b.c.d.  Network byte order. */
struct icgw_addr {
    uint8_t bytes[16];
};

static inline bool icgw_addr_is_v4(const struct icgw_addr *a)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    return __builtin_memcmp(a->bytes, mapped, sizeof mapped) == 0;
}

/* What an inner packet is, apart from its addresses.  A destination names the
 * classes that its precomputed verdict does not cover (its guard). */
enum icgw_class {
    ICGW_CLASS_FRAGMENT = 1u << 0, /* any fragment */
    ICGW_CLASS_LATER_FRAGMENT = 1u << 1,
    ICGW_CLASS_TOO_BIG_ERROR = 1u << 2,    /* ICMPv4 type 3 (any code), ICMPv6 type 2 */
    ICGW_CLASS_ECHO_REQUEST = 1u << 3,     /* ICMPv4 type 8, ICMPv6 type 128 */
    ICGW_CLASS_ND = 1u << 4,               /* ICMPv6 types 133 to 137 */
    ICGW_CLASS_MLD = 1u << 5,              /* ICMPv6 types 130, 131, 132, 143 */
    ICGW_CLASS_IGMP = 1u << 6,             /* IPv4 protocol 2 */
    ICGW_CLASS_MULTICAST_SOURCE = 1u << 7, /* group bit in eth.src */
    ICGW_CLASS_IP_OPTIONS = 1u << 8, /* IPv4 options, or an IPv6 extension header that hides L4 */
};

enum icgw_verdict {
    ICGW_VERDICT_FORWARD,
    ICGW_VERDICT_SELECT, /* one of `members`, by inner flow hash */
    ICGW_VERDICT_SLOW,
    ICGW_VERDICT_DROP,
    ICGW_VERDICT_CLASSIFY, /* one of `members`, by the rules of `classifier` */
};

#define ICGW_NO_TUNNEL UINT16_MAX
#define ICGW_NO_PORT UINT16_MAX /* no key of a port: those have 15 bits */
#define ICGW_MAX_MEMBERS 64     /* ECMP members of one destination */
#define ICGW_MAX_SOURCES 32     /* sources that one guard can single out */

/* Source prefixes that the verdict does not cover.  IPv4 as ::ffff:a.b.c.d
 * with a mask over the same 128 bits. */
struct icgw_source_guard {
    uint16_t n;
    uint16_t n_blocks; /* set by the tables, for themselves */
    struct {
        struct icgw_addr value;
        struct icgw_addr mask;
    } prefix[ICGW_MAX_SOURCES];
};

/* What a classifier can look at: the inner packet as logical flows see it, in network
 * byte order, unused bytes 0. */
struct icgw_headers {
    uint8_t src[16]; /* IPv4: the first four bytes */
    uint8_t dst[16];
    uint8_t l4[4]; /* ports, or ICMP's type and code; 0 in any fragment */
    uint8_t eth_src[6];
    uint8_t proto;
    uint8_t frag; /* 1: a fragment, 3: a later one */
};
_Static_assert(sizeof(struct icgw_headers) == 44, "words without padding");

/* Packets of which the bits `mask` of the headers equal `value` go to that member. */
struct icgw_rule {
    struct icgw_headers value;
    struct icgw_headers mask;
    uint32_t member;
};

#define ICGW_MAX_RULES 256 /* of one classifier: they are tried in turn */

struct icgw_classifier;

/* A list of rules of which the first that fits counts; the last one should fit
 * anything.  NULL: no memory, no rules or more than ICGW_MAX_RULES.  Any thread. */
struct icgw_classifier *icgw_classifier_create(const struct icgw_rule *rules, uint32_t n);
void icgw_classifier_free(struct icgw_classifier *);
/* How many rules it has, and the `i`th of them, from 0 on. */
uint32_t icgw_classifier_rules(const struct icgw_classifier *);
void icgw_classifier_rule(const struct icgw_classifier *, uint32_t i, struct icgw_rule *);

/* The outcome of the logical pipeline for one destination.  Valid when the
 * packet is in none of the classes of `guard`, its TTL is at least `min_ttl`,
 * its inner IP length at most `max_len` and its source not in `sources`;
 * otherwise the packet takes the slow path.  ICGW_VERDICT_CLASSIFY has no guard: its
 * members have theirs. */
struct icgw_dest {
    uint8_t verdict;  /* enum icgw_verdict */
    uint8_t reason;   /* enum icgw_slow or icgw_drop, for those verdicts */
    uint8_t min_ttl;  /* 0: any */
    uint8_t ttl_dec;  /* subtracted from inner TTL or hop limit */
    uint16_t max_len; /* bytes of inner IP packet; 0: any */
    uint16_t tunnel;  /* index into icgw_tables.tunnels, or ICGW_NO_TUNNEL */
    uint32_t guard;   /* enum icgw_class bits */
    uint32_t vni;     /* what to put into the Geneve header … */
    uint16_t inport;  /* … and into OVN's option */
    uint16_t outport;
    uint8_t rewrite_eth; /* write eth_dst and eth_src */
    uint8_t n_members;   /* for ICGW_VERDICT_SELECT and _CLASSIFY */
    uint8_t eth_dst[6];
    uint8_t eth_src[6];
    uint16_t account; /* icgw_account.h: of what is sent there */
    /* Set by the tables: sum of what is written, as addr_sum below, … */
    uint32_t sum;
    uint32_t wire_vni; /* … and the words of it as they are in the packet */
    uint32_t wire_keys;
    union {
        const struct icgw_source_guard *sources;  /* NULL: any source */
        const struct icgw_classifier *classifier; /* of ICGW_VERDICT_CLASSIFY */
    };
    const struct icgw_dest *members;
};
_Static_assert(sizeof(struct icgw_dest) <= RTE_CACHE_LINE_SIZE, "a destination is one cache line");

/* Longest outer headers: Ethernet, 802.1Q, IPv6, UDP, Geneve, OVN's option. */
#define ICGW_OUTER_MAX (14 + 4 + 40 + 8 + 8 + 8)
#define ICGW_GENEVE_LEN 16 /* header and OVN's option */

/* A way to a remote chassis: our encap address, its encap address, and the
 * next hop that the kernel chose. */
struct icgw_tunnel {
    uint16_t port;               /* port to send by (index of the [port] section) */
    uint16_t mtu;                /* bytes of outer IP packet that the link takes */
    uint8_t l2_len;              /* 14, or 18 with a VLAN tag */
    uint8_t hdr_len;             /* up to and including OVN's option */
    bool v6;                     /* outer IPv6 */
    bool csum;                   /* the remote wants UDP checksums (always so for IPv6) */
    bool offload;                /* the port computes a UDP checksum where there was none */
    bool resolved;               /* the kernel knows the next hop's MAC address */
    uint32_t addr_sum;           /* one's complement sum of the outer addresses, unfolded, as
                                  * native-endian loads of network-order 16-bit words (rte_raw_cksum) */
    uint32_t ip_sum;             /* likewise of the IPv4 header … */
    uint32_t udp_sum;            /* … and of what the UDP checksum covers */
    uint8_t hdr[ICGW_OUTER_MAX]; /* template; lengths, checksums, UDP source port, VNI, keys zero */
};

enum icgw_zone {
    ICGW_ZONE_LOCAL,  /* chassis of this availability zone */
    ICGW_ZONE_REMOTE, /* gateway of another one */
};

enum icgw_endpoint_kind {
    ICGW_ENDPOINT_L2,   /* look up inner eth.dst and EtherType */
    ICGW_ENDPOINT_L3,   /* inner eth.dst must be router_mac; look up inner ip.dst */
    ICGW_ENDPOINT_SLOW, /* every packet to the slow path, for `reason` */
    ICGW_ENDPOINT_DROP, /* every packet dropped, for `reason` */
};

/* What (VNI, outport) leads to.  Owned by the control thread, shared by
 * several generations of tables, counted by `refs` (control thread only): one for whoever
 * made it, one for each struct icgw_share that has it. */
struct icgw_endpoint {
    uint8_t kind;   /* enum icgw_endpoint_kind */
    uint8_t reason; /* enum icgw_slow or icgw_drop */
    bool transit;   /* other zones may address it */
    uint8_t router_mac[6];
    uint16_t port_key; /* of the port that packets come to; ICGW_NO_PORT: does not matter */
    uint16_t account;  /* icgw_account.h: of the datapath */
    uint8_t n_len4;    /* used entries of len4 and len6 */
    uint8_t n_len6;
    uint32_t refs;
    uint32_t n_dests;    /* in the three maps */
    struct icgw_map *l2; /* eth.dst, EtherType -> const struct icgw_dest * */
    struct icgw_map *v4; /* masked address, length -> the same */
    struct icgw_map *v6; /* masked address, length -> the same */
    uint8_t len4[33];    /* distinct prefix lengths, longest first */
    uint8_t len6[129];
    struct icgw_endpoint_store *store; /* memory of destinations and guards */
    struct icgw_endpoint *replica;     /* the next copy of it, see icgw_tables_add_replica() */
    int node;                          /* of a replica; of the first copy: below 0 */
};

/* What is known of a VNI without looking at a port. */
enum icgw_vni {
    ICGW_VNI_LOCAL = 1,   /* only chassis of this zone may address it */
    ICGW_VNI_TRANSIT = 2, /* at least one endpoint of it is open to other zones */
};

/* Everything that workers look at. */
struct icgw_tables {
    uint64_t serial;            /* of no other tables of this process */
    struct icgw_map *endpoints; /* uint64_t vni << 16 | outport -> struct icgw_endpoint * */
    struct icgw_map *vnis;      /* vni -> enum icgw_vni; tells unknown VNI from unknown port */
    struct icgw_map *sources;   /* struct icgw_addr -> source.h */
    struct icgw_tunnel **tunnels;
    uint16_t n_tunnels;
    struct icgw_addr *locals; /* our encap addresses */
    uint16_t n_locals;
    uint32_t local4;             /* the first that is IPv4, network byte order; 0: none */
    uint32_t n_dests;            /* of all endpoints, when they were added */
    uint32_t n_aliases;          /* endpoints by a further key */
    struct icgw_shares *shares;  /* references on the endpoints; of a replica: NULL */
    uint32_t n_far;              /* of a replica: endpoints that are not on its node */
    struct icgw_tables *replica; /* the next copy of them, see icgw_tables_add_replica() */
    int node;                    /* of a replica; of the first copy: below 0 */
    /* Whoever publishes, control thread only: replaced, and not yet freed. */
    struct {
        struct icgw_tables *next;
        uint64_t token;  /* of rte_rcu_qsbr_start() after they were replaced */
        uint64_t number; /* of the publication that replaced them */
    } retired;
};

/* Building.  Control thread only.  Functions that allocate return NULL or
 * false when memory (of the EAL) is exhausted. */

/* A new endpoint; refs is 1.  The numbers of entries are estimates that save
 * growing later: more may be added. */
struct icgw_endpoint *icgw_endpoint_create(enum icgw_endpoint_kind kind, bool transit,
                                           uint32_t n_l2, uint32_t n_v4, uint32_t n_v6);
/* Adding copies *dest, its source guard or classifier and its members, and raises
 * min_ttl to ttl_dec where it is less.  `len` is the prefix length.  Adding a key twice
 * replaces the first.  False too for a member that is itself a SELECT or a CLASSIFY
 * (a CLASSIFY may have members that SELECT), and for n_members of 0 or above
 * ICGW_MAX_MEMBERS. */
bool icgw_endpoint_add_l2(struct icgw_endpoint *, const uint8_t eth_dst[6], uint16_t eth_type_be,
                          const struct icgw_dest *);
bool icgw_endpoint_add_v4(struct icgw_endpoint *, uint32_t addr_be, uint8_t len,
                          const struct icgw_dest *);
bool icgw_endpoint_add_v6(struct icgw_endpoint *, const uint8_t addr[16], uint8_t len,
                          const struct icgw_dest *);
void icgw_endpoint_unref(struct icgw_endpoint *);

struct icgw_tables *icgw_tables_create(uint32_t n_endpoints, uint32_t n_sources, uint16_t n_tunnels,
                                       const struct icgw_addr *locals, uint16_t n_locals);
/* Takes a reference on the endpoint, in place of the one that had these keys. */
bool icgw_tables_add_endpoint(struct icgw_tables *, uint32_t vni, uint16_t outport,
                              struct icgw_endpoint *);
/* The same for further keys of an endpoint of these tables: those made of them by
 * icgw_tables_succeed() start without. */
bool icgw_tables_add_alias(struct icgw_tables *, uint32_t vni, uint16_t outport,
                           const struct icgw_endpoint *);
/* Does nothing where there is none by these keys. */
bool icgw_tables_remove_endpoint(struct icgw_tables *, uint32_t vni, uint16_t outport);
bool icgw_tables_add_source(struct icgw_tables *, const struct icgw_addr *, enum icgw_zone);
/* Copies *tunnel to `index`. */
bool icgw_tables_set_tunnel(struct icgw_tables *, uint16_t index, const struct icgw_tunnel *);
/* Tables with the endpoints of these, shared, and the same addresses of ours; without
 * aliases, sources and tunnels, which are to be added. */
struct icgw_tables *icgw_tables_succeed(const struct icgw_tables *, uint32_t n_sources,
                                        uint16_t n_tunnels);
/* A copy that shares the endpoints; tunnels and sources are copied too.  For a
 * change of tunnels only. */
struct icgw_tables *icgw_tables_clone(const struct icgw_tables *);
/* With their replicas. */
void icgw_tables_free(struct icgw_tables *);

/* NUMA: tables are built on the home node, and copied to the other nodes where
 * workers read them.  SOCKET_ID_ANY, as it is at first: no home, memory comes
 * as rte_malloc() finds it. */
void icgw_tables_home(int node);
/* Allocations of tables that found no memory at home and some elsewhere, since
 * icgw_tables_home(). */
uint64_t icgw_tables_away(void);
/* Copies finished tables, the first copy, to memory of a node; they own that copy.
 * Endpoints keep their part of it for the tables that share them.  `before` (may be NULL):
 * other first copies, of which only what differs is looked at.  What finds no
 * memory there is read from the first copy: n_far endpoints, or, if false, all. */
bool icgw_tables_add_replica(struct icgw_tables *, int node, const struct icgw_tables *before);
/* The copy that workers of that node read: a replica, or the first copy. */
const struct icgw_tables *icgw_tables_on(const struct icgw_tables *, int node);
uint32_t icgw_tables_n_endpoints(const struct icgw_tables *);
/* Bytes of memory of this copy, without replicas of it. */
size_t icgw_tables_bytes(const struct icgw_tables *);

/* Fills the template, sums and lengths of *tunnel from its addresses.  vlan 0:
 * untagged.  dst_port in host byte order (6081 unless the Encap says else). */
void icgw_tunnel_init(struct icgw_tunnel *, const struct icgw_addr *local,
                      const struct icgw_addr *remote, uint16_t dst_port, bool csum);
void icgw_tunnel_set_next_hop(struct icgw_tunnel *, uint16_t port, const uint8_t eth_src[6],
                              const uint8_t eth_dst[6], uint16_t vlan, uint16_t mtu);

/* Look-ups, any thread that may read the tables. */
const struct icgw_endpoint *icgw_tables_endpoint(const struct icgw_tables *, uint32_t vni,
                                                 uint16_t outport);
const struct icgw_dest *icgw_endpoint_find_l2(const struct icgw_endpoint *,
                                              const uint8_t eth_dst[6], uint16_t eth_type_be);
const struct icgw_dest *icgw_endpoint_find_v4(const struct icgw_endpoint *, uint32_t addr_be);
const struct icgw_dest *icgw_endpoint_find_v6(const struct icgw_endpoint *, const uint8_t addr[16]);

#endif
