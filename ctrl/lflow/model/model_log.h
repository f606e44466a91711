/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_MODEL_LOG_H
#define ICGW_MODEL_LOG_H

/* What has changed of a model, as tokens: a number for each thing that what is made of a
 * model can depend on.  Two things may have the same one, so that a token says what to look
 * at, not what differs.  Control thread only. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"

/* More than so many are not remembered: then looking at everything is no more work. */
#define MODEL_LOG_MAX 256

/* A datapath's token is its key, and no other's is. */
#define MODEL_TOKEN_OTHER (UINT64_C(1) << 63)

/* Of an address set, or of a row of Port_Group, which is named KEY_name. */
uint64_t model_set_token(const char *name);

/* No other model of this process has the same. */
uint64_t model_id(const struct model *);

/* What has changed since a version of a finished model, at most MODEL_LOG_MAX tokens, some
 * maybe twice; chassis apart, see model_fingerprint().  False: too much to tell. */
bool model_changes(const struct model *, uint64_t version, const uint64_t **tokens, size_t *n);

#endif
