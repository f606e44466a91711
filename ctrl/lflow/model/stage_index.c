/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_index.h"

#include <stdlib.h>
#include <string.h>

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

/* A flow that matches only what has this value in the bits of its group. */
struct place {
    wide value;
    uint32_t group;
    uint32_t position;
};

/* All places of one value. */
struct key {
    wide value;
    uint32_t first; /* in positions */
    uint32_t n;
};

/* Flows that are kept by the same bits. */
struct group {
    wide mask;
    uint32_t field;
    size_t n_terms;
    uint32_t first_key, n_keys; /* in keys, by value */
    uint32_t first_all, n_all;  /* in positions: for packets whose bits are not known */
};

/* Large zones have half a million places: they are kept in a few arrays. */
struct stage_index {
    struct group *groups;
    struct key *keys;
    uint32_t *positions; /* each list ascending */
    size_t n_groups;
    size_t n_keys;
    size_t n_positions;
    size_t n_rest; /* flows that are in no group: the first ones of positions */
};

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

/* An index being made. */
struct builder {
    struct group groups[STAGE_INDEX_KEYS];
    size_t n_groups;
    struct place *places;
    size_t n_places;
    uint32_t *rest;
    size_t n_rest;
};

static struct group *find_group(struct builder *b, const struct term *t)
{
    for (size_t i = 0; i < b->n_groups; i++) {
        if (b->groups[i].field == t->field && b->groups[i].mask == t->mask) {
            return &b->groups[i];
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
    struct builder *b = aux;
    struct group *group = find_group(b, &all->terms[0]);
    if (group == NULL && b->n_groups < STAGE_INDEX_KEYS) {
        group = &b->groups[b->n_groups++];
        group->field = all->terms[0].field;
        group->mask = all->terms[0].mask;
    }
    if (group != NULL) {
        group->n_terms++;
    }
    return false;
}

struct best {
    struct builder *builder;
    struct group *group;
};

/* Ports are shared by more flows than addresses are; EtherTypes and protocols
 * by more still. */
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
    struct group *group = find_group(best->builder, &all->terms[0]);
    if (group != NULL && group->n_terms >= MIN_GROUP &&
        (best->group == NULL || selectivity(group) > selectivity(best->group))) {
        best->group = group;
    }
    return false;
}

struct insertion {
    struct builder *builder;
    struct group *group;
    uint32_t position;
};

static bool insert_terms(void *aux, const struct terms *all)
{
    struct insertion *in = aux;
    struct builder *b = in->builder;
    if (find_group(b, &all->terms[0]) != in->group) {
        return false;
    }
    for (size_t i = 0; i < all->n; i++) {
        struct place *place = model_grow(&b->places, &b->n_places, sizeof *place);
        place->value = all->terms[i].value;
        place->group = (uint32_t)(in->group - b->groups);
        place->position = in->position;
    }
    return true;
}

static void insert(struct builder *b, struct reader *r, const struct expr *match, uint32_t position)
{
    struct best best = {b, NULL};
    if (match != NULL) {
        for_each_conjunct(r, match, choose_term, &best);
    }
    if (best.group == NULL) {
        uint32_t *slot = model_grow(&b->rest, &b->n_rest, sizeof *slot);
        *slot = position;
    } else {
        struct insertion in = {b, best.group, position};
        for_each_conjunct(r, match, insert_terms, &in);
    }
}

static int compare_numbers(uint32_t a, uint32_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_by_position(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int order = compare_numbers(x->group, y->group);
    return order ? order : compare_numbers(x->position, y->position);
}

static int compare_by_value(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int order = compare_numbers(x->group, y->group);
    if (order == 0 && x->value != y->value) {
        order = x->value < y->value ? -1 : 1;
    }
    return order ? order : compare_numbers(x->position, y->position);
}

static void add_all(struct stage_index *index, const struct builder *b)
{
    for (size_t i = 0; i < b->n_places; i++) {
        const struct place *place = &b->places[i];
        struct group *group = &index->groups[place->group];
        if (group->n_all == 0) {
            group->first_all = (uint32_t)index->n_positions;
        }
        /* A match may have several values: its flow is listed once. */
        if (group->n_all == 0 || index->positions[index->n_positions - 1] != place->position) {
            index->positions[index->n_positions++] = place->position;
            group->n_all++;
        }
    }
}

static void add_keys(struct stage_index *index, const struct builder *b)
{
    for (size_t i = 0; i < b->n_places; i++) {
        const struct place *place = &b->places[i], *before = i > 0 ? place - 1 : NULL;
        struct group *group = &index->groups[place->group];
        bool same =
            before != NULL && before->group == place->group && before->value == place->value;
        if (!same) {
            if (group->n_keys++ == 0) {
                group->first_key = (uint32_t)index->n_keys;
            }
            index->keys[index->n_keys++] =
                (struct key){.value = place->value, .first = (uint32_t)index->n_positions};
        }
        if (!same || before->position != place->position) {
            index->positions[index->n_positions++] = place->position;
            index->keys[index->n_keys - 1].n++;
        }
    }
}

static void sort_places(struct builder *b, int (*compare)(const void *, const void *))
{
    if (b->n_places > 0) {
        qsort(b->places, b->n_places, sizeof *b->places, compare);
    }
}

/* As many keys as there are instead of as there may be. */
static void shrink(struct stage_index *index)
{
    struct key *keys = realloc(index->keys, (index->n_keys + 1) * sizeof *keys);
    if (keys == NULL) {
        abort();
    }
    index->keys = keys;
}

static struct stage_index *finish(struct builder *b)
{
    struct stage_index *index = model_alloc(sizeof *index);
    index->n_groups = b->n_groups;
    index->groups = model_alloc((b->n_groups + 1) * sizeof *index->groups);
    memcpy(index->groups, b->groups, b->n_groups * sizeof *index->groups);
    index->keys = model_alloc((b->n_places + 1) * sizeof *index->keys);
    index->positions = model_alloc((b->n_rest + 2 * b->n_places + 1) * sizeof *index->positions);
    if (b->n_rest > 0) {
        memcpy(index->positions, b->rest, b->n_rest * sizeof *b->rest);
    }
    index->n_positions = index->n_rest = b->n_rest;
    sort_places(b, compare_by_position);
    add_all(index, b);
    sort_places(b, compare_by_value);
    add_keys(index, b);
    shrink(index);
    return index;
}

struct stage_index *stage_index_create(const struct model *m, const struct model_datapath *dp,
                                       const struct model_stage *stage)
{
    struct reader r = {.model = m, .datapath = dp};
    struct builder b = {.n_groups = 0};
    if (stage->n_flows < MIN_STAGE) {
        return NULL;
    }
    for (size_t i = 0; i < stage->n_flows; i++) {
        const struct expr *match = outline(&r, &stage->flows[i]);
        if (match != NULL) {
            for_each_conjunct(&r, match, count_term, &b);
        }
    }
    for (size_t i = 0; i < stage->n_flows; i++) {
        insert(&b, &r, outline(&r, &stage->flows[i]), (uint32_t)i);
    }
    struct stage_index *index = finish(&b);
    free(r.terms.terms);
    free(b.places);
    free(b.rest);
    return index;
}

void stage_index_free(struct stage_index *index)
{
    if (index == NULL) {
        return;
    }
    free(index->groups);
    free(index->keys);
    free(index->positions);
    free(index);
}

static void add_list(struct stage_walk *walk, const struct stage_index *index, size_t first,
                     size_t n)
{
    if (n > 0) {
        walk->lists[walk->n_lists].next = index->positions + first;
        walk->lists[walk->n_lists].end = index->positions + first + n;
        walk->n_lists++;
    }
}

static const struct key *find_key(const struct stage_index *index, const struct group *group,
                                  wide value)
{
    size_t low = group->first_key, high = low + group->n_keys;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (index->keys[middle].value < value) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found = low < (size_t)group->first_key + group->n_keys && index->keys[low].value == value;
    return found ? &index->keys[low] : NULL;
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
    add_list(walk, index, 0, index->n_rest);
    for (size_t i = 0; i < index->n_groups; i++) {
        const struct group *group = &index->groups[i];
        const struct state_field *f = &state->fields[group->field];
        if ((f->known & group->mask) != group->mask) {
            add_list(walk, index, group->first_all, group->n_all);
            continue;
        }
        const struct key *key = find_key(index, group, f->value & group->mask);
        if (key != NULL) {
            add_list(walk, index, key->first, key->n);
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
