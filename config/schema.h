/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_CONFIG_SCHEMA_H
#define ICGW_CONFIG_SCHEMA_H

/* Which sections and keys there are, and what may be in them. */

#include "icgw_config.h"
#include "setters.h"

#define SCHEMA_MAX_KEYS 8 /* per section */
#define SCHEMA_N_SECTIONS 6

enum schema_flags {
    REQUIRED = 1 << 0,
    REPEATS = 1 << 1, /* a key that may be on several lines */
    NAMED = 1 << 2,   /* [name NAME], may be there several times */
};

struct schema_key {
    const char *name; /* NULL ends the list */
    unsigned int flags;
    setter *set;
    const char *allowed;
};

struct schema_section {
    const char *name;
    unsigned int flags;
    const struct schema_key *keys;
};

extern const struct schema_section schema_sections[SCHEMA_N_SECTIONS];

/* What no single key shows.  NULL, or what is wrong; what is allowed. */
const char *schema_check(const struct icgw_config *);

#endif
