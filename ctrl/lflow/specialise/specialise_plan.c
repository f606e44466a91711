/* SPDX-License-Identifier: Apache-2.0 */

/* Which parts of a result have to be looked at: those that something depends on which has
 * changed, and those of datapaths that have. */

#include <stdlib.h>
#include <string.h>

#include "model_log.h"
#include "model_private.h"
#include "specialise_private.h"

static void add_key(struct specialise_plan *plan, uint32_t key)
{
    struct specialise_todo *todo = &plan->parts[key % SPECIALISE_PARTS];
    *(uint32_t *)model_grow(&todo->keys, &todo->n, sizeof *todo->keys) = key;
    todo->due = true;
}

static void plan_everything(struct specialise_plan *plan, const struct model *m)
{
    size_t n;
    struct model_datapath *const *datapaths = model_datapaths(m, &n);
    for (size_t i = 0; i < SPECIALISE_PARTS; i++) {
        plan->parts[i].due = true;
    }
    for (size_t i = 0; i < n; i++) {
        add_key(plan, datapaths[i]->key);
    }
}

static int compare_tokens(const void *a_, const void *b_)
{
    const uint64_t *a = a_, *b = b_;
    return (*a > *b) - (*a < *b);
}

static bool depends(const struct specialised_part *part, const uint64_t *tokens, size_t n)
{
    bool found = part != NULL && part->unknown;
    for (size_t i = 0; i < n && part != NULL && part->n_tokens > 0 && !found; i++) {
        found = bsearch(&tokens[i], part->tokens, part->n_tokens, sizeof *part->tokens,
                        compare_tokens) != NULL;
    }
    return found;
}

/* Ways of before that no longer are, added to the tokens. */
static void add_ways(const struct specialised *result, const struct specialised *before,
                     uint64_t **tokens, size_t *n)
{
    for (size_t i = 0; i < before->n_ways && !result->same_ways; i++) {
        if (!specialise_way_holds(result, before->ways[i])) {
            *(uint64_t *)model_grow(tokens, n, sizeof **tokens) = before->ways[i];
        }
    }
}

static void plan_changes(struct specialise_plan *plan, const struct specialised *before,
                         const uint64_t *tokens, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (tokens[i] <= MODEL_MAX_VNI) {
            add_key(plan, (uint32_t)tokens[i]);
        }
    }
    for (size_t i = 0; i < SPECIALISE_PARTS; i++) {
        const struct specialised_part *part = before->parts[i];
        struct specialise_todo *todo = &plan->parts[i];
        todo->due = todo->due || depends(part, tokens, n);
        for (size_t k = 0; todo->due && part != NULL && k < part->n; k++) {
            add_key(plan, (uint32_t)(part->endpoints[k]->id >> 16));
        }
    }
}

static int compare_keys(const void *a_, const void *b_)
{
    const uint32_t *a = a_, *b = b_;
    return (*a > *b) - (*a < *b);
}

/* Each key once, in ascending order. */
static void sort(struct specialise_todo *todo)
{
    size_t n = 0;
    if (todo->n == 0) {
        return;
    }
    qsort(todo->keys, todo->n, sizeof *todo->keys, compare_keys);
    for (size_t i = 0; i < todo->n; i++) {
        if (n == 0 || todo->keys[i] != todo->keys[n - 1]) {
            todo->keys[n++] = todo->keys[i];
        }
    }
    todo->n = n;
}

void specialise_plan(struct specialise_plan *plan, const struct specialised *result,
                     const struct model *m, const struct specialised *before)
{
    const uint64_t *changes;
    uint64_t *tokens = NULL;
    size_t n_changes, n = 0;

    memset(plan, 0, sizeof *plan);
    if (before == NULL || before->model_id != model_id(m) ||
        !model_changes(m, before->model_version, &changes, &n_changes)) {
        plan_everything(plan, m);
    } else {
        for (size_t i = 0; i < n_changes; i++) {
            *(uint64_t *)model_grow(&tokens, &n, sizeof *tokens) = changes[i];
        }
        add_ways(result, before, &tokens, &n);
        plan_changes(plan, before, tokens, n);
        free(tokens);
    }
    for (size_t i = 0; i < SPECIALISE_PARTS; i++) {
        sort(&plan->parts[i]);
    }
}

void specialise_plan_free(struct specialise_plan *plan)
{
    for (size_t i = 0; i < SPECIALISE_PARTS; i++) {
        free(plan->parts[i].keys);
    }
}

/* After all endpoints have been added. */
void specialise_list_tokens(struct specialised_part *part)
{
    size_t n = 0;
    for (size_t i = 0; i < part->n; i++) {
        dependencies_tokens(&part->endpoints[i]->deps, &part->tokens, &part->n_tokens);
        part->unknown |= part->endpoints[i]->deps.unknown;
    }
    if (part->n_tokens > 0) {
        qsort(part->tokens, part->n_tokens, sizeof *part->tokens, compare_tokens);
    }
    for (size_t i = 0; i < part->n_tokens; i++) {
        if (n == 0 || part->tokens[i] != part->tokens[n - 1]) {
            part->tokens[n++] = part->tokens[i];
        }
    }
    part->n_tokens = n;
}
