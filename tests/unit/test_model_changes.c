/* SPDX-License-Identifier: Apache-2.0 */

/* A model that is changed says the same as one that is built from nothing, and so
 * do the tables that are specialised from it.  Random changes of a small zone. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lflow.h"
#include "map.h"
#include "model.h"
#include "model_log.h"
#include "same.h"
#include "specialise.h"
#include "test_eal.h"

#define N_DATAPATHS 5
#define N_PORTS 8 /* of each datapath, at most */
#define N_FLOWS 60
#define N_NEIGHBOURS 4
#define N_SETS 4
#define EMPTY 4 /* a set without elements */

/* What the databases would hold. */
struct world {
    bool chassis[4];
    bool datapaths[N_DATAPATHS];
    struct {
        bool there;
        uint8_t key;
        uint8_t chassis; /* index; 4: none */
        bool standby;
        bool bare; /* without addresses */
    } ports[N_DATAPATHS][N_PORTS];
    bool groups[N_DATAPATHS];
    uint8_t neighbours[N_DATAPATHS][N_NEIGHBOURS]; /* last byte of the MAC; 0: no row */
    uint8_t fdb[N_DATAPATHS];
    uint8_t flows[N_FLOWS]; /* variant; 0: no row */
    uint8_t sets[N_SETS];   /* number of elements, or EMPTY; 0: no row */
    bool turned;            /* lr1-ls's peer is another one of those that name it */
};

static const char *const uuids[N_DATAPATHS] = {"ts", "lr1", "ls1", "lr2", "ls2"};
static const uint32_t keys[N_DATAPATHS] = {16711681, 1, 2, 3, 4};
static const char *const chassis_names[] = {"gw", "hv1", "hv2", "far"};

static const struct {
    const char *name, *type, *peer, *distributed, *mac;
} port_rows[N_DATAPATHS][N_PORTS] = {
    {{"ts-lr1", "patch", "lr1-ts", NULL, "router"},
     {"ts-lr2", "patch", "lr2-ts", NULL, "router"},
     {"ts-far", "remote", NULL, NULL, "aa:00:00:00:00:09 169.254.1.9/24"},
     {"ts-odd", "patch", "nobody", NULL, "router"}},
    {{"lr1-ts", "patch", "ts-lr1", NULL, "aa:00:00:00:00:01 169.254.1.1/24"},
     {"cr-lr1-ts", "chassisredirect", NULL, "lr1-ts", "aa:00:00:00:00:01 169.254.1.1/24"},
     {"lr1-ls", "patch", "ls1-lr", NULL, "00:00:00:00:01:01 10.0.1.1/24"}},
    {{"ls1-lr", "patch", "lr1-ls", NULL, "router"},
     {"vm1-1", "", NULL, NULL, "02:00:00:00:01:01 10.0.1.11"},
     {"vm1-2", "", NULL, NULL, "02:00:00:00:01:02 10.0.1.12"},
     {"vm1-3", "", NULL, NULL, "02:00:00:00:01:03 10.0.1.13"},
     {"own", "patch", "own", NULL, "router"}},
    {{"lr2-ts", "patch", "ts-lr2", NULL, "aa:00:00:00:00:02 169.254.1.2/24"},
     {"cr-lr2-ts", "chassisredirect", NULL, "lr2-ts", "aa:00:00:00:00:02 169.254.1.2/24"},
     {"lr2-ls", "patch", "ls2-lr", NULL, "00:00:00:00:02:01 10.0.2.1/24"}},
    {{"ls2-lr", "patch", "lr2-ls", NULL, "router"},
     {"vm2-1", "", NULL, NULL, "02:00:00:00:02:01 10.0.2.11"},
     {"vm2-2", "", NULL, NULL, "02:00:00:00:02:02 10.0.2.12"},
     {"odd", "patch", "lr1-ls", NULL, "router"},
     {"cr-odd", "chassisredirect", NULL, NULL, NULL}},
};

/* Datapaths as bits.  %u: the variant. */
static const struct {
    unsigned int datapaths;
    enum model_pipeline pipeline;
    int table, priority;
    const char *match, *actions;
} flow_rows[] = {
    {0x0a, MODEL_INGRESS, 0, 0, "1", "next;"},
    {0x15, MODEL_INGRESS, 0, 0, "1", "next;"},
    {0x0a, MODEL_INGRESS, 1, 0, "1", "next;"},
    {0x0a, MODEL_INGRESS, 1, 100, "ip4.src == $as1", "drop;"},
    {0x0a, MODEL_INGRESS, 1, 30, "ip.ttl == {0, %u}", "drop;"},
    {0x02, MODEL_INGRESS, 1, 60, "ip4.dst == 10.0.1.%u", "drop;"},
    {0x02, MODEL_INGRESS, 2, 74, "ip4.dst == 10.0.1.0/24",
     "ip.ttl--; reg0 = ip4.dst; eth.src = 00:00:00:00:01:01; outport = \"lr1-ls\"; next;"},
    {0x02, MODEL_INGRESS, 2, 80, "ip4.dst == 10.0.1.12/3%u && is_chassis_resident(\"cr-lr2-ts\")",
     "ip.ttl--; reg0 = ip4.dst; eth.src = 00:00:00:00:01:01; outport = \"lr1-ls\"; next;"},
    {0x02, MODEL_INGRESS, 2, 81, "ip4.dst == 10.0.1.13 && is_chassis_resident(\"cr-odd\")",
     "drop;"},
    {0x02, MODEL_INGRESS, 3, 100, "outport == \"lr1-ls\" && reg0 == 10.0.1.11",
     "eth.dst = 02:00:00:00:01:0%u; next;"},
    {0x0a, MODEL_INGRESS, 3, 1, "ip4", "get_arp(outport, reg0); next;"},
    {0x0a, MODEL_INGRESS, 4, 0, "1", "output;"},
    {0x1f, MODEL_EGRESS, 0, 0, "1", "output;"},
    {0x08, MODEL_INGRESS, 2, 74, "ip4.dst == 10.0.2.0/24",
     "ip.ttl--; reg0 = ip4.dst; eth.src = 00:00:00:00:02:01; outport = \"lr2-ls\"; next;"},
    {0x08, MODEL_INGRESS, 3, 100, "outport == \"lr2-ls\" && reg0 == 10.0.2.11",
     "eth.dst = 02:00:00:00:02:0%u; next;"},
    {0x04, MODEL_INGRESS, 1, 50, "eth.dst == 02:00:00:00:01:01", "outport = \"vm1-%u\"; output;"},
    {0x04, MODEL_INGRESS, 1, 50, "eth.dst == 02:00:00:00:01:02", "outport = \"vm1-2\"; output;"},
    {0x04, MODEL_INGRESS, 1, 50, "eth.dst == 02:00:00:00:01:03", "outport = \"vm1-3\"; output;"},
    {0x10, MODEL_INGRESS, 1, 50, "eth.dst == 02:00:00:00:02:01", "outport = \"vm2-%u\"; output;"},
    {0x10, MODEL_INGRESS, 1, 50, "eth.dst == 02:00:00:00:02:02", "outport = \"vm2-2\"; output;"},
    {0x04, MODEL_INGRESS, 1, 60, "inport == @pg1 && eth.dst == 02:00:00:00:01:01", "drop;"},
    /* No packet is ever compared with these sets. */
    {0x04, MODEL_INGRESS, 1, 61, "eth.dst == 02:00:00:00:01:02 && (ip || eth.src == $as2)",
     "drop;"},
    {0x04, MODEL_INGRESS, 1, 62, "eth.dst == 02:00:00:00:01:01 && (ip || inport == @pg2)", "drop;"},
    {0x04, MODEL_INGRESS, 1, 63, "eth.dst == 02:00:00:00:01:01 && arp.spa != $as1", "drop;"},
    {0x01, MODEL_INGRESS, 1, 50, "eth.dst == aa:00:00:00:00:01", "outport = \"ts-lr1\"; output;"},
    {0x01, MODEL_INGRESS, 1, 50, "eth.dst == aa:00:00:00:00:02", "outport = \"ts-lr2\"; output;"},
    {0x01, MODEL_INGRESS, 1, 50, "eth.dst == aa:00:00:00:00:09", "outport = \"ts-far\"; output;"},
    {0x14, MODEL_INGRESS, 1, 0, "1", "outport = get_fdb(eth.dst); next;"},
    {0x14, MODEL_INGRESS, 2, 0, "1", "output;"},
    {0x03, MODEL_INGRESS, 9, 7, "ip4 && ct.est", "ct_next;"},
};
#define N_ROWS (sizeof flow_rows / sizeof *flow_rows)

static unsigned int any(unsigned int n)
{
    return (unsigned int)rand() % n;
}

static void add_chassis(struct model *m, const struct world *w)
{
    for (unsigned int i = 0; i < 4; i++) {
        char ip[20];
        struct model_chassis *c =
            w->chassis[i] ? model_add_chassis(m, chassis_names[i], i == 3) : NULL;
        if (c != NULL) {
            snprintf(ip, sizeof ip, "192.0.2.%u", i + 1);
            model_add_encap(m, c, "geneve", ip, true, 6081);
        }
    }
}

static void add_datapath(struct model *m, const struct world *w, unsigned int dp)
{
    if (w->datapaths[dp]) {
        model_add_datapath(m, uuids[dp], uuids[dp], keys[dp], dp % 2 == 1, false);
    }
}

static const char *peer_of(const struct world *w, unsigned int dp, unsigned int i)
{
    bool turns = w->turned && strcmp(port_rows[dp][i].name, "lr1-ls") == 0;
    return turns ? "odd" : port_rows[dp][i].peer;
}

static void add_ports(struct model *m, const struct world *w, unsigned int dp)
{
    for (unsigned int i = 0; i < N_PORTS && w->datapaths[dp]; i++) {
        if (port_rows[dp][i].name == NULL || !w->ports[dp][i].there) {
            continue;
        }
        uint8_t chassis = w->ports[dp][i].chassis;
        struct model_port_row row = {.name = port_rows[dp][i].name,
                                     .type = port_rows[dp][i].type,
                                     .key = w->ports[dp][i].key,
                                     .datapath = uuids[dp],
                                     .chassis = chassis < 4 ? chassis_names[chassis] : NULL,
                                     .standby = w->ports[dp][i].standby,
                                     .peer = peer_of(w, dp, i),
                                     .distributed_port = port_rows[dp][i].distributed,
                                     .mac = w->ports[dp][i].bare ? NULL : port_rows[dp][i].mac};
        model_add_port(m, &row);
    }
}

static void add_rest(struct model *m, const struct world *w, unsigned int dp)
{
    const char *members[N_PORTS];
    char ip[20], mac[20];
    size_t n = 0;
    for (unsigned int i = 0; i < N_PORTS; i++) {
        if (port_rows[dp][i].name != NULL) {
            members[n++] = port_rows[dp][i].name;
        }
    }
    if (w->groups[dp]) {
        model_add_group(m, uuids[dp], "_MC_flood", 0x8000, members, n);
    }
    for (unsigned int i = 0; i < N_NEIGHBOURS; i++) {
        if (w->neighbours[dp][i] != 0) {
            snprintf(ip, sizeof ip, "10.0.%u.%u", dp == 1 ? 1 : 2, 11 + i);
            snprintf(mac, sizeof mac, "02:00:00:00:%02u:%02u", dp == 1 ? 1 : 2,
                     w->neighbours[dp][i]);
            model_add_mac_binding(m, uuids[dp], dp == 1 ? "lr1-ls" : "lr2-ls", ip, mac);
        }
    }
    if (w->fdb[dp] != 0) {
        model_add_fdb(m, keys[dp], "02:00:00:00:09:09", w->fdb[dp]);
    }
}

static void add_flow(struct model *m, const struct world *w, unsigned int i)
{
    const char *datapaths[N_DATAPATHS];
    char uuid[16], match[200], actions[200];
    size_t n = 0;
    if (w->flows[i] == 0) {
        return;
    }
    for (unsigned int dp = 0; dp < N_DATAPATHS; dp++) {
        if ((flow_rows[i % N_ROWS].datapaths >> dp & 1) != 0) {
            datapaths[n++] = uuids[dp];
        }
    }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(match, sizeof match, flow_rows[i % N_ROWS].match, w->flows[i]);
    snprintf(actions, sizeof actions, flow_rows[i % N_ROWS].actions, w->flows[i]);
#pragma GCC diagnostic pop
    snprintf(uuid, sizeof uuid, "flow%u", i);
    struct model_flow_row row = {.uuid = uuid,
                                 .stage = "stage",
                                 .pipeline = flow_rows[i % N_ROWS].pipeline,
                                 .table = flow_rows[i % N_ROWS].table,
                                 .priority = flow_rows[i % N_ROWS].priority + (int)(i / N_ROWS),
                                 .match = match,
                                 .actions = actions};
    model_add_flow(m, datapaths, n, &row);
}

/* The last addresses are too wide for the fields that the sets are compared with. */
static const struct {
    bool group;
    const char *name;
    const char *elements[3];
} set_rows[N_SETS] = {
    {false, "as1", {"10.9.0.1", "10.9.0.2", "fd00::3"}},
    {true, "2_pg1", {"ls1-lr", "vm1-2", "vm1-3"}},
    {false, "as2", {"02:00:00:00:09:01", "10.9.0.2", "fd00::3"}},
    {true, "2_pg2", {"vm1-1", "vm1-2", "ls1-lr"}},
};

static void add_set(struct model *m, const struct world *w, unsigned int i)
{
    size_t n = w->sets[i] == EMPTY ? 0 : w->sets[i];
    if (w->sets[i] != 0 && set_rows[i].group) {
        model_add_port_group(m, set_rows[i].name, set_rows[i].elements, n);
    } else if (w->sets[i] != 0) {
        model_add_address_set(m, set_rows[i].name, set_rows[i].elements, n);
    }
}

static void fill(struct model *m, const struct world *w)
{
    add_chassis(m, w);
    for (unsigned int dp = 0; dp < N_DATAPATHS; dp++) {
        add_datapath(m, w, dp);
    }
    for (unsigned int dp = 0; dp < N_DATAPATHS; dp++) {
        add_ports(m, w, dp);
    }
    for (unsigned int dp = 0; dp < N_DATAPATHS; dp++) {
        add_rest(m, w, dp);
    }
    for (unsigned int i = 0; i < N_FLOWS; i++) {
        add_flow(m, w, i);
    }
    for (unsigned int i = 0; i < N_SETS; i++) {
        add_set(m, w, i);
    }
    model_finish(m);
}

static struct model *build(const struct world *w, struct lflow_cache *cache)
{
    struct model *m = model_create("gw", cache);
    fill(m, w);
    return m;
}

static bool has_port_at(const struct world *w, unsigned int dp, unsigned int chassis)
{
    for (unsigned int i = 0; i < N_PORTS; i++) {
        if (w->ports[dp][i].chassis == chassis) {
            return true;
        }
    }
    return false;
}

static void set_chassis(struct model *m, struct world *w, unsigned int i, bool there)
{
    bool concerned[N_DATAPATHS];
    w->chassis[i] = there;
    for (unsigned int dp = 0; dp < N_DATAPATHS; dp++) {
        concerned[dp] = has_port_at(w, dp, i);
        if (concerned[dp]) {
            model_empty_datapath(m, uuids[dp]);
        }
    }
    model_remove_chassis(m, chassis_names[i]);
    add_chassis(m, w); /* the one; the others are there */
    for (unsigned int dp = 0; dp < N_DATAPATHS; dp++) {
        if (concerned[dp]) {
            add_ports(m, w, dp);
            add_rest(m, w, dp);
        }
    }
}

static void change_chassis(struct model *m, struct world *w)
{
    unsigned int i = any(4);
    set_chassis(m, w, i, !w->chassis[i]);
}

static void set_datapath(struct model *m, struct world *w, unsigned int dp, bool there)
{
    w->datapaths[dp] = there;
    model_remove_datapath(m, uuids[dp]);
    add_datapath(m, w, dp);
    add_ports(m, w, dp);
    add_rest(m, w, dp);
    for (unsigned int i = 0; i < N_FLOWS && w->datapaths[dp]; i++) {
        char uuid[16];
        snprintf(uuid, sizeof uuid, "flow%u", i);
        if ((flow_rows[i % N_ROWS].datapaths >> dp & 1) != 0) {
            model_remove_flow(m, uuid);
            add_flow(m, w, i);
        }
    }
}

static void change_datapath(struct model *m, struct world *w)
{
    unsigned int dp = any(N_DATAPATHS);
    set_datapath(m, w, dp, !w->datapaths[dp]);
}

static void change_rows(struct model *m, struct world *w)
{
    unsigned int dp = any(N_DATAPATHS), i = any(N_PORTS);
    switch (any(7)) {
    case 0:
        w->ports[dp][i].there ^= true;
        break;
    case 1:
        w->ports[dp][i].chassis = (uint8_t)any(5);
        break;
    case 2:
        w->ports[dp][i].key = (uint8_t)(1 + (w->ports[dp][i].key == i + 1 ? i + 100 : i));
        w->ports[dp][i].standby ^= true;
        break;
    case 3:
        w->groups[dp] ^= true;
        break;
    case 4:
        w->neighbours[dp][any(N_NEIGHBOURS)] = (uint8_t)any(4);
        break;
    case 5:
        dp = 1;
        w->turned ^= true;
        break;
    default:
        w->fdb[dp] = (uint8_t)any(4);
    }
    model_empty_datapath(m, uuids[dp]);
    add_ports(m, w, dp);
    add_rest(m, w, dp);
}

static void change_flow(struct model *m, struct world *w)
{
    unsigned int i = any(N_FLOWS);
    char uuid[16];
    snprintf(uuid, sizeof uuid, "flow%u", i);
    w->flows[i] = (uint8_t)any(3);
    model_remove_flow(m, uuid);
    add_flow(m, w, i);
}

static void set_set(struct model *m, struct world *w, unsigned int i, uint8_t n)
{
    w->sets[i] = n;
    if (set_rows[i].group) {
        model_remove_port_group(m, set_rows[i].name);
    } else {
        model_remove_address_set(m, set_rows[i].name);
    }
    add_set(m, w, i);
}

static void change_set(struct model *m, struct world *w)
{
    set_set(m, w, any(N_SETS), (uint8_t)any(EMPTY + 1));
}

static void change(struct model *m, struct world *w)
{
    switch (any(20)) {
    case 0:
        change_chassis(m, w);
        break;
    case 1:
        change_datapath(m, w);
        break;
    case 2:
        change_set(m, w);
        break;
    case 3 ... 10:
        change_rows(m, w);
        break;
    default:
        change_flow(m, w);
    }
}

static void start(struct world *w)
{
    memset(w, 0, sizeof *w);
    memset(w->chassis, 1, sizeof w->chassis);
    memset(w->datapaths, 1, sizeof w->datapaths);
    memset(w->flows, 1, N_ROWS);
    for (unsigned int dp = 0; dp < N_DATAPATHS; dp++) {
        for (unsigned int i = 0; i < N_PORTS; i++) {
            bool vif = port_rows[dp][i].type != NULL && port_rows[dp][i].type[0] == '\0';
            bool redirect = port_rows[dp][i].type != NULL && port_rows[dp][i].type[0] == 'c';
            w->ports[dp][i].there = true;
            w->ports[dp][i].key = (uint8_t)(i + 1);
            w->ports[dp][i].chassis = (uint8_t)(vif ? 1 : redirect ? 0 : dp == 0 && i == 2 ? 3 : 4);
        }
    }
}

/* Endpoints that are taken over bring their copies on other nodes along, and tables those
 * of the tables before. */
static void check_replica(const struct specialised *now, const struct specialised *fresh,
                          const struct specialised *before)
{
    struct specialised replica = *now;
    assert_true(icgw_tables_add_replica(now->tables, 0, before ? before->tables : NULL));
    replica.tables = now->tables->replica;
    assert_int_equal(replica.tables->n_far, 0);
    assert_same_specialised(&replica, fresh);
}

static void check(const struct model *m, const struct model *expected, struct specialised **before)
{
    static const struct icgw_addr local = {{[10] = 0xff, 0xff, 192, 0, 2, 1}};
    struct specialised *now =
        specialise_again(m, &local, 1, *before, *before ? (*before)->tables : NULL);
    struct specialised *fresh = specialise(expected, &local, 1);
    assert_same_model(m, expected);
    assert_same_specialised(now, fresh);
    check_replica(now, fresh, *before);
    assert_same_reports(now, fresh);
    assert_int_equal(now->n_endpoints, fresh->n_endpoints);
    assert_int_equal(now->n_destinations, fresh->n_destinations);
    specialised_free(fresh);
    specialised_free(*before);
    *before = now;
}

static void run(unsigned int seed)
{
    struct lflow_cache *cache = lflow_cache_create();
    struct specialised *before = NULL;
    struct world w;
    size_t n_forwarded = 0, n_reused = 0;

    srand(seed);
    start(&w);
    struct model *m = build(&w, cache);
    for (unsigned int step = 0; step < 150; step++) {
        for (unsigned int n = step == 0 ? 0 : 1 + any(3); n > 0; n--) {
            change(m, &w);
        }
        model_finish(m);
        struct model *expected = build(&w, cache);
        check(m, expected, &before);
        n_forwarded += before->n_destinations;
        n_reused += before->n_reused;
        /* Nothing more has changed. */
        uint64_t version = model_version(m);
        model_finish(m);
        assert_int_equal(model_version(m), version);
        model_free(expected);
    }
    assert_true(n_forwarded > 0 && n_reused > 0);
    specialised_free(before);
    model_free(m);
    lflow_cache_free(cache);
}

static void test_random_changes(void **state)
{
    (void)state;
    for (unsigned int seed = 1; seed <= 20; seed++) {
        run(seed);
    }
}

struct fixture {
    struct lflow_cache *cache;
    struct world w;
    struct model *model;        /* made by the test */
    struct specialised *before; /* see check() */
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return -1;
    }
    f->cache = lflow_cache_create();
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    specialised_free(f->before);
    model_free(f->model);
    lflow_cache_free(f->cache);
    free(f);
    return 0;
}

/* All VMs are at one chassis, and no port is at another. */
static void gather(struct world *w, unsigned int chassis)
{
    start(w);
    for (unsigned int dp = 0; dp < N_DATAPATHS; dp++) {
        for (unsigned int i = 0; i < N_PORTS; i++) {
            uint8_t *at = &w->ports[dp][i].chassis;
            *at = (uint8_t)(*at == 0 ? 0 : *at == 1 ? chassis : 4);
        }
    }
}

/* far comes, the first by its name, and nothing leads there. */
static void test_new_chassis(void **state)
{
    struct fixture *f = *state;

    gather(&f->w, 2);
    f->w.chassis[3] = false;
    struct model *m = f->model = build(&f->w, f->cache);
    check(m, m, &f->before);
    assert_int_equal(f->before->n_tunnels, 2);
    set_chassis(m, &f->w, 3, true);
    model_finish(m);
    check(m, m, &f->before);
    assert_int_equal(f->before->n_tunnels, 3);
    assert_true(f->before->n_destinations > 0);
    assert_int_equal(f->before->n_reused, f->before->n_endpoints);
    set_chassis(m, &f->w, 3, false);
    model_finish(m);
    check(m, m, &f->before);
    assert_int_equal(f->before->n_reused, f->before->n_endpoints);
}

/* hv1 goes, where nothing is: the way to hv2 gets another number, and no datapath has
 * changed. */
static void test_chassis_with_another_number(void **state)
{
    struct fixture *f = *state;

    gather(&f->w, 2);
    f->w.chassis[3] = false;
    struct model *m = f->model = build(&f->w, f->cache);
    check(m, m, &f->before);
    assert_int_equal(f->before->tunnels[1].remote.bytes[15], 3); /* hv2 */
    set_chassis(m, &f->w, 1, false);
    model_finish(m);
    check(m, m, &f->before);
    assert_int_equal(f->before->tunnels[0].remote.bytes[15], 3);
    assert_true(f->before->n_reused > 0); /* what leads nowhere */
    assert_true(f->before->n_reused < f->before->n_endpoints);
}

/* A database may say so; each has a tunnel all the same, and keeps one. */
static void test_chassis_with_the_same_address(void **state)
{
    struct fixture *f = *state;
    struct model *m = f->model = model_create("gw", f->cache);

    model_add_chassis(m, "gw", false);
    for (unsigned int i = 1; i < 4; i++) {
        struct model_chassis *c = model_add_chassis(m, chassis_names[i], false);
        assert_true(model_add_encap(m, c, "geneve", i < 3 ? "192.0.2.7" : "192.0.2.8", true, 6081));
    }
    model_finish(m);
    for (unsigned int n = 0; n < 2; n++) {
        check(m, m, &f->before);
        assert_int_equal(f->before->n_tunnels, 3);
        assert_int_equal(f->before->tunnels[0].remote.bytes[15], 8); /* far */
        assert_int_equal(f->before->tunnels[1].remote.bytes[15], 7);
        assert_int_equal(f->before->tunnels[2].remote.bytes[15], 7);
    }
}

static void set_group(struct model *m, struct world *w, uint8_t n)
{
    set_set(m, w, 1, n);
    model_finish(m);
}

static uint32_t n_in(const struct icgw_map *map, enum icgw_verdict verdict)
{
    uint32_t pos = 0, n = 0;
    uint64_t value;
    while ((value = icgw_map_next(map, &pos)) != 0) {
        n += ((const struct icgw_dest *)(uintptr_t)value)->verdict == verdict;
    }
    return n;
}

/* Destinations with that verdict. */
static uint32_t n_of(const struct specialised *s, enum icgw_verdict verdict)
{
    uint32_t pos = 0, n = 0;
    uint64_t value;
    while ((value = icgw_map_next(s->tables->endpoints, &pos)) != 0) {
        const struct icgw_endpoint *ep = (const struct icgw_endpoint *)(uintptr_t)value;
        n += n_in(ep->l2, verdict) + n_in(ep->v4, verdict);
    }
    return n;
}

/* What comes from lr1 to a VM is dropped because of a port group, or no longer. */
static void test_port_group_alone(void **state)
{
    struct fixture *f = *state;

    start(&f->w);
    struct model *m = f->model = build(&f->w, f->cache);
    check(m, m, &f->before);
    uint32_t n_forwarded = n_of(f->before, ICGW_VERDICT_FORWARD);
    set_group(m, &f->w, 1);
    check(m, m, &f->before);
    assert_int_equal(n_of(f->before, ICGW_VERDICT_FORWARD), n_forwarded - 1);
    assert_in_range(f->before->n_reused, 1, f->before->n_endpoints - 1);
    set_group(m, &f->w, 0);
    check(m, m, &f->before);
    assert_int_equal(n_of(f->before, ICGW_VERDICT_FORWARD), n_forwarded);
}

/* Flows come to life, or cease to be, by sets that no packet is compared with. */
static void test_sets_that_flows_need(void **state)
{
    static const struct {
        unsigned int set;
        uint8_t n, n_dropped; /* VMs that are not reached then */
    } steps[] = {
        {2, 1, 1},     /* created */
        {2, 2, 1},     /* another address */
        {2, 3, 0},     /* … that is too wide */
        {2, 1, 1},     /* without it */
        {3, 1, 2},     /* the group, too */
        {2, 0, 1},     /* destroyed */
        {3, 2, 1},     /* another port */
        {3, 0, 0},     /* destroyed */
        {0, EMPTY, 1}, /* every packet is unlike its elements */
        {0, 1, 0},     /* no longer IPv6 */
        {0, 0, 0},
    };
    struct fixture *f = *state;

    start(&f->w);
    f->w.neighbours[1][1] = 2;
    struct model *m = f->model = build(&f->w, f->cache);
    check(m, m, &f->before);
    uint32_t n_forwarded = n_of(f->before, ICGW_VERDICT_FORWARD);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        set_set(m, &f->w, steps[i].set, steps[i].n);
        model_finish(m);
        check(m, m, &f->before);
        assert_int_equal(n_of(f->before, ICGW_VERDICT_FORWARD), n_forwarded - steps[i].n_dropped);
        assert_true(f->before->n_reused > 0); /* endpoints that have nothing to do with it */
    }
}

/* lr1 asks for a port that there is not, and then is, at a switch that lr1 has nothing to do
 * with. */
static void test_port_that_comes(void **state)
{
    struct fixture *f = *state;

    start(&f->w);
    f->w.datapaths[3] = f->w.datapaths[4] = false;
    f->w.neighbours[1][2] = 3;
    struct model *m = f->model = build(&f->w, f->cache);
    check(m, m, &f->before);
    uint32_t n_dropped = n_of(f->before, ICGW_VERDICT_DROP);
    set_datapath(m, &f->w, 4, true);
    model_finish(m);
    check(m, m, &f->before);
    assert_int_equal(n_of(f->before, ICGW_VERDICT_DROP), n_dropped + 1);
}

/* A router's port gets its address: the switch's end of it is served by a table then. */
static void test_address_of_a_peer(void **state)
{
    struct fixture *f = *state;

    start(&f->w);
    f->w.ports[1][0].bare = true;
    struct model *m = f->model = build(&f->w, f->cache);
    check(m, m, &f->before);
    f->w.ports[1][0].bare = false;
    model_empty_datapath(m, uuids[1]);
    add_ports(m, &f->w, 1);
    add_rest(m, &f->w, 1);
    model_finish(m);
    check(m, m, &f->before);
}

/* Two switches' ports name a router's port, and it first the one, then the other. */
static void test_peer_that_turns(void **state)
{
    struct fixture *f = *state;

    start(&f->w);
    struct model *m = f->model = build(&f->w, f->cache);
    const struct model_port *own = model_port_by_name(m, "ls1-lr");
    const struct model_port *odd = model_port_by_name(m, "odd");
    assert_ptr_equal(own->peer, model_port_by_name(m, "lr1-ls"));
    assert_null(odd->peer);
    check(m, m, &f->before);
    f->w.turned = true;
    model_empty_datapath(m, uuids[1]);
    add_ports(m, &f->w, 1);
    add_rest(m, &f->w, 1);
    model_finish(m);
    assert_null(own->peer);
    assert_ptr_equal(odd->peer, model_port_by_name(m, "lr1-ls"));
    check(m, m, &f->before);
}

/* More at once than is remembered, and all rows anew. */
static void test_many_changes(void **state)
{
    struct fixture *f = *state;

    start(&f->w);
    struct model *m = f->model = build(&f->w, f->cache);
    check(m, m, &f->before);
    set_group(m, &f->w, 1);
    for (unsigned int i = 0; i < MODEL_LOG_MAX; i++) {
        model_add_address_set(m, "unheard-of", NULL, 0);
        model_remove_address_set(m, "unheard-of");
        model_finish(m);
    }
    check(m, m, &f->before);
    model_clear(m);
    f->w.datapaths[4] = false;
    fill(m, &f->w);
    check(m, m, &f->before);
}

/* As when a file of the last run is followed by the databases. */
static void test_another_model(void **state)
{
    struct fixture *f = *state;

    start(&f->w);
    struct model *m = f->model = build(&f->w, f->cache);
    check(m, m, &f->before);
    f->w.sets[1] = 1;
    struct model *other = build(&f->w, f->cache);
    check(other, other, &f->before);
    assert_in_range(f->before->n_reused, 1, f->before->n_endpoints - 1);
    model_free(m);
    f->model = other;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_changes),
        cmocka_unit_test_setup_teardown(test_new_chassis, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_chassis_with_another_number, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_chassis_with_the_same_address, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_port_group_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sets_that_flows_need, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_port_that_comes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_address_of_a_peer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_peer_that_turns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_changes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_model, set_up, tear_down)};

    if (test_eal_init() < 0) {
        return 1;
    }
    return cmocka_run_group_tests_name("model_changes", tests, NULL, NULL);
}
