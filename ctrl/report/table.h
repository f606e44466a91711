/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_REPORT_TABLE_H
#define ICGW_REPORT_TABLE_H

/* Text for people: aligned tables and coloured words.  Databases name what is
 * shown here, so control characters never get through to a terminal.  No state;
 * any thread. */

#include <stdbool.h>
#include <stddef.h>

#include "openvswitch/compiler.h"

struct ds;

enum tone { TONE_PLAIN, TONE_GOOD, TONE_WARNING, TONE_BAD, TONE_TITLE };

enum table_align { TABLE_LEFT, TABLE_RIGHT };

struct table;

/* Colours are ANSI sequences around cells; without, the text is plain. */
struct table *table_create(bool colour);
/* Columns first, then cells, row by row.  Cells that are left out are empty. */
void table_column(struct table *, const char *title, enum table_align);
void table_cell(struct table *, enum tone, const char *format, ...) OVS_PRINTF_FORMAT(3, 4);
/* Appends the table and frees it.  Without rows: only the titles. */
void table_put(struct table *, struct ds *);

/* Appends text with control characters replaced by '?'. */
void text_put(struct ds *, bool colour, enum tone, const char *format, ...) OVS_PRINTF_FORMAT(4, 5);

#endif
