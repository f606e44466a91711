/* SPDX-License-Identifier: Apache-2.0 */
#include "classifier.h"

#include <stdlib.h>
#include <string.h>

#include <rte_branch_prediction.h>

#include "bytes.h"
#include "wire.h"

#define SRC_V4 12
#define SRC_V6 8

/* Words of a rule: the member, then value and mask of each word of headers. */
static uint32_t rule_len(const struct icgw_classifier *c)
{
    return 1u + 2u * c->n_words;
}

static bool looks_at(const struct icgw_rule *rules, uint32_t n, unsigned int word)
{
    for (uint32_t i = 0; i < n; i++) {
        if (icgw_load32((const uint8_t *)&rules[i].mask + 4 * word) != 0) {
            return true;
        }
    }
    return false;
}

struct icgw_classifier *icgw_classifier_create(const struct icgw_rule *rules, uint32_t n)
{
    struct icgw_classifier shape = {.n_rules = (uint16_t)n};

    if (n == 0 || n > ICGW_MAX_RULES) {
        return NULL;
    }
    for (unsigned int word = 0; word < ICGW_HEADER_WORDS; word++) {
        if (looks_at(rules, n, word)) {
            shape.word[shape.n_words++] = (uint8_t)word;
        }
    }

    /* Zeroed, for equal ones to be equal bytes. */
    struct icgw_classifier *c = calloc(1, icgw_classifier_size(&shape));

    if (c == NULL) {
        return NULL;
    }
    memcpy(c, &shape, sizeof shape);

    uint32_t *to = c->data;

    for (uint32_t i = 0; i < n; i++) {
        *to++ = rules[i].member;
        for (unsigned int k = 0; k < c->n_words; k++) {
            *to++ = icgw_load32((const uint8_t *)&rules[i].value + 4 * c->word[k]);
            *to++ = icgw_load32((const uint8_t *)&rules[i].mask + 4 * c->word[k]);
        }
    }
    return c;
}

void icgw_classifier_free(struct icgw_classifier *c)
{
    free(c);
}

size_t icgw_classifier_size(const struct icgw_classifier *c)
{
    return sizeof *c + (size_t)c->n_rules * rule_len(c) * sizeof c->data[0];
}

uint32_t icgw_classifier_rules(const struct icgw_classifier *c)
{
    return c->n_rules;
}

void icgw_classifier_rule(const struct icgw_classifier *c, uint32_t i, struct icgw_rule *rule)
{
    const uint32_t *from = c->data + (size_t)i * rule_len(c);

    memset(rule, 0, sizeof *rule);
    rule->member = from[0];
    for (unsigned int k = 0; k < c->n_words; k++) {
        icgw_store32((uint8_t *)&rule->value + 4 * c->word[k], from[1 + 2 * k]);
        icgw_store32((uint8_t *)&rule->mask + 4 * c->word[k], from[2 + 2 * k]);
    }
}

/* Bytes of a header that has to be there as a whole for its ports or type to count. */
static uint32_t l4_len(uint8_t proto, bool v6)
{
    switch (proto) {
    case ICGW_PROTO_TCP:
        return 20;
    case ICGW_PROTO_UDP:
        return ICGW_UDP_LEN;
    case ICGW_PROTO_SCTP:
        return 12;
    case ICGW_PROTO_ICMP:
        return v6 ? 0 : 8;
    case ICGW_PROTO_ICMPV6:
        return v6 ? 8 : 0;
    default:
        return 0;
    }
}

/* Ports, or type and code of ICMP.  False: they are not in the first segment. */
static bool read_l4(struct icgw_headers *h, const uint8_t *l4, uint32_t len, uint32_t have, bool v6)
{
    uint32_t need = l4_len(h->proto, v6);
    bool icmp = h->proto == ICGW_PROTO_ICMP || h->proto == ICGW_PROTO_ICMPV6;

    if (need == 0 || len < need) {
        return true;
    }
    if (have < sizeof h->l4) {
        return false;
    }
    memcpy(h->l4, l4, icmp ? 2 : sizeof h->l4);
    return true;
}

/* What logical flows see of the packet.  Ports are 0 in fragments, the first too, as
 * Open vSwitch has it.  False: not to be told here. */
static bool read_headers(struct icgw_headers *h, const struct icgw_packet *p, const uint8_t *inner,
                         uint32_t have)
{
    const uint8_t *ip = inner + ICGW_ETH_LEN;
    uint32_t l3_len = ICGW_IPV4_LEN;

    memset(h, 0, sizeof *h);
    memcpy(h->eth_src, inner + 6, sizeof h->eth_src);
    if (p->eth_type == RTE_BE16(ICGW_ETH_IPV6)) {
        if (p->class & (ICGW_CLASS_IP_OPTIONS | ICGW_CLASS_FRAGMENT)) {
            return false;
        }
        l3_len = ICGW_IPV6_LEN;
        h->proto = ip[6];
        memcpy(h->src, ip + SRC_V6, sizeof h->src);
        memcpy(h->dst, ip + SRC_V6 + sizeof h->src, sizeof h->dst);
    } else {
        l3_len = (ip[0] & 0xfu) * 4;
        h->proto = ip[9];
        memcpy(h->src, ip + SRC_V4, 4);
        memcpy(h->dst, ip + SRC_V4 + 4, 4);
        if (p->class & ICGW_CLASS_FRAGMENT) {
            h->frag = p->class & ICGW_CLASS_LATER_FRAGMENT ? 3 : 1;
            return true;
        }
    }
    /* The parser has read, so the first segment has, all of the IP header. */
    return read_l4(h, ip + l3_len, p->inner_ip_len - l3_len, have - ICGW_ETH_LEN - l3_len,
                   p->eth_type == RTE_BE16(ICGW_ETH_IPV6));
}

/* With a number of words that the compiler knows the words stay in registers. */
static __rte_always_inline const uint32_t *
try_rules(const struct icgw_classifier *c, const uint32_t *words, const unsigned int n_words)
{
    const uint32_t *rule = c->data;

    for (unsigned int i = 0; i < c->n_rules; i++, rule += 1 + 2 * n_words) {
        uint32_t differs = 0;

        for (unsigned int k = 0; k < n_words; k++) {
            differs |= (words[k] ^ rule[1 + 2 * k]) & rule[2 + 2 * k];
        }
        if (differs == 0) {
            return rule;
        }
    }
    return NULL;
}

/* The first rule that fits, as it is stored; NULL: none. */
static const uint32_t *find(const struct icgw_classifier *c, const struct icgw_packet *p,
                            const uint8_t *inner, uint32_t have)
{
    struct icgw_headers h;
    uint32_t words[ICGW_HEADER_WORDS];

    if (unlikely(!read_headers(&h, p, inner, have))) {
        return NULL;
    }
    for (unsigned int k = 0; k < c->n_words; k++) {
        words[k] = icgw_load32((const uint8_t *)&h + 4 * c->word[k]);
    }
    switch (c->n_words) {
    case 1:
        return try_rules(c, words, 1);
    case 2: /* protocol and ports */
        return try_rules(c, words, 2);
    case 3: /* and an IPv4 address */
        return try_rules(c, words, 3);
    default:
        return try_rules(c, words, c->n_words);
    }
}

const struct icgw_dest *icgw_classify(const struct icgw_dest *dest, const struct icgw_packet *p,
                                      const uint8_t *inner, uint32_t have)
{
    const uint32_t *rule = find(dest->classifier, p, inner, have);

    return likely(rule != NULL && rule[0] < dest->n_members) ? &dest->members[rule[0]] : NULL;
}

uint32_t icgw_classifier_find(const struct icgw_classifier *c, const struct icgw_packet *p,
                              const uint8_t *inner, uint32_t have)
{
    const uint32_t *rule = find(c, p, inner, have);

    return rule == NULL ? UINT32_MAX : (uint32_t)(rule - c->data) / rule_len(c);
}
