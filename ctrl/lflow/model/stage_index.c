/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_index.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "eval.h"
#include "lflow.h"
#include "model.h"
#include "model_private.h"
#include "state.h"

/* Stages and groups of flows below these sizes are searched one by one. */
#define MIN_STAGE 16
#define MIN_GROUP 4

/* `(field & mask) == value`, which a flow needs to match. */
struct term {
    wide mask;
    wide value;
    uint32_t field; /* enum field_id */
};

struct positions {
    uint32_t *list; /* ascending */
    size_t n;
};

/* What a hash looks at; padding of `wide` keeps it free of holes. */
struct bucket_key {
    wide value;
    wide group;
};

struct bucket {
    struct bucket_key key;
    struct positions positions;
    UT_hash_handle hh;
};

/* Flows that are kept by the same bits. */
struct group {
    uint32_t field;
    wide mask;
    size_t n_terms;
    struct positions all; /* for packets whose bits are not known */
};

struct stage_index {
    struct group groups[STAGE_INDEX_KEYS];
    size_t n_groups;
    struct bucket *buckets;
    struct positions rest;
};

static void add_position(struct positions *p, uint32_t position)
{
    if (p->n > 0 && p->list[p->n - 1] == position) {
        return;
    }
    uint32_t *slot = model_grow(&p->list, &p->n, sizeof *slot);
    *slot = position;
}

/* Terms of a match that all flows of its kind have: `a == 1 && …`, and sets
 * `a == {1, 2} && …`, each value of which is a term. */
struct terms {
    struct term *terms; /* of one group of bits */
    size_t n;
};

/* Reads the matches of a datapath's flows. */
struct reader {
    const struct model *model;
    const struct model_datapath *datapath;
    const struct lflow_constant *constants; /* of the match, where it has only an outline */
    struct terms terms;
};

static const struct expr *outline(struct reader *r, const struct model_flow *flow)
{
    return lflow_outline(r->model->cache, flow->lflow->code, &r->constants);
}

static wide named_port(const struct reader *r, const struct lflow_constant *constant)
{
    char name[LEX_MAX_TEXT];
    if (constant->text == NULL || constant->text_size >= sizeof name) {
        return 0;
    }
    memcpy(name, constant->text, constant->text_size);
    name[constant->text_size] = '\0';
    return eval_port_key(r->model, r->datapath, name);
}

static bool term_of(const struct reader *r, const struct expr *e, struct term *t)
{
    const struct lflow_constant *constant = e->origin > 0 ? &r->constants[e->origin - 1] : NULL;
    memset(t, 0, sizeof *t);
    t->field = e->bits.field;
    if (e->relop != RELOP_EQ) {
        return false;
    }
    if (e->type == EXPR_COMPARE) {
        t->value = constant != NULL ? constant->value << e->bits.lo : e->value;
        t->mask = e->mask;
        /* Single flags do not tell flows apart. */
        return (e->mask & (e->mask - 1)) != 0;
    }
    if (e->type == EXPR_PORT) {
        t->value = constant != NULL ? named_port(r, constant)
                                    : eval_port_key(r->model, r->datapath, e->name);
        t->mask = wide_ones(e->bits.width) << e->bits.lo;
        return t->value != 0;
    }
    return false;
}

static bool terms_of(const struct reader *r, const struct expr *e, struct terms *all)
{
    struct term t;
    all->n = 0;
    if (e->type != EXPR_OR) {
        if (!term_of(r, e, &t)) {
            return false;
        }
        struct term *slot = model_grow(&all->terms, &all->n, sizeof *slot);
        *slot = t;
        return true;
    }
    for (size_t i = 0; i < e->n_sub; i++) {
        if (!term_of(r, e->sub[i], &t) ||
            (i > 0 && (t.field != all->terms[0].field || t.mask != all->terms[0].mask))) {
            return false;
        }
        struct term *slot = model_grow(&all->terms, &all->n, sizeof *slot);
        *slot = t;
    }
    return all->n > 0;
}

static struct group *find_group(struct stage_index *index, const struct term *t)
{
    for (size_t i = 0; i < index->n_groups; i++) {
        if (index->groups[i].field == t->field && index->groups[i].mask == t->mask) {
            return &index->groups[i];
        }
    }
    return NULL;
}

/* Calls `visit` for the conjuncts of a match that are terms, until it returns
 * true; returns whether it did. */
static bool for_each_conjunct(struct reader *r, const struct expr *e,
                              bool (*visit)(void *aux, const struct terms *), void *aux)
{
    if (e->type != EXPR_AND) {
        return terms_of(r, e, &r->terms) && visit(aux, &r->terms);
    }
    for (size_t i = 0; i < e->n_sub; i++) {
        if (for_each_conjunct(r, e->sub[i], visit, aux)) {
            return true;
        }
    }
    return false;
}

static bool count_term(void *aux, const struct terms *all)
{
    struct stage_index *index = aux;
    struct group *group = find_group(index, &all->terms[0]);
    if (group == NULL && index->n_groups < STAGE_INDEX_KEYS) {
        group = &index->groups[index->n_groups++];
        memset(group, 0, sizeof *group);
        group->field = all->terms[0].field;
        group->mask = all->terms[0].mask;
    }
    if (group != NULL) {
        group->n_terms++;
    }
    return false;
}

struct best {
    struct stage_index *index;
    struct group *group;
};

/* Ports are shared by more flows than addresses are; EtherTypes and protocols by
 * more still. */
static unsigned int selectivity(const struct group *g)
{
    unsigned int width = (unsigned int)(__builtin_popcountll((uint64_t)g->mask) +
                                        __builtin_popcountll((uint64_t)(g->mask >> 64)));
    bool port = g->field == FIELD_INPORT || g->field == FIELD_OUTPORT;
    return port ? 17 : width;
}

static bool choose_term(void *aux, const struct terms *all)
{
    struct best *best = aux;
    struct group *group = find_group(best->index, &all->terms[0]);
    if (group != NULL && group->n_terms >= MIN_GROUP &&
        (best->group == NULL || selectivity(group) > selectivity(best->group))) {
        best->group = group;
    }
    return false;
}

struct insertion {
    struct stage_index *index;
    struct group *group;
    uint32_t position;
};

static bool insert_terms(void *aux, const struct terms *all)
{
    struct insertion *in = aux;
    if (find_group(in->index, &all->terms[0]) != in->group) {
        return false;
    }
    for (size_t i = 0; i < all->n; i++) {
        struct bucket_key key = {all->terms[i].value, (wide)(in->group - in->index->groups)};
        struct bucket *bucket;
        HASH_FIND(hh, in->index->buckets, &key, sizeof key, bucket);
        if (bucket == NULL) {
            bucket = model_alloc(sizeof *bucket);
            bucket->key = key;
            HASH_ADD(hh, in->index->buckets, key, sizeof bucket->key, bucket);
        }
        add_position(&bucket->positions, in->position);
    }
    add_position(&in->group->all, in->position);
    return true;
}

static void insert(struct stage_index *index, struct reader *r, const struct expr *match,
                   uint32_t position)
{
    struct best best = {index, NULL};
    if (match != NULL) {
        for_each_conjunct(r, match, choose_term, &best);
    }
    if (best.group == NULL) {
        add_position(&index->rest, position);
    } else {
        struct insertion in = {index, best.group, position};
        for_each_conjunct(r, match, insert_terms, &in);
    }
}

struct stage_index *stage_index_create(const struct model *m, const struct model_datapath *dp,
                                       const struct model_stage *stage)
{
    struct reader r = {.model = m, .datapath = dp};
    if (stage->n_flows < MIN_STAGE) {
        return NULL;
    }
    struct stage_index *index = model_alloc(sizeof *index);
    for (size_t i = 0; i < stage->n_flows; i++) {
        const struct expr *match = outline(&r, &stage->flows[i]);
        if (match != NULL) {
            for_each_conjunct(&r, match, count_term, index);
        }
    }
    for (size_t i = 0; i < stage->n_flows; i++) {
        insert(index, &r, outline(&r, &stage->flows[i]), (uint32_t)i);
    }
    free(r.terms.terms);
    return index;
}

void stage_index_free(struct stage_index *index)
{
    struct bucket *bucket, *next;
    if (index == NULL) {
        return;
    }
    HASH_ITER(hh, index->buckets, bucket, next)
    {
        HASH_DEL(index->buckets, bucket);
        free(bucket->positions.list);
        free(bucket);
    }
    for (size_t i = 0; i < index->n_groups; i++) {
        free(index->groups[i].all.list);
    }
    free(index->rest.list);
    free(index);
}

static void add_list(struct stage_walk *walk, const struct positions *p)
{
    if (p->n > 0) {
        walk->lists[walk->n_lists].next = p->list;
        walk->lists[walk->n_lists].end = p->list + p->n;
        walk->n_lists++;
    }
}

void stage_walk_start(struct stage_walk *walk, const struct model_stage *stage,
                      const struct state *state)
{
    const struct stage_index *index = stage->index;

    walk->stage = stage;
    walk->n_lists = 0;
    walk->position = 0;
    if (index == NULL) {
        return;
    }
    add_list(walk, &index->rest);
    for (size_t i = 0; i < index->n_groups; i++) {
        const struct group *group = &index->groups[i];
        const struct state_field *f = &state->fields[group->field];
        struct bucket_key key = {f->value & group->mask, i};
        struct bucket *bucket;
        if (group->all.n == 0) {
            continue;
        }
        if ((f->known & group->mask) != group->mask) {
            add_list(walk, &group->all);
            continue;
        }
        HASH_FIND(hh, index->buckets, &key, sizeof key, bucket);
        if (bucket != NULL) {
            add_list(walk, &bucket->positions);
        }
    }
}

bool stage_walk_next(struct stage_walk *walk, uint32_t *position)
{
    if (walk->stage->index == NULL) {
        *position = walk->position;
        return walk->position++ < walk->stage->n_flows;
    }
    unsigned int best = walk->n_lists;
    for (unsigned int i = 0; i < walk->n_lists; i++) {
        if (walk->lists[i].next < walk->lists[i].end &&
            (best == walk->n_lists || *walk->lists[i].next < *walk->lists[best].next)) {
            best = i;
        }
    }
    if (best == walk->n_lists) {
        return false;
    }
    *position = *walk->lists[best].next++;
    return true;
}
