/* SPDX-License-Identifier: Apache-2.0 */

/* Classifiers against the interpreter: random policies, random packets.  What the workers
 * do with a packet has to be what the flows do with it, byte by byte, or be left to the
 * slow path. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include <cmocka.h>
#include <rte_mbuf.h>

#include "checksum.h"
#include "lflow.h"
#include "openvswitch/dynamic-string.h"
#include "recording.h"
#include "recording_zone.h"
#include "specialise.h"
#include "test_eal.h"
#include "trace.h"
#include "util.h"

#define ZONES 150
#define PACKETS 200

/* A router between a transit switch and a switch with three guests; `reg0` is where a
 * packet goes. */
#define ZONE                                                                                       \
    "chassis gw1 192.0.2.21\n"                                                                     \
    "chassis hv1 192.0.2.11\n"                                                                     \
    "chassis hv2 192.0.2.12\n"                                                                     \
    "chassis hv3 192.0.2.13\n"                                                                     \
    "remote gw2 192.0.2.22\n"                                                                      \
    "transit ts 0xff0002\n"                                                                        \
    "router lr 2\n"                                                                                \
    "switch sw 1\n"                                                                                \
    "port ts ts-lr 1 patch peer=lr-ts\n"                                                           \
    "port ts ts-gw2 2 remote chassis=gw2\n"                                                        \
    "port lr lr-ts 2 patch peer=ts-lr mac=02:00:00:00:00:02\n"                                     \
    "port lr lr-sw 1 patch peer=sw-lr mac=02:00:00:00:00:01\n"                                     \
    "port lr cr 3 chassisredirect chassis=gw1 distributed=lr-ts\n"                                 \
    "port sw sw-lr 2 patch peer=lr-sw\n"                                                           \
    "port sw vm1 1 vif chassis=hv1\n"                                                              \
    "port sw vm2 3 vif chassis=hv2\n"                                                              \
    "port sw vm3 4 vif chassis=hv3\n"                                                              \
    "out ts 0 0 1 => output;\n"                                                                    \
    "out lr 0 0 1 => output;\n"                                                                    \
    "out sw 0 0 1 => output;\n"                                                                    \
    "in ts 0 0 1 => next;\n"                                                                       \
    "in ts 1 50 eth.dst == 02:00:00:00:00:22 => outport = \"ts-gw2\"; output;\n"                   \
    "in lr 0 100 eth.src[40] => drop;\n"                                                           \
    "in lr 0 30 ip.ttl == {0, 1} => drop;\n"                                                       \
    "in lr 0 0 1 => next;\n"                                                                       \
    "in lr 1 0 1 => reg0 = 1; next;\n"                                                             \
    "in lr 2 1 1 => ip.ttl--; eth.src = 02:00:00:00:00:01; outport = \"lr-sw\"; next;\n"           \
    "in lr 3 1 reg0 == 1 => eth.dst = 02:00:00:00:00:11; output;\n"                                \
    "in lr 3 1 reg0 == 2 => eth.dst = 02:00:00:00:00:12; output;\n"                                \
    "in lr 3 1 reg0 == 3 => eth.dst = 02:00:00:00:00:13; output;\n"                                \
    "in sw 0 0 1 => next;\n"                                                                       \
    "in sw 1 50 eth.dst == 02:00:00:00:00:11 => outport = \"vm1\"; output;\n"                      \
    "in sw 1 50 eth.dst == 02:00:00:00:00:12 => outport = \"vm2\"; output;\n"                      \
    "in sw 1 50 eth.dst == 02:00:00:00:00:13 => outport = \"vm3\"; output;\n"

static struct rte_mempool *pool;
static char rows[65536];

static uint32_t rnd(uint32_t n)
{
    return (uint32_t)random() % n;
}

static void row(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void row(const char *format, ...)
{
    size_t used = strlen(rows);
    va_list args;
    va_start(args, format);
    assert_in_range(vsnprintf(rows + used, sizeof rows - used, format, args), 0,
                    sizeof rows - used - 1);
    va_end(args);
}

/* --- policies */

/* Comparisons that packets below meet every now and then. */
static const char *const comparisons[] = {
    "ip4.src == 10.9.0.0/16",
    "ip4.src == 10.9.1.0/24",
    "ip4.src == {10.9.1.1, 10.9.2.0/23, 10.8.0.0/13}",
    "ip4.src != 10.9.1.1",
    "ip4.dst == 10.1.0.10",
    "ip4.dst == {10.1.0.10, 10.1.0.11}",
    "ip4",
    "ip6",
    "ip6.src == fd09::/16",
    "ip6.src == {fd09::1, fd08::1}",
    "ip6.dst == fd01::10",
    "ip.proto == 6",
    "ip.proto == {6, 17}",
    "tcp",
    "udp",
    "icmp4",
    "icmp6",
    "icmp4.type == 8",
    "icmp4.type == 8 && icmp4.code == 0",
    "icmp6.type == 128",
    "tcp.dst == 80",
    "tcp.dst == {80, 443, 8080}",
    "tcp.dst >= 1024",
    "tcp.src < 1024",
    "tcp.dst >= 100 && tcp.dst <= 600",
    "tcp.src != 53",
    "udp.dst == 53",
    "udp.dst > 52",
    "udp.src == {53, 80}",
    "udp.src == 0",
    "sctp.dst == 80",
    "ip.is_frag",
    "ip.later_frag",
    "ip.first_frag",
    "eth.src == 02:00:00:00:00:99",
    "eth.src == {02:00:00:00:00:99, 02:00:00:00:00:98}",
    "eth.src[40]",
    "ip.dscp == 46", /* not for classifiers */
    "tcp.flags == 2",
    "ip.ttl == 5",
};

static const char *comparison(void)
{
    return comparisons[rnd(ARRAY_SIZE(comparisons))];
}

static void match(char *text, size_t size)
{
    switch (rnd(8)) {
    case 0:
        snprintf(text, size, "%s", comparison());
        break;
    case 1:
        snprintf(text, size, "!(%s)", comparison());
        break;
    case 2:
        snprintf(text, size, "(%s) || (%s)", comparison(), comparison());
        break;
    case 3:
        snprintf(text, size, "(%s) && ((%s) || !(%s))", comparison(), comparison(), comparison());
        break;
    case 4:
        snprintf(text, size, "(%s) && (%s) && (%s)", comparison(), comparison(), comparison());
        break;
    default:
        snprintf(text, size, "(%s) && (%s)", comparison(), comparison());
    }
}

static void policies(const char *where, unsigned int n, const char *const *actions,
                     unsigned int n_actions)
{
    char text[512];
    for (unsigned int i = 0; i < n; i++) {
        match(text, sizeof text);
        row("in %s %u %s => %s\n", where, 10 + rnd(20), text, actions[rnd(n_actions)]);
    }
}

static void a_zone(void)
{
    static const char *const reroute[] = {"drop;", "reg0 = 1; next;", "reg0 = 2; next;",
                                          "reg0 = 3; next;"};
    static const char *const acl[] = {"drop;", "next;", "outport = \"vm3\"; output;"};
    static const char *const mark[] = {"drop;", "next;", "reg8[16] = 1; next;"};
    rows[0] = '\0';
    row("%s", ZONE);
    policies("lr 1", 1 + rnd(6), reroute, ARRAY_SIZE(reroute));
    policies("sw 0", rnd(3), acl, ARRAY_SIZE(acl));
    policies("ts 0", 1 + rnd(3), mark, ARRAY_SIZE(mark));
}

/* --- packets */

struct packet {
    uint8_t data[256];
    size_t len;
};

static uint8_t *append(struct packet *p, const void *data, size_t n)
{
    uint8_t *at = p->data + p->len;
    memcpy(at, data, n);
    p->len += n;
    return at;
}

static uint16_t a_port(void)
{
    static const uint16_t ports[] = {0, 53, 80, 80, 80, 443, 443, 8080, 1023, 1024, 100, 600};
    return ports[rnd(ARRAY_SIZE(ports))];
}

static void add_l4(struct packet *p, uint8_t proto)
{
    uint8_t l4[24] = {0};
    size_t len = proto == 6 ? 20 : proto == 132 ? 12 : 8;
    put16(l4, a_port());
    put16(l4 + 2, a_port());
    if (proto == 1) {
        l4[0] = rnd(4) == 0 ? 8 : (uint8_t)rnd(20);
        l4[1] = (uint8_t)rnd(2);
    } else if (proto == 58) {
        l4[0] = (uint8_t)(126 + rnd(4));
        l4[1] = 0;
    } else if (proto == 6) {
        l4[12] = 5 << 4;
        l4[13] = rnd(2) ? 2 : 0x10;
    }
    append(p, l4, rnd(15) == 0 ? rnd((uint32_t)len) : len);
}

static uint8_t a_proto(bool v6)
{
    static const uint8_t protos[] = {6, 6, 6, 17, 17, 1, 58, 132, 47, 2};
    uint8_t proto = protos[rnd(ARRAY_SIZE(protos))];
    return rnd(10) == 0 ? proto : proto == 1 && v6 ? 58 : proto == 58 && !v6 ? 1 : proto;
}

static void add_v4(struct packet *p)
{
    static const uint8_t sources[][4] = {{10, 9, 1, 1}, {10, 9, 1, 2},  {10, 9, 2, 1},
                                         {10, 8, 0, 1}, {10, 2, 0, 10}, {10, 9, 9, 9}};
    uint8_t ip[24] = {0x45, rnd(5) == 0 ? 46 << 2 : 0};
    size_t len = 20;
    if (rnd(20) == 0) {
        ip[0] = 0x46;
        len = 24;
    }
    put16(ip + 6, rnd(6) == 0 ? (uint16_t)(rnd(2) << 13 | rnd(2)) : 0);
    ip[8] = rnd(15) == 0 ? 1 : rnd(5) == 0 ? 5 : 64;
    ip[9] = a_proto(false);
    memcpy(ip + 12, sources[rnd(ARRAY_SIZE(sources))], 4);
    memcpy(ip + 16, (uint8_t[]){10, 1, 0, (uint8_t)(10 + rnd(3))}, 4);
    uint8_t *at = append(p, ip, len);
    add_l4(p, ip[9]);
    put16(at + 2, (uint16_t)(p->data + p->len - at));
    put16(at + 10, checksum_finish(checksum_add(0, at, len)));
}

static void add_v6(struct packet *p)
{
    static const uint8_t last[] = {1, 1, 2, 10};
    static const uint8_t net[] = {9, 9, 8, 2};
    uint8_t ip[40] = {0x60 | (rnd(5) == 0 ? 46 >> 2 : 0), 0};
    uint8_t proto = a_proto(true), kind = rnd(8) == 0 ? (rnd(2) ? 44 : 0) : proto;
    ip[1] = (ip[0] & 0xf) != 0 ? (46 & 3) << 6 : 0;
    ip[6] = kind;
    ip[7] = rnd(15) == 0 ? 1 : rnd(5) == 0 ? 5 : 64;
    ip[8] = ip[24] = 0xfd;
    ip[9] = net[rnd(ARRAY_SIZE(net))];
    ip[23] = last[rnd(ARRAY_SIZE(last))];
    ip[25] = 1;
    ip[39] = (uint8_t)(0x10 + rnd(3));
    uint8_t *at = append(p, ip, sizeof ip);
    if (kind != proto) {
        uint8_t extension[8] = {proto, 0, 0, kind == 44 ? (uint8_t)(rnd(2) << 3 | rnd(2)) : 0};
        append(p, extension, sizeof extension);
    }
    add_l4(p, proto);
    put16(at + 4, (uint16_t)(p->data + p->len - at - 40));
}

/* From the other zone to the router, or from a hypervisor to the transit switch. */
static void a_packet(struct packet *p)
{
    static const uint8_t last[] = {7, 7, 0x99, 0x98};
    bool inbound = rnd(2);
    uint8_t outer[14 + 20 + 8 + 16] = {2, 0, 0, 0, 0, 21, 2, 0, 0, 0, 0, 9, 0x08, 0x00};
    uint8_t *ip = outer + 14, *udp = ip + 20, *geneve = udp + 8;
    uint8_t eth[14] = {2, 0, 0, 0, 0, inbound ? 2 : 0x22, 2};
    p->len = 0;
    append(p, outer, sizeof outer);
    eth[6] |= rnd(20) == 0;
    eth[11] = last[rnd(ARRAY_SIZE(last))];
    bool v6 = rnd(2);
    put16(eth + 12, v6 ? 0x86dd : 0x0800);
    append(p, eth, sizeof eth);
    if (v6) {
        add_v6(p);
    } else {
        add_v4(p);
    }
    ip[0] = 0x45;
    put16(ip + 2, (uint16_t)(p->len - 14));
    ip[8] = 64;
    ip[9] = 17;
    memcpy(ip + 12, (uint8_t[]){192, 0, 2, inbound ? 22 : 11}, 4);
    memcpy(ip + 16, (uint8_t[]){192, 0, 2, 21}, 4);
    put16(ip + 10, checksum_finish(checksum_add(0, ip, 20)));
    put16(udp, 40000);
    put16(udp + 2, 6081);
    put16(udp + 4, (uint16_t)(p->len - 34));
    memcpy(geneve, (uint8_t[]){2, 0x40, 0x65, 0x58}, 4);
    memcpy(geneve + 4, inbound ? (uint8_t[]){0xff, 0, 2} : (uint8_t[]){0, 0, 2}, 3);
    memcpy(geneve + 8, (uint8_t[]){1, 2, 0x80, 1}, 4);
    put16(geneve + 12, inbound ? 2 : 1);
    put16(geneve + 14, inbound ? 1 : 3);
    memcpy(p->data, outer, sizeof outer);
}

/* --- what becomes of them */

static struct rte_mbuf *alloc(const void *data, uint16_t len)
{
    struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
    memcpy(rte_pktmbuf_append(m, len), data, len);
    return m;
}

static const char *port_name(uint16_t port)
{
    (void)port;
    return "uplink";
}

static struct specialised *specialise_with_tunnels(const struct model *model)
{
    static const uint8_t mac[] = {2, 0, 0, 0, 0, 9};
    struct icgw_addr local = recording_gateway(1);
    struct specialised *s = specialise(model, &local, 1);
    for (size_t i = 0; i < s->n_tunnels; i++) {
        struct icgw_tunnel tunnel;
        memset(&tunnel, 0, sizeof tunnel);
        icgw_tunnel_init(&tunnel, &s->tunnels[i].local, &s->tunnels[i].remote, 6081, true);
        icgw_tunnel_set_next_hop(&tunnel, 0, mac, mac, 0, 1500);
        assert_true(icgw_tables_set_tunnel(s->tables, (uint16_t)i, &tunnel));
    }
    return s;
}

/* Of packets to destinations with a classifier. */
static struct counts {
    unsigned int sent;
    unsigned int dropped;
    unsigned int slow;
} counts;

static void count(const struct trace *t)
{
    if (t->dest != NULL && t->dest->verdict == ICGW_VERDICT_CLASSIFY) {
        counts.sent += t->result.action == ICGW_ACTION_TX;
        counts.dropped += t->result.action == ICGW_ACTION_DROP;
        counts.slow += t->result.action == ICGW_ACTION_SLOW;
    }
}

static void check(const struct trace_world *world)
{
    struct packet p;
    char *error;
    a_packet(&p);
    struct trace *t = trace_frame(world, p.data, p.len, &error);
    assert_non_null(t);
    if (!t->agree || !t->flows_run) {
        struct ds ds = DS_EMPTY_INITIALIZER;
        trace_text(t, false, &ds);
        fputs(rows + strlen(ZONE), stderr);
        fputs(ds_cstr(&ds), stderr); /* cmocka cuts long messages */
        fail_msg("workers and flows do not agree: see above");
    }
    count(t);
    trace_free(t);
}

static void test_as_flows(void **state)
{
    (void)state;
    srandom(1);
    for (unsigned int zone = 0; zone < ZONES; zone++) {
        struct lflow_cache *cache = lflow_cache_create();
        a_zone();
        struct model *model = zone_model(rows, cache);
        struct specialised *s = specialise_with_tunnels(model);
        const struct trace_world world = {model, s, s->tables, alloc, port_name};
        for (unsigned int i = 0; i < PACKETS; i++) {
            check(&world);
        }
        specialised_free(s);
        model_free(model);
        lflow_cache_free(cache);
    }
    print_message("with a classifier: %u sent, %u dropped, %u slow\n", counts.sent, counts.dropped,
                  counts.slow);
    assert_true(counts.sent > 1000 && counts.dropped > 1000);
    assert_true(counts.slow < counts.sent + counts.dropped);
}

static int start(void **state)
{
    (void)state;
    if (test_eal_init() < 0) {
        return -1;
    }
    pool = rte_pktmbuf_pool_create("pool", 63, 0, 0, 2048, SOCKET_ID_ANY);
    return pool == NULL ? -1 : 0;
}

static int stop(void **state)
{
    (void)state;
    rte_mempool_free(pool);
    return rte_eal_cleanup();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_flows),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
