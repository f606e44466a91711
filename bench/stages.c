/* SPDX-License-Identifier: Apache-2.0 */
/* By stage, in process: each of the three ways through the library, by which the same
 * frames go in turn.  The median of many turns, less what reading the clock takes. */
#include "bench.h"

#include <string.h>

#include <rte_cycles.h>
#include <rte_mbuf.h>

#include "clock.h"
#include "memo.h"
#include "stages.h"

#define MAX_TURNS 8192
#define N_STAGES 7 /* of all ways */

uint64_t bench_between;

static const struct bench_stage names[N_STAGES] = {
    {.way = "remembered", .name = "look-up"},
    {.way = "remembered", .name = "compare, rewrite"},
    {.way = "short way", .name = "parse, find, rewrite"},
    {.way = "stages", .name = "parse"},
    {.way = "stages", .name = "find endpoint"},
    {.way = "stages", .name = "find destination"},
    {.way = "stages", .name = "guards, rewrite"},
};

struct stages {
    const struct icgw_tables *tables;
    struct icgw_memo *memo;
    icgw_memo_burst *burst;
    bool v6;                  /* inner */
    uint64_t clock;           /* cycles that reading it takes */
    uint64_t spent[N_STAGES]; /* in this turn */
    uint64_t missed, looked_up;
};

/* Time since *before, which becomes now. */
static void lap(struct stages *s, unsigned int stage, uint64_t *before)
{
    uint64_t now = rte_rdtsc_precise();

    s->spent[stage] += now - *before > s->clock ? now - *before - s->clock : 0;
    *before = now;
}

static bool all_sent(const struct icgw_result *results)
{
    for (unsigned int i = 0; i < ICGW_BURST; i++) {
        if (results[i].action != ICGW_ACTION_TX) {
            return false;
        }
    }
    return true;
}

typedef bool way(struct stages *s, struct rte_mbuf **pkts);

static bool remembered(struct stages *s, struct rte_mbuf **pkts)
{
    struct icgw_result results[ICGW_BURST];
    uint8_t missed[ICGW_BURST];
    uint64_t start = rte_rdtsc_precise(), between;

    s->missed += s->burst(s->tables, s->memo, s->v6, pkts, ICGW_BURST, results, missed);
    s->looked_up += ICGW_BURST;
    between = bench_between;
    lap(s, 1, &between);
    s->spent[0] += bench_between - start > s->clock ? bench_between - start - s->clock : 0;
    return true;
}

static bool short_way(struct stages *s, struct rte_mbuf **pkts)
{
    struct icgw_result results[ICGW_BURST];
    uint64_t start = rte_rdtsc_precise();

    icgw_forward(s->tables, NULL, pkts, ICGW_BURST, results);
    lap(s, 2, &start);
    return all_sent(results);
}

static bool by_stages(struct stages *s, struct rte_mbuf **pkts)
{
    struct icgw_result results[ICGW_BURST];
    struct icgw_stages b;
    uint64_t start;

    b.tables = s->tables;
    b.pkts = pkts;
    b.results = results;
    b.n_live = ICGW_BURST;
    for (unsigned int i = 0; i < ICGW_BURST; i++) {
        b.live[i] = (uint8_t)i;
        rte_prefetch0(rte_pktmbuf_mtod(pkts[i], const void *));
        rte_prefetch0(rte_pktmbuf_mtod_offset(pkts[i], const void *, RTE_CACHE_LINE_SIZE));
    }
    start = rte_rdtsc_precise();
    icgw_stage_parse(&b);
    lap(s, 3, &start);
    icgw_stage_find_endpoints(&b);
    lap(s, 4, &start);
    icgw_stage_find_dests(&b);
    lap(s, 5, &start);
    icgw_stage_apply(&b);
    lap(s, 6, &start);
    return all_sent(results);
}

static uint64_t clock_cycles(void)
{
    uint64_t least = UINT64_MAX;

    for (unsigned int i = 0; i < 1000; i++) {
        uint64_t start = rte_rdtsc_precise();

        least = RTE_MIN(least, rte_rdtsc_precise() - start);
    }
    return least;
}

/* All frames by each way. */
static bool turn(struct stages *s, struct bench_frames *frames)
{
    static way *const ways[] = {remembered, short_way, by_stages};

    memset(s->spent, 0, sizeof s->spent);
    for (unsigned int w = 0; w < RTE_DIM(ways); w++) {
        bench_frames_refill(frames);
        for (unsigned int i = 0; i < BENCH_IN_FLIGHT; i += ICGW_BURST) {
            if (!ways[w](s, &frames->pkts[i])) {
                return false;
            }
        }
    }
    return true;
}

const char *bench_by_stage(struct bench_frames *frames, const struct icgw_tables *tables,
                           struct icgw_memo *memo, struct bench_result *result)
{
    static double cycles[N_STAGES][MAX_TURNS];
    struct stages s = {.tables = tables, .memo = memo, .clock = clock_cycles()};
    uint64_t seconds = (uint64_t)(frames->options->seconds * (double)rte_get_tsc_hz());
    uint64_t end = rte_rdtsc() + seconds;
    size_t n = 0;

    s.v6 = frames->options->ipv6;
    s.burst =
        memo->burst == icgw_memo_burst_generic ? bench_memo_burst_generic : bench_memo_burst_avx512;
    do {
        if (!turn(&s, frames)) {
            return "a frame was not forwarded";
        }
        for (unsigned int i = 0; i < N_STAGES; i++) {
            cycles[i][n] = (double)s.spent[i] / BENCH_IN_FLIGHT;
        }
        n++;
    } while (rte_rdtsc() < end && n < MAX_TURNS);
    result->n_stages = N_STAGES;
    for (unsigned int i = 0; i < N_STAGES; i++) {
        result->stages[i] = names[i];
        result->stages[i].cycles = bench_median(cycles[i], n);
    }
    /* Then workers leave it alone; see dp/forward.c. */
    if (2 * s.missed > s.looked_up) {
        result->stages[0].cycles = result->stages[1].cycles = -1;
    }
    return NULL;
}
