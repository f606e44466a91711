/* SPDX-License-Identifier: Apache-2.0 */

/* What a trace says of packets to recorded gateways. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <rte_ip.h>
#include <rte_mbuf.h>

#include "lflow.h"
#include "microflow.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "recording_replay.h"
#include "recording_zone.h"
#include "test_eal.h"
#include "trace.h"
#include "util.h"

static struct rte_mempool *pool;
static struct replay replay;

static struct rte_mbuf *alloc(const void *data, uint16_t len)
{
    return test_mbuf(pool, data, len);
}

static const char *port_name(uint16_t port)
{
    return port == 0 ? "uplink" : "?";
}

static struct trace_world world_of_replay(void)
{
    return (struct trace_world){replay.model, replay.specialised, replay.specialised->tables, alloc,
                                port_name};
}

static struct trace *trace_of(const struct trace_world *world, const char *text)
{
    char *notes = NULL, *error = NULL;
    struct trace *t = trace_microflow(world, text, 0, &notes, &error);
    if (t == NULL) {
        fail_msg("%s: %s", text, error);
    }
    free(notes);
    return t;
}

static char *read_text(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/unit/golden/%s", ICGW_TEST_DATA, name);
    FILE *file = fopen(path, "r");
    char *text = xzalloc(65536);
    if (file == NULL || fread(text, 1, 65535, file) == 0) {
        text[0] = '\0';
    }
    if (file != NULL) {
        fclose(file);
    }
    return text;
}

/* The whole text, against tests/unit/golden/NAME. */
static void expect_text(const struct trace *t, const char *name)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    char *expected = read_text(name);
    trace_text(t, false, &ds);
    if (strcmp(ds_cstr(&ds), expected) != 0) {
        fputs(ds_cstr(&ds), stderr); /* cmocka cuts long messages */
        fail_msg("golden/%s: got the above", name);
    }
    free(expected);
    ds_destroy(&ds);
}

static void check_text(const char *release, const char *microflow, const char *name)
{
    replay_start(&replay, release, 1);
    struct trace_world world = world_of_replay();
    struct trace *t = trace_of(&world, microflow);
    assert_true(t->agree);
    expect_text(t, name);
    trace_free(t);
    replay_stop(&replay);
}

static void test_inbound(void **state)
{
    (void)state;
    check_text("ovn-23.03",
               "inport == \"ts1-lr2\" && ip4.src == 10.2.0.10 && ip4.dst == 10.1.0.10 && icmp4",
               "trace-inbound");
}

static void test_outbound(void **state)
{
    (void)state;
    check_text(
        "ovn-26.03",
        "inport == \"ts1-lr1\" && ip6.src == fd01::10 && ip6.dst == fd02::10 && tcp.dst == 80",
        "trace-outbound");
}

static void test_expired(void **state)
{
    (void)state;
    check_text("ovn-23.03", "inport == \"ts1-lr2\" && ip4.dst == 10.1.0.10 && ip.ttl == 1",
               "trace-expired");
}

static void test_neighbour(void **state)
{
    (void)state;
    check_text("ovn-26.03", "inport == \"ts1-lr2\" && ip4.dst == 10.1.0.77", "trace-neighbour");
}

/* --- tables and flows agree about whatever the stock gateways received */

static void check_recording(const char *release, int zone, const char *name)
{
    char file[64];
    snprintf(file, sizeof file, "%s.gw%d.pcap", name, zone);
    replay_start(&replay, release, zone);
    struct trace_world world = world_of_replay();
    struct recording_frames frames = recording_frames(release, file);
    assert_true(frames.n > 0);
    for (size_t i = 0; i < frames.n; i++) {
        char *error;
        struct trace *t = trace_frame(&world, frames.frames[i].data, frames.frames[i].len, &error);
        assert_non_null(t);
        if (!t->agree) {
            fail_msg("%s %s, frame %zu: %s", release, file, i + 1, t->disagreement);
        }
        struct json *json = trace_json(t, true);
        assert_true(json_object(json) != NULL);
        json_destroy(json);
        trace_free(t);
    }
    recording_frames_free(&frames);
    replay_stop(&replay);
}

static void test_recordings_agree(void **state)
{
    static const char *const names[] = {"icmp4",
                                        "icmp6",
                                        "tcp",
                                        "fragments",
                                        "echo-router-port",
                                        "no-such-neighbour",
                                        "ttl-expires-at-far-router",
                                        "udp-to-router-port"};
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        check_recording("ovn-23.03", 1, names[i]);
        check_recording("ovn-26.03", 2, names[i]);
    }
}

/* --- a frame for machines has every digit */

static void test_leading_zeros(void **state)
{
    static const uint8_t arrives[] = {0x00, 0x0e, 0x00, 0x9a, 0xa3, 0x05, 2, 0, 0, 0, 0, 1, 8, 6};
    char *error;
    (void)state;
    replay_start(&replay, "ovn-23.03", 1);
    struct trace_world world = world_of_replay();
    struct trace *t = trace_frame(&world, arrives, sizeof arrives, &error);
    assert_non_null(t);
    struct json *json = trace_json(t, true);
    const struct json *frame = shash_find_data(json_object(json), "arrives");
    assert_string_equal(json_string(shash_find_data(json_object(frame), "frame")),
                        "000e009aa3050200000000010806");
    json_destroy(json);
    trace_free(t);
    replay_stop(&replay);
}

/* --- from a virtual machine: the hypervisor's part first */

static void test_from_vm(void **state)
{
    (void)state;
    check_text("ovn-26.03",
               "inport == \"vm1\" && ip4.src == 10.1.0.10 && ip4.dst == 10.2.0.10 && icmp4",
               "trace-from-vm");
}

/* --- what is said when they do not */

#define ZONE(LAST)                                                                                 \
    "chassis gw1 192.0.2.21\n"                                                                     \
    "chassis hv1 192.0.2.11\n"                                                                     \
    "remote gw2 192.0.2.22\n"                                                                      \
    "transit ts 0xff0002\n"                                                                        \
    "router lr 2\n"                                                                                \
    "switch sw 1\n"                                                                                \
    "port ts ts-lr 1 patch peer=lr-ts\n"                                                           \
    "port ts ts-far 2 remote chassis=gw2 mac=02:00:00:00:00:22\n"                                  \
    "port lr lr-ts 2 patch peer=ts-lr mac=02:00:00:00:00:02\n"                                     \
    "port lr lr-sw 1 patch peer=sw-lr mac=02:00:00:00:00:01\n"                                     \
    "port lr cr 3 chassisredirect chassis=gw1 distributed=lr-ts\n"                                 \
    "port sw sw-lr 2 patch peer=lr-sw\n"                                                           \
    "port sw vm1 1 vif chassis=hv1\n"                                                              \
    "out ts 0 0 1 => output;\n"                                                                    \
    "out lr 0 0 1 => output;\n"                                                                    \
    "out sw 0 0 1 => output;\n"                                                                    \
    "in lr 0 0 1 => outport = \"lr-sw\"; output;\n"                                                \
    "in sw 0 0 1 => " LAST "\n"

static struct specialised *specialise_with_tunnels(const struct model *model, bool resolved)
{
    static const uint8_t mac[] = {2, 0, 0, 0, 0, 9};
    struct icgw_addr local = recording_gateway(1);
    struct specialised *s = specialise(model, &local, 1);
    for (size_t i = 0; i < s->n_tunnels; i++) {
        struct icgw_tunnel tunnel;
        memset(&tunnel, 0, sizeof tunnel);
        icgw_tunnel_init(&tunnel, &s->tunnels[i].local, &s->tunnels[i].remote, 6081, true);
        if (resolved) {
            icgw_tunnel_set_next_hop(&tunnel, 0, mac, mac, 0, 1500);
        }
        assert_true(icgw_tables_set_tunnel(s->tables, (uint16_t)i, &tunnel));
    }
    return s;
}

static void test_disagreement(void **state)
{
    struct lflow_cache *cache = lflow_cache_create();
    struct model *forwards = zone_model(ZONE("outport = \"vm1\"; output;"), cache);
    struct model *drops = zone_model(ZONE("drop;"), cache);
    struct specialised *s = specialise_with_tunnels(forwards, true);
    const struct trace_world world = {drops, s, s->tables, alloc, port_name};
    struct ds ds = DS_EMPTY_INITIALIZER;
    (void)state;

    struct trace *t = trace_of(&world, "inport == \"ts-far\" && ip4.dst == 10.1.0.10");
    assert_false(t->agree);
    assert_string_equal(t->disagreement, "the workers send one packet, the flows 0");
    trace_text(t, false, &ds);
    assert_non_null(strstr(ds_cstr(&ds), "TABLES AND FLOWS DISAGREE"));
    ds_destroy(&ds);
    trace_free(t);
    specialised_free(s);
    model_free(drops);
    model_free(forwards);
    lflow_cache_free(cache);
}

/* Which rule of a classifier it was. */
static void check_rule(const struct trace_world *world, const char *microflow, const char *says)
{
    char text[128];
    struct ds ds = DS_EMPTY_INITIALIZER;
    snprintf(text, sizeof text, "inport == \"ts-far\" && ip4.dst == 10.1.0.10 && %s", microflow);
    struct trace *t = trace_of(world, text);
    assert_true(t->agree);
    trace_text(t, false, &ds);
    if (strstr(ds_cstr(&ds), says) == NULL) {
        fail_msg("%s: expected \"%s\" in: %s", microflow, says, ds_cstr(&ds));
    }
    struct json *json = trace_json(t, false);
    const struct json *dest = shash_find_data(json_object(json), "destination");
    assert_string_equal(json_string(shash_find_data(json_object(dest), "verdict")), "classify");
    assert_non_null(shash_find_data(json_object(dest), "rule_match"));
    json_destroy(json);
    ds_destroy(&ds);
    trace_free(t);
}

static void test_rule(void **state)
{
    struct lflow_cache *cache = lflow_cache_create();
    struct model *m =
        zone_model(ZONE("outport = \"vm1\"; output;") "in lr 0 9 tcp.dst == 80 => drop;\n"
                                                      "in lr 0 8 ip4.src == 10.9.0.0/16 => eth.src "
                                                      "= 02:00:00:00:00:01; "
                                                      "outport = \"lr-sw\"; output;\n",
                   cache);
    struct specialised *s = specialise_with_tunnels(m, true);
    const struct trace_world world = {m, s, s->tables, alloc, port_name};
    (void)state;
    check_rule(&world, "ip4.src == 10.8.0.1 && tcp.dst == 80",
               "by packet, rule 1 of 5 (ip.proto == 6 && tcp.dst == 80): drop (logical_drop)");
    check_rule(&world, "ip4.src == 10.9.0.1 && tcp.dst == 443",
               "by packet, rule 2 of 5 (ip4.src == 10.9.0.0/255.255.0.0 && ip.proto == 6): VNI 1");
    check_rule(&world, "ip4.src == 10.8.0.1 && udp.dst == 80",
               "by packet, rule 5 of 5 (any packet): VNI 1");
    specialised_free(s);
    model_free(m);
    lflow_cache_free(cache);
}

#define VM_ZONE(SWITCH, HOLDER)                                                                    \
    "chassis gw1 192.0.2.21\n"                                                                     \
    "chassis gw1b 192.0.2.23\n"                                                                    \
    "chassis hv1 192.0.2.11\n"                                                                     \
    "chassis hv2 192.0.2.12\n"                                                                     \
    "transit ts 0xff0002\n"                                                                        \
    "router lr 2\n"                                                                                \
    "switch sw 1\n"                                                                                \
    "port ts ts-lr 1 patch peer=lr-ts\n"                                                           \
    "port lr lr-ts 2 patch peer=ts-lr mac=02:00:00:00:00:02\n"                                     \
    "port lr lr-sw 1 patch peer=sw-lr mac=02:00:00:00:00:01\n"                                     \
    "port lr cr 3 chassisredirect chassis=" HOLDER " distributed=lr-ts\n"                          \
    "port sw sw-lr 2 patch peer=lr-sw\n"                                                           \
    "port sw vm1 1 vif chassis=hv1\n"                                                              \
    "port sw vm2 3 vif chassis=hv2\n"                                                              \
    "port sw vm3 4 vif chassis=hv1\n"                                                              \
    "port sw lost 5 vif\n"                                                                         \
    "out ts 0 0 1 => output;\n"                                                                    \
    "out lr 0 0 1 => output;\n"                                                                    \
    "out sw 0 0 1 => output;\n"                                                                    \
    "in lr 0 9 is_chassis_resident(\"cr\") => drop;\n"                                             \
    "in lr 0 0 1 => outport = \"cr\"; output;\n"                                                   \
    "in ts 0 0 1 => drop;\n"                                                                       \
    "in sw 0 0 1 => " SWITCH "\n"

/* The text of a trace from vm1, which hv1 has, says this (and not that). */
static void check_vm(const char *rows, const char *says, const char * not )
{
    struct lflow_cache *cache = lflow_cache_create();
    struct model *model = zone_model(rows, cache);
    struct specialised *s = specialise_with_tunnels(model, true);
    const struct trace_world world = {model, s, s->tables, alloc, port_name};
    struct ds ds = DS_EMPTY_INITIALIZER;
    struct trace *t = trace_of(&world, "inport == \"vm1\" && ip4.dst == 10.1.0.10");
    trace_text(t, true, &ds);
    if (strstr(ds_cstr(&ds), says) == NULL || strstr(ds_cstr(&ds), not ) != NULL) {
        fail_msg("expected \"%s\", not \"%s\": %s", says, not, ds_cstr(&ds));
    }
    struct json *json = trace_json(t, true);
    assert_non_null(shash_find(json_object(json), "hypervisor"));
    char *text = json_to_string(json, 0);
    assert_non_null(strstr(text, "\"match\":\"1\""));
    assert_non_null(strstr(text, "\"actions\":\""));
    free(text);
    json_destroy(json);
    ds_destroy(&ds);
    trace_free(t);
    specialised_free(s);
    model_free(model);
    lflow_cache_free(cache);
}

#define NOTHING "Nothing of it comes to this gateway."
#define HERE "at this gateway"

static void test_from_vm_elsewhere(void **state)
{
    (void)state;
    check_vm(VM_ZONE("outport = \"sw-lr\"; output;", "gw1"),
             "=> by tunnel to gw1, VNI 2 (lr), from port 1 (lr-sw) to 3 (cr)", NOTHING);
    check_vm(VM_ZONE("outport = \"sw-lr\"; output;", "gw1b"), "=> by tunnel to gw1b,", HERE);
    check_vm(VM_ZONE("outport = \"vm2\"; output;", "gw1"), "=> by tunnel to hv2,", HERE);
    check_vm(VM_ZONE("outport = \"vm3\"; output;", "gw1"), "=> to vm3, which is there", HERE);
    check_vm(VM_ZONE("outport = \"lost\"; output;", "gw1"), "=> dropped: unbound_port", HERE);
    check_vm(VM_ZONE("drop;", "gw1"), NOTHING, HERE);
    check_vm(VM_ZONE("ct_next;", "gw1"),
             "=> cannot go on: action ct_next is not supported (stage, uuid sw/0/0)", NOTHING);
}

static void test_unresolved(void **state)
{
    struct lflow_cache *cache = lflow_cache_create();
    struct model *model = zone_model(ZONE("outport = \"vm1\"; output;"), cache);
    struct specialised *s = specialise_with_tunnels(model, false);
    const struct trace_world world = {model, s, s->tables, alloc, port_name};
    struct ds ds = DS_EMPTY_INITIALIZER;
    (void)state;

    struct trace *t = trace_of(&world, "inport == \"ts-far\" && ip4.dst == 10.1.0.10");
    trace_text(t, false, &ds);
    assert_true(t->agree);
    assert_non_null(strstr(ds_cstr(&ds), "whose next hop the kernel has not resolved"));
    assert_non_null(strstr(ds_cstr(&ds), "dropped: underlay_unresolved"));
    ds_destroy(&ds);
    trace_free(t);
    specialised_free(s);
    model_free(model);
    lflow_cache_free(cache);
}

/* --- from words to frames */

/* The sum of everything, checksum included, is 0 in one's complement. */
static void check_zero(uint16_t sum)
{
    assert_true(sum == 0 || sum == 0xffff);
}

static void check_checksums(const struct frame *f)
{
    const struct rte_ipv4_hdr *v4 = (const void *)(f->data + 14);
    const struct rte_ipv6_hdr *v6 = (const void *)(f->data + 14);
    if (f->data[12] == 0x08 && f->data[13] == 0x00) {
        assert_int_equal(rte_raw_cksum(v4, 20), 0xffff);
        if (v4->next_proto_id == 6 || v4->next_proto_id == 17) {
            check_zero(rte_ipv4_udptcp_cksum(v4, v4 + 1));
        }
    } else if (f->data[12] == 0x86) {
        check_zero(rte_ipv6_udptcp_cksum(v6, v6 + 1));
    }
}

static void check_frame(const char *text, uint16_t len, enum field_id id, uint64_t value)
{
    struct trace_world world = world_of_replay();
    struct microflow m;
    struct microflow_way way;
    struct frame *f = xmalloc(sizeof *f);
    struct state s;
    char *error = NULL;
    bool ok = microflow_parse(&m, text, &error) &&
              microflow_find_way(&m, world.model, world.tables->locals, world.tables->n_locals,
                                 &way, &error) &&
              microflow_frame(&m, 0, f, &error) && microflow_check(&m, world.model, f, &error);
    if (!ok) {
        fail_msg("%s: %s", text, error);
    }
    assert_int_equal(f->len, len);
    check_checksums(f);
    state_init(&s);
    frame_load(f, &s);
    assert_int_equal((uint64_t)state_value(&s, id), value);
    microflow_free(&m);
    free(f);
}

#define FROM "inport == \"ts1-lr2\" && "

static void test_frames(void **state)
{
    (void)state;
    replay_start(&replay, "ovn-26.03", 1);
    check_frame(FROM "ip4.dst == 10.1.0.10", 42, FIELD_IP_PROTO, 17);
    check_frame(FROM "ip4.dst == 10.1.0.10 && ip.ttl == 3", 42, FIELD_IP_TTL, 3);
    check_frame(FROM "ip4.dst == 10.1.0.10 && tcp.dst == 443 && tcp.flags == 2", 54,
                FIELD_TCP_FLAGS, 2);
    check_frame(FROM "ip4.dst == 10.1.0.10 && icmp4", 42, FIELD_ICMP4_TYPE, 8);
    check_frame(FROM "ip4.dst == 10.1.0.10 && ip.dscp == 46", 42, FIELD_IP_DSCP, 46);
    check_frame(FROM "ip6.dst == fd01::10 && udp.src == 53", 62, FIELD_UDP_SRC, 53);
    check_frame(FROM "ip6.dst == fd01::10 && icmp6", 62, FIELD_ICMP6_TYPE, 128);
    check_frame(FROM "nd_ns && nd.target == fd01::10 && nd.sll == 02:00:00:00:00:07", 86,
                FIELD_ND_SLL, 0x020000000007);
    check_frame(FROM "arp.op == 1 && arp.tpa == 10.1.0.1", 42, FIELD_ARP_TPA, 0x0a010001);
    check_frame(FROM "ip && ip4.dst == 10.1.0.10 && (tcp || udp)", 54, FIELD_IP_PROTO, 6);
    replay_stop(&replay);
}

static void refuse(const char *text, uint16_t ip_len, const char *why)
{
    struct trace_world world = world_of_replay();
    char *notes = NULL, *error = NULL;
    assert_null(trace_microflow(&world, text, ip_len, &notes, &error));
    if (strstr(error, why) == NULL) {
        fail_msg("%s: got \"%s\", expected \"%s\"", text, error, why);
    }
    free(error);
}

static void test_refused(void **state)
{
    char *text = xzalloc(MICROFLOW_MAX_TEXT + 2);
    (void)state;
    replay_start(&replay, "ovn-26.03", 1);
    refuse("ip4.dst == 10.1.0.10", 0, "inport is missing");
    refuse("inport == \"nobody\" && ip4.dst == 10.1.0.10", 0, "no port nobody");
    refuse(FROM "ip4.dst ==", 0, "ovn-trace");
    refuse(FROM "novel.field == 1", 0, "novel.field is no field");
    refuse(FROM "ip4.dst == 10.1.0.10 && ip4.dst == 10.1.0.11", 0, "contradicts itself");
    refuse(FROM "ip4 && ip6.dst == fd01::10", 0, "contradicts itself");
    refuse(FROM "eth.src == 02:00:00:00:00:07", 0, "what protocol?");
    refuse(FROM "ip4.dst == 10.1.0.10 && reg0 == 7", 0, "cannot make such a packet");
    refuse(FROM "ip4.dst == 10.1.0.10 && tcp.dst > 60000", 0, "cannot make such a packet");
    refuse(FROM "ip4.dst == 10.1.0.10 && ip.is_frag", 0, "cannot make such a packet");
    refuse(FROM "ip4.dst == 10.1.0.10 && ip.ttl > 100", 0, "OVN refuses");
    refuse(FROM "ip4.dst == 10.1.0.10", 20, "an IP packet of 20 bytes");
    refuse(FROM "ip4.dst == 10.1.0.10 && outport == \"lr1-ls1\"", 0, "no port lr1-ls1 on");
    memset(text, '(', MICROFLOW_MAX_TEXT + 1);
    refuse(text, 0, "allowed are");
    text[MICROFLOW_MAX_TEXT] = '\0';
    refuse(text, 0, "ovn-trace");
    replay_stop(&replay);
    free(text);
}

static void test_hex(void **state)
{
    size_t len;
    (void)state;
    uint8_t *bytes = trace_hex("02:0a fF\n10", &len);
    assert_int_equal(len, 4);
    assert_memory_equal(bytes, "\x02\x0a\xff\x10", 4);
    free(bytes);
    assert_null(trace_hex("", &len));
    assert_null(trace_hex("123", &len));
    assert_null(trace_hex("12 zz", &len));
}

static int start(void **state)
{
    (void)state;
    if (test_eal_init() < 0) {
        return -1;
    }
    pool = rte_pktmbuf_pool_create("trace", 63, 0, 0, 4096, SOCKET_ID_ANY);
    return pool != NULL ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    bool leaked = !rte_mempool_full(pool);
    if (leaked) {
        print_error("an mbuf has leaked\n");
    }
    return rte_eal_cleanup() != 0 || leaked ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inbound),          cmocka_unit_test(test_outbound),
        cmocka_unit_test(test_expired),          cmocka_unit_test(test_neighbour),
        cmocka_unit_test(test_from_vm),          cmocka_unit_test(test_from_vm_elsewhere),
        cmocka_unit_test(test_disagreement),     cmocka_unit_test(test_rule),
        cmocka_unit_test(test_unresolved),       cmocka_unit_test(test_frames),
        cmocka_unit_test(test_refused),          cmocka_unit_test(test_hex),
        cmocka_unit_test(test_recordings_agree), cmocka_unit_test(test_leading_zeros),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
