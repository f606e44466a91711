/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "view.h"

#include "openvswitch/json.h"
#include "openvswitch/shash.h"

const struct json *view_get(const struct json *object, const char *name)
{
    if (object == NULL || object->type != JSON_OBJECT) {
        return NULL;
    }
    return shash_find_data(json_object(object), name);
}

static const struct json *get(const struct json *object, const char *name, enum json_type type)
{
    const struct json *member = view_get(object, name);
    return member != NULL && member->type == type ? member : NULL;
}

const char *view_string(const struct json *object, const char *name)
{
    const struct json *member = get(object, name, JSON_STRING);
    return member ? json_string(member) : "";
}

int64_t view_integer(const struct json *object, const char *name)
{
    const struct json *member = get(object, name, JSON_INTEGER);
    return member ? json_integer(member) : 0;
}

double view_number(const struct json *object, const char *name)
{
    const struct json *member = get(object, name, JSON_REAL);
    return member ? json_real(member) : (double)view_integer(object, name);
}

bool view_bool(const struct json *object, const char *name)
{
    return get(object, name, JSON_TRUE) != NULL;
}

size_t view_count(const struct json *array)
{
    return array != NULL && array->type == JSON_ARRAY ? json_array(array)->n : 0;
}

const struct json *view_at(const struct json *array, size_t i)
{
    return i < view_count(array) ? json_array(array)->elems[i] : NULL;
}

const char *view_string_at(const struct json *array, size_t i)
{
    const struct json *element = view_at(array, i);
    return element != NULL && element->type == JSON_STRING ? json_string(element) : "";
}
