/* SPDX-License-Identifier: Apache-2.0 */
/* Frames as Open vSwitch sent them: each is understood, and built again from
 * what it was understood to say, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packet.h"
#include "recording.h"

#define ETH 14
#define OUTER 50 /* Ethernet, IPv4, UDP, Geneve without options */
#define INNER_IP (OUTER + 14)
#define INNER_UDP (INNER_IP + 20)
#define CONTROL (INNER_UDP + 8)
#define FRAME (CONTROL + 24)

static const char *const releases[] = {"ovn-23.03", "ovn-26.03"};
static const char *const files[] = {"bfd-comes-up.gw1.pcap", "bfd-steady.gw1.pcap",
                                    "bfd-peer-dies.gw1.pcap"};

static struct icgw_addr addr4(const uint8_t *p)
{
    struct icgw_addr a = {.bytes = {[10] = 0xff, [11] = 0xff}};
    memcpy(a.bytes + 12, p, 4);
    return a;
}

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static bool parse(const uint8_t *frame, uint32_t len, struct bfd_arrival *a)
{
    struct icgw_addr local = addr4(frame + ETH + 16);
    uint8_t *exact = malloc(len); /* so that AddressSanitizer sees its end */
    bool addressed, good;

    assert_non_null(exact);
    memcpy(exact, frame, len);
    good = bfd_frame_parse(exact, (uint16_t)len, &local, 1, a, &addressed);
    assert_true(addressed || !good);
    free(exact);
    return good;
}

/* The way to the receiver of the frame, as its sender has it. */
static struct icgw_tunnel tunnel_of(const uint8_t *frame, const struct bfd_arrival *a)
{
    struct icgw_tunnel t;
    icgw_tunnel_init(&t, &a->src, &a->dst, 6081, get16(frame + ETH + 26) != 0);
    icgw_tunnel_set_next_hop(&t, 0, frame + 6, frame, 0, 1500);
    return t;
}

static void check_frame(const uint8_t *frame, uint32_t len)
{
    struct bfd_arrival a;
    struct bfd_source source = {.port = get16(frame + INNER_UDP), .entropy = get16(frame + 34)};
    uint8_t built[BFD_FRAME_MAX];

    assert_int_equal(len, FRAME);
    assert_true(parse(frame, len, &a));
    struct icgw_tunnel t = tunnel_of(frame, &a);
    memcpy(source.eth_src, frame + OUTER + 6, 6);
    assert_int_equal(bfd_frame_build(built, &t, &source, &a.control), len);
    assert_memory_equal(built, frame, len);
}

static void test_recorded(void **state)
{
    unsigned int n = 0;

    (void)state;
    for (size_t r = 0; r < 2; r++) {
        for (size_t f = 0; f < 3; f++) {
            struct recording_frames all = recording_frames(releases[r], files[f]);
            for (size_t i = 0; i < all.n; i++, n++) {
                check_frame(all.frames[i].data, all.frames[i].len);
            }
            recording_frames_free(&all);
        }
    }
    print_message("%u frames of Open vSwitch\n", n);
    assert_true(n > 100);
}

/* A session that comes up, as one end sees it: told in order. */
static void test_recorded_states(void **state)
{
    struct recording_frames all = recording_frames("ovn-26.03", "bfd-comes-up.gw1.pcap");
    bool seen[4] = {false};

    (void)state;
    for (size_t i = 0; i < all.n; i++) {
        struct bfd_arrival a;
        assert_true(parse(all.frames[i].data, all.frames[i].len, &a));
        assert_int_equal(a.control.mult, 3);
        assert_int_equal(a.control.min_rx_us, 1000000);
        assert_int_equal(a.control.min_tx_us, a.control.state == BFD_UP ? 100000 : 1000000);
        seen[a.control.state] = true;
    }
    assert_true(seen[BFD_DOWN] && seen[BFD_INIT] && seen[BFD_UP]);
    recording_frames_free(&all);
}

static uint8_t *a_frame(void)
{
    struct recording_frames all = recording_frames("ovn-26.03", "bfd-steady.gw1.pcap");
    uint8_t *frame = malloc(FRAME);
    struct bfd_arrival a;

    assert_non_null(frame);
    memcpy(frame, all.frames[0].data, FRAME);
    recording_frames_free(&all);
    assert_true(parse(frame, FRAME, &a));
    return frame;
}

/* The inner IP header is changed together with its checksum. */
static void set_inner_ip(uint8_t *frame, unsigned int offset, uint8_t value)
{
    uint32_t sum = 0;
    frame[INNER_IP + offset] = value;
    frame[INNER_IP + 10] = frame[INNER_IP + 11] = 0;
    for (unsigned int i = 0; i < 20; i += 2) {
        sum += get16(frame + INNER_IP + i);
    }
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    frame[INNER_IP + 10] = (uint8_t)(~sum >> 8);
    frame[INNER_IP + 11] = (uint8_t)~sum;
}

static void test_refused(void **state)
{
    static const struct {
        const char *what;
        unsigned int offset;
        uint8_t value;
    } cases[] = {
        {"version 0", CONTROL, 0x00},
        {"version 2", CONTROL, 0x40},
        {"authentication", CONTROL + 1, 0xc4},
        {"multipoint", CONTROL + 1, 0xc1},
        {"multiplier 0", CONTROL + 2, 0},
        {"length 23", CONTROL + 3, 23},
        {"length 25, beyond the end", CONTROL + 3, 25},
        {"another port", INNER_UDP + 3, 0xc9},
        {"UDP length 7", INNER_UDP + 5, 7},
        {"UDP length, beyond the end", INNER_UDP + 5, 33},
        {"inner checksum", INNER_IP + 10, 0},
        {"inner EtherType", OUTER + 12, 0x86},
        {"VNI 1", OUTER - 2, 1},
        {"OAM", OUTER - 7, 0x80},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t *frame = a_frame();
        struct bfd_arrival a;
        frame[cases[i].offset] = cases[i].value;
        if (parse(frame, FRAME, &a)) {
            fail_msg("%s was taken", cases[i].what);
        }
        free(frame);
    }
}

static void test_refused_inner_ip(void **state)
{
    static const struct {
        const char *what;
        unsigned int offset;
        uint8_t value;
    } cases[] = {
        {"TTL 254", 8, 254},
        {"TCP", 9, 6},
        {"more fragments", 6, 0x20},
        {"a later fragment", 7, 1},
        {"header of 16 bytes", 0, 0x44},
        {"header of 60 bytes", 0, 0x4f},
        {"version 6", 0, 0x65},
        {"total length 53, beyond the end", 3, 53},
        {"total length 27", 3, 27},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t *frame = a_frame();
        struct bfd_arrival a;
        set_inner_ip(frame, cases[i].offset, cases[i].value);
        if (parse(frame, FRAME, &a)) {
            fail_msg("%s was taken", cases[i].what);
        }
        free(frame);
    }
}

static void test_discriminators(void **state)
{
    uint8_t *frame = a_frame();
    struct bfd_arrival a;

    (void)state;
    memset(frame + CONTROL + 8, 0, 4);
    assert_false(parse(frame, FRAME, &a)); /* Up with someone unknown */
    frame[CONTROL + 1] = BFD_DOWN << 6;
    assert_true(parse(frame, FRAME, &a));
    memset(frame + CONTROL + 4, 0, 4);
    assert_false(parse(frame, FRAME, &a));
    free(frame);
}

static void test_truncated(void **state)
{
    uint8_t *frame = a_frame();
    struct bfd_arrival a;

    (void)state;
    for (uint32_t len = 0; len < FRAME; len++) {
        assert_false(parse(frame, len, &a));
    }
    free(frame);
}

/* IPv6 and a VLAN tag outside: what is built is understood. */
static void test_other_outers(void **state)
{
    struct icgw_addr local = {.bytes = {0x20, 0x01, 0x0d, 0xb8, [15] = 1}};
    struct icgw_addr remote = {.bytes = {0x20, 0x01, 0x0d, 0xb8, [15] = 2}};
    const uint8_t v4[2][4] = {{192, 0, 2, 1}, {192, 0, 2, 2}};
    struct bfd_source source = {.eth_src = {2}, .port = 49152, .entropy = 60000};
    struct bfd_control c = {.state = BFD_UP, .poll = true, .mult = 3, .my_discr = 7};
    uint8_t frame[BFD_FRAME_MAX];

    (void)state;
    c.your_discr = 9;
    for (unsigned int i = 0; i < 8; i++) {
        struct icgw_tunnel t;
        struct bfd_arrival a;
        bool addressed;
        if (i == 4) {
            local = addr4(v4[0]);
            remote = addr4(v4[1]);
        }
        icgw_tunnel_init(&t, &local, &remote, 6081, i & 2);
        icgw_tunnel_set_next_hop(&t, 0, source.eth_src, source.eth_src, i & 1 ? 7 : 0, 1500);
        uint16_t len = bfd_frame_build(frame, &t, &source, &c);
        assert_int_equal(len, t.hdr_len - 8 + 66);
        assert_true(bfd_frame_parse(frame, len, &remote, 1, &a, &addressed));
        assert_memory_equal(&a.src, &local, sizeof local);
        assert_true(a.control.poll && !a.control.final);
        assert_int_equal(a.control.my_discr, 7);
        assert_false(bfd_frame_parse(frame, len, &local, 1, &a, &addressed));
        assert_false(addressed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorded),       cmocka_unit_test(test_recorded_states),
        cmocka_unit_test(test_refused),        cmocka_unit_test(test_refused_inner_ip),
        cmocka_unit_test(test_discriminators), cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_other_outers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
