/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "jsonrpc.h"
#include "openvswitch/json.h"
#include "unixctl.h"
#include "util.h"

static struct jsonrpc *connect_to(const char *target)
{
    struct jsonrpc *client;
    int error = unixctl_client_create(target, &client);
    if (error == 0) {
        return client;
    }

    fprintf(stderr, "ovnic-gw-ctl: cannot reach ovnic-gw at %s: %s\n", target, ovs_strerror(error));
    if (error == EACCES || error == EPERM) {
        fprintf(stderr, "Run this as root, or as the user that ovnic-gw runs as.\n");
    } else {
        fprintf(stderr, "Is it running (systemctl status ovnic-gw)?"
                        " If it was started with --unixctl PATH, say -t PATH.\n");
    }
    exit(EXIT_UNREACHABLE);
}

/* The text of an answer, for the caller to free. */
static char *text_of(const struct json *json)
{
    return json->type == JSON_STRING ? xstrdup(json_string(json)) : json_to_string(json, JSSF_SORT);
}

/* Speaks the protocol itself: unixctl_client_transact() differs between
 * releases. */
char *client_ask(const char *target, const char *command, struct json *args, bool *refused)
{
    struct jsonrpc *client = connect_to(target);
    struct jsonrpc_msg *reply;

    int failure =
        jsonrpc_transact_block(client, jsonrpc_create_request(command, args, NULL), &reply);
    jsonrpc_close(client);
    if (failure != 0) {
        fprintf(stderr, "ovnic-gw-ctl: %s: no answer from %s: %s\n", command, target,
                ovs_retval_to_string(failure));
        exit(EXIT_UNREACHABLE);
    }
    *refused = reply->error != NULL;
    char *text = text_of(*refused ? reply->error : reply->result);
    jsonrpc_msg_destroy(reply);
    return text;
}
