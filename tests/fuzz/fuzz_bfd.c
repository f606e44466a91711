/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer target: bfd_frame_parse(), and a session that gets what it took.
 *
 * Input: frames, each after its length (1 byte); byte 0 of all says how much
 * time passes between two.  Each frame lies in a heap block of exact length, so
 * that AddressSanitizer sees any access beyond.  Asserted: what a session is
 * told leaves it consistent, its clock never runs backwards, it answers one
 * packet with two at most, and what it builds is understood. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session.h"

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "%s:%d: expected %s\n", __FILE__, __LINE__, #cond);                    \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#define DISCR 0x11223344

static struct icgw_addr local = {.bytes = {[10] = 0xff, 0xff, 192, 0, 2, 21}};
static struct icgw_addr remote = {.bytes = {[10] = 0xff, 0xff, 192, 0, 2, 11}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_sent(const struct bfd_control *c)
{
    const struct bfd_source source = {.port = 49152, .entropy = 50000};
    const uint8_t mac[6] = {2};
    uint8_t frame[BFD_FRAME_MAX];
    struct icgw_tunnel t;
    struct bfd_arrival a;
    bool addressed;

    CHECK(!(c->poll && c->final));
    CHECK(c->my_discr == DISCR && c->mult != 0);
    CHECK(c->state == BFD_UP || c->min_tx_us >= 1000000);
    icgw_tunnel_init(&t, &local, &remote, 6081, true);
    icgw_tunnel_set_next_hop(&t, 0, mac, mac, 0, 1500);
    uint16_t len = bfd_frame_build(frame, &t, &source, c);
    /* INIT and UP without having heard of anyone is not said to anyone. */
    CHECK(bfd_frame_parse(frame, len, &remote, 1, &a, &addressed));
    CHECK(addressed && a.control.state == c->state && a.control.my_discr == DISCR);
}

static void receive(struct bfd_session *s, const uint8_t *data, size_t len, int64_t now)
{
    uint8_t *exact = malloc(len != 0 ? len : 1);
    struct bfd_arrival a;
    struct bfd_control out;
    bool addressed;
    unsigned int sent = 0;

    CHECK(exact != NULL);
    memcpy(exact, data, len);
    if (bfd_frame_parse(exact, (uint16_t)len, &local, 1, &a, &addressed)) {
        CHECK(addressed && a.control.my_discr != 0 && a.control.mult != 0);
        bfd_session_receive(s, &a.control, now);
    }
    free(exact);
    bfd_session_run(s, 0, now);
    while (bfd_session_transmit(s, &out, now)) {
        check_sent(&out);
        CHECK(++sent <= 2);
    }
    CHECK(bfd_session_deadline(s) > now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct bfd_timers timers = {.decay_min_rx_ms = 3000};
    struct bfd_session s;
    int64_t now = 1000000;

    if (size < 1) {
        return 0;
    }
    int64_t step = 1 + (int64_t)data[0] * 20000;
    bfd_session_init(&s, DISCR, 1, &timers, false, now);
    for (size_t at = 1; at < size; now += step) {
        size_t len = data[at++];
        len = len < size - at ? len : size - at;
        receive(&s, data + at, len, now);
        at += len;
    }
    return 0;
}
