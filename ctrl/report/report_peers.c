/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "report.h"

#include <string.h>

#include "bfd.h"
#include "gateway.h"
#include "model.h"
#include "openvswitch/shash.h"
#include "put.h"
#include "specialise.h"
#include "traffic.h"
#include "view.h"

/* Adds what BFD says of the chassis; "none": no session. */
static void put_bfd(const struct gateway *gw, const char *chassis, struct json *json)
{
    const struct bfd_snapshot *s = bfd_peers(gw->bfd);
    uint64_t rx = 0, tx = 0;
    bool any = false;
    for (size_t i = 0; i < s->n_sessions; i++) {
        if (!strcmp(s->sessions[i].chassis, chassis)) {
            rx += s->sessions[i].rx_packets;
            tx += s->sessions[i].tx_packets;
            any = true;
        }
    }
    put_string(json, "bfd", !any ? "none" : bfd_peer_up(s, chassis) ? "up" : "down");
    put_uint(json, "bfd_rx_packets", rx);
    put_uint(json, "bfd_tx_packets", tx);
}

static struct json *encaps_json(const struct model_chassis *chassis)
{
    struct json *json = json_array_create_empty();
    for (size_t i = 0; i < chassis->n_encaps; i++) {
        json_array_add(json, json_string_create_nocopy(format_addr(&chassis->encaps[i].ip)));
    }
    return json;
}

/* The tunnels of each chassis, by its name.  Destinations lead to the first
 * encap; tunnels to others are there when a port asks for them. */
static void group_tunnels(const struct gateway *gw, struct shash *by_chassis)
{
    struct traffic traffic;
    traffic_take(&traffic);
    for (size_t i = 0; gw->specialised != NULL && i < gw->specialised->n_tunnels; i++) {
        struct json *tunnel = report_tunnel(gw, i);
        struct traffic_line line = traffic_of_peer(&traffic, &gw->specialised->tunnels[i].remote);
        traffic_put(tunnel, &line);
        const char *chassis = view_string(tunnel, "chassis");
        struct json *list = shash_find_data(by_chassis, chassis);
        if (list == NULL) {
            list = json_array_create_empty();
            shash_add(by_chassis, chassis, list);
        }
        json_array_add(list, tunnel);
    }
    traffic_free(&traffic);
}

static struct json *peer_json(const struct gateway *gw, const struct model_chassis *chassis,
                              struct shash *tunnels)
{
    struct json *list = shash_find_and_delete(tunnels, chassis->name);
    struct json *json = json_object_create();
    put_string(json, "chassis", chassis->name);
    put_string(json, "zone", chassis->remote ? "remote" : "local");
    json_object_put(json, "encaps", encaps_json(chassis));
    json_object_put(json, "tunnels", list ? list : json_array_create_empty());
    put_bfd(gw, chassis->name, json);
    return json;
}

struct json *report_peers(const struct gateway *gw)
{
    struct json *json = json_object_create();
    struct json *peers = json_array_create_empty();
    struct shash tunnels = SHASH_INITIALIZER(&tunnels);
    struct shash_node *node;
    size_t n = 0;
    struct model_chassis *const *list = gw->model ? model_chassis_list(gw->model, &n) : NULL;
    group_tunnels(gw, &tunnels);
    for (size_t i = 0; i < n; i++) {
        if (!list[i]->self) {
            json_array_add(peers, peer_json(gw, list[i], &tunnels));
        }
    }
    SHASH_FOR_EACH (node, &tunnels) {
        json_destroy(node->data);
    }
    shash_destroy(&tunnels);
    json_object_put(json, "peers", peers);
    return json;
}
