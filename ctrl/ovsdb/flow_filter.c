/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "flow_filter.h"

#include <inttypes.h>

#include "flows.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/list.h"
#include "util.h"

/* A batch is named by so many hexadecimal digits, and no two have the same name: what the
 * library has read ahead when a connection ends is never asked for. */
#define NAME_SIZE 8

/* The library takes up to 50 messages (ovsdb-cs.c), then their rows are fetched; it has read
 * at most 4,096 bytes ahead (jsonrpc.c), in which there are no more than 130 updates. What is
 * older came to nothing. */
#define MAX_BATCHES 256

/* `{"params": [… {"Logical_Flow": {`, and "result": levels of containers.  Deeper ones are
 * counted only. */
#define MESSAGE_LEVEL 1
#define LIST_LEVEL 2
#define TABLES_LEVEL 3
#define TABLE_LEVEL 4

#define MAX_KEY 40 /* bytes: a uuid is shorter, and so are the keys that matter */

struct flow_filter {
    struct lflow_cache *cache;
    unsigned int level; /* open containers */
    char opened_by[TABLE_LEVEL + 1];
    bool in_string;
    bool escaped;   /* the next character of the string is */
    bool wants_key; /* the next string is a member's name */
    bool in_key;
    char key[MAX_KEY + 1];
    size_t key_size;
    bool to_list;  /* the member of the message is one that has tables */
    bool to_table; /* the member of these is Logical_Flow; its value comes next */

    /* While the table is read. */
    bool taking;
    unsigned int n_named; /* characters of its name that what stands for it has */
    bool in_row;          /* after the colon */
    struct ds row;
    struct ovs_list batches; /* struct pending, in the order in which they came */
    size_t n_batches;
};

/* Rows that wait for their message to be taken. */
struct pending {
    struct ovs_list node;
    char name[NAME_SIZE + 1];
    struct flow_batch *batch;
};

/* Of all filters together. */
static _Thread_local uint32_t last_name;

static void forget_first(struct flow_filter *f)
{
    struct pending *p = CONTAINER_OF(ovs_list_pop_front(&f->batches), struct pending, node);
    f->n_batches--;
    flow_batch_destroy(p->batch);
    free(p);
}

/* The batch that rows are being added to. */
static struct pending *current(const struct flow_filter *f)
{
    return CONTAINER_OF(ovs_list_back(&f->batches), struct pending, node);
}

static void open_batch(struct flow_filter *f)
{
    struct pending *p = xmalloc(sizeof *p);
    snprintf(p->name, sizeof p->name, "%08" PRIx32, ++last_name);
    p->batch = flow_batch_create(f->cache);
    ovs_list_push_back(&f->batches, &p->node);
    if (++f->n_batches > MAX_BATCHES) {
        forget_first(f);
    }
}

struct flow_filter *flow_filter_create(struct lflow_cache *cache)
{
    struct flow_filter *f = xzalloc(sizeof *f);
    f->cache = cache;
    ds_init(&f->row);
    ovs_list_init(&f->batches);
    return f;
}

void flow_filter_destroy(struct flow_filter *f)
{
    while (f->n_batches > 0) {
        forget_first(f);
    }
    ds_destroy(&f->row);
    free(f);
}

/* By the beginning of what stands for it. */
static struct pending *find(const struct flow_filter *f, const char *name)
{
    struct pending *p;
    LIST_FOR_EACH (p, node, &f->batches) {
        if (!strncmp(p->name, name, NAME_SIZE)) {
            return p;
        }
    }
    return NULL;
}

struct flow_batch *flow_filter_take(struct flow_filter *f, const struct json *json)
{
    struct pending *p = json->type == JSON_STRING ? find(f, json_string(json)) : NULL;
    if (!p) {
        return NULL;
    }
    struct flow_batch *batch = p->batch;
    ovs_list_remove(&p->node);
    f->n_batches--;
    free(p);
    return batch;
}

/* As the library reads a message, zeroes included, but to the last byte. */
static struct json *parse_row(const struct ds *row)
{
    struct json_parser *parser = json_parser_create(JSPF_TRAILER);
    json_parser_feed(parser, row->string, row->length);
    return json_parser_finish(parser);
}

static void end_row(struct flow_filter *f)
{
    f->in_row = false;
    flow_batch_add(current(f)->batch, f->key, parse_row(&f->row));
    ds_clear(&f->row);
}

static void end_key(struct flow_filter *f)
{
    f->key[f->key_size] = '\0';
    if (f->level == MESSAGE_LEVEL) {
        f->to_list = !strcmp(f->key, "params") || !strcmp(f->key, "result");
    } else if (f->level == TABLES_LEVEL) {
        f->to_table = f->to_list && f->opened_by[LIST_LEVEL] == '[' &&
                      f->opened_by[TABLES_LEVEL] == '{' && !strcmp(f->key, "Logical_Flow");
    }
}

/* A character of a string. */
static void take_text(struct flow_filter *f, char c)
{
    if (!f->escaped && c == '"') {
        f->in_string = false;
        if (f->in_key) {
            f->in_key = false;
            end_key(f);
        }
        return;
    }
    f->escaped = !f->escaped && c == '\\';
    if (f->in_key && f->key_size < MAX_KEY) {
        f->key[f->key_size++] = c;
    }
}

static void open_string(struct flow_filter *f)
{
    f->in_string = true;
    f->in_key = f->wants_key;
    f->key_size = f->in_key ? 0 : f->key_size;
    f->wants_key = f->to_table = false;
}

static void open_container(struct flow_filter *f, char c)
{
    f->level++;
    if (f->level <= TABLE_LEVEL) {
        f->opened_by[f->level] = c;
    }
    if (f->level == TABLE_LEVEL && f->to_table && c == '{') {
        f->taking = true;
        f->n_named = 0;
        open_batch(f);
    }
    f->wants_key = c == '{' && f->level <= TABLE_LEVEL;
    f->to_table = false;
}

static void close_container(struct flow_filter *f)
{
    if (f->taking && f->level == TABLE_LEVEL) {
        if (f->in_row) {
            end_row(f);
        }
        f->taking = false;
    }
    f->level -= f->level > 0;
    f->wants_key = false;
}

static void take_comma(struct flow_filter *f)
{
    if (f->in_row && f->level == TABLE_LEVEL) {
        end_row(f);
    }
    f->wants_key = f->level <= TABLE_LEVEL && f->level > 0 && f->opened_by[f->level] == '{';
}

/* A character outside of strings. */
static void take_token(struct flow_filter *f, char c)
{
    switch (c) {
    case '"':
        open_string(f);
        break;
    case '{':
    case '[':
        open_container(f, c);
        break;
    case '}':
    case ']':
        close_container(f);
        break;
    case ',':
        take_comma(f);
        break;
    }
}

static void take_char(struct flow_filter *f, char c)
{
    bool begins_row = f->taking && f->level == TABLE_LEVEL && !f->in_string && c == ':';
    if (f->in_string) {
        take_text(f, c);
    } else {
        take_token(f, c);
    }
    if (f->in_row) {
        ds_put_char(&f->row, c);
    }
    f->in_row |= begins_row;
}

/* What the library gets to read while a table is taken: a string that is the name of the
 * batch.  It must not be longer than what it stands for; a table that is shorter than a
 * name has no row that makes sense. */
static char *stand_in(struct flow_filter *f, bool was_taking, char *out)
{
    if (was_taking != f->taking) {
        *out++ = '"';
    } else if (f->n_named < NAME_SIZE) {
        *out++ = current(f)->name[f->n_named++];
    }
    return out;
}

/* Most of what comes is text within a row: how much of it is next, which has been taken. */
static size_t take_plain_text(struct flow_filter *f, const char *bytes, size_t n)
{
    size_t i = 0;
    if (!f->in_row || !f->in_string || f->escaped) {
        return 0;
    }
    while (i < n && bytes[i] != '"' && bytes[i] != '\\') {
        i++;
    }
    if (i > 0) {
        ds_put_buffer(&f->row, bytes, i);
    }
    return i;
}

size_t flow_filter_run(struct flow_filter *f, char *bytes, size_t n)
{
    char *out = bytes;
    for (size_t i = 0; i < n; i++) {
        i += take_plain_text(f, bytes + i, n - i);
        if (i == n) {
            break;
        }
        bool was_taking = f->taking;
        char c = bytes[i];
        take_char(f, c);
        if (was_taking || f->taking) {
            out = stand_in(f, was_taking, out);
        } else {
            *out++ = c;
        }
    }
    /* The library takes a connection that nothing comes from for dead. */
    if (out == bytes) {
        *out++ = '.';
    }
    return (size_t)(out - bytes);
}
