/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "capture_command.h"

#include <stdlib.h>
#include <time.h>

#include "capture_file.h"
#include "openvswitch/json.h"
#include "unixctl.h"
#include "util.h"

/* Who waits for the end of the capture; NULL: nobody. */
static struct unixctl_conn *asker;
static bool asker_wants_json;

static void answer(const struct capture_outcome *o)
{
    char *text;
    if (o->error != NULL) {
        unixctl_command_reply_error(asker, o->error);
        return;
    }
    if (asker_wants_json) {
        struct json *json = json_object_create();
        json_object_put(json, "packets", json_integer_create((long long)o->packets));
        json_object_put(json, "missed", json_integer_create((long long)o->missed));
        json_object_put_string(json, "ended_by", o->ended_by);
        json_object_put_string(json, "file", o->path);
        text = json_to_string(json, JSSF_SORT);
        json_destroy(json);
    } else {
        text = xasprintf("%llu packets in %s, ended by %s; %llu missed\n", o->packets, o->path,
                         o->ended_by, o->missed);
    }
    unixctl_command_reply(asker, text);
    free(text);
}

static void capture_command(struct unixctl_conn *conn, int argc, const char *argv[], void *gw)
{
    struct capture_options options;
    char *error = NULL;
    if (!capture_options_parse(argc, argv, &options, &error)) {
        unixctl_command_reply_error(conn, error);
    } else if (options.stop) {
        if (capture_file_running()) {
            capture_file_stop("request");
            unixctl_command_reply(conn, options.json ? "{}" : NULL);
        } else {
            unixctl_command_reply_error(conn, "no capture is running");
        }
    } else if (!capture_file_start(gw, &options, &error)) {
        unixctl_command_reply_error(conn, error);
    } else {
        asker = conn;
        asker_wants_json = options.json;
    }
    free(error);
}

void capture_command_register(struct gateway *gw)
{
    unixctl_command_register("capture", CAPTURE_USAGE, 0, 20, capture_command, gw);
}

void capture_command_run(void)
{
    struct capture_outcome outcome;
    if (capture_file_run(&outcome)) {
        answer(&outcome);
        asker = NULL;
        free(outcome.path);
        free(outcome.error);
    }
}

void capture_command_wait(void)
{
    capture_file_wait();
}

/* A disk that does not answer must not keep the daemon: after a while the process
 * ends without the thread. */
void capture_command_stop(void)
{
    capture_file_stop("exit of the daemon");
    for (int i = 0; i < 100 && capture_file_running(); i++) {
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        capture_command_run();
    }
}
