/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_REPORT_MEANINGS_H
#define ICGW_REPORT_MEANINGS_H

#include "icgw_stats.h"

/* What a drop reason means, and what to do about it; one sentence each.  Any
 * thread. */
struct meaning {
    const char *what;
    const char *todo; /* "": nothing */
};

const struct meaning *drop_meaning(enum icgw_drop);

#endif
