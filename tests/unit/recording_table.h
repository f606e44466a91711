/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RECORDING_TABLE_H
#define RECORDING_TABLE_H

/* The output of `ovsdb-client dump`: tables in columns of fixed width. */

#include <stdbool.h>
#include <stddef.h>

struct dump {
    char *text;
    char **lines; /* into text */
    size_t n_lines;
};

/* Any text file, in lines.  Ends the program when it cannot be read. */
struct dump dump_read(const char *path);
void dump_free(struct dump *);

struct table {
    const char *header;
    const char *rule; /* dashes below the header: where columns begin and end */
    char *const *rows;
    size_t n;
};

/* Empty when the dump has no such table. */
struct table dump_table(const struct dump *, const char *name);

#define CELL_ATOMS 160

/* One value: a scalar is one atom, a set its members, a map its keys and values
 * by turns.  Quotes and escapes are taken off. */
struct cell {
    size_t n;
    const char *atoms[CELL_ATOMS]; /* into text */
    char text[8192];
};

/* Empty when there is no such column: a release that lacks it. */
void table_cell(const struct table *, size_t row, const char *column, struct cell *);
/* The first atom, or NULL. */
const char *cell_first(const struct cell *);
/* The value of a map's key, or NULL. */
const char *cell_get(const struct cell *, const char *key);
/* The row whose `column` has `value` as its first atom; n when there is none. */
size_t table_find(const struct table *, const char *column, const char *value);

#endif
