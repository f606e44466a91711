/* SPDX-License-Identifier: Apache-2.0 */

/* Logical pipelines run on an actual packet.  Each test adds flows to a zone of
 * one transit switch, one router and one switch, has a packet arrive by a tunnel
 * and compares what happens, as text. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <cmocka.h>

#include "interp.h"
#include "recording_zone.h"

#define BASE                                                                                       \
    "chassis gw1 192.0.2.21\n"                                                                     \
    "chassis hv1 192.0.2.11\n"                                                                     \
    "chassis hv2 192.0.2.12\n"                                                                     \
    "remote gw2 192.0.2.22\n"                                                                      \
    "remote gw3 192.0.2.23\n"                                                                      \
    "transit ts 0xff0002\n"                                                                        \
    "router lr 2\n"                                                                                \
    "switch sw 1\n"                                                                                \
    "port ts ts-lr 1 patch peer=lr-ts\n"                                                           \
    "port ts ts-gw2 2 remote chassis=gw2\n"                                                        \
    "port ts ts-gw3 3 remote chassis=gw3\n"                                                        \
    "port ts ts-none 4 remote\n"                                                                   \
    "port lr lr-ts 2 patch peer=ts-lr mac=02:00:00:00:00:02\n"                                     \
    "port lr lr-sw 1 patch peer=sw-lr\n"                                                           \
    "port lr cr 3 chassisredirect chassis=gw1 distributed=lr-ts\n"                                 \
    "port lr cr-away 4 chassisredirect chassis=hv1 distributed=lr-sw\n"                            \
    "port sw sw-lr 2 patch peer=lr-sw\n"                                                           \
    "port sw vm1 1 vif chassis=hv1\n"                                                              \
    "port sw vm2 3 vif chassis=hv2\n"                                                              \
    "port sw vm3 4 vif chassis=hv2\n"                                                              \
    "port sw lost 5 vif\n"                                                                         \
    "group sw flood 32768 vm1 vm2 vm3 lost sw-lr\n"                                                \
    "group ts flood 32768 ts-lr ts-gw2 ts-gw3 ts-none\n"                                           \
    "mac lr lr-sw 10.1.0.7 02:00:00:00:07:07\n"                                                    \
    "fdb 1 02:00:00:00:03:03 3\n"                                                                  \
    "out ts 0 0 1 => output;\n"                                                                    \
    "out lr 0 0 1 => output;\n"                                                                    \
    "out sw 0 0 1 => output;\n"                                                                    \
    "in sw 0 0 1 => outport = \"vm1\"; output;\n"                                                  \
    "in ts 0 0 1 => outport = \"ts-gw2\"; output;\n"

static char events[4096];
static size_t n_events;
static enum interp_end how_it_ended;
static const char *sender; /* chassis; NULL: does not matter */
static struct frame sent;  /* the last one */

static void event(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void event(const char *format, ...)
{
    va_list args;
    if (n_events > 3000) {
        return; /* a loop's */
    }
    n_events += (size_t)snprintf(events + n_events, 8, "%s", n_events ? "; " : "");
    va_start(args, format);
    n_events += (size_t)vsnprintf(events + n_events, sizeof events - n_events, format, args);
    va_end(args);
}

static void on_send(struct interp *in, const struct interp_send *to)
{
    memcpy(&sent, in->frame, sizeof sent);
    frame_store(&sent, &in->state);
    if (in->from == to->chassis) {
        event("back to %s", to->chassis->name); /* what the sender of frames has to look at */
        return;
    }
    event("%s %x %u>%u", to->chassis->name, to->vni, to->inport, to->outport);
}

static void on_drop(struct interp *in, enum icgw_drop reason, const struct lflow *flow)
{
    (void)in;
    event("drop %s%s%s", icgw_drop_name(reason), flow ? " " : "", flow ? flow->uuid : "");
}

static void put_mac(char text[18], const uint8_t mac[6])
{
    snprintf(text, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
             mac[5]);
}

static void on_learn(struct interp *in, const struct model_port *port, bool v6,
                     const struct icgw_addr *ip, const uint8_t mac[6])
{
    char text[18];
    (void)in;
    put_mac(text, mac);
    event("learn %s %s%u.%u %s", port->name, v6 ? "6:" : "", ip->bytes[14], ip->bytes[15], text);
}

static void on_learn_fdb(struct interp *in, const struct model_port *port, const uint8_t mac[6])
{
    char text[18];
    (void)in;
    put_mac(text, mac);
    event("learn %s %s", port->name, text);
}

static void on_wait(struct interp *in, const struct model_port *port, bool v6,
                    const struct icgw_addr *ip)
{
    (void)in;
    event("wait %s %s%u.%u", port->name, v6 ? "6:" : "", ip->bytes[14], ip->bytes[15]);
}

/* 10.1.0.1 to 10.1.0.7: echo request, TTL 9, `payload` bytes behind the header. */
static void echo_request(struct frame *f, uint16_t payload)
{
    static const uint8_t head[] = {2, 0, 0, 0, 0, 2, 2, 0,  0, 0, 0, 9,  8, 0, 0x45, 0, 0, 0, 0,
                                   0, 0, 0, 9, 1, 0, 0, 10, 1, 0, 1, 10, 1, 0, 7,    8, 0, 0, 0};
    memset(f, 0, sizeof *f);
    memcpy(f->data, head, sizeof head);
    f->len = (uint16_t)(14 + 20 + 8 + payload);
    f->data[16] = (uint8_t)((f->len - 14) >> 8);
    f->data[17] = (uint8_t)(f->len - 14);
}

static void run_frame(const char *flows, const struct frame *f, uint32_t vni, uint16_t inport,
                      uint16_t outport)
{
    static const struct interp_ops ops = {.send = on_send,
                                          .drop = on_drop,
                                          .learn = on_learn,
                                          .learn_fdb = on_learn_fdb,
                                          .wait = on_wait};
    char text[8192];
    struct lflow_cache *cache = lflow_cache_create();
    snprintf(text, sizeof text, "%s%s", BASE, flows);
    struct model *m = zone_model(text, cache);
    struct interp in = {.model = m, .ops = &ops, .frame = f, .flow_hash = 0x80000000};
    in.from = sender != NULL ? model_chassis_by_name(m, sender) : NULL;

    n_events = 0;
    events[0] = '\0';
    interp_from_tunnel(&in, model_datapath_by_key(m, vni), inport, outport);
    how_it_ended = in.end;
    if (in.end != INTERP_COMPLETE) {
        event("%s: %s", in.end == INTERP_SLOW ? "slow" : "unsupported", in.why);
    }
    free(in.why);
    model_free(m);
    lflow_cache_free(cache);
}

static void expect(const char *flows, const char *expected)
{
    if (strcmp(events, expected) != 0) {
        fail_msg("%s\n  expected `%s`\n  got      `%s`", flows, expected, events);
    }
}

/* From gw2 by the transit switch to the router. */
static void check(const char *flows, const char *expected)
{
    struct frame f;
    echo_request(&f, 20);
    run_frame(flows, &f, 0xff0002, 2, 1);
    expect(flows, expected);
}

/* From hv1 to a port of the switch or router. */
static void check_local(uint32_t vni, uint16_t inport, uint16_t outport, const char *flows,
                        const char *expected)
{
    struct frame f;
    echo_request(&f, 20);
    run_frame(flows, &f, vni, inport, outport);
    expect(flows, expected);
}

static void test_way_through(void **state)
{
    (void)state;
    check("in lr 0 0 1 => next;\n"
          "in lr 1 0 1 => ip.ttl--; outport = \"lr-sw\"; output;",
          "hv1 1 2>1");
    assert_int_equal(sent.data[22], 8);
    check_local(2, 1, 3, "", "gw2 ff0002 1>2"); /* from a hypervisor, outwards */
    assert_int_equal(sent.data[22], 9);
}

static void test_next(void **state)
{
    (void)state;
    check("in lr 0 0 1 => next(7);\nin lr 7 0 1 => drop;", "drop logical_drop lr/7/0");
    check("in lr 0 0 1 => next(pipeline=egress,table=3);\nout lr 3 0 1 => drop;",
          "drop logical_drop lr/3/0");
    check("in lr 0 0 1 => next(63);\nin lr 63 0 1 => next;", "drop logical_drop lr/63/0");
    check("in lr 0 0 1 => next;", "drop logical_drop"); /* no flow there */
    check("in lr 0 9 ip4 => next;\nin lr 0 8 1 => drop;\nin lr 1 0 1 => next; drop;\n"
          "in lr 2 0 1 => drop;",
          "drop logical_drop lr/2/0; drop logical_drop lr/1/0");
}

static void test_clone(void **state)
{
    (void)state;
    check("in lr 0 0 1 => reg0 = 1; clone { reg0 = 2; ip.ttl--; outport = \"lr-sw\"; output; }; "
          "next;\nin lr 1 0 reg0 == 1 && ip.ttl == 9 => drop;",
          "hv1 1 2>1; drop logical_drop lr/1/0");
}

static void test_registers_across(void **state)
{
    (void)state;
    check("in lr 0 0 1 => reg0 = 5; flags.loopback = 1; outport = \"lr-sw\"; output;\n"
          "out lr 0 1 reg0 != 0 || !flags.loopback => drop;\n"
          "in sw 0 1 reg0 != 0 || flags.loopback || outport == {\"sw-lr\", \"vm1\"} => drop;",
          "hv1 1 2>1");
}

static void test_loopback(void **state)
{
    (void)state;
    check("in lr 0 0 1 => outport = inport; output;", "drop logical_drop lr/0/0");
    check("in lr 0 0 1 => outport = inport; flags.loopback = 1; output;", "gw2 ff0002 1>2");
}

static void test_outputs(void **state)
{
    (void)state;
    check_local(1, 1, 2, "in lr 0 0 1 => outport = \"cr-away\"; output;", "hv1 2 1>4");
    check_local(1, 1, 2, "in lr 0 0 1 => outport = \"cr\"; output;", "gw2 ff0002 1>2");
    check("in lr 0 0 1 => output;", "drop logical_drop lr/0/0"); /* no outport */
    check("in lr 0 0 1 => outport = \"nobody\"; output;", "drop logical_drop lr/0/0");
    check("in lr 0 0 1 => outport = \"lr-sw\"; output;\n"
          "in sw 0 1 1 => outport = \"lost\"; output;",
          "drop unbound_port sw/0/1");
    check_local(1, 2, 1, "", "drop not_resident");
    check_local(1, 2, 99, "", "drop unknown_port");
    check_local(2, 1, 4, "", "drop not_resident");
}

static void test_groups(void **state)
{
    (void)state;
    /* Once to each chassis of the zone, with the key of the group; the port that
     * it came in by, and one without chassis, left out. */
    check("in lr 0 0 1 => outport = \"lr-sw\"; output;\n"
          "in sw 0 1 1 => outport = \"flood\"; output;",
          "hv1 1 2>32768; hv2 1 2>32768; drop logical_drop sw/0/1");
    /* Other zones: each port under its own key. */
    check_local(2, 1, 3, "in ts 0 1 1 => outport = \"flood\"; output;",
                "drop logical_drop ts/0/1; gw2 ff0002 1>2; gw3 ff0002 1>3");
    /* What was flooded to us is delivered here only; on other than transit switches the
     * sender has served the patch ports. */
    check_local(0xff0002, 2, 32768, "in lr 0 0 1 => drop;", "drop logical_drop lr/0/0");
    check_local(1, 1, 32768, "in lr 0 0 1 => drop;", "");
    check_local(1, 1, 32769, "", "drop unknown_port");
}

/* A port that moves from one chassis to another is on both. */
static void test_moving(void **state)
{
    (void)state;
    check("port sw moving 6 vif chassis=hv1 additional=hv2\n"
          "in lr 0 0 1 => outport = \"lr-sw\"; output;\n"
          "in sw 0 1 1 => outport = \"moving\"; output;",
          "hv1 1 2>6; hv2 1 2>6");
    check("port sw coming 6 vif additional=hv2\n"
          "in lr 0 0 1 => outport = \"lr-sw\"; output;\n"
          "in sw 0 1 1 => outport = \"coming\"; output;",
          "hv2 1 2>6");
    /* Floods reach each chassis once all the same. */
    check("chassis hv3 192.0.2.13\n"
          "port sw moving 6 vif chassis=hv1 additional=hv3\n"
          "port sw back 7 vif chassis=hv3 additional=hv1\n"
          "group sw all 32770 moving back vm2\n"
          "in lr 0 0 1 => outport = \"lr-sw\"; output;\n"
          "in sw 0 1 1 => outport = \"all\"; output;",
          "hv1 1 2>32770; hv3 1 2>32770; hv2 1 2>32770");
    sender = "hv2";
    check("port sw moving 6 vif chassis=hv1 additional=hv2\n"
          "in lr 0 0 1 => outport = \"lr-sw\"; output;\n"
          "in sw 0 1 1 => outport = \"moving\"; output;",
          "hv1 1 2>6; back to hv2");
    sender = NULL;
}

/* Open vSwitch sends nothing back by the tunnel that it came by, unless
 * flags.loopback has been set on the way. */
static void test_sender(void **state)
{
    (void)state;
    sender = "hv2";
    check_local(2, 2, 1, "in sw 0 1 1 => outport = \"flood\"; output;",
                "hv1 1 2>32768; back to hv2; drop logical_drop sw/0/1");
    sender = "gw2";
    check_local(2, 1, 2, "", "back to gw2");
    /* OVN 24.03 and later: what a chassisredirect port takes may. */
    check_local(2, 1, 3, "", "gw2 ff0002 1>2");
    check("in lr 0 0 1 => flags.loopback = 1; outport = \"lr-ts\"; output;", "gw2 ff0002 1>2");
    check("in lr 0 0 1 => icmp4 { outport = \"lr-ts\"; flags.loopback = 1; output; };",
          "gw2 ff0002 1>2");
    sender = NULL;
}

static void test_neighbours(void **state)
{
    (void)state;
    check("in lr 0 0 1 => outport = \"lr-sw\"; get_arp(outport, ip4.dst); next;\n"
          "in lr 1 0 eth.dst == 02:00:00:00:07:07 => output;",
          "hv1 1 2>1");
    check("in lr 0 0 1 => outport = \"lr-sw\"; get_arp(outport, ip4.src); next;\n"
          "in lr 1 0 eth.dst == 0 => drop;",
          "drop logical_drop lr/1/0");
    check("in lr 0 0 1 => reg9[2] = lookup_arp_ip(inport, ip4.dst); next;\n"
          "in lr 1 0 reg9[2] == 0 => drop;", /* bound to the other port */
          "drop logical_drop lr/1/0");
    check("in lr 0 0 1 => put_arp(inport, ip4.src, eth.src); drop;",
          "learn lr-ts 0.1 02:00:00:00:00:09; drop logical_drop lr/0/0");
}

static void test_ask(void **state)
{
    (void)state;
    check("in lr 0 0 1 => outport = \"lr-sw\"; reg0 = 10.1.0.99; reg1 = 10.1.0.1; arp { eth.dst = "
          "ff:ff:ff:ff:ff:ff; arp.spa = reg1; arp.tpa = reg0; arp.op = 1; output; };",
          "wait lr-sw 0.99; hv1 1 2>1");
    static const uint8_t arp[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 9, 10, 1, 0, 1};
    assert_int_equal(sent.len, 42);
    assert_memory_equal(sent.data + 12, arp, sizeof arp);
    check("in lr 0 0 1 => outport = \"lr-sw\"; xxreg0 = fd01::99; nd_ns { output; };",
          "wait lr-sw 6:0.153; hv1 1 2>1");
    assert_int_equal(sent.len, 14 + 40 + 32);
    assert_int_equal(sent.data[54], 135);
}

#define UNREACHABLE                                                                                \
    "in lr 0 0 1 => icmp4 { icmp4.type = 11; icmp4.code = 0; eth.dst <-> eth.src; "                \
    "ip4.dst = ip4.src; ip4.src = 10.1.0.254; ip.ttl = 255; outport = \"lr-sw\"; output; };"

static void test_error(void **state)
{
    struct frame f;
    (void)state;
    check(UNREACHABLE, "hv1 1 2>1");
    assert_int_equal(sent.len, 14 + 20 + 8 + 20 + 28);
    assert_int_equal(sent.data[34], 11);
    assert_int_equal(sent.data[42 + 9], 1); /* the quoted packet */
    /* 576 bytes at most. */
    echo_request(&f, 1400);
    run_frame(UNREACHABLE, &f, 0xff0002, 2, 1);
    expect(UNREACHABLE, "hv1 1 2>1");
    if (sent.len > 576 || sent.len < 500) {
        fail_msg("expected an error of about 576 bytes, got %u", sent.len);
    }
}

static void test_fdb(void **state)
{
    (void)state;
    check_local(2, 1, 3, "in ts 0 1 1 => drop;", "drop logical_drop ts/0/1");
    check("in lr 0 0 1 => outport = \"lr-sw\"; eth.dst = 02:00:00:00:03:03; output;\n"
          "in sw 0 1 1 => outport = get_fdb(eth.dst); output;",
          "hv2 1 2>3");
    check("in lr 0 0 1 => outport = \"lr-sw\"; eth.dst = 02:00:00:00:03:04; output;\n"
          "in sw 0 1 1 => outport = get_fdb(eth.dst); next;\n"
          "in sw 1 0 outport == \"none\" => drop;",
          "drop logical_drop sw/1/0");
    check("in lr 0 0 1 => outport = \"lr-sw\"; output;\n"
          "in sw 0 1 1 => put_fdb(inport, eth.src); next;\nin sw 1 0 1 => drop;",
          "learn sw-lr 02:00:00:00:00:09; drop logical_drop sw/1/0");
}

static void test_choices(void **state)
{
    (void)state;
    /* The hash is one half of its range. */
    check("in lr 0 0 1 => reg8[16..31] = select(1=100, 2=100);\n"
          "in lr 1 0 reg8[16..31] == 2 => drop;",
          "drop logical_drop lr/1/0");
    check("in lr 0 0 1 => reg8[16..31] = select(1=101, 2=100);\n"
          "in lr 1 0 reg8[16..31] == 1 => drop;",
          "drop logical_drop lr/1/0");
    check("in lr 0 0 1 => reg9[1] = check_pkt_larger(61); reg9[2] = check_pkt_larger(62); next;\n"
          "in lr 1 0 reg9[1] == 1 && reg9[2] == 0 => drop;",
          "drop logical_drop lr/1/0");
}

static void test_ttl(void **state)
{
    (void)state;
    check("in lr 0 0 1 => ip.ttl = 1; next;\nin lr 1 0 1 => ip.ttl--; outport = \"lr-sw\"; output;",
          "drop logical_drop lr/1/0");
    check("in lr 0 0 1 => ip.ttl = 2; next;\nin lr 1 0 1 => ip.ttl--; outport = \"lr-sw\"; output;",
          "hv1 1 2>1");
}

static void test_refusals(void **state)
{
    (void)state;
    check("in lr 0 0 1 => ct_next;", "unsupported: action ct_next is not supported");
    check("in lr 0 0 brand_new => next;", "unsupported: match names something unknown");
    check("in lr 0 0 ip4 && brand_new => next;", "unsupported: match names something unknown");
    check("in lr 0 1 ip6 && brand_new => next;\nin lr 0 0 1 => drop;", "drop logical_drop lr/0/0");
    check("in lr 0 0 ( => next;", "unsupported: match not understood: expression expected");
    check("in lr 0 0 1 => next", "unsupported: actions not understood: missing ;");
    check("in lr 0 0 1 => outport = inport; ip6.src = ip6.dst; drop;",
          "drop logical_drop"); /* OVN adds ip6 to the match */
}

/* Errors about the path MTU start over in ingress, where northd has flows for it. */
static void test_too_big(void **state)
{
    struct frame f;
    (void)state;
    echo_request(&f, 20);
    f.data[34] = 3;
    f.data[35] = 4;
    const char *flows = "in ts 0 9 flags.tunnel_rx == 1 => drop;\nin lr 0 0 1 => drop;";
    run_frame(flows, &f, 0xff0002, 2, 1);
    expect(flows, "drop logical_drop lr/0/0; drop logical_drop ts/0/9");
    flows = "in ts 0 9 flags.tunnel_rx == 1 => drop;\nin lr 0 0 1 => outport = \"lr-sw\"; "
            "reg0 = 10.1.0.9; arp { drop; }; drop;";
    run_frame(flows, &f, 0xff0002, 2, 1);
    expect(flows, "wait lr-sw 0.9; drop logical_drop lr/0/0");
    flows = "in lr 0 0 1 => drop;";
    run_frame(flows, &f, 0xff0002, 2, 1);
    expect(flows, "drop logical_drop lr/0/0");
    /* What is addressed to a chassisredirect port is then for the one it stands for. */
    flows = "in lr 0 9 flags.tunnel_rx == 1 && outport == \"lr-ts\" => drop;";
    run_frame(flows, &f, 2, 1, 3);
    expect(flows, "gw2 ff0002 1>2; drop logical_drop lr/0/9");
}

/* Hostile flows end, soon and without taking all of the stack. */
static void check_bounded(const char *flows)
{
    struct timespec before, after;
    struct frame f;
    echo_request(&f, 20);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    run_frame(flows, &f, 0xff0002, 2, 1);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    double s =
        (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) / 1e9;
    if (how_it_ended != INTERP_SLOW || strstr(events, "drop loop") == NULL || s > 2) {
        fail_msg("%s\n  expected an end as a loop within 2 s of CPU, got %.1f s and `%.200s`",
                 flows, s, events);
    }
}

static void test_loops(void **state)
{
    char wide_flows[4096] = "";
    (void)state;
    check_bounded("in lr 0 0 1 => next(0);");
    check_bounded("in lr 0 0 1 => next(0); next(0);");
    check_bounded("in lr 0 0 1 => clone { next(0); }; clone { next(0); };");
    check_bounded("in lr 0 0 1 => icmp4 { next(0); };");
    check_bounded("in lr 0 0 1 => outport = \"lr-sw\"; flags.loopback = 1; output;\n"
                  "in sw 0 1 1 => outport = \"sw-lr\"; flags.loopback = 1; output;");
    check_bounded("in lr 0 0 1 => outport = \"lr-sw\"; next(pipeline=egress,table=0); next(0);\n"
                  "out lr 0 1 1 => next(pipeline=ingress,table=0);");
    /* Not deep, but 2^40 wide. */
    for (int i = 0; i < 40; i++) {
        snprintf(wide_flows + strlen(wide_flows), 64, "in lr %d 0 1 => next; next;\n", i);
    }
    strcat(wide_flows, "in lr 40 0 1 => reg0 = 1;\n");
    check_bounded(wide_flows);
}

int main(void)
{
    /* What a system gives a process; more would hide a run that goes too deep. */
    struct rlimit stack;
    getrlimit(RLIMIT_STACK, &stack);
    stack.rlim_cur = 8 << 20;
    setrlimit(RLIMIT_STACK, &stack);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_way_through), cmocka_unit_test(test_next),
        cmocka_unit_test(test_clone),       cmocka_unit_test(test_registers_across),
        cmocka_unit_test(test_loopback),    cmocka_unit_test(test_outputs),
        cmocka_unit_test(test_groups),      cmocka_unit_test(test_moving),
        cmocka_unit_test(test_sender),      cmocka_unit_test(test_neighbours),
        cmocka_unit_test(test_ask),         cmocka_unit_test(test_error),
        cmocka_unit_test(test_fdb),         cmocka_unit_test(test_choices),
        cmocka_unit_test(test_ttl),         cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_too_big),     cmocka_unit_test(test_loops),
    };
    return cmocka_run_group_tests_name("interp", tests, NULL, NULL);
}
