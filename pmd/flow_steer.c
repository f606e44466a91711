/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include <rte_errno.h>

#include "flow.h"

/* From the best kind down to what most NICs can do. */
static const struct pmd_flow_kind kinds[] = {
    {.text = "Geneve by inner headers", .inner = true, .geneve = true},
    {.text = "Geneve by outer headers", .geneve = true},
    {.text = "UDP port 6081 by outer headers"},
};

static const char *reason(const struct rte_flow_error *error)
{
    return error->message ? error->message : rte_strerror(rte_errno);
}

/* NULL, with *error, if the device refuses. */
static struct rte_flow *install(uint16_t id, const struct pmd_flow_rule *rule,
                                struct rte_flow_error *error)
{
    memset(error, 0, sizeof *error);
    if (rte_flow_validate(id, &rule->attr, rule->pattern, rule->actions, error) != 0) {
        return NULL;
    }
    return rte_flow_create(id, &rule->attr, rule->pattern, rule->actions, error);
}

static void destroy(uint16_t id, struct rte_flow **flow)
{
    struct rte_flow_error ignored;

    if (*flow != NULL) {
        rte_flow_destroy(id, *flow, &ignored);
        *flow = NULL;
    }
}

/* One rule for each of our addresses, or none. */
static bool install_tunnels(struct pmd_port *port, const struct pmd_flow_kind *kind,
                            uint64_t hashes, bool count, struct rte_flow_error *error)
{
    uint16_t n_queues = port->dev.rest_queue;

    for (uint16_t i = 0; i < pmd.n_locals; i++) {
        struct pmd_flow_rule rule;

        pmd_flow_tunnel(&rule, &pmd.locals[i], kind, n_queues, hashes, count);
        port->flows[i] = install(port->dev.id, &rule, error);
        if (port->flows[i] == NULL) {
            pmd_flow_remove(port);
            return false;
        }
    }
    port->flows_count = count;
    return true;
}

/* Counters are worth less than rules: without them rather than not at all. */
static bool try_kind(struct pmd_port *port, const struct pmd_flow_kind *kind, uint64_t hashes)
{
    uint64_t needed = pmd_spread_hashes();
    struct rte_flow_error error;

    if (!kind->inner && pmd.n_workers > 1 && (hashes & needed) != needed) {
        pmd_note(port, false, "rte_flow: %s: no, the device has no hash of UDP ports", kind->text);
        return false;
    }
    if (install_tunnels(port, kind, hashes, true, &error)) {
        pmd_note(port, false, "rte_flow: %s: yes, to %u queue%s", kind->text, port->dev.rest_queue,
                 port->dev.rest_queue == 1 ? "" : "s");
        return true;
    }
    pmd_note(port, false, "rte_flow: %s, counted: refused: %s", kind->text, reason(&error));
    if (install_tunnels(port, kind, hashes, false, &error)) {
        pmd_note(port, false, "rte_flow: %s, not counted: yes, to %u queue%s", kind->text,
                 port->dev.rest_queue, port->dev.rest_queue == 1 ? "" : "s");
        return true;
    }
    pmd_note(port, false, "rte_flow: %s, not counted: refused: %s", kind->text, reason(&error));
    return false;
}

/* Without this rule the device's own hash decides about the rest. */
static void install_rest(struct pmd_port *port)
{
    struct rte_flow_error error;
    struct pmd_flow_rule rule;

    pmd_flow_rest(&rule, port->dev.rest_queue, port->flows_count);
    port->flow_rest = install(port->dev.id, &rule, &error);
    if (port->flow_rest != NULL) {
        pmd_note(port, false, "rte_flow: everything else: yes, to queue %u", port->dev.rest_queue);
    } else {
        pmd_note(port, false, "rte_flow: everything else to queue %u: refused: %s; any queue",
                 port->dev.rest_queue, reason(&error));
    }
}

bool pmd_flow_possible(const struct pmd_port *port)
{
    struct rte_flow_error error;
    struct pmd_flow_rule rule;

    pmd_flow_rest(&rule, 0, false);
    return rte_flow_validate(port->dev.id, &rule.attr, rule.pattern, rule.actions, &error) !=
           -ENOSYS;
}

bool pmd_flow_install(struct pmd_port *port, uint64_t hashes)
{
    for (unsigned int i = 0; i < RTE_DIM(kinds); i++) {
        if (kinds[i].inner && pmd.n_workers == 1) {
            continue; /* nothing to spread */
        }
        if (try_kind(port, &kinds[i], hashes)) {
            install_rest(port);
            return true;
        }
    }
    return false;
}

void pmd_flow_remove(struct pmd_port *port)
{
    for (uint16_t i = 0; i < PMD_MAX_LOCALS; i++) {
        destroy(port->dev.id, &port->flows[i]);
    }
    destroy(port->dev.id, &port->flow_rest);
}

static uint64_t hits(uint16_t id, struct rte_flow *flow)
{
    const struct rte_flow_action count = {.type = RTE_FLOW_ACTION_TYPE_COUNT};
    struct rte_flow_query_count result = {0};
    struct rte_flow_error error;

    if (flow == NULL || rte_flow_query(id, flow, &count, &result, &error) != 0) {
        return 0;
    }
    return result.hits;
}

bool pmd_flow_counts(const struct pmd_port *port, uint64_t *tunnel, uint64_t *rest)
{
    *tunnel = *rest = 0;
    if (port->spread != ICGW_SPREAD_FLOW || !port->flows_count) {
        return false;
    }
    for (uint16_t i = 0; i < PMD_MAX_LOCALS; i++) {
        *tunnel += hits(port->dev.id, port->flows[i]);
    }
    *rest = hits(port->dev.id, port->flow_rest);
    return true;
}
