/* SPDX-License-Identifier: Apache-2.0 */

/* What has not changed is not specialised again. */

#include <stdlib.h>

#include "specialise_private.h"

struct specialised_endpoint *specialise_reuse(const struct specialised *result,
                                              const struct specialised *before,
                                              const struct model *m, uint64_t id, size_t *at)
{
    if (before == NULL) {
        return NULL;
    }
    while (*at < before->n_endpoints && before->endpoints[*at]->id < id) {
        ++*at;
    }
    if (*at == before->n_endpoints || before->endpoints[*at]->id != id ||
        !dependencies_hold(&before->endpoints[*at]->deps, m) ||
        !specialise_ways_hold(result, &before->endpoints[*at]->deps)) {
        return NULL;
    }
    before->endpoints[*at]->refs++;
    return before->endpoints[*at];
}

void specialised_endpoint_unref(struct specialised_endpoint *e)
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
