/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "outer.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "model.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

#define UDP 17
#define UDP_HEADER 8
#define GENEVE_HEADER 8
#define TYPE_VLAN 0x8100
#define TYPE_IPV4 0x0800
#define TYPE_ARP 0x0806
#define TYPE_IPV6 0x86dd
#define OVN_CLASS_AND_TYPE 0x010280u /* ovn-architecture(7), "Tunnel Encapsulations" */

static uint16_t be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)be16(p) << 16 | be16(p + 2);
}

/* Returns the offset behind the IP header; 0: it is not whole, or no UDP. */
static size_t parse_ip(const uint8_t *frame, size_t len, size_t at, uint16_t type, struct outer *o)
{
    const uint8_t *ip = frame + at;
    if (type == TYPE_IPV4 && at + 20 <= len && ip[9] == UDP && (ip[0] & 0xf) >= 5) {
        o->src = o->dst = (struct icgw_addr){.bytes = {[10] = 0xff, [11] = 0xff}};
        memcpy(o->src.bytes + 12, ip + 12, 4);
        memcpy(o->dst.bytes + 12, ip + 16, 4);
        return at + 4u * (ip[0] & 0xf);
    }
    if (type == TYPE_IPV6 && at + 40 <= len && ip[6] == UDP) {
        memcpy(o->src.bytes, ip + 8, 16);
        memcpy(o->dst.bytes, ip + 24, 16);
        return at + 40;
    }
    return 0;
}

static void parse_option(const uint8_t *geneve, size_t words, struct outer *o)
{
    const uint8_t *option = geneve + GENEVE_HEADER;
    if (words >= 2 && be32(option) >> 8 == OVN_CLASS_AND_TYPE) {
        o->has_option = true;
        o->inport = be16(option + 4) & 0x7fff;
        o->outport = be16(option + 6);
    }
}

bool outer_parse(const uint8_t *frame, size_t len, struct outer *o)
{
    size_t at = 14;
    memset(o, 0, sizeof *o);
    if (len < at + 4) {
        return false;
    }
    memcpy(o->eth_dst, frame, 6);
    memcpy(o->eth_src, frame + 6, 6);
    uint16_t type = be16(frame + 12);
    if (type == TYPE_VLAN) {
        o->tagged = true;
        o->vlan = be16(frame + 14) & 0xfff;
        type = be16(frame + 16);
        at = 18;
    }
    size_t udp = parse_ip(frame, len, at, type, o);
    if (udp == 0 || udp + UDP_HEADER + GENEVE_HEADER > len) {
        return false;
    }
    const uint8_t *geneve = frame + udp + UDP_HEADER;
    size_t words = geneve[0] & 0x3f;
    o->src_port = be16(frame + udp);
    o->dst_port = be16(frame + udp + 2);
    o->vni = be32(geneve + 4) >> 8;
    o->inner = udp + UDP_HEADER + GENEVE_HEADER + 4 * words;
    if (o->inner > len) {
        return false;
    }
    parse_option(geneve, words, o);
    return be16(geneve + 2) == 0x6558;
}

void outer_format_ip(const struct icgw_addr *addr, struct ds *ds)
{
    char text[INET6_ADDRSTRLEN];
    bool v4 = icgw_addr_is_v4(addr);
    inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? addr->bytes + 12 : addr->bytes, text, sizeof text);
    ds_put_cstr(ds, text);
}

static void put_key(struct ds *ds, const struct model_datapath *dp, uint16_t key)
{
    const char *name = NULL;
    if (dp != NULL && key >= MODEL_FIRST_MULTICAST_KEY) {
        const struct model_group *group = model_group_by_key(dp, key);
        name = group != NULL ? group->name : NULL;
    } else if (dp != NULL) {
        const struct model_port *port = model_port_by_key(dp, key);
        name = port != NULL ? port->name : NULL;
    }
    ds_put_format(ds, "%u", key);
    if (name != NULL) {
        ds_put_format(ds, " (%s)", name);
    }
}

void outer_format(const struct outer *o, const struct model *model, struct ds *ds)
{
    const struct model_datapath *dp = model != NULL ? model_datapath_by_key(model, o->vni) : NULL;
    outer_format_ip(&o->src, ds);
    ds_put_cstr(ds, " > ");
    outer_format_ip(&o->dst, ds);
    if (o->tagged) {
        ds_put_format(ds, ", VLAN %u", o->vlan);
    }
    ds_put_format(ds, ", VNI %u", o->vni);
    if (dp != NULL) {
        ds_put_format(ds, " (%s)", dp->name);
    }
    if (!o->has_option) {
        ds_put_cstr(ds, ", without OVN's option");
        return;
    }
    ds_put_cstr(ds, ", from port ");
    put_key(ds, dp, o->inport);
    ds_put_cstr(ds, " to ");
    put_key(ds, dp, o->outport);
}

static void put_wide_ip(struct ds *ds, wide value, bool v6)
{
    uint8_t bytes[16];
    char text[INET6_ADDRSTRLEN];
    wide_to_bytes(value, bytes, sizeof bytes);
    inet_ntop(v6 ? AF_INET6 : AF_INET, v6 ? bytes : bytes + 12, text, sizeof text);
    ds_put_cstr(ds, text);
}

static void put_mac(struct ds *ds, wide value)
{
    uint8_t b[6];
    wide_to_bytes(value, b, 6);
    ds_put_format(ds, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
}

static unsigned int number(const struct state *s, enum field_id id)
{
    return (unsigned int)state_value(s, id);
}

static void put_l4(struct ds *ds, const struct state *s)
{
    unsigned int proto = number(s, FIELD_IP_PROTO);
    switch (proto) {
    case 1:
        ds_put_format(ds, ", ICMP type %u code %u", number(s, FIELD_ICMP4_TYPE),
                      number(s, FIELD_ICMP4_CODE));
        break;
    case 58:
        ds_put_format(ds, ", ICMPv6 type %u code %u", number(s, FIELD_ICMP6_TYPE),
                      number(s, FIELD_ICMP6_CODE));
        break;
    case 6:
        ds_put_format(ds, ", TCP %u > %u", number(s, FIELD_TCP_SRC), number(s, FIELD_TCP_DST));
        break;
    case UDP:
        ds_put_format(ds, ", UDP %u > %u", number(s, FIELD_UDP_SRC), number(s, FIELD_UDP_DST));
        break;
    default:
        ds_put_format(ds, ", protocol %u", proto);
    }
}

static void put_l3(struct ds *ds, const struct state *s)
{
    unsigned int type = number(s, FIELD_ETH_TYPE);
    if (type == TYPE_ARP) {
        ds_put_format(ds, ", ARP %u, ", number(s, FIELD_ARP_OP));
        put_wide_ip(ds, state_value(s, FIELD_ARP_SPA), false);
        ds_put_cstr(ds, " for ");
        put_wide_ip(ds, state_value(s, FIELD_ARP_TPA), false);
    } else if (type == TYPE_IPV4 || type == TYPE_IPV6) {
        bool v6 = type == TYPE_IPV6;
        ds_put_cstr(ds, v6 ? ", IPv6 " : ", IPv4 ");
        put_wide_ip(ds, state_value(s, v6 ? FIELD_IP6_SRC : FIELD_IP4_SRC), v6);
        ds_put_cstr(ds, " > ");
        put_wide_ip(ds, state_value(s, v6 ? FIELD_IP6_DST : FIELD_IP4_DST), v6);
        ds_put_format(ds, ", TTL %u", number(s, FIELD_IP_TTL));
        if (number(s, FIELD_IP_FRAG) != 0) {
            ds_put_cstr(ds, ", fragment");
        }
        put_l4(ds, s);
    } else {
        ds_put_format(ds, ", EtherType 0x%04x", type);
    }
}

void inner_format(const uint8_t *data, size_t len, size_t whole, struct ds *ds)
{
    struct frame *frame = xmalloc(sizeof *frame);
    struct state *state = xmalloc(sizeof *state);
    frame->len = (uint16_t)MIN(len, FRAME_MAX);
    memcpy(frame->data, data, frame->len);
    state_init(state);
    frame_load(frame, state);
    put_mac(ds, state_value(state, FIELD_ETH_SRC));
    ds_put_cstr(ds, " > ");
    put_mac(ds, state_value(state, FIELD_ETH_DST));
    put_l3(ds, state);
    ds_put_format(ds, ", %zu bytes", whole);
    free(state);
    free(frame);
}
