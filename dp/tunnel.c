/* SPDX-License-Identifier: Apache-2.0 */
#include "icgw_tables.h"

#include <string.h>

#include "bytes.h"
#include "wire.h"

/* RFC 791 and RFC 8200, fields as Open vSwitch sets them for a tunnel. */
static uint8_t *put_ip(uint8_t *p, const struct icgw_addr *local, const struct icgw_addr *remote,
                       bool v6)
{
    if (v6) {
        p[0] = 0x60;
        p[6] = ICGW_PROTO_UDP;
        p[7] = ICGW_OUTER_TTL;
        memcpy(p + 8, local->bytes, 16);
        memcpy(p + 24, remote->bytes, 16);
        return p + ICGW_IPV6_LEN;
    }
    p[0] = 0x45;
    icgw_store16(p + 6, rte_cpu_to_be_16(ICGW_IPV4_DF));
    p[8] = ICGW_OUTER_TTL;
    p[9] = ICGW_PROTO_UDP;
    memcpy(p + 12, local->bytes + 12, 4);
    memcpy(p + 16, remote->bytes + 12, 4);
    return p + ICGW_IPV4_LEN;
}

void icgw_tunnel_init(struct icgw_tunnel *t, const struct icgw_addr *local,
                      const struct icgw_addr *remote, uint16_t dst_port, bool csum)
{
    uint8_t *p;

    memset(t, 0, sizeof *t);
    t->v6 = !icgw_addr_is_v4(remote);
    t->csum = csum || t->v6;
    t->l2_len = ICGW_ETH_LEN;
    t->addr_sum = t->v6 ? icgw_sum(local->bytes, 16) + icgw_sum(remote->bytes, 16)
                        : icgw_sum(local->bytes + 12, 4) + icgw_sum(remote->bytes + 12, 4);

    p = t->hdr + t->l2_len;
    icgw_store16(p - 2, rte_cpu_to_be_16(t->v6 ? ICGW_ETH_IPV6 : ICGW_ETH_IPV4));
    p = put_ip(p, local, remote, t->v6);
    icgw_store16(p + 2, rte_cpu_to_be_16(dst_port));
    p += ICGW_UDP_LEN;
    p[0] = ICGW_GENEVE_OPT_WORDS;
    p[1] = ICGW_GENEVE_CRITICAL;
    icgw_store16(p + 2, rte_cpu_to_be_16(ICGW_GENEVE_ETHERNET));
    icgw_store32(p + 8, rte_cpu_to_be_32(ICGW_OVN_OPTION));
    t->hdr_len = (uint8_t)(p + ICGW_GENEVE_LEN - t->hdr);
    t->ip_sum = t->v6 ? 0 : icgw_sum(t->hdr + t->l2_len, ICGW_IPV4_LEN);
    t->udp_sum = t->addr_sum + icgw_load16(p - ICGW_UDP_LEN + 2) + icgw_sum(p, ICGW_GENEVE_LEN);
}

void icgw_tunnel_set_next_hop(struct icgw_tunnel *t, uint16_t port, const uint8_t eth_src[6],
                              const uint8_t eth_dst[6], uint16_t vlan, uint16_t mtu)
{
    uint8_t l2_len = vlan != 0 ? ICGW_ETH_LEN + ICGW_VLAN_LEN : ICGW_ETH_LEN;
    size_t l3_len = (size_t)t->hdr_len - t->l2_len;

    memmove(t->hdr + l2_len, t->hdr + t->l2_len, l3_len);
    t->l2_len = l2_len;
    t->hdr_len = (uint8_t)(l2_len + l3_len);

    memcpy(t->hdr, eth_dst, 6);
    memcpy(t->hdr + 6, eth_src, 6);
    if (vlan != 0) {
        icgw_store16(t->hdr + 12, rte_cpu_to_be_16(ICGW_ETH_VLAN));
        icgw_store16(t->hdr + 14, rte_cpu_to_be_16(vlan & ICGW_VLAN_VID));
    }
    icgw_store16(t->hdr + l2_len - 2, rte_cpu_to_be_16(t->v6 ? ICGW_ETH_IPV6 : ICGW_ETH_IPV4));
    t->port = port;
    t->mtu = mtu;
    t->resolved = true;
}
