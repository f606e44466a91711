/* SPDX-License-Identifier: Apache-2.0 */

/* One class of packets: run the pipeline abstractly, turn the outcome into a
 * verdict with guards. */

#include <stdlib.h>
#include <string.h>

#include "icgw_account.h"
#include "model_private.h"
#include "specialise_private.h"

/* What an abstract run came to. */
struct outcome {
    const struct specialised *result;
    unsigned int n; /* packets sent and dropped */
    struct icgw_dest dest;
};

static bool one_outcome(struct interp *in)
{
    struct outcome *out = in->aux;
    if (out->n++ > 0) {
        interp_give_up(in, INTERP_SLOW, ICGW_SLOW_DESTINATION, "more than one packet leaves");
        return false;
    }
    return true;
}

/* Fields that the fast path rewrites. */
static bool is_rewritten(enum field_id id)
{
    return id == FIELD_ETH_SRC || id == FIELD_ETH_DST || id == FIELD_IP_TTL;
}

static bool only_rewrites(struct interp *in)
{
    for (int id = FIELD_ETH_SRC; id < N_FIELDS; id++) {
        if (!is_rewritten(id) && !state_unchanged(&in->state, id)) {
            interp_give_up(in, INTERP_SLOW, ICGW_SLOW_DESTINATION, "changes %s", field_name(id));
            return false;
        }
    }
    if (!state_unchanged(&in->state, FIELD_IP_TTL)) {
        interp_give_up(in, INTERP_SLOW, ICGW_SLOW_DESTINATION, "sets ip.ttl");
        return false;
    }
    return true;
}

static bool rewrite_ethernet(struct interp *in, struct icgw_dest *dest)
{
    wide src, dst;
    if (state_unchanged(&in->state, FIELD_ETH_SRC) && state_unchanged(&in->state, FIELD_ETH_DST)) {
        return true;
    }
    if (!state_get(&in->state, whole(FIELD_ETH_SRC), &src) ||
        !state_get(&in->state, whole(FIELD_ETH_DST), &dst)) {
        interp_give_up(in, INTERP_SLOW, ICGW_SLOW_DESTINATION,
                       "changes Ethernet addresses in a way that depends on the packet");
        return false;
    }
    dest->rewrite_eth = 1;
    wide_to_bytes(src, dest->eth_src, 6);
    wide_to_bytes(dst, dest->eth_dst, 6);
    return true;
}

static void on_send(struct interp *in, const struct interp_send *to)
{
    struct outcome *out = in->aux;
    if (!one_outcome(in) || !only_rewrites(in) || !rewrite_ethernet(in, &out->dest)) {
        return;
    }
    out->dest.verdict = ICGW_VERDICT_FORWARD;
    out->dest.vni = to->vni;
    out->dest.inport = to->inport;
    out->dest.outport = to->outport;
    out->dest.ttl_dec = in->state.ttl_dec;
    out->dest.tunnel = specialised_tunnel(out->result, to->chassis, to->encap);
    dependencies_add_way(in->deps, out->result->ways[to->chassis->number]);
    if (out->dest.tunnel == ICGW_NO_TUNNEL) {
        out->dest.verdict = ICGW_VERDICT_DROP;
        out->dest.reason = ICGW_DROP_NO_TUNNEL;
    } else {
        out->dest.account =
            icgw_account(ICGW_ACCOUNT_TO, &out->result->tunnels[out->dest.tunnel].remote,
                         in->datapath->transit ? to->vni : 0);
    }
}

static void on_drop(struct interp *in, enum icgw_drop reason, const struct lflow *flow)
{
    struct outcome *out = in->aux;
    (void)flow;
    if (one_outcome(in)) {
        out->dest.verdict = ICGW_VERDICT_DROP;
        out->dest.reason = (uint8_t)reason;
    }
}

/* Fields that a packet of this EtherType does not have are 0, as in an actual
 * packet: flows that compare them need not be looked at. */
static void forget_other_protocols(struct state *s, bool v6)
{
    static const enum field_id v4_only[] = {FIELD_IP4_SRC, FIELD_IP4_DST, FIELD_ICMP4_TYPE,
                                            FIELD_ICMP4_CODE};
    static const enum field_id v6_only[] = {FIELD_IP6_SRC, FIELD_IP6_DST, FIELD_ICMP6_TYPE,
                                            FIELD_ICMP6_CODE, FIELD_ND_TARGET};
    static const enum field_id arp[] = {FIELD_ARP_OP, FIELD_ARP_SPA, FIELD_ARP_TPA};
    for (size_t i = 0; v6 && i < RTE_DIM(v4_only); i++) {
        state_set_input(s, v4_only[i], 0, ~(wide)0);
    }
    for (size_t i = 0; !v6 && i < RTE_DIM(v6_only); i++) {
        state_set_input(s, v6_only[i], 0, ~(wide)0);
    }
    for (size_t i = 0; i < RTE_DIM(arp); i++) {
        state_set_input(s, arp[i], 0, ~(wide)0);
    }
}

/* What the fast path knows before the look-up: EtherType, no VLAN tag, and the
 * key of the look-up. */
static void init_state(struct state *s, const struct destination *d)
{
    bool v6 = d->eth_type == 0x86dd;
    state_init(s);
    for (int id = FIELD_ETH_SRC; id < N_FIELDS; id++) {
        state_set_input(s, id, 0, 0);
    }
    forget_other_protocols(s, v6);
    state_set_input(s, FIELD_ETH_TYPE, d->eth_type, ~(wide)0);
    state_set_input(s, FIELD_VLAN_TCI, 0, ~(wide)0);
    state_set_input(s, FIELD_ETH_DST, d->eth_dst, ~(wide)0);
    if (d->split != NULL) {
        unsigned int width = v6 ? 128 : 32;
        wide known = wide_ones(width) & ~wide_ones(width - d->prefix.len);
        state_set_input(s, v6 ? FIELD_IP6_DST : FIELD_IP4_DST, d->prefix.value, known);
    }
}

/* One run; *choices is the number of values that select() offers, 1 without.  False:
 * it depends on what a classifier can tell. */
static bool run_once(const struct run *run, unsigned int choice, struct guard *guard,
                     struct verdict *v, size_t *choices)
{
    static const struct interp_ops ops = {.send = on_send, .drop = on_drop};
    const struct destination *d = run->destination;
    struct outcome out = {.result = run->result};
    struct interp *in = model_alloc(sizeof *in);

    out.dest.verdict = ICGW_VERDICT_DROP; /* nothing sent is a drop */
    out.dest.reason = ICGW_DROP_LOGICAL_DROP;
    in->model = run->model;
    in->ops = &ops;
    in->aux = &out;
    in->guard = guard;
    in->known = run->known;
    in->asked = run->asked;
    in->split = d->split;
    in->deps = d->deps;
    in->choice = choice;
    init_state(&in->state, d);
    interp_from_tunnel(in, run->port->datapath, 0, run->port->key);

    v->dest = out.dest;
    if (in->end != INTERP_COMPLETE) {
        memset(&v->dest, 0, sizeof v->dest);
        v->unsupported = in->end == INTERP_UNSUPPORTED;
        v->dest.verdict = v->unsupported ? ICGW_VERDICT_DROP : ICGW_VERDICT_SLOW;
        v->dest.reason = v->unsupported ? (uint8_t)ICGW_DROP_UNSUPPORTED : (uint8_t)in->slow_reason;
        v->why = in->why;
        v->why_flow = in->why_flow;
    }
    v->refused = in->refused;
    *choices = in->select != NULL ? in->select->n_choices : 1;
    bool asks = in->end == INTERP_ASKS;
    free(in);
    return !asks;
}

/* Classes that depend on an L4 header, which IPv6 extension headers hide from
 * the fast path. */
#define L4_CLASSES                                                                                 \
    (ICGW_CLASS_TOO_BIG_ERROR | ICGW_CLASS_ECHO_REQUEST | ICGW_CLASS_ND | ICGW_CLASS_MLD)

static void apply_guard(const struct guard *g, bool v6, struct verdict *v)
{
    struct icgw_dest *dest = &v->dest;
    dest->guard = g->classes;
    if (v6 && (g->classes & L4_CLASSES) != 0) {
        dest->guard |= ICGW_CLASS_IP_OPTIONS;
    }
    dest->max_len = g->max_len;
    dest->min_ttl = g->min_ttl;
    if (dest->ttl_dec > 0 && dest->min_ttl <= dest->ttl_dec) {
        dest->min_ttl = (uint8_t)(dest->ttl_dec + 1);
    }
    dest->sources = NULL;
    if (g->n_sources > 0) {
        v->sources.n = g->n_sources;
        for (uint16_t i = 0; i < g->n_sources; i++) {
            wide_to_bytes(g->sources[i].value, v->sources.prefix[i].value.bytes, 16);
            wide_to_bytes(g->sources[i].mask, v->sources.prefix[i].mask.bytes, 16);
        }
        dest->sources = &v->sources;
    }
}

/* The worse one counts: refused packets before slow ones. */
static unsigned int badness(const struct verdict *v)
{
    return v->unsupported ? 2 : v->why != NULL;
}

/* Takes what a member's run gave, the `i`th, into the verdict of all. */
static void merge_member(struct verdict *v, struct verdict *member, const struct guard *guard,
                         bool v6, struct icgw_dest *to, uint8_t *min_ttl)
{
    const struct lflow *refused = v->refused != NULL ? v->refused : member->refused;
    if (badness(member) > badness(v)) {
        free(v->why);
        *v = *member;
    } else {
        free(member->why);
    }
    if (v->why == NULL) {
        apply_guard(guard, v6, member);
        *min_ttl = RTE_MAX(*min_ttl, member->dest.min_ttl);
        *to = member->dest;
        to->sources = NULL; /* the choice has been checked before it */
    }
    v->refused = refused;
}

/* Runs each value of a select(), n of them, with the assumptions of all together; *v is
 * what the first one gave.  All are run even when one is slow: each gets packets, and what
 * it refuses is to be reported. */
static bool run_choices(const struct run *run, size_t n, struct guard *guard, struct verdict *v)
{
    struct icgw_dest *members = model_alloc(n * sizeof *members);
    bool v6 = run->destination->eth_type == 0x86dd;
    uint8_t min_ttl = 0;
    for (size_t i = 0; i < n; i++) {
        struct verdict member = {.why = NULL};
        size_t choices;
        if (!run_once(run, (unsigned int)i, guard, &member, &choices)) {
            free(member.why);
            free(members);
            return false;
        }
        merge_member(v, &member, guard, v6, &members[i], &min_ttl);
    }
    if (v->why != NULL) {
        free(members);
        return true;
    }
    v->members = members;
    memset(&v->dest, 0, sizeof v->dest);
    v->dest.verdict = ICGW_VERDICT_SELECT;
    v->dest.n_members = (uint8_t)n;
    v->dest.members = v->members;
    v->dest.tunnel = ICGW_NO_TUNNEL;
    apply_guard(guard, v6, v);
    v->dest.min_ttl = min_ttl;
    return true;
}

bool specialise_run(const struct run *run, struct verdict *v)
{
    struct guard guard = {.exact = run->exact};
    size_t choices;

    memset(v, 0, sizeof *v);
    if (interp_restarts_errors(run->port->datapath)) {
        guard.classes |= ICGW_CLASS_TOO_BIG_ERROR;
    }
    if (!run_once(run, 0, &guard, v, &choices) ||
        (choices > 1 && !run_choices(run, choices, &guard, v))) {
        specialise_verdict_clear(v);
        return false;
    }
    if (v->why == NULL && v->dest.verdict != ICGW_VERDICT_SELECT) {
        apply_guard(&guard, run->destination->eth_type == 0x86dd, v);
    }
    return true;
}

void specialise_verdict_clear(struct verdict *v)
{
    for (size_t i = 0; i < v->n_leaves; i++) {
        specialise_verdict_clear(&v->leaves[i]);
    }
    free(v->leaves);
    free(v->members);
    free(v->why);
    free(v->partly);
    icgw_classifier_free(v->classifier);
    memset(v, 0, sizeof *v);
}
