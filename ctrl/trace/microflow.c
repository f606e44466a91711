/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "microflow.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "eval.h"
#include "util.h"

/* --- what the expression says */

static bool is_consistent(const struct microflow *m, const struct expr *e)
{
    return (m->known[e->bits.field] & e->mask & (m->value[e->bits.field] ^ e->value)) == 0;
}

static bool take_compare(struct microflow *m, const struct expr *e)
{
    if (!is_consistent(m, e)) {
        return false;
    }
    m->value[e->bits.field] |= e->value & e->mask;
    m->known[e->bits.field] |= e->mask;
    return true;
}

static bool take_port(struct microflow *m, const struct expr *e)
{
    const char **name = e->bits.field == FIELD_INPORT ? &m->inport : &m->outport;
    if (*name != NULL && strcmp(*name, e->name) != 0) {
        return false;
    }
    *name = e->name;
    return true;
}

static bool take(struct microflow *m, const struct expr *e);

/* The first one that agrees with what is known already. */
static bool take_alternative(struct microflow *m, const struct expr *e)
{
    for (size_t i = 0; i < e->n_sub; i++) {
        struct microflow *attempt = xmemdup(m, sizeof *m);
        bool ok = take(attempt, e->sub[i]);
        if (ok) {
            *m = *attempt;
        }
        free(attempt);
        if (ok) {
            return true;
        }
    }
    return false;
}

/* Alternatives come last: the rest may decide among them.  What is no equality is
 * looked at when the packet is there: microflow_check(). */
static bool take(struct microflow *m, const struct expr *e)
{
    bool ok = true;
    switch (e->type) {
    case EXPR_AND:
        for (size_t i = 0; i < e->n_sub && ok; i++) {
            ok = e->sub[i]->type == EXPR_OR || take(m, e->sub[i]);
        }
        for (size_t i = 0; i < e->n_sub && ok; i++) {
            ok = e->sub[i]->type != EXPR_OR || take(m, e->sub[i]);
        }
        return ok;
    case EXPR_OR:
        return take_alternative(m, e);
    case EXPR_COMPARE:
        return e->relop != RELOP_EQ || take_compare(m, e);
    case EXPR_PORT:
        return e->relop != RELOP_EQ || take_port(m, e);
    default:
        return true;
    }
}

static const char *unknown_name(const struct expr *e)
{
    const char *name = e->type == EXPR_UNKNOWN ? e->name : NULL;
    for (size_t i = 0; i < e->n_sub && name == NULL; i++) {
        name = unknown_name(e->sub[i]);
    }
    return name;
}

bool microflow_parse(struct microflow *m, const char *text, char **error)
{
    const char *why;
    memset(m, 0, sizeof *m);
    if (strlen(text) > MICROFLOW_MAX_TEXT) {
        *error = xasprintf("a packet in %zu characters; allowed are %d", strlen(text),
                           MICROFLOW_MAX_TEXT);
        return false;
    }
    m->expr = expr_parse(text, &why);
    if (m->expr == NULL) {
        *error = xasprintf("%s; a packet is written as in ovn-trace(8), for example: "
                           "inport == \"ts1-lr2\" && ip4.dst == 10.1.0.10 && icmp4",
                           why);
        return false;
    }
    if (m->expr->type == EXPR_CONSTANT && m->expr->value == 0) {
        *error = xstrdup("OVN refuses the expression, as it would in a flow: ovn-sb(5), "
                         "Logical_Flow, match");
        return false;
    }
    if (unknown_name(m->expr) != NULL) {
        *error = xasprintf("%s is no field that is known here", unknown_name(m->expr));
        return false;
    }
    if (!take(m, m->expr)) {
        *error = xstrdup("no packet is like that: the expression contradicts itself");
        return false;
    }
    return true;
}

void microflow_free(struct microflow *m)
{
    expr_free(m->expr);
    m->expr = NULL;
}

/* --- what it leaves open */

static void format_value(enum field_id id, wide value, char *text, size_t size)
{
    uint8_t b[16];
    unsigned int n = field_width(id) / 8;
    wide_to_bytes(value, b, n);
    if (n == 16 || id == FIELD_IP4_SRC || id == FIELD_IP4_DST) {
        inet_ntop(n == 16 ? AF_INET6 : AF_INET, b, text, (socklen_t)size);
    } else if (n == 6) {
        snprintf(text, size, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
    } else {
        snprintf(text, size, "%" PRIu64, (uint64_t)value);
    }
}

void microflow_assume(struct microflow *m, enum field_id id, wide value)
{
    char text[INET6_ADDRSTRLEN];
    wide open = wide_ones(field_width(id)) & ~m->known[id];
    if (open == 0) {
        return;
    }
    m->value[id] |= value & open;
    m->known[id] |= open;
    format_value(id, m->value[id], text, sizeof text);
    if (m->n_notes < MICROFLOW_MAX_NOTES) {
        snprintf(m->notes[m->n_notes++], sizeof m->notes[0], "%s == %s", field_name(id), text);
    }
}

/* --- whether it came out as it was meant */

bool microflow_check(const struct microflow *m, const struct model *model,
                     const struct frame *frame, char **error)
{
    const struct model_port *in = model_port_by_name(model, m->inport);
    struct state *state = xmalloc(sizeof *state);
    state_init(state);
    frame_load(frame, state);
    state_set(state, whole(FIELD_INPORT), in->key);
    if (m->outport != NULL) {
        state_set(state, whole(FIELD_OUTPORT), eval_port_key(model, in->datapath, m->outport));
    }
    struct eval ev = {.model = model, .datapath = in->datapath, .state = state};
    bool same = eval_match(&ev, m->expr) == TRUTH_TRUE;
    free(state);
    if (!same) {
        *error = xstrdup("cannot make such a packet: fields are set by == (no registers, flags, "
                         "VLAN tags, fragments); give the frame in hexadecimal instead");
    }
    return same;
}
