/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of tables on other NUMA nodes.  This machine may have one node: which node each
 * allocation asked for is recorded, and nodes run out of memory when a case says so. */
#include "test_dp_frame.h"

#include <stdlib.h>

#include <rte_malloc.h>

#include "alloc.h"
#include "guard.h"
#include "map.h"

#define N_NODES 4
#define MAX_BLOCKS 4096
#define N_DESTS 40u /* of each endpoint */
#define N_GUARDS 12u
#define ROUNDS 3000u
#define L2_VNI 2u
#define L3_VNI 0xff0002u

static struct block {
    uintptr_t at;
    size_t size;
    int node;
} blocks[MAX_BLOCKS];
static int empty = -1;      /* node without memory … */
static unsigned int left;   /* … but for so many allocations */
static unsigned int failed; /* allocations that found none */

/* --- in place of DPDK's */

void *__real_rte_malloc_socket(const char *type, size_t size, unsigned int align, int socket);
void *__wrap_rte_malloc_socket(const char *type, size_t size, unsigned int align, int socket);
void *__real_rte_zmalloc_socket(const char *type, size_t size, unsigned int align, int socket);
void *__wrap_rte_zmalloc_socket(const char *type, size_t size, unsigned int align, int socket);
void __real_rte_free(void *memory);
void __wrap_rte_free(void *memory);

static bool runs_out(int node)
{
    if (node != empty || node < 0) {
        return false;
    }
    if (left > 0) {
        left--;
        return false;
    }
    failed++;
    return true;
}

static void *record(void *memory, size_t size, int node)
{
    for (unsigned int i = 0; memory != NULL; i++) {
        assert_true(i < MAX_BLOCKS);
        if (blocks[i].at == 0) {
            blocks[i] = (struct block){(uintptr_t)memory, size, node};
            return memory;
        }
    }
    return memory;
}

void *__wrap_rte_malloc_socket(const char *type, size_t size, unsigned int align, int socket)
{
    return runs_out(socket)
               ? NULL
               : record(__real_rte_malloc_socket(type, size, align, SOCKET_ID_ANY), size, socket);
}

void *__wrap_rte_zmalloc_socket(const char *type, size_t size, unsigned int align, int socket)
{
    return runs_out(socket)
               ? NULL
               : record(__real_rte_zmalloc_socket(type, size, align, SOCKET_ID_ANY), size, socket);
}

void __wrap_rte_free(void *memory)
{
    for (unsigned int i = 0; memory != NULL && i < MAX_BLOCKS; i++) {
        if (blocks[i].at == (uintptr_t)memory) {
            blocks[i].at = 0;
        }
    }
    __real_rte_free(memory);
}

/* --- what was recorded */

static int node_of(const void *memory)
{
    for (unsigned int i = 0; i < MAX_BLOCKS; i++) {
        if (blocks[i].at != 0 && (uintptr_t)memory - blocks[i].at < blocks[i].size) {
            return blocks[i].node;
        }
    }
    fail_msg("%p is in no memory of tables", memory);
    return -1;
}

static size_t bytes_on(int node)
{
    size_t sum = 0;

    for (unsigned int i = 0; i < MAX_BLOCKS; i++) {
        sum += blocks[i].at != 0 && blocks[i].node == node ? blocks[i].size : 0;
    }
    return sum;
}

/* --- tables to copy */

static struct icgw_dest any_dest(uint32_t i, struct icgw_source_guard *guard)
{
    /* More guards than a store looks back for. */
    *guard = (struct icgw_source_guard){
        .n = 1 + i % N_GUARDS,
        .prefix = {[0 ... N_GUARDS -
                    1] = {{.bytes = {[10] = 0xff, 0xff, 10, 9, (uint8_t)(i % N_GUARDS)}},
                          {.bytes = {[0 ... 15] = 0xff}}}},
    };
    return (struct icgw_dest){
        .verdict = ICGW_VERDICT_FORWARD,
        .tunnel = (uint16_t)(i % 2),
        .vni = 0x10200 + i,
        .inport = (uint16_t)i,
        .outport = (uint16_t)(0x100 + i),
        .min_ttl = 2,
        .ttl_dec = 1,
        .rewrite_eth = 1,
        .eth_dst = {0, 0, 0, 2, 0, (uint8_t)i},
        .account = (uint16_t)(100 + i),
        .sources = guard,
    };
}

static void add_any(struct icgw_endpoint *ep, uint32_t i, const struct icgw_dest *dest)
{
    const uint8_t mac[6] = {0xaa, 0, 0, 0, 0, (uint8_t)i};

    if (ep->kind == ICGW_ENDPOINT_L2) {
        assert_true(icgw_endpoint_add_l2(ep, mac, RTE_BE16(0x0800), dest));
        return;
    }
    assert_true(icgw_endpoint_add_v4(ep, ip4(10, 2, 0, i), i % 8 == 7 ? 24 : 32, dest));
    assert_true(icgw_endpoint_add_v6(ep, (uint8_t[16]){10, 2, 0, (uint8_t)i}, 32, dest));
}

static struct icgw_classifier *any_classifier(uint32_t i)
{
    const struct icgw_rule rules[] = {
        {.value.src = {10, 1, (uint8_t)(i % N_GUARDS)}, .mask.src = {0xff, 0xff, 0xff}},
        {.member = 1},
    };
    struct icgw_classifier *c = icgw_classifier_create(rules, RTE_DIM(rules));

    assert_non_null(c);
    return c;
}

static struct icgw_endpoint *any_endpoint(enum icgw_endpoint_kind kind, uint32_t first)
{
    struct icgw_endpoint *ep = icgw_endpoint_create(kind, kind == ICGW_ENDPOINT_L3, 1, 1, 1);

    assert_non_null(ep);
    memcpy(ep->router_mac, (uint8_t[6]){0xaa}, 6);
    for (uint32_t i = 0; i < N_DESTS; i++) {
        struct icgw_source_guard guards[3];
        struct icgw_dest members[2] = {any_dest(first + i, &guards[1]),
                                       any_dest(first + i + 1, &guards[2])};
        struct icgw_dest dest = any_dest(first + i, &guards[0]);

        if (i % 5 == 4) {
            dest = (struct icgw_dest){
                .verdict = ICGW_VERDICT_SELECT, .members = members, .n_members = 2};
        }
        struct icgw_classifier *c = any_classifier(i);
        if (i % 5 == 3) {
            dest = (struct icgw_dest){.verdict = ICGW_VERDICT_CLASSIFY,
                                      .members = members,
                                      .n_members = 2,
                                      .classifier = c};
        }
        add_any(ep, i, &dest);
        icgw_classifier_free(c);
    }
    return ep;
}

/* *l2 and *l3 are new where they are NULL; the caller has a reference of each. */
static struct icgw_tables *any_tables(struct icgw_endpoint **l2, struct icgw_endpoint **l3)
{
    const struct icgw_addr local = addr4(192, 0, 2, 21), to = addr4(192, 0, 2, 90);
    const struct icgw_addr from = addr4(192, 0, 2, 11), other = addr4(192, 0, 2, 12);
    const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};
    struct icgw_tables *t = icgw_tables_create(1, 1, 3, &local, 1);

    assert_non_null(t);
    for (uint16_t i = 0; i < 2; i++) { /* the third tunnel has yet to come */
        struct icgw_tunnel tunnel;

        icgw_tunnel_init(&tunnel, &local, &to, 6081, i);
        icgw_tunnel_set_next_hop(&tunnel, i, mac, mac, 0, 1500);
        assert_true(icgw_tables_set_tunnel(t, i, &tunnel));
    }
    *l2 = *l2 != NULL ? *l2 : any_endpoint(ICGW_ENDPOINT_L2, 0);
    *l3 = *l3 != NULL ? *l3 : any_endpoint(ICGW_ENDPOINT_L3, 50);
    assert_true(icgw_tables_add_source(t, &from, ICGW_ZONE_LOCAL));
    assert_true(icgw_tables_add_source(t, &other, ICGW_ZONE_REMOTE));
    assert_true(icgw_tables_add_endpoint(t, L2_VNI, 3, *l2));
    assert_true(icgw_tables_add_endpoint(t, L3_VNI, 2, *l3));
    assert_true(icgw_tables_add_endpoint(t, L3_VNI + 1, 2, *l3)); /* by another zone's key */
    return t;
}

/* --- checks */

static void expect_guard(const struct icgw_source_guard *guard, int node)
{
    if (guard != NULL) {
        assert_int_equal(node_of(guard), node);
        assert_int_equal(node_of((const struct icgw_source_block *)(const void *)guard - 1), node);
    }
}

static void expect_shared(const struct icgw_dest *dest, int node)
{
    if (dest->verdict == ICGW_VERDICT_CLASSIFY) {
        assert_int_equal(node_of(dest->classifier), node);
    } else {
        expect_guard(dest->sources, node);
    }
}

static void expect_dests(const struct icgw_map *map, int node)
{
    uint32_t pos = 0;
    uint64_t value;

    while ((value = icgw_map_next(map, &pos)) != 0) {
        const struct icgw_dest *dest = (const struct icgw_dest *)(uintptr_t)value;

        assert_int_equal(node_of(dest), node);
        assert_int_equal((uintptr_t)dest % RTE_CACHE_LINE_SIZE, 0);
        expect_shared(dest, node);
        for (unsigned int i = 0; i < dest->n_members; i++) {
            assert_int_equal(node_of(&dest->members[i]), node);
            expect_shared(&dest->members[i], node);
        }
    }
}

static void expect_endpoint(const struct icgw_endpoint *ep, int node)
{
    const struct icgw_map *maps[] = {ep->l2, ep->v4, ep->v6};

    assert_int_equal(node_of(ep), node);
    for (unsigned int i = 0; i < RTE_DIM(maps); i++) {
        if (maps[i] != NULL) {
            assert_int_equal(node_of(maps[i]), node);
            expect_dests(maps[i], node);
        }
    }
}

/* Whatever a worker reads by *t is on the node. */
static void expect_all_on(const struct icgw_tables *t, int node)
{
    const void *const parts[] = {t, t->endpoints, t->vnis, t->sources, t->tunnels, t->locals};

    for (unsigned int i = 0; i < RTE_DIM(parts); i++) {
        assert_int_equal(node_of(parts[i]), node);
    }
    for (uint16_t i = 0; i < t->n_tunnels; i++) {
        assert_int_equal(t->tunnels[i] != NULL ? node_of(t->tunnels[i]) : node, node);
    }
    expect_endpoint(icgw_tables_endpoint(t, L2_VNI, 3), node);
    expect_endpoint(icgw_tables_endpoint(t, L3_VNI, 2), node);
    assert_ptr_equal(icgw_tables_endpoint(t, L3_VNI + 1, 2), icgw_tables_endpoint(t, L3_VNI, 2));
}

static uint32_t rnd(uint32_t n)
{
    return (uint32_t)random() % n;
}

/* Mostly what is forwarded. */
static struct frame any_frame(void)
{
    bool out = rnd(2);
    struct frame f = {
        .src = addr4(192, 0, 2, (out ? 11 : 12) + (rnd(20) == 0)),
        .dst = addr4(192, 0, 2, 21),
        .sport = 50000,
        .dport = 6081,
        .csum = rnd(2) ? CSUM_GOOD : CSUM_NONE,
        .vni = (out ? L2_VNI : L3_VNI + rnd(2)) + (rnd(20) == 0),
        .inport = 1,
        .outport = out ? 3 : 2,
        .in_eth_dst = {0xaa, [5] = (uint8_t)(out ? rnd(N_DESTS + 2) : 0)},
        .in_v6 = !out && rnd(2),
        .in_src = {10, rnd(4) == 0 ? 9 : 1, (uint8_t)rnd(N_GUARDS)},
        .in_dst = {10, 2, 0, (uint8_t)rnd(N_DESTS + 2)},
        .in_ttl = (uint8_t)(rnd(20) == 0 ? 1 : 64),
        .in_payload = 8 + rnd(20),
    };

    f.in_l4[1] = (uint8_t)rnd(250);
    return f;
}

static unsigned int expect_same_outcome(const struct frame *f, const struct icgw_tables *a,
                                        const struct icgw_tables *b)
{
    uint8_t buf[FRAME_MAX];
    struct layout at = build(f, buf);
    struct rte_mbuf *x = to_mbuf(buf, at.end, 0), *y = to_mbuf(buf, at.end, 0);
    struct icgw_result r, s;

    icgw_forward(a, NULL, &x, 1, &r);
    icgw_forward(b, NULL, &y, 1, &s);
    check_outcome("replica", r.action, r.reason, s.action, s.reason);
    assert_memory_equal(&r, &s, sizeof r);
    assert_int_equal(rte_pktmbuf_pkt_len(x), rte_pktmbuf_pkt_len(y));
    assert_memory_equal(rte_pktmbuf_mtod(x, uint8_t *), rte_pktmbuf_mtod(y, uint8_t *),
                        rte_pktmbuf_pkt_len(x));
    rte_pktmbuf_free(x);
    rte_pktmbuf_free(y);
    return r.action == ICGW_ACTION_TX;
}

static void expect_same(const struct icgw_tables *a, const struct icgw_tables *b, uint32_t rounds)
{
    unsigned int sent = 0;

    for (uint32_t i = 0; i < rounds; i++) {
        struct frame f = any_frame();

        sent += expect_same_outcome(&f, a, b);
    }
    assert_in_range(sent, rounds / 4, rounds - 1); /* not all alike */
}

/* All that a case has allocated is freed. */
static int nothing_left(void **state)
{
    (void)state;
    icgw_tables_home(SOCKET_ID_ANY);
    for (int node = -1; node < N_NODES; node++) {
        if (bytes_on(node) != 0) {
            print_error("%zu bytes left on node %d\n", bytes_on(node), node);
            return -1;
        }
    }
    return 0;
}

/* --- cases */

static void copies_are_on_their_nodes(void **state)
{
    struct icgw_endpoint *l2 = NULL, *l3 = NULL;

    (void)state;
    icgw_tables_home(2);
    struct icgw_tables *first = any_tables(&l2, &l3);
    icgw_endpoint_unref(l2);
    icgw_endpoint_unref(l3);
    for (int node = 0; node < N_NODES; node++) {
        assert_true(node == 2 || icgw_tables_add_replica(first, node, NULL));
    }
    for (int node = 0; node < N_NODES; node++) {
        const struct icgw_tables *t = icgw_tables_on(first, node);

        assert_true((t == first) == (node == 2));
        expect_all_on(t, node);
        expect_same(first, t, ROUNDS);
        assert_int_equal(t->n_far, 0);
        assert_int_equal(icgw_tables_bytes(t), bytes_on(node));
        assert_int_equal(icgw_tables_n_endpoints(t), 3);
    }
    assert_int_equal(icgw_tables_away(), 0);
    icgw_tables_free(first);
}

/* Without a home or a replica nothing asks for a node. */
static void one_node(void **state)
{
    struct icgw_endpoint *l2 = NULL, *l3 = NULL;
    struct icgw_tables *t = any_tables(&l2, &l3);

    (void)state;
    icgw_endpoint_unref(l2);
    icgw_endpoint_unref(l3);
    expect_all_on(t, SOCKET_ID_ANY);
    assert_int_equal(icgw_tables_bytes(t), bytes_on(SOCKET_ID_ANY));
    assert_ptr_equal(icgw_tables_on(t, 0), t);
    icgw_tables_free(t);
}

static void change_reaches_all_nodes(void **state)
{
    struct icgw_endpoint *l2 = NULL, *l3 = NULL, *changed = any_endpoint(ICGW_ENDPOINT_L2, 100);
    struct icgw_tables *before = any_tables(&l2, &l3);

    (void)state;
    assert_true(icgw_tables_add_replica(before, 0, NULL) &&
                icgw_tables_add_replica(before, 1, NULL));
    struct icgw_tables *now = any_tables(&changed, &l3);
    assert_true(icgw_tables_add_replica(now, 0, NULL) && icgw_tables_add_replica(now, 1, NULL));
    for (int node = 0; node < 2; node++) {
        const struct icgw_tables *a = icgw_tables_on(before, node), *b = icgw_tables_on(now, node);

        assert_true(a->serial != b->serial); /* what workers remember ends */
        assert_ptr_equal(icgw_tables_endpoint(a, L3_VNI, 2), icgw_tables_endpoint(b, L3_VNI, 2));
        assert_true(icgw_tables_endpoint(a, L2_VNI, 3) != icgw_tables_endpoint(b, L2_VNI, 3));
        expect_all_on(b, node);
        expect_same(now, b, ROUNDS);
    }
    icgw_endpoint_unref(l2);
    icgw_endpoint_unref(l3);
    icgw_endpoint_unref(changed);
    icgw_tables_free(before);
    expect_all_on(icgw_tables_on(now, 1), 1); /* what is shared has stayed */
    icgw_tables_free(now);
}

/* Changes of tunnels share all endpoints. */
static void clone_shares_replicas(void **state)
{
    struct icgw_endpoint *l2 = NULL, *l3 = NULL;
    struct icgw_tables *before = any_tables(&l2, &l3), *now;
    size_t of_endpoints = 0;

    (void)state;
    icgw_endpoint_unref(l2);
    icgw_endpoint_unref(l3);
    assert_true(icgw_tables_add_replica(before, 1, NULL));
    now = icgw_tables_clone(before);
    assert_non_null(now);
    assert_null(now->replica);
    assert_true(icgw_tables_add_replica(now, 1, NULL));
    expect_all_on(icgw_tables_on(now, 1), 1);
    of_endpoints = 2 * icgw_tables_bytes(icgw_tables_on(now, 1)) - bytes_on(1);
    icgw_tables_free(before);
    assert_in_range(of_endpoints, N_DESTS * 3 * sizeof(struct icgw_dest), bytes_on(1));
    assert_int_equal(icgw_tables_bytes(icgw_tables_on(now, 1)), bytes_on(1));
    expect_same(now, icgw_tables_on(now, 1), ROUNDS);
    icgw_tables_free(now);
}

/* Whichever allocation fails: the workers of that node have tables that forward
 * the same, and a copy of their own once there is memory again. */
static void node_runs_out_of_memory(void **state)
{
    struct icgw_endpoint *l2 = NULL, *l3 = NULL;
    struct icgw_tables *first = any_tables(&l2, &l3);
    unsigned int n_partly = 0, n_not_at_all = 0;

    (void)state;
    icgw_endpoint_unref(l2);
    icgw_endpoint_unref(l3);
    for (unsigned int n = 0;; n++) {
        struct icgw_tables *t = icgw_tables_clone(first);

        empty = 1;
        left = n;
        failed = 0;
        bool copied = icgw_tables_add_replica(t, 1, NULL);
        empty = -1;
        const struct icgw_tables *on1 = icgw_tables_on(t, 1);
        assert_int_equal(copied, on1 != t);
        assert_int_equal(failed > 0, !copied || on1->n_far > 0);
        assert_true(failed <= 2); /* refusals: not each endpoint's */
        n_not_at_all += !copied;
        n_partly += copied && on1->n_far > 0;
        expect_same(t, on1, 50);
        assert_int_equal(copied ? icgw_tables_bytes(on1) : 0, bytes_on(1));
        icgw_tables_free(t);
        icgw_tables_free(first); /* with what was copied of endpoints */
        l2 = l3 = NULL;
        first = any_tables(&l2, &l3);
        icgw_endpoint_unref(l2);
        icgw_endpoint_unref(l3);
        assert_int_equal(bytes_on(1), 0);
        if (failed == 0) {
            break;
        }
    }
    assert_true(n_partly > 4 && n_not_at_all > 4);
    icgw_tables_free(first);
}

static void memory_comes_back(void **state)
{
    struct icgw_endpoint *l2 = NULL, *l3 = NULL;
    struct icgw_tables *first = any_tables(&l2, &l3);

    (void)state;
    icgw_endpoint_unref(l2);
    icgw_endpoint_unref(l3);
    empty = 1;
    left = 12; /* the tables, and no endpoint as a whole */
    assert_true(icgw_tables_add_replica(first, 1, NULL));
    assert_int_equal(icgw_tables_on(first, 1)->n_far, 3);
    assert_ptr_equal(icgw_tables_endpoint(icgw_tables_on(first, 1), L2_VNI, 3), l2);
    empty = -1;
    struct icgw_tables *now = icgw_tables_clone(first);
    assert_true(icgw_tables_add_replica(now, 1, NULL));
    assert_int_equal(icgw_tables_on(now, 1)->n_far, 0);
    expect_all_on(icgw_tables_on(now, 1), 1);
    icgw_tables_free(first);
    expect_same(now, icgw_tables_on(now, 1), 100);
    icgw_tables_free(now);
}

/* --- tables made of tables, one after the other */

#define N_VNIS 5u
#define N_PORTS 12u
#define GENERATIONS 400u
#define OFFSET 256u /* of VNIs, some of which are in one share */

/* What is to be by each pair of keys; NULL: nothing. */
static struct icgw_endpoint *expected[N_VNIS][N_PORTS];
static bool alias[N_VNIS][N_PORTS];

static uint32_t any_vni(unsigned int v)
{
    return 1 + v / 2 + v % 2 * OFFSET;
}

static void let_go(unsigned int v, unsigned int p)
{
    if (expected[v][p] != NULL && !alias[v][p]) {
        icgw_endpoint_unref(expected[v][p]);
    }
    expected[v][p] = NULL;
    alias[v][p] = false;
}

static void forget_aliases(void)
{
    for (unsigned int i = 0; i < N_VNIS * N_PORTS; i++) {
        if (alias[i / N_PORTS][i % N_PORTS]) {
            let_go(i / N_PORTS, i % N_PORTS);
        }
    }
}

static void change_any(struct icgw_tables *t)
{
    unsigned int v = (unsigned int)rand() % N_VNIS, p = (unsigned int)rand() % N_PORTS;
    unsigned int what = (unsigned int)rand() % 4;

    if (what == 0) {
        assert_true(icgw_tables_remove_endpoint(t, any_vni(v), (uint16_t)p));
        let_go(v, p);
        return;
    }
    let_go(v, p);
    expected[v][p] = icgw_endpoint_create(ICGW_ENDPOINT_DROP, rand() % 4 == 0, 0, 0, 0);
    assert_non_null(expected[v][p]);
    assert_true(icgw_tables_add_endpoint(t, any_vni(v), (uint16_t)p, expected[v][p]));
}

/* For one generation. */
static void add_alias(struct icgw_tables *t)
{
    unsigned int from = (unsigned int)rand() % N_PORTS, to = (unsigned int)rand() % N_PORTS;

    if (expected[0][from] != NULL && expected[1][to] == NULL) {
        expected[1][to] = expected[0][from];
        alias[1][to] = true;
        assert_true(icgw_tables_add_alias(t, any_vni(1), (uint16_t)to, expected[0][from]));
    }
}

static uint64_t expected_kind(unsigned int v)
{
    uint64_t kind = 0;

    for (unsigned int p = 0; p < N_PORTS; p++) {
        if (expected[v][p] != NULL) {
            kind = RTE_MAX(kind, expected[v][p]->transit ? 2u : 1u); /* enum icgw_vni */
        }
    }
    return kind;
}

static void expect_tables(const struct icgw_tables *t, int node)
{
    uint32_t n = 0;

    for (unsigned int v = 0; v < N_VNIS; v++) {
        uint64_t vni = any_vni(v);

        for (unsigned int p = 0; p < N_PORTS; p++) {
            const struct icgw_endpoint *got = icgw_tables_endpoint(t, any_vni(v), (uint16_t)p);
            const struct icgw_endpoint *there = expected[v][p];

            n += there != NULL;
            while (there != NULL && node >= 0 && there->node != node) {
                there = there->replica;
            }
            assert_ptr_equal(got, there);
        }
        assert_int_equal(icgw_map_get(t->vnis, &vni, 1), expected_kind(v));
    }
    assert_int_equal(icgw_tables_n_endpoints(t), n);
}

/* Whatever changes from one to the next, and whichever are freed first. */
static void tables_succeed_each_other(void **state)
{
    struct icgw_tables *kept[3] = {icgw_tables_create(0, 0, 0, NULL, 0)}, *now = kept[0];

    (void)state;
    srand(1);
    for (unsigned int i = 1; i <= GENERATIONS; i++) {
        const struct icgw_tables *before = now;

        now = icgw_tables_succeed(before, 0, 0);
        assert_non_null(now);
        forget_aliases();
        for (int n = rand() % 4; n > 0; n--) {
            change_any(now);
        }
        if (rand() % 3 == 0) {
            add_alias(now);
        }
        assert_true(icgw_tables_add_replica(now, 1, rand() % 8 == 0 ? NULL : before));
        expect_tables(now, -1);
        expect_tables(icgw_tables_on(now, 1), 1);
        assert_int_equal(node_of(icgw_tables_on(now, 1)->endpoints), 1);
        unsigned int k = (unsigned int)rand() % 3;
        k = kept[k] == before ? (k + 1) % 3 : k;
        icgw_tables_free(kept[k]);
        kept[k] = now;
    }
    for (unsigned int i = 0; i < N_VNIS * N_PORTS; i++) {
        let_go(i / N_PORTS, i % N_PORTS);
    }
    for (unsigned int i = 0; i < RTE_DIM(kept); i++) {
        icgw_tables_free(kept[i]);
    }
}

/* Tables are built elsewhere then, and it is counted. */
static void home_runs_out_of_memory(void **state)
{
    struct icgw_endpoint *l2 = NULL, *l3 = NULL;

    (void)state;
    icgw_tables_home(1);
    empty = 1;
    left = 5;
    failed = 0;
    struct icgw_tables *t = any_tables(&l2, &l3);
    empty = -1;
    icgw_endpoint_unref(l2);
    icgw_endpoint_unref(l3);
    assert_true(failed > 0 && bytes_on(1) > 0 && bytes_on(SOCKET_ID_ANY) > 0);
    assert_int_equal(icgw_tables_away(), failed);
    icgw_tables_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(copies_are_on_their_nodes, nothing_left),
        cmocka_unit_test_teardown(one_node, nothing_left),
        cmocka_unit_test_teardown(change_reaches_all_nodes, nothing_left),
        cmocka_unit_test_teardown(clone_shares_replicas, nothing_left),
        cmocka_unit_test_teardown(node_runs_out_of_memory, nothing_left),
        cmocka_unit_test_teardown(memory_comes_back, nothing_left),
        cmocka_unit_test_teardown(tables_succeed_each_other, nothing_left),
        cmocka_unit_test_teardown(home_runs_out_of_memory, nothing_left),
    };

    return cmocka_run_group_tests_name("dp_replica", tests, start_eal, stop_eal);
}
