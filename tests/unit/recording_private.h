/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RECORDING_PRIVATE_H
#define RECORDING_PRIVATE_H

#include "model.h"

/* Flows of an `ovn-sbctl lflow-list` text; `name` names it in their UUIDs. */
void recording_add_flows(struct model *, const char *path, const char *name);

#endif
