/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_REPORT_VIEW_H
#define ICGW_REPORT_VIEW_H

/* Reading a report.  What is missing or of another type reads as "", 0, false or
 * an empty list: ovnic-gw-ctl may be older or newer than the daemon.  No state;
 * any thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json;

/* NULL: no such member. */
const struct json *view_get(const struct json *object, const char *name);
const char *view_string(const struct json *object, const char *name);
int64_t view_integer(const struct json *object, const char *name);
double view_number(const struct json *object, const char *name); /* integer or real */
bool view_bool(const struct json *object, const char *name);

/* Of an array. */
size_t view_count(const struct json *array);
const struct json *view_at(const struct json *array, size_t i);
/* The i-th element as a string. */
const char *view_string_at(const struct json *array, size_t i);

#define VIEW_FOR_EACH(ITEM, INDEX, ARRAY)                                                          \
    for (size_t INDEX = 0; INDEX < view_count(ARRAY) && (ITEM = view_at(ARRAY, INDEX), true);      \
         INDEX++)

#endif
