/* SPDX-License-Identifier: Apache-2.0 */

/* usage: differential-replay SOUTHBOUND IC-SOUTHBOUND CHASSIS ENCAP-IP TIES
 *
 * TIES: how flows of the same priority are ordered; 0: as ovnic-gw does it.
 *
 * Standard input: a frame in hexadecimal per line.  Standard output, tab-separated:
 *   report PORT DESTINATION slow|unsupported WHY FLOW    before all else
 *   packet N                                             then for each packet,
 *   run                                                  and each choice of routes:
 *   fast ACTION REASON                                   what the tables said
 *   drop REASON                                          by the slow path
 *   learn PORT IP MAC
 *   send FRAME
 *   end                                                  after the last packet */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>

#include "icgw_tables.h"
#include "lflow.h"
#include "model.h"
#include "replay.h"

#define MAX_FRAME 9216

static void fail(const char *what)
{
    fprintf(stderr, "differential-replay: %s\n", what);
    exit(1);
}

static void start_eal(void)
{
    char args[][16] = {"replay", "--no-huge", "--no-shconf",   "-m",
                       "64",     "--no-pci",  "--log-level=4", "--no-telemetry"};
    char *argv[sizeof args / sizeof *args];

    for (size_t i = 0; i < sizeof argv / sizeof *argv; i++) {
        argv[i] = args[i];
    }
    if (rte_eal_init(sizeof argv / sizeof *argv, argv) < 0) {
        fail("no EAL");
    }
}

static struct icgw_addr parse_ipv4(const char *text)
{
    struct icgw_addr addr = {.bytes = {[10] = 0xff, [11] = 0xff}};
    if (inet_pton(AF_INET, text, addr.bytes + 12) != 1) {
        fail("ENCAP-IP is no IPv4 address");
    }
    return addr;
}

static size_t from_hex(const char *line, uint8_t *frame)
{
    size_t n = 0;
    unsigned int byte;
    while (sscanf(line + 2 * n, "%2x", &byte) == 1) {
        if (n == MAX_FRAME) {
            fail("frame too long");
        }
        frame[n++] = (uint8_t)byte;
    }
    return n;
}

static void read_packets(void)
{
    char *line = NULL;
    size_t size = 0;
    uint8_t frame[MAX_FRAME];

    for (unsigned int i = 0; getline(&line, &size, stdin) > 0; i++) {
        size_t len = from_hex(line, frame);
        printf("packet\t%u\n", i);
        replay_packet(frame, len);
    }
    free(line);
}

int main(int argc, char *argv[])
{
    if (argc != 6) {
        fail("arguments: SOUTHBOUND IC-SOUTHBOUND CHASSIS ENCAP-IP TIES");
    }
    start_eal();
    struct icgw_addr encap = parse_ipv4(argv[4]);
    replay_ties = (unsigned int)strtoul(argv[5], NULL, 10);
    struct lflow_cache *cache = lflow_cache_create();
    const struct model *model = replay_model(argv[1], argv[2], argv[3], &encap, cache);
    replay_start(model, &encap);
    replay_print_reports();
    read_packets();
    printf("end\n");
    replay_stop();
    replay_close();
    lflow_cache_free(cache);
    return rte_eal_cleanup();
}
