/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "trace_command.h"

#include <stdlib.h>
#include <string.h>

#include "gateway.h"
#include "icgw_pmd.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "trace.h"
#include "trace_live.h"
#include "unixctl.h"
#include "util.h"

#define USAGE "[--all] [--length BYTES] MICROFLOW | HEX | --live [FILTER] [-n N] [--seconds S]"

struct arguments {
    const char *packet;
    unsigned int length; /* of the IP packet; 0: as short as can be */
    bool all;
    bool json;
};

static bool parse(int argc, const char *argv[], struct arguments *a, char **error)
{
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--json") || !strcmp(argv[i], "-j")) {
            a->json = true;
        } else if (!strcmp(argv[i], "--colour")) {
            continue; /* on a terminal; there are no colours here */
        } else if (!strcmp(argv[i], "--all")) {
            a->all = true;
        } else if (!strcmp(argv[i], "--length")) {
            if (++i >= argc || !str_to_uint(argv[i], 10, &a->length) ||
                a->length > TRACE_MAX_FRAME) {
                *error = xasprintf("--length takes the bytes of the IP packet, at most %d",
                                   TRACE_MAX_FRAME);
                return false;
            }
        } else if (argv[i][0] == '-' || a->packet != NULL) {
            *error = xasprintf("%s is not understood; usage: trace %s (an expression in quotes)",
                               argv[i], USAGE);
            return false;
        } else {
            a->packet = argv[i];
        }
    }
    if (a->packet == NULL) {
        *error = xasprintf("which packet? usage: trace %s", USAGE);
        return false;
    }
    return true;
}

static char *format(const struct trace *t, const struct arguments *a, const char *assumed)
{
    if (a->json) {
        struct json *json = trace_json(t, a->all);
        json_object_put_string(json, "assumed", assumed);
        char *text = json_to_string(json, JSSF_SORT);
        json_destroy(json);
        return text;
    }
    struct ds ds = DS_EMPTY_INITIALIZER;
    if (assumed[0] != '\0') {
        ds_put_format(&ds, "assumed   %s\n", assumed);
    }
    trace_text(t, a->all, &ds);
    return ds_steal_cstr(&ds);
}

static const char *port_name(uint16_t port)
{
    struct icgw_port_info info;
    icgw_pmd_port_info(port, &info);
    return info.name;
}

/* The answer; NULL with *error. */
static char *run(const struct trace_world *world, const struct arguments *a, char **error)
{
    char *assumed = NULL, *text = NULL;
    size_t len;
    uint8_t *frame = trace_hex(a->packet, &len);
    struct trace *t = frame != NULL
                          ? trace_frame(world, frame, len, error)
                          : trace_microflow(world, a->packet, (uint16_t)a->length, &assumed, error);
    if (t != NULL) {
        text = format(t, a, assumed != NULL ? assumed : "");
        trace_free(t);
    }
    free(frame);
    free(assumed);
    return text;
}

static void trace_command(struct unixctl_conn *conn, int argc, const char *argv[], void *gw_)
{
    const struct gateway *gw = gw_;
    struct arguments a = {.packet = NULL};
    char *error = NULL, *text = NULL;

    if (argc > 1 && !strcmp(argv[1], "--live")) {
        trace_live_command(conn, argc, argv, gw);
        return;
    }
    if (gw->specialised == NULL) {
        error = xstrdup("nothing is forwarded yet: the Southbound has not been read");
    } else if (parse(argc, argv, &a, &error)) {
        const struct trace_world world = {gw->model, gw->specialised, icgw_pmd_tables(),
                                          icgw_pmd_mbuf, port_name};
        text = run(&world, &a, &error);
    }
    if (text != NULL) {
        unixctl_command_reply(conn, text);
    } else {
        unixctl_command_reply_error(conn, error);
    }
    free(text);
    free(error);
}

void trace_command_register(struct gateway *gw)
{
    unixctl_command_register("trace", USAGE, 0, 10, trace_command, gw);
    unixctl_command_register("trace/live-next", "SESSION", 1, 1, trace_live_next, NULL);
}
