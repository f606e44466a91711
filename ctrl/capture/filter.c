/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "filter.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include "util.h"

#define LONGEST_FRAME 65535

struct filter {
    struct bpf_program program;
};

/* libpcap asks name servers about words that it does not know, and a control thread
 * has no time to wait for them: only words of the language, numbers and addresses. */
static bool is_keyword(const char *word, size_t len)
{
    static const char *const words[] = {
        "and",
        "arp",
        "broadcast",
        "dst",
        "ether",
        "geneve",
        "greater",
        "host",
        "icmp",
        "icmp6",
        "icmp6-type",
        "icmp-type",
        "igmp",
        "ip",
        "ip6",
        "len",
        "less",
        "mask",
        "mpls",
        "multicast",
        "net",
        "not",
        "or",
        "port",
        "portrange",
        "proto",
        "protochain",
        "rarp",
        "sctp",
        "src",
        "tcp",
        "tcpflags",
        "tcp-ack",
        "tcp-fin",
        "tcp-push",
        "tcp-rst",
        "tcp-syn",
        "tcp-urg",
        "udp",
        "vlan",
        "vxlan",
        "icmp-echo",
        "icmp-echoreply",
        "icmp-unreach",
        "icmp-timxceed",
        "icmp6-echo",
        "icmp6-echoreply",
    };
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (strlen(words[i]) == len && strncmp(words[i], word, len) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_number(const char *text, const char *word, size_t len)
{
    bool address = word[len] == ':' || (word > text && word[-1] == ':');
    if (word[0] == '0' && (word[1] == 'x' || word[1] == 'X')) {
        return true;
    }
    for (size_t i = 0; i < len; i++) {
        if (!(isdigit((unsigned char)word[i]) || word[i] == '.' ||
              (address && isxdigit((unsigned char)word[i])))) {
            return len > 1 && word[i] == '-' && is_number(text, word + i + 1, len - i - 1);
        }
    }
    return true;
}

/* NULL: all words are; else the first that is not, of *len characters. */
static const char *unknown_word(const char *text, size_t *len)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-\\";
    for (const char *word = text; *word != '\0'; word += *len) {
        *len = strspn(word, letters);
        if (*len == 0) {
            *len = strcspn(word, letters);
        } else if (!is_keyword(word, *len) && !is_number(text, word, *len) &&
                   !(*len == 1 && *word == '-')) {
            return word;
        }
    }
    return NULL;
}

struct filter *filter_compile(const char *text, char **error)
{
    if (strlen(text) > FILTER_MAX_TEXT) {
        *error =
            xasprintf("a filter of %zu characters; allowed are %d", strlen(text), FILTER_MAX_TEXT);
        return NULL;
    }
    size_t len;
    const char *word = unknown_word(text, &len);
    if (word != NULL) {
        *error = xasprintf("filter \"%s\": %.*s is no word of pcap-filter(7) that is taken here; "
                           "names are not looked up, write addresses and numbers",
                           text, (int)len, word);
        return NULL;
    }
    struct filter *f = xzalloc(sizeof *f);
    pcap_t *none = pcap_open_dead(DLT_EN10MB, LONGEST_FRAME);
    bool ok = none != NULL && pcap_compile(none, &f->program, text, 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (!ok) {
        *error = xasprintf("filter \"%s\": %s; pcap-filter(7) says how to write one", text,
                           none != NULL ? pcap_geterr(none) : "out of memory");
    } else if (f->program.bf_len > FILTER_MAX_STEPS) {
        *error = xasprintf("filter \"%s\" takes %u steps for each packet; allowed are %d", text,
                           f->program.bf_len, FILTER_MAX_STEPS);
        ok = false;
    }
    if (none != NULL) {
        pcap_close(none);
    }
    if (!ok) {
        filter_free(f);
        return NULL;
    }
    return f;
}

void filter_free(struct filter *f)
{
    if (f != NULL) {
        pcap_freecode(&f->program);
        free(f);
    }
}

const struct bpf_insn *filter_program(const struct filter *f)
{
    return f != NULL ? f->program.bf_insns : NULL;
}
