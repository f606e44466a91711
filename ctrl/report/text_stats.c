/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "table.h"
#include "util.h"
#include "view.h"

static const struct {
    const char *name;
    const char *title;
} worker_columns[] = {
    {"core", "core"},
    {"rx_packets", "rx packets"},
    {"tx_packets", "tx packets"},
    {"rx_bytes", "rx bytes"},
    {"tx_bytes", "tx bytes"},
    {"to_host", "to host"},
    {"from_host", "from host"},
    {"handed_over", "handed over"},
    {"taken_over", "taken over"},
    {"busy_cycles", "busy cycles"},
    {"polls", "polls"},
};

static void put_workers(const struct json *workers, struct ds *ds, bool colour)
{
    const struct json *worker;
    struct table *t = table_create(colour);
    for (size_t i = 0; i < ARRAY_SIZE(worker_columns); i++) {
        table_column(t, worker_columns[i].title, TABLE_RIGHT);
    }
    VIEW_FOR_EACH(worker, i, workers)
    {
        for (size_t k = 0; k < ARRAY_SIZE(worker_columns); k++) {
            table_cell(t, TONE_PLAIN, "%" PRId64, view_integer(worker, worker_columns[k].name));
        }
    }
    table_put(t, ds);
}

static const char *const traffic_columns[] = {"rx_packets", "rx_bytes", "tx_packets", "tx_bytes"};

/* Transit switches and routers that have seen traffic. */
static void put_transits(const struct json *transits, struct ds *ds, bool colour)
{
    const struct json *transit;
    struct table *t = table_create(colour);
    table_column(t, "transit switch", TABLE_LEFT);
    for (size_t i = 0; i < ARRAY_SIZE(traffic_columns); i++) {
        table_column(t,
                     (const char *const[]){"rx packets", "rx bytes", "tx packets", "tx bytes"}[i],
                     TABLE_RIGHT);
    }
    VIEW_FOR_EACH(transit, i, transits)
    {
        if (view_integer(transit, "rx_packets") + view_integer(transit, "tx_packets") > 0) {
            table_cell(t, TONE_PLAIN, "%s", view_string(transit, "datapath"));
            for (size_t k = 0; k < ARRAY_SIZE(traffic_columns); k++) {
                table_cell(t, TONE_PLAIN, "%" PRId64, view_integer(transit, traffic_columns[k]));
            }
        }
    }
    ds_put_char(ds, '\n');
    table_put(t, ds);
}

/* Counters that are not zero. */
static void put_counters(const struct json *counters, const char *title, struct ds *ds, bool colour,
                         enum tone tone)
{
    if (counters == NULL || counters->type != JSON_OBJECT) {
        return;
    }
    struct table *t = table_create(colour);
    size_t n = shash_count(json_object(counters));
    const struct shash_node **nodes = shash_sort(json_object(counters));
    table_column(t, title, TABLE_LEFT);
    table_column(t, "packets", TABLE_RIGHT);
    for (size_t i = 0; i < n; i++) {
        int64_t value = view_integer(counters, nodes[i]->name);
        if (value > 0) {
            table_cell(t, TONE_PLAIN, "%s", nodes[i]->name);
            table_cell(t, tone, "%" PRId64, value);
        }
    }
    ds_put_char(ds, '\n');
    table_put(t, ds);
    free(nodes);
}

void text_stats(const struct json *report, struct ds *ds, bool colour)
{
    put_workers(view_get(report, "workers"), ds, colour);
    put_transits(view_get(report, "transits"), ds, colour);
    put_counters(view_get(report, "drops"), "drops by reason", ds, colour, TONE_WARNING);
    put_counters(view_get(report, "slow_path"), "slow path by reason", ds, colour, TONE_PLAIN);
    ds_put_format(ds, "\nsent by the slow path: %" PRId64 "\n",
                  view_integer(report, "slow_path_tx_packets"));
}

void text_drops(const struct json *report, struct ds *ds, bool colour)
{
    const struct json *drops = view_get(report, "drops");
    const struct json *drop;
    size_t n = 0;
    struct table *t = table_create(colour);
    table_column(t, "reason", TABLE_LEFT);
    table_column(t, "packets", TABLE_RIGHT);
    table_column(t, "per second", TABLE_RIGHT);
    table_column(t, "what it means", TABLE_LEFT);
    VIEW_FOR_EACH(drop, i, drops)
    {
        if (view_integer(drop, "packets") > 0) {
            double rate = view_number(drop, "per_second");
            table_cell(t, TONE_PLAIN, "%s", view_string(drop, "reason"));
            table_cell(t, TONE_PLAIN, "%" PRId64, view_integer(drop, "packets"));
            table_cell(t, rate > 0 ? TONE_WARNING : TONE_PLAIN, "%.1f", rate);
            table_cell(t, TONE_PLAIN, "%s%s%s", view_string(drop, "meaning"),
                       *view_string(drop, "todo") ? "; " : "", view_string(drop, "todo"));
            n++;
        }
    }
    struct ds text = DS_EMPTY_INITIALIZER;
    table_put(t, &text);
    ds_put_cstr(ds, n > 0 ? ds_cstr(&text) : "nothing has been dropped\n");
    ds_destroy(&text);
}

static double rate(const struct json *before, const struct json *now, const char *name,
                   double seconds)
{
    int64_t rise = view_integer(now, name) - view_integer(before, name);
    return rise > 0 ? (double)rise / seconds : 0; /* less: the daemon began anew */
}

static void put_worker_rates(const struct json *before, const struct json *now, double seconds,
                             struct ds *ds, bool colour)
{
    const struct json *workers = view_get(now, "workers");
    const struct json *old = view_get(before, "workers");
    double hz = view_number(now, "cycles_per_second");
    const struct json *worker;
    struct table *t = table_create(colour);
    for (size_t i = 0; i < 7; i++) {
        table_column(t,
                     (const char *const[]){"core", "rx packets/s", "tx packets/s", "rx Mbit/s",
                                           "tx Mbit/s", "to host/s", "busy %"}[i],
                     TABLE_RIGHT);
    }
    VIEW_FOR_EACH(worker, i, workers)
    {
        const struct json *was = view_at(old, i);
        double busy = hz > 0 ? 100 * rate(was, worker, "busy_cycles", seconds) / hz : 0;
        table_cell(t, TONE_PLAIN, "%" PRId64, view_integer(worker, "core"));
        table_cell(t, TONE_PLAIN, "%.0f", rate(was, worker, "rx_packets", seconds));
        table_cell(t, TONE_PLAIN, "%.0f", rate(was, worker, "tx_packets", seconds));
        table_cell(t, TONE_PLAIN, "%.2f", rate(was, worker, "rx_bytes", seconds) * 8e-6);
        table_cell(t, TONE_PLAIN, "%.2f", rate(was, worker, "tx_bytes", seconds) * 8e-6);
        table_cell(t, TONE_PLAIN, "%.0f", rate(was, worker, "to_host", seconds));
        table_cell(t, busy > 90 ? TONE_WARNING : TONE_PLAIN, "%.1f", busy);
    }
    table_put(t, ds);
}

static void put_counter_rates(const struct json *before, const struct json *now, double seconds,
                              const char *title, struct ds *ds, bool colour)
{
    if (now == NULL || now->type != JSON_OBJECT) {
        return;
    }
    struct table *t = table_create(colour);
    size_t n = shash_count(json_object(now));
    const struct shash_node **nodes = shash_sort(json_object(now));
    table_column(t, title, TABLE_LEFT);
    table_column(t, "packets/s", TABLE_RIGHT);
    for (size_t i = 0; i < n; i++) {
        double value = rate(before, now, nodes[i]->name, seconds);
        if (value > 0) {
            table_cell(t, TONE_PLAIN, "%s", nodes[i]->name);
            table_cell(t, TONE_WARNING, "%.1f", value);
        }
    }
    ds_put_char(ds, '\n');
    table_put(t, ds);
    free(nodes);
}

void text_rates(const struct json *before, const struct json *now, double seconds, struct ds *ds,
                bool colour)
{
    put_worker_rates(before, now, seconds, ds, colour);
    put_counter_rates(view_get(before, "drops"), view_get(now, "drops"), seconds, "drops by reason",
                      ds, colour);
    put_counter_rates(view_get(before, "slow_path"), view_get(now, "slow_path"), seconds,
                      "slow path by reason", ds, colour);
}
