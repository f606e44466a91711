/* SPDX-License-Identifier: Apache-2.0 */
#include "specialise.h"

#include <stdlib.h>
#include <string.h>

#include "icgw_account.h"
#include "model_private.h"
#include "specialise_private.h"

void specialised_free(struct specialised *result)
{
    if (result == NULL) {
        return;
    }
    icgw_tables_free(result->tables);
    for (size_t i = 0; i < result->n_endpoints; i++) {
        specialised_endpoint_unref(result->endpoints[i]);
    }
    free(result->endpoints);
    free(result->reports);
    free(result->tunnels);
    free(result->ways);
    free(result->sorted_ways);
    free(result);
}

static bool add_sources(struct icgw_tables *tables, const struct model *m)
{
    size_t n;
    struct model_chassis *const *chassis = model_chassis_list(m, &n);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < chassis[i]->n_encaps && !chassis[i]->self; k++) {
            if (!icgw_tables_add_source(tables, &chassis[i]->encaps[k].ip,
                                        chassis[i]->remote ? ICGW_ZONE_REMOTE : ICGW_ZONE_LOCAL)) {
                return false;
            }
        }
    }
    return true;
}

/* Ports that a tunnel packet can be delivered to here, and chassisredirect
 * ports that are elsewhere, to say so. */
static bool is_endpoint(const struct model_port *port)
{
    return port->type != MODEL_PORT_L3GATEWAY || port->resident;
}

/* port NULL: what names none. */
static bool add_endpoint(struct specialised *result, const struct model *m,
                         const struct model_datapath *dp, const struct model_port *port,
                         const struct specialised *before, size_t *at)
{
    uint16_t key = port != NULL ? port->key : MODEL_FLOODED_ANSWER_KEY;
    uint64_t id = (uint64_t)dp->key << 16 | key;
    struct specialised_endpoint **slot =
        model_grow(&result->endpoints, &result->n_endpoints, sizeof *slot);

    *slot = specialise_reuse(result, before, m, id, at);
    if (*slot != NULL) {
        result->n_reused++;
    } else {
        *slot = model_alloc(sizeof **slot);
        (*slot)->id = id;
        (*slot)->refs = 1;
        if (!(port != NULL ? specialise_endpoint(result, m, port, *slot)
                           : specialise_flooded_answers(dp, *slot))) {
            return false;
        }
        if (dp->transit) {
            (*slot)->endpoint->account = icgw_account(ICGW_ACCOUNT_FROM_TRANSIT, NULL, dp->key);
        }
    }
    result->n_destinations += (*slot)->n_destinations;
    return icgw_tables_add_endpoint(result->tables, dp->key, key, (*slot)->endpoint);
}

/* Datapaths and their ports are sorted by key, and so are the endpoints. */
static bool add_endpoints(struct specialised *result, const struct model *m,
                          const struct specialised *before)
{
    size_t n, at = 0;
    struct model_datapath *const *datapaths = model_datapaths(m, &n);
    for (size_t i = 0; i < n; i++) {
        const struct model_datapath *dp = datapaths[i];
        if (model_takes_flooded_answers(dp) && !add_endpoint(result, m, dp, NULL, before, &at)) {
            return false;
        }
        for (size_t k = 0; k < dp->n_gates; k++) {
            const struct model_port *port = dp->gates[k];
            if (is_endpoint(port) && !add_endpoint(result, m, dp, port, before, &at)) {
                return false;
            }
        }
    }
    return true;
}

static void collect_reports(struct specialised *result, bool reused)
{
    for (size_t i = 0; i < result->n_endpoints; i++) {
        const struct specialised_endpoint *e = result->endpoints[i];
        for (size_t k = 0; k < e->n_reports && (e->refs > 1) == reused; k++) {
            struct specialised_report *slot =
                model_grow(&result->reports, &result->n_reports, sizeof *slot);
            *slot = e->reports[k];
        }
    }
}

static void count(const struct model *m, uint32_t *endpoints, uint32_t *sources)
{
    size_t n;
    struct model_datapath *const *datapaths = model_datapaths(m, &n);
    *endpoints = *sources = 0;
    for (size_t i = 0; i < n; i++) {
        *endpoints += model_takes_flooded_answers(datapaths[i]);
        for (size_t k = 0; k < datapaths[i]->n_gates; k++) {
            *endpoints += is_endpoint(datapaths[i]->gates[k]);
        }
    }
    struct model_chassis *const *chassis = model_chassis_list(m, &n);
    for (size_t i = 0; i < n; i++) {
        *sources += (uint32_t)chassis[i]->n_encaps;
    }
}

struct specialised *specialise_again(const struct model *m, const struct icgw_addr *locals,
                                     size_t n_locals, const struct specialised *before)
{
    struct specialised *result = model_alloc(sizeof *result);
    uint32_t endpoints, sources;

    count(m, &endpoints, &sources);
    specialise_tunnels(result, m, locals, n_locals, before);
    result->tables = icgw_tables_create(endpoints, sources, (uint16_t)result->n_tunnels, locals,
                                        (uint16_t)n_locals);
    if (result->tables == NULL || !add_sources(result->tables, m) ||
        !add_endpoints(result, m, before)) {
        specialised_free(result);
        return NULL;
    }
    collect_reports(result, false);
    result->n_new_reports = result->n_reports;
    collect_reports(result, true);
    return result;
}

struct specialised *specialise(const struct model *m, const struct icgw_addr *locals,
                               size_t n_locals)
{
    return specialise_again(m, locals, n_locals, NULL);
}
