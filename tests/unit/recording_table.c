/* SPDX-License-Identifier: Apache-2.0 */
#include "recording_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void cannot(const char *path)
{
    perror(path);
    abort();
}

static char *read_all(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        cannot(path);
    }
    long size = ftell(file);
    char *text = size >= 0 ? malloc((size_t)size + 1) : NULL;
    rewind(file);
    if (text == NULL || fread(text, 1, (size_t)size, file) != (size_t)size) {
        cannot(path);
    }
    text[size] = '\0';
    fclose(file);
    return text;
}

struct dump dump_read(const char *path)
{
    struct dump d = {.text = read_all(path)};
    size_t n = 1;
    for (const char *p = d.text; *p != '\0'; p++) {
        n += *p == '\n';
    }
    d.lines = calloc(n, sizeof *d.lines);
    if (d.lines == NULL) {
        cannot(path);
    }
    char *rest = d.text, *line;
    while (d.n_lines < n && (line = strsep(&rest, "\n")) != NULL) {
        d.lines[d.n_lines++] = line;
    }
    return d;
}

void dump_free(struct dump *d)
{
    free(d->lines);
    free(d->text);
}

struct table dump_table(const struct dump *d, const char *name)
{
    char title[64];
    struct table t = {.n = 0};
    snprintf(title, sizeof title, "%s table", name);
    for (size_t i = 0; i + 2 < d->n_lines; i++) {
        if (strcmp(d->lines[i], title) != 0) {
            continue;
        }
        t.header = d->lines[i + 1];
        t.rule = d->lines[i + 2];
        t.rows = &d->lines[i + 3];
        while (i + 3 + t.n < d->n_lines && t.rows[t.n][0] != '\0') {
            t.n++;
        }
        break;
    }
    return t;
}

static bool find_column(const struct table *t, const char *column, size_t *start, size_t *len)
{
    size_t name_len = strlen(column), header_len = strlen(t->header);
    for (size_t at = 0; t->rule[at] == '-'; at += *len + 1) {
        *len = strspn(t->rule + at, "-");
        *start = at;
        if (at + name_len <= header_len && name_len <= *len &&
            strncmp(t->header + at, column, name_len) == 0 &&
            strchr(" ", t->header[at + name_len]) != NULL) {
            return true;
        }
    }
    return false;
}

/* Reads one atom at *in, writes it with a NUL to *out. */
static void take_atom(const char **in, char **out)
{
    const char *p = *in;
    char *q = *out;
    bool quoted = *p == '"';
    p += quoted;
    while (*p != '\0' && (quoted ? *p != '"' : strchr(" ,={}[]", *p) == NULL)) {
        p += quoted && *p == '\\';
        *q++ = *p++;
    }
    *in = p + (quoted && *p == '"');
    *q++ = '\0';
    *out = q;
}

void table_cell(const struct table *t, size_t row, const char *column, struct cell *cell)
{
    char value[sizeof cell->text];
    size_t start, len;
    const char *in = value;
    char *out = cell->text;

    cell->n = 0;
    if (t->header == NULL || !find_column(t, column, &start, &len) ||
        strlen(t->rows[row]) <= start || len >= sizeof value / 2) {
        return;
    }
    snprintf(value, len + 1, "%s", t->rows[row] + start);
    for (in += strspn(in, " ,={}[]"); *in != '\0' && cell->n < CELL_ATOMS;
         in += strspn(in, " ,={}[]")) {
        cell->atoms[cell->n++] = out;
        take_atom(&in, &out);
    }
}

const char *cell_first(const struct cell *cell)
{
    return cell->n > 0 ? cell->atoms[0] : NULL;
}

const char *cell_get(const struct cell *cell, const char *key)
{
    for (size_t i = 0; i + 1 < cell->n; i += 2) {
        if (strcmp(cell->atoms[i], key) == 0) {
            return cell->atoms[i + 1];
        }
    }
    return NULL;
}

size_t table_find(const struct table *t, const char *column, const char *value)
{
    struct cell cell;
    for (size_t i = 0; i < t->n; i++) {
        table_cell(t, i, column, &cell);
        if (cell.n > 0 && strcmp(cell.atoms[0], value) == 0) {
            return i;
        }
    }
    return t->n;
}
