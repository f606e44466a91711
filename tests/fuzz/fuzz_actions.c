/* SPDX-License-Identifier: Apache-2.0 */

/* Any text as the actions of a flow in a small zone.
 *
 * They are parsed or refused with a message.  A packet that runs into them has
 * to end, and what leaves is a frame whose lengths and IPv4 header checksum are
 * right, as those of the packet were.  A class of packets that it is of runs
 * too; where that ends with a verdict, the packet has the same one. */

#include <stdlib.h>
#include <string.h>

#include "checksum.h"
#include "interp.h"
#include "recording_zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char zone[] = "chassis gw1 192.0.2.21\n"
                           "chassis hv1 192.0.2.11\n"
                           "remote gw2 192.0.2.22\n"
                           "transit ts 0xff0002\n"
                           "router lr 2\n"
                           "switch sw 1\n"
                           "port ts ts-lr 1 patch peer=lr-ts\n"
                           "port ts ts-gw2 2 remote chassis=gw2\n"
                           "port lr lr-ts 2 patch peer=ts-lr\n"
                           "port lr lr-sw 1 patch peer=sw-lr\n"
                           "port lr cr 3 chassisredirect chassis=gw1 distributed=lr-ts\n"
                           "port sw sw-lr 2 patch peer=lr-sw\n"
                           "port sw vm1 1 vif chassis=hv1\n"
                           "group sw flood 32768 vm1 sw-lr\n"
                           "mac lr lr-sw 10.2.0.10 02:00:00:00:07:07\n"
                           "fdb 1 02:00:00:00:07:07 1\n"
                           "out ts 0 0 1 => output;\n"
                           "out lr 0 0 1 => output;\n"
                           "out sw 0 0 1 => output;\n"
                           "in ts 0 0 1 => outport = \"ts-gw2\"; output;\n"
                           "in sw 0 0 1 => outport = \"vm1\"; output;\n"
                           "in lr 1 9 ip.ttl == {0, 1} => drop;\n"
                           "in lr 1 8 eth.dst == 0 => arp { output; };\n"
                           "in lr 1 0 1 => output;\n";

static const uint8_t packets[][62] = {
    /* 10.1.0.10 to 10.2.0.10, UDP */
    {2,  0, 0, 0,  0, 2, 2,  0,  0, 0, 0,  9, 8, 0, 0x45, 0, 0,  32,   0,    0, 0, 0, 64,
     17, 0, 0, 10, 1, 0, 10, 10, 2, 0, 10, 1, 2, 0, 53,   0, 12, 0x12, 0x34, 1, 2, 3, 4},
    /* fd01::10 to fd02::10, echo request */
    {2,  0,    0, 0, 0, 2, 2, 0, 0, 0, 0, 9,    0x86, 0xdd, 0x60, 0, 0,    0,    0, 8, 58,
     64, 0xfd, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0,    0,    0,    0, 0x10, 0xfd, 2, 0, 0,
     0,  0,    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 128,  0,    0,    0, 0,    1,    0, 2},
    /* ARP request */
    {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0,  0, 0, 0,  9, 8, 6, 0, 1, 8, 0,  6, 4, 0,
     1,    2,    0,    0,    0,    0,    9, 10, 1, 0, 10, 0, 0, 0, 0, 0, 0, 10, 2, 0, 10},
};
static const uint16_t lengths[] = {46, 62, 42};

/* What came of one run. */
struct outcome {
    unsigned int n; /* packets sent and dropped */
    bool sent;
    struct interp_send last;
    wide eth_src, eth_dst;
    uint8_t ttl_dec; /* abstract */
    wide ttl;        /* concrete */
};

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_frame(const struct frame *f)
{
    const uint8_t *ip = f->data + 14;
    require(f->len >= 14 && f->len <= FRAME_MAX);
    if (get16(f->data + 12) == 0x0800) {
        require(f->len >= 34 && get16(ip + 2) + 14 <= f->len);
        require(checksum_finish(checksum_add(0, ip, 20)) == 0);
    } else if (get16(f->data + 12) == 0x86dd) {
        require(f->len >= 54 && get16(ip + 4) + 54 <= f->len);
    }
}

static void note(struct interp *in, bool sent)
{
    struct outcome *o = in->aux;
    o->n++;
    o->sent = sent;
    state_get(&in->state, whole(FIELD_ETH_SRC), &o->eth_src);
    state_get(&in->state, whole(FIELD_ETH_DST), &o->eth_dst);
    state_get(&in->state, whole(FIELD_IP_TTL), &o->ttl);
    o->ttl_dec = in->state.ttl_dec;
}

static void on_send(struct interp *in, const struct interp_send *to)
{
    static struct frame copy;
    struct outcome *o = in->aux;
    note(in, true);
    o->last = *to;
    if (in->frame != NULL) {
        memcpy(&copy, in->frame, sizeof copy);
        frame_store(&copy, &in->state);
        check_frame(&copy);
    }
}

static void on_drop(struct interp *in, enum icgw_drop reason, const struct lflow *flow)
{
    (void)flow;
    require(reason < ICGW_N_DROPS);
    note(in, false);
}

static void on_learn(struct interp *in, const struct model_port *port, bool v6,
                     const struct icgw_addr *ip, const uint8_t mac[6])
{
    (void)in, (void)ip, (void)mac;
    require(port->name != NULL && (!v6 || !interp_abstract(in)));
}

static void on_wait(struct interp *in, const struct model_port *port, bool v6,
                    const struct icgw_addr *next_hop)
{
    (void)next_hop, (void)v6;
    require(port->name != NULL && !interp_abstract(in));
}

static const struct interp_ops ops = {
    .send = on_send, .drop = on_drop, .learn = on_learn, .wait = on_wait};

static enum interp_end run(const struct model *m, struct interp *in, struct outcome *o)
{
    memset(o, 0, sizeof *o);
    in->model = m;
    in->ops = &ops;
    in->aux = o;
    interp_from_tunnel(in, model_datapath_by_key(m, 0xff0002), 2, 1);
    require((in->end == INTERP_COMPLETE) == (in->why == NULL));
    free(in->why);
    return in->end;
}

/* EtherType and destination known, the rest not, none of it guarded against:
 * the packets above are of no class but that of echo requests. */
static void check_class(const struct model *m, const struct frame *f, const struct outcome *actual)
{
    struct guard guard = {.classes = 0};
    struct outcome claimed;
    struct state packet;
    struct interp *in = calloc(1, sizeof *in);

    require(in != NULL);
    state_init(&packet);
    frame_load(f, &packet);
    in->guard = &guard;
    state_init(&in->state);
    for (int id = FIELD_ETH_SRC; id < N_FIELDS; id++) {
        bool known = id == FIELD_ETH_TYPE || id == FIELD_VLAN_TCI || id == FIELD_ETH_DST ||
                     id == FIELD_IP4_DST || id == FIELD_IP6_DST;
        state_set_input(&in->state, (enum field_id)id, state_value(&packet, (enum field_id)id),
                        known ? ~(wide)0 : 0);
    }
    enum interp_end end = run(m, in, &claimed);
    bool admitted = (guard.classes & ICGW_CLASS_ECHO_REQUEST) == 0 && guard.n_sources == 0 &&
                    guard.min_ttl <= 64 && claimed.ttl_dec < 64 && guard.max_len == 0;
    if (end == INTERP_COMPLETE && in->select == NULL && claimed.n == 1 && admitted) {
        require(actual->n == 1 && actual->sent == claimed.sent);
        require(!claimed.sent || (actual->last.chassis == claimed.last.chassis &&
                                  actual->last.vni == claimed.last.vni &&
                                  actual->last.inport == claimed.last.inport &&
                                  actual->last.outport == claimed.last.outport));
        require(!claimed.sent || claimed.eth_dst == 0 || actual->eth_dst == claimed.eth_dst);
        require(!claimed.sent || claimed.ttl_dec == 0 || actual->ttl == 64u - claimed.ttl_dec);
    }
    free(in);
}

/* What is concluded from other texts of the same shape. */
static void check_shape(struct lflow_cache *cache, const char *text)
{
    const struct lflow_code *code = lflow_cache_get(cache, "1", text);
    const struct lflow_parsed *parsed = lflow_parsed(code);
    const char *unsupported = actions_unsupported(parsed->actions, parsed->n_actions);

    require(code->shape == NULL || (parsed->match != NULL && parsed->actions != NULL));
    require(unsupported == NULL
                ? code->unsupported == NULL
                : code->unsupported != NULL && strcmp(unsupported, code->unsupported) == 0);
    lflow_cache_put(cache, code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct lflow_cache *cache;
    static struct model *others; /* keeps the other flows parsed */
    static struct frame frame;
    const char *router = "lr";
    size_t which = size > 0 ? data[0] % 3 : 0;
    if (cache == NULL) {
        cache = lflow_cache_create();
        others = zone_model(zone, cache);
        require(others != NULL);
    }
    char *text = calloc(1, size + 1);
    require(text != NULL);
    if (size > 1) {
        memcpy(text, data + 1, size - 1);
    }

    check_shape(cache, text);
    struct model_flow_row row = {.match = "1", .actions = text};
    struct model *m = zone_model_open(zone, cache);
    require(model_add_flow(m, &router, 1, &row));
    model_finish(m);
    frame.len = lengths[which];
    memcpy(frame.data, packets[which], frame.len);
    if (which == 0) {
        put16(frame.data + 24, checksum_finish(checksum_add(0, frame.data + 14, 20)));
    }
    struct outcome actual;
    struct interp *in = calloc(1, sizeof *in);
    require(in != NULL);
    in->frame = &frame;
    in->flow_hash = 0x12345678;
    if (run(m, in, &actual) == INTERP_COMPLETE && which != 2) {
        check_class(m, &frame, &actual);
    }
    free(in);
    model_free(m);
    free(text);
    return 0;
}
