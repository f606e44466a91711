/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "endpoints.h"

#include <arpa/inet.h>

#include "gateway.h"
#include "model.h"
#include "packets.h"
#include "put.h"
#include "report.h"
#include "specialise.h"
#include "util.h"

char *format_entry(const struct icgw_entry *e)
{
    char ip[INET6_ADDRSTRLEN] = "";
    if (e->kind == ICGW_ENTRY_L2) {
        struct eth_addr mac;
        memcpy(mac.ea, e->addr, sizeof mac.ea);
        return xasprintf(ETH_ADDR_FMT " %s", ETH_ADDR_ARGS(mac),
                         e->eth_type == ETH_TYPE_IP     ? "ipv4"
                         : e->eth_type == ETH_TYPE_IPV6 ? "ipv6"
                                                        : "other");
    }
    inet_ntop(e->kind == ICGW_ENTRY_V4 ? AF_INET : AF_INET6, e->addr, ip, sizeof ip);
    return xasprintf("%s/%u", ip, e->len);
}

/* What a packet must not be for the verdict to hold. */
static struct json *guard_json(const struct icgw_dest *dest)
{
    static const struct {
        uint32_t class;
        const char *name;
    } classes[] = {
        {ICGW_CLASS_FRAGMENT, "fragment"},
        {ICGW_CLASS_LATER_FRAGMENT, "later_fragment"},
        {ICGW_CLASS_TOO_BIG_ERROR, "too_big_error"},
        {ICGW_CLASS_ECHO_REQUEST, "echo_request"},
        {ICGW_CLASS_ND, "nd"},
        {ICGW_CLASS_MLD, "mld"},
        {ICGW_CLASS_IGMP, "igmp"},
        {ICGW_CLASS_MULTICAST_SOURCE, "multicast_source"},
        {ICGW_CLASS_IP_OPTIONS, "ip_options"},
    };
    struct json *json = json_array_create_empty();
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        if (dest->guard & classes[i].class) {
            json_array_add(json, json_string_create(classes[i].name));
        }
    }
    return json;
}

/* Where it goes, in the names of the databases. */
static void put_forward(const struct gateway *gw, const struct icgw_dest *dest, struct json *json)
{
    const struct model_datapath *datapath = model_datapath_by_key(gw->model, dest->vni);
    const struct model_port *port =
        datapath != NULL ? model_port_by_key(datapath, dest->outport) : NULL;
    put_uint(json, "vni", dest->vni);
    put_uint(json, "inport_key", dest->inport);
    put_uint(json, "outport_key", dest->outport);
    put_string(json, "out_datapath", datapath ? datapath->name : "");
    put_string(json, "out_port", port ? port->name : "");
    put_uint(json, "ttl_dec", dest->ttl_dec);
    put_uint(json, "min_ttl", dest->min_ttl);
    put_uint(json, "max_len", dest->max_len);
    if (dest->rewrite_eth) {
        put_mac(json, "eth_src", dest->eth_src);
        put_mac(json, "eth_dst", dest->eth_dst);
    }
    if (dest->tunnel < gw->specialised->n_tunnels) {
        json_object_put(json, "tunnel", report_tunnel(gw, dest->tunnel));
    }
}

void put_destination(const struct gateway *gw, const struct icgw_dest *dest, struct json *json)
{
    static const char *const verdicts[] = {
        [ICGW_VERDICT_FORWARD] = "forward",   [ICGW_VERDICT_SELECT] = "select",
        [ICGW_VERDICT_SLOW] = "slow",         [ICGW_VERDICT_DROP] = "drop",
        [ICGW_VERDICT_CLASSIFY] = "classify",
    };
    bool classified = dest->verdict == ICGW_VERDICT_CLASSIFY;
    put_string(json, "verdict", verdicts[dest->verdict]);
    json_object_put(json, "guard", guard_json(dest));
    put_uint(json, "guarded_sources", !classified && dest->sources ? dest->sources->n : 0);
    if (classified) {
        put_uint(json, "rules", icgw_classifier_rules(dest->classifier));
    }
    switch (dest->verdict) {
    case ICGW_VERDICT_SLOW:
        put_string(json, "reason", icgw_slow_name(dest->reason));
        break;
    case ICGW_VERDICT_DROP:
        put_string(json, "reason", icgw_drop_name(dest->reason));
        break;
    case ICGW_VERDICT_FORWARD:
        put_forward(gw, dest, json);
        break;
    default: {
        struct json *members = json_array_create_empty();
        for (unsigned int i = 0; i < dest->n_members; i++) {
            struct json *member = json_object_create();
            put_destination(gw, &dest->members[i], member);
            json_array_add(members, member);
        }
        json_object_put(json, "members", members);
    }
    }
}
