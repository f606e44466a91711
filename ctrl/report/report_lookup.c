/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "report.h"

#include <arpa/inet.h>
#include <string.h>

#include "endpoints.h"
#include "gateway.h"
#include "model.h"
#include "packets.h"
#include "put.h"
#include "util.h"

struct lookup {
    const struct model_datapath *datapath;
    enum icgw_entry_kind kind;
    union {
        struct eth_addr mac;
        uint32_t v4_be;
        uint8_t v6[16];
    } key;
    struct json *json;
};

static bool parse(const char *text, struct lookup *lookup)
{
    if (eth_addr_from_string(text, &lookup->key.mac)) {
        lookup->kind = ICGW_ENTRY_L2;
    } else if (inet_pton(AF_INET, text, &lookup->key.v4_be) == 1) {
        lookup->kind = ICGW_ENTRY_V4;
    } else if (inet_pton(AF_INET6, text, lookup->key.v6) == 1) {
        lookup->kind = ICGW_ENTRY_V6;
    } else {
        return false;
    }
    return true;
}

/* A destination is shared by nobody: the entry that it was found by is the one
 * that has it. */
struct found {
    const struct icgw_dest *dest;
    char *text;
};

static void name_entry(const struct icgw_entry *entry, void *aux)
{
    struct found *found = aux;
    if (entry->dest == found->dest && found->text == NULL) {
        found->text = format_entry(entry);
    }
}

static struct json *add_entry(struct lookup *lookup, const struct model_port *port,
                              const struct icgw_endpoint *ep)
{
    struct json *json = json_object_create();
    put_string(json, "datapath", port->datapath->name);
    put_uint(json, "arrives_with_vni", port->datapath->key);
    put_string(json, "arrives_at", port->name);
    put_uint(json, "arrives_with_key", port->key);
    put_string(json, "forwarding", endpoint_kind_name(ep));
    json_array_add(lookup->json, json);
    return json;
}

static void add_found(const struct gateway *gw, struct lookup *lookup,
                      const struct model_port *port, const struct icgw_endpoint *ep,
                      const struct icgw_dest *dest)
{
    if (dest != NULL) {
        struct found found = {dest, NULL};
        struct json *json = add_entry(lookup, port, ep);
        icgw_endpoint_list(ep, name_entry, &found);
        put_string(json, "entry", found.text);
        free(found.text);
        put_destination(gw, dest, json);
    }
}

static void look_up(const struct gateway *gw, const struct model_port *port,
                    const struct icgw_endpoint *ep, void *aux)
{
    struct lookup *lookup = aux;
    if (!endpoint_leads_to(port, lookup->datapath)) {
        return;
    }
    if (ep->kind == ICGW_ENDPOINT_SLOW || ep->kind == ICGW_ENDPOINT_DROP) {
        bool slow = ep->kind == ICGW_ENDPOINT_SLOW;
        struct json *json = add_entry(lookup, port, ep);
        put_string(json, "entry", "*");
        put_string(json, "verdict", slow ? "slow" : "drop");
        put_string(json, "reason", slow ? icgw_slow_name(ep->reason) : icgw_drop_name(ep->reason));
    } else if (lookup->kind == ICGW_ENTRY_L2) {
        add_found(gw, lookup, port, ep,
                  icgw_endpoint_find_l2(ep, lookup->key.mac.ea, htons(ETH_TYPE_IP)));
        add_found(gw, lookup, port, ep,
                  icgw_endpoint_find_l2(ep, lookup->key.mac.ea, htons(ETH_TYPE_IPV6)));
    } else if (lookup->kind == ICGW_ENTRY_V4) {
        add_found(gw, lookup, port, ep, icgw_endpoint_find_v4(ep, lookup->key.v4_be));
    } else {
        add_found(gw, lookup, port, ep, icgw_endpoint_find_v6(ep, lookup->key.v6));
    }
}

struct json *report_lookup(const struct gateway *gw, const char *datapath, const char *destination,
                           char **error)
{
    struct lookup lookup = {.datapath = endpoints_datapath(gw, datapath)};
    if (lookup.datapath == NULL) {
        *error =
            xasprintf("\"%s\" is no datapath that this gateway knows; show names them", datapath);
        return NULL;
    }
    if (!parse(destination, &lookup)) {
        *error = xasprintf("\"%s\" is neither an IP address nor a MAC address", destination);
        return NULL;
    }
    struct json *json = json_object_create();
    lookup.json = json_array_create_empty();
    endpoints_for_each(gw, look_up, &lookup);
    put_string(json, "datapath", lookup.datapath->name);
    put_string(json, "destination", destination);
    json_object_put(json, "entries", lookup.json);
    return json;
}
