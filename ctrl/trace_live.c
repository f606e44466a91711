/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "trace_live.h"

#include <stdlib.h>
#include <string.h>

#include <poll.h>

#include "capture_file.h"
#include "filter.h"
#include "gateway.h"
#include "icgw_capture.h"
#include "icgw_pmd.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "options.h"
#include "outer.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

/* Control thread only. */
static struct {
    bool running;
    /* Who waits.  NULL: the last answer has been given, and the client is to ask for the
     * next one. */
    struct unixctl_conn *conn;
    bool stream;             /* answers in parts */
    unsigned int session;    /* which the client names to go on; never used again */
    long long int answer_by; /* the part at hand, however little */
    long long int patience;  /* until when a client may stay away */
    const struct gateway *gw;
    struct filter *filter;
    bool json;
    uint64_t left; /* packets */
    uint64_t seen;
    long long int deadline;
    uint64_t last_id; /* of the frame that was shown last … */
    uint16_t last_lane;
    struct ds text; /* not answered yet */
} live;

/* A client that goes away is noticed after both: it asks no more. */
#define ANSWER_MS 1000
#define PATIENCE_MS 3000

static const char *action_name(uint8_t action)
{
    static const char *const names[] = {
        [ICGW_ACTION_TX] = "forward", [ICGW_ACTION_HOST] = "host", [ICGW_ACTION_SLOW] = "slow_path",
        [ICGW_ACTION_DROP] = "drop",  [ICGW_ACTION_BFD] = "bfd",
    };
    return action < ARRAY_SIZE(names) ? names[action] : "unknown";
}

static const char *reason_name(const struct icgw_capture_record *r)
{
    if (r->point == ICGW_CAPTURE_DROP || r->action == ICGW_ACTION_DROP) {
        return icgw_drop_name(r->reason);
    }
    return r->action == ICGW_ACTION_SLOW ? icgw_slow_name(r->reason) : "";
}

static void port_name(uint16_t port, struct ds *ds)
{
    struct icgw_port_info info;
    if (port < icgw_pmd_n_ports()) {
        icgw_pmd_port_info(port, &info);
        ds_put_format(ds, "%s", info.name);
    } else {
        ds_put_cstr(ds, "control thread");
    }
}

static void put_frame(const struct icgw_capture_record *r, const char *separator, struct ds *ds)
{
    struct outer o;
    if (outer_parse(r->data, r->len, &o)) {
        outer_format(&o, live.gw->model, ds);
        ds_put_cstr(ds, separator);
        inner_format(r->data + o.inner, r->len - o.inner, r->pkt_len - o.inner, ds);
    } else {
        inner_format(r->data, r->len, r->pkt_len, ds);
    }
}

static void put_decision(const struct icgw_capture_record *r, struct ds *ds)
{
    if (r->point == ICGW_CAPTURE_DROP) {
        ds_put_format(ds, "dropped: %s", reason_name(r));
        if (r->flow[0] != '\0') {
            ds_put_format(ds, ", by flow %s", r->flow);
        }
        return;
    }
    switch (r->action) {
    case ICGW_ACTION_TX:
        ds_put_cstr(ds, "fast path");
        break;
    case ICGW_ACTION_SLOW:
        ds_put_format(ds, "slow path: %s", reason_name(r));
        break;
    case ICGW_ACTION_HOST:
        ds_put_cstr(ds, "to the host interface");
        break;
    case ICGW_ACTION_BFD:
        ds_put_cstr(ds, "to the BFD thread");
        break;
    default:
        ds_put_format(ds, "dropped: %s", reason_name(r));
    }
}

/* What a frame was sent as comes right behind it; what is sent otherwise was made by
 * the control thread, the kernel or the BFD thread. */
static bool belongs_to_last(const struct icgw_capture_record *r)
{
    return r->point == ICGW_CAPTURE_TX && r->id != 0 && r->id == live.last_id &&
           r->lane == live.last_lane;
}

static void show_text(const struct icgw_capture_record *r)
{
    struct ds *ds = &live.text;
    if (belongs_to_last(r)) {
        ds_put_cstr(ds, "    out   ");
        put_frame(r, "\n          ", ds);
        ds_put_char(ds, '\n');
        return;
    }
    ds_put_format(ds, "%llu. ", (unsigned long long)live.seen);
    port_name(r->port, ds);
    if (r->lane < icgw_pmd_n_workers()) {
        ds_put_format(ds, ", worker %u", r->lane);
    }
    ds_put_cstr(ds, ": ");
    if (r->point == ICGW_CAPTURE_TX) {
        ds_put_cstr(ds, "sent, made on this machine");
    } else {
        put_decision(r, ds);
    }
    ds_put_cstr(ds, r->point == ICGW_CAPTURE_TX ? "\n    out   " : "\n    in    ");
    put_frame(r, "\n          ", ds);
    ds_put_char(ds, '\n');
}

/* One object per line. */
static void put_line(struct json *json)
{
    json_to_ds(json, JSSF_SORT, &live.text);
    ds_put_char(&live.text, '\n');
    json_destroy(json);
}

static void show_json(const struct icgw_capture_record *r)
{
    static const char *const points[] = {
        [ICGW_CAPTURE_RX] = "rx", [ICGW_CAPTURE_TX] = "tx", [ICGW_CAPTURE_DROP] = "drop"};
    struct json *json = json_object_create();
    struct ds ds = DS_EMPTY_INITIALIZER;
    json_object_put(json, "packet", json_integer_create((long long)live.seen));
    json_object_put_string(json, "point", points[r->point]);
    json_object_put(json, "worker", json_integer_create(r->lane));
    port_name(r->port, &ds);
    json_object_put_string(json, "port", ds_cstr(&ds));
    if (r->point == ICGW_CAPTURE_RX) {
        json_object_put_string(json, "action", action_name(r->action));
    }
    json_object_put_string(json, "reason", reason_name(r));
    ds_clear(&ds);
    put_frame(r, "; ", &ds);
    json_object_put_string(json, "headers", ds_cstr(&ds));
    ds_clear(&ds);
    for (size_t i = 0; i < r->len; i++) {
        ds_put_format(&ds, "%02x", r->data[i]);
    }
    json_object_put_string(json, "frame", ds_cstr(&ds));
    json_object_put(json, "bytes", json_integer_create(r->pkt_len));
    ds_destroy(&ds);
    put_line(json);
}

static void show(const struct icgw_capture_record *r)
{
    bool more = belongs_to_last(r);
    if (!more && live.left == 0) {
        return;
    }
    if (!more) {
        live.left--;
        live.seen++;
    }
    if (live.json) {
        show_json(r);
    } else {
        show_text(r);
    }
    live.last_id = more ? 0 : r->id;
    live.last_lane = r->lane;
}

/* At most that many records at a time: the databases get their turn. */
#define BURST 64

/* False: there may be more. */
static bool show_burst(void)
{
    for (int i = 0; i < BURST; i++) {
        struct icgw_capture_record *r = icgw_pmd_capture_next();
        if (r == NULL) {
            return true;
        }
        show(r);
        icgw_pmd_capture_give_back(r);
    }
    return false;
}

/* In parts: the text, and the session while there is more to come. */
static void answer(bool more)
{
    if (live.stream) {
        struct json *json = json_object_create();
        json_object_put_string(json, "text", ds_cstr(&live.text));
        if (more) {
            json_object_put(json, "session", json_integer_create(live.session));
        }
        char *text = json_to_string(json, 0);
        unixctl_command_reply(live.conn, text);
        free(text);
        json_destroy(json);
    } else {
        unixctl_command_reply(live.conn, ds_cstr(&live.text));
    }
    ds_clear(&live.text);
    live.conn = NULL;
    live.patience = time_msec() + PATIENCE_MS;
}

static void put_end(const char *why, unsigned long long missed)
{
    if (live.json) {
        struct json *json = json_object_create();
        json_object_put(json, "packets", json_integer_create((long long)live.seen));
        json_object_put(json, "missed", json_integer_create((long long)missed));
        json_object_put_string(json, "ended_by", why);
        put_line(json);
    } else {
        ds_put_format(&live.text, "%llu packets, ended by %s; %llu missed\n",
                      (unsigned long long)live.seen, why, missed);
    }
}

/* The last packet comes with what it was sent as: that is there when the workers
 * have stopped. */
static void end(const char *why)
{
    unsigned int session = live.session;
    icgw_pmd_capture_stop();
    while (!show_burst()) {
    }
    unsigned long long missed = icgw_pmd_capture_missed();
    capture_file_free(&live.filter);
    if (live.conn != NULL) {
        put_end(why, missed);
        answer(false);
    }
    ds_destroy(&live.text);
    memset(&live, 0, sizeof live);
    live.session = session;
}

/* While nobody waits, packets stay with the workers, which count what they miss. */
void trace_live_run(void)
{
    if (!live.running) {
        return;
    }
    long long int now = time_msec();
    if (live.conn == NULL) {
        if (now >= live.patience) {
            end("client");
        }
        return;
    }
    show_burst();
    if (live.left == 0) {
        end("count");
    } else if (now >= live.deadline) {
        end("time");
    } else if (live.stream && (live.text.length > 0 || now >= live.answer_by)) {
        answer(true);
    }
}

void trace_live_wait(void)
{
    if (!live.running) {
        return;
    }
    if (live.conn == NULL) {
        poll_timer_wait_until(live.patience);
        return;
    }
    poll_fd_wait(icgw_pmd_capture_fd(), POLLIN);
    poll_timer_wait_until(live.stream ? MIN(live.deadline, live.answer_by) : live.deadline);
}

void trace_live_stop(void)
{
    if (live.running) {
        end("exit of the daemon");
    }
}

void trace_live_next(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    unsigned int session;
    (void)argc, (void)aux;
    if (!live.running || live.conn != NULL || !str_to_uint(argv[1], 10, &session) ||
        session != live.session) {
        unixctl_command_reply_error(conn, "this live trace has ended");
        return;
    }
    live.conn = conn;
    live.answer_by = time_msec() + ANSWER_MS;
}

void trace_live_command(struct unixctl_conn *conn, int argc, const char *argv[],
                        const struct gateway *gw)
{
    struct capture_options o;
    struct filter *filter = NULL;
    char *error = NULL;
    bool ok = live_options_parse(argc, argv, &o, &error);
    if (ok && o.filter != NULL) {
        filter = filter_compile(o.filter, &error);
        ok = filter != NULL;
    }
    struct icgw_capture_config config = {
        .filter = filter_program(filter),
        .points = ICGW_CAPTURE_BIT(ICGW_CAPTURE_RX) | ICGW_CAPTURE_BIT(ICGW_CAPTURE_TX) |
                  ICGW_CAPTURE_BIT(ICGW_CAPTURE_DROP),
        .snaplen = o.snaplen,
        .limit = o.count,
    };
    if (!ok || !icgw_pmd_capture_start(&config, &error)) {
        unixctl_command_reply_error(conn, error);
        filter_free(filter);
        free(error);
        return;
    }
    live.running = true;
    live.conn = conn;
    live.stream = o.stream;
    live.session++;
    live.answer_by = time_msec() + ANSWER_MS;
    live.gw = gw;
    live.filter = filter;
    live.json = o.json;
    live.left = o.count;
    live.deadline = time_msec() + 1000ll * o.seconds;
    ds_init(&live.text);
}
