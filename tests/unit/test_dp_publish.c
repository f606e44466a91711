/* SPDX-License-Identifier: Apache-2.0 */
/* A worker forwards while tables of 100,000 destinations are replaced by ones with a
 * destination more, again and again: it loses no packet, and it goes on while new
 * tables are built and old ones are kept for it. */
#include "test_dp_frame.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <rte_malloc.h>
#include <rte_rcu_qsbr.h>

#include "icgw_forward.h"

#define N_DESTS 100000u
#define N_CHANGES 12u
#define BURST 32u

static struct rte_rcu_qsbr *rcu;
static _Atomic(struct icgw_tables *) current;
static _Atomic uint32_t announced; /* destinations that are in the published tables */
static _Atomic uint64_t bursts;
static _Atomic uint64_t lost;
static atomic_bool stop;

static void dest_mac(uint32_t i, uint8_t mac[6])
{
    memcpy(mac, (uint8_t[6]){2, 0, 0, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}, 6);
}

static struct icgw_endpoint *make_endpoint(uint32_t n)
{
    struct icgw_endpoint *ep = icgw_endpoint_create(ICGW_ENDPOINT_L2, false, n, 0, 0);
    struct icgw_dest dest = {.verdict = ICGW_VERDICT_FORWARD, .vni = 0xff0001, .outport = 2};

    assert_non_null(ep);
    for (uint32_t i = 0; i < n; i++) {
        uint8_t mac[6];

        dest_mac(i, mac);
        assert_true(icgw_endpoint_add_l2(ep, mac, RTE_BE16(0x0800), &dest));
    }
    return ep;
}

static struct icgw_tables *make_tables(uint32_t n)
{
    const struct icgw_addr local = addr4(192, 0, 2, 21), from = addr4(192, 0, 2, 11);
    const struct icgw_addr to = addr4(192, 0, 2, 22);
    const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};
    struct icgw_tables *t = icgw_tables_create(1, 1, 1, &local, 1);
    struct icgw_endpoint *ep = make_endpoint(n);
    struct icgw_tunnel tunnel;

    assert_non_null(t);
    icgw_tunnel_init(&tunnel, &local, &to, 6081, false);
    icgw_tunnel_set_next_hop(&tunnel, 0, mac, mac, 0, 1500);
    assert_true(icgw_tables_set_tunnel(t, 0, &tunnel));
    assert_true(icgw_tables_add_source(t, &from, ICGW_ZONE_LOCAL));
    assert_true(icgw_tables_add_endpoint(t, 2, 3, ep));
    icgw_endpoint_unref(ep);
    return t;
}

/* Writes a frame for one of the announced destinations, the newest one often. */
static void refill(struct rte_mbuf *m, uint32_t known, uint32_t serial)
{
    struct frame f = {
        .src = addr4(192, 0, 2, 11),
        .dst = addr4(192, 0, 2, 21),
        .sport = 50000,
        .dport = 6081,
        .vni = 2,
        .inport = 1,
        .outport = 3,
        .in_eth_src = {0, 1, 2, 3, 4, 5},
        .in_src = {10, 1, 0, 1},
        .in_dst = {10, 2, 0, 1},
        .in_ttl = 64,
        .in_payload = 8,
    };
    uint8_t buf[FRAME_MAX];
    struct layout at;

    dest_mac(serial % 4 == 0 ? known - 1 : serial * 7919 % known, f.in_eth_dst);
    at = build(&f, buf);
    rte_pktmbuf_reset(m);
    memcpy(rte_pktmbuf_append(m, at.end), buf, at.end);
}

/* As pmd/worker.c: the tables once a burst, and a word when done with them. */
static void *work(void *mbufs)
{
    struct rte_mbuf **pkts = mbufs;
    struct icgw_result results[BURST];
    struct icgw_memo *memo = icgw_memo_create(SOCKET_ID_ANY);
    uint32_t serial = 0;

    rte_rcu_qsbr_thread_online(rcu, 0);
    while (!atomic_load(&stop)) {
        uint32_t known = atomic_load(&announced);

        for (uint32_t i = 0; i < BURST; i++) {
            refill(pkts[i], known, serial++);
        }
        icgw_forward(atomic_load_explicit(&current, memory_order_acquire), memo, pkts, BURST,
                     results);
        for (uint32_t i = 0; i < BURST; i++) {
            lost += results[i].action != ICGW_ACTION_TX;
        }
        bursts++;
        rte_rcu_qsbr_quiescent(rcu, 0);
    }
    rte_rcu_qsbr_thread_offline(rcu, 0);
    icgw_memo_free(memo);
    return NULL;
}

/* Waits for the worker to be through with n more bursts; it does not wait for us. */
static void let_it_work(uint64_t n)
{
    uint64_t goal = bursts + n;

    while (bursts < goal) {
        sched_yield();
    }
}

static void replace(uint32_t n)
{
    uint64_t before = bursts;
    struct icgw_tables *new = make_tables(n);
    struct icgw_tables *old = current;

    /* It has a CPU to itself, or its share of one: it worked meanwhile, by the old. */
    let_it_work(bursts == before);
    atomic_store_explicit(&current, new, memory_order_release);
    uint64_t token = rte_rcu_qsbr_start(rcu);
    atomic_store(&announced, n);
    let_it_work(2); /* by the new, while the old are still there */
    assert_int_equal(rte_rcu_qsbr_check(rcu, token, true), 1);
    icgw_tables_free(old);
    assert_int_equal(lost, 0);
}

static void test_replace(void **state)
{
    struct rte_mbuf *pkts[BURST];
    pthread_t worker;

    (void)state;
    rcu = rte_zmalloc("rcu", rte_rcu_qsbr_get_memsize(1), RTE_CACHE_LINE_SIZE);
    assert_non_null(rcu);
    assert_int_equal(rte_rcu_qsbr_init(rcu, 1), 0);
    assert_int_equal(rte_rcu_qsbr_thread_register(rcu, 0), 0);
    assert_int_equal(rte_pktmbuf_alloc_bulk(frame_pool, pkts, BURST), 0);
    atomic_store(&current, make_tables(N_DESTS));
    atomic_store(&announced, N_DESTS);
    assert_int_equal(pthread_create(&worker, NULL, work, pkts), 0);
    for (uint32_t i = 1; i <= N_CHANGES; i++) {
        replace(N_DESTS + i);
    }
    atomic_store(&stop, true);
    pthread_join(worker, NULL);
    assert_int_equal(lost, 0);
    rte_pktmbuf_free_bulk(pkts, BURST);
    icgw_tables_free(current);
    rte_free(rcu);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_replace)};

    return cmocka_run_group_tests_name("dp_publish", tests, start_eal, stop_eal);
}
