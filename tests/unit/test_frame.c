/* SPDX-License-Identifier: Apache-2.0 */

/* Fields read from frames and written back, with checksums; frames that answer. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "frame.h"

static struct frame frame;
static struct state fields;

/* Appends bytes given as hex digits; blanks are passed over. */
static void hex(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text != ' ') {
            char digits[] = {text[0], text[1], '\0'};
            frame.data[frame.len++] = (uint8_t)strtoul(digits, NULL, 16);
            text++;
        }
    }
}

#define ETH "02aabbccdd01 02aabbccdd02 "
#define IP4(LEN, PROTO) "4500" LEN "1234 0000 40" PROTO "0000 0a000001 0a000002 "
#define IP6(LEN, PROTO)                                                                            \
    "60000000" LEN PROTO "40 fd010000000000000000000000000001 fd020000000000000000000000000002 "

static unsigned int get(size_t at)
{
    return (unsigned int)(frame.data[at] << 8 | frame.data[at + 1]);
}

static void put(size_t at, unsigned int value)
{
    frame.data[at] = (uint8_t)(value >> 8);
    frame.data[at + 1] = (uint8_t)value;
}

static unsigned int add(unsigned int sum, size_t at, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sum += i & 1 ? frame.data[at + i] : (unsigned int)frame.data[at + i] << 8;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

/* Sum over pseudo header and L4 of a frame without VLAN tag, options and
 * extension headers; 0xffff when its checksum is right. */
static unsigned int l4_sum(void)
{
    bool v6 = frame.data[14] >> 4 == 6;
    size_t l4 = v6 ? 54 : 34, n = v6 ? get(18) : get(16) - 20;
    unsigned int proto = frame.data[v6 ? 20 : 23];
    unsigned int sum = proto == 1 ? 0 : add(proto + (unsigned int)n, v6 ? 22 : 26, v6 ? 32 : 8);
    return add(sum, l4, n);
}

/* Completes the IPv4 and L4 checksums; `checksum` is where the latter goes. */
static void finish(size_t checksum)
{
    if (frame.data[14] >> 4 == 4) {
        put(24, 0);
        put(24, ~add(0, 14, 20) & 0xffff);
    }
    if (checksum != 0) {
        put(checksum, 0);
        unsigned int sum = ~l4_sum() & 0xffff;
        put(checksum, sum ? sum : 0xffff);
    }
}

static void load(void)
{
    state_init(&fields);
    frame_load(&frame, &fields);
}

static void build(const char *text, size_t checksum)
{
    memset(&frame, 0xee, sizeof frame);
    frame.len = 0;
    hex(text);
    finish(checksum);
    load();
}

static void check(enum field_id field, wide expected)
{
    wide got = state_value(&fields, field);
    if (got != expected) {
        fail_msg("%s: expected 0x%llx, got 0x%llx", field_name(field), (unsigned long long)expected,
                 (unsigned long long)got);
    }
}

/* Sets a field, stores, and reads it back; checksums have to be right. */
static void change(enum field_id field, wide value, bool has_l4_checksum)
{
    state_set(&fields, whole(field), value);
    frame_store(&frame, &fields);
    load();
    check(field, value);
    if (frame.data[14] >> 4 == 4 && add(0, 14, 20) != 0xffff) {
        fail_msg("%s: IPv4 header checksum is wrong", field_name(field));
    }
    if (has_l4_checksum && l4_sum() != 0xffff) {
        fail_msg("%s: L4 checksum is wrong", field_name(field));
    }
}

static void test_tcp(void **state)
{
    (void)state;
    build(ETH "0800" IP4("0028", "06") "1388 0050 00000001 00000002 5012 ffff 0000 0000", 50);
    check(FIELD_ETH_DST, 0x02aabbccdd01);
    check(FIELD_ETH_SRC, 0x02aabbccdd02);
    check(FIELD_ETH_TYPE, 0x0800);
    check(FIELD_VLAN_TCI, 0);
    check(FIELD_IP_PROTO, 6);
    check(FIELD_IP_TTL, 64);
    check(FIELD_IP4_SRC, 0x0a000001);
    check(FIELD_IP4_DST, 0x0a000002);
    check(FIELD_TCP_SRC, 5000);
    check(FIELD_TCP_DST, 80);
    check(FIELD_TCP_FLAGS, 0x012);
    check(FIELD_UDP_DST, 0);
    change(FIELD_TCP_DST, 8080, true);
    change(FIELD_IP4_SRC, 0xc0a80101, true);
    change(FIELD_IP4_DST, 0xffffffff, true);
    change(FIELD_IP_TTL, 1, true);
    change(FIELD_IP_DSCP, 46, true);
    change(FIELD_IP_ECN, 3, true);
    assert_int_equal(frame.data[15], 46 << 2 | 3);
    change(FIELD_ETH_SRC, 0x010203040506, true);
}

static void test_unchanged(void **state)
{
    struct frame before;
    (void)state;
    build(ETH "0800" IP4("0028", "06") "1388 0050 00000001 00000002 5012 ffff 0000 0000", 50);
    put(50, 0x1234); /* wrong, and none of our business */
    load();
    before = frame;
    frame_store(&frame, &fields);
    assert_memory_equal(&before, &frame, sizeof frame);
    unsigned int off_by = l4_sum();
    state_set(&fields, whole(FIELD_TCP_SRC), 1);
    frame_store(&frame, &fields);
    assert_int_equal(l4_sum(), off_by); /* updated: as wrong as before */
}

static void test_udp(void **state)
{
    (void)state;
    build(ETH "0800" IP4("0020", "11") "1388 0035 000c 0000 01020304", 40);
    check(FIELD_UDP_SRC, 5000);
    check(FIELD_UDP_DST, 53);
    change(FIELD_UDP_DST, 54, true);
    change(FIELD_IP4_DST, 0x01020304, true);
    /* No checksum stays none. */
    put(40, 0);
    load();
    change(FIELD_IP4_SRC, 0x05060708, false);
    change(FIELD_UDP_SRC, 9, false);
    assert_int_equal(get(40), 0);
}

/* A checksum that comes out as 0 is sent as 0xffff (RFC 768). */
static void test_udp_checksum_zero(void **state)
{
    (void)state;
    build(ETH "0800" IP4("001c", "11") "0000 0035 0008 0000", 40);
    unsigned int port = get(40); /* with this source port the sum is 0xffff */
    change(FIELD_UDP_SRC, port, true);
    assert_int_equal(get(40), 0xffff);
}

static void test_udp6(void **state)
{
    (void)state;
    build(ETH "86dd" IP6("000c", "11") "1388 0035 000c 0000 01020304", 60);
    check(FIELD_IP6_SRC, (wide)0xfd01000000000000 << 64 | 1);
    check(FIELD_IP_TTL, 64);
    change(FIELD_IP6_DST, (wide)0x20010db800000000 << 64 | 0xabcd, true);
    change(FIELD_IP_TTL, 1, true);
    change(FIELD_IP_DSCP, 0x2e, true);
    change(FIELD_IP6_LABEL, 0x54321, true);
    assert_int_equal(get(14), 0x6000 | 0x2e << 6 | 0x5);
    assert_int_equal(get(16), 0x4321);
}

/* What the gateway does not change has no place to write to. */
static void test_read_only(void **state)
{
    struct frame before;
    (void)state;
    build(ETH "0800" IP4("0020", "84") "1388 0035 00000000 00000000", 0);
    check(FIELD_SCTP_SRC, 5000);
    check(FIELD_SCTP_DST, 53);
    before = frame;
    state_set(&fields, whole(FIELD_SCTP_DST), 54);
    state_set(&fields, whole(FIELD_IP_PROTO), 6);
    state_set(&fields, whole(FIELD_ETH_TYPE), 0x86dd);
    state_set(&fields, whole(FIELD_IP_FRAG), 1);
    state_set(&fields, whole(FIELD_VLAN_TCI), 0x1005);
    frame_store(&frame, &fields);
    assert_memory_equal(&before, &frame, sizeof frame);
}

static void test_icmp(void **state)
{
    (void)state;
    build(ETH "0800" IP4("001c", "01") "0800 0000 0001 0002", 36);
    check(FIELD_ICMP4_TYPE, 8);
    check(FIELD_ICMP4_FRAG_MTU, 0);
    change(FIELD_ICMP4_TYPE, 0, true);
    change(FIELD_ICMP4_CODE, 3, true);
    build(ETH "86dd" IP6("0008", "3a") "8000 0000 0001 0002", 56);
    check(FIELD_ICMP6_TYPE, 128);
    change(FIELD_ICMP6_TYPE, 129, true);
    change(FIELD_IP6_SRC, 1, true);
    build(ETH "0800" IP4("001c", "01") "0304 0000 0000 05dc", 36);
    check(FIELD_ICMP4_FRAG_MTU, 1500);
    change(FIELD_ICMP4_FRAG_MTU, 1400, true);
}

static void test_arp(void **state)
{
    (void)state;
    build(ETH "0806 0001 0800 06 04 0001 02aabbccdd02 0a000001 000000000000 0a000002", 0);
    check(FIELD_ETH_TYPE, 0x0806);
    check(FIELD_ARP_OP, 1);
    check(FIELD_ARP_SHA, 0x02aabbccdd02);
    check(FIELD_ARP_SPA, 0x0a000001);
    check(FIELD_ARP_TPA, 0x0a000002);
    state_set(&fields, whole(FIELD_ARP_OP), 2);
    state_exchange(&fields, whole(FIELD_ARP_SPA), whole(FIELD_ARP_TPA));
    state_set(&fields, whole(FIELD_ARP_THA), 0x111213141516);
    frame_store(&frame, &fields);
    load();
    check(FIELD_ARP_OP, 2);
    check(FIELD_ARP_SPA, 0x0a000002);
    check(FIELD_ARP_THA, 0x111213141516);
    /* Another kind of ARP has no fields. */
    build(ETH "0806 0006 0800 06 04 0001 02aabbccdd02 0a000001 000000000000 0a000002", 0);
    check(FIELD_ARP_OP, 0);
}

#define NS(OPTION)                                                                                 \
    ETH "86dd" IP6("0020", "3a") "8700 0000 00000000 fd020000000000000000000000000099" OPTION

static void test_nd(void **state)
{
    (void)state;
    build(NS("0101 02aabbccdd02"), 56);
    check(FIELD_ND_TARGET, (wide)0xfd02000000000000 << 64 | 0x99);
    check(FIELD_ND_SLL, 0x02aabbccdd02);
    check(FIELD_ND_TLL, 0);
    change(FIELD_ND_TARGET, 5, true);
    change(FIELD_ND_SLL, 0xffffffffffff, true);
    build(NS("0201 02aabbccdd02"), 56); /* a solicitation has no target address option */
    check(FIELD_ND_SLL, 0);
    check(FIELD_ND_TLL, 0);
    build(NS("0100 02aabbccdd02"), 56); /* a length of 0 ends the search */
    check(FIELD_ND_SLL, 0);
    build(NS("01ff 02aabbccdd02"), 56);
    check(FIELD_ND_SLL, 0);
    frame.data[54] = 136;
    frame.data[78] = 2;
    frame.data[79] = 1;
    load();
    check(FIELD_ND_TLL, 0x02aabbccdd02);
}

static void test_vlan(void **state)
{
    (void)state;
    build(ETH "8100 2005 0800" IP4("001c", "11") "1388 0035 0008 0000", 0);
    check(FIELD_ETH_TYPE, 0x0800);
    check(FIELD_VLAN_TCI, 0x3005); /* bit 12 says that there is a tag */
    check(FIELD_UDP_DST, 53);
    build(ETH "8100 0000 0800" IP4("001c", "11") "1388 0035 0008 0000", 0);
    check(FIELD_VLAN_TCI, 0x1000);
}

static void test_fragments(void **state)
{
    (void)state;
    build(ETH "0800 4500 001c 1234 2000 4011 0000 0a000001 0a000002 1388 0035 0008 0000", 0);
    check(FIELD_IP_FRAG, 1);
    check(FIELD_UDP_DST, 0); /* as Open vSwitch has it for any fragment */
    build(ETH "0800 4500 0028 1234 2000 4006 0000 0a000001 0a000002 1388 0050 00000001 00000002 "
              "5012 ffff 0000 0000",
          0);
    check(FIELD_TCP_DST, 0);
    check(FIELD_TCP_FLAGS, 0x012);
    build(ETH "0800 4500 001c 1234 0001 4011 0000 0a000001 0a000002 1388 0035 0008 0000", 0);
    check(FIELD_IP_FRAG, 3);
    check(FIELD_UDP_DST, 0);
    change(FIELD_IP4_DST, 7, false);
    assert_int_equal(get(40), 0); /* not taken for a checksum */
    build(ETH "86dd" IP6("0010", "2c") "1100 0001 00000001 1388 0035 0008 0000", 0);
    check(FIELD_IP_FRAG, 1);
    check(FIELD_UDP_DST, 0);
    build(ETH "86dd" IP6("0010", "2c") "1100 0008 00000001 1388 0035 0008 0000", 0);
    check(FIELD_IP_FRAG, 3);
    check(FIELD_UDP_DST, 0);
    check(FIELD_IP_PROTO, 44); /* as in Open vSwitch */
    build(ETH "86dd" IP6("0010", "2c") "1100 0000 00000001 1388 0035 0008 0000", 0);
    check(FIELD_IP_FRAG, 0); /* the whole in one (RFC 6946) */
    check(FIELD_UDP_DST, 53);
}

static void test_extension_headers(void **state)
{
    (void)state;
    build(ETH "86dd" IP6("0018", "00") "3c00 010400000000 1100 010400000000 1388 0035 0008 0000",
          0);
    check(FIELD_IP_PROTO, 17);
    check(FIELD_UDP_DST, 53);
    build(ETH "86dd" IP6("0020", "33") "1104 0000 00000001 00000002 000000000000000000000000"
                                       "1388 0035 0008 0000",
          0);
    check(FIELD_IP_PROTO, 17); /* behind an authentication header */
    check(FIELD_UDP_DST, 53);
    build(ETH "86dd" IP6("0010", "00") "11ff 010400000000 1388 0035 0008 0000", 0);
    check(FIELD_UDP_DST, 0); /* beyond the end */
    build(ETH "0800 4600 0020 1234 0000 4011 0000 0a000001 0a000002 01010101 1388 0035 0008 0000",
          0);
    check(FIELD_UDP_DST, 53); /* behind IPv4 options */
}

/* Shorter and shorter: fewer fields, and no byte beyond the length counts. */
static void test_truncated(void **state)
{
    static const char *const texts[] = {
        ETH "0800" IP4("0028", "06") "1388 0050 00000001 00000002 5012 ffff 0000 0000",
        ETH "8100 2005 0806 0001 0800 06 04 0001 02aabbccdd02 0a000001 000000000000 0a000002",
        NS("0101 02aabbccdd02"),
        ETH "86dd" IP6("0018", "00") "3c00 010400000000 1100 010400000000 1388 0035 0008 0000",
    };
    struct state other;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        build(texts[i], 0);
        for (uint16_t len = frame.len; len-- > 0;) {
            frame.len = len;
            frame.data[len] = 0;
            load();
            memset(frame.data + len, 0xff, 64);
            state_init(&other);
            frame_load(&frame, &other);
            if (memcmp(&other, &fields, sizeof other) != 0) {
                fail_msg("frame %zu cut to %u bytes: bytes behind its end were read", i, len);
            }
            struct frame before = frame;
            for (int id = FIELD_ETH_SRC; id < N_FIELDS; id++) {
                state_set(&other, whole((enum field_id)id), ~(wide)0);
            }
            frame_store(&frame, &other);
            assert_memory_equal(frame.data + len, before.data + len, 64);
        }
    }
    check(FIELD_ETH_TYPE, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tcp),       cmocka_unit_test(test_unchanged),
        cmocka_unit_test(test_udp),       cmocka_unit_test(test_udp_checksum_zero),
        cmocka_unit_test(test_udp6),      cmocka_unit_test(test_read_only),
        cmocka_unit_test(test_icmp),      cmocka_unit_test(test_arp),
        cmocka_unit_test(test_nd),        cmocka_unit_test(test_vlan),
        cmocka_unit_test(test_fragments), cmocka_unit_test(test_extension_headers),
        cmocka_unit_test(test_truncated),
    };
    return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
