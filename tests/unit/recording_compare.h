/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RECORDING_COMPARE_H
#define RECORDING_COMPARE_H

#include <stdbool.h>

#include "recording.h"

/* Whether outer IPv4 and UDP checksums of a tunnel frame are right. */
bool recording_checksums_valid(const struct recording_frame *);

/* Compares what was sent, in any order.  Outer MAC addresses, IP identification,
 * UDP source port and the checksums that cover these may differ.  On a
 * difference prints the frames side by side and returns false. */
bool recording_same(const struct recording_frames *expected, const struct recording_frames *got);

#endif
