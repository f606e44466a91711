/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_RELOAD_H
#define ICGW_RELOAD_H

/* A changed configuration file, applied to the running gateway as far as that
 * loses no packet.  Control thread only. */

#include <stdbool.h>

struct gateway;
struct icgw_config;
struct json;

/* Reads the file.  *running, which the gateway goes by, takes over what could be
 * applied; the report names that and each key that needs a restart.  NULL with
 * *error (malloc'ed; file, line, reason): the file is bad, or what it asks for
 * cannot be had, and nothing has changed. */
struct json *reload(struct gateway *, struct icgw_config *running, const char *path, char **error);

#endif
