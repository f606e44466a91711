/* SPDX-License-Identifier: Apache-2.0 */
#include "split.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "model_private.h"

struct split_key {
    wide value;
    wide len;
};

struct split_entry {
    struct split_key key;
    UT_hash_handle hh;
};

void split_init(struct split *s, enum field_id field, size_t limit)
{
    memset(s, 0, sizeof *s);
    s->field = field;
    s->limit = limit;
}

void split_destroy(struct split *s)
{
    struct split_entry *entry, *next;
    HASH_ITER(hh, s->index, entry, next)
    {
        HASH_DEL(s->index, entry);
        free(entry);
    }
    free(s->prefixes);
}

bool split_add(struct split *s, wide value, unsigned int len)
{
    struct split_key key = {value, len};
    struct split_entry *entry;

    HASH_FIND(hh, s->index, &key, sizeof key, entry);
    if (entry != NULL) {
        return true;
    }
    if (s->n >= s->limit) {
        return false;
    }
    entry = model_alloc(sizeof *entry);
    entry->key = key;
    HASH_ADD(hh, s->index, key, sizeof key, entry);

    struct split_prefix *prefix = model_grow(&s->prefixes, &s->n, sizeof *prefix);
    prefix->value = value;
    prefix->len = len;
    return true;
}
