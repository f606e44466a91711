/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "icgw_forward.h"
#include "lflow.h"
#include "model.h"
#include "replay.h"
#include "slow_path.h"
#include "specialise.h"

#define LINK_MTU 9000
/* Room for the longest frame in one segment. */
#define DATA_ROOM (RTE_PKTMBUF_HEADROOM + 10000)

/* Every member of a group of 2, 3 or 4 with equal shares gets its turn. */
#define N_CHOICES 12

static struct rte_mempool *pool;
static struct specialised *specialised;
static struct slow_path *slow_path;
static uint32_t forced_hash, forced_rehash;
static bool chose_again;
static bool chooses; /* any flow has a select() */

/* Takes the place of icgw_flow_hash() for everybody who is linked here. */
uint32_t __wrap_icgw_flow_hash(const uint8_t *frame, uint16_t len);
uint32_t __wrap_icgw_flow_hash(const uint8_t *frame, uint16_t len)
{
    (void)frame, (void)len;
    return forced_hash;
}

/* The same for the second and later choices of a packet. */
uint32_t __wrap_interp_rehash(uint32_t hash, unsigned int times);
uint32_t __wrap_interp_rehash(uint32_t hash, unsigned int times)
{
    (void)hash, (void)times;
    chose_again = true;
    return forced_rehash;
}

static void check(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "differential-replay: %s\n", what);
        exit(1);
    }
}

static struct rte_mbuf *alloc_copy(const void *data, uint16_t len)
{
    struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
    char *to = m != NULL ? rte_pktmbuf_append(m, len) : NULL;
    check(to != NULL, "no mbuf");
    memcpy(to, data, len);
    return m;
}

/* Takes the mbuf. */
static void transmit(uint16_t port, struct rte_mbuf *m)
{
    const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *);
    check(port == 0 && m->nb_segs == 1, "port 0 is the only one, a segment is enough");
    printf("send\t");
    for (uint32_t i = 0; i < m->data_len; i++) {
        printf("%02x", data[i]);
    }
    printf("\n");
    rte_pktmbuf_free(m);
}

/* Stock gateways that are compared write no FDB: ovn-controller would. */
static void learn_fdb(void *aux, uint32_t datapath_key, uint16_t port_key, const char *mac)
{
    (void)aux;
    (void)datapath_key;
    (void)port_key;
    (void)mac;
}

static void learn(void *aux, const char *datapath, const char *port, const char *ip,
                  const char *mac)
{
    (void)aux, (void)datapath;
    printf("learn\t%s\t%s\t%s\n", port, ip, mac);
}

static int64_t now(void)
{
    return 0;
}

static void set_tunnels(void)
{
    static const uint8_t ours[] = {2, 0, 0, 0, 0, 1}, next_hop[] = {2, 0, 0, 0, 0, 0xfe};
    for (size_t i = 0; i < specialised->n_tunnels; i++) {
        const struct specialised_tunnel *t = &specialised->tunnels[i];
        struct icgw_tunnel tunnel;
        icgw_tunnel_init(&tunnel, &t->local, &t->remote, t->dst_port, t->csum);
        icgw_tunnel_set_next_hop(&tunnel, 0, ours, next_hop, 0, LINK_MTU);
        check(icgw_tables_set_tunnel(specialised->tables, (uint16_t)i, &tunnel), "tunnel not set");
    }
}

static bool stage_chooses(const struct model_stage *stage)
{
    for (size_t i = 0; i < stage->n_flows; i++) {
        if (strstr(stage->flows[i].lflow->code->actions_text, "select(") != NULL) {
            return true;
        }
    }
    return false;
}

static bool model_chooses(const struct model *m)
{
    size_t n;
    struct model_datapath *const *datapaths = model_datapaths(m, &n);
    for (size_t i = 0; i < n; i++) {
        for (int table = 0; table < MODEL_MAX_TABLES; table++) {
            if (stage_chooses(&datapaths[i]->stages[MODEL_INGRESS][table])) {
                return true;
            }
        }
    }
    return false;
}

void replay_start(void)
{
    pool = rte_pktmbuf_pool_create("replay", 255, 0, 0, DATA_ROOM, SOCKET_ID_ANY);
    check(pool != NULL, "no mbuf pool");
}

/* What packets have left behind there is no part of the comparison. */
static void renew_slow_path(const struct model *model)
{
    static const struct slow_path_ops ops = {.alloc = alloc_copy,
                                             .transmit = transmit,
                                             .learn = learn,
                                             .learn_fdb = learn_fdb,
                                             .now = now};

    if (slow_path != NULL) {
        slow_path_destroy(slow_path);
    }
    slow_path = slow_path_create(&ops, NULL);
    slow_path_update(slow_path, model, specialised, specialised->tables);
}

void replay_tables(const struct model *model, const struct icgw_addr *encap)
{
    struct specialised *before = specialised;
    specialised = specialise_again(model, encap, 1, before, before != NULL ? before->tables : NULL);
    check(specialised != NULL, "no tables");
    set_tunnels();
    renew_slow_path(model);
    if (before != NULL) {
        specialised_free(before);
    }
    chooses = model_chooses(model);
}

void replay_print_reports(void)
{
    for (size_t i = 0; i < specialised->n_reports; i++) {
        const struct specialised_report *r = specialised_report(specialised, i);
        printf("report\t%s\t%s\t%s\t%s\t%s\n", r->port, r->destination,
               r->unsupported ? "unsupported" : "slow", r->why, r->flow);
    }
}

static const char *reason_name(const struct icgw_result *r)
{
    switch (r->action) {
    case ICGW_ACTION_SLOW:
        return icgw_slow_name(r->reason);
    case ICGW_ACTION_DROP:
        return icgw_drop_name(r->reason);
    default:
        return "";
    }
}

static void run_slow_path(struct rte_mbuf *m)
{
    struct icgw_stats before = *slow_path_stats(slow_path);
    slow_path_packet(slow_path, m);
    for (int i = 0; i < ICGW_N_DROPS; i++) {
        if (slow_path_stats(slow_path)->drops[i] != before.drops[i]) {
            printf("drop\t%s\n", icgw_drop_name(i));
        }
    }
}

static void run(const uint8_t *frame, uint16_t len)
{
    static const char *const actions[] = {[ICGW_ACTION_TX] = "tx",
                                          [ICGW_ACTION_HOST] = "host",
                                          [ICGW_ACTION_SLOW] = "slow",
                                          [ICGW_ACTION_DROP] = "drop"};
    struct rte_mbuf *m = alloc_copy(frame, len);
    struct icgw_result result;

    icgw_forward(specialised->tables, NULL, &m, 1, &result);
    printf("run\nfast\t%s\t%s\n", actions[result.action], reason_name(&result));
    if (result.action == ICGW_ACTION_TX) {
        transmit(result.port, m);
    } else if (result.action == ICGW_ACTION_SLOW) {
        run_slow_path(m);
    } else {
        rte_pktmbuf_free(m);
    }
}

/* The middle of the i-th of n equal parts of the hash's range. */
static uint32_t part(unsigned int i, unsigned int n)
{
    return (uint32_t)((UINT64_C(1) << 32) * (2 * i + 1) / (2 * n));
}

void replay_packet(const uint8_t *frame, size_t len)
{
    unsigned int n = chooses ? N_CHOICES : 1;
    check(specialised != NULL, "a frame before there are tables");
    for (unsigned int i = 0; i < n; i++) {
        forced_hash = part(i, n);
        chose_again = false;
        for (unsigned int k = 0; k == 0 || (chose_again && k < n); k++) {
            forced_rehash = part(k, n);
            run(frame, (uint16_t)len);
        }
    }
}

void replay_stop(void)
{
    slow_path_destroy(slow_path);
    specialised_free(specialised);
    check(rte_mempool_full(pool), "an mbuf has leaked");
}
