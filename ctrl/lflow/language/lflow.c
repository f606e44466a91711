/* SPDX-License-Identifier: Apache-2.0 */
#include "lflow.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

struct entry {
    struct lflow_code code; /* first: entry and code have one address */
    char *key;              /* match, NUL, actions */
    UT_hash_handle hh;
};

struct lflow_cache {
    struct entry *entries;
    uint64_t last_id;
};

struct lflow_cache *lflow_cache_create(void)
{
    struct lflow_cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL) {
        abort();
    }
    return cache;
}

static void entry_free(struct lflow_cache *cache, struct entry *entry)
{
    HASH_DEL(cache->entries, entry);
    expr_free(entry->code.match);
    actions_free(entry->code.actions, entry->code.n_actions);
    free(entry->key);
    free(entry);
}

void lflow_cache_free(struct lflow_cache *cache)
{
    struct entry *entry, *next;
    if (cache == NULL) {
        return;
    }
    HASH_ITER(hh, cache->entries, entry, next)
    {
        entry_free(cache, entry);
    }
    free(cache);
}

static struct entry *entry_create(char *key, size_t match_size)
{
    static const struct bits tunnel_rx = {FIELD_FLAGS, 16, 1};
    struct entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL) {
        abort();
    }
    struct lflow_code *code = &entry->code;
    entry->key = key;
    code->match_text = key;
    code->actions_text = key + match_size;
    code->match = expr_parse(code->match_text, &code->match_error);
    struct expr *needed = NULL;
    code->actions =
        actions_parse(code->actions_text, &code->n_actions, &needed, &code->actions_error);
    if (code->match != NULL && needed != NULL) {
        code->match = expr_and(code->match, needed);
    } else {
        expr_free(needed);
    }
    const char *unsupported = actions_unsupported(code->actions, code->n_actions);
    code->tracks_connections = unsupported != NULL && strncmp(unsupported, "ct_", 3) == 0;
    code->tunnel_rx = code->match != NULL && expr_mentions(code->match, &tunnel_rx);
    return entry;
}

const struct lflow_code *lflow_cache_get(struct lflow_cache *cache, const char *match,
                                         const char *actions)
{
    size_t match_size = strlen(match) + 1;
    size_t actions_size = strlen(actions) + 1;
    size_t size = match_size + actions_size;
    struct entry *entry;
    unsigned int hash;

    char *key = malloc(size);
    if (key == NULL) {
        abort();
    }
    memcpy(key, match, match_size);
    memcpy(key + match_size, actions, actions_size);
    HASH_VALUE(key, size, hash);
    HASH_FIND_BYHASHVALUE(hh, cache->entries, key, size, hash, entry);
    if (entry != NULL) {
        free(key);
    } else {
        entry = entry_create(key, match_size);
        entry->code.id = ++cache->last_id;
        HASH_ADD_KEYPTR_BYHASHVALUE(hh, cache->entries, entry->key, size, hash, entry);
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
    if (--entry->code.refs == 0) {
        entry_free(cache, entry);
    }
}
