/* SPDX-License-Identifier: Apache-2.0 */
#include "guard.h"

#include <string.h>

#include <rte_branch_prediction.h>

#include "bytes.h"
#include "wire.h"

/* The reason for the operator's counters; a packet may be in several classes. */
static enum icgw_slow class_reason(uint32_t class)
{
    if (class & (ICGW_CLASS_FRAGMENT | ICGW_CLASS_LATER_FRAGMENT)) {
        return ICGW_SLOW_FRAGMENT;
    }
    if (class & (ICGW_CLASS_ND | ICGW_CLASS_MLD)) {
        return ICGW_SLOW_ND;
    }
    if (class & ICGW_CLASS_TOO_BIG_ERROR) {
        return ICGW_SLOW_ICMP_ERROR;
    }
    if (class & ICGW_CLASS_ECHO_REQUEST) {
        return ICGW_SLOW_ROUTER_ADDRESS;
    }
    return ICGW_SLOW_DESTINATION;
}

bool icgw_singled_out_v6(const struct icgw_source_guard *guard, const uint8_t addr[16])
{
    uint64_t src[2];

    memcpy(src, addr, sizeof src);
    for (uint16_t i = 0; i < guard->n; i++) {
        uint64_t value[2], mask[2];

        memcpy(value, guard->prefix[i].value.bytes, sizeof value);
        memcpy(mask, guard->prefix[i].mask.bytes, sizeof mask);
        if ((((src[0] ^ value[0]) & mask[0]) | ((src[1] ^ value[1]) & mask[1])) == 0) {
            return true;
        }
    }
    return false;
}

bool icgw_guard_admits(const struct icgw_dest *dest, const struct icgw_packet *p,
                       const uint8_t *inner, enum icgw_slow *reason)
{
    if (unlikely(p->class & dest->guard)) {
        *reason = class_reason(p->class & dest->guard);
        return false;
    }
    if (unlikely(p->ttl < dest->min_ttl)) {
        *reason = ICGW_SLOW_TTL;
        return false;
    }
    if (unlikely(dest->max_len != 0 && p->inner_ip_len > dest->max_len)) {
        *reason = ICGW_SLOW_TOO_LONG;
        return false;
    }
    if (dest->sources != NULL &&
        unlikely(icgw_singled_out(dest->sources, p->eth_type, inner + ICGW_ETH_LEN))) {
        *reason = ICGW_SLOW_SOURCE;
        return false;
    }
    return true;
}
