/* SPDX-License-Identifier: Apache-2.0 */
#include "recording_replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "lflow.h"

#define LINK_MTU 9000
/* Room for the longest frame in one segment. */
#define DATA_ROOM (RTE_PKTMBUF_HEADROOM + LINK_MTU)

static struct rte_mempool *pool;
static struct replay *current; /* the slow path's alloc() and transmit() know no one else */

static void check(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "%s\n", what);
        abort();
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
static void collect(uint16_t port, struct rte_mbuf *m)
{
    struct recording_frames *sent = &current->sent;
    check(port == 0, "port 0 is the only one");
    sent->frames = realloc(sent->frames, (sent->n + 1) * sizeof *sent->frames);
    check(sent->frames != NULL, "no memory");
    struct recording_frame *f = &sent->frames[sent->n++];
    f->len = rte_pktmbuf_pkt_len(m);
    f->data = malloc(f->len);
    check(f->data != NULL && m->nb_segs == 1, "no memory, or several segments");
    memcpy(f->data, rte_pktmbuf_mtod(m, void *), f->len);
    rte_pktmbuf_free(m);
}

/* Recordings have none. */
static void learn_fdb(void *aux, uint32_t datapath_key, uint16_t port_key, const char *mac)
{
    (void)aux;
    fprintf(stderr, "learned %s behind port %u of %u\n", mac, port_key, datapath_key);
    abort();
}

static void learn(void *aux, const char *datapath, const char *port, const char *ip,
                  const char *mac)
{
    (void)aux, (void)datapath, (void)port, (void)ip, (void)mac;
}

static int64_t now(void)
{
    return 0;
}

static void set_tunnels(const struct specialised *s)
{
    static const uint8_t ours[] = {2, 0, 0, 0, 0, 1}, next_hop[] = {2, 0, 0, 0, 0, 2};
    for (size_t i = 0; i < s->n_tunnels; i++) {
        const struct specialised_tunnel *t = &s->tunnels[i];
        struct icgw_tunnel tunnel;
        icgw_tunnel_init(&tunnel, &t->local, &t->remote, t->dst_port, t->csum);
        icgw_tunnel_set_next_hop(&tunnel, 0, ours, next_hop, 0, LINK_MTU);
        check(icgw_tables_set_tunnel(s->tables, (uint16_t)i, &tunnel), "tunnel not set");
    }
}

void replay_start(struct replay *r, const char *release, int zone)
{
    static const struct slow_path_ops ops = {.alloc = alloc_copy,
                                             .transmit = collect,
                                             .learn = learn,
                                             .learn_fdb = learn_fdb,
                                             .now = now};
    struct icgw_addr local = recording_gateway(zone);

    memset(r, 0, sizeof *r);
    current = r;
    if (pool == NULL) {
        pool = rte_pktmbuf_pool_create("replay", 255, 0, 0, DATA_ROOM, SOCKET_ID_ANY);
        check(pool != NULL, "no mbuf pool");
    }
    r->cache = lflow_cache_create();
    r->model = recording_model(release, zone, r->cache);
    r->specialised = specialise(r->model, &local, 1);
    check(r->specialised != NULL, "no tables");
    set_tunnels(r->specialised);
    r->slow_path = slow_path_create(&ops, NULL);
    slow_path_update(r->slow_path, r->model, r->specialised, r->specialised->tables);
}

void replay_receive(struct replay *r, const struct recording_frame *f)
{
    struct rte_mbuf *m = alloc_copy(f->data, (uint16_t)f->len);
    struct icgw_result result;

    icgw_forward(r->specialised->tables, NULL, &m, 1, &result);
    r->n_received++;
    r->n_actions[result.action]++;
    switch (result.action) {
    case ICGW_ACTION_TX:
        collect(result.port, m);
        break;
    case ICGW_ACTION_SLOW:
        slow_path_packet(r->slow_path, m);
        break;
    default:
        rte_pktmbuf_free(m);
        break;
    }
}

void replay_stop(struct replay *r)
{
    slow_path_destroy(r->slow_path);
    specialised_free(r->specialised);
    model_free(r->model);
    lflow_cache_free(r->cache);
    recording_frames_free(&r->sent);
    check(rte_mempool_full(pool), "an mbuf has leaked");
}
