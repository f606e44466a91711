/* SPDX-License-Identifier: Apache-2.0 */

/* Resets and aborts, against what ovn-controller 23.03 makes. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "frame.h"

#define ETHERNET "0a0000000001 0a0000000002"
#define IP4 "4500 0028 1234 4000 4006 0000 0a000002 0a000001"
#define SYN "03e8 0050 10000002 20000005 5002 0400 0000 0000"

static void from_hex(struct frame *f, const char *text)
{
    unsigned int byte;
    f->len = 0;
    for (; *text != '\0'; text += *text == ' ' ? 1 : 2) {
        if (*text != ' ') {
            assert_int_equal(sscanf(text, "%2x", &byte), 1);
            f->data[f->len++] = (uint8_t)byte;
        }
    }
}

typedef bool maker(struct frame *, const struct frame *, const struct state *);

static bool reset(maker *make, struct frame *made, const char *text)
{
    static struct frame in;
    struct state s;
    from_hex(&in, text);
    state_init(&s);
    frame_load(&in, &s);
    return make(made, &in, &s);
}

static void check(maker *make, const char *text, const char *expected)
{
    static struct frame made, want;
    assert_true(reset(make, &made, text));
    from_hex(&want, expected);
    assert_int_equal(made.len, want.len);
    assert_memory_equal(made.data, want.data, want.len);
}

static void test_ipv4(void **state)
{
    (void)state;
    check(frame_make_tcp_reset, ETHERNET "0800" IP4 SYN,
          ETHERNET "0800 4500 0028 0000 4000 3f06 27ce 0a000002 0a000001"
                   "0050 03e8 00000000 10000003 5014 0000 8793 0000");
}

static void test_ipv6(void **state)
{
    (void)state;
    check(frame_make_tcp_reset,
          ETHERNET "86dd 60000000 0014 0640 fd000000000000000000000000000002"
                   "fd000000000000000000000000000001" SYN,
          ETHERNET "86dd 60000000 0014 063f fd000000000000000000000000000002"
                   "fd000000000000000000000000000001"
                   "0050 03e8 00000000 10000003 5014 0000 a191 0000");
}

/* An INIT asks for the tag that it names, anything else for its own. */
static void test_sctp(void **state)
{
    (void)state;
    check(frame_make_sctp_abort,
          ETHERNET "0800 4500 0034 1234 4000 4084 0000 0a000002 0a000001"
                   "03e8 0050 00000000 00000009 01000014 aabbccdd 00000000 00000000 00000000",
          ETHERNET "0800 45000024000040003f8427540a0000020a000001"
                   "005003e8aabbccddb334d46b06000004");
    check(frame_make_sctp_abort,
          ETHERNET "0800 4500 0024 1234 4000 4084 0000 0a000002 0a000001"
                   "03e8 0050 00000007 00000009 00030004",
          ETHERNET "0800 45000024000040003f8427540a0000020a000001"
                   "005003e8000000077da441bd06010004");
    static struct frame made;
    assert_false(reset(frame_make_sctp_abort, &made,
                       ETHERNET "0800 4500 0024 1234 4000 4084 0000 0a000002 0a000001"
                                "03e8 0050 00000007 00000009 06000004"));
}

static void test_none(void **state)
{
    static struct frame made;
    (void)state;
    assert_false(reset(frame_make_tcp_reset, &made,
                       ETHERNET "0800 4500 001c 1234 4000 4011 0000 0a000002 0a000001"
                                "03e8 0050 0008 0000"));
    assert_false(reset(frame_make_tcp_reset, &made,
                       ETHERNET "0800 4500 0020 1234 4000 4006 0000 0a000002 0a000001"
                                "03e8 0050 10000002 20000005"));
    assert_false(reset(frame_make_tcp_reset, &made, ETHERNET "0806 0001"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ipv4),
        cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_sctp),
        cmocka_unit_test(test_none),
    };
    return cmocka_run_group_tests_name("frame_reset", tests, NULL, NULL);
}
