/* SPDX-License-Identifier: Apache-2.0 */

/* What the classes of packets of one destination come to: which are alike. */

#include <stdlib.h>
#include <string.h>

#include "specialise_private.h"

static bool same_sources(const struct icgw_dest *a, const struct icgw_dest *b)
{
    if (a->sources == NULL || b->sources == NULL) {
        return a->sources == b->sources;
    }
    return a->sources->n == b->sources->n &&
           memcmp(a->sources->prefix, b->sources->prefix,
                  a->sources->n * sizeof a->sources->prefix[0]) == 0;
}

static bool same_guards(const struct icgw_dest *a, const struct icgw_dest *b)
{
    return a->guard == b->guard && a->min_ttl == b->min_ttl && a->max_len == b->max_len &&
           same_sources(a, b);
}

/* Guards aside.  Those of members count: they are not to be united. */
static bool same_way(const struct icgw_dest *a, const struct icgw_dest *b)
{
    struct icgw_dest x = *a, y = *b;
    x.guard = y.guard = 0;
    x.min_ttl = y.min_ttl = 0;
    x.max_len = y.max_len = 0;
    x.sources = y.sources = NULL;
    x.members = y.members = NULL;
    if (memcmp(&x, &y, sizeof x) != 0) {
        return false;
    }
    for (unsigned int i = 0; i < a->n_members; i++) {
        if (!same_guards(&a->members[i], &b->members[i]) ||
            !same_way(&a->members[i], &b->members[i])) {
            return false;
        }
    }
    return true;
}

bool specialise_same_way(const struct verdict *a, const struct verdict *b)
{
    return a->why == NULL && b->why == NULL && same_way(&a->dest, &b->dest);
}

bool specialise_same_leaf(const struct verdict *a, const struct verdict *b)
{
    return (a->why == NULL) == (b->why == NULL) && a->refused == b->refused &&
           a->why_flow == b->why_flow && same_guards(&a->dest, &b->dest) &&
           same_way(&a->dest, &b->dest);
}

void specialise_move(struct verdict *to, struct verdict *from)
{
    *to = *from;
    if (to->dest.verdict != ICGW_VERDICT_CLASSIFY && to->dest.sources != NULL) {
        to->dest.sources = &to->sources;
    }
    memset(from, 0, sizeof *from);
}

static bool has_source(const struct verdict *v, const void *prefix)
{
    for (uint16_t i = 0; i < v->sources.n; i++) {
        if (memcmp(&v->sources.prefix[i], prefix, sizeof v->sources.prefix[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool unite_sources(struct verdict *v, const struct verdict *with)
{
    for (uint16_t i = 0; with->dest.sources != NULL && i < with->sources.n; i++) {
        if (has_source(v, &with->sources.prefix[i])) {
            continue;
        }
        if (v->sources.n == ICGW_MAX_SOURCES) {
            return false;
        }
        v->sources.prefix[v->sources.n++] = with->sources.prefix[i];
        v->dest.sources = &v->sources;
    }
    return true;
}

bool specialise_unite_guards(struct verdict *v, const struct verdict *with)
{
    uint16_t max_len = with->dest.max_len;
    if (!unite_sources(v, with)) {
        return false;
    }
    v->dest.guard |= with->dest.guard;
    v->dest.min_ttl = RTE_MAX(v->dest.min_ttl, with->dest.min_ttl);
    if (max_len != 0 && (v->dest.max_len == 0 || max_len < v->dest.max_len)) {
        v->dest.max_len = max_len;
    }
    v->refused = v->refused != NULL ? v->refused : with->refused;
    return true;
}
