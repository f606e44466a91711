/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "commands.h"

#include <string.h>

#include "capture_command.h"
#include "gateway.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "reload.h"
#include "report.h"
#include "text.h"
#include "trace_command.h"
#include "unixctl.h"
#include "util.h"

#define MAX_ARGS 8
#define DEFAULT_LOG 50 /* entries */

/* What was asked for, options taken out. */
struct request {
    struct commands *commands;
    const char *argv[MAX_ARGS]; /* [0]: the command */
    int argc;
    bool json;
    bool colour;
};

/* The answer as JSON; NULL with *error (malloc'ed): refused. */
typedef struct json *respond(const struct request *, char **error);

struct command {
    const char *name;
    const char *usage; /* arguments, without options */
    int min_args;
    int max_args;
    respond *json;
    report_text *text;
};

static struct json *on_status(const struct request *r, char **error OVS_UNUSED)
{
    return report_status(r->commands->gateway);
}

static struct json *on_show(const struct request *r, char **error OVS_UNUSED)
{
    return report_show(r->commands->gateway);
}

static struct json *on_stats(const struct request *r, char **error OVS_UNUSED)
{
    return report_stats(r->commands->gateway);
}

static struct json *on_ports(const struct request *r, char **error OVS_UNUSED)
{
    return report_ports(r->commands->gateway);
}

static struct json *on_peers(const struct request *r, char **error OVS_UNUSED)
{
    return report_peers(r->commands->gateway);
}

static struct json *on_bfd(const struct request *r, char **error OVS_UNUSED)
{
    return report_bfd(r->commands->gateway);
}

static struct json *on_drops(const struct request *r, char **error OVS_UNUSED)
{
    return report_drops(r->commands->gateway);
}

static struct json *on_unsupported(const struct request *r, char **error OVS_UNUSED)
{
    return report_unsupported(r->commands->gateway);
}

static struct json *on_routes(const struct request *r, char **error)
{
    return report_routes(r->commands->gateway, r->argv[1], error);
}

static struct json *on_lookup(const struct request *r, char **error)
{
    return report_lookup(r->commands->gateway, r->argv[1], r->argv[2], error);
}

static struct json *on_log(const struct request *r, char **error)
{
    unsigned int max = DEFAULT_LOG;
    if (r->argc > 1 && !str_to_uint(r->argv[1], 10, &max)) {
        *error = xasprintf("\"%s\" is not a number of entries", r->argv[1]);
        return NULL;
    }
    return report_log(r->commands->gateway, max);
}

/* Both say how far it is. */
static struct json *on_drain(const struct request *r, char **error OVS_UNUSED)
{
    gateway_drain(r->commands->gateway, DRAIN_OPERATOR, !strcmp(r->argv[0], "drain"));
    return report_drain(r->commands->gateway);
}

static struct json *on_reload(const struct request *r, char **error)
{
    const struct commands *c = r->commands;
    return reload(c->gateway, c->config, c->config_path, error);
}

static const struct command commands_known[] = {
    {"status", "", 0, 0, on_status, text_status},
    {"show", "", 0, 0, on_show, text_show},
    {"stats", "", 0, 0, on_stats, text_stats},
    {"ports", "", 0, 0, on_ports, text_ports},
    {"peers", "", 0, 0, on_peers, text_peers},
    {"bfd", "", 0, 0, on_bfd, text_bfd},
    {"drops", "", 0, 0, on_drops, text_drops},
    {"list-unsupported", "", 0, 0, on_unsupported, text_unsupported},
    {"routes", "ROUTER", 1, 1, on_routes, text_routes},
    {"lookup", "DATAPATH DESTINATION", 2, 2, on_lookup, text_lookup},
    {"log", "[ENTRIES]", 0, 1, on_log, text_log},
    {"drain", "", 0, 0, on_drain, text_drain},
    {"undrain", "", 0, 0, on_drain, text_drain},
    {"reload", "", 0, 0, on_reload, text_reload},
};

static struct commands *current;

/* False: an option that there is not. */
static bool take_options(struct request *r, int argc, const char *argv[], const char **wrong)
{
    for (int i = 0; i < argc; i++) {
        if (i > 0 && (!strcmp(argv[i], "--json") || !strcmp(argv[i], "-j"))) {
            r->json = true;
        } else if (i > 0 && !strcmp(argv[i], "--colour")) {
            r->colour = true;
        } else if ((i > 0 && argv[i][0] == '-') || r->argc == MAX_ARGS) {
            *wrong = argv[i];
            return false;
        } else {
            r->argv[r->argc++] = argv[i];
        }
    }
    return true;
}

static void refuse(struct unixctl_conn *conn, char *error)
{
    unixctl_command_reply_error(conn, error);
    free(error);
}

static void reply(struct unixctl_conn *conn, const struct request *r, const struct command *command,
                  struct json *json)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    if (r->json) {
        json_to_ds(json, JSSF_SORT, &ds);
    } else {
        command->text(json, &ds, r->colour);
    }
    unixctl_command_reply(conn, ds_cstr(&ds));
    ds_destroy(&ds);
    json_destroy(json);
}

static void answer(struct unixctl_conn *conn, int argc, const char *argv[], void *command_)
{
    const struct command *command = command_;
    struct request r = {.commands = current};
    const char *wrong = NULL;
    char *error = NULL;

    if (!take_options(&r, argc, argv, &wrong)) {
        refuse(conn, xasprintf("what is \"%s\"? usage: %s %s [--json]", wrong, command->name,
                               command->usage));
        return;
    }
    if (r.argc - 1 < command->min_args || r.argc - 1 > command->max_args) {
        refuse(conn, xasprintf("usage: %s %s%s[--json]", command->name, command->usage,
                               *command->usage ? " " : ""));
        return;
    }
    struct json *json = command->json(&r, &error);
    if (json == NULL) {
        refuse(conn, error);
    } else {
        reply(conn, &r, command, json);
    }
}

static void exit_command(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct commands *commands = aux;
    bool restart = argc > 1 && !strcmp(argv[1], "--restart");
    if (argc > 1 && !restart && strcmp(argv[1], "--json") != 0) {
        unixctl_command_reply_error(conn, "the only argument is --restart");
        return;
    }
    commands->exit = true;
    commands->restart = restart;
    unixctl_command_reply(conn, NULL);
}

void commands_register(struct commands *commands)
{
    current = commands;
    for (size_t i = 0; i < ARRAY_SIZE(commands_known); i++) {
        const struct command *c = &commands_known[i];
        char *usage = xasprintf("%s%s[--json]", c->usage, *c->usage ? " " : "");
        /* The library keeps the usage; arguments are counted here, where
         * options are known. */
        unixctl_command_register(c->name, usage, 0, MAX_ARGS, answer,
                                 CONST_CAST(struct command *, c));
    }
    capture_command_register(commands->gateway);
    trace_command_register(commands->gateway);
    unixctl_command_register("exit", "[--restart]", 0, 1, exit_command, commands);
}
