/* SPDX-License-Identifier: Apache-2.0 */
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_rcu_qsbr.h>

#include "pmd.h"

/* Publication of tables and reclamation of old ones.  Control thread only; a
 * worker loads pmd_worker.tables and reports to pmd.rcu. */

static struct icgw_tables *current; /* the first copy */

/* Tables that were replaced and that a worker may still be looking at. */
static struct icgw_tables *oldest, **newest = &oldest;
static uint64_t published, in_use;

static void reclaim(bool wait)
{
    while (oldest && rte_rcu_qsbr_check(pmd.rcu, oldest->retired.token, wait) == 1) {
        struct icgw_tables *old = oldest;

        oldest = old->retired.next;
        if (!oldest) {
            newest = &oldest;
        }
        in_use = old->retired.number;
        icgw_tables_free(old);
    }
}

/* Which tunnels may leave UDP checksums to their port. */
static void offer_offload(struct icgw_tables *tables)
{
    for (uint16_t i = 0; i < tables->n_tunnels; i++) {
        struct icgw_tunnel *t = tables->tunnels[i];

        if (t != NULL) {
            t->offload = t->port < pmd.n_ports && pmd.ports[t->port].dev.udp_cksum;
        }
    }
}

void icgw_pmd_publish(struct icgw_tables *tables)
{
    struct icgw_tables *old = current;

    offer_offload(tables);
    pmd_replicas_make(tables, old);
    pmd_replicas_give(tables);
    current = tables;
    published++;
    old->retired.next = NULL;
    old->retired.token = rte_rcu_qsbr_start(pmd.rcu);
    old->retired.number = published;
    *newest = old;
    newest = &old->retired.next;
    reclaim(false);
}

const struct icgw_tables *icgw_pmd_tables(void)
{
    return current;
}

uint64_t icgw_pmd_published(void)
{
    return published;
}

uint64_t icgw_pmd_in_use(void)
{
    reclaim(false);
    return in_use;
}

void icgw_pmd_run(void)
{
    reclaim(false);
}

bool pmd_publish_open(char **error)
{
    struct icgw_tables *empty;
    size_t size = rte_rcu_qsbr_get_memsize(pmd.n_workers);

    pmd_replicas_open();
    empty = icgw_tables_create(0, 0, 0, NULL, 0);
    published = in_use = 0;
    pmd.rcu = rte_zmalloc("icgw_rcu", size, RTE_CACHE_LINE_SIZE);
    if (!empty || !pmd.rcu || rte_rcu_qsbr_init(pmd.rcu, pmd.n_workers) != 0) {
        icgw_tables_free(empty);
        return pmd_fail(error, "no memory for forwarding tables: %s; raise [dpdk] memory",
                        rte_strerror(rte_errno));
    }
    for (uint16_t i = 0; i < pmd.n_workers; i++) {
        rte_rcu_qsbr_thread_register(pmd.rcu, i);
    }
    pmd_replicas_make(empty, NULL);
    pmd_replicas_give(empty);
    current = empty;
    return true;
}

/* Workers have stopped: nobody looks any more. */
void pmd_publish_close(void)
{
    if (pmd.rcu) {
        reclaim(true);
        icgw_tables_free(current);
        current = NULL;
        rte_free(pmd.rcu);
        pmd.rcu = NULL;
    }
}
