/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <inttypes.h>
#include <stdio.h>

#include <rte_cycles.h>

static const char *direction_name(const struct bench_options *o)
{
    return o->direction == BENCH_OUT ? "out" : "in";
}

/* What several workers made of it. */
static void print_workers(const struct bench_options *o, const struct bench_result *r)
{
    printf("workers                 %14u\n", o->workers);
    for (uint16_t w = 0; w < o->workers; w++) {
        printf("  worker %-2u       sent %5.1f %%, had a core %5.1f %% of the time\n", w,
               100 * r->share[w], 100 * r->had_core[w]);
    }
    printf("packets/core time, mio. %14.2f\n", r->capacity / 1e6);
    printf("handed over             %14" PRIu64 "\n", r->handed_over);
    printf("dropped                 %14" PRIu64 "\n", r->dropped);
}

/* Also what --latency forwards. */
static void print_world(const struct bench_options *o)
{
    printf("direction               %14s\n", direction_name(o));
    printf("transit switches        %14" PRIu32 "\n", o->transits);
    printf("destinations of each    %14" PRIu32 "\n", o->destinations);
    printf("flows                   %14" PRIu32 "\n", o->flows);
    printf("inner frame, bytes      %14" PRIu32 "\n", o->length);
    printf("inside                  %14s\n", o->ipv6 ? "IPv6" : "IPv4");
    printf("UDP checksum            %14s\n", o->checksum ? "on" : "off");
}

static void print_stages(const struct bench_result *r)
{
    if (r->n_stages > 0) {
        printf("\n%-12s  %-22s %s\n", "way", "stage", "cycles/packet, median");
    }
    for (unsigned int i = 0; i < r->n_stages; i++) {
        const struct bench_stage *s = &r->stages[i];

        printf("%-12s  %-22s ", s->way, s->name);
        if (s->cycles < 0) {
            puts("            not taken");
        } else {
            printf("%21.1f\n", s->cycles);
        }
    }
}

static void print_latency(const struct bench_options *o, const struct bench_latency *l)
{
    static const char *const names[BENCH_LATENCIES] = {"50 %", "90 %", "99 %", "99.9 %", "most"};

    printf("packets/s asked for     %14" PRIu32 "\n", o->latency);
    printf("packets/s sent          %14.0f\n", (double)l->sent / o->seconds);
    printf("sent                    %14" PRIu64 "\n", l->sent);
    printf("came back               %14" PRIu64 "\n", l->received);
    printf("not sent in time        %14" PRIu64 "\n", l->skipped);
    printf("worker had a core, %%    %14.1f\n", 100 * l->worker_had_core);
    for (unsigned int i = 0; i < BENCH_LATENCIES; i++) {
        printf("latency, %-6s us      %14.2f\n", names[i], l->ns[i] / 1e3);
    }
    printf("generator away, most us %14.2f\n", l->generator_pause_ns / 1e3);
}

static void print_speed(const struct bench_options *o, const struct bench_result *r)
{
    printf("packets                 %14" PRIu64 "\n", r->packets);
    printf("packets/s, million      %14.2f\n", r->packets_per_second / 1e6);
    printf("cycles/packet, median   %14.1f\n", r->cycles[BENCH_ROUNDS / 2]);
    printf("cycles/packet, range    %6.1f – %5.1f\n", r->cycles[0], r->cycles[BENCH_ROUNDS - 1]);
    printf("cycles/burst, 1 %%      %14" PRIu32 "\n", r->burst[0]);
    printf("cycles/burst, 50 %%     %14" PRIu32 "\n", r->burst[1]);
    printf("cycles/burst, 99 %%     %14" PRIu32 "\n", r->burst[2]);
    printf("cycles/burst, 99.9 %%   %14" PRIu32 "\n", r->burst[3]);
    printf("bytes per destination   %14.1f\n", r->bytes_per_destination);
    if (o->n_devices > 0) {
        print_workers(o, r);
    }
}

void bench_print_table(const struct bench_options *o, const struct bench_result *r)
{
    print_world(o);
    if (o->latency != 0) {
        print_latency(o, &r->latency);
    } else {
        print_speed(o, r);
        print_stages(r);
    }
}

static void print_json_speed(const struct bench_options *o, const struct bench_result *r)
{
    printf(", \"workers\": %u, \"handed_over\": %" PRIu64 ", \"dropped\": %" PRIu64
           ", \"packets_per_second_with_cores\": %.0f, \"packets\": %" PRIu64
           ", \"packets_per_second\": %.0f"
           ", \"cycles_per_packet\": {\"min\": %.2f, \"median\": %.2f, \"max\": %.2f}"
           ", \"cycles_per_burst\": {\"p1\": %" PRIu32 ", \"p50\": %" PRIu32 ", \"p99\": %" PRIu32
           ", \"p99.9\": %" PRIu32 "}, \"bytes_per_destination\": %.1f",
           o->workers, r->handed_over, r->dropped, r->capacity, r->packets, r->packets_per_second,
           r->cycles[0], r->cycles[BENCH_ROUNDS / 2], r->cycles[BENCH_ROUNDS - 1], r->burst[0],
           r->burst[1], r->burst[2], r->burst[3], r->bytes_per_destination);
}

static void print_json_stages(const struct bench_result *r)
{
    printf(", \"stages\": [");
    for (unsigned int i = 0; i < r->n_stages; i++) {
        const struct bench_stage *s = &r->stages[i];

        printf("%s{\"way\": \"%s\", \"stage\": \"%s\", \"cycles_per_packet\": ", i > 0 ? ", " : "",
               s->way, s->name);
        if (s->cycles < 0) {
            printf("null}");
        } else {
            printf("%.2f}", s->cycles);
        }
    }
    printf("]");
}

static void print_json_latency(const struct bench_options *o, const struct bench_latency *l)
{
    printf(", \"packets_per_second_wanted\": %" PRIu32 ", \"sent\": %" PRIu64
           ", \"received\": %" PRIu64 ", \"skipped\": %" PRIu64 ", \"worker_had_core\": %.3f"
           ", \"latency_ns\": {\"p50\": %.0f, \"p90\": %.0f, \"p99\": %.0f, \"p99.9\": %.0f"
           ", \"max\": %.0f}, \"generator_pause_ns\": %.0f",
           o->latency, l->sent, l->received, l->skipped, l->worker_had_core, l->ns[0], l->ns[1],
           l->ns[2], l->ns[3], l->ns[4], l->generator_pause_ns);
}

void bench_print_json(const struct bench_options *o, const struct bench_result *r)
{
    printf("{\"direction\": \"%s\", \"transits\": %" PRIu32 ", \"destinations\": %" PRIu32
           ", \"flows\": %" PRIu32 ", \"length\": %" PRIu32
           ", \"family\": %d, \"checksum\": %s, \"tsc_hz\": %" PRIu64,
           direction_name(o), o->transits, o->destinations, o->flows, o->length, o->ipv6 ? 6 : 4,
           o->checksum ? "true" : "false", rte_get_tsc_hz());
    if (o->latency != 0) {
        print_json_latency(o, &r->latency);
    } else {
        print_json_speed(o, r);
        print_json_stages(r);
    }
    puts("}");
}
