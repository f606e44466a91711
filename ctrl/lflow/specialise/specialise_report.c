/* SPDX-License-Identifier: Apache-2.0 */

/* What is not on the fast path, said so that an operator can act on it. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_private.h"
#include "specialise_private.h"

static char *format(const char *text, ...) __attribute__((format(printf, 1, 2)));
static char *format(const char *text, ...)
{
    char *result;
    va_list args;
    va_start(args, text);
    if (vasprintf(&result, text, args) < 0) {
        abort();
    }
    va_end(args);
    return result;
}

static char *describe_flow(const struct lflow *flow)
{
    if (flow == NULL) {
        return model_copy("");
    }
    return format("%s %s table=%d (%s) match=(%s) action=(%s)", flow->uuid,
                  flow->egress ? "egress" : "ingress", flow->table, flow->stage,
                  flow->code->match_text, flow->code->actions_text);
}

static const char *unknown_symbol(const struct expr *e)
{
    const char *name = e->type == EXPR_UNKNOWN ? e->name : NULL;
    for (size_t i = 0; i < e->n_sub && name == NULL; i++) {
        name = unknown_symbol(e->sub[i]);
    }
    return name;
}

/* What every look-up has, and what no packet brings along. */
static bool is_given(enum field_id id)
{
    return id < FIELD_ETH_SRC || id == FIELD_ETH_DST || id == FIELD_ETH_TYPE ||
           id == FIELD_VLAN_TCI;
}

/* Names of the fields that a match looks at. */
static void list_fields(const struct expr *e, bool destination, char *text, size_t size)
{
    bool compares = e->type == EXPR_COMPARE || e->type == EXPR_SET;
    if (compares && !is_given(e->bits.field)) {
        const char *name = field_name(e->bits.field);
        bool is_destination = e->bits.field == FIELD_IP4_DST || e->bits.field == FIELD_IP6_DST;
        if ((destination || !is_destination) && strstr(text, name) == NULL) {
            size_t used = strlen(text);
            snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "", name);
        }
    }
    for (size_t i = 0; i < e->n_sub; i++) {
        list_fields(e->sub[i], destination, text, size);
    }
}

static char *needs_of_action(const struct lflow_code *code)
{
    const char *action = code->unsupported;
    if (action == NULL) {
        return NULL;
    }
    return code->tracks_connections
               ? format("connection tracking (%s): NAT, load balancing and stateful ACLs "
                        "belong on another chassis",
                        action)
               : format("the action %s", action);
}

/* What this gateway would have to be able to do. */
static char *needs(const struct verdict *v)
{
    char fields[256] = "";
    const struct lflow_code *code = v->why_flow != NULL ? v->why_flow->code : NULL;
    if (code == NULL) {
        return model_copy("");
    }
    const struct lflow_parsed *parsed = lflow_parsed(code);
    const char *symbol = parsed->match != NULL ? unknown_symbol(parsed->match) : NULL;
    if (parsed->match == NULL || parsed->actions == NULL) {
        return model_copy("a flow that this version can read");
    }
    if (v->unsupported && symbol != NULL) {
        return format("the symbol %s", symbol);
    }
    char *action = needs_of_action(code);
    if (action != NULL) {
        return action;
    }
    list_fields(parsed->match, false, fields, sizeof fields);
    if (fields[0] == '\0') { /* a switch knows packets by their MAC address only */
        list_fields(parsed->match, true, fields, sizeof fields);
    }
    return v->unsupported || fields[0] == '\0' ? model_copy("")
                                               : format("guards that look at %s", fields);
}

static void add(struct specialised_endpoint *endpoint, const struct model_port *port,
                const char *destination, const struct verdict *v)
{
    struct specialised_report *report =
        model_grow(&endpoint->reports, &endpoint->n_reports, sizeof *report);
    report->port = model_copy(port->name);
    report->destination = model_copy(destination);
    report->unsupported = v->unsupported;
    report->why = model_copy(v->why);
    report->flow = describe_flow(v->why_flow);
    report->needs = needs(v);
}

/* What the slow path is there for needs no report. */
static bool is_kept_off(const struct verdict *v)
{
    return v->unsupported ||
           (v->dest.verdict == ICGW_VERDICT_SLOW && v->dest.reason == ICGW_SLOW_DESTINATION);
}

bool specialise_report_due(const struct verdict *v)
{
    return is_kept_off(v) || v->refused != NULL || v->partly != NULL;
}

void specialise_report(struct specialised_endpoint *endpoint, const struct model_port *port,
                       const char *destination, const struct verdict *v)
{
    if (is_kept_off(v)) {
        add(endpoint, port, destination, v);
    }
    if (v->partly != NULL) {
        struct verdict part = {.why = format("for some packets: %s", v->partly),
                               .why_flow = v->partly_flow};
        add(endpoint, port, destination, &part);
        free(part.why);
    }
    if (v->refused != NULL && !v->unsupported) {
        char why[] = "dropped where the flow matches, else forwarded";
        struct verdict part = {.unsupported = true, .why = why, .why_flow = v->refused};
        add(endpoint, port, destination, &part);
    }
}

void specialise_report_clear(struct specialised_report *report)
{
    free(report->port);
    free(report->destination);
    free(report->why);
    free(report->flow);
    free(report->needs);
}
