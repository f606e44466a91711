/* SPDX-License-Identifier: Apache-2.0 */

/* Any text as a match.
 *
 * It is parsed or refused with a message.  What is parsed is evaluated for a
 * packet, and for a class of packets that this one is of: some bits unknown,
 * some decrements of the TTL behind it, the destination one of a split.  What is
 * certain of the class has to hold for the packet, and a guard that makes the
 * match false has to do so for each packet that it admits. */

#include <stdlib.h>
#include <string.h>

#include "eval.h"
#include "lflow.h"
#include "recording_zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char zone[] = "chassis gw1 192.0.2.21\n"
                           "chassis hv1 192.0.2.11\n"
                           "switch sw 1\n"
                           "port sw a 1 vif chassis=hv1\n"
                           "port sw b 2 vif chassis=hv1\n"
                           "port sw cr 3 chassisredirect chassis=gw1\n"
                           "group sw _MC_flood 32768 a b\n"
                           "addresses as 10.0.0.0/8 192.168.1.1 00:00:00:00:00:01 fd01::/16\n"
                           "addresses empty\n"
                           "ports 1_pg a cr\n";

static struct lflow_cache *cache;
static struct model *model;

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* Repeatable, and different for each input. */
static uint64_t random_state;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static wide random_wide(void)
{
    return (wide)next_random() << 64 | next_random();
}

static bool chance(unsigned int one_in)
{
    return next_random() % one_in == 0;
}

/* Values that the match compares with are the interesting ones. */
static void take_values(const struct expr *e, wide values[N_FIELDS])
{
    if (e->type == EXPR_COMPARE && chance(2)) {
        wide noise = chance(4) ? random_wide() : 0;
        values[e->bits.field] &= ~e->mask;
        values[e->bits.field] |= (e->value ^ noise) & e->mask;
    }
    for (size_t i = 0; i < e->n_sub; i++) {
        take_values(e->sub[i], values);
    }
}

static bool has_unknown(const struct expr *e)
{
    bool found = e->type == EXPR_UNKNOWN;
    for (size_t i = 0; i < e->n_sub && !found; i++) {
        found = has_unknown(e->sub[i]);
    }
    return found;
}

static void choose_packet(const struct expr *e, wide values[N_FIELDS])
{
    static const uint16_t types[] = {0x0800, 0x86dd, 0x0806};
    for (int id = 0; id < N_FIELDS; id++) {
        values[id] = chance(2) ? next_random() % 4 : random_wide();
    }
    values[FIELD_ETH_TYPE] = types[next_random() % 3];
    take_values(e, values);
    for (int id = 0; id < N_FIELDS; id++) {
        values[id] &= wide_ones(field_width((enum field_id)id));
    }
    if (values[FIELD_IP_FRAG] == 2) {
        values[FIELD_IP_FRAG] = 3; /* a later fragment is a fragment */
    }
    if (values[FIELD_IP_TTL] < 4) {
        values[FIELD_IP_TTL] += 4; /* outlives its decrements */
    }
}

/* The classes of the packet, as the forwarding path finds them. */
static uint32_t classes_of(const wide v[N_FIELDS])
{
    bool ip4 = v[FIELD_ETH_TYPE] == 0x0800, ip6 = v[FIELD_ETH_TYPE] == 0x86dd;
    wide proto = v[FIELD_IP_PROTO], type4 = v[FIELD_ICMP4_TYPE], type6 = v[FIELD_ICMP6_TYPE];
    bool icmp4 = ip4 && proto == 1, icmp6 = ip6 && proto == 58;
    uint32_t classes = 0;
    classes |= (ip4 || ip6) && (v[FIELD_IP_FRAG] & 1) ? ICGW_CLASS_FRAGMENT : 0;
    classes |= (ip4 || ip6) && (v[FIELD_IP_FRAG] & 2) ? ICGW_CLASS_LATER_FRAGMENT : 0;
    classes |= (icmp4 && type4 == 3) || (icmp6 && type6 == 2) ? ICGW_CLASS_TOO_BIG_ERROR : 0;
    classes |= (icmp4 && type4 == 8) || (icmp6 && type6 == 128) ? ICGW_CLASS_ECHO_REQUEST : 0;
    classes |= icmp6 && type6 >= 133 && type6 <= 137 ? ICGW_CLASS_ND : 0;
    classes |= icmp6 && ((type6 >= 130 && type6 <= 132) || type6 == 143) ? ICGW_CLASS_MLD : 0;
    classes |= ip4 && proto == 2 ? ICGW_CLASS_IGMP : 0;
    classes |= v[FIELD_ETH_SRC] >> 40 & 1 ? ICGW_CLASS_MULTICAST_SOURCE : 0;
    return classes;
}

static bool admits(const struct guard *g, const wide v[N_FIELDS])
{
    wide src = v[FIELD_ETH_TYPE] == 0x86dd ? v[FIELD_IP6_SRC] : v[FIELD_IP4_SRC];
    if ((g->classes & classes_of(v)) != 0 || v[FIELD_IP_TTL] < g->min_ttl) {
        return false;
    }
    for (uint16_t i = 0; i < g->n_sources; i++) {
        if ((src & g->sources[i].mask) == g->sources[i].value) {
            return false;
        }
    }
    return true;
}

static enum field_id destination_field(const wide v[N_FIELDS])
{
    return v[FIELD_ETH_TYPE] == 0x86dd ? FIELD_IP6_DST : FIELD_IP4_DST;
}

/* The packet, decremented `ttl_dec` times. */
static void set_concrete(struct state *s, const wide v[N_FIELDS], uint8_t ttl_dec)
{
    state_init(s);
    for (int id = 0; id < N_FIELDS; id++) {
        state_set_input(s, (enum field_id)id, v[id], ~(wide)0);
    }
    state_set(s, whole(FIELD_IP_TTL), v[FIELD_IP_TTL] - ttl_dec);
}

/* What the specialiser may know of it: EtherType, a prefix of the destination,
 * whatever else it comes across. */
static unsigned int set_abstract(struct state *s, const wide v[N_FIELDS], uint8_t ttl_dec)
{
    enum field_id dst = destination_field(v);
    unsigned int len = (unsigned int)(next_random() % (field_width(dst) + 1));
    state_init(s);
    for (int id = 0; id < N_FIELDS; id++) {
        wide known = id < FIELD_ETH_SRC || chance(4) ? ~(wide)0 : 0;
        state_set_input(s, (enum field_id)id, v[id], known);
    }
    state_set_input(s, FIELD_ETH_TYPE, v[FIELD_ETH_TYPE], ~(wide)0);
    state_set_input(s, dst, v[dst], ~wide_ones(field_width(dst) - len));
    state_set_input(s, FIELD_IP_TTL, 0, 0);
    s->ttl_dec = ttl_dec;
    return len;
}

/* Prefixes that the run added are other runs' business. */
static bool in_longer_prefix(const struct split *split, wide destination, unsigned int len)
{
    unsigned int width = field_width(split->field);
    for (size_t i = 0; i < split->n; i++) {
        wide mask = wide_ones(width) & ~wide_ones(width - split->prefixes[i].len);
        if (split->prefixes[i].len > len && (destination & mask) == split->prefixes[i].value) {
            return true;
        }
    }
    return false;
}

static void compare(struct expr *e)
{
    wide v[N_FIELDS];
    struct state concrete, abstract;
    struct guard guard = {.classes = 0};
    struct split split;
    uint8_t ttl_dec = (uint8_t)(next_random() % 4);

    choose_packet(e, v);
    set_concrete(&concrete, v, ttl_dec);
    unsigned int len = set_abstract(&abstract, v, ttl_dec);
    struct eval ev = {
        .model = model, .datapath = model_datapath_by_key(model, 1), .state = &concrete};
    enum truth actual = eval_match(&ev, e);
    require(actual != TRUTH_UNKNOWN || has_unknown(e));

    split_init(&split, destination_field(v), 64);
    ev.state = &abstract;
    ev.guard = &guard;
    ev.split = &split;
    enum truth claimed = eval_match(&ev, e);
    bool ours = !in_longer_prefix(&split, v[split.field], len) && !ev.split_full;
    if (ours && claimed != TRUTH_UNKNOWN && actual != TRUTH_UNKNOWN) {
        require(claimed == actual);
    }
    if (claimed == TRUTH_UNKNOWN && eval_make_false(&ev, e, &guard, true)) {
        ours = !in_longer_prefix(&split, v[split.field], len) && !ev.split_full;
        require(!ours || !admits(&guard, v) || actual != TRUTH_TRUE);
        require(ev.split_full || eval_match(&ev, e) == TRUTH_FALSE);
    }
    split_destroy(&split);
}

static bool same_name(const struct expr *e, const struct lflow_constant *constant)
{
    return constant->text != NULL && strlen(e->name) == constant->text_size &&
           memcmp(e->name, constant->text, constant->text_size) == 0;
}

/* The outline, with the constants in their places, is the match. */
static void compare_outline(const struct expr *outline, const struct lflow_constant *constants,
                            const struct expr *e)
{
    require(outline->type == e->type && outline->relop == e->relop && outline->n_sub == e->n_sub);
    for (uint32_t i = 0; i < e->n_sub; i++) {
        compare_outline(outline->sub[i], constants, e->sub[i]);
    }
    if (e->type != EXPR_COMPARE && e->type != EXPR_PORT) {
        return;
    }
    require(outline->bits.field == e->bits.field && outline->bits.lo == e->bits.lo &&
            outline->bits.width == e->bits.width);
    if (e->type == EXPR_COMPARE) {
        wide value = outline->origin == 0 ? outline->value
                                          : constants[outline->origin - 1].value << e->bits.lo;
        require(value == e->value && outline->mask == e->mask);
    } else if (outline->origin != 0) {
        require(same_name(e, &constants[outline->origin - 1]));
    } else {
        require(strcmp(outline->name, e->name) == 0);
    }
}

/* What is concluded from another text of the same shape. */
static void check_shape(const char *text)
{
    static const struct bits tunnel_rx = {FIELD_FLAGS, 16, 1};
    const struct lflow_code *code = lflow_cache_get(cache, text, "next;");
    const struct lflow_constant *constants;
    const struct expr *outline = lflow_outline(cache, code, &constants);
    const struct expr *match = lflow_parsed(code)->match;

    require((outline == NULL) == (match == NULL));
    require(code->tunnel_rx == (match != NULL && expr_mentions(match, &tunnel_rx)));
    require(code->takes_all ==
            (match != NULL && match->type == EXPR_CONSTANT && match->value != 0));
    if (match != NULL) {
        compare_outline(outline, constants, match);
    }
    lflow_cache_put(cache, code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *error;
    if (model == NULL) {
        cache = lflow_cache_create();
        model = zone_model(zone, cache);
    }
    char *text = malloc(size + 1);
    require(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    random_state = 88172645463325252u;
    for (size_t i = 0; i < size; i++) {
        random_state = random_state * 31 + data[i];
    }
    random_state |= 1;

    struct expr *e = expr_parse(text, &error);
    require((e == NULL) == (error != NULL));
    for (int i = 0; e != NULL && i < 8; i++) {
        compare(e);
    }
    expr_free(e);
    check_shape(text);
    free(text);
    return 0;
}
