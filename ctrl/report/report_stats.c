/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "report.h"

#include <rte_cycles.h>

#include "gateway.h"
#include "icgw_pmd.h"
#include "meanings.h"
#include "model.h"
#include "put.h"
#include "slow_path.h"
#include "timeval.h"
#include "totals.h"
#include "traffic.h"

static struct json *worker_json(uint16_t worker)
{
    struct icgw_worker_info info;
    struct json *json = json_object_create();
    icgw_pmd_worker_info(worker, &info);
    put_uint(json, "core", info.core);
    put_uint(json, "rx_packets", info.stats.rx_packets);
    put_uint(json, "tx_packets", info.stats.tx_packets);
    put_uint(json, "rx_bytes", info.stats.rx_bytes);
    put_uint(json, "tx_bytes", info.stats.tx_bytes);
    put_uint(json, "busy_cycles", info.stats.busy_cycles);
    put_uint(json, "polls", info.stats.polls);
    put_uint(json, "to_host", info.stats.to_host);
    put_uint(json, "from_host", info.stats.from_host);
    put_uint(json, "to_bfd", info.stats.to_bfd);
    put_uint(json, "handed_over", info.stats.handed_over);
    put_uint(json, "taken_over", info.stats.taken_over);
    return json;
}

static struct json *transits_json(const struct model *model)
{
    struct json *json = json_array_create_empty();
    struct traffic traffic;
    size_t n = 0;
    struct model_datapath *const *list = model ? model_datapaths(model, &n) : NULL;
    traffic_take(&traffic);
    for (size_t i = 0; i < n; i++) {
        if (list[i]->transit) {
            struct json *transit = json_object_create();
            struct traffic_line line = traffic_of_datapath(&traffic, list[i]->key);
            put_string(transit, "datapath", list[i]->name);
            put_uint(transit, "vni", list[i]->key);
            traffic_put(transit, &line);
            json_array_add(json, transit);
        }
    }
    traffic_free(&traffic);
    return json;
}

struct json *report_stats(const struct gateway *gw)
{
    struct totals totals;
    struct json *json = json_object_create();
    struct json *workers = json_array_create_empty();
    struct json *drops = json_object_create();
    struct json *slow = json_object_create();

    totals_add_up(gw, &totals);
    for (uint16_t i = 0; i < icgw_pmd_n_workers(); i++) {
        json_array_add(workers, worker_json(i));
    }
    for (int i = 0; i < ICGW_N_DROPS; i++) {
        put_uint(drops, icgw_drop_name(i), totals.drops[i]);
    }
    for (int i = 0; i < ICGW_N_SLOWS; i++) {
        put_uint(slow, icgw_slow_name(i), totals.slow[i]);
    }
    json_object_put(json, "workers", workers);
    json_object_put(json, "transits", transits_json(gw->model));
    json_object_put(json, "drops", drops);
    json_object_put(json, "slow_path", slow);
    put_uint(json, "slow_path_tx_packets", slow_path_stats(gw->slow_path)->tx_packets);
    put_uint(json, "cycles_per_second", rte_get_tsc_hz());
    return json;
}

struct json *report_drops(const struct gateway *gw)
{
    struct totals totals;
    const struct totals *before;
    struct json *json = json_object_create();
    struct json *drops = json_array_create_empty();
    double seconds = totals_since(&gw->history, time_msec(), &before);

    totals_add_up(gw, &totals);
    for (enum icgw_drop i = 0; i < ICGW_N_DROPS; i++) {
        struct json *drop = json_object_create();
        double rise = (double)(totals.drops[i] - before->drops[i]);
        put_string(drop, "reason", icgw_drop_name(i));
        put_uint(drop, "packets", totals.drops[i]);
        json_object_put(drop, "per_second", json_real_create(seconds > 0 ? rise / seconds : 0));
        put_string(drop, "meaning", drop_meaning(i)->what);
        put_string(drop, "todo", drop_meaning(i)->todo);
        json_array_add(drops, drop);
    }
    json_object_put(json, "drops", drops);
    json_object_put(json, "rate_seconds", json_real_create(seconds));
    return json;
}
