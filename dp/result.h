/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_RESULT_H
#define ICGW_RESULT_H

/* How results of forwarded packets are made.  Inside dp/ only. */

#include <string.h>

#include "icgw_forward.h"

static __rte_always_inline struct icgw_result icgw_result_tx(const struct icgw_tunnel *tunnel,
                                                             const struct icgw_dest *dest,
                                                             uint16_t peer, uint16_t transit)
{
    return (struct icgw_result){
        .action = ICGW_ACTION_TX,
        .port = tunnel->port % ICGW_RESULT_PORTS,
        .accounts = {peer, transit, dest->account},
    };
}

/* What one of the two does not say, that is 0, the other one does.  In one word: what
 * is written in parts and read as a whole soon after has to wait. */
static __rte_always_inline void icgw_result_join(struct icgw_result *r, const struct icgw_result *a,
                                                 const struct icgw_result *b)
{
    uint64_t word = icgw_result_word(a) | icgw_result_word(b);

    memcpy(r, &word, sizeof word);
}

#endif
