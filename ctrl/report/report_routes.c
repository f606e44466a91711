/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "report.h"

#include <stdlib.h>
#include <string.h>

#include "endpoints.h"
#include "gateway.h"
#include "model.h"
#include "put.h"
#include "util.h"

struct list {
    struct icgw_entry *entries;
    size_t n;
    size_t allocated;
};

static void collect(const struct icgw_entry *entry, void *aux)
{
    struct list *list = aux;
    if (list->n == list->allocated) {
        list->entries = x2nrealloc(list->entries, &list->allocated, sizeof *list->entries);
    }
    list->entries[list->n++] = *entry;
}

/* By family, then address, then length. */
static int compare(const void *a_, const void *b_)
{
    const struct icgw_entry *a = a_, *b = b_;
    int rc = (int)a->kind - (int)b->kind;
    rc = rc ? rc : memcmp(a->addr, b->addr, sizeof a->addr);
    return rc ? rc : (int)a->len - (int)b->len;
}

struct routes {
    const struct model_datapath *router;
    struct json *json;
};

static void add_endpoint(const struct gateway *gw, const struct model_port *port,
                         const struct icgw_endpoint *ep, void *aux)
{
    struct routes *routes = aux;
    struct list list = {NULL, 0, 0};
    if (ep->kind != ICGW_ENDPOINT_L3 || !endpoint_leads_to(port, routes->router)) {
        return;
    }
    icgw_endpoint_list(ep, collect, &list);
    if (list.n > 0) {
        qsort(list.entries, list.n, sizeof *list.entries, compare);
    }
    for (size_t i = 0; i < list.n; i++) {
        struct json *route = json_object_create();
        json_object_put(route, "destination",
                        json_string_create_nocopy(format_entry(&list.entries[i])));
        put_string(route, "arrives_at", port->name);
        put_destination(gw, list.entries[i].dest, route);
        json_array_add(routes->json, route);
    }
    free(list.entries);
}

struct json *report_routes(const struct gateway *gw, const char *router, char **error)
{
    struct routes routes = {endpoints_datapath(gw, router), json_array_create_empty()};
    struct json *json = json_object_create();
    if (routes.router == NULL || !routes.router->router) {
        *error = xasprintf("\"%s\" is no router that this gateway knows; show names them", router);
        json_destroy(routes.json);
        json_destroy(json);
        return NULL;
    }
    endpoints_for_each(gw, add_endpoint, &routes);
    put_string(json, "router", routes.router->name);
    put_uint(json, "vni", routes.router->key);
    json_object_put(json, "routes", routes.json);
    return json;
}
