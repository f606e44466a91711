/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "packets.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "svec.h"
#include "util.h"

#define LONGEST_FRAME 16384 /* that the daemon takes */

static void check(bool ok, const char *file, const char *what)
{
    if (!ok) {
        fprintf(stderr, "ovnic-gw-ctl: %s: %s\n", file, what);
        exit(EXIT_FAILURE);
    }
}

static char *to_hex(const u_char *data, size_t len)
{
    char *text = xmalloc(2 * len + 1);
    for (size_t i = 0; i < len; i++) {
        snprintf(text + 2 * i, 3, "%02x", data[i]);
    }
    return text;
}

/* The n-th packet of a pcap or pcapng file, from 1. */
static char *read_packet(const char *file, unsigned int n)
{
    char problem[PCAP_ERRBUF_SIZE];
    struct pcap_pkthdr *header;
    const u_char *data;
    pcap_t *in = pcap_open_offline(file, problem);
    check(in != NULL, file, problem);
    check(pcap_datalink(in) == DLT_EN10MB, file, "holds no Ethernet frames");
    for (unsigned int i = 0; i < n; i++) {
        int rc = pcap_next_ex(in, &header, &data);
        check(rc != PCAP_ERROR_BREAK, file, "has fewer packets");
        check(rc == 1, file, pcap_geterr(in));
    }
    check(header->caplen == header->len, file, "has only the beginning of this packet");
    check(header->caplen <= LONGEST_FRAME, file, "this packet is too long for a gateway");
    char *text = to_hex(data, header->caplen);
    pcap_close(in);
    return text;
}

/* Takes `option` and its value out of the arguments; NULL: not among them. */
static char *take_option(struct svec *args, const char *option)
{
    for (size_t i = 0; i + 1 < args->n; i++) {
        if (!strcmp(args->names[i], option)) {
            char *value = args->names[i + 1];
            free(args->names[i]);
            args->n -= 2;
            memmove(&args->names[i], &args->names[i + 2], (args->n - i) * sizeof *args->names);
            return value;
        }
    }
    return NULL;
}

static void rewrite_trace(struct svec *args)
{
    char *file = take_option(args, "--pcap");
    char *number = take_option(args, "--packet");
    unsigned int n = 1;
    if (file != NULL) {
        check(number == NULL || (str_to_uint(number, 10, &n) && n > 0), file,
              "--packet takes the number of a packet, from 1");
        char *hex = read_packet(file, n);
        svec_add_nocopy(args, hex);
    }
    free(file);
    free(number);
}

void packets_rewrite(const char *command, struct svec *args)
{
    if (!strcmp(command, "trace")) {
        rewrite_trace(args);
    }
}
