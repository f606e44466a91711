/* SPDX-License-Identifier: Apache-2.0 */
#include "recording_compare.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Offsets in Ethernet, IPv4 without options, UDP, Geneve with OVN's option. */
#define OUTER_IP 14
#define OUTER_UDP 34
#define GENEVE 42
#define INNER 58
#define HEADERS_MAX (INNER + 14 + 40 + 8)

static uint32_t add(uint32_t sum, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

static unsigned int get16(const uint8_t *p)
{
    return (unsigned int)p[0] << 8 | p[1];
}

bool recording_checksums_valid(const struct recording_frame *f)
{
    const uint8_t *ip = f->data + OUTER_IP, *udp = f->data + OUTER_UDP;
    const uint8_t proto[] = {0, 17};
    if (f->len < INNER || f->len < OUTER_UDP + get16(udp + 4) || add(0, ip, 20) != 0xffff) {
        return false;
    }
    uint32_t sum = add(0, ip + 12, 8);
    sum = add(sum, proto, 2);
    sum = add(sum, udp + 4, 2);
    return get16(udp + 6) != 0 && add(sum, udp, get16(udp + 4)) == 0xffff;
}

/* Two gateways may differ in these. */
static bool is_free(size_t at)
{
    return at < 12 || (at >= OUTER_IP + 4 && at < OUTER_IP + 6) ||
           (at >= OUTER_IP + 10 && at < OUTER_IP + 12) || (at >= OUTER_UDP && at < OUTER_UDP + 2) ||
           (at >= OUTER_UDP + 6 && at < OUTER_UDP + 8);
}

/* The first offset at which the frames differ; their length when they do not. */
static size_t difference(const struct recording_frame *a, const struct recording_frame *b)
{
    size_t at = 0;
    while (at < a->len && at < b->len && (is_free(at) || a->data[at] == b->data[at])) {
        at++;
    }
    return at;
}

static bool same(const struct recording_frame *a, const struct recording_frame *b)
{
    return a->len == b->len && difference(a, b) == a->len;
}

static void print_ip(const uint8_t *p, const char *what)
{
    char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
    bool v6 = p[0] >> 4 == 6;
    inet_ntop(v6 ? AF_INET6 : AF_INET, v6 ? p + 8 : p + 12, src, sizeof src);
    inet_ntop(v6 ? AF_INET6 : AF_INET, v6 ? p + 24 : p + 16, dst, sizeof dst);
    const uint8_t *l4 = p + (v6 ? 40 : 20);
    printf("%s %s > %s ttl %u proto %u", what, src, dst, p[v6 ? 7 : 8], p[v6 ? 6 : 9]);
    printf(" [%02x %02x %02x %02x …]", l4[0], l4[1], l4[2], l4[3]);
}

static void print_frame(const char *what, const struct recording_frame *f)
{
    printf("  %s: %u bytes\n", what, f->len);
    if (f->len >= HEADERS_MAX) {
        const uint8_t *g = f->data + GENEVE, *in = f->data + INNER;
        print_ip(f->data + OUTER_IP, "   ");
        printf("\n    VNI 0x%x inport %u outport %u\n    ", get16(g + 4) << 8 | g[6], get16(g + 12),
               get16(g + 14));
        for (int i = 0; i < 14; i++) {
            printf("%02x%s", in[i], i == 5 || i == 11 ? " " : "");
        }
        unsigned int type = get16(in + 12);
        if (type == 0x0800 || type == 0x86dd) {
            print_ip(in + 14, "");
        }
        printf("\n");
    }
    for (uint32_t i = 0; i < f->len && i < 256; i++) {
        printf("%s%02x", i % 16 == 0 ? "\n    " : " ", f->data[i]);
    }
    printf("\n");
}

/* The n-th frame that has no counterpart, or NULL. */
static const struct recording_frame *left_over(const struct recording_frames *all,
                                               const bool *matched, size_t n)
{
    for (size_t i = 0; i < all->n; i++) {
        if (!matched[i] && n-- == 0) {
            return &all->frames[i];
        }
    }
    return NULL;
}

static bool report(const struct recording_frames *expected, const bool *met,
                   const struct recording_frames *got, const bool *used)
{
    const struct recording_frame *e, *g;
    for (size_t n = 0;; n++) {
        e = left_over(expected, met, n);
        g = left_over(got, used, n);
        if (e == NULL && g == NULL) {
            return n == 0;
        }
        if (e != NULL && g != NULL) {
            printf("frames differ from byte %zu on\n", difference(e, g));
        } else {
            printf("%s\n", e != NULL ? "a frame is missing" : "a frame too many");
        }
        if (e != NULL) {
            print_frame("expected", e);
        }
        if (g != NULL) {
            print_frame("got", g);
        }
    }
}

bool recording_same(const struct recording_frames *expected, const struct recording_frames *got)
{
    bool *met = calloc(expected->n + 1, sizeof *met);
    bool *used = calloc(got->n + 1, sizeof *used);
    if (met == NULL || used == NULL) {
        abort();
    }
    for (size_t i = 0; i < expected->n; i++) {
        for (size_t k = 0; k < got->n && !met[i]; k++) {
            if (!used[k] && same(&expected->frames[i], &got->frames[k])) {
                met[i] = used[k] = true;
            }
        }
    }
    bool ok = report(expected, met, got, used);
    for (size_t k = 0; k < got->n; k++) {
        if (!recording_checksums_valid(&got->frames[k])) {
            print_frame("wrong checksum", &got->frames[k]);
            ok = false;
        }
    }
    free(met);
    free(used);
    return ok;
}
