/* SPDX-License-Identifier: Apache-2.0 */

/* Packets that do not fit the underlay: the inner source hears of it where the
 * recorded zone's flows bring such errors home. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "recording_replay.h"
#include "test_eal.h"

#define INNER 58    /* offset of the inner frame behind Ethernet, IPv4, UDP, Geneve, option */
#define OVERHEAD 58 /* bytes of outer IPv4 packet that are not inner IP packet */

static const struct icgw_addr other_gateway = {{[10] = 0xff, 0xff, 192, 0, 2, 22}};
static const uint8_t hypervisor[] = {192, 0, 2, 11};

/* Narrows the link to the other zone only: the way back stays wide. */
static void narrow(struct replay *r, uint16_t mtu)
{
    for (size_t i = 0; i < r->specialised->n_tunnels; i++) {
        if (memcmp(&r->specialised->tunnels[i].remote, &other_gateway, sizeof other_gateway) == 0) {
            r->specialised->tables->tunnels[i]->mtu = mtu;
        }
    }
}

/* The first frame of a capture: an echo request of 84 or 104 bytes of IP. */
static void send_first(struct replay *r, const char *file)
{
    struct recording_frames all = recording_frames("ovn-26.03", file);
    replay_receive(r, &all.frames[0]);
    recording_frames_free(&all);
}

static void expect_number(const char *what, unsigned int expected, unsigned int got)
{
    if (expected != got) {
        fail_msg("%s: expected %u, got %u", what, expected, got);
    }
}

static const uint8_t *expect_error(const struct replay *r)
{
    expect_number("packets sent", 1, (unsigned int)r->sent.n);
    const uint8_t *data = r->sent.frames[0].data;
    assert_memory_equal(data + 30, hypervisor, sizeof hypervisor);
    return data + INNER;
}

static void ipv4_source_is_told(void **state)
{
    struct replay r;
    (void)state;
    replay_start(&r, "ovn-26.03", 1);
    narrow(&r, 84 + OVERHEAD - 1);
    send_first(&r, "icmp4.gw1.pcap");

    static const uint8_t src[] = {10, 2, 0, 10}, dst[] = {10, 1, 0, 10};
    const uint8_t *inner = expect_error(&r);
    assert_memory_equal(inner + 26, src, sizeof src);
    assert_memory_equal(inner + 30, dst, sizeof dst);
    expect_number("ICMP type", 3, inner[34]);
    expect_number("ICMP code", 4, inner[35]);
    expect_number("MTU", 83, (unsigned int)(inner[40] << 8 | inner[41]));
    expect_number("drops as too big", 1,
                  (unsigned int)slow_path_stats(r.slow_path)->drops[ICGW_DROP_TOO_BIG]);
    replay_stop(&r);
}

static void ipv6_source_is_told(void **state)
{
    struct replay r;
    (void)state;
    replay_start(&r, "ovn-26.03", 1);
    narrow(&r, 104 + OVERHEAD - 1);
    send_first(&r, "icmp6.gw1.pcap");

    const uint8_t *inner = expect_error(&r);
    expect_number("ICMPv6 type", 2, inner[54]);
    expect_number("ICMPv6 code", 0, inner[55]);
    expect_number("MTU", 103, (unsigned int)(inner[60] << 8 | inner[61]));
    replay_stop(&r);
}

/* Flows of 23.03 do not know such errors: the packet is dropped, as by a stock
 * gateway of that release. */
static void old_flows_drop(void **state)
{
    struct replay r;
    struct recording_frames all = recording_frames("ovn-23.03", "icmp4.gw1.pcap");
    (void)state;
    replay_start(&r, "ovn-23.03", 1);
    narrow(&r, 84 + OVERHEAD - 1);
    replay_receive(&r, &all.frames[0]);
    expect_number("packets sent", 0, (unsigned int)r.sent.n);
    expect_number("drops as too big", 1,
                  (unsigned int)slow_path_stats(r.slow_path)->drops[ICGW_DROP_TOO_BIG]);
    recording_frames_free(&all);
    replay_stop(&r);
}

static void what_fits_goes_on(void **state)
{
    struct replay r;
    (void)state;
    replay_start(&r, "ovn-26.03", 1);
    narrow(&r, 84 + OVERHEAD);
    send_first(&r, "icmp4.gw1.pcap");
    expect_number("packets on the fast path", 1, r.n_actions[ICGW_ACTION_TX]);
    replay_stop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4_source_is_told),
        cmocka_unit_test(ipv6_source_is_told),
        cmocka_unit_test(old_flows_drop),
        cmocka_unit_test(what_fits_goes_on),
    };
    return cmocka_run_group_tests_name("too_big", tests, test_eal_start, test_eal_stop);
}
