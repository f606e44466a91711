/* SPDX-License-Identifier: Apache-2.0 */
#include "specialise.h"

#include <stdlib.h>
#include <string.h>

#include "model_log.h"
#include "model_private.h"
#include "specialise_private.h"

void specialised_free(struct specialised *result)
{
    if (result == NULL) {
        return;
    }
    icgw_tables_free(result->tables);
    for (size_t i = 0; i < SPECIALISE_PARTS; i++) {
        specialise_part_unref(result->parts[i]);
    }
    free(result->tunnels);
    free(result->ways);
    free(result->sorted_ways);
    free(result);
}

static bool add_source(struct icgw_tables *tables, const struct model *m,
                       const struct icgw_addr *ip)
{
    const struct model_chassis *sender = model_chassis_by_ip(m, ip);
    return sender->self ||
           icgw_tables_add_source(tables, ip, sender->remote ? ICGW_ZONE_REMOTE : ICGW_ZONE_LOCAL);
}

static bool add_sources(struct icgw_tables *tables, const struct model *m)
{
    size_t n;
    struct model_chassis *const *chassis = model_chassis_list(m, &n);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < chassis[i]->n_encaps; k++) {
            if (!add_source(tables, m, &chassis[i]->encaps[k].ip)) {
                return false;
            }
        }
    }
    return true;
}

static uint32_t count_sources(const struct model *m)
{
    size_t n;
    uint32_t sources = 0;
    struct model_chassis *const *chassis = model_chassis_list(m, &n);
    for (size_t i = 0; i < n; i++) {
        sources += (uint32_t)chassis[i]->n_encaps;
    }
    return sources;
}

static void sum_up(struct specialised *result)
{
    for (size_t i = 0; i < SPECIALISE_PARTS; i++) {
        const struct specialised_part *part = result->parts[i];
        if (part != NULL) {
            result->n_endpoints += part->n;
            result->n_destinations += part->n_destinations;
            result->n_reports += part->n_reports;
            result->n_unsupported += part->n_unsupported;
        }
    }
}

static bool make_parts(struct specialised *result, const struct model *m,
                       const struct specialised *before)
{
    struct specialise_plan plan;
    bool done = true;
    specialise_plan(&plan, result, m, before);
    for (size_t i = 0; i < SPECIALISE_PARTS && done; i++) {
        struct specialised_part *was = before != NULL ? before->parts[i] : NULL;
        result->parts[i] = specialise_part(result, m, &plan.parts[i], was);
        done = result->parts[i] == NULL || !result->parts[i]->failed;
    }
    specialise_plan_free(&plan);
    sum_up(result);
    return done;
}

static bool make_tables(struct specialised *result, const struct model *m,
                        const struct icgw_addr *locals, size_t n_locals,
                        const struct specialised *before, const struct icgw_tables *tables)
{
    uint32_t n_sources = count_sources(m);
    uint16_t n_tunnels = (uint16_t)result->n_tunnels;
    result->tables = before != NULL ? icgw_tables_succeed(tables, n_sources, n_tunnels)
                                    : icgw_tables_create((uint32_t)result->n_endpoints, n_sources,
                                                         n_tunnels, locals, (uint16_t)n_locals);
    if (result->tables == NULL || !add_sources(result->tables, m)) {
        return false;
    }
    for (size_t i = 0; i < SPECIALISE_PARTS; i++) {
        if (!specialise_part_to_tables(result->tables, before != NULL ? before->parts[i] : NULL,
                                       result->parts[i])) {
            return false;
        }
    }
    return true;
}

struct specialised *specialise_again(const struct model *m, const struct icgw_addr *locals,
                                     size_t n_locals, const struct specialised *before,
                                     const struct icgw_tables *tables)
{
    struct specialised *result = model_alloc(sizeof *result);

    result->model_id = model_id(m);
    result->model_version = model_version(m);
    result->chassis_fingerprint = model_fingerprint(m);
    specialise_tunnels(result, m, locals, n_locals, before);
    if (!make_parts(result, m, before) ||
        !make_tables(result, m, locals, n_locals, before, tables)) {
        specialised_free(result);
        return NULL;
    }
    return result;
}

struct specialised *specialise(const struct model *m, const struct icgw_addr *locals,
                               size_t n_locals)
{
    return specialise_again(m, locals, n_locals, NULL, NULL);
}

const struct specialised_report *specialised_report(const struct specialised *s, size_t i)
{
    size_t part = 0;
    while (s->parts[part] == NULL || i >= s->parts[part]->n_reports) {
        i -= s->parts[part] != NULL ? s->parts[part]->n_reports : 0;
        part++;
    }
    return s->parts[part]->reports[i];
}

static bool reported(const struct specialised_endpoint *before, const struct specialised_report *r)
{
    for (size_t i = 0; before != NULL && i < before->n_reports; i++) {
        const struct specialised_report *other = &before->reports[i];
        if (!strcmp(other->port, r->port) && !strcmp(other->destination, r->destination) &&
            !strcmp(other->why, r->why)) {
            return true;
        }
    }
    return false;
}

static void new_reports_of(const struct specialised_part *now,
                           const struct specialised_part *before, specialised_report_fn *report,
                           void *aux)
{
    size_t at = 0;
    for (size_t i = 0; i < now->n; i++) {
        const struct specialised_endpoint *e = now->endpoints[i];
        while (before != NULL && at < before->n && before->endpoints[at]->id < e->id) {
            at++;
        }
        bool known = before != NULL && at < before->n && before->endpoints[at]->id == e->id;
        const struct specialised_endpoint *was = known ? before->endpoints[at] : NULL;
        for (size_t k = 0; k < e->n_reports && e != was; k++) {
            if (!reported(was, &e->reports[k])) {
                report(aux, &e->reports[k]);
            }
        }
    }
}

void specialised_new_reports(const struct specialised *now, const struct specialised *before,
                             specialised_report_fn *report, void *aux)
{
    for (size_t i = 0; i < SPECIALISE_PARTS; i++) {
        const struct specialised_part *was = before != NULL ? before->parts[i] : NULL;
        if (now->parts[i] != NULL && now->parts[i] != was) {
            new_reports_of(now->parts[i], was, report, aux);
        }
    }
}
