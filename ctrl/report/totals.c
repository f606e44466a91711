/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "totals.h"

#include <string.h>

#include "bfd.h"
#include "gateway.h"
#include "icgw_pmd.h"
#include "slow_path.h"

static void add(struct totals *totals, const struct icgw_stats *stats)
{
    for (int i = 0; i < ICGW_N_DROPS; i++) {
        totals->drops[i] += stats->drops[i];
    }
    for (int i = 0; i < ICGW_N_SLOWS; i++) {
        totals->slow[i] += stats->slow[i];
    }
}

void totals_add_up(const struct gateway *gw, struct totals *totals)
{
    struct icgw_stats control;

    memset(totals, 0, sizeof *totals);
    add(totals, slow_path_stats(gw->slow_path));
    icgw_pmd_control_stats(&control);
    add(totals, &control);
    totals->drops[ICGW_DROP_BFD] += bfd_peers(gw->bfd)->stats.unexpected;
    for (uint16_t w = 0; w < icgw_pmd_n_workers(); w++) {
        struct icgw_worker_info info;
        icgw_pmd_worker_info(w, &info);
        add(totals, &info.stats);
        totals->rx_packets += info.stats.rx_packets;
        totals->tx_packets += info.stats.tx_packets;
    }
}

int64_t totals_sample(struct totals_history *h, const struct gateway *gw, int64_t now)
{
    if (h->newer.at == 0 || now >= h->newer.at + TOTALS_SAMPLE_MS) {
        h->older = h->newer;
        totals_add_up(gw, &h->newer.totals);
        h->newer.at = now;
    }
    return h->newer.at + TOTALS_SAMPLE_MS;
}

double totals_since(const struct totals_history *h, int64_t now, const struct totals **before)
{
    bool has_older = h->older.at != 0;
    int64_t at = has_older ? h->older.at : h->newer.at;
    *before = has_older ? &h->older.totals : &h->newer.totals;
    return at == 0 || now <= at ? 0 : (double)(now - at) / 1000;
}
