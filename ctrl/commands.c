/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "commands.h"

#include "gateway.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "report.h"
#include "unixctl.h"
#include "util.h"

/* One report in both forms. */
struct report {
    struct json *(*json)(const struct gateway *);
    void (*text)(const struct gateway *, struct ds *);
};

static bool wants_json(int argc, const char *argv[])
{
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--json") || !strcmp(argv[i], "-j")) {
            return true;
        }
    }
    return false;
}

static const struct commands *current;

static void answer(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    const struct report *report = aux;
    if (argc > 1 && !wants_json(argc, argv)) {
        unixctl_command_reply_error(conn, "the only argument is --json");
        return;
    }
    if (argc > 1) {
        struct json *json = report->json(current->gateway);
        char *text = json_to_string(json, JSSF_SORT);
        unixctl_command_reply(conn, text);
        free(text);
        json_destroy(json);
    } else {
        struct ds ds = DS_EMPTY_INITIALIZER;
        report->text(current->gateway, &ds);
        unixctl_command_reply(conn, ds_cstr(&ds));
        ds_destroy(&ds);
    }
}

static struct report drain_report = {report_drain_json, report_drain_text};

static void exit_command(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct commands *commands = aux;
    bool restart = argc > 1 && !strcmp(argv[1], "--restart");
    if (argc > 1 && !restart && !wants_json(argc, argv)) {
        unixctl_command_reply_error(conn, "the only argument is --restart");
        return;
    }
    commands->exit = true;
    commands->restart = restart;
    unixctl_command_reply(conn, NULL);
}

/* `drain` and `undrain`; both say how far it is. */
static void drain_command(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct commands *commands = aux;
    if (argc > 1 && !wants_json(argc, argv)) {
        unixctl_command_reply_error(conn, "the only argument is --json");
        return;
    }
    gateway_drain(commands->gateway, DRAIN_OPERATOR, !strcmp(argv[0], "drain"));
    answer(conn, argc, argv, &drain_report);
}

void commands_register(struct commands *commands)
{
    static struct {
        const char *name;
        struct report report;
    } reports[] = {
        {"status", {report_status_json, report_status_text}},
        {"show", {report_show_json, report_show_text}},
        {"stats", {report_stats_json, report_stats_text}},
        {"bfd", {report_bfd_json, report_bfd_text}},
        {"list-unsupported", {report_unsupported_json, report_unsupported_text}},
    };

    current = commands;
    for (size_t i = 0; i < ARRAY_SIZE(reports); i++) {
        unixctl_command_register(reports[i].name, "[--json]", 0, 1, answer, &reports[i].report);
    }
    unixctl_command_register("drain", "[--json]", 0, 1, drain_command, commands);
    unixctl_command_register("undrain", "[--json]", 0, 1, drain_command, commands);
    unixctl_command_register("exit", "[--restart]", 0, 1, exit_command, commands);
}
