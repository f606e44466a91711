/* SPDX-License-Identifier: Apache-2.0 */
#include "soft_nic.h"

#include <string.h>

#include <rte_hash_crc.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "soft_nic_flow.h"

int __real_rte_eth_dev_info_get(uint16_t port, struct rte_eth_dev_info *info);
int __wrap_rte_eth_dev_info_get(uint16_t port, struct rte_eth_dev_info *info);
int __real_rte_eth_dev_configure(uint16_t port, uint16_t n_rxq, uint16_t n_txq,
                                 const struct rte_eth_conf *conf);
int __wrap_rte_eth_dev_configure(uint16_t port, uint16_t n_rxq, uint16_t n_txq,
                                 const struct rte_eth_conf *conf);
int __real_rte_eth_rx_queue_setup(uint16_t port, uint16_t queue, uint16_t n, unsigned int socket,
                                  const struct rte_eth_rxconf *conf, struct rte_mempool *pool);
int __wrap_rte_eth_rx_queue_setup(uint16_t port, uint16_t queue, uint16_t n, unsigned int socket,
                                  const struct rte_eth_rxconf *conf, struct rte_mempool *pool);
int __real_rte_eth_tx_queue_setup(uint16_t port, uint16_t queue, uint16_t n, unsigned int socket,
                                  const struct rte_eth_txconf *conf);
int __wrap_rte_eth_tx_queue_setup(uint16_t port, uint16_t queue, uint16_t n, unsigned int socket,
                                  const struct rte_eth_txconf *conf);
int __real_rte_eth_stats_get(uint16_t port, struct rte_eth_stats *stats);
int __wrap_rte_eth_stats_get(uint16_t port, struct rte_eth_stats *stats);

struct soft_nic soft_nic;

static struct {
    struct rte_ring *rings[SOFT_NIC_QUEUES]; /* test enqueues, worker dequeues */
    bool sends[SOFT_NIC_QUEUES];             /* has a transmit callback */
    struct rte_mempool *pool;
    uint64_t own_tx_offloads; /* of net_null */
} nic;

static struct {
    uint16_t len;
    uint8_t frame[SOFT_NIC_FRAME_MAX];
} sent[SOFT_NIC_SENT_MAX];

void soft_nic_reset(void)
{
    memset(&soft_nic, 0, sizeof soft_nic);
    soft_nic.max_rx_queues = soft_nic.max_tx_queues = SOFT_NIC_QUEUES;
    soft_nic.rss = RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP;
    soft_nic.flow = soft_nic.flow_geneve = soft_nic.flow_inner = soft_nic.flow_count = true;
    soft_nic.flow_rest = true;
    soft_nic.accepts = UINT16_MAX;
    soft_nic_flow_reset();
}

/* --- the worker's side */

static uint16_t deliver(uint16_t port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n,
                        uint16_t max, void *user)
{
    (void)port, (void)user;
    return n +
           (uint16_t)rte_ring_sc_dequeue_burst(nic.rings[queue], (void **)pkts + n, max - n, NULL);
}

/* Fills in what the frame asks the NIC to compute. */
static void offload(const struct rte_mbuf *m, uint8_t *frame, uint16_t len)
{
    uint32_t l4 = m->l2_len + m->l3_len, sum = 0;

    if ((m->ol_flags & RTE_MBUF_F_TX_L4_MASK) != RTE_MBUF_F_TX_UDP_CKSUM) {
        return;
    }
    soft_nic.n_offloaded++;
    /* The pseudo header's sum is in the field already. */
    for (uint32_t i = l4; i < len; i++) {
        sum += (i - l4) & 1 ? frame[i] : (uint32_t)frame[i] << 8;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum = sum == 0xffff ? sum : 0xffff - sum;
    frame[l4 + 6] = (uint8_t)(sum >> 8);
    frame[l4 + 7] = (uint8_t)sum;
}

static uint16_t transmit(uint16_t port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n,
                         void *user)
{
    (void)port, (void)queue, (void)user;
    n = RTE_MIN(n, soft_nic.accepts);
    for (uint16_t i = 0; i < n; i++) {
        unsigned int at = atomic_load(&soft_nic.n_sent) % SOFT_NIC_SENT_MAX;
        uint16_t len = (uint16_t)RTE_MIN(pkts[i]->pkt_len, (uint32_t)SOFT_NIC_FRAME_MAX);
        const void *data = rte_pktmbuf_read(pkts[i], 0, len, sent[at].frame);

        if (data != sent[at].frame) {
            memcpy(sent[at].frame, data, len);
        }
        offload(pkts[i], sent[at].frame, len);
        sent[at].len = len;
        soft_nic.n_sent++; /* one transmitting worker at a time, in these tests */
    }
    return n;
}

/* --- the control side */

int __wrap_rte_eth_dev_info_get(uint16_t port, struct rte_eth_dev_info *info)
{
    int rc = __real_rte_eth_dev_info_get(port, info);

    if (rc == 0 && strcmp(info->driver_name, "net_null") == 0) {
        info->max_rx_queues = soft_nic.max_rx_queues;
        info->max_tx_queues = soft_nic.max_tx_queues;
        info->flow_type_rss_offloads = soft_nic.rss;
        nic.own_tx_offloads = info->tx_offload_capa;
        info->tx_offload_capa |= soft_nic.tx_offloads;
    }
    return rc;
}

int __wrap_rte_eth_dev_configure(uint16_t port, uint16_t n_rxq, uint16_t n_txq,
                                 const struct rte_eth_conf *conf)
{
    struct rte_eth_conf known = *conf;

    soft_nic.conf = *conf;
    soft_nic.n_rxq = n_rxq;
    soft_nic.n_txq = n_txq;
    soft_nic.configured++;
    known.txmode.offloads &= nic.own_tx_offloads;
    return __real_rte_eth_dev_configure(port, n_rxq, n_txq, &known);
}

int __wrap_rte_eth_rx_queue_setup(uint16_t port, uint16_t queue, uint16_t n, unsigned int socket,
                                  const struct rte_eth_rxconf *conf, struct rte_mempool *pool)
{
    int rc = soft_nic.rx_queues != 0 && queue >= soft_nic.rx_queues
                 ? -ENOMEM
                 : __real_rte_eth_rx_queue_setup(port, queue, n, socket, conf, pool);
    char name[32];

    if (rc == 0 && nic.rings[queue] == NULL) {
        snprintf(name, sizeof name, "soft_nic%u", queue);
        nic.rings[queue] = rte_ring_create(name, 4096, SOCKET_ID_ANY, RING_F_SP_ENQ);
        if (nic.rings[queue] == NULL || !rte_eth_add_rx_callback(port, queue, deliver, NULL)) {
            return -ENOMEM;
        }
    }
    nic.pool = pool;
    return rc;
}

int __wrap_rte_eth_tx_queue_setup(uint16_t port, uint16_t queue, uint16_t n, unsigned int socket,
                                  const struct rte_eth_txconf *conf)
{
    int rc = __real_rte_eth_tx_queue_setup(port, queue, n, socket, conf);

    if (rc == 0 && !nic.sends[queue]) {
        nic.sends[queue] = rte_eth_add_tx_callback(port, queue, transmit, NULL) != NULL;
    }
    return rc;
}

int __wrap_rte_eth_stats_get(uint16_t port, struct rte_eth_stats *stats)
{
    int rc = __real_rte_eth_stats_get(port, stats);

    stats->rx_nombuf += soft_nic.no_mbuf;
    return rc;
}

/* --- the wire */

static struct rte_mbuf *store(const uint8_t *frame, uint16_t len)
{
    struct rte_mbuf *head = NULL;

    for (uint16_t at = 0; at < len;) {
        struct rte_mbuf *m = rte_pktmbuf_alloc(nic.pool);
        uint16_t part = soft_nic.segment ? soft_nic.segment : UINT16_MAX;

        if (m == NULL) {
            rte_pktmbuf_free(head);
            soft_nic.no_mbuf++;
            return NULL;
        }
        part = RTE_MIN(RTE_MIN(part, rte_pktmbuf_tailroom(m)), (uint16_t)(len - at));
        memcpy(rte_pktmbuf_append(m, part), frame + at, part);
        at += part;
        if (head == NULL) {
            head = m;
        } else if (rte_pktmbuf_chain(head, m) != 0) {
            rte_pktmbuf_free(m);
            rte_pktmbuf_free(head);
            return NULL;
        }
    }
    return head;
}

static uint16_t spread(const uint8_t *frame, uint16_t len)
{
    const struct rte_eth_rss_conf *rss = &soft_nic.conf.rx_adv_conf.rss_conf;
    bool on = soft_nic.conf.rxmode.mq_mode == RTE_ETH_MQ_RX_RSS;

    return on ? (uint16_t)(soft_nic_hash(frame, len, rss->rss_hf, 1) % soft_nic.n_rxq) : 0;
}

bool soft_nic_receive(const uint8_t *frame, uint16_t len, uint16_t *queue)
{
    struct rte_mbuf *m = store(frame, len);
    uint16_t to;

    if (m == NULL) {
        return false;
    }
    if (!soft_nic_flow_steer(frame, len, &to)) {
        to = spread(frame, len);
    }
    if (queue != NULL) {
        *queue = to;
    }
    if (rte_ring_sp_enqueue(nic.rings[to], m) != 0) {
        rte_pktmbuf_free(m);
        return false;
    }
    return true;
}

const uint8_t *soft_nic_sent(unsigned int i, uint16_t *len)
{
    if (len != NULL) {
        *len = sent[i % SOFT_NIC_SENT_MAX].len;
    }
    return sent[i % SOFT_NIC_SENT_MAX].frame;
}

static void put16(uint8_t *p, unsigned int v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

void soft_nic_tunnel(uint8_t frame[TUNNEL_LEN], uint16_t flow, uint32_t mark)
{
    static const uint8_t headers[] = {
        2,    0,    0,    0,    0,    0x21, 2,    0,  0,  0,  0,    0x11, 8, 0,       /* Ethernet */
        0x45, 0,    0,    0,    0,    0,    0x40, 0,  64, 17, 0,    0,                /* IPv4 */
        192,  0,    2,    22,   192,  0,    2,    21,                                 /* */
        0,    0,    0x17, 0xc1, 0,    0,    0,    0,                                  /* UDP */
        0x02, 0x40, 0x65, 0x58, 0xff, 0,    2,    0,  1,  2,  0x80, 1,    0, 1, 0, 2, /* Geneve */
        2,    0,    0,    0,    0,    1,    2,    0,  0,  0,  0,    2,    8, 0,       /* Ethernet */
        0x45, 0,    0,    44,   0,    0,    0x40, 0,  64, 17, 0,    0,                /* IPv4 */
        10,   0,    0,    1,    10,   0,    0,    2,                                  /* */
        0,    0,    0,    53,   0,    24,   0,    0,                                  /* UDP */
    };

    memset(frame, 0, TUNNEL_LEN);
    memcpy(frame, headers, sizeof headers);
    put16(frame + 16, TUNNEL_LEN - 14);
    put16(frame + 34, 0xc000 | (flow * 0x9e37u & 0x3fff));
    put16(frame + 38, TUNNEL_LEN - 34);
    put16(frame + TUNNEL_MARK - 8, flow);
    memcpy(frame + TUNNEL_MARK, &mark, sizeof mark);
}
