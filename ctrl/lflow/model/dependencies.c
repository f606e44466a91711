/* SPDX-License-Identifier: Apache-2.0 */
#include "dependencies.h"

#include <stdlib.h>

#include "model.h"
#include "model_private.h"

void dependencies_add(struct dependencies *d, const struct model_datapath *dp)
{
    for (size_t i = 0; i < d->n; i++) {
        if (d->list[i].key == dp->key) {
            return;
        }
    }
    struct dependency *slot = model_grow(&d->list, &d->n, sizeof *slot);
    slot->key = dp->key;
    slot->fingerprint = dp->fingerprint;
}

void dependencies_free(struct dependencies *d)
{
    free(d->list);
    d->list = NULL;
    d->n = 0;
}

bool dependencies_hold(const struct dependencies *d, const struct model *m)
{
    for (size_t i = 0; i < d->n; i++) {
        const struct model_datapath *dp = model_datapath_by_key(m, d->list[i].key);
        if (dp == NULL || dp->fingerprint != d->list[i].fingerprint) {
            return false;
        }
    }
    return !d->unknown;
}
