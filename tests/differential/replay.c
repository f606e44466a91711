/* SPDX-License-Identifier: Apache-2.0 */

/* usage: differential-replay SOUTHBOUND IC-SOUTHBOUND CHASSIS ENCAP-IP TIES
 *
 * TIES: how flows of the same priority are ordered; 0: as ovnic-gw does it.
 *
 * Standard input, by lines:
 *   tables NB_CFG     first, and again: go by the databases with this SB_Global.nb_cfg,
 *                     -1 for any
 *   FRAME             in hexadecimal
 *   end
 * Standard output, tab-separated:
 *   report PORT DESTINATION slow|unsupported WHY FLOW    of new tables
 *   packet                                               for each packet,
 *   run                                                  and each choice of routes:
 *   fast ACTION REASON                                   what the tables said
 *   drop REASON                                          by the slow path
 *   learn PORT IP MAC
 *   send FRAME
 *   end                                                  likewise */

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

static void obey(const char *line, const struct icgw_addr *encap)
{
    uint8_t frame[MAX_FRAME];
    long long int nb_cfg;

    if (sscanf(line, "tables %lld", &nb_cfg) == 1) {
        replay_tables(replay_model(nb_cfg), encap);
        replay_print_reports();
    } else if (strcmp(line, "end\n") == 0) {
        printf("end\n");
        fflush(stdout);
    } else {
        size_t len = from_hex(line, frame);
        printf("packet\n");
        replay_packet(frame, len);
    }
}

int main(int argc, char *argv[])
{
    char *line = NULL;
    size_t size = 0;

    if (argc != 6) {
        fail("arguments: SOUTHBOUND IC-SOUTHBOUND CHASSIS ENCAP-IP TIES");
    }
    start_eal();
    struct icgw_addr encap = parse_ipv4(argv[4]);
    replay_ties = (unsigned int)strtoul(argv[5], NULL, 10);
    struct lflow_cache *cache = lflow_cache_create();
    replay_open(argv[1], argv[2], argv[3], &encap, cache);
    replay_start();
    while (getline(&line, &size, stdin) > 0) {
        obey(line, &encap);
    }
    free(line);
    replay_stop();
    replay_close();
    lflow_cache_free(cache);
    return rte_eal_cleanup();
}
