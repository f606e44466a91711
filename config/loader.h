/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_CONFIG_LOADER_H
#define ICGW_CONFIG_LOADER_H

/* Goes through a configuration line by line, checks it against the schema and
 * words what is wrong. */

#include <stdbool.h>
#include <stddef.h>

#include "icgw_config.h"

/* Fills *config, which holds the defaults, from the text, which messages call
 * `file`.  On failure returns false with *error malloc'ed, NULL if there was no
 * memory for it; *config is the caller's to free in any case. */
bool loader_run(const char *file, const char *text, size_t length, struct icgw_config *config,
                char **error);

#endif
