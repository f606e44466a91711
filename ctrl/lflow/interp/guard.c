/* SPDX-License-Identifier: Apache-2.0 */
#include "guard.h"

/* More hops than this within one gateway and the TTL guard is no longer what
 * the common packet passes. */
#define GUARD_MAX_TTL 16

#define ETHERNET_LEN 14

/* Shortest prefixes that stand for sources in them. */
#define MIN_WIDENED_V4 8
#define MIN_WIDENED_V6 32

#define ETH_GROUP_BIT ((wide)1 << 40)

/* The class bit that tells whether the field equals the value; 0: none does. */
static uint32_t class_of(enum field_id field, wide value, wide mask)
{
    switch (field) {
    case FIELD_IP_FRAG:
        return value == 0 ? 0 : mask == 2 ? ICGW_CLASS_LATER_FRAGMENT : ICGW_CLASS_FRAGMENT;
    case FIELD_ETH_SRC:
        return mask == ETH_GROUP_BIT && value == mask ? ICGW_CLASS_MULTICAST_SOURCE : 0;
    case FIELD_IP_PROTO:
        return mask == 0xff && value == 2 ? ICGW_CLASS_IGMP : 0;
    case FIELD_ICMP4_TYPE:
        if (mask != 0xff) {
            return 0;
        }
        return value == 3 ? ICGW_CLASS_TOO_BIG_ERROR : value == 8 ? ICGW_CLASS_ECHO_REQUEST : 0;
    case FIELD_ICMP6_TYPE:
        if (mask != 0xff) {
            return 0;
        }
        if (value >= 133 && value <= 137) {
            return ICGW_CLASS_ND;
        }
        if ((value >= 130 && value <= 132) || value == 143) {
            return ICGW_CLASS_MLD;
        }
        return value == 2 ? ICGW_CLASS_TOO_BIG_ERROR : value == 128 ? ICGW_CLASS_ECHO_REQUEST : 0;
    default:
        return 0;
    }
}

static bool is_source(enum field_id field)
{
    return field == FIELD_IP4_SRC || field == FIELD_IP6_SRC;
}

static bool source_excluded(const struct guard *g, wide value, wide mask)
{
    for (uint16_t i = 0; i < g->n_sources; i++) {
        if ((g->sources[i].mask & ~mask) == 0 &&
            (value & g->sources[i].mask) == g->sources[i].value) {
            return true;
        }
    }
    return false;
}

enum truth guard_implies(const struct guard *g, enum field_id field, wide value, wide mask)
{
    if (field == FIELD_IP_TTL && mask == 0xff && value < g->min_ttl) {
        return TRUTH_FALSE;
    }
    if (is_source(field) && source_excluded(g, value, mask)) {
        return TRUTH_FALSE;
    }
    uint32_t class = class_of(field, value, mask);
    if (class == ICGW_CLASS_LATER_FRAGMENT) {
        class |= ICGW_CLASS_FRAGMENT; /* a later fragment is one */
    }
    if ((g->classes & class) != 0) {
        return TRUTH_FALSE;
    }
    /* A single bit, or all of a field, that is known not to be set is 0. */
    if (value == 0 && field == FIELD_IP_FRAG &&
        ((g->classes & ICGW_CLASS_FRAGMENT) != 0 ||
         (mask == 2 && (g->classes & ICGW_CLASS_LATER_FRAGMENT) != 0))) {
        return TRUTH_TRUE;
    }
    if (value == 0 && field == FIELD_ETH_SRC && mask == ETH_GROUP_BIT &&
        (g->classes & ICGW_CLASS_MULTICAST_SOURCE) != 0) {
        return TRUTH_TRUE;
    }
    return TRUTH_UNKNOWN;
}

static bool is_prefix(wide mask, unsigned int width)
{
    wide rest = ~mask & wide_ones(width);
    return mask != 0 && (rest & (rest + 1)) == 0;
}

struct source {
    wide value;
    unsigned int len;
};

static unsigned int prefix_len(wide mask, unsigned int width)
{
    unsigned int len = 0;
    while (len < width && (mask >> (width - 1 - len) & 1) != 0) {
        len++;
    }
    return len;
}

static wide prefix_mask(unsigned int len, unsigned int width)
{
    return wide_ones(width) & ~wide_ones(width - len);
}

/* How many bits two prefixes begin with in common. */
static unsigned int common_len(struct source a, struct source b, unsigned int width)
{
    wide difference = a.value ^ b.value;
    unsigned int len = 0, max = a.len < b.len ? a.len : b.len;
    while (len < max && (difference >> (width - 1 - len) & 1) == 0) {
        len++;
    }
    return len;
}

/* Replaces the two prefixes that are nearest to each other by the one that holds
 * both.  False: that would be too wide. */
static bool merge_nearest(struct source *list, uint16_t n, unsigned int width)
{
    unsigned int best = 0, min = width == 32 ? MIN_WIDENED_V4 : MIN_WIDENED_V6;
    uint16_t keep = 0, gone = 0;
    for (uint16_t i = 0; i < n; i++) {
        for (uint16_t k = i + 1; k < n; k++) {
            unsigned int len = common_len(list[i], list[k], width);
            if (len > best) {
                best = len;
                keep = i;
                gone = k;
            }
        }
    }
    if (best < min) {
        return false;
    }
    list[keep].value &= prefix_mask(best, width);
    list[keep].len = best;
    list[gone] = list[n - 1];
    return true;
}

/* A list that is full is made shorter by excluding more: the packets that lie in
 * between take the slow path, which is right for them, too. */
static bool exclude_source(struct guard *g, wide value, wide mask, unsigned int width)
{
    struct source list[ICGW_MAX_SOURCES + 1];
    uint16_t n = g->n_sources;

    if (source_excluded(g, value, mask)) {
        return true;
    }
    for (uint16_t i = 0; i < n; i++) {
        list[i] = (struct source){g->sources[i].value, prefix_len(g->sources[i].mask, width)};
    }
    list[n++] = (struct source){value, prefix_len(mask, width)};
    if (n > ICGW_MAX_SOURCES && (g->exact || !merge_nearest(list, n--, width))) {
        return false;
    }
    for (uint16_t i = 0; i < n; i++) {
        g->sources[i].value = list[i].value;
        g->sources[i].mask = prefix_mask(list[i].len, width);
    }
    g->n_sources = n;
    return true;
}

bool guard_exclude(struct guard *g, enum field_id field, wide value, wide mask, bool sources)
{
    uint32_t class = class_of(field, value, mask);
    if (class != 0) {
        g->classes |= class;
        return true;
    }
    if (field == FIELD_IP_TTL && mask == 0xff && value < GUARD_MAX_TTL) {
        if (value >= g->min_ttl) {
            g->min_ttl = (uint8_t)(value + 1);
        }
        return true;
    }
    return sources && is_source(field) && is_prefix(mask, field_width(field)) &&
           exclude_source(g, value, mask, field_width(field));
}

void guard_limit_length(struct guard *g, wide frame_len)
{
    wide limit = frame_len > ETHERNET_LEN ? frame_len - ETHERNET_LEN : 1;
    if (limit <= UINT16_MAX && (g->max_len == 0 || limit < g->max_len)) {
        g->max_len = (uint16_t)limit;
    }
}
