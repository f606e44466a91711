/* SPDX-License-Identifier: Apache-2.0 */
/* A daemon that dies in several ways, and what its peers hear then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "now.h"
#include "will.h"
#include "will_private.h"

#define COPIES 3
/* By then the process ends, whatever it has sent: on a machine that stood still, fewer
 * copies.  Another try then, but not for ever. */
#define ENDS_MS 1000
#define TRIES 5
/* That is no promise of the machine's, of course. */
#define LIMIT_MS 60000

/* The wire: what is sent by the daemon's two ports. */
static int wire[2];

static const uint8_t one[] = "frame one", other[] = "another frame";

/* A daemon with two sessions that are up and one that was. */
static struct bfd_will *make_will(void)
{
    struct bfd_will *w = bfd_will_create();
    if (w == NULL || !bfd_will_add_port(w, 3, wire[1])) {
        _exit(1);
    }
    bfd_will_set(w, 0, 3, one, sizeof one);
    bfd_will_set(w, 1, 3, one, sizeof one);
    bfd_will_set(w, 2, 3, one, sizeof one);
    bfd_will_set(w, 2, 3, other, sizeof other);
    bfd_will_set(w, 1, 0, NULL, 0);
    bfd_will_set(w, 4, 5, one, sizeof one); /* a port without a socket */
    bfd_will_set(w, BFD_WILL_MAX, 3, one, sizeof one);
    return w;
}

/* Runs `end` in a process of its own; returns its wait status. */
static int live(void (*end)(struct bfd_will *))
{
    int status;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, wire), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(wire[0]);
        signal(SIGABRT, SIG_DFL); /* not to the test's handlers */
        signal(SIGSEGV, SIG_DFL);
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        end(make_will());
        _exit(0);
    }
    close(wire[1]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

/* The next frame; 0: all who could send are gone. */
static size_t hear(char *frame, size_t max)
{
    struct pollfd p = {.fd = wire[0], .events = POLLIN};
    assert_int_equal(poll(&p, 1, LIMIT_MS), 1);
    ssize_t n = recv(wire[0], frame, max, 0);
    assert_true(n >= 0);
    return (size_t)n;
}

/* Returns how many frames there are of all copies. */
static int hear_will(void)
{
    char frame[64];
    size_t len;
    int n = 0;
    for (; (len = hear(frame, sizeof frame)) > 0; n++) {
        assert_int_equal(len, n % 2 == 0 ? sizeof one : sizeof other);
        assert_memory_equal(frame, n % 2 == 0 ? one : other, len);
    }
    close(wire[0]);
    return n;
}

/* As live(), and the will is carried out. */
static int live_and_leave_will(void (*end)(struct bfd_will *))
{
    for (int i = 1;; i++) {
        int64_t before = now_ms();
        int status = live(end);
        int n = hear_will();
        int64_t took = now_ms() - before;
        if (n == 2 * COPIES || took < ENDS_MS || i == TRIES) {
            assert_int_equal(n, 2 * COPIES);
            return status;
        }
        print_message("%d frames in %ld ms: once more\n", n, (long)took);
    }
}

static void expect_silence(void)
{
    char frame[64];
    assert_int_equal(hear(frame, sizeof frame), 0);
    close(wire[0]);
}

static void be_killed(struct bfd_will *w)
{
    (void)w;
    raise(SIGKILL);
}

static void abort_it(struct bfd_will *w)
{
    (void)w;
    abort();
}

static void crash(struct bfd_will *w)
{
    (void)w;
    raise(SIGSEGV);
}

static void end_early(struct bfd_will *w)
{
    (void)w;
    _exit(2);
}

/* A signal to all processes of the service. */
static void be_terminated(struct bfd_will *w)
{
    kill(w->pid, SIGTERM);
    kill(w->pid, SIGINT);
    kill(w->pid, SIGHUP);
    raise(SIGKILL);
}

static void end_well(struct bfd_will *w)
{
    pid_t pid = w->pid;
    bfd_will_destroy(w);
    if (kill(pid, 0) == 0 || errno != ESRCH) {
        _exit(1); /* it should have ended */
    }
}

static void lose_the_process(struct bfd_will *w)
{
    bool before = bfd_will_alive(w);
    kill(w->pid, SIGKILL);
    for (int i = 0; bfd_will_alive(w); i++) {
        if (i == LIMIT_MS) {
            _exit(1);
        }
        poll(NULL, 0, 1);
    }
    bool added = bfd_will_add_port(w, 0, wire[1]);
    bfd_will_destroy(w);
    _exit(before && !added ? 0 : 1);
}

static void test_killed(void **state)
{
    (void)state;
    assert_int_equal(WTERMSIG(live_and_leave_will(be_killed)), SIGKILL);
}

static void test_aborted(void **state)
{
    (void)state;
    assert_int_equal(WTERMSIG(live_and_leave_will(abort_it)), SIGABRT);
}

/* The handler passes the signal on to whoever had it before. */
static void test_crashed(void **state)
{
    (void)state;
    assert_int_equal(WTERMSIG(live_and_leave_will(crash)), SIGSEGV);
}

static void test_ended_early(void **state)
{
    (void)state;
    assert_int_equal(WEXITSTATUS(live_and_leave_will(end_early)), 2);
}

static void test_signals_are_not_for_it(void **state)
{
    (void)state;
    assert_int_equal(WTERMSIG(live_and_leave_will(be_terminated)), SIGKILL);
}

static void test_ended_well(void **state)
{
    (void)state;
    assert_int_equal(live(end_well), 0);
    expect_silence();
}

static void test_process_lost(void **state)
{
    (void)state;
    assert_int_equal(live(lose_the_process), 0);
    expect_silence();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_aborted),
        cmocka_unit_test(test_crashed),
        cmocka_unit_test(test_ended_early),
        cmocka_unit_test(test_signals_are_not_for_it),
        cmocka_unit_test(test_ended_well),
        cmocka_unit_test(test_process_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
