/* SPDX-License-Identifier: Apache-2.0 */
#include "lflow.h"

#include <stdlib.h>
#include <string.h>

#include "shape.h"

struct entry {
    struct lflow_code code; /* first: entry and code have one address */
    struct entry *next;     /* of the same bucket */
    uint64_t hash;
    char texts[]; /* match, NUL, actions */
};

struct lflow_cache {
    struct entry **buckets;
    size_t n_buckets; /* power of two */
    size_t n;
    uint64_t last_id;
    struct shapes shapes;
    struct lflow_constant *constants; /* for lflow_outline() */
    size_t n_constants;
    size_t allocated_constants;
};

static void *allocate(size_t size)
{
    void *p = calloc(1, size);
    if (p == NULL) {
        abort();
    }
    return p;
}

struct lflow_cache *lflow_cache_create(void)
{
    struct lflow_cache *cache = allocate(sizeof *cache);
    cache->n_buckets = 1024;
    cache->buckets = allocate(cache->n_buckets * sizeof(struct entry *));
    return cache;
}

static void entry_free(struct lflow_cache *cache, struct entry *entry)
{
    if (entry->code.parsed != NULL) {
        parsed_clear(entry->code.parsed);
        free(entry->code.parsed);
    }
    shapes_put(&cache->shapes, entry->code.shape);
    free(entry);
}

void lflow_cache_free(struct lflow_cache *cache)
{
    if (cache == NULL) {
        return;
    }
    for (size_t i = 0; i < cache->n_buckets; i++) {
        for (struct entry *entry = cache->buckets[i], *next; entry != NULL; entry = next) {
            next = entry->next;
            entry_free(cache, entry);
        }
    }
    shapes_free(&cache->shapes);
    free(cache->constants);
    free(cache->buckets);
    free(cache);
}

/* Eight bytes at a time, multiplied and folded: the texts of a zone are 60 MB. */
static uint64_t hash_texts(const char *match, size_t match_size, const char *actions,
                           size_t actions_size)
{
    const char *texts[] = {match, actions};
    const size_t sizes[] = {match_size, actions_size};
    uint64_t h = match_size;
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < sizes[k]; i += 8) {
            uint64_t word = 0;
            memcpy(&word, texts[k] + i, sizes[k] - i < 8 ? sizes[k] - i : 8);
            h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
            h ^= h >> 32;
        }
    }
    return h;
}

static void grow(struct lflow_cache *cache)
{
    size_t n = 2 * cache->n_buckets;
    struct entry **buckets = allocate(n * sizeof *buckets);
    for (size_t i = 0; i < cache->n_buckets; i++) {
        for (struct entry *entry = cache->buckets[i], *next; entry != NULL; entry = next) {
            next = entry->next;
            entry->next = buckets[entry->hash & (n - 1)];
            buckets[entry->hash & (n - 1)] = entry;
        }
    }
    free(cache->buckets);
    cache->buckets = buckets;
    cache->n_buckets = n;
}

static bool names_sets(const struct expr *e)
{
    bool found = e->type == EXPR_SET || e->type == EXPR_GROUP;
    for (size_t i = 0; i < e->n_sub && !found; i++) {
        found = names_sets(e->sub[i]);
    }
    return found;
}

/* What is known without having parsed this one: what all of its shape have in common. */
static void set_facts(struct lflow_code *code, const struct lflow_parsed *parsed)
{
    static const struct bits tunnel_rx = {FIELD_FLAGS, 16, 1};
    const struct expr *match = parsed->match;
    code->unsupported = actions_unsupported(parsed->actions, parsed->n_actions);
    code->tracks_connections =
        code->unsupported != NULL && strncmp(code->unsupported, "ct_", 3) == 0;
    code->tunnel_rx = match != NULL && expr_mentions(match, &tunnel_rx);
    code->takes_all = match != NULL && match->type == EXPR_CONSTANT && match->value != 0;
    code->names_sets = match != NULL && names_sets(match);
}

const struct lflow_parsed *lflow_parse(const struct lflow_code *code)
{
    struct lflow_code *target = (struct lflow_code *)(uintptr_t)code;
    target->parsed = allocate(sizeof *target->parsed);
    parsed_init(target->parsed, code->match_text, code->actions_text);
    return target->parsed;
}

static struct entry *entry_create(struct lflow_cache *cache, const char *match, size_t match_size,
                                  const char *actions, size_t actions_size)
{
    struct entry *entry = allocate(sizeof *entry + match_size + actions_size);
    struct lflow_code *code = &entry->code;
    code->match_text = memcpy(entry->texts, match, match_size);
    code->actions_text = memcpy(entry->texts + match_size, actions, actions_size);
    code->shape = shapes_get(&cache->shapes, match, actions);
    set_facts(code, code->shape != NULL ? shape_parsed(code->shape) : lflow_parsed(code));
    code->id = ++cache->last_id;
    return entry;
}

static struct entry *find(const struct lflow_cache *cache, uint64_t hash, const char *match,
                          const char *actions)
{
    struct entry *entry = cache->buckets[hash & (cache->n_buckets - 1)];
    while (entry != NULL && (entry->hash != hash || strcmp(entry->code.match_text, match) != 0 ||
                             strcmp(entry->code.actions_text, actions) != 0)) {
        entry = entry->next;
    }
    return entry;
}

const struct lflow_code *lflow_cache_get(struct lflow_cache *cache, const char *match,
                                         const char *actions)
{
    size_t match_size = strlen(match) + 1;
    size_t actions_size = strlen(actions) + 1;
    uint64_t hash = hash_texts(match, match_size, actions, actions_size);
    struct entry *entry = find(cache, hash, match, actions);
    if (entry == NULL) {
        if (cache->n == cache->n_buckets) {
            grow(cache);
        }
        entry = entry_create(cache, match, match_size, actions, actions_size);
        struct entry **bucket = &cache->buckets[hash & (cache->n_buckets - 1)];
        entry->hash = hash;
        entry->next = *bucket;
        *bucket = entry;
        cache->n++;
    }
    entry->code.refs++;
    return &entry->code;
}

const struct lflow_code *lflow_code_ref(const struct lflow_code *code)
{
    struct entry *entry = (struct entry *)(uintptr_t)code;
    entry->code.refs++;
    return code;
}

void lflow_cache_put(struct lflow_cache *cache, const struct lflow_code *code)
{
    struct entry *entry = (struct entry *)(uintptr_t)code;
    if (--entry->code.refs > 0) {
        return;
    }
    struct entry **place = &cache->buckets[entry->hash & (cache->n_buckets - 1)];
    while (*place != entry) {
        place = &(*place)->next;
    }
    *place = entry->next;
    cache->n--;
    entry_free(cache, entry);
}

static struct lflow_constant *new_constant(struct lflow_cache *cache)
{
    if (cache->n_constants == cache->allocated_constants) {
        cache->allocated_constants = 2 * cache->allocated_constants + 8;
        cache->constants =
            realloc(cache->constants, cache->allocated_constants * sizeof *cache->constants);
        if (cache->constants == NULL) {
            abort();
        }
    }
    return &cache->constants[cache->n_constants++];
}

const struct expr *lflow_outline(struct lflow_cache *cache, const struct lflow_code *code,
                                 const struct lflow_constant **constants)
{
    struct lexer lx;
    if (code->shape == NULL) {
        *constants = NULL; /* no node of it has an origin */
        return lflow_parsed(code)->match;
    }
    cache->n_constants = 0;
    for (lexer_init(&lx, code->match_text); lx.type > TOKEN_ERROR; lexer_next(&lx)) {
        if (lx.type == TOKEN_INTEGER) {
            *new_constant(cache) = (struct lflow_constant){.value = lx.value};
        } else if (lx.type == TOKEN_STRING) {
            *new_constant(cache) = (struct lflow_constant){
                .text = lx.start + 1, .text_size = (size_t)(lx.next - lx.start) - 2};
        }
    }
    *constants = cache->constants;
    return shape_parsed(code->shape)->match;
}
