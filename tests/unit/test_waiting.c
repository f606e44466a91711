/* SPDX-License-Identifier: Apache-2.0 */

/* Packets whose next hop has to be asked for, and what comes of the answer. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "recording_replay.h"
#include "test_eal.h"

#define INNER 58 /* offset of the inner frame behind Ethernet, IPv4, UDP, Geneve, option */
#define ROUTER_PORT "lr2-ls2"

static struct replay r;

/* An echo request to an address that nobody has; ARP asks for it. */
static void send_to_nobody(unsigned int n)
{
    struct recording_frames all = recording_frames("ovn-26.03", "no-such-neighbour.gw2.pcap");
    for (unsigned int i = 0; i < n; i++) {
        replay_receive(&r, &all.frames[0]);
    }
    recording_frames_free(&all);
}

static void answer(const char *ip, const char *mac)
{
    const struct model_port *port = model_port_by_name(r.model, ROUTER_PORT);
    assert_non_null(port);
    assert_true(model_add_mac_binding(r.model, port->datapath->uuid, port->name, ip, mac));
    model_finish(r.model);
    alarm(10); /* instead of retrying without end */
    slow_path_update(r.slow_path, r.model, r.specialised, r.specialised->tables);
    alarm(0);
}

static size_t count_arp(void)
{
    size_t n = 0;
    for (size_t i = 0; i < r.sent.n; i++) {
        n += memcmp(r.sent.frames[i].data + INNER + 12, "\x08\x06", 2) == 0;
    }
    return n;
}

static uint64_t timeouts(void)
{
    return slow_path_stats(r.slow_path)->drops[ICGW_DROP_NEIGHBOUR_TIMEOUT];
}

static void goes_on_with_the_answer(void **state)
{
    static const uint8_t mac[] = {0, 0, 0, 2, 0, 0x10};
    (void)state;
    replay_start(&r, "ovn-26.03", 2);
    send_to_nobody(2);
    assert_int_equal(count_arp(), 2);
    assert_int_equal(r.sent.n, 2);
    answer("10.2.0.99", "00:00:00:02:00:10");
    assert_int_equal(r.sent.n, 4);
    assert_int_equal(count_arp(), 2);
    assert_memory_equal(r.sent.frames[2].data + INNER, mac, sizeof mac);
    assert_int_equal(timeouts(), 0);
    replay_stop(&r);
}

/* Flows ask again for an address of zeros: each packet that waited does so once. */
static void an_answer_of_zeros_is_none(void **state)
{
    (void)state;
    replay_start(&r, "ovn-26.03", 2);
    send_to_nobody(2);
    answer("10.2.0.99", "00:00:00:00:00:00");
    assert_int_equal(count_arp(), 4);
    assert_int_equal(timeouts(), 2);
    slow_path_update(r.slow_path, r.model, r.specialised, r.specialised->tables);
    assert_int_equal(r.sent.n, 4);
    replay_stop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_on_with_the_answer),
        cmocka_unit_test(an_answer_of_zeros_is_none),
    };
    return cmocka_run_group_tests_name("waiting", tests, test_eal_start, test_eal_stop);
}
