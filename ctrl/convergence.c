/* SPDX-License-Identifier: Apache-2.0 */
#include "convergence.h"

static const uint64_t bounds[] = CONVERGENCE_BOUNDS;
_Static_assert(sizeof bounds / sizeof *bounds + 1 == CONVERGENCE_BUCKETS,
               "one bucket has no bound");

uint64_t convergence_bound(unsigned int bucket)
{
    return bucket < CONVERGENCE_BUCKETS - 1 ? bounds[bucket] : UINT64_MAX;
}

static void add(struct convergence_histogram *h, int64_t us)
{
    uint64_t value = us > 0 ? (uint64_t)us : 0;
    unsigned int bucket = 0;
    while (value > convergence_bound(bucket)) {
        bucket++;
    }
    h->buckets[bucket]++;
    h->count++;
    h->sum_us += value;
    h->last_us = value;
    if (value > h->max_us) {
        h->max_us = value;
    }
}

static void end_step(struct convergence *c, struct convergence_histogram *h, int64_t now)
{
    add(h, now - c->step_us);
    c->step_us = now;
}

void convergence_read(struct convergence *c, int64_t now)
{
    c->read_us = c->step_us = now;
}

void convergence_model(struct convergence *c, int64_t now)
{
    end_step(c, &c->model, now);
}

void convergence_specialised(struct convergence *c, int64_t now)
{
    end_step(c, &c->specialise, now);
}

void convergence_published(struct convergence *c, int64_t now)
{
    end_step(c, &c->publish, now);
    add(&c->total, now - c->read_us);
    c->published_us = now;
    if (!c->waiting) {
        c->waiting = true;
        c->waiting_since = c->read_us;
    }
}

void convergence_in_use(struct convergence *c, int64_t now)
{
    if (c->waiting) {
        add(&c->in_use, now - c->waiting_since);
        c->waiting = false;
    }
}
