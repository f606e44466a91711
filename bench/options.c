/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void usage(FILE *to)
{
    fputs("usage: ovnic-gw-bench [EAL options --] [options]      the library alone, on one core\n"
          "       ovnic-gw-bench --device ARGS [options]         workers on DPDK devices\n"
          "       ovnic-gw-bench --latency PPS [options]         a worker in a loop of memif\n"
          "       ovnic-gw-bench --write-pcap FILE [options]     frames for a device\n"
          "Measures forwarding with synthetic tables, without databases.\n"
          "  --transits N       transit switches, in turn (1)\n"
          "  --destinations N   entries of the table looked up, behind each (1)\n"
          "  --flows N          distinct inner and outer flows (1024)\n"
          "  --length BYTES     inner frame, 64 to 1900 (64)\n"
          "  --inner ipv4|ipv6  (ipv4)\n"
          "  --direction out|in toward the other zone, or from it (out)\n"
          "  --checksum on|off  outer UDP checksum (on)\n"
          "  --seconds S        how long (2)\n"
          "  --by-stage         cycles a packet by stage, too\n"
          "  --json             for machines\n"
          "With --device or --latency (they start EAL; no EAL options):\n"
          "  --workers N        with --device (1)\n"
          "  --spread auto|queues|software  of flows over workers, with --device (auto)\n"
          "  --memory MIB       (1024)\n"
          "  --huge-pages       EAL runs without, otherwise\n"
          "Examples:\n"
          "  ovnic-gw-bench --direction in --destinations 100000 --flows 100000 --by-stage\n"
          "  ovnic-gw-bench -l 1 --in-memory --no-pci -- --transits 1000\n"
          "  ovnic-gw-bench --write-pcap f.pcap\n"
          "  ovnic-gw-bench --device net_pcap0,rx_pcap=f.pcap,infinite_rx=1 --by-stage\n"
          "  ovnic-gw-bench --latency 500000 --seconds 10\n",
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
        return parse_u32(arg, 1, BENCH_MAX_DESTINATIONS, &o->destinations);
    case 'f':
        return parse_u32(arg, 1, 100000000, &o->flows);
    case 't':
        return parse_u32(arg, 1, BENCH_MAX_TRANSITS, &o->transits);
    case 'L':
        return parse_u32(arg, 1, BENCH_MAX_RATE, &o->latency);
    case 'l':
        return parse_u32(arg, BENCH_MIN_LENGTH, BENCH_MAX_LENGTH, &o->length);
    case 's':
        return parse_seconds(arg, &o->seconds);
    case 'c':
        return parse_word(arg, "off", "on", &o->checksum);
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
    case 'i':
        return parse_word(arg, "ipv4", "ipv6", &o->ipv6);
    case 'b':
        o->by_stage = true;
        return true;
    default:
        o->json = true;
        return true;
    }
}

/* What does not go together; NULL: all does. */
static const char *check_options(const struct bench_options *o)
{
    if ((uint64_t)o->transits * o->destinations > BENCH_MAX_DESTINATIONS) {
        return "--transits times --destinations may be 10,000,000 at most";
    }
    if (o->latency != 0 && (o->n_devices != 0 || o->pcap != NULL || o->by_stage)) {
        return "--latency has a loop of its own: no --device, --write-pcap, --by-stage";
    }
    if (o->latency != 0 && o->length > BENCH_MAX_TIMED) {
        return "--latency goes through memif, which takes no jumbo frames: --length 1456 at most";
    }
    if (o->latency != 0 && o->ipv6 && o->length < BENCH_MIN_TIMED6) {
        return "--latency --inner ipv6 puts the time into the frame: --length 78 at least";
    }
    return NULL;
}

void bench_parse_options(struct bench_options *o, int argc, char **argv)
{
    static const struct option options[] = {
        {"destinations", required_argument, NULL, 'd'},
        {"transits", required_argument, NULL, 't'},
        {"latency", required_argument, NULL, 'L'},
        {"inner", required_argument, NULL, 'i'},
        {"by-stage", no_argument, NULL, 'b'},
        {"flows", required_argument, NULL, 'f'},
        {"length", required_argument, NULL, 'l'},
        {"direction", required_argument, NULL, 'D'},
        {"checksum", required_argument, NULL, 'c'},
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
    const char *wrong;
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
    wrong = check_options(o);
    if (wrong != NULL) {
        fprintf(stderr, "ovnic-gw-bench: %s\n", wrong);
        exit(1);
    }
}
