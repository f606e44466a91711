/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RECORDING_H
#define RECORDING_H

/* tests/recordings: what was in the databases of a zone, as a model, and what
 * its stock gateway received and sent. */

#include <stddef.h>
#include <stdint.h>

#include "model.h"

/* The model of gateway `gwN` of zone N, e.g. ("ovn-26.03", 1, cache).  Flows have
 * `FILE:LINE` where a database has a UUID. */
struct model *recording_model(const char *release, int zone, struct lflow_cache *);

/* The tunnel address of the gateway of a zone. */
struct icgw_addr recording_gateway(int zone);

struct recording_frame {
    uint8_t *data;
    uint32_t len;
};

struct recording_frames {
    struct recording_frame *frames;
    size_t n;
};

/* A capture below tests/recordings.  Ends the program when it cannot be read. */
struct recording_frames recording_frames(const char *release, const char *file);
void recording_frames_free(struct recording_frames *);

#endif
