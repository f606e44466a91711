/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_eal.h>

static void usage(FILE *to)
{
    fputs("usage: ovnic-gw-bench [EAL options --] [options]\n"
          "       ovnic-gw-bench --device ARGS [options]\n"
          "       ovnic-gw-bench --write-pcap FILE [options]\n"
          "Measures the forwarding library with synthetic tables: alone, on one core, or in\n"
          "workers on DPDK devices, for which it can write a capture first:\n"
          "  --device net_pcap0,rx_pcap=FILE,infinite_rx=1   (several: several ports)\n"
          "Without EAL options it runs without hugepages, in 1024 MiB.\n"
          "  --destinations N   entries of the table looked up (1)\n"
          "  --flows N          distinct inner and outer flows (1024)\n"
          "  --length BYTES     inner frame, 64 to 1900 (64)\n"
          "  --direction out|in toward the other zone, or from it (out)\n"
          "  --inner ipv4|ipv6  (ipv4)\n"
          "  --checksum on|off  outer UDP checksum (on)\n"
          "  --seconds S        how long (2)\n"
          "  --workers N        with --device (1)\n"
          "  --spread auto|queues|software  of flows over workers (auto)\n"
          "  --memory MIB       with --device (1024)\n"
          "  --huge-pages       with --device\n"
          "  --json             for machines\n",
          to);
}

static bool parse_u32(const char *text, uint32_t min, uint32_t max, uint32_t *value)
{
    char *end;
    unsigned long n;

    errno = 0;
    n = strtoul(text, &end, 10);
    if (errno != 0 || *end != '\0' || text[0] < '0' || text[0] > '9' || n < min || n > max) {
        return false;
    }
    *value = (uint32_t)n;
    return true;
}

static bool parse_seconds(const char *text, double *value)
{
    char *end;

    *value = strtod(text, &end);
    return end != text && *end == '\0' && *value > 0 && *value <= 3600;
}

/* One of two words. */
static bool parse_word(const char *text, const char *no, const char *yes, bool *value)
{
    *value = strcmp(text, yes) == 0;
    return *value || strcmp(text, no) == 0;
}

static bool add_device(struct bench_options *o, const char *arg)
{
    if (o->n_devices == BENCH_MAX_DEVICES) {
        return false;
    }
    o->devices[o->n_devices++] = arg;
    return true;
}

static bool parse_spread(const char *text, enum icgw_spread *spread)
{
    bool queues;

    if (strcmp(text, "auto") == 0) {
        *spread = ICGW_SPREAD_AUTO;
        return true;
    }
    if (!parse_word(text, "software", "queues", &queues)) {
        return false;
    }
    *spread = queues ? ICGW_SPREAD_QUEUES : ICGW_SPREAD_HANDOVER;
    return true;
}

static bool apply_option(struct bench_options *o, int option, const char *arg)
{
    uint32_t n = 1;
    bool in = false;
    bool ok;

    switch (option) {
    case 'd':
        return parse_u32(arg, 1, 10000000, &o->destinations);
    case 'f':
        return parse_u32(arg, 1, 100000000, &o->flows);
    case 'l':
        return parse_u32(arg, BENCH_MIN_LENGTH, BENCH_MAX_LENGTH, &o->length);
    case 's':
        return parse_seconds(arg, &o->seconds);
    case 'c':
        return parse_word(arg, "off", "on", &o->checksum);
    case 'i':
        return parse_word(arg, "ipv4", "ipv6", &o->v6);
    case 'D':
        ok = parse_word(arg, "out", "in", &in);
        o->direction = in ? BENCH_IN : BENCH_OUT;
        return ok;
    case 'm':
        return parse_u32(arg, 64, 1u << 20, &o->memory_mib);
    case 'v':
        return add_device(o, arg);
    case 'W':
        ok = parse_u32(arg, 1, ICGW_MAX_WORKERS, &n);
        o->workers = (uint16_t)n;
        return ok;
    case 'S':
        return parse_spread(arg, &o->spread);
    case 'w':
        o->pcap = arg;
        return true;
    case 'H':
        o->huge_pages = true;
        return true;
    default:
        o->json = true;
        return true;
    }
}

/* Exits on --help and on mistakes. */
static void parse_options(struct bench_options *o, int argc, char **argv)
{
    static const struct option options[] = {
        {"destinations", required_argument, NULL, 'd'},
        {"flows", required_argument, NULL, 'f'},
        {"length", required_argument, NULL, 'l'},
        {"direction", required_argument, NULL, 'D'},
        {"checksum", required_argument, NULL, 'c'},
        {"inner", required_argument, NULL, 'i'},
        {"seconds", required_argument, NULL, 's'},
        {"device", required_argument, NULL, 'v'},
        {"workers", required_argument, NULL, 'W'},
        {"spread", required_argument, NULL, 'S'},
        {"write-pcap", required_argument, NULL, 'w'},
        {"memory", required_argument, NULL, 'm'},
        {"huge-pages", no_argument, NULL, 'H'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option, index = 0;

    optind = 0; /* EAL has used getopt, too */
    while ((option = getopt_long(argc, argv, "", options, &index)) != -1) {
        if (option == 'h') {
            usage(stdout);
            exit(0);
        }
        if (option == '?') {
            usage(stderr);
            exit(1);
        }
        if (!apply_option(o, option, optarg)) {
            fprintf(stderr, "ovnic-gw-bench: --%s %s: not allowed\n", options[index].name, optarg);
            usage(stderr);
            exit(1);
        }
    }
    if (optind < argc) {
        fprintf(stderr, "ovnic-gw-bench: %s: unexpected\n", argv[optind]);
        exit(1);
    }
}

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

static void print_table(const struct bench_options *o, const struct bench_result *r)
{
    printf("direction               %14s\n", direction_name(o));
    printf("destinations            %14" PRIu32 "\n", o->destinations);
    printf("flows                   %14" PRIu32 "\n", o->flows);
    printf("inner frame, bytes      %14" PRIu32 "\n", o->length);
    printf("inner                   %14s\n", o->v6 ? "IPv6" : "IPv4");
    printf("UDP checksum            %14s\n", o->checksum ? "on" : "off");
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

static void print_json(const struct bench_options *o, const struct bench_result *r)
{
    printf("{\"direction\": \"%s\", \"destinations\": %" PRIu32 ", \"flows\": %" PRIu32
           ", \"length\": %" PRIu32 ", \"checksum\": %s, \"workers\": %u, \"handed_over\": %" PRIu64
           ", \"dropped\": %" PRIu64
           ", \"packets_per_second_with_cores\": %.0f, \"packets\": %" PRIu64
           ", \"packets_per_second\": %.0f, \"tsc_hz\": %" PRIu64
           ", \"cycles_per_packet\": {\"min\": %.2f, \"median\": %.2f, \"max\": %.2f}"
           ", \"cycles_per_burst\": {\"p1\": %" PRIu32 ", \"p50\": %" PRIu32 ", \"p99\": %" PRIu32
           ", \"p99.9\": %" PRIu32 "}, \"bytes_per_destination\": %.1f}\n",
           direction_name(o), o->destinations, o->flows, o->length, o->checksum ? "true" : "false",
           o->workers, r->handed_over, r->dropped, r->capacity, r->packets, r->packets_per_second,
           rte_get_tsc_hz(), r->cycles[0], r->cycles[BENCH_ROUNDS / 2], r->cycles[BENCH_ROUNDS - 1],
           r->burst[0], r->burst[1], r->burst[2], r->burst[3], r->bytes_per_destination);
}

/* Where our own options begin: behind "--", or at once where there is none. */
static int own_options(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0) {
            return i;
        }
    }
    return 0;
}

static int start_eal(int argc, char **argv)
{
    static char args[][16] = {"ovnic-gw-bench", "--no-huge",     "--no-shconf",   "--no-pci", "-m",
                              "1024",           "--log-level=4", "--no-telemetry"};
    char *defaults[RTE_DIM(args)];

    if (argc > 1) {
        return rte_eal_init(argc, argv);
    }
    for (unsigned int i = 0; i < RTE_DIM(args); i++) {
        defaults[i] = args[i];
    }
    return rte_eal_init(RTE_DIM(args), defaults);
}

/* Without EAL, or with that which ports start. */
static const char *run(const struct bench_options *options, struct bench_result *result, int argc,
                       char **argv)
{
    const char *error;

    if (options->n_devices > 0) {
        return bench_device(options, result);
    }
    if (start_eal(argc, argv) < 0) {
        return "EAL does not start; without hugepages: ovnic-gw-bench --no-huge -m 1024 -- …";
    }
    error = bench_measure(options, result);
    rte_eal_cleanup();
    return error;
}

int main(int argc, char **argv)
{
    struct bench_options options = {.checksum = true,
                                    .destinations = 1,
                                    .flows = 1024,
                                    .length = 64,
                                    .workers = 1,
                                    .memory_mib = 1024,
                                    .seconds = 2};
    struct bench_result result = {0};
    int own = own_options(argc, argv);
    const char *error;

    parse_options(&options, argc - own, argv + own);
    error = options.pcap != NULL ? bench_write_pcap(&options)
                                 : run(&options, &result, own == 0 ? 1 : own, argv);
    if (error != NULL) {
        fprintf(stderr, "ovnic-gw-bench: %s\n", error);
    } else if (options.json && options.pcap == NULL) {
        print_json(&options, &result);
    } else if (options.pcap == NULL) {
        print_table(&options, &result);
    }
    return error != NULL;
}
