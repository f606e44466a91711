/* SPDX-License-Identifier: Apache-2.0 */
#include "icgw_stats.h"

#define NAME_DROP(name, text) [ICGW_DROP_##name] = text,
#define NAME_SLOW(name, text) [ICGW_SLOW_##name] = text,

const char *icgw_drop_name(enum icgw_drop reason)
{
    static const char *const names[] = {ICGW_DROPS(NAME_DROP)};

    return (unsigned int)reason < ICGW_N_DROPS ? names[reason] : "unknown";
}

const char *icgw_slow_name(enum icgw_slow reason)
{
    static const char *const names[] = {ICGW_SLOWS(NAME_SLOW)};

    return (unsigned int)reason < ICGW_N_SLOWS ? names[reason] : "unknown";
}
