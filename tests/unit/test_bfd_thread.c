/* SPDX-License-Identifier: Apache-2.0 */
/* Two BFD threads that hear each other, in real time, while this thread gives
 * orders to both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "now.h"
#include "private.h"

#define N_PEERS 300 /* chassis with one pair of addresses each */
#define LANE 1024

/* Multiplier for a detection time, 30 s by default, that no stall of the machine reaches. */
#define PATIENT 30

/* Frames on their way to one of the two. */
struct lane {
    pthread_mutex_t mutex;
    int bell;
    size_t first;
    size_t n;
    bool cut;
    unsigned int lost;
    struct {
        uint16_t len;
        uint8_t data[BFD_FRAME_MAX];
    } frames[LANE];
};

static struct lane lanes[2] = {{.mutex = PTHREAD_MUTEX_INITIALIZER},
                               {.mutex = PTHREAD_MUTEX_INITIALIZER}};
static struct bfd *ends[2];

static uint16_t take(struct lane *l, uint8_t *frame, uint16_t max)
{
    uint16_t len = 0;
    pthread_mutex_lock(&l->mutex);
    if (l->n > 0) {
        len = l->frames[l->first].len;
        assert_true(len <= max);
        memcpy(frame, l->frames[l->first].data, len);
        l->first = (l->first + 1) % LANE;
        l->n--;
    } else {
        bfd_hush(l->bell);
    }
    pthread_mutex_unlock(&l->mutex);
    return len;
}

static bool put(struct lane *l, const uint8_t *frame, uint16_t len)
{
    pthread_mutex_lock(&l->mutex);
    bool room = l->n < LANE;
    if (room && !l->cut) {
        size_t at = (l->first + l->n++) % LANE;
        l->frames[at].len = len;
        memcpy(l->frames[at].data, frame, len);
        bfd_ring(l->bell);
    }
    l->lost += !room;
    pthread_mutex_unlock(&l->mutex);
    return room;
}

/* Of two peers, the second one has something to say all the time. */
static uint64_t arrived(uint16_t account)
{
    static atomic_uint_least64_t packets;

    return account == 1 ? atomic_fetch_add(&packets, 100) : 0;
}

#define END(i)                                                                                     \
    static int fd##i(void)                                                                         \
    {                                                                                              \
        return lanes[i].bell;                                                                      \
    }                                                                                              \
    static uint16_t receive##i(uint8_t *frame, uint16_t max)                                       \
    {                                                                                              \
        return take(&lanes[i], frame, max);                                                        \
    }                                                                                              \
    static bool transmit##i(uint16_t port, const uint8_t *frame, uint16_t len)                     \
    {                                                                                              \
        (void)port;                                                                                \
        return put(&lanes[!i], frame, len);                                                        \
    }                                                                                              \
    static const struct bfd_ops ops##i = {fd##i, receive##i, transmit##i, arrived}
END(0);
END(1);

static void cut(bool on)
{
    for (int i = 0; i < 2; i++) {
        pthread_mutex_lock(&lanes[i].mutex);
        lanes[i].cut = on;
        pthread_mutex_unlock(&lanes[i].mutex);
    }
}

static void nap(int ms)
{
    struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&ts, NULL);
}

/* End 0 has address .1.N, end 1 .2.N, for each peer N. */
static void set_sessions(int end, size_t n, bool resolved)
{
    struct bfd_session_config *configs = calloc(n + 1, sizeof *configs);
    char names[N_PEERS][16];
    const uint8_t mac[6] = {2};

    assert_true(configs != NULL && n <= N_PEERS);
    for (size_t i = 0; i < n; i++) {
        struct bfd_session_config *c = &configs[i];
        snprintf(names[i], sizeof names[i], "hv%zu", i);
        c->chassis = names[i];
        c->local = (struct icgw_addr){
            .bytes = {[10] = 0xff, 0xff, 10, (uint8_t)(1 + end), (uint8_t)(i >> 8), (uint8_t)i}};
        c->remote = c->local;
        c->remote.bytes[13] = (uint8_t)(2 - end);
        c->account = (uint16_t)i;
        icgw_tunnel_init(&c->tunnel, &c->local, &c->remote, 6081, true);
        if (resolved) {
            icgw_tunnel_set_next_hop(&c->tunnel, 0, mac, mac, 0, 1500);
        }
    }
    bfd_set_sessions(ends[end], configs, n);
    free(configs);
}

/* One thread on each CPU that sleeps and wakes all the time, and so notices when the CPU,
 * or the whole machine, stands still.  It takes no mutex: what a BFD thread may wait for by
 * mistake is nothing to it. */
struct witness {
    pthread_t thread;
    size_t cpu;
    int64_t longest_ms;
};

static struct witness witnesses[CPU_SETSIZE];
static size_t n_witnesses;
static atomic_bool witnessed;

static void *witness_main(void *arg)
{
    struct witness *w = arg;
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(w->cpu, &set);
    sched_setaffinity(0, sizeof set, &set); /* refused: then where it may */
    int64_t before = now_ms();
    while (!atomic_load(&witnessed)) {
        nap(5);
        int64_t now = now_ms();
        w->longest_ms = now - before > w->longest_ms ? now - before : w->longest_ms;
        before = now;
    }
    return NULL;
}

static void start_witnesses(void)
{
    cpu_set_t set;

    n_witnesses = 0;
    atomic_store(&witnessed, false);
    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        struct witness *w = &witnesses[n_witnesses];
        if (CPU_ISSET(cpu, &set)) {
            *w = (struct witness){.cpu = cpu};
            assert_int_equal(pthread_create(&w->thread, NULL, witness_main, w), 0);
            n_witnesses++;
        }
    }
}

/* The longest stall; waits for the end of one that is not over yet. */
static int64_t ask_witnesses(void)
{
    int64_t longest = 0;

    atomic_store(&witnessed, true);
    for (size_t i = 0; i < n_witnesses; i++) {
        pthread_join(witnesses[i].thread, NULL);
        longest = witnesses[i].longest_ms > longest ? witnesses[i].longest_ms : longest;
    }
    return longest;
}

static size_t count_up(struct bfd *bfd)
{
    const struct bfd_snapshot *s = bfd_peers(bfd);
    size_t n = 0;
    for (size_t i = 0; i < s->n_peers; i++) {
        assert_true(bfd_peer_up(s, s->peers[i].chassis) == s->peers[i].up);
        n += s->peers[i].up;
    }
    return n;
}

/* Waits for the news, not for time. */
static bool wait_up(int end, size_t n)
{
    for (int i = 0; i < 1000; i++) {
        struct pollfd p = {.fd = bfd_fd(ends[end]), .events = POLLIN};
        if (count_up(ends[end]) == n && bfd_peers(ends[end])->n_peers > 0) {
            return true;
        }
        if (poll(&p, 1, 10) == 1) {
            assert_true(bfd_changed(ends[end]));
        }
    }
    return false;
}

static int start(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        lanes[i].bell = eventfd(0, EFD_NONBLOCK);
        lanes[i].n = 0;
    }
    cut(false);
    ends[0] = bfd_create(&ops0, NULL);
    ends[1] = bfd_create(&ops1, NULL);
    return ends[0] && ends[1] ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    bfd_destroy(ends[0]);
    bfd_destroy(ends[1]);
    close(lanes[0].bell);
    close(lanes[1].bell);
    return 0;
}

static uint64_t flaps(int end)
{
    const struct bfd_snapshot *s = bfd_peers(ends[end]);
    uint64_t n = 0;
    for (size_t i = 0; i < s->n_sessions; i++) {
        n += s->sessions[i].flaps;
    }
    return n;
}

static void test_empty(void **state)
{
    (void)state;
    assert_int_equal(bfd_peers(ends[0])->n_peers, 0);
    assert_false(bfd_peer_up(bfd_peers(ends[0]), "hv1"));
    assert_false(bfd_changed(ends[0]));
    set_sessions(0, 0, true);
}

/* Orders of every kind, and a control thread that holds the mutex. */
static void be_busy(const struct bfd_timers *timers)
{
    for (int i = 0; i < 20; i++) {
        set_sessions(i & 1, N_PEERS, true);
        bfd_set_timers(ends[i & 1], timers);
        bfd_peers(ends[i & 1]);
        nap(10);
    }
    pthread_mutex_lock(&ends[0]->mutex);
    nap(1500);
    pthread_mutex_unlock(&ends[0]->mutex);
    nap(300);
}

/* What has become of hundreds of sessions. */
struct outcome {
    size_t n_sessions;
    size_t n_up;
    uint64_t sent; /* while we were busy */
    uint64_t flaps[2];
    struct bfd_stats stats;
};

static struct outcome run_hundreds(void)
{
    const struct bfd_timers fast = {.min_rx_ms = 300, .min_tx_ms = 100};

    for (int i = 0; i < 2; i++) {
        bfd_set_timers(ends[i], &fast);
        set_sessions(i, N_PEERS, true);
    }
    assert_true(wait_up(0, N_PEERS));
    assert_true(wait_up(1, N_PEERS));
    uint64_t before = bfd_peers(ends[0])->stats.tx_packets;
    be_busy(&fast);
    const struct bfd_snapshot *s = bfd_peers(ends[0]);
    return (struct outcome){
        .n_sessions = s->n_sessions,
        .sent = s->stats.tx_packets - before,
        .stats = s->stats,
        .n_up = count_up(ends[0]),
        .flaps = {flaps(0), flaps(1)},
    };
}

/* A CPU that stands still for more than two of the three intervals that make the detection
 * time takes sessions down, and rightly so.  Another try then, but not for ever: the last
 * one counts in any case. */
#define TRIES 5
#define STALL_MS 300

static struct outcome run_hundreds_undisturbed(void)
{
    for (int i = 1;; i++) {
        start_witnesses();
        struct outcome o = run_hundreds();
        int64_t stall = ask_witnesses();
        if (stall <= STALL_MS || i == TRIES) {
            return o;
        }
        print_message("a CPU stood still for %ld ms: once more\n", (long)stall);
        stop(NULL);
        assert_int_equal(start(NULL), 0);
    }
}

static void test_hundreds(void **state)
{
    (void)state;
    struct outcome o = run_hundreds_undisturbed();
    print_message("%u sessions, %lu packets, latest by %lu us\n", N_PEERS,
                  (unsigned long)o.stats.tx_packets, (unsigned long)o.stats.max_late_us);
    assert_int_equal(o.n_sessions, N_PEERS);
    assert_true(o.sent > 4 * N_PEERS);
    assert_int_equal(o.n_up, N_PEERS);
    assert_int_equal(o.flaps[0], 0);
    assert_int_equal(o.flaps[1], 0);
    assert_int_equal(o.stats.unexpected, 0);
}

/* A quiet peer's heartbeat slows down, that of a busy one does not. */
static void test_decay_by_peer(void **state)
{
    const struct bfd_timers decay = {
        .min_rx_ms = 300, .min_tx_ms = 100, .decay_min_rx_ms = 2000, .mult = PATIENT};
    const struct bfd_snapshot *s;

    (void)state;
    for (int i = 0; i < 2; i++) {
        bfd_set_timers(ends[i], &decay);
        set_sessions(i, 2, true);
    }
    assert_true(wait_up(0, 2) && wait_up(1, 2));
    for (int i = 0; i < 2000 && bfd_peers(ends[0])->sessions[0].tx_interval_ms != 2000; i++) {
        nap(10);
    }
    s = bfd_peers(ends[0]);
    assert_int_equal(s->sessions[0].tx_interval_ms, 2000);
    assert_int_equal(s->sessions[1].tx_interval_ms, 300);
}

static void test_silence_and_return(void **state)
{
    const struct bfd_timers fast = {.min_rx_ms = 50, .min_tx_ms = 50};

    (void)state;
    for (int i = 0; i < 2; i++) {
        bfd_set_timers(ends[i], &fast);
        set_sessions(i, 3, true);
    }
    assert_true(wait_up(0, 3));
    cut(true);
    assert_true(wait_up(0, 0));
    assert_int_equal(bfd_peers(ends[0])->sessions[0].diag, BFD_DIAG_TIMEOUT);
    cut(false);
    assert_true(wait_up(0, 3));
}

static void test_admin_down(void **state)
{
    const struct bfd_timers patient = {.mult = PATIENT};

    (void)state;
    for (int i = 0; i < 2; i++) {
        bfd_set_timers(ends[i], &patient);
        set_sessions(i, 2, true);
    }
    assert_true(wait_up(0, 2));
    bfd_set_admin_down(ends[1], true);
    assert_true(wait_up(0, 0));
    assert_int_equal(bfd_peers(ends[0])->sessions[0].diag, BFD_DIAG_NEIGHBOUR_DOWN);
    nap(300); /* counters may be that old */
    assert_true(bfd_peers(ends[1])->admin_down);
    assert_int_equal(bfd_peers(ends[1])->sessions[1].state, BFD_ADMIN_DOWN);
    bfd_set_admin_down(ends[1], false);
    assert_true(wait_up(0, 2));
}

static void test_sessions_come_and_go(void **state)
{
    const struct bfd_timers patient = {.mult = PATIENT};

    (void)state;
    for (int i = 0; i < 2; i++) {
        bfd_set_timers(ends[i], &patient);
    }
    set_sessions(0, 5, false); /* no way there yet */
    set_sessions(1, 3, true);
    nap(50);
    assert_int_equal(bfd_peers(ends[0])->stats.tx_packets, 0);
    set_sessions(0, 5, true);
    assert_true(wait_up(0, 3));
    uint32_t discr = bfd_peers(ends[0])->sessions[0].local_discr;
    set_sessions(0, 1, true);
    assert_true(wait_up(0, 1));
    for (int i = 0; i < 500 && bfd_peers(ends[0])->n_sessions != 1; i++) {
        nap(10);
    }
    assert_int_equal(bfd_peers(ends[0])->n_sessions, 1);
    assert_int_equal(bfd_peers(ends[0])->sessions[0].local_discr, discr);
    assert_int_equal(flaps(0), 0);
    set_sessions(0, 0, true);
    for (int i = 0; i < 500 && bfd_peers(ends[0])->n_peers > 0; i++) {
        nap(10);
    }
    assert_int_equal(bfd_peers(ends[0])->n_peers, 0);
    assert_true(bfd_changed(ends[0]));
    /* The other end goes on for a while. */
    for (int i = 0; i < 500 && bfd_peers(ends[0])->stats.unexpected == 0; i++) {
        nap(10);
    }
    assert_true(bfd_peers(ends[0])->stats.unexpected > 0);
}

/* Two chassis with the same address: one session, or packets would have two owners. */
static void test_pair_that_is_given_twice(void **state)
{
    static char names[3][8] = {"hv0", "hv1", "hv2"};
    struct bfd_session_config configs[3];

    (void)state;
    memset(configs, 0, sizeof configs);
    for (size_t i = 0; i < 3; i++) {
        struct bfd_session_config *c = &configs[i];
        c->chassis = names[i];
        c->local = (struct icgw_addr){.bytes = {[10] = 0xff, 0xff, 10, 1, 0, 1}};
        c->remote = (struct icgw_addr){.bytes = {[10] = 0xff, 0xff, 10, 2, 0, i == 2 ? 2 : 1}};
        icgw_tunnel_init(&c->tunnel, &c->local, &c->remote, 6081, true);
    }
    bfd_set_sessions(ends[0], configs, 3);
    for (int i = 0; i < 500 && bfd_peers(ends[0])->n_sessions == 0; i++) {
        nap(10);
    }
    assert_int_equal(bfd_peers(ends[0])->n_sessions, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_empty, start, stop),
        cmocka_unit_test_setup_teardown(test_hundreds, start, stop),
        cmocka_unit_test_setup_teardown(test_decay_by_peer, start, stop),
        cmocka_unit_test_setup_teardown(test_silence_and_return, start, stop),
        cmocka_unit_test_setup_teardown(test_admin_down, start, stop),
        cmocka_unit_test_setup_teardown(test_sessions_come_and_go, start, stop),
        cmocka_unit_test_setup_teardown(test_pair_that_is_given_twice, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
