/* SPDX-License-Identifier: Apache-2.0 */

/* Any matches as policies of a router, and any packet for it.
 *
 * Input: lines, each a match, up to a 0; then an inner frame.  The first character of a line
 * chooses what the policy does.  The tables are made of it, with classifiers where packets
 * have to be told apart, and the packet is traced: tables and flows have to agree. */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_mbuf.h>

#include "checksum.h"
#include "lflow.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "recording.h"
#include "recording_zone.h"
#include "specialise.h"
#include "test_eal.h"
#include "trace.h"
#include "util.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_SIZE 4096
#define MAX_LINES 12

static const char zone[] =
    "chassis gw1 192.0.2.21\n"
    "chassis hv1 192.0.2.11\n"
    "remote gw2 192.0.2.22\n"
    "transit ts 0xff0002\n"
    "router lr 2\n"
    "switch sw 1\n"
    "port ts ts-lr 1 patch peer=lr-ts\n"
    "port ts ts-gw2 2 remote chassis=gw2\n"
    "port lr lr-ts 2 patch peer=ts-lr mac=02:00:00:00:00:02\n"
    "port lr lr-sw 1 patch peer=sw-lr mac=02:00:00:00:00:01\n"
    "port lr cr 3 chassisredirect chassis=gw1 distributed=lr-ts\n"
    "port sw sw-lr 2 patch peer=lr-sw\n"
    "port sw vm1 1 vif chassis=hv1\n"
    "out ts 0 0 1 => output;\n"
    "out lr 0 0 1 => output;\n"
    "out sw 0 0 1 => output;\n"
    "in lr 0 0 1 => next;\n"
    "in lr 1 0 1 => ip.ttl--; eth.src = 02:00:00:00:00:01; outport = \"lr-sw\"; output;\n"
    "in sw 0 0 1 => outport = \"vm1\"; output;\n";

static const char *const actions[] = {
    "drop;",
    "next;",
    "eth.dst = 02:00:00:00:00:11; next;",
    "eth.dst = 02:00:00:00:00:12; outport = \"lr-sw\"; output;",
};

static struct rte_mempool *pool;

static void require(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

static struct rte_mbuf *alloc(const void *data, uint16_t len)
{
    return test_mbuf(pool, data, len);
}

static const char *port_name(uint16_t port)
{
    (void)port;
    return "uplink";
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    require(test_eal_init() >= 0, "no EAL");
    pool = rte_pktmbuf_pool_create("fuzz", 63, 0, 0, MAX_SIZE + 256, SOCKET_ID_ANY);
    require(pool != NULL, "no mbufs");
    return 0;
}

/* Rows of a zone with the policies in it. */
static char *rows(const char *text)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    ds_put_cstr(&ds, zone);
    for (int i = 0; i < MAX_LINES && *text != '\0'; i++) {
        size_t len = strcspn(text, "\n");
        /* What would be another row, or another action, is no match. */
        if (len > 1 && memchr(text, '#', len) == NULL && memmem(text, len, "=>", 2) == NULL) {
            ds_put_format(&ds, "in lr 0 %d %.*s => %s\n", 20 - i, (int)len - 1, text + 1,
                          actions[(uint8_t)text[0] % ARRAY_SIZE(actions)]);
        }
        text += len + (text[len] == '\n');
    }
    return ds_steal_cstr(&ds);
}

/* The packet as the gateway of another zone sends it. */
static size_t encapsulate(uint8_t *to, const uint8_t *inner, size_t len)
{
    static const uint8_t geneve[] = {2, 0x40, 0x65, 0x58, 0xff, 0, 2, 0, 1, 2, 0x80, 1, 0, 2, 0, 1};
    uint8_t *ip = to + 14, *udp = ip + 20;
    size_t total = 14 + 20 + 8 + sizeof geneve + len;
    memset(to, 0, 42);
    put16(to + 12, 0x0800);
    ip[0] = 0x45;
    put16(ip + 2, (uint16_t)(total - 14));
    ip[8] = 64;
    ip[9] = 17;
    memcpy(ip + 12, (uint8_t[]){192, 0, 2, 22, 192, 0, 2, 21}, 8);
    put16(ip + 10, checksum_finish(checksum_add(0, ip, 20)));
    put16(udp, 40000);
    put16(udp + 2, 6081);
    put16(udp + 4, (uint16_t)(total - 34));
    memcpy(udp + 8, geneve, sizeof geneve);
    memcpy(udp + 8 + sizeof geneve, inner, len);
    return total;
}

static struct specialised *specialise_with_tunnels(const struct model *model)
{
    static const uint8_t mac[] = {2, 0, 0, 0, 0, 9};
    struct icgw_addr local = recording_gateway(1);
    struct specialised *s = specialise(model, &local, 1);
    require(s != NULL, "no tables");
    for (size_t i = 0; i < s->n_tunnels; i++) {
        struct icgw_tunnel tunnel;
        memset(&tunnel, 0, sizeof tunnel);
        icgw_tunnel_init(&tunnel, &s->tunnels[i].local, &s->tunnels[i].remote, 6081, true);
        icgw_tunnel_set_next_hop(&tunnel, 0, mac, mac, 0, 9000);
        require(icgw_tables_set_tunnel(s->tables, (uint16_t)i, &tunnel), "no memory");
    }
    return s;
}

/* What cannot be read is not guessed, whatever it would come to for this packet; where it
 * makes no difference, only an actual packet stumbles over it. */
static bool is_unreadable(const struct trace *t)
{
    bool found = t->result.action == ICGW_ACTION_DROP && t->result.reason == ICGW_DROP_UNSUPPORTED;
    for (size_t i = 0; i < t->events.n; i++) {
        found |= t->events.list[i].kind == TRACE_UNSUPPORTED;
    }
    return found;
}

static void check(const struct trace_world *world, const uint8_t *inner, size_t len)
{
    uint8_t frame[MAX_SIZE + 128];
    char *error = NULL;
    size_t total = encapsulate(frame, inner, len);
    struct trace *t = trace_frame(world, frame, total, &error);
    require(t != NULL, "no trace");
    struct ds ds = DS_EMPTY_INITIALIZER;
    trace_text(t, true, &ds);
    if (!t->agree && !is_unreadable(t)) {
        fputs(ds_cstr(&ds), stderr);
        require(false, "tables and flows disagree");
    }
    ds_destroy(&ds);
    json_destroy(trace_json(t, true));
    trace_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = memchr(data, 0, size);
    if (end == NULL || size > MAX_SIZE) {
        return -1;
    }
    struct lflow_cache *cache = lflow_cache_create();
    char *text = rows((const char *)data);
    struct model *model = zone_model(text, cache);
    struct specialised *s = specialise_with_tunnels(model);
    const struct trace_world world = {model, s, s->tables, alloc, port_name};
    check(&world, end + 1, size - (size_t)(end + 1 - data));
    specialised_free(s);
    model_free(model);
    lflow_cache_free(cache);
    free(text);
    return 0;
}
