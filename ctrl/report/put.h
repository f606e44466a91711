/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_REPORT_PUT_H
#define ICGW_REPORT_PUT_H

/* Members of a report.  Any thread. */

#include <stdbool.h>
#include <stdint.h>

#include "icgw_tables.h"
#include "openvswitch/json.h"

static inline void put_uint(struct json *object, const char *name, uint64_t value)
{
    json_object_put(object, name, json_integer_create((long long)value));
}

static inline void put_bool(struct json *object, const char *name, bool value)
{
    json_object_put(object, name, json_boolean_create(value));
}

/* NULL: "". */
static inline void put_string(struct json *object, const char *name, const char *value)
{
    json_object_put_string(object, name, value != NULL ? value : "");
}

void put_addr(struct json *object, const char *name, const struct icgw_addr *);
void put_mac(struct json *object, const char *name, const uint8_t mac[6]);

/* The address as text, for the caller to free. */
char *format_addr(const struct icgw_addr *);

#endif
