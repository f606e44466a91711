/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_DEPENDENCIES_H
#define ICGW_DEPENDENCIES_H

/* The datapaths that an outcome depends on. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model;
struct model_datapath;

struct dependencies {
    struct dependency {
        uint32_t key;         /* of the datapath */
        uint64_t fingerprint; /* that it had */
    } * list;
    size_t n;
    bool unknown; /* also on something that no datapath has: never to be reused */
};

void dependencies_add(struct dependencies *, const struct model_datapath *);
void dependencies_free(struct dependencies *);
/* Whether all of it is in the model as it was. */
bool dependencies_hold(const struct dependencies *, const struct model *);

#endif
