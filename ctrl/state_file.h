/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_STATE_FILE_H
#define ICGW_STATE_FILE_H

/* What forwarding goes by, kept in a file from one run of the daemon to the
 * next, so that a restart forwards before the databases have answered.
 * Control thread only. */

#include <stdbool.h>

struct lflow_cache;
struct model;

/* Older than this, the databases' answer is worth waiting for. */
#define STATE_FILE_MAX_AGE_MS (10 * 60 * 1000)

/* Replaces the file as a whole.  False, with *error (malloc'ed). */
bool state_file_save(const char *path, const char *chassis, const struct model *, char **error);

/* What the file says is still so: its age counts from now.  False with errno. */
bool state_file_confirm(const char *path);

/* A finished model, or NULL with *why (malloc'ed): the file is of another
 * format or chassis, too old, or damaged; *why is NULL when there is none.
 * Removes the file, whatever is in it: one that ends the daemon does so once. */
struct model *state_file_load(const char *path, const char *chassis, struct lflow_cache *,
                              char **why);

#endif
