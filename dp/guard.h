/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_GUARD_H
#define ICGW_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "icgw_forward.h"

/* Whether *dest's verdict covers the packet whose inner frame is at `inner`;
 * if not, *reason says what sends it to the slow path.  Inside dp/ only. */
bool icgw_guard_admits(const struct icgw_dest *dest, const struct icgw_packet *p,
                       const uint8_t *inner, enum icgw_slow *reason);

#endif
