/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PMD_CAPTURE_PRIVATE_H
#define PMD_CAPTURE_PRIVATE_H

/* Between capture.c (recording) and capture_session.c (beginning, end, reading). */

#include "capture.h"

/* Any recording thread. */
void pmd_capture_ring_bell(void);
/* Control thread, in the lane of its own. */
void pmd_capture_record_drop(struct pmd_capture *c, const void *frame, uint32_t len, uint8_t reason,
                             const char *flow);

#endif
