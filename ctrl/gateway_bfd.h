/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_GATEWAY_BFD_H
#define ICGW_GATEWAY_BFD_H

/* BFD as part of the gateway: the databases say with whom, the underlay which
 * way, the workers carry it, and elections hear of it.  Control thread only. */

#include <stdbool.h>

struct gateway;

/* After workers and underlay.  bfd_destroy() ends it, before the workers end. */
bool gateway_bfd_start(struct gateway *, char **error);
void gateway_bfd_run(struct gateway *);

/* Sessions from one run to the next, beside the state file `path`. */
void gateway_bfd_save(struct gateway *, const char *path);
void gateway_bfd_load(struct gateway *, const char *path);

#endif
