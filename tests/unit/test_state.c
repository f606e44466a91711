/* SPDX-License-Identifier: Apache-2.0 */

/* What stays known of a packet's fields as actions move them about. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "state.h"

static const struct bits reg0 = {FIELD_XXREG0, 96, 32};
static const struct bits reg1 = {FIELD_XXREG0, 64, 32};
static const struct bits xreg0 = {FIELD_XXREG0, 64, 64};

static void check_value(const struct state *s, struct bits bits, bool known, uint64_t value)
{
    wide got;
    bool got_known = state_get(s, bits, &got);
    if (got_known != known || got != value) {
        fail_msg("%s[%u+%u]: expected %s 0x%llx, got %s 0x%llx", field_name(bits.field), bits.lo,
                 bits.width, known ? "known" : "unknown", (unsigned long long)value,
                 got_known ? "known" : "unknown", (unsigned long long)got);
    }
}

static void check_origin(const struct state *s, enum field_id field, int origin, unsigned int lo)
{
    const struct state_field *f = &s->fields[field];
    if (f->origin != origin || (origin != STATE_NO_ORIGIN && f->origin_lo != lo)) {
        fail_msg("%s: expected origin %s at %u, got %s at %u", field_name(field),
                 origin == STATE_NO_ORIGIN ? "none" : field_name((enum field_id)origin), lo,
                 f->origin == STATE_NO_ORIGIN ? "none" : field_name((enum field_id)f->origin),
                 f->origin_lo);
    }
}

/* Registers 0, packet fields unknown. */
static void start(struct state *s)
{
    state_init(s);
    for (int id = FIELD_ETH_SRC; id < N_FIELDS; id++) {
        state_set_input(s, (enum field_id)id, 0, 0);
    }
}

static void test_set(void **state)
{
    struct state s;
    (void)state;
    state_init(&s);
    check_value(&s, whole(FIELD_XXREG0), true, 0);
    state_set(&s, reg0, 0x11223344);
    state_set(&s, reg1, 0x55667788);
    check_value(&s, xreg0, true, 0x1122334455667788);
    state_set(&s, (struct bits){FIELD_XXREG0, 100, 8}, 0xffff); /* only 8 bits fit */
    check_value(&s, reg0, true, 0x11223ff4);
    check_value(&s, reg1, true, 0x55667788);
}

static void test_partly_known(void **state)
{
    struct state s;
    (void)state;
    start(&s);
    state_set_input(&s, FIELD_IP4_DST, 0x0a010203, 0xffff0000);
    check_value(&s, whole(FIELD_IP4_DST), false, 0);
    check_value(&s, (struct bits){FIELD_IP4_DST, 16, 16}, true, 0x0a01);
    assert_true(state_value(&s, FIELD_IP4_DST) == 0x0a010000); /* unknown bits are 0 */
    assert_true(state_unchanged(&s, FIELD_IP4_DST));
    state_set(&s, (struct bits){FIELD_IP4_DST, 0, 16}, 7);
    check_value(&s, whole(FIELD_IP4_DST), true, 0x0a010007);
    assert_false(state_unchanged(&s, FIELD_IP4_DST));
}

static void test_move(void **state)
{
    struct state s;
    (void)state;
    start(&s);
    state_move(&s, reg0, whole(FIELD_IP4_SRC));
    check_value(&s, reg0, false, 0);
    check_value(&s, reg1, true, 0);
    check_origin(&s, FIELD_XXREG0, FIELD_IP4_SRC, 96);
    check_origin(&s, FIELD_IP4_SRC, FIELD_IP4_SRC, 0);

    state_set(&s, whole(FIELD_IP4_SRC), 5);
    check_origin(&s, FIELD_IP4_SRC, STATE_NO_ORIGIN, 0);
    state_move(&s, whole(FIELD_IP4_SRC), reg0); /* and back */
    check_origin(&s, FIELD_IP4_SRC, FIELD_IP4_SRC, 0);
    assert_true(state_unchanged(&s, FIELD_IP4_SRC));
}

static void test_overwritten_origin(void **state)
{
    struct state s;
    (void)state;
    start(&s);
    state_move(&s, reg0, whole(FIELD_IP4_SRC));
    state_set(&s, reg1, 1); /* beside it */
    check_origin(&s, FIELD_XXREG0, FIELD_IP4_SRC, 96);
    state_set(&s, (struct bits){FIELD_XXREG0, 100, 1}, 1); /* one bit of it */
    check_origin(&s, FIELD_XXREG0, STATE_NO_ORIGIN, 0);
    check_value(&s, reg0, false, 0);
    check_value(&s, (struct bits){FIELD_XXREG0, 100, 1}, true, 1);
}

static void test_subfield_move(void **state)
{
    struct state s;
    (void)state;
    start(&s);
    /* Half an address is no address. */
    state_move(&s, (struct bits){FIELD_XXREG0, 96, 16}, (struct bits){FIELD_IP4_SRC, 0, 16});
    check_origin(&s, FIELD_XXREG0, STATE_NO_ORIGIN, 0);
    check_value(&s, (struct bits){FIELD_XXREG0, 112, 16}, true, 0);
    /* A MAC address in 64 bits is. */
    state_move(&s, (struct bits){FIELD_XXREG0, 64, 48}, whole(FIELD_ETH_SRC));
    check_origin(&s, FIELD_XXREG0, FIELD_ETH_SRC, 64);
    state_move(&s, (struct bits){FIELD_XXREG1, 0, 64}, xreg0);
    check_origin(&s, FIELD_XXREG1, FIELD_ETH_SRC, 0);
    state_move(&s, (struct bits){FIELD_XXREG2, 0, 32}, (struct bits){FIELD_XXREG1, 16, 32});
    check_origin(&s, FIELD_XXREG2, STATE_NO_ORIGIN, 0);
}

static void test_exchange(void **state)
{
    struct state s;
    (void)state;
    start(&s);
    state_set_input(&s, FIELD_IP4_DST, 0x0a000001, ~(wide)0);
    state_exchange(&s, whole(FIELD_IP4_SRC), whole(FIELD_IP4_DST));
    check_value(&s, whole(FIELD_IP4_SRC), true, 0x0a000001);
    check_origin(&s, FIELD_IP4_SRC, FIELD_IP4_DST, 0);
    check_value(&s, whole(FIELD_IP4_DST), false, 0);
    check_origin(&s, FIELD_IP4_DST, FIELD_IP4_SRC, 0);
    assert_false(state_unchanged(&s, FIELD_IP4_SRC));
    state_exchange(&s, whole(FIELD_IP4_SRC), whole(FIELD_IP4_DST));
    assert_true(state_unchanged(&s, FIELD_IP4_SRC));
    assert_true(state_unchanged(&s, FIELD_IP4_DST));
}

static void test_ttl(void **state)
{
    struct state s;
    (void)state;
    start(&s);
    state_decrement_ttl(&s);
    assert_int_equal(s.ttl_dec, 1);
    check_value(&s, whole(FIELD_IP_TTL), false, 0);
    assert_true(state_unchanged(&s, FIELD_IP_TTL));

    /* What ttl_dec is later counted for is the TTL alone, not copies. */
    state_move(&s, (struct bits){FIELD_XXREG0, 0, 8}, whole(FIELD_IP_TTL));
    check_origin(&s, FIELD_XXREG0, STATE_NO_ORIGIN, 0);

    state_set(&s, whole(FIELD_IP_TTL), 64);
    state_decrement_ttl(&s);
    check_value(&s, whole(FIELD_IP_TTL), true, 63);
    assert_int_equal(s.ttl_dec, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set),           cmocka_unit_test(test_partly_known),
        cmocka_unit_test(test_move),          cmocka_unit_test(test_overwritten_origin),
        cmocka_unit_test(test_subfield_move), cmocka_unit_test(test_exchange),
        cmocka_unit_test(test_ttl),
    };
    return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
