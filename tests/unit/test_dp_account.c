/* SPDX-License-Identifier: Apache-2.0 */
#include "test_dp_frame.h"

#include <stdlib.h>

#include "icgw_account.h"

static struct icgw_traffic traffic[ICGW_ACCOUNTS];

static void test_numbers_stay(void **state)
{
    const struct icgw_addr a = addr4(192, 0, 2, 1), b = addr6(1);
    uint16_t first = icgw_account(ICGW_ACCOUNT_FROM_PEER, &a, 0);
    const uint16_t others[] = {
        icgw_account(ICGW_ACCOUNT_FROM_PEER, &b, 0),
        icgw_account(ICGW_ACCOUNT_FROM_TRANSIT, NULL, 0xff0001),
        icgw_account(ICGW_ACCOUNT_FROM_TRANSIT, NULL, 0xff0002),
        icgw_account(ICGW_ACCOUNT_TO, &a, 0),
        icgw_account(ICGW_ACCOUNT_TO, &a, 0xff0001),
    };

    (void)state;
    assert_int_not_equal(first, 0);
    assert_int_equal(icgw_account(ICGW_ACCOUNT_FROM_PEER, &a, 0), first);
    for (unsigned int i = 0; i < RTE_DIM(others); i++) {
        assert_int_equal(others[i], first + 1 + i);
    }
    assert_int_equal(icgw_accounts(), first + 6);
    assert_memory_equal(&icgw_account_at(others[4])->peer, &a, sizeof a);
    assert_int_equal(icgw_account_at(others[4])->datapath, 0xff0001);
    assert_int_equal(icgw_account_at(others[4])->kind, ICGW_ACCOUNT_TO);
}

/* Those that came last share number 0; what has a number keeps it. */
static void test_numbers_end(void **state)
{
    const struct icgw_addr a = addr4(192, 0, 2, 1);
    uint16_t first = icgw_account(ICGW_ACCOUNT_FROM_PEER, &a, 0);
    uint32_t datapath = 0;

    (void)state;
    while (icgw_accounts() < ICGW_ACCOUNTS) {
        assert_int_not_equal(icgw_account(ICGW_ACCOUNT_TO, NULL, ++datapath), 0);
    }
    assert_int_equal(icgw_account(ICGW_ACCOUNT_TO, NULL, ++datapath), 0);
    assert_int_equal(icgw_account(ICGW_ACCOUNT_FROM_PEER, &a, 0), first);
}

/* Results of which some members differ, against the plainest way to count. */
static void test_counts(void **state)
{
    struct rte_mbuf mbufs[ICGW_BURST], *pkts[ICGW_BURST];
    struct icgw_result r[ICGW_BURST];
    struct icgw_traffic want[8] = {0};

    (void)state;
    for (unsigned int differ = 0; differ < 16; differ++) {
        uint16_t n = (uint16_t)(differ % 2 == 0 ? ICGW_BURST : 1 + differ);
        uint64_t bytes = 0;

        memset(want, 0, sizeof want);
        memset(traffic, 0, sizeof traffic);
        for (uint16_t i = 0; i < n; i++) {
            r[i] = (struct icgw_result){.action = ICGW_ACTION_TX, .accounts = {1, 2, 3}};
            if (i % 3 == 1) {
                r[i].accounts[0] += (differ & 1) * 3;
                r[i].accounts[1] += (differ >> 1 & 1) * 3;
                r[i].accounts[2] += (differ >> 2 & 1) * 3;
                r[i].action = differ & 8 ? ICGW_ACTION_DROP : ICGW_ACTION_TX;
            }
            pkts[i] = &mbufs[i];
            mbufs[i].pkt_len = 60u + i;
            bytes += mbufs[i].pkt_len;
            for (unsigned int k = 0; k < ICGW_RESULT_ACCOUNTS; k++) {
                want[r[i].accounts[k]].packets++;
                want[r[i].accounts[k]].bytes += mbufs[i].pkt_len;
            }
        }
        struct icgw_result differs = icgw_count(traffic, r, pkts, n, bytes);
        assert_int_equal(differs.action != 0, n > 1 && (differ & 8) != 0);
        assert_memory_equal(traffic, want, sizeof want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_stay),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_numbers_end),
    };

    return cmocka_run_group_tests_name("dp_account", tests, start_eal, stop_eal);
}
