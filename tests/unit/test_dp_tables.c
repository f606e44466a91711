/* SPDX-License-Identifier: Apache-2.0 */
/* Building, sharing and freeing of the forwarding tables. */
#include "test_dp_frame.h"

#include <rte_malloc.h>

static size_t before;

static size_t eal_memory(void)
{
    struct rte_malloc_socket_stats stats;

    assert_int_equal(rte_malloc_get_socket_stats(0, &stats), 0);
    return stats.heap_allocsz_bytes;
}

/* Tables live in memory of the EAL, of which AddressSanitizer knows nothing. */
static int note_memory(void **state)
{
    (void)state;
    before = eal_memory();
    return 0;
}

static int check_memory(void **state)
{
    size_t after = eal_memory();

    (void)state;
    if (after != before) {
        print_error("expected %zu bytes in use as before the test, got %zu\n", before, after);
        return -1;
    }
    return 0;
}

static struct icgw_dest a_dest(uint16_t outport)
{
    return (struct icgw_dest){.verdict = ICGW_VERDICT_FORWARD, .outport = outport, .vni = 1};
}

static void number_mac(uint8_t mac[6], uint32_t i)
{
    mac[0] = 2;
    mac[1] = 0;
    memcpy(mac + 2, &i, sizeof i);
}

static void expect_outport(const char *what, const struct icgw_dest *dest, unsigned int outport)
{
    if (dest == NULL || dest->outport != outport) {
        fail_msg("%s: expected outport %u, got %d", what, outport,
                 dest == NULL ? -1 : (int)dest->outport);
    }
}

#define MANY 20000

/* As many entries as announced, and ten times as many. */
static void test_many_entries(void **state)
{
    struct icgw_endpoint *ep = icgw_endpoint_create(ICGW_ENDPOINT_L3, false, MANY, MANY / 10, 0);
    uint8_t mac[6], v6[16] = {0xfd};

    (void)state;
    for (uint32_t i = 0; i < MANY; i++) {
        struct icgw_dest dest = a_dest(i % 30000);

        number_mac(mac, i);
        memcpy(v6 + 12, &i, sizeof i);
        assert_true(icgw_endpoint_add_l2(ep, mac, RTE_BE16(0x0800), &dest));
        assert_true(icgw_endpoint_add_v4(ep, rte_cpu_to_be_32(0x0a000000 + i), 32, &dest));
        assert_true(icgw_endpoint_add_v6(ep, v6, 128, &dest));
    }
    for (uint32_t i = 0; i < MANY; i++) {
        number_mac(mac, i);
        memcpy(v6 + 12, &i, sizeof i);
        expect_outport("l2", icgw_endpoint_find_l2(ep, mac, RTE_BE16(0x0800)), i % 30000);
        expect_outport("v4", icgw_endpoint_find_v4(ep, rte_cpu_to_be_32(0x0a000000 + i)),
                       i % 30000);
        expect_outport("v6", icgw_endpoint_find_v6(ep, v6), i % 30000);
    }
    number_mac(mac, MANY);
    assert_null(icgw_endpoint_find_l2(ep, mac, RTE_BE16(0x0800)));
    number_mac(mac, 1);
    assert_null(icgw_endpoint_find_l2(ep, mac, RTE_BE16(0x86dd)));
    assert_null(icgw_endpoint_find_v4(ep, ip4(11, 0, 0, 0)));
    icgw_endpoint_unref(ep);
}

/* More endpoints than DPDK has memzones: 1,000 transit switches and their
 * routers have to fit. */
static void test_many_endpoints(void **state)
{
    struct icgw_tables *t = icgw_tables_create(6000, 0, 0, NULL, 0);

    (void)state;
    for (uint32_t i = 0; i < 6000; i++) {
        struct icgw_endpoint *ep = icgw_endpoint_create(ICGW_ENDPOINT_L3, true, 1, 1, 1);
        struct icgw_dest dest = a_dest(i);

        assert_non_null(ep);
        assert_true(icgw_endpoint_add_v4(ep, 0, 0, &dest));
        assert_true(icgw_tables_add_endpoint(t, 0xff0001 + i, 1, ep));
        icgw_endpoint_unref(ep);
    }
    for (uint32_t i = 0; i < 6000; i++) {
        const struct icgw_endpoint *ep = icgw_tables_endpoint(t, 0xff0001 + i, 1);

        assert_non_null(ep);
        expect_outport("endpoint", icgw_endpoint_find_v4(ep, ip4(1, 2, 3, 4)), i);
        assert_null(icgw_tables_endpoint(t, 0xff0001 + i, 2));
    }
    icgw_tables_free(t);
}

static void test_every_prefix_length(void **state)
{
    struct icgw_endpoint *ep = icgw_endpoint_create(ICGW_ENDPOINT_L3, false, 0, 0, 0);
    uint8_t addr[16];

    (void)state;
    memset(addr, 0xff, sizeof addr);
    for (unsigned int k = 0; k <= 128; k++) {
        unsigned int len = k * 50 % 129; /* every length, in no order */
        struct icgw_dest dest = a_dest(len);

        assert_true(icgw_endpoint_add_v6(ep, addr, len, &dest));
        if (len <= 32) {
            assert_true(icgw_endpoint_add_v4(ep, UINT32_MAX, len, &dest));
        }
    }
    assert_int_equal(ep->n_len6, 129);
    assert_int_equal(ep->n_len4, 33);
    /* An address that agrees in `len` bits and differs in the next. */
    for (unsigned int len = 0; len <= 128; len++) {
        memset(addr, 0xff, sizeof addr);
        if (len < 128) {
            addr[len / 8] ^= 0x80 >> len % 8;
        }
        expect_outport("v6", icgw_endpoint_find_v6(ep, addr), len);
        if (len <= 32) {
            uint32_t v4 = len < 32 ? UINT32_MAX ^ 0x80000000u >> len : UINT32_MAX;

            expect_outport("v4", icgw_endpoint_find_v4(ep, rte_cpu_to_be_32(v4)), len);
        }
    }
    struct icgw_dest dest = a_dest(1);

    assert_false(icgw_endpoint_add_v4(ep, 0, 33, &dest));
    assert_false(icgw_endpoint_add_v6(ep, addr, 129, &dest));
    icgw_endpoint_unref(ep);
}

static void test_replace(void **state)
{
    struct icgw_endpoint *ep = icgw_endpoint_create(ICGW_ENDPOINT_L3, false, 1, 1, 1);
    struct icgw_endpoint *other = icgw_endpoint_create(ICGW_ENDPOINT_DROP, false, 0, 0, 0);
    struct icgw_tables *t = icgw_tables_create(1, 1, 0, NULL, 0);
    struct icgw_dest one = a_dest(1), two = a_dest(2);

    (void)state;
    assert_true(icgw_endpoint_add_v4(ep, ip4(10, 0, 0, 1), 24, &one));
    assert_true(icgw_endpoint_add_v4(ep, ip4(10, 0, 0, 2), 24, &two));
    assert_int_equal(ep->n_len4, 1);
    expect_outport("replaced", icgw_endpoint_find_v4(ep, ip4(10, 0, 0, 3)), 2);
    assert_true(icgw_tables_add_endpoint(t, 1, 1, ep));
    assert_int_equal(ep->refs, 2);
    assert_true(icgw_tables_add_endpoint(t, 1, 1, other));
    assert_int_equal(ep->refs, 1);
    assert_ptr_equal(icgw_tables_endpoint(t, 1, 1), other);
    icgw_endpoint_unref(ep);
    icgw_endpoint_unref(other);
    icgw_tables_free(t);
}

/* What was added may be changed or freed by the caller. */
static void test_copies(void **state)
{
    struct icgw_source_guard guard = {.n = 1, .prefix = {{addr6(1), addr6(2)}}};
    struct icgw_dest members[2] = {a_dest(1), a_dest(2)};
    struct icgw_dest dest = {
        .verdict = ICGW_VERDICT_SELECT, .sources = &guard, .members = members, .n_members = 2};
    struct icgw_endpoint *ep = icgw_endpoint_create(ICGW_ENDPOINT_L3, false, 0, 1, 0);
    const struct icgw_dest *got;

    (void)state;
    members[1].sources = &guard;
    members[1].ttl_dec = 2;
    members[1].min_ttl = 1;
    assert_true(icgw_endpoint_add_v4(ep, 0, 0, &dest));
    memset(&guard, 0, sizeof guard);
    memset(members, 0, sizeof members);
    got = icgw_endpoint_find_v4(ep, 0);
    assert_int_equal(got->n_members, 2);
    assert_int_equal(got->members[0].outport, 1);
    assert_null(got->members[0].sources);
    assert_int_equal(got->members[1].outport, 2);
    assert_int_equal(got->members[1].min_ttl, 2);
    assert_int_equal(got->sources->n, 1);
    assert_int_equal(got->sources->prefix[0].value.bytes[15], 1);
    /* Equal guards share memory. */
    assert_ptr_equal(got->sources, got->members[1].sources);
    assert_int_equal((uintptr_t)got % RTE_CACHE_LINE_SIZE, 0);
    icgw_endpoint_unref(ep);
}

static void test_refused(void **state)
{
    struct icgw_dest members[ICGW_MAX_MEMBERS + 1] = {{.verdict = ICGW_VERDICT_FORWARD}};
    struct icgw_source_guard guard = {.n = ICGW_MAX_SOURCES + 1};
    struct icgw_dest dest = {.verdict = ICGW_VERDICT_SELECT, .members = members};
    struct icgw_endpoint *ep = icgw_endpoint_create(ICGW_ENDPOINT_L3, false, 0, 1, 0);

    (void)state;
    assert_false(icgw_endpoint_add_v4(ep, 0, 0, &dest));
    dest.n_members = ICGW_MAX_MEMBERS;
    assert_true(icgw_endpoint_add_v4(ep, 0, 0, &dest));
    dest.n_members++;
    assert_false(icgw_endpoint_add_v4(ep, 0, 8, &dest));
    dest.n_members = 1;
    members[0].verdict = ICGW_VERDICT_SELECT;
    assert_false(icgw_endpoint_add_v4(ep, 0, 8, &dest));
    dest = a_dest(1);
    dest.sources = &guard;
    assert_false(icgw_endpoint_add_v4(ep, 0, 8, &dest));
    /* What failed left nothing behind. */
    assert_int_equal(ep->n_len4, 1);
    icgw_endpoint_unref(ep);
}

/* Distinct guards beyond the few that are compared are copied, and right. */
static void test_many_guards(void **state)
{
    struct icgw_endpoint *ep = icgw_endpoint_create(ICGW_ENDPOINT_L3, false, 0, 1, 0);
    struct icgw_source_guard guard = {.n = ICGW_MAX_SOURCES};
    struct icgw_dest dest = a_dest(1);

    (void)state;
    dest.sources = &guard;
    for (unsigned int i = 0; i < 100; i++) {
        guard.prefix[ICGW_MAX_SOURCES - 1].value.bytes[0] = i % 50;
        assert_true(icgw_endpoint_add_v4(ep, ip4(10, 0, 0, i), 32, &dest));
    }
    for (unsigned int i = 0; i < 100; i++) {
        const struct icgw_dest *got = icgw_endpoint_find_v4(ep, ip4(10, 0, 0, i));

        assert_int_equal(got->sources->prefix[ICGW_MAX_SOURCES - 1].value.bytes[0], i % 50);
    }
    icgw_endpoint_unref(ep);
}

static void test_clone(void **state)
{
    const struct icgw_addr locals[] = {addr4(192, 0, 2, 1), addr6(1)};
    struct icgw_tables *t = icgw_tables_create(2, 1, 3, locals, 2), *copy;
    struct icgw_endpoint *ep = icgw_endpoint_create(ICGW_ENDPOINT_DROP, true, 0, 0, 0);
    struct icgw_tunnel tunnel;

    (void)state;
    assert_true(icgw_tables_add_endpoint(t, 1, 1, ep));
    assert_true(icgw_tables_add_endpoint(t, 1, 2, ep));
    icgw_endpoint_unref(ep);
    assert_true(icgw_tables_add_source(t, &locals[0], ICGW_ZONE_REMOTE));
    icgw_tunnel_init(&tunnel, &locals[0], &locals[0], 6081, false);
    assert_true(icgw_tables_set_tunnel(t, 2, &tunnel));
    assert_false(icgw_tables_set_tunnel(t, 3, &tunnel));

    copy = icgw_tables_clone(t);
    assert_non_null(copy);
    assert_ptr_equal(icgw_tables_endpoint(copy, 1, 2), ep);
    assert_int_equal(copy->n_tunnels, 3);
    assert_null(copy->tunnels[0]);
    assert_ptr_not_equal(copy->tunnels[2], t->tunnels[2]);
    tunnel.mtu = 77;
    assert_true(icgw_tables_set_tunnel(copy, 2, &tunnel));
    assert_int_equal(t->tunnels[2]->mtu, 0);
    assert_int_equal(copy->n_locals, 2);
    assert_memory_equal(copy->locals, locals, sizeof locals);
    icgw_tables_free(t);
    assert_int_equal(ep->refs, 2);
    assert_ptr_equal(icgw_tables_endpoint(copy, 1, 1), ep);
    icgw_tables_free(copy);
}

/* Running out of memory is reported, and nothing is lost. */
static void test_out_of_memory(void **state)
{
    struct icgw_endpoint *ep = icgw_endpoint_create(ICGW_ENDPOINT_L2, false, 0, 0, 0);
    struct icgw_dest dest = a_dest(1);
    uint8_t mac[6];
    uint32_t i = 0;

    (void)state;
    assert_null(icgw_endpoint_create(ICGW_ENDPOINT_L2, false, 1u << 30, 0, 0));
    assert_null(icgw_tables_create(1u << 30, 1, 1, NULL, 0));
    do {
        number_mac(mac, i++);
        assert_in_range(i, 0, 64u << 20);
    } while (icgw_endpoint_add_l2(ep, mac, 0, &dest));
    print_message("%u destinations fitted\n", i - 1);
    number_mac(mac, i - 2);
    expect_outport("the last that fitted", icgw_endpoint_find_l2(ep, mac, 0), 1);
    icgw_endpoint_unref(ep);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(icgw_drop_name(ICGW_DROP_OUTER_TRUNCATED), "outer_truncated");
    assert_string_equal(icgw_drop_name(ICGW_DROP_BFD_FULL), "bfd_full");
    assert_string_equal(icgw_drop_name(ICGW_N_DROPS), "unknown");
    assert_string_equal(icgw_slow_name(ICGW_SLOW_ARP), "arp");
    assert_string_equal(icgw_slow_name(ICGW_N_SLOWS), "unknown");
    for (unsigned int i = 0; i < ICGW_N_DROPS; i++) {
        assert_non_null(icgw_drop_name(i));
    }
    for (unsigned int i = 0; i < ICGW_N_SLOWS; i++) {
        assert_non_null(icgw_slow_name(i));
    }
}

#define MEMORY_TEST(f) cmocka_unit_test_setup_teardown(f, note_memory, check_memory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MEMORY_TEST(test_many_entries),
        MEMORY_TEST(test_many_endpoints),
        MEMORY_TEST(test_every_prefix_length),
        MEMORY_TEST(test_replace),
        MEMORY_TEST(test_copies),
        MEMORY_TEST(test_refused),
        MEMORY_TEST(test_many_guards),
        MEMORY_TEST(test_clone),
        MEMORY_TEST(test_out_of_memory),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests_name("dp_tables", tests, start_eal, stop_eal);
}
