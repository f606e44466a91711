/* SPDX-License-Identifier: Apache-2.0 */
/* The state machine against itself, on a clock and a wire of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session.h"

#define MS INT64_C(1000)
#define SECOND (1000 * MS)
#define DELAY (2 * MS) /* one way */
#define QUEUE 64

static const struct bfd_timers defaults;
static const struct bfd_timers fast = {.min_rx_ms = 100, .min_tx_ms = 100, .mult = 3};

/* What is on its way to one of the two. */
struct wire {
    bool cut;
    size_t n;
    struct {
        int64_t at;
        struct bfd_control control;
    } queue[QUEUE];
    unsigned int sent;
    unsigned int polls;
    unsigned int finals;
    struct bfd_control last;
    int64_t last_at;
    int64_t min_gap; /* between packets */
    int64_t max_gap;
};

static struct bfd_session a, b;
static struct wire to_a, to_b;
static int64_t now;
static bool strangers;     /* packets for a session of former times are no surprise */
static uint64_t forwarded; /* both see the same traffic */

static void begin(const struct bfd_timers *timers_a, const struct bfd_timers *timers_b)
{
    now = 1000 * SECOND;
    forwarded = 0;
    strangers = false;
    memset(&to_a, 0, sizeof to_a);
    memset(&to_b, 0, sizeof to_b);
    bfd_session_init(&a, 0xaaaa, 1, timers_a, false, now);
    bfd_session_init(&b, 0xbbbb, 2, timers_b, false, now);
}

static void forget_gaps(void)
{
    to_a.min_gap = to_b.min_gap = INT64_MAX;
    to_a.max_gap = to_b.max_gap = 0;
    to_a.sent = to_b.sent = to_a.polls = to_b.polls = to_a.finals = to_b.finals = 0;
    to_a.last_at = to_b.last_at = 0;
}

static void transmit(struct bfd_session *s, struct wire *w)
{
    struct bfd_control c;
    while (bfd_session_transmit(s, &c, now)) {
        assert_false(c.poll && c.final);
        if (w->last_at != 0) {
            int64_t gap = now - w->last_at;
            w->min_gap = gap < w->min_gap ? gap : w->min_gap;
            w->max_gap = gap > w->max_gap ? gap : w->max_gap;
        }
        w->last_at = now;
        w->last = c;
        w->sent++;
        w->polls += c.poll;
        w->finals += c.final;
        if (!w->cut) {
            assert_true(w->n < QUEUE);
            w->queue[w->n].at = now + DELAY;
            w->queue[w->n++].control = c;
        }
    }
}

static void deliver(struct wire *w, struct bfd_session *s)
{
    size_t n = 0;
    while (n < w->n && w->queue[n].at <= now) {
        bool taken = bfd_session_receive(s, &w->queue[n].control, now);
        assert_true(taken || strangers);
        n++;
    }
    memmove(w->queue, w->queue + n, (w->n - n) * sizeof w->queue[0]);
    w->n -= n;
}

static int64_t earlier(int64_t x, int64_t y)
{
    return x < y ? x : y;
}

static void turn(void)
{
    deliver(&to_a, &a);
    deliver(&to_b, &b);
    bfd_session_run(&a, forwarded, now);
    bfd_session_run(&b, forwarded, now);
    transmit(&a, &to_b);
    transmit(&b, &to_a);
}

/* Lets time pass, from event to event. */
static void pass(int64_t us)
{
    int64_t end = now + us;
    unsigned int turns = 0;
    for (;;) {
        turn();
        int64_t next = earlier(bfd_session_deadline(&a), bfd_session_deadline(&b));
        next = to_a.n > 0 ? earlier(next, to_a.queue[0].at) : next;
        next = to_b.n > 0 ? earlier(next, to_b.queue[0].at) : next;
        assert_true(next > now); /* what is due has been done */
        assert_true(turns++ < 100000);
        if (next > end) {
            now = end;
            return;
        }
        now = next;
    }
}

static void come_up(void)
{
    pass(5 * SECOND);
    assert_int_equal(a.state, BFD_UP);
    assert_int_equal(b.state, BFD_UP);
}

static void test_comes_up(void **state)
{
    (void)state;
    begin(&defaults, &defaults);
    pass(3 * DELAY);
    /* Changes of state are told at once. */
    assert_int_equal(a.state, BFD_UP);
    assert_int_equal(b.state, BFD_UP);
    come_up();
    assert_int_equal(a.remote_discr, 0xbbbb);
    assert_int_equal(b.remote_discr, 0xaaaa);
    assert_int_equal(a.flaps, 0);
    assert_int_equal(bfd_session_tx_interval(&a), SECOND); /* the peer's 1000 ms */
    assert_int_equal(bfd_session_detect_us(&a), 3 * SECOND);
    assert_false(a.polling || b.polling);
}

static void test_slow_while_alone(void **state)
{
    (void)state;
    begin(&fast, &fast);
    to_a.cut = to_b.cut = true;
    forget_gaps();
    pass(60 * SECOND);
    assert_int_equal(a.state, BFD_DOWN);
    assert_true(to_b.min_gap >= 750 * MS);
    assert_true(to_b.max_gap <= SECOND);
    assert_true(to_b.last.min_tx_us >= SECOND);
    assert_int_equal(to_b.last.your_discr, 0);
}

static void test_jitter(void **state)
{
    struct bfd_timers one = {.min_rx_ms = 100, .min_tx_ms = 100, .mult = 1};

    (void)state;
    begin(&fast, &fast);
    come_up();
    forget_gaps();
    pass(100 * SECOND);
    assert_true(to_b.min_gap >= 75 * MS && to_b.min_gap < 78 * MS);
    assert_true(to_b.max_gap <= 100 * MS && to_b.max_gap > 97 * MS);
    assert_in_range(to_b.sent, 1100, 1200);
    assert_int_equal(a.flaps, 0);

    begin(&one, &one);
    come_up();
    forget_gaps();
    pass(100 * SECOND);
    assert_true(to_b.min_gap >= 75 * MS && to_b.max_gap <= 90 * MS);
    assert_int_equal(a.flaps, 0);
}

static void test_detection(void **state)
{
    (void)state;
    begin(&fast, &fast);
    come_up();
    to_a.cut = to_b.cut = true;
    to_a.n = to_b.n = 0;
    pass(195 * MS);
    assert_int_equal(a.state, BFD_UP);
    pass(110 * MS);
    assert_int_equal(a.state, BFD_DOWN);
    assert_int_equal(a.diag, BFD_DIAG_TIMEOUT);
    assert_int_equal(a.remote_discr, 0);
    assert_int_equal(a.flaps, 1);
    forget_gaps();
    pass(10 * SECOND);
    assert_true(to_b.min_gap >= 750 * MS); /* slow again */

    to_a.cut = to_b.cut = false;
    come_up();
    assert_int_equal(a.diag, BFD_DIAG_TIMEOUT); /* why it was down */
}

static void test_one_way_loss(void **state)
{
    (void)state;
    begin(&fast, &fast);
    come_up();
    to_a.cut = true;
    to_a.n = 0;
    pass(SECOND);
    assert_int_equal(a.state, BFD_DOWN);
    assert_int_equal(a.diag, BFD_DIAG_TIMEOUT);
    assert_int_equal(b.state, BFD_DOWN);
    assert_int_equal(b.diag, BFD_DIAG_NEIGHBOUR_DOWN);
    pass(20 * SECOND);
    assert_int_not_equal(b.state, BFD_UP);
    to_a.cut = false;
    come_up();
}

static void test_some_loss_is_no_failure(void **state)
{
    (void)state;
    begin(&fast, &fast);
    come_up();
    for (int i = 0; i < 200; i++) {
        to_a.cut = to_b.cut = i % 4 == 0; /* 100 of 400 ms */
        pass(100 * MS);
    }
    assert_int_equal(a.flaps, 0);
    assert_int_equal(b.flaps, 0);
}

static void test_faster_by_poll(void **state)
{
    (void)state;
    begin(&defaults, &defaults);
    come_up();
    forget_gaps();
    bfd_session_set_timers(&b, &fast, now);
    assert_true(b.polling);
    /* A shorter detection time has to wait for the peer. */
    assert_int_equal(bfd_session_detect_us(&b), 3 * SECOND);
    to_a.cut = true;
    pass(500 * MS);
    assert_int_equal(bfd_session_detect_us(&b), 3 * SECOND);
    to_a.cut = false;
    pass(2 * SECOND);
    assert_false(b.polling);
    assert_true(to_a.polls >= 1);
    assert_int_equal(to_b.finals, 1); /* as many as polls came through */
    assert_int_equal(bfd_session_detect_us(&b), 300 * MS);
    assert_int_equal(bfd_session_tx_interval(&a), 100 * MS);
    pass(20 * SECOND);
    assert_int_equal(a.flaps + b.flaps, 0);
}

static void test_slower_by_poll(void **state)
{
    struct bfd_timers slow = {.min_rx_ms = 2000, .min_tx_ms = 2000, .mult = 3};

    (void)state;
    begin(&fast, &fast);
    come_up();
    to_a.cut = true;
    bfd_session_set_timers(&b, &slow, now);
    /* Detection is relaxed at once, transmission only when the peer knows. */
    assert_int_equal(bfd_session_detect_us(&b), 6 * SECOND);
    assert_int_equal(bfd_session_tx_interval(&b), 100 * MS);
    pass(100 * MS);
    assert_int_equal(bfd_session_tx_interval(&b), 100 * MS);
    to_a.cut = false;
    pass(10 * SECOND);
    assert_int_equal(bfd_session_tx_interval(&b), 2 * SECOND);
    assert_int_equal(bfd_session_detect_us(&a), 6 * SECOND);
    assert_int_equal(a.flaps + b.flaps, 0);
}

/* Open vSwitch may ask for fewer packets without a poll, and until it has the next one goes
 * by the detection time that it had. */
static void test_slower_without_poll(void **state)
{
    (void)state;
    begin(&fast, &fast);
    come_up();
    for (int i = 0; i < 20; i++) { /* at any time between two packets */
        b.min_rx = b.used_rx = (uint32_t)SECOND;
        b.urgent = true;
        pass(5 * SECOND);
        assert_int_equal(bfd_session_tx_interval(&a), SECOND);
        assert_int_equal(a.flaps + b.flaps, 0);
        b.min_rx = b.used_rx = 100 * (uint32_t)MS;
        b.detect_at = now + 300 * MS;
        b.urgent = true;
        pass(SECOND + i * 5 * MS);
    }
}

/* A poll sequence that the end of the session cuts short leaves nothing behind. */
static void test_down_during_poll(void **state)
{
    struct bfd_timers slow = {.min_rx_ms = 2000, .min_tx_ms = 2000, .mult = 3};

    (void)state;
    begin(&fast, &fast);
    come_up();
    to_a.cut = true;
    bfd_session_set_timers(&b, &slow, now);
    pass(SECOND);
    assert_int_equal(b.state, BFD_DOWN);
    to_a.cut = false;
    pass(20 * SECOND);
    assert_int_equal(b.state, BFD_UP);
    assert_int_equal(bfd_session_tx_interval(&b), 2 * SECOND);
    assert_int_equal(bfd_session_detect_us(&a), 6 * SECOND);
}

static void test_change_during_poll(void **state)
{
    struct bfd_timers other = {.min_rx_ms = 300, .min_tx_ms = 300, .mult = 5};

    (void)state;
    begin(&defaults, &defaults);
    come_up();
    to_b.cut = true; /* no Final reaches b */
    bfd_session_set_timers(&b, &fast, now);
    pass(100 * MS);
    bfd_session_set_timers(&b, &other, now);
    to_b.cut = false;
    pass(10 * SECOND);
    assert_false(b.polling);
    assert_int_equal(bfd_session_detect_us(&b), 900 * MS);
    assert_int_equal(bfd_session_detect_us(&a), 5 * SECOND);
    assert_int_equal(a.remote_mult, 5);
    assert_int_equal(a.flaps + b.flaps, 0);
}

static void test_both_change(void **state)
{
    (void)state;
    begin(&defaults, &defaults);
    come_up();
    bfd_session_set_timers(&a, &fast, now);
    bfd_session_set_timers(&b, &fast, now);
    pass(SECOND);
    assert_int_equal(bfd_session_detect_us(&a), 300 * MS);
    assert_int_equal(bfd_session_detect_us(&b), 300 * MS);
    bfd_session_set_timers(&a, &defaults, now);
    bfd_session_set_timers(&b, &defaults, now);
    pass(10 * SECOND);
    assert_int_equal(bfd_session_detect_us(&a), 3 * SECOND);
    assert_int_equal(bfd_session_detect_us(&b), 3 * SECOND);
    assert_int_equal(a.flaps + b.flaps, 0);
}

static void test_admin_down(void **state)
{
    (void)state;
    begin(&defaults, &defaults);
    come_up();
    bfd_session_set_admin_down(&a, true, now);
    pass(2 * DELAY);
    assert_int_equal(b.state, BFD_DOWN); /* not after a detection time */
    assert_int_equal(b.diag, BFD_DIAG_NEIGHBOUR_DOWN);
    assert_int_equal(b.remote_diag, BFD_DIAG_ADMIN_DOWN);
    pass(60 * SECOND);
    assert_int_equal(a.state, BFD_ADMIN_DOWN);
    assert_int_equal(b.state, BFD_DOWN);
    assert_int_equal(b.remote_state, BFD_ADMIN_DOWN); /* still told */
    bfd_session_set_admin_down(&a, false, now);
    come_up();
    assert_int_equal(b.flaps, 1);

    bfd_session_set_admin_down(&b, true, now);
    pass(2 * DELAY);
    assert_int_equal(a.state, BFD_DOWN);
}

static void test_restarted_peer(void **state)
{
    (void)state;
    begin(&fast, &fast);
    come_up();
    bfd_session_init(&b, 0xcccc, 3, &fast, false, now);
    to_b.n = 0;       /* meant for its predecessor */
    pass(DELAY + MS); /* its first packet tells */
    assert_int_not_equal(a.state, BFD_UP);
    come_up();
    assert_int_equal(a.remote_discr, 0xcccc);
    assert_int_equal(a.flaps, 1);
}

/* One packet there and one back, not a second more, until the peer has us again. */
static void test_peer_begins_anew(void **state)
{
    (void)state;
    begin(&defaults, &defaults);
    come_up();
    bfd_session_init(&b, 0xcccc, 3, &defaults, false, now);
    to_a.n = to_b.n = 0;
    bfd_session_announce(&b);
    pass(2 * DELAY + MS);
    assert_int_equal(b.state, BFD_UP);
    pass(DELAY + MS);
    assert_int_equal(a.state, BFD_UP);
    assert_int_equal(a.flaps, 1);

    /* One that has missed us is the same peer, and is down until it hears of us. */
    a.local_discr = 0xdddd;
    struct bfd_control missed = {.state = BFD_DOWN,
                                 .diag = BFD_DIAG_TIMEOUT,
                                 .mult = 3,
                                 .my_discr = 0xcccc,
                                 .min_tx_us = 1000000,
                                 .min_rx_us = 1000000};
    assert_true(bfd_session_receive(&a, &missed, now));
    assert_int_equal(a.state, BFD_DOWN);
}

/* A program that starts again within the detection time. */
static void restart_a(void)
{
    uint32_t local = a.local_discr, remote = a.remote_discr;
    bfd_session_init(&a, local, 7, &defaults, false, now);
    bfd_session_resume(&a, remote, now);
    to_a.n = to_b.n = 0;
}

static void test_resume(void **state)
{
    (void)state;
    begin(&defaults, &defaults);
    come_up();
    to_a.cut = to_b.cut = true; /* nobody there */
    now += 1500 * MS;
    restart_a();
    to_a.cut = to_b.cut = false;
    pass(20 * SECOND);
    assert_int_equal(a.state, BFD_UP);
    assert_int_equal(a.flaps + b.flaps, 0);
    assert_false(a.polling);
    assert_int_equal(bfd_session_detect_us(&a), 3 * SECOND);
}

/* It took too long, or the peer started again as well. */
static void test_resume_too_late(void **state)
{
    (void)state;
    begin(&defaults, &defaults);
    come_up();
    now += 4 * SECOND;
    bfd_session_run(&b, 0, now);
    assert_int_equal(b.state, BFD_DOWN);
    restart_a();
    come_up();
    assert_int_equal(b.flaps, 1);

    bfd_session_init(&b, 0xcccc, 3, &defaults, false, now);
    restart_a();
    strangers = true;
    come_up();
    assert_int_equal(a.remote_discr, 0xcccc);

    restart_a();
    to_a.cut = to_b.cut = true; /* for good */
    pass(4 * SECOND);
    assert_int_equal(a.state, BFD_DOWN);
}

static void test_decay(void **state)
{
    struct bfd_timers decay = fast;

    (void)state;
    decay.decay_min_rx_ms = 3000;
    begin(&decay, &decay);
    come_up();
    pass(20 * SECOND); /* nothing is forwarded */
    assert_int_equal(bfd_session_detect_us(&a), 9 * SECOND);
    assert_int_equal(bfd_session_tx_interval(&b), 3 * SECOND);
    for (int i = 0; i < 100; i++) {
        forwarded += 100;
        pass(100 * MS);
    }
    assert_int_equal(bfd_session_detect_us(&a), 300 * MS);
    assert_int_equal(bfd_session_tx_interval(&b), 100 * MS);
    assert_int_equal(a.flaps + b.flaps, 0);

    decay.decay_min_rx_ms = 50; /* below min_rx: none */
    assert_int_equal(bfd_session_timers(&decay).decay_min_rx_ms, 0);
}

static struct bfd_control from_peer(void)
{
    return (struct bfd_control){
        .state = BFD_DOWN,
        .mult = 3,
        .my_discr = 0x1234,
        .min_tx_us = 1000000,
        .min_rx_us = 1000000,
    };
}

static void test_wrong_discriminator(void **state)
{
    struct bfd_control c = from_peer();

    (void)state;
    begin(&fast, &fast);
    come_up();
    c.your_discr = 0xaaab;
    c.state = BFD_DOWN;
    struct bfd_session before = a;
    assert_false(bfd_session_receive(&a, &c, now));
    before.discarded++;
    assert_memory_equal(&a, &before, sizeof a);
    assert_int_equal(a.state, BFD_UP);
}

static void test_silent_peer(void **state)
{
    struct bfd_control c = from_peer(), out;

    (void)state;
    begin(&fast, &fast);
    c.min_rx_us = 0; /* wants nothing periodic */
    assert_true(bfd_session_receive(&a, &c, now));
    while (bfd_session_transmit(&a, &out, now)) {
    }
    assert_int_equal(a.next_tx, BFD_NEVER);
    c.poll = true; /* but an answer to that */
    assert_true(bfd_session_receive(&a, &c, now));
    assert_true(bfd_session_transmit(&a, &out, now));
    assert_true(out.final);
    assert_false(bfd_session_transmit(&a, &out, now));
    c.min_rx_us = 1000000;
    assert_true(bfd_session_receive(&a, &c, now));
    assert_true(a.next_tx <= now + SECOND);
}

/* Whatever comes: no time overflows, nothing is asked for in the past, and never
 * more than two packets in return for one. */
static void test_hostile(void **state)
{
    struct bfd_control c, out;

    (void)state;
    srandom(4711);
    begin(&fast, &fast);
    for (int i = 0; i < 200000; i++) {
        uint32_t r = (uint32_t)random();
        c = (struct bfd_control){
            .state = r & 3,
            .diag = r >> 2 & 31,
            .poll = r >> 7 & 1,
            .final = r >> 8 & 1,
            .mult = (uint8_t)(1 + (r >> 9) % 255),
            .my_discr = 1 + (r >> 3),
            .your_discr = r & 0x10000 ? 0xaaaa : 0,
            .min_tx_us = r & 0x20000 ? UINT32_MAX : (uint32_t)random(),
            .min_rx_us = r & 0x40000 ? UINT32_MAX : (uint32_t)random() >> (r >> 20 & 31),
        };
        unsigned int sent = 0;
        assert_true(bfd_session_receive(&a, &c, now));
        bfd_session_run(&a, forwarded, now);
        while (bfd_session_transmit(&a, &out, now)) {
            assert_true(++sent <= 2);
        }
        assert_true(bfd_session_deadline(&a) > now);
        now += r % 5000;
    }
    assert_true(a.detect_at > now);
}

static void test_limits(void **state)
{
    struct bfd_timers t = {.min_rx_ms = UINT32_MAX, .min_tx_ms = UINT32_MAX, .mult = 255};

    (void)state;
    t = bfd_session_timers(&t);
    assert_int_equal(t.min_rx_ms, 3600000);
    assert_int_equal(t.mult, 255);
    t = bfd_session_timers(&defaults);
    assert_int_equal(t.min_rx_ms, 1000);
    assert_int_equal(t.min_tx_ms, 100);
    assert_int_equal(t.mult, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comes_up),
        cmocka_unit_test(test_slow_while_alone),
        cmocka_unit_test(test_jitter),
        cmocka_unit_test(test_detection),
        cmocka_unit_test(test_one_way_loss),
        cmocka_unit_test(test_some_loss_is_no_failure),
        cmocka_unit_test(test_faster_by_poll),
        cmocka_unit_test(test_slower_by_poll),
        cmocka_unit_test(test_slower_without_poll),
        cmocka_unit_test(test_down_during_poll),
        cmocka_unit_test(test_change_during_poll),
        cmocka_unit_test(test_both_change),
        cmocka_unit_test(test_admin_down),
        cmocka_unit_test(test_restarted_peer),
        cmocka_unit_test(test_peer_begins_anew),
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_resume_too_late),
        cmocka_unit_test(test_decay),
        cmocka_unit_test(test_wrong_discriminator),
        cmocka_unit_test(test_silent_peer),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
