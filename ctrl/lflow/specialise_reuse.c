/* SPDX-License-Identifier: Apache-2.0 */

/* What has not changed is not specialised again. */

#include <stdlib.h>
#include <string.h>

#include "model_private.h"
#include "specialise_private.h"

static int compare_id(const void *key, const void *endpoint)
{
    uint64_t a = *(const uint64_t *)key;
    uint64_t b = ((const struct specialised_endpoint *)endpoint)->id;
    return a < b ? -1 : a > b;
}

static struct specialised_report *copy_reports(const struct specialised_endpoint *from)
{
    struct specialised_report *copies = NULL;
    size_t n = 0;
    for (size_t i = 0; i < from->n_reports; i++) {
        struct specialised_report *copy = model_grow(&copies, &n, sizeof *copy);
        copy->port = model_copy(from->reports[i].port);
        copy->destination = model_copy(from->reports[i].destination);
        copy->unsupported = from->reports[i].unsupported;
        copy->why = model_copy(from->reports[i].why);
        copy->flow = model_copy(from->reports[i].flow);
    }
    return copies;
}

bool specialise_reuse(const struct specialised *before, const struct model *m, uint64_t id,
                      struct specialised_endpoint *out)
{
    if (before == NULL || before->n_endpoints == 0 || before->fingerprint != model_fingerprint(m)) {
        return false;
    }
    const struct specialised_endpoint *from =
        bsearch(&id, before->endpoints, before->n_endpoints, sizeof *before->endpoints, compare_id);
    if (from == NULL || !dependencies_hold(&from->deps, m)) {
        return false;
    }
    out->endpoint = from->endpoint;
    out->endpoint->refs++;
    out->n_destinations = from->n_destinations;
    for (size_t i = 0; i < from->deps.n; i++) {
        struct dependency *slot = model_grow(&out->deps.list, &out->deps.n, sizeof *slot);
        *slot = from->deps.list[i];
    }
    out->reports = copy_reports(from);
    out->n_reports = from->n_reports;
    return true;
}

void specialised_endpoint_free(struct specialised_endpoint *e)
{
    for (size_t i = 0; i < e->n_reports; i++) {
        free(e->reports[i].port);
        free(e->reports[i].destination);
        free(e->reports[i].why);
        free(e->reports[i].flow);
    }
    free(e->reports);
    dependencies_free(&e->deps);
    if (e->endpoint != NULL) {
        icgw_endpoint_unref(e->endpoint);
    }
}
