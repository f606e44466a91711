/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "report.h"

#include <string.h>

#include "gateway.h"
#include "put.h"
#include "specialise.h"
#include "underlay.h"

/* The chassis with this encap; NULL: none any more. */
static const struct model_chassis *chassis_of(const struct gateway *gw, const struct icgw_addr *ip)
{
    size_t n;
    struct model_chassis *const *list = model_chassis_list(gw->model, &n);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < list[i]->n_encaps; k++) {
            if (!memcmp(&list[i]->encaps[k].ip, ip, sizeof *ip)) {
                return list[i];
            }
        }
    }
    return NULL;
}

struct json *report_tunnel(const struct gateway *gw, size_t index)
{
    const struct specialised_tunnel *t = &gw->specialised->tunnels[index];
    const struct model_chassis *chassis = chassis_of(gw, &t->remote);
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
