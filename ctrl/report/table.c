/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

#define MAX_COLUMNS 16
#define GAP 2 /* blanks between columns */

struct cell {
    char *text;
    enum tone tone;
};

struct table {
    bool colour;
    size_t n_columns;
    enum table_align align[MAX_COLUMNS];
    size_t width[MAX_COLUMNS];
    struct cell *cells; /* row by row; the titles are the first row */
    size_t n_cells;
    size_t allocated;
};

static const char *const tones[] = {
    [TONE_PLAIN] = "", [TONE_GOOD] = "32", [TONE_WARNING] = "33",
    [TONE_BAD] = "31", [TONE_TITLE] = "1",
};

static void clean(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f) {
            *text = '?';
        }
    }
}

static void put_toned(struct ds *ds, bool colour, enum tone tone, const char *text)
{
    if (colour && tone != TONE_PLAIN && *text != '\0') {
        ds_put_format(ds, "\033[%sm%s\033[0m", tones[tone], text);
    } else {
        ds_put_cstr(ds, text);
    }
}

void text_put(struct ds *ds, bool colour, enum tone tone, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    clean(text);
    put_toned(ds, colour, tone, text);
    free(text);
}

struct table *table_create(bool colour)
{
    struct table *t = xzalloc(sizeof *t);
    t->colour = colour;
    return t;
}

static void add_cell(struct table *t, enum tone tone, char *text)
{
    if (t->n_cells == t->allocated) {
        t->cells = x2nrealloc(t->cells, &t->allocated, sizeof *t->cells);
    }
    clean(text);
    size_t column = t->n_cells % t->n_columns;
    t->width[column] = MAX(t->width[column], strlen(text));
    t->cells[t->n_cells++] = (struct cell){text, tone};
}

void table_column(struct table *t, const char *title, enum table_align align)
{
    ovs_assert(t->n_columns < MAX_COLUMNS && t->n_cells == t->n_columns);
    t->align[t->n_columns++] = align;
    add_cell(t, TONE_TITLE, xstrdup(title));
}

void table_cell(struct table *t, enum tone tone, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_cell(t, tone, xvasprintf(format, args));
    va_end(args);
}

static void put_cell(const struct table *t, size_t i, struct ds *ds)
{
    const struct cell *cell = &t->cells[i];
    size_t column = i % t->n_columns;
    size_t blanks = t->width[column] - strlen(cell->text);
    bool last = column + 1 == t->n_columns || i + 1 == t->n_cells;

    if (t->align[column] == TABLE_RIGHT) {
        ds_put_char_multiple(ds, ' ', blanks);
        blanks = 0;
    }
    put_toned(ds, t->colour, cell->tone, cell->text);
    if (!last) {
        ds_put_char_multiple(ds, ' ', blanks + GAP);
    }
}

void table_put(struct table *t, struct ds *ds)
{
    for (size_t i = 0; i < t->n_cells; i++) {
        put_cell(t, i, ds);
        if ((i + 1) % t->n_columns == 0 || i + 1 == t->n_cells) {
            while (ds_chomp(ds, ' ')) {
                continue;
            }
            ds_put_char(ds, '\n');
        }
        free(t->cells[i].text);
    }
    free(t->cells);
    free(t);
}
