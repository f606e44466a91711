/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as the inner frame of a packet to a recorded gateway, or to one
 * with routes of several next hops, a path MTU and policies.
 *
 * The first byte chooses zone and sender.  The logical flows are run on the
 * frame: what leaves keeps its lengths and its IPv4 header checksum right where
 * they were.  Then the forwarding path gets it: where that sends it or drops it
 * by the flows, the interpreter must have done just that. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "checksum.h"
#include "icgw_forward.h"
#include "interp.h"
#include "lflow.h"
#include "recording.h"
#include "recording_zone.h"
#include "specialise.h"
#include "test_eal.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char zone[] =
    "chassis gw1 192.0.2.21\n"
    "chassis hv1 192.0.2.11\n"
    "chassis hv2 192.0.2.12\n"
    "remote gw2 192.0.2.22\n"
    "transit ts1 0xff0002\n"
    "router lr1 2\n"
    "switch ls1 1\n"
    "port ts1 ts1-lr1 1 patch peer=lr1-ts1\n"
    "port ts1 ts1-lr2 2 remote chassis=gw2\n"
    "port lr1 lr1-ts1 2 patch peer=ts1-lr1 mac=aa:aa:aa:aa:aa:01\n"
    "port lr1 lr1-ls1 1 patch peer=ls1-lr1 mac=00:00:00:01:00:01\n"
    "port lr1 cr-lr1-ts1 3 chassisredirect chassis=gw1 distributed=lr1-ts1\n"
    "port ls1 ls1-lr1 2 patch peer=lr1-ls1\n"
    "port ls1 vm1 1 vif chassis=hv1\n"
    "port ls1 vm2 3 vif chassis=hv2\n"
    "out ts1 0 0 1 => output;\n"
    "out lr1 0 0 1 => output;\n"
    "out ls1 0 0 1 => output;\n"
    "in ts1 0 9 icmp4.type == 3 && icmp4.code == 4 && flags.tunnel_rx == 1 => drop;\n"
    "in ts1 0 8 eth.mcast => outport = \"ts1-lr2\"; output;\n"
    "in ts1 0 5 eth.dst == aa:aa:aa:aa:aa:02 => outport = \"ts1-lr2\"; output;\n"
    "in lr1 0 9 vlan.present || eth.src[40] => drop;\n"
    "in lr1 0 8 nd_ns || nd_na || mldv1 || mldv2 => drop;\n"
    "in lr1 0 7 ip.later_frag && ip4.dst == 10.1.0.20 => drop;\n"
    "in lr1 0 7 ip4.src == {10.1.0.0/24, 127.0.0.0/8} || ip6.src == fd01::/64 => drop;\n"
    "in lr1 0 6 ip.ttl == {0, 1} => drop;\n"
    "in lr1 0 5 ip4.dst == 10.1.0.1 && icmp4.type == 8 => ip4.dst <-> ip4.src; ip.ttl = 255; "
    "icmp4.type = 0; flags.loopback = 1; next(1);\n"
    "in lr1 0 0 1 => reg9[1] = check_pkt_larger(90); next;\n"
    "in lr1 1 9 reg9[1] == 1 && ip4 => icmp4_error { icmp4.type = 3; icmp4.code = 4; "
    "eth.dst <-> eth.src; ip4.dst <-> ip4.src; ip.ttl = 254; outport = inport; "
    "flags.loopback = 1; output; };\n"
    "in lr1 1 8 ip4.dst == 10.1.0.0/24 && ip4.src == 10.9.0.0/16 => ip.ttl--; "
    "outport = \"lr1-ls1\"; eth.dst = 00:00:00:01:00:20; output;\n"
    "in lr1 1 7 ip4.dst == 10.1.0.10 && tcp.dst == 80 => drop;\n"
    "in lr1 1 6 ip4.dst == 10.1.0.0/24 || ip6.dst == fd01::/64 => ip.ttl--; "
    "outport = \"lr1-ls1\"; eth.src = 00:00:00:01:00:01; reg8[16..31] = select(1, 2, 3);\n"
    "in lr1 2 5 reg8[16..31] == 1 => eth.dst = 00:00:00:01:00:10; output;\n"
    "in lr1 2 5 reg8[16..31] == 2 => eth.dst = 00:00:00:01:00:20; ip.ttl--; output;\n"
    "in lr1 2 5 reg8[16..31] == 3 => drop;\n"
    "in ls1 0 5 eth.dst == 00:00:00:01:00:10 => outport = \"vm1\"; output;\n"
    "in ls1 0 5 eth.dst == 00:00:00:01:00:20 => outport = \"vm2\"; output;\n";

#define N_ZONES 3
#define MTU_ZONE 2 /* the one above */
#define FRAME_LIMIT 1500

static struct gateway {
    struct model *model;
    struct specialised *specialised;
} gateways[N_ZONES];

/* Who sends to whom: a hypervisor to the router, the other gateway to the
 * transit switch, a hypervisor to all of a switch. */
static const struct way {
    uint8_t src; /* last byte of the address */
    uint32_t vni;
    uint16_t inport, outport;
} ways[] = {{11, 2, 1, 3}, {22, 0xff0002, 2, 1}, {11, 1, 1, 32768}, {22, 0xff0002, 2, 32768}};

static struct rte_mempool *pool;

static void require(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

static void set_tunnels(const struct specialised *s)
{
    static const uint8_t ours[] = {2, 0, 0, 0, 0, 1}, next_hop[] = {2, 0, 0, 0, 0, 2};
    for (size_t i = 0; i < s->n_tunnels; i++) {
        const struct specialised_tunnel *t = &s->tunnels[i];
        struct icgw_tunnel tunnel;
        icgw_tunnel_init(&tunnel, &t->local, &t->remote, t->dst_port, t->csum);
        icgw_tunnel_set_next_hop(&tunnel, 0, ours, next_hop, 0, 9000);
        require(icgw_tables_set_tunnel(s->tables, (uint16_t)i, &tunnel), "tunnel not set");
    }
}

/* LeakSanitizer does not see what only DPDK's memory points to. */
static void free_tables(void)
{
    for (int i = 0; i < N_ZONES; i++) {
        specialised_free(gateways[i].specialised);
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct icgw_addr local = recording_gateway(1);

    (void)argc, (void)argv;
    require(test_eal_init() >= 0, "no EAL");
    pool = rte_pktmbuf_pool_create("fuzz", 63, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
    require(pool != NULL, "no mbufs");
    gateways[0].model = recording_model("ovn-23.03", 1, lflow_cache_create());
    gateways[1].model = recording_model("ovn-26.03", 1, lflow_cache_create());
    gateways[2].model = zone_model(zone, lflow_cache_create());
    for (int i = 0; i < N_ZONES; i++) {
        gateways[i].specialised = specialise(gateways[i].model, &local, 1);
        require(gateways[i].specialised != NULL, "no tables");
        set_tunnels(gateways[i].specialised);
    }
    require(atexit(free_tables) == 0, "tables would be left");
    return 0;
}

/* What the interpreter made of the frame. */
struct outcome {
    const struct frame *in;
    unsigned int n_sent, n_made;
    struct interp_send to;
    struct frame out;
};

/* IPv4 header and lengths as they should be. */
static bool is_sound(const struct frame *f)
{
    const uint8_t *ip = f->data + 14;
    if (f->len < 34 || get16(f->data + 12) != 0x0800) {
        return false;
    }
    size_t ihl = (ip[0] & 15u) * 4;
    return ip[0] >> 4 == 4 && ihl >= 20 && get16(ip + 2) >= ihl && get16(ip + 2) + 14 <= f->len &&
           checksum_finish(checksum_add(0, ip, ihl)) == 0;
}

static void on_send(struct interp *in, const struct interp_send *to)
{
    struct outcome *o = in->aux;
    bool ours = in->frame != o->in;
    o->n_sent++;
    o->n_made += ours;
    o->to = *to;
    memcpy(&o->out, in->frame, sizeof o->out);
    frame_store(&o->out, &in->state);
    require(to->chassis != NULL && !to->chassis->self, "sent to nobody, or to ourselves");
    require(ours || o->out.len == o->in->len, "a packet has another length than it came with");
    require(o->out.len <= FRAME_MAX, "too long");
    if (ours ? get16(o->out.data + 12) == 0x0800 : is_sound(o->in)) {
        require(is_sound(&o->out), "IPv4 header spoilt");
    }
}

static void on_drop(struct interp *in, enum icgw_drop reason, const struct lflow *flow)
{
    (void)in, (void)flow;
    require(reason < ICGW_N_DROPS, "no reason");
}

static void interpret(const struct gateway *g, const struct way *way, const struct frame *f,
                      struct outcome *o)
{
    static const struct interp_ops ops = {.send = on_send, .drop = on_drop};
    struct interp in = {.model = g->model,
                        .ops = &ops,
                        .aux = o,
                        .frame = f,
                        .flow_hash = icgw_flow_hash(f->data, f->len)};
    o->in = f;
    o->n_sent = o->n_made = 0;
    interp_from_tunnel(&in, model_datapath_by_key(g->model, way->vni), way->inport, way->outport);
    free(in.why);
}

static struct rte_mbuf *wrap(const struct way *way, const struct frame *f)
{
    struct icgw_addr src = recording_gateway(1), dst = src;
    struct icgw_tunnel t;
    enum icgw_drop reason;
    static const uint8_t mac[6] = {2};
    struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
    require(m != NULL, "an mbuf has leaked");
    src.bytes[15] = way->src;
    icgw_tunnel_init(&t, &src, &dst, ICGW_GENEVE_PORT, true);
    icgw_tunnel_set_next_hop(&t, 0, mac, mac, 0, 9000);
    memcpy(rte_pktmbuf_append(m, f->len), f->data, f->len);
    require(icgw_encapsulate(m, &t, way->vni, way->inport, way->outport, 0xc000, &reason),
            "not encapsulated");
    return m;
}

static void check_sent(const struct gateway *g, const struct outcome *o, struct rte_mbuf *m)
{
    const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *);
    uint16_t tunnel = specialised_tunnel(g->specialised, o->to.chassis, o->to.encap);
    require(o->n_sent == 1 && o->n_made == 0, "sent once by the tables, not so by the flows");
    require(memcmp(data + 30, g->specialised->tunnels[tunnel].remote.bytes + 12, 4) == 0,
            "sent to another chassis");
    require((uint32_t)data[46] << 16 == (o->to.vni & 0xff0000) &&
                get16(data + 47) == (o->to.vni & 0xffff),
            "another VNI");
    require(get16(data + 54) == o->to.inport && get16(data + 56) == o->to.outport,
            "other port keys");
    require(m->data_len == 58 + o->out.len, "another length");
    require(memcmp(data + 58, o->out.data, o->out.len) == 0, "another inner frame");
}

/* The forwarding path goes by the length of the IP packet, check_pkt_larger() by
 * that of the frame: with a long trailer they differ. */
static bool has_trailer(const struct frame *f)
{
    unsigned int type = f->len >= 20 ? get16(f->data + 12) : 0;
    return (type == 0x0800 && get16(f->data + 16) + 14 < f->len) ||
           (type == 0x86dd && get16(f->data + 18) + 54 < f->len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct frame frame;
    static struct outcome outcome;
    struct icgw_result result;

    if (size < 1 || size > FRAME_LIMIT) {
        return 0;
    }
    const struct gateway *g = &gateways[(data[0] & 15) % N_ZONES];
    const struct way *way = &ways[(data[0] >> 4) % (sizeof ways / sizeof *ways)];
    memset(&frame, 0, sizeof frame);
    frame.len = (uint16_t)(size - 1);
    memcpy(frame.data, data + 1, size - 1);
    /* Headers that are right are rare otherwise. */
    if (frame.len >= 34 && get16(frame.data + 12) == 0x0800 && frame.data[14] == 0x45) {
        put16(frame.data + 24, 0);
        put16(frame.data + 24, checksum_finish(checksum_add(0, frame.data + 14, 20)));
    }
    interpret(g, way, &frame, &outcome);
    if (g == &gateways[MTU_ZONE] && has_trailer(&frame)) {
        return 0;
    }

    struct rte_mbuf *m = wrap(way, &frame);
    icgw_forward(g->specialised->tables, NULL, &m, 1, &result);
    if (result.action == ICGW_ACTION_TX) {
        check_sent(g, &outcome, m);
    } else if (result.action == ICGW_ACTION_DROP && result.reason == ICGW_DROP_LOGICAL_DROP) {
        require(outcome.n_sent == 0, "dropped by the tables, not by the flows");
    }
    rte_pktmbuf_free(m);
    return 0;
}
