/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "report.h"

#include "gateway.h"
#include "put.h"
#include "specialise.h"
#include "underlay.h"

struct json *report_tunnel(const struct gateway *gw, size_t index)
{
    const struct specialised_tunnel *t = &gw->specialised->tunnels[index];
    const struct model_chassis *chassis = model_chassis_by_ip(gw->model, &t->remote);
    struct underlay_path path = {t->local, t->remote};
    struct json *json = json_object_create();
    struct underlay_next_hop hop;
    const char *why = "";
    bool resolved = underlay_next_hop(gw->underlay, &path, &hop, &why);

    put_string(json, "chassis", chassis ? chassis->name : "");
    put_addr(json, "local", &t->local);
    put_addr(json, "remote", &t->remote);
    put_uint(json, "dst_port", t->dst_port);
    put_bool(json, "csum", t->csum);
    put_bool(json, "resolved", resolved);
    if (resolved) {
        put_mac(json, "next_hop_mac", hop.eth_dst);
        put_uint(json, "port", hop.port);
        put_uint(json, "vlan", hop.vlan);
        put_uint(json, "mtu", hop.mtu);
    } else {
        put_string(json, "why", why);
    }
    return json;
}
