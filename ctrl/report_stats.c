/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "report.h"

#include <inttypes.h>

#include "bfd.h"
#include "gateway.h"
#include "icgw_pmd.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "slow_path.h"

/* Drops and slow path of all threads together. */
struct totals {
    uint64_t drops[ICGW_N_DROPS];
    uint64_t slow[ICGW_N_SLOWS];
};

static void add_up(const struct gateway *gw, struct totals *totals)
{
    const struct icgw_stats *own = slow_path_stats(gw->slow_path);
    for (int i = 0; i < ICGW_N_DROPS; i++) {
        totals->drops[i] = own->drops[i];
    }
    totals->drops[ICGW_DROP_BFD] += bfd_peers(gw->bfd)->stats.unexpected;
    for (int i = 0; i < ICGW_N_SLOWS; i++) {
        totals->slow[i] = 0;
    }
    for (uint16_t w = 0; w < icgw_pmd_n_workers(); w++) {
        struct icgw_worker_info info;
        icgw_pmd_worker_info(w, &info);
        for (int i = 0; i < ICGW_N_DROPS; i++) {
            totals->drops[i] += info.stats.drops[i];
        }
        for (int i = 0; i < ICGW_N_SLOWS; i++) {
            totals->slow[i] += info.stats.slow[i];
        }
    }
}

static void put(struct json *json, const char *name, uint64_t value)
{
    json_object_put(json, name, json_integer_create((long long)value));
}

static struct json *worker_json(uint16_t worker)
{
    struct icgw_worker_info info;
    struct json *json = json_object_create();
    icgw_pmd_worker_info(worker, &info);
    put(json, "core", info.core);
    put(json, "rx_packets", info.stats.rx_packets);
    put(json, "tx_packets", info.stats.tx_packets);
    put(json, "rx_bytes", info.stats.rx_bytes);
    put(json, "tx_bytes", info.stats.tx_bytes);
    put(json, "busy_cycles", info.stats.busy_cycles);
    put(json, "polls", info.stats.polls);
    put(json, "to_host", info.stats.to_host);
    put(json, "from_host", info.stats.from_host);
    put(json, "to_bfd", info.stats.to_bfd);
    return json;
}

struct json *report_stats_json(const struct gateway *gw)
{
    struct totals totals;
    struct json *json = json_object_create();
    struct json *workers = json_array_create_empty();
    struct json *drops = json_object_create();
    struct json *slow = json_object_create();

    add_up(gw, &totals);
    for (uint16_t i = 0; i < icgw_pmd_n_workers(); i++) {
        json_array_add(workers, worker_json(i));
    }
    for (int i = 0; i < ICGW_N_DROPS; i++) {
        put(drops, icgw_drop_name(i), totals.drops[i]);
    }
    for (int i = 0; i < ICGW_N_SLOWS; i++) {
        put(slow, icgw_slow_name(i), totals.slow[i]);
    }
    json_object_put(json, "workers", workers);
    json_object_put(json, "drops", drops);
    json_object_put(json, "slow_path", slow);
    put(json, "slow_path_tx_packets", slow_path_stats(gw->slow_path)->tx_packets);
    return json;
}

static void workers_text(struct ds *ds)
{
    ds_put_format(ds, "%-6s %14s %14s %16s %16s %12s %12s %16s %14s\n", "core", "rx packets",
                  "tx packets", "rx bytes", "tx bytes", "to host", "from host", "busy cycles",
                  "polls");
    for (uint16_t i = 0; i < icgw_pmd_n_workers(); i++) {
        struct icgw_worker_info w;
        icgw_pmd_worker_info(i, &w);
        ds_put_format(ds,
                      "%-6u %14" PRIu64 " %14" PRIu64 " %16" PRIu64 " %16" PRIu64 " %12" PRIu64
                      " %12" PRIu64 " %16" PRIu64 " %14" PRIu64 "\n",
                      w.core, w.stats.rx_packets, w.stats.tx_packets, w.stats.rx_bytes,
                      w.stats.tx_bytes, w.stats.to_host, w.stats.from_host, w.stats.busy_cycles,
                      w.stats.polls);
    }
}

static void counter_text(struct ds *ds, const char *name, uint64_t value)
{
    if (value > 0) {
        ds_put_format(ds, "  %-24s %14" PRIu64 "\n", name, value);
    }
}

void report_stats_text(const struct gateway *gw, struct ds *ds)
{
    struct totals totals;
    add_up(gw, &totals);
    workers_text(ds);
    ds_put_cstr(ds, "\ndrops (packets; reasons without any are left out)\n");
    for (int i = 0; i < ICGW_N_DROPS; i++) {
        counter_text(ds, icgw_drop_name(i), totals.drops[i]);
    }
    ds_put_cstr(ds, "\nslow path (packets)\n");
    for (int i = 0; i < ICGW_N_SLOWS; i++) {
        counter_text(ds, icgw_slow_name(i), totals.slow[i]);
    }
    counter_text(ds, "sent by the slow path", slow_path_stats(gw->slow_path)->tx_packets);
}
