/* SPDX-License-Identifier: Apache-2.0 */

/* One destination whose outcome depends on more than itself: a run for each answer to
 * what the runs before it have asked, and a classifier that gives the answers. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_private.h"
#include "specialise_private.h"

/* Most distinct outcomes of a destination, and runs for it. */
#define MAX_LEAVES 32
#define MAX_RUNS 512
/* Runs that one endpoint may need for classifiers (20 to 50 us each), and those that may
 * come to nothing: what comes later has to do without. */
#define MAX_ENDPOINT_RUNS 100000
#define MAX_WASTED_RUNS 5000

/* Most values of conditions in a row: each match of a run is compared with them. */
#define MAX_VALUES (2 * ICGW_MAX_RULES)

/* Most attempts to put a rule together. */
#define MAX_STEPS 65536

_Static_assert(MAX_LEAVES <= ICGW_MAX_MEMBERS, "each is a member");

struct tree {
    struct run run;
    struct conditions known;
    struct condition asked;
    unsigned int n_runs;
    unsigned int n_steps;
    struct verdict leaves[MAX_LEAVES + 1]; /* the last one is for a run */
    uint8_t n_leaves;
    struct icgw_rule rules[ICGW_MAX_RULES];
    uint32_t n_rules;
    char bound[80]; /* the limit that it came to; "": none */
};

/* Always false. */
static bool too_many(struct tree *t, unsigned int limit, const char *what)
{
    snprintf(t->bound, sizeof t->bound, "no classifier: more than %u %s", limit, what);
    return false;
}

/* The rules for all that is known to hold, from the `at`th on.  What is known not to
 * hold has had its rules before. */
static bool add_rules(struct tree *t, size_t at, const struct icgw_rule *so_far)
{
    while (at < t->known.n && !t->known.list[at].holds) {
        at++;
    }
    if (at == t->known.n) {
        if (t->n_rules == ICGW_MAX_RULES) {
            return too_many(t, ICGW_MAX_RULES, "rules");
        }
        t->rules[t->n_rules++] = *so_far;
        return true;
    }
    const struct condition *c = &t->known.list[at];
    for (size_t i = 0; i < c->n; i++) {
        struct icgw_rule rule = *so_far;
        if (t->n_steps++ == MAX_STEPS) {
            return too_many(t, ICGW_MAX_RULES, "rules");
        }
        if (specialise_narrow(&rule, c->field, &c->values[i]) && !add_rules(t, at + 1, &rule)) {
            return false;
        }
    }
    return true;
}

/* Takes what the last run came to. */
static bool add_leaf(struct tree *t)
{
    struct verdict *leaf = &t->leaves[MAX_LEAVES];
    struct icgw_rule rule = {.member = 0};
    while (rule.member < t->n_leaves && !specialise_same_leaf(&t->leaves[rule.member], leaf)) {
        rule.member++;
    }
    if (rule.member < t->n_leaves) {
        specialise_verdict_clear(leaf);
    } else if (t->n_leaves < MAX_LEAVES) {
        specialise_move(&t->leaves[t->n_leaves++], leaf);
    } else {
        return too_many(t, MAX_LEAVES, "outcomes");
    }
    return add_rules(t, 0, &rule);
}

static bool grow(struct tree *t);

/* Of all conditions, the one that was asked last included. */
static size_t count_values(const struct tree *t)
{
    size_t n = t->asked.n;
    for (size_t i = 0; i < t->known.n; i++) {
        n += t->known.list[i].n;
    }
    return n;
}

/* Answers what the last run has asked, both ways: first that it holds, since of the
 * rules the first one counts. */
static bool branch(struct tree *t)
{
    bool full = t->known.n == CONDITIONS_MAX;
    if (full || count_values(t) > MAX_VALUES) {
        condition_clear(&t->asked);
        return full ? too_many(t, CONDITIONS_MAX, "conditions in a row")
                    : too_many(t, MAX_VALUES, "values in a row");
    }
    struct condition *c = &t->known.list[t->known.n++];
    *c = t->asked;
    memset(&t->asked, 0, sizeof t->asked);
    c->holds = true;
    bool done = grow(t);
    c->holds = false;
    done = done && grow(t);
    condition_clear(c);
    t->known.n--;
    return done;
}

static bool grow(struct tree *t)
{
    struct effort *effort = t->run.destination->effort;
    if (t->n_runs == MAX_RUNS) {
        return too_many(t, MAX_RUNS, "runs");
    }
    if (effort->runs >= MAX_ENDPOINT_RUNS) {
        return too_many(t, MAX_ENDPOINT_RUNS, "runs for the port");
    }
    if (effort->wasted >= MAX_WASTED_RUNS) {
        return too_many(t, MAX_WASTED_RUNS, "runs in vain for the port");
    }
    t->n_runs++;
    effort->runs++;
    return specialise_run(&t->run, &t->leaves[MAX_LEAVES]) ? add_leaf(t) : branch(t);
}

/* Some packets of the destination are slow, or not supported: the slow path tells. */
static void leave_to_slow_path(struct verdict *whole, struct verdict *leaf)
{
    const struct lflow *refused = leaf->unsupported ? leaf->why_flow : leaf->refused;
    uint8_t reason = leaf->unsupported ? (uint8_t)ICGW_SLOW_DESTINATION : leaf->dest.reason;
    whole->refused = whole->refused != NULL ? whole->refused : refused;
    if (leaf->why == NULL) {
        return;
    }
    if (!leaf->unsupported && reason == ICGW_SLOW_DESTINATION && whole->partly == NULL) {
        whole->partly = leaf->why;
        whole->partly_flow = leaf->why_flow;
        leaf->why = NULL;
    }
    memset(&leaf->dest, 0, sizeof leaf->dest);
    leaf->dest.verdict = ICGW_VERDICT_SLOW;
    leaf->dest.reason = reason;
}

static bool is_sent(const struct verdict *leaf)
{
    return leaf->why == NULL && (leaf->dest.verdict == ICGW_VERDICT_FORWARD ||
                                 leaf->dest.verdict == ICGW_VERDICT_SELECT);
}

/* How many ways packets of the destination are sent. */
static unsigned int count_ways(const struct tree *t)
{
    unsigned int n = 0;
    for (uint8_t i = 0; i < t->n_leaves; i++) {
        bool known = false;
        for (uint8_t k = 0; k < i; k++) {
            known |= specialise_same_way(&t->leaves[k], &t->leaves[i]);
        }
        n += is_sent(&t->leaves[i]) && !known;
    }
    return n;
}

/* Whatever the answers were, all comes to the same but for guards: nothing needs to be
 * classified. */
static bool take_the_same(struct tree *t, struct verdict *v)
{
    for (uint8_t i = 1; i < t->n_leaves; i++) {
        if (!specialise_same_way(&t->leaves[0], &t->leaves[i])) {
            return false;
        }
    }
    for (uint8_t i = 1; i < t->n_leaves; i++) {
        if (!specialise_unite_guards(&t->leaves[0], &t->leaves[i])) {
            return false;
        }
    }
    specialise_move(v, &t->leaves[0]);
    return true;
}

/* A guard is cheaper than a classifier, and as good where all that is sent goes one
 * way. */
static bool take_guarded(struct tree *t, struct verdict *v)
{
    struct run run = t->run;
    run.known = NULL;
    if (specialise_run(&run, v) && v->why == NULL) {
        return true;
    }
    specialise_verdict_clear(v);
    return false;
}

/* The rules before the last one that lead where that does are not needed. */
static void shorten(struct tree *t)
{
    while (t->n_rules > 1 && t->rules[t->n_rules - 2].member == t->rules[t->n_rules - 1].member) {
        t->rules[t->n_rules - 2] = t->rules[t->n_rules - 1];
        t->n_rules--;
    }
}

static bool take_classifier(struct tree *t, struct verdict *v)
{
    v->classifier = icgw_classifier_create(t->rules, t->n_rules);
    if (v->classifier == NULL) {
        return false;
    }
    v->leaves = model_alloc(t->n_leaves * sizeof *v->leaves);
    v->members = model_alloc(t->n_leaves * sizeof *v->members);
    v->n_leaves = t->n_leaves;
    for (uint8_t i = 0; i < t->n_leaves; i++) {
        specialise_move(&v->leaves[i], &t->leaves[i]);
        leave_to_slow_path(v, &v->leaves[i]);
        v->members[i] = v->leaves[i].dest;
    }
    v->dest.verdict = ICGW_VERDICT_CLASSIFY;
    v->dest.classifier = v->classifier;
    v->dest.members = v->members;
    v->dest.n_members = t->n_leaves;
    v->dest.tunnel = ICGW_NO_TUNNEL;
    return true;
}

/* False: nothing would be gained, or there is no memory. */
static bool finish(struct tree *t, struct verdict *v)
{
    unsigned int ways = count_ways(t);
    if (take_the_same(t, v)) {
        return true;
    }
    if (ways == 0 || (ways == 1 && take_guarded(t, v))) {
        return ways == 1;
    }
    shorten(t);
    return take_classifier(t, v);
}

/* Adds to a report why there is no classifier. */
static void note_bound(struct verdict *v, const char *bound)
{
    char *why = NULL;
    if (v->why == NULL || v->dest.verdict != ICGW_VERDICT_SLOW ||
        v->dest.reason != ICGW_SLOW_DESTINATION || bound[0] == '\0') {
        return;
    }
    if (asprintf(&why, "%s (%s)", v->why, bound) < 0) {
        abort();
    }
    free(v->why);
    v->why = why;
}

/* Where all is slow, whatever is asked, what the last answer came to says more about it
 * than that there is something to ask. */
static void take_reason(struct tree *t, struct verdict *v)
{
    struct verdict *leaf = t->n_rules > 0 ? &t->leaves[t->rules[t->n_rules - 1].member] : NULL;
    if (t->bound[0] != '\0' || leaf == NULL || leaf->why == NULL || leaf->unsupported ||
        v->dest.verdict != ICGW_VERDICT_SLOW || v->dest.reason != ICGW_SLOW_DESTINATION) {
        return;
    }
    leaf->refused = leaf->refused != NULL ? leaf->refused : v->refused;
    specialise_verdict_clear(v);
    specialise_move(v, leaf);
}

static void classify(const struct run *run, struct condition *asked, struct verdict *v)
{
    struct tree *t = model_alloc(sizeof *t);
    t->run = *run;
    t->run.known = &t->known;
    t->run.asked = &t->asked;
    t->run.exact = true;
    t->asked = *asked;
    if (!branch(t) || !finish(t, v)) {
        run->destination->effort->wasted += t->n_runs;
        specialise_run(run, v);
        take_reason(t, v);
        note_bound(v, t->bound);
    }
    for (uint8_t i = 0; i <= MAX_LEAVES; i++) {
        specialise_verdict_clear(&t->leaves[i]);
    }
    free(t);
}

void specialise_classify(const struct run *run, struct verdict *v)
{
    static const struct conditions nothing = {.n = 0};
    struct condition asked = {.n = 0};
    struct run first = *run;

    first.known = &nothing;
    first.asked = &asked;
    first.exact = true;
    if (!specialise_run(&first, v)) {
        classify(run, &asked, v);
    }
}
