/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include <rte_eal.h>
#include <rte_lcore.h>

#include "pmd.h"

/* A copy of the tables on each NUMA node with workers.  Control thread only, but for
 * pmd_worker.tables.  On one node that is one copy, and nothing here costs anything. */

static uint16_t n_nodes; /* with a copy of their own */
static int nodes[ICGW_MAX_WORKERS];
static uint16_t copies[ICGW_MAX_WORKERS]; /* by worker: which of nodes[] */
static bool nowhere;      /* several nodes, but without huge pages memory is on none known */
static uint16_t anywhere; /* workers that may run on several nodes */

void pmd_replicas_open(void)
{
    bool several = rte_socket_count() > 1;
    int workers[ICGW_MAX_WORKERS];

    anywhere = 0;
    for (uint16_t w = 0; w < pmd.n_workers; w++) {
        workers[w] = (int)rte_lcore_to_socket_id(1u + w); /* SOCKET_ID_ANY: below 0 */
        anywhere += several && workers[w] < 0;
    }
    n_nodes = pmd_numa_group(workers, pmd.n_workers, copies, nodes);
    nowhere = several && !rte_eal_has_hugepages();
    if (nowhere) {
        n_nodes = 1;
        nodes[0] = -1;
    }
    /* The machine's only node needs no name: as rte_malloc() finds it. */
    icgw_tables_home(several ? nodes[0] : -1);
}

void pmd_replicas_make(struct icgw_tables *tables, const struct icgw_tables *before)
{
    for (uint16_t i = 1; i < n_nodes; i++) {
        icgw_tables_add_replica(tables, nodes[i],
                                before); /* else its workers read the first copy */
    }
}

static const struct icgw_tables *copy_of(const struct icgw_tables *tables, uint16_t i)
{
    return i == 0 || n_nodes == 1 ? tables : icgw_tables_on(tables, nodes[i]);
}

void pmd_replicas_give(const struct icgw_tables *tables)
{
    for (uint16_t w = 0; w < pmd.n_workers; w++) {
        /* Release: a worker that sees the pointer sees the contents. */
        atomic_store_explicit(&pmd.workers[w]->tables, copy_of(tables, copies[w]),
                              memory_order_release);
    }
}

uint16_t icgw_pmd_n_copies(void)
{
    return n_nodes;
}

static void note_first(struct icgw_copy_info *info)
{
    struct icgw_pmd_note *note = &info->note;

    if (nowhere) {
        snprintf(note->text, sizeof note->text,
                 "without huge pages it is not known which NUMA node they are on, and workers may "
                 "read them from another one: set [dpdk] huge-pages");
    } else if (icgw_tables_away() > 0) {
        snprintf(note->text, sizeof note->text,
                 "memory of NUMA node %d ran out: part of the tables is on another node; reserve "
                 "more huge pages there",
                 info->node);
    } else if (anywhere > 0) {
        snprintf(note->text, sizeof note->text,
                 "%u of %u workers may run on any NUMA node: set idle = busy, or allow the CPUs of "
                 "one node",
                 anywhere, pmd.n_workers);
    }
}

static void note_replica(const struct icgw_tables *t, bool whole, struct icgw_copy_info *info)
{
    struct icgw_pmd_note *note = &info->note;

    if (!whole) {
        snprintf(note->text, sizeof note->text,
                 "no memory on NUMA node %d: its workers read the tables of node %d; reserve more "
                 "huge pages there",
                 info->node, nodes[0]);
    } else if (t->n_far > 0) {
        snprintf(note->text, sizeof note->text,
                 "memory of NUMA node %d ran out: its workers read %u of %u endpoints on node %d; "
                 "reserve more huge pages there",
                 info->node, t->n_far, icgw_tables_n_endpoints(t), nodes[0]);
    }
}

void icgw_pmd_copy_info(uint16_t i, struct icgw_copy_info *info)
{
    const struct icgw_tables *first = icgw_pmd_tables(), *t = copy_of(first, i);

    *info = (struct icgw_copy_info){.node = nodes[i]};
    for (uint16_t w = 0; w < pmd.n_workers; w++) {
        info->n_workers += nowhere || copies[w] == i;
    }
    if (i == 0) {
        note_first(info);
    } else {
        note_replica(t, t != first, info);
    }
    info->note.warning = info->note.text[0] != '\0';
}

size_t icgw_pmd_copy_bytes(uint16_t i)
{
    const struct icgw_tables *first = icgw_pmd_tables(), *t = copy_of(first, i);

    return i > 0 && t == first ? 0 : icgw_tables_bytes(t);
}
