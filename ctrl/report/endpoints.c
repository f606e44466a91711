/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "endpoints.h"

#include <string.h>

#include "gateway.h"
#include "icgw_pmd.h"
#include "model.h"
#include "openvswitch/shash.h"
#include "specialise.h"
#include "util.h"

void endpoints_for_each(const struct gateway *gw, endpoint_fn *show, void *aux)
{
    size_t n;
    if (gw->model == NULL) {
        return;
    }
    struct model_datapath *const *datapaths = model_datapaths(gw->model, &n);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < datapaths[i]->n_ports; k++) {
            const struct model_port *port = datapaths[i]->ports[k];
            const struct icgw_endpoint *ep =
                icgw_tables_endpoint(icgw_pmd_tables(), datapaths[i]->key, port->key);
            if (ep != NULL && (datapaths[i]->transit || port->type != MODEL_PORT_PATCH)) {
                show(gw, port, ep, aux);
            }
        }
    }
}

const char *endpoint_kind_name(const struct icgw_endpoint *ep)
{
    switch (ep->kind) {
    case ICGW_ENDPOINT_L2:
        return "switched";
    case ICGW_ENDPOINT_L3:
        return "routed";
    case ICGW_ENDPOINT_SLOW:
        return "slow path";
    default:
        return icgw_drop_name(ep->reason);
    }
}

void endpoints_count_reports(const struct gateway *gw, struct shash *counts)
{
    for (size_t i = 0; gw->specialised != NULL && i < gw->specialised->n_reports; i++) {
        const char *port = specialised_report(gw->specialised, i)->port;
        uintptr_t n = (uintptr_t)shash_find_data(counts, port);
        shash_replace(counts, port, (void *)(n + 1));
    }
}

size_t endpoint_n_reports(const struct shash *counts, const struct model_port *port)
{
    return (uintptr_t)shash_find_data(counts, port->name);
}

bool endpoint_leads_to(const struct model_port *port, const struct model_datapath *datapath)
{
    return port->datapath == datapath || (port->peer != NULL && port->peer->datapath == datapath);
}

const struct model_datapath *endpoints_datapath(const struct gateway *gw, const char *name)
{
    size_t n = 0;
    unsigned int key;
    struct model_datapath *const *list = gw->model ? model_datapaths(gw->model, &n) : NULL;
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(list[i]->name, name) || !strcmp(list[i]->uuid, name)) {
            return list[i];
        }
    }
    return n > 0 && str_to_uint(name, 0, &key) ? model_datapath_by_key(gw->model, key) : NULL;
}
