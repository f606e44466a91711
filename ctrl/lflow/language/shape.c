/* SPDX-License-Identifier: Apache-2.0 */
#include "shape.h"

#include <stdlib.h>
#include <string.h>

/* Nodes have 16 bits for the number of a constant. */
#define MAX_CONSTANTS 1000

/* What stands for an address: the highest bit is set, so that it fits into no field that is
 * too small for any address of the format, whatever mask follows.  A space keeps it apart
 * from what is before; what is behind would have been read as part of any address. */
static const char *stand_in(const struct lexer *lx)
{
    switch (lx->format) {
    case FORMAT_IPV4:
        return " 128.0.0.0";
    case FORMAT_IPV6:
        return " f000::";
    case FORMAT_ETHERNET:
        return " 80:00:00:00:00:00";
    case FORMAT_DECIMAL: /* these say what is done, not to whom */
    case FORMAT_HEX:
        break;
    }
    return NULL;
}

/* The token, or its beginning, that something stands for; NULL: none. */
static const char *replaced(const struct lexer *lx, const char **with)
{
    *with = NULL;
    if (lx->type == TOKEN_INTEGER) {
        const char *slash = memchr(lx->start, '/', (size_t)(lx->next - lx->start));
        *with = stand_in(lx);
        return *with != NULL ? (slash != NULL ? slash : lx->next) : NULL;
    }
    size_t size = (size_t)(lx->next - lx->start);
    if (lx->type == TOKEN_STRING && size > 2) {
        *with = "\"x\"";
        return lx->next;
    }
    return NULL;
}

/* A name that is not as it is written. */
static bool has_escape(const struct lexer *lx)
{
    return lx->type == TOKEN_STRING &&
           memchr(lx->start, '\\', (size_t)(lx->next - lx->start)) != NULL;
}

static char *append(char *out, const char *text, size_t size)
{
    memcpy(out, text, size);
    return out + size;
}

/* Writes the shape of a text, at most four times as long: `::` becomes seven characters.  NULL:
 * it has none. */
static char *put_shape(char *out, const char *text)
{
    struct lexer lx;
    const char *done = text; /* as far as it has been written */
    for (lexer_init(&lx, text); lx.type > TOKEN_ERROR && !has_escape(&lx); lexer_next(&lx)) {
        const char *with, *end = replaced(&lx, &with);
        if (end != NULL) {
            out = append(out, done, (size_t)(lx.start - done));
            out = append(out, with, strlen(with));
            done = end;
        }
    }
    if (lx.type != TOKEN_END || lx.n_constants > MAX_CONSTANTS) {
        return NULL;
    }
    return append(out, done, strlen(done) + 1);
}

/* Where the texts' shape ends in shapes.key; *actions is where the second one begins. */
static char *make_key(struct shapes *s, const char *match, const char *actions,
                      const char **actions_key)
{
    size_t most = 4 * (strlen(match) + strlen(actions)) + 2;
    if (s->allocated < most) {
        free(s->key);
        s->key = malloc(most);
        if (s->key == NULL) {
            abort();
        }
        s->allocated = most;
    }
    char *end = put_shape(s->key, match);
    *actions_key = end;
    return end != NULL ? put_shape(end, actions) : NULL;
}

void parsed_clear(struct lflow_parsed *parsed)
{
    expr_free(parsed->match);
    actions_free(parsed->actions, parsed->n_actions);
}

static void parse(struct lflow_parsed *p, const char *match, const char *actions,
                  struct expr *(*parse_match)(const char *, const char **))
{
    struct expr *needed = NULL;
    p->match = parse_match(match, &p->match_error);
    p->actions = actions_parse(actions, &p->n_actions, &needed, &p->actions_error);
    if (p->match != NULL && needed != NULL) {
        p->match = expr_and(p->match, needed);
    } else {
        expr_free(needed);
    }
}

void parsed_init(struct lflow_parsed *parsed, const char *match, const char *actions)
{
    parse(parsed, match, actions, expr_parse);
}

static struct lflow_shape *create(const struct shapes *s, size_t size, const char *actions)
{
    struct lflow_shape *shape = calloc(1, sizeof *shape);
    if (shape == NULL) {
        abort();
    }
    parse(&shape->parsed, s->key, actions, expr_parse_outline);
    if (shape->parsed.match == NULL || shape->parsed.actions == NULL) {
        parsed_clear(&shape->parsed);
        free(shape);
        return NULL;
    }
    shape->key = malloc(size);
    if (shape->key == NULL) {
        abort();
    }
    memcpy(shape->key, s->key, size);
    shape->key_size = size;
    return shape;
}

const struct lflow_shape *shapes_get(struct shapes *s, const char *match, const char *actions)
{
    const char *actions_key;
    const char *end = make_key(s, match, actions, &actions_key);
    if (end == NULL) {
        return NULL;
    }
    size_t size = (size_t)(end - s->key);
    struct lflow_shape *shape;
    HASH_FIND(hh, s->list, s->key, size, shape);
    if (shape == NULL) {
        shape = create(s, size, actions_key);
        if (shape == NULL) {
            return NULL;
        }
        HASH_ADD_KEYPTR(hh, s->list, shape->key, size, shape);
    }
    shape->refs++;
    return shape;
}

void shapes_put(struct shapes *s, const struct lflow_shape *constant)
{
    struct lflow_shape *shape = (struct lflow_shape *)(uintptr_t)constant;
    if (shape == NULL || --shape->refs > 0) {
        return;
    }
    HASH_DEL(s->list, shape);
    parsed_clear(&shape->parsed);
    free(shape->key);
    free(shape);
}

void shapes_free(struct shapes *s)
{
    free(s->key);
}
