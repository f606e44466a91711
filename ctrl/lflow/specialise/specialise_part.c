/* SPDX-License-Identifier: Apache-2.0 */

/* The endpoints of some datapaths.  What has not changed is not specialised again, and a
 * part of which nothing has is the same one as before. */

#include <stdlib.h>

#include "icgw_account.h"
#include "model_private.h"
#include "specialise_private.h"

static void unref_endpoint(struct specialised_endpoint *e)
{
    if (--e->refs > 0) {
        return;
    }
    for (size_t i = 0; i < e->n_reports; i++) {
        specialise_report_clear(&e->reports[i]);
    }
    free(e->reports);
    dependencies_free(&e->deps);
    if (e->endpoint != NULL) {
        icgw_endpoint_unref(e->endpoint);
    }
    free(e);
}

void specialise_part_unref(struct specialised_part *part)
{
    if (part == NULL || --part->refs > 0) {
        return;
    }
    for (size_t i = 0; i < part->n; i++) {
        unref_endpoint(part->endpoints[i]);
    }
    free(part->endpoints);
    free(part->reports);
    free(part->tokens);
    free(part);
}

/* A part that is being made. */
struct making {
    struct specialised *result;
    const struct model *model;
    const struct specialised_part *before; /* NULL: nothing */
    size_t at;                             /* how far that has been looked through */
    struct specialised_part *part;
};

/* The endpoint with this id from before, with a reference, if nothing that it was made
 * from has changed; else NULL.  Ids are asked for in ascending order. */
static struct specialised_endpoint *reuse(struct making *mk, uint64_t id)
{
    const struct specialised_part *before = mk->before;
    if (before == NULL) {
        return NULL;
    }
    while (mk->at < before->n && before->endpoints[mk->at]->id < id) {
        mk->at++;
    }
    struct specialised_endpoint *e = mk->at < before->n ? before->endpoints[mk->at] : NULL;
    if (e == NULL || e->id != id || !dependencies_hold(&e->deps, mk->model) ||
        !specialise_ways_hold(mk->result, &e->deps)) {
        return NULL;
    }
    e->refs++;
    return e;
}

/* Ports that a tunnel packet can be delivered to here, and chassisredirect
 * ports that are elsewhere, to say so. */
static bool is_endpoint(const struct model_port *port)
{
    return port->type != MODEL_PORT_L3GATEWAY || port->resident;
}

/* port NULL: what names none. */
static bool add_endpoint(struct making *mk, const struct model_datapath *dp,
                         const struct model_port *port)
{
    uint16_t key = port != NULL ? port->key : MODEL_FLOODED_ANSWER_KEY;
    uint64_t id = (uint64_t)dp->key << 16 | key;
    struct specialised_part *part = mk->part;

    if (part->n > 0 && part->endpoints[part->n - 1]->id == id) {
        return true; /* of ports with one key the first one counts */
    }
    struct specialised_endpoint **slot = model_grow(&part->endpoints, &part->n, sizeof *slot);
    *slot = reuse(mk, id);
    if (*slot != NULL) {
        mk->result->n_reused++;
        return true;
    }
    *slot = model_alloc(sizeof **slot);
    (*slot)->id = id;
    (*slot)->refs = 1;
    if (!(port != NULL ? specialise_endpoint(mk->result, mk->model, port, *slot)
                       : specialise_flooded_answers(dp, *slot))) {
        return false;
    }
    if (dp->transit) {
        (*slot)->endpoint->account = icgw_account(ICGW_ACCOUNT_FROM_TRANSIT, NULL, dp->key);
    }
    return true;
}

/* Ports are sorted by key, and so are the endpoints. */
static bool add_datapath(struct making *mk, uint32_t key)
{
    const struct model_datapath *dp = model_datapath_by_key(mk->model, key);
    if (dp == NULL) {
        return true;
    }
    if (model_takes_flooded_answers(dp) && !add_endpoint(mk, dp, NULL)) {
        return false;
    }
    for (size_t i = 0; i < dp->n_gates; i++) {
        if (is_endpoint(dp->gates[i]) && !add_endpoint(mk, dp, dp->gates[i])) {
            return false;
        }
    }
    return true;
}

static void sum_up(struct specialised_part *part)
{
    for (size_t i = 0; i < part->n; i++) {
        const struct specialised_endpoint *e = part->endpoints[i];
        part->n_destinations += e->n_destinations;
        for (size_t k = 0; k < e->n_reports; k++) {
            const struct specialised_report **slot =
                model_grow(&part->reports, &part->n_reports, sizeof *slot);
            *slot = &e->reports[k];
            part->n_unsupported += e->reports[k].unsupported;
        }
    }
    specialise_list_tokens(part);
}

struct specialised_part *specialise_part(struct specialised *result, const struct model *m,
                                         const struct specialise_todo *todo,
                                         struct specialised_part *before)
{
    struct making mk = {.result = result, .model = m, .before = before};
    if (!todo->due) {
        if (before != NULL) {
            before->refs++;
            result->n_reused += before->n;
        }
        return before;
    }
    mk.part = model_alloc(sizeof *mk.part);
    mk.part->refs = 1;
    for (size_t i = 0; i < todo->n; i++) {
        if (!add_datapath(&mk, todo->keys[i])) {
            mk.part->failed = true;
            break;
        }
    }
    sum_up(mk.part);
    return mk.part;
}

static bool add(struct icgw_tables *tables, const struct specialised_endpoint *e)
{
    return icgw_tables_add_endpoint(tables, (uint32_t)(e->id >> 16), (uint16_t)e->id, e->endpoint);
}

static bool drop(struct icgw_tables *tables, const struct specialised_endpoint *e)
{
    return icgw_tables_remove_endpoint(tables, (uint32_t)(e->id >> 16), (uint16_t)e->id);
}

bool specialise_part_to_tables(struct icgw_tables *tables, const struct specialised_part *before,
                               const struct specialised_part *now)
{
    size_t n_before = before != NULL && before != now ? before->n : 0;
    size_t n_now = now != NULL && before != now ? now->n : 0;
    size_t i = 0, k = 0;
    bool done = true;
    while (done && (i < n_before || k < n_now)) {
        const struct specialised_endpoint *old = i < n_before ? before->endpoints[i] : NULL;
        const struct specialised_endpoint *new = k < n_now ? now->endpoints[k] : NULL;
        if (new == NULL || (old != NULL && old->id < new->id)) {
            done = drop(tables, old);
            i++;
            continue;
        }
        done = old == new || add(tables, new);
        i += old != NULL && old->id == new->id;
        k++;
    }
    return done;
}
