/* SPDX-License-Identifier: Apache-2.0 */

/* Whose an underlay address is.  No database keeps two chassis from having the same one:
 * the Southbound's index is of text, and knows nothing of IC-SB. */

#include <stdlib.h>
#include <string.h>

#include "model_private.h"

/* A chassis of this zone comes before a remote one, whatever their names are.  Who is of
 * this zone the zone's own database says, and what it says alone lets a sender in: zones
 * are kept apart no worse than if the other one had kept silent about the address.  The
 * other way round, a row of any zone could stop the traffic of our hypervisors.  This
 * chassis itself sends nothing here, so it comes first of all. */
static int rank(const struct model_chassis *chassis)
{
    return chassis->self ? 0 : chassis->remote ? 2 : 1;
}

static int compare_owners(const void *a, const void *b)
{
    const struct model_owner *x = a, *y = b;
    int order = memcmp(&x->ip, &y->ip, sizeof x->ip);
    order = order ? order : rank(x->chassis) - rank(y->chassis);
    return order ? order : strcmp(x->chassis->name, y->chassis->name);
}

/* What remains of the sorted list are the first ones of each address. */
static void drop_others(struct model *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n_owners; i++) {
        if (n == 0 || memcmp(&m->owners[n - 1].ip, &m->owners[i].ip, sizeof m->owners->ip) != 0) {
            m->owners[n++] = m->owners[i];
        }
    }
    m->n_owners = n;
}

void model_list_owners(struct model *m)
{
    free(m->owners);
    m->owners = NULL;
    m->n_owners = 0;
    for (size_t i = 0; i < m->n_chassis; i++) {
        for (size_t k = 0; k < m->chassis_list[i]->n_encaps; k++) {
            struct model_owner *owner = model_grow(&m->owners, &m->n_owners, sizeof *owner);
            owner->ip = m->chassis_list[i]->encaps[k].ip;
            owner->chassis = m->chassis_list[i];
        }
    }
    if (m->n_owners > 0) {
        qsort(m->owners, m->n_owners, sizeof *m->owners, compare_owners);
    }
    drop_others(m);
}

const struct model_chassis *model_chassis_by_ip(const struct model *m, const struct icgw_addr *ip)
{
    size_t low = 0, high = m->n_owners;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = memcmp(ip, &m->owners[middle].ip, sizeof *ip);
        if (order == 0) {
            return m->owners[middle].chassis;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}
