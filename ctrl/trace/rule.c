/* SPDX-License-Identifier: Apache-2.0 */

/* A rule of a classifier, in the words of logical flows. */

#include <config.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "trace.h"
#include "util.h"

static void separate(struct ds *ds)
{
    if (ds->length > 0) {
        ds_put_cstr(ds, " && ");
    }
}

static void put_address(struct ds *ds, const char *name, const uint8_t *value, const uint8_t *mask,
                        bool v6)
{
    char text[INET6_ADDRSTRLEN];
    size_t n = v6 ? 16 : 4;
    if (is_all_zeros(mask, n)) {
        return;
    }
    separate(ds);
    inet_ntop(v6 ? AF_INET6 : AF_INET, value, text, sizeof text);
    ds_put_format(ds, "%s.%s == %s", v6 ? "ip6" : "ip4", name, text);
    if (!is_all_ones(mask, n)) {
        inet_ntop(v6 ? AF_INET6 : AF_INET, mask, text, sizeof text);
        ds_put_format(ds, "/%s", text);
    }
}

static void put_ethernet(struct ds *ds, const struct icgw_rule *rule)
{
    struct eth_addr value, mask;
    memcpy(value.ea, rule->value.eth_src, sizeof value.ea);
    memcpy(mask.ea, rule->mask.eth_src, sizeof mask.ea);
    if (eth_addr_is_zero(mask)) {
        return;
    }
    separate(ds);
    ds_put_format(ds, "eth.src == " ETH_ADDR_FMT, ETH_ADDR_ARGS(value));
    if (!eth_mask_is_exact(mask)) {
        ds_put_format(ds, "/" ETH_ADDR_FMT, ETH_ADDR_ARGS(mask));
    }
}

static void put_number(struct ds *ds, const char *name, unsigned int value, unsigned int mask,
                       unsigned int ones)
{
    if (mask == 0) {
        return;
    }
    separate(ds);
    ds_put_format(ds, "%s == %u", name, value);
    if (mask != ones) {
        ds_put_format(ds, "/%#x", mask);
    }
}

static void put_l4(struct ds *ds, const struct icgw_rule *rule, bool v6)
{
    const uint8_t *value = rule->value.l4, *mask = rule->mask.l4;
    uint8_t proto = rule->value.proto;
    if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6) {
        put_number(ds, v6 ? "icmp6.type" : "icmp4.type", value[0], mask[0], 0xff);
        put_number(ds, v6 ? "icmp6.code" : "icmp4.code", value[1], mask[1], 0xff);
        return;
    }
    const char *name = proto == IPPROTO_TCP ? "tcp" : proto == IPPROTO_UDP ? "udp" : "sctp";
    char field[16];
    for (int i = 0; i < 2; i++) {
        snprintf(field, sizeof field, "%s.%s", name, i == 0 ? "src" : "dst");
        put_number(ds, field, value[2 * i] * 256u + value[2 * i + 1],
                   mask[2 * i] * 256u + mask[2 * i + 1], 0xffff);
    }
}

char *trace_rule(const struct icgw_rule *rule, bool v6)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    put_ethernet(&ds, rule);
    put_address(&ds, "src", rule->value.src, rule->mask.src, v6);
    put_address(&ds, "dst", rule->value.dst, rule->mask.dst, v6);
    put_number(&ds, "ip.proto", rule->value.proto, rule->mask.proto, 0xff);
    put_number(&ds, "ip.frag", rule->value.frag, rule->mask.frag, 3);
    put_l4(&ds, rule, v6);
    if (ds.length == 0) {
        ds_put_cstr(&ds, "any packet");
    }
    return ds_steal_cstr(&ds);
}
